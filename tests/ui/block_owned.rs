//! What a task borrows ends with it.
use delayed::prelude::*;

fn trimmed(text: &str) -> &str {
    text.trim()
}

fn main() {
    let _ = delayed_block! { let s = String::from(" a "); let t = s.trim(); t.len() };
    let _ = delayed_block! { let s = String::from(" a "); let t = trimmed(&s); t.len() };
    let call = { let s = String::from("a"); move |x: usize| x + s.len() };
    let _ = delayed_block! { let a = call(1); let b = call(a); a + b };
}
