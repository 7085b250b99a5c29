//! What the small examples print.

use std::process::Command;

#[track_caller]
fn assert_prints(example: &str, expected: &str) {
    let output = Command::new(example).env_remove("DELAYED_WORKERS").output().expect("the example starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert!(output.status.success(), "{}", output.status);
}

#[test]
fn quickstart() {
    assert_prints(env!("CARGO_BIN_EXE_quickstart"), "50\n");
}

#[test]
fn lists() {
    assert_prints(env!("CARGO_BIN_EXE_lists"), "16 tasks, and nothing has run yet\nsum: 50\n");
}

/// Whichever push comes first, the sum has waited for both.
#[test]
fn indirect() {
    for _ in 0..20 {
        assert_prints(env!("CARGO_BIN_EXE_indirect"), "12\n");
    }
}

#[test]
fn async_mix() {
    assert_prints(
        env!("CARGO_BIN_EXE_async_mix"),
        "valley  12.2 °C\n\
         ridge    4.8 °C\n\
         summit  -1.5 °C\n",
    );
}

#[test]
fn existing_functions() {
    assert_prints(env!("CARGO_BIN_EXE_existing_functions"), "2 cm x 5 cm, across: 5.385 cm (29 characters)\n");
}
