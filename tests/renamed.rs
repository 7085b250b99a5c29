//! `delayed` under another name in the user's `Cargo.toml`, and seen through another crate; in older editions too.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A workspace with the crates of `tests/renamed`, written where tests may write. It has the lock file of this one, so
/// that nothing needs to be downloaded.
fn workspace(root: &Path) {
    let here = env!("CARGO_MANIFEST_DIR");
    let member = |name: &str, source: &str, edition: &str, dependency: &str| {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\n\
             [lib]\npath = '{here}/tests/renamed/{source}.rs'\n\
             [dependencies]\n{dependency}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    };
    let path = format!("{{ package = \"delayed\", path = '{here}' }}");
    member("renamed", "renamed", "2024", &format!("graphs = {path}"));
    member("inherited", "renamed", "2021", "graphs.workspace = true");
    member("kit", "kit", "2018", &format!("delayed = {path}"));
    member("through_kit", "through_kit", "2018", "kit = { path = \"../kit\" }");
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"renamed\", \"inherited\", \"kit\", \"through_kit\"]\n\
         [workspace.dependencies]\ngraphs = {path}\n\
         [profile.dev.package.\"*\"]\ndebug = 0\n"
    );
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::copy(Path::new(here).join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
}

#[test]
fn the_crate_is_found_under_another_name_and_where_the_option_says() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("renamed");
    workspace(&root);
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--workspace", "--quiet", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
        .current_dir(&root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert_eq!(text, "", "no warning");
}
