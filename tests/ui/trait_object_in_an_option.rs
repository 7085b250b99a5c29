use delayed::prelude::*;

trait Rule: Send + Sync {}

#[delayed]
fn check(rule: Option<&dyn Rule>) -> bool {
    rule.is_some()
}

fn main() {}
