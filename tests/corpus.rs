//! Ordinary bodies do not notice the attribute: each body of `tests/corpus` is compiled plain and decorated, without a
//! warning of rustc or clippy, and gives the same result.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How a call of a body is shown.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    Decorated,
}

/// The main function: a line for each call.
fn main_function(bodies: &str, form: Form) -> String {
    // The calls' arguments are written for the plain functions: a constructor needs no `&` before an array.
    let mut main = String::from("#[allow(clippy::needless_borrows_for_generic_args)]\nfn main() {\n");
    for call in bodies.lines().filter_map(|line| line.strip_prefix("//= ")) {
        let name = call.split('(').next().unwrap();
        let line = match form {
            Form::Plain => match call.split_once(' ') {
                Some(("try", call)) => format!(
                    "match {call} {{ Ok(value) => println!(\"{name}: {{value:?}}\"), Err(error) => println!(\"{name}: {{error}}\") }}"
                ),
                Some(("async", call)) => format!("println!(\"{name}: {{:?}}\", now({call}));"),
                _ => format!("println!(\"{name}: {{:?}}\", {call});"),
            },
            Form::Decorated => {
                let call = call.strip_prefix("try ").or(call.strip_prefix("async ")).unwrap_or(call);
                format!(
                    "match {call}.compute() {{ Ok(value) => println!(\"{name}: {{value:?}}\"), \
                     Err(error) => println!(\"{name}: {{}}\", std::error::Error::source(&error).unwrap()) }}"
                )
            }
        };
        main.push_str(&line);
        main.push('\n');
    }
    main.push_str("}\n");
    if let Form::Plain = form {
        main.push_str(
            "fn now<F: Future>(future: F) -> F::Output {\n\
             match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {\n\
             std::task::Poll::Ready(value) => value, std::task::Poll::Pending => unreachable!() }\n}\n",
        );
    }
    main
}

/// A crate of all bodies.
fn write_crate(bodies: &str, form: Form) -> PathBuf {
    let (name, attribute, dependency) = match form {
        Form::Plain => ("corpus_plain", "// plain", String::new()),
        Form::Decorated => {
            ("corpus_decorated", "#[delayed::delayed]", format!("delayed = {{ path = '{}' }}\n", here().display()))
        }
    };
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(root.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n{dependency}\
         [profile.dev.package.\"*\"]\ndebug = 0\n[workspace]\n"
    );
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::copy(here().join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    let head = fs::read_to_string(here().join("tests/corpus/head.rs")).unwrap();
    let source = format!("{head}\n{}\n{}", bodies.replace("#[task]", attribute), main_function(bodies, form));
    fs::write(root.join("src/main.rs"), source).unwrap();
    root
}

/// Runs cargo in a crate; what it wrote to both outputs.
fn cargo(root: &Path, arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
        .current_dir(root)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let errors = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?} in {}\n{errors}", root.display());
    (text(&output.stdout), errors)
}

fn bodies() -> String {
    fs::read_to_string(here().join("tests/corpus/bodies.rs")).unwrap()
}

#[test]
fn bodies_give_the_same_plain_and_decorated_without_a_warning() {
    let bodies = bodies();
    let results = [Form::Plain, Form::Decorated].map(|form| {
        let root = write_crate(&bodies, form);
        let (_, warnings) = cargo(&root, &["clippy"]);
        assert_eq!(warnings, "");
        let (results, warnings) = cargo(&root, &["run"]);
        assert_eq!(warnings, "");
        results
    });
    let [plain, decorated] = results;
    assert_eq!(plain.lines().count(), bodies.lines().filter(|line| line.starts_with("//= ")).count());
    for (plain, decorated) in plain.lines().zip(decorated.lines()) {
        assert_eq!(plain, decorated);
    }
    assert_eq!(plain, decorated);
}

#[test]
fn the_bodies_are_many_and_of_many_features() {
    let mut features: BTreeMap<String, usize> = BTreeMap::new();
    let mut feature = String::new();
    for line in bodies().lines() {
        if let Some(name) = line.strip_prefix("//# ") {
            feature = name.to_owned();
            assert!(!features.contains_key(&feature), "{feature} once");
        }
        if line.trim() == "#[task]" {
            *features.entry(feature.clone()).or_default() += 1;
        }
    }
    assert!(features.values().sum::<usize>() >= 150 && features.len() >= 25, "{features:?}");
    assert!(features.values().all(|bodies| *bodies >= 3), "{features:?}");
}
