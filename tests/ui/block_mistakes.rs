//! What the macro refuses, each at the user's token.
use delayed::prelude::*;

fn inc(x: i64) -> i64 {
    x + 1
}

fn read(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

struct Model {
    bias: i64,
}

impl Model {
    fn all(&self) -> i64 {
        self.bias
    }

    fn run(&self) -> Delayed<i64> {
        delayed_block! {
            let a = self.all();
            inc(a)
        }
    }
}

fn main() {
    let _ = delayed_block! {
        let a = inc(1);
        println!("{a}");
        inc(a);
        inc(a)
    };
    let _ = delayed_block! {
        let a = inc(1);
        let unused = inc(2);
        let _ = inc(3);
        inc(a)
    };
    let _ = delayed_block! {
        let mut a = inc(1);
        a += 1;
        a = 2;
        inc(a)
    };
    let _ = delayed_block! {
        let a = if true { return } else { 1 };
        let b = { break };
        inc(a + b)
    };
    let _ = delayed_block! {
        let a = inc(read("1")?);
        inc(a)
    };
    let _ = delayed_block! {
        let list = vec![1, 2];
        let parts = for x in list { inc(x) };
        let more = for x in &list { inc(*x) };
        (parts, more)
    };
    let _ = delayed_block! {
        let a = inc(1);
        for x in [1, 2] { inc(x) };
        a
    };
    let _ = delayed_block! {
        let a = inc(1);
        let b = a.compute();
        b
    };
    let _ = delayed_block! {
        let a = inc(1);
        let b = delayed_block! { inc(a) };
        b
    };
    let _ = delayed_block! {
        let Some(a) = Some(1) else { return };
        let ref b = inc(a);
        inc(b)
    };
    let _ = delayed_block! {
        let a = inc(1);
    };
    let _ = delayed_block! {};
    let _ = delayed_block! {
        let A = inc(1);
        inc(A)
    };
}
