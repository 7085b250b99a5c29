//! A task outlives what is borrowed.
use delayed::prelude::*;

fn length(text: &str) -> Delayed<usize> {
    delayed_block! {
        let trimmed = text.trim().to_owned();
        trimmed.len()
    }
}

fn main() {
    let local = String::from("a");
    let view = local.as_str();
    let _ = delayed_block! { let a = view.len(); a + 1 };
    let _ = length("a");
}
