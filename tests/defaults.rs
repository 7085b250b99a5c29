//! The default runtime: `DELAYED_WORKERS`, `install()`. Each case is a process of its own.

use std::process::Command;

use delayed::prelude::*;

/// Tells a child process which case it is.
const CASE: &str = "DELAYED_TEST_CASE";

/// Runs one case in a child process; its exit status is the case's.
fn child(case: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().expect("the test's own path"));
    command.args(["--exact", "the_case_of_this_process", "--nocapture"]).env(CASE, case).env_remove("DELAYED_WORKERS");
    command.envs(variables.iter().copied());
    let output = command.output().expect("the test runs again");
    assert!(output.status.success(), "{case}:\n{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the case was there");
}

/// How many tasks of a fan-out meet each other: as many as the default runtime has workers.
fn workers_of_the_default_runtime(expected: usize) {
    let meet = std::sync::Arc::new(std::sync::Barrier::new(expected));
    let running = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let tasks: Vec<_> = (0..3 * expected)
        .map(|_| {
            let (meet, running) = (meet.clone(), running.clone());
            value(()).map(move |()| {
                let now = running.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                meet.wait();
                running.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                now
            })
        })
        .collect();
    let seen = delayed::compute(tasks).unwrap();
    assert_eq!(seen.into_iter().max(), Some(expected));
}

#[test]
fn the_case_of_this_process() {
    let Ok(case) = std::env::var(CASE) else { return };
    match case.as_str() {
        "three workers by variable" => workers_of_the_default_runtime(3),
        "bad variable" => {
            let error = value(1).map(|x: i32| x).compute().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Runtime);
            let text = error.to_string();
            assert!(text.contains("`DELAYED_WORKERS=many` is no number of workers; write 1 or more"), "{text}");
            assert_eq!(error.location().file(), file!());
            let error = Runtime::builder().build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Runtime);
            assert!(Runtime::builder().workers(2).build().is_ok(), "a number that is given is not asked of it");
            let awaited = futures::executor::block_on(async { value(1).map(|x: i32| x).await });
            assert_eq!(awaited.unwrap_err().kind(), ErrorKind::Runtime);
        }
        "zero" => assert_eq!(delayed::compute(value(1)).unwrap_err().kind(), ErrorKind::Runtime),
        "install" => {
            Runtime::builder().workers(4).install().unwrap();
            workers_of_the_default_runtime(4);
            let error = Runtime::builder().workers(2).install().unwrap_err();
            assert!(error.to_string().contains("there is a default runtime already"), "{error}");
            assert_eq!(error.location().file(), file!());
        }
        "install too late" => {
            assert_eq!(value(1).map(|x: i32| x).compute().unwrap(), 1);
            assert_eq!(Runtime::builder().workers(2).install().unwrap_err().kind(), ErrorKind::Runtime);
        }
        "as many workers as cores" => {
            let cores = std::thread::available_parallelism().unwrap().get();
            assert_eq!(Runtime::builder().build().unwrap().workers(), cores);
        }
        other => panic!("no case {other}"),
    }
}

#[test]
fn the_variable_sets_the_number_of_workers() {
    child("three workers by variable", &[("DELAYED_WORKERS", " 3 ")]);
}

#[test]
fn a_bad_variable_is_an_error_that_says_what_to_write() {
    child("bad variable", &[("DELAYED_WORKERS", "many")]);
    child("zero", &[("DELAYED_WORKERS", "0")]);
}

#[test]
fn install_sets_the_default_runtime_once() {
    child("install", &[]);
    child("install too late", &[]);
}

#[test]
fn without_anything_there_are_as_many_workers_as_cores() {
    child("as many workers as cores", &[]);
}
