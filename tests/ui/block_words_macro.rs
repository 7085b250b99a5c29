//! What the macro says of it.
use delayed::prelude::*;

fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {
    let _ = delayed_block! { let a = inc(1); let b = inc(a); let c = for x in [a + 1, b] { inc(x) }; c };
    let _ = delayed_block! { let a = inc(1); let c = for x in 0..a { inc(x) }; c };
    let _ = delayed_block! { let a = vec![1]; let b = &a; let x = &a[0]; (b.len(), *x) };
    let _ = delayed_block! { let () = drop(1); inc(1) };
    let _ = delayed_block! { let a = inc(1); #[cfg(any())] let b = inc(a); inc(1) };
    let _ = delayed_block! { let a = inc(1); #[cfg(any())] let b = inc(a); inc(a) };
}

struct Model(i64);

impl Model {
    fn run(&self) -> Delayed<i64> {
        delayed_block! { let a = tokio::join!(self.later(1)); a.0 }
    }
    fn other(&self) -> Delayed<i64> {
        delayed_block! { let a = tokio::select! { x = self.later(1) => x }; inc(a) }
    }
    async fn later(&self, x: i64) -> i64 { x + self.0 }
}
