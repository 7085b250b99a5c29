use delayed::prelude::*;

trait Rule {
    fn holds(&self) -> bool;
}

#[delayed]
fn check(rule: &dyn Rule) -> bool {
    rule.holds()
}

fn main() {}
