//! What the types refuse, each at the user's token.
use delayed::prelude::*;
use std::rc::Rc;

fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn dinc(x: i64) -> i64 {
    x + 1
}

async fn later(x: i64) -> i64 {
    x + 1
}

fn name(name: String) -> String {
    name
}

struct Model {
    table: Table,
}

struct Table(i64);

fn of_table(table: &Table) -> i64 {
    table.0
}

impl Model {
    fn run(&self) -> Delayed<i64> {
        delayed_block! {
            let a = of_table(&self.table);
            inc(a)
        }
    }
}

fn main() {
    // A value that is none.
    let _ = delayed_block! { let a = Rc::new(1); inc(*a) };
    // A mixed call.
    let _ = delayed_block! { let a = inc(1); inc(dinc(a)) };
    let _ = delayed_block! { let a = inc(1); dinc(a) + 1 };
    // An argument of another type.
    let _ = delayed_block! { let a = inc(1); inc("x") + a };
    // A future without `.await`.
    let _ = delayed_block! { let a = later(1); inc(a) };
    // A variable that is not `Copy`, in two tasks and in all rounds.
    let text = String::from("a");
    let _ = delayed_block! { let a = name(text); let b = name(text); format!("{a}{b}") };
    let text = String::from("a");
    let _ = delayed_block! { let all = for x in 0..3 { text.repeat(x) }; all };
    // A variable that is no value.
    let shared = Rc::new(1);
    let _ = delayed_block! { inc(*shared) };
    // A loop over a list of the outside that is not computed yet.
    let list = value(vec![1, 2]);
    let _ = delayed_block! { let all = for x in list { inc(x) }; all };
    // A list of handles.
    let handles = vec![dinc(1)];
    let _ = delayed_block! { handles.len() };
}
