//! What an error says, word by word.

mod common;

use std::error::Error as _;
use std::fmt;

use delayed::prelude::*;

#[derive(Debug)]
enum LoadError {
    Missing { station: String },
    Disk(std::io::Error),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Missing { station } => write!(f, "there is no station `{station}`"),
            LoadError::Disk(_) => f.write_str("the disk does not answer"),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LoadError::Missing { .. } => None,
            LoadError::Disk(error) => Some(error),
        }
    }
}

fn is_transient(error: &LoadError) -> bool {
    matches!(error, LoadError::Disk(_))
}

#[delayed(debug_args, retries = 2, retry_if = is_transient)]
fn load(station: &str, days: &[u32]) -> Result<Vec<f64>, LoadError> {
    match (station, days.len()) {
        ("valley", _) => Err(LoadError::Disk(std::io::Error::other("no power"))),
        (_, 9) => panic!("nine days are too many"),
        _ => Err(LoadError::Missing { station: station.to_owned() }),
    }
}

#[delayed(debug_args)]
async fn fetch(url: String) -> Result<u32, String> {
    tokio::task::yield_now().await;
    assert!(!url.starts_with("ftp"), "no such protocol");
    Err("not found".to_owned())
}

#[delayed(timeout = "1ms", debug_args)]
async fn hang(x: u32) -> u32 {
    std::future::pending::<()>().await;
    x
}

#[delayed]
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}

#[delayed]
fn report(means: &[f64]) -> String {
    format!("{means:?}")
}

fn failure<T: fmt::Debug>(result: Result<T, delayed::Error>) -> delayed::Error {
    result.unwrap_err()
}

#[test]
fn an_error_that_is_not_worth_another_try() {
    let line = line!() + 1;
    let error = failure(report([mean(load("summit", [1, 2]))]).compute());
    assert_eq!(error.attempts(), 1);
    assert_eq!(
        error.to_string(),
        format!("task `load` (tests/reports.rs:{line}:38) failed: there is no station `summit`")
    );
    let expected = format!(
        "task `load` (tests/reports.rs:{line}:38) failed: there is no station `summit`
  on the path: load -> mean -> report
  arguments: station = \"summit\", days = [1, 2]
  cause: Missing {{ station: \"summit\" }}"
    );
    assert_eq!(format!("{error:?}"), expected);
}

#[test]
fn an_error_that_was_tried_again_and_has_a_source() {
    let line = line!() + 1;
    let error = failure(mean(load("valley", Vec::<u32>::new())).compute());
    assert_eq!(error.attempts(), 3);
    let expected = format!(
        "task `load` (tests/reports.rs:{line}:30) failed after 3 attempts: the disk does not answer
  on the path: load -> mean
  arguments: station = \"valley\", days = []
  cause: Disk(Custom {{ kind: Other, error: \"no power\" }})
  caused by: no power"
    );
    assert_eq!(format!("{error:?}"), expected);
    assert!(matches!(error.downcast_ref(), Some(LoadError::Disk(_))));
    assert_eq!(error.source().unwrap().source().unwrap().to_string(), "no power");
}

#[test]
fn a_panic_has_its_own_place() {
    let line = line!() + 1;
    let error = failure(load("x".repeat(300), [1; 9].to_vec()).compute());
    let place = error.to_string();
    assert_eq!(
        place,
        format!("task `load` (tests/reports.rs:{line}:25) panicked after 3 attempts: nine days are too many")
    );
    let report = format!("{error:?}");
    let lines: Vec<_> = report.lines().collect();
    // Cut at 200 characters.
    assert_eq!(lines[1], format!("  arguments: station = \"{}.., days = [1, 1, 1, 1, 1, 1, 1, 1, 1]", "x".repeat(199)));
    assert_eq!(lines[2], "  panicked at tests/reports.rs:42:19");
    assert_eq!(lines.len(), 3);
    assert_eq!(error.downcast_ref::<String>().unwrap(), "nine days are too many");
    assert!(error.source().is_none());
}

#[test]
fn async_functions_show_their_arguments_too() {
    let error = failure(fetch("http://x").compute());
    assert!(format!("{error:?}").ends_with("arguments: url = \"http://x\"\n  cause: \"not found\""), "{error:?}");
    let error = failure(fetch("ftp://x").compute());
    assert!(
        format!("{error:?}").contains("arguments: url = \"ftp://x\"\n  panicked at tests/reports.rs:50:5"),
        "{error:?}"
    );
}

#[test]
fn a_timeout_says_how_long_it_was() {
    let line = line!() + 1;
    let error = failure(hang(1).compute());
    assert_eq!(
        format!("{error:?}"),
        format!(
            "task `hang` (tests/reports.rs:{line}:25) timed out: the attempt took longer than 1ms\n  arguments: x = 1"
        )
    );
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::TimedOut, 1));
}

#[test]
fn a_skipped_task_tells_of_the_failure() {
    let runtime = Runtime::builder().workers(1).on_failure(OnFailure::Continue).build().unwrap();
    let line = line!() + 1;
    let error = failure(runtime.try_compute(report([mean(load("summit", [1]))])));
    assert_eq!((error.kind(), error.task(), error.location().line()), (ErrorKind::Skipped, "report", line));
    let expected = format!(
        "task `report` (tests/reports.rs:{line}:45) was skipped: task `load` (tests/reports.rs:{line}:58) failed: there is no station `summit`
  on the path: load -> mean -> report
  arguments: station = \"summit\", days = [1]
  cause: Missing {{ station: \"summit\" }}"
    );
    assert_eq!(format!("{error:?}"), expected);
    assert!(matches!(error.downcast_ref(), Some(LoadError::Missing { station }) if station == "summit"));
}

#[test]
fn a_run_that_was_cancelled_has_no_task() {
    let runtime = common::workers(1);
    let line = line!() + 1;
    let run = runtime.start(hang(1).timeout(std::time::Duration::from_secs(3600)));
    run.cancel();
    let error = run.wait().unwrap_err();
    assert_eq!(format!("{error:?}"), format!("run at tests/reports.rs:{line}:23: the run was cancelled"));
    assert_eq!((error.task(), error.attempts(), error.path().count()), ("", 0, 0));
}
