//! What records or runs a task is not used in a body, however it is reached there.
#![deny(warnings)]
use delayed::prelude::*;

mod tools {
    use delayed::prelude::*;

    #[delayed]
    pub fn inc(x: i64) -> i64 {
        x + 1
    }
}

pub use tools::inc as bump;

#[delayed]
fn called(x: i64) -> i64 {
    let _ = bump(x);
    x
}

#[delayed]
fn passed(xs: Vec<i64>) -> usize {
    xs.into_iter().map(tools::inc).count()
}

#[delayed]
fn pointed(x: i64) -> i64 {
    let f: fn(i64) -> Delayed<i64> = tools::inc;
    let _ = f;
    x
}

#[delayed]
fn in_a_closure(x: i64) -> i64 {
    let f = |y: i64| drop(tools::inc(y));
    f(x);
    x
}

#[delayed]
fn in_a_nested_function(x: i64) -> i64 {
    fn helper(x: i64) {
        drop(tools::inc(x));
    }
    helper(x);
    x
}

#[delayed]
async fn in_async_code(x: i64) -> i64 {
    let _ = async { tools::inc(x) }.await;
    x
}

#[delayed]
fn in_a_macro(x: i64) -> String {
    format!("{:?}", tools::inc(x))
}

#[delayed]
fn computes(x: i64) -> Result<i64, delayed::Error> {
    let y = value(x).map(|x| x + 1).compute()?;
    let z = delayed(|x: i64| x + 1).call((y,));
    delayed::compute(z)
}

struct Model(i64);

impl Model {
    #[delayed]
    fn predict(&self, x: i64) -> i64 {
        let _ = tools::inc(x);
        self.0
    }

    #[delayed]
    fn without_a_receiver(x: i64) -> i64 {
        let _ = tools::inc(x);
        x
    }
}

mod deeper {
    use delayed::prelude::*;

    #[delayed]
    pub fn recursive(x: i64) -> i64 {
        if x > 0 {
            let _ = recursive(x - 1);
        }
        x
    }
}

impl Model {
    #[delayed]
    fn of_its_own(x: i64) -> i64 {
        let _ = Model::of_its_own(x);
        x
    }
}

#[delayed(eager = plain)]
fn with_a_twin(x: i64) -> i64 {
    let _ = tools::inc(x);
    x
}

#[delayed(warn(nested_delayed))]
fn warned(x: i64) -> i64 {
    let _ = tools::inc(x);
    x
}

#[delayed(warn(nested_delayed))]
fn recursive(x: i64) -> i64 {
    let _ = recursive(x - 1);
    x
}

fn main() {
    let _ = (called(1), passed(vec![1]), pointed(1), in_a_closure(1), in_a_nested_function(1), in_async_code(1));
    let _ = (in_a_macro(1), computes(1), Model::predict(Model(1), 1), Model::without_a_receiver(1), with_a_twin(1));
    let _ = (plain(1), warned(1), deeper::recursive(1), Model::of_its_own(1), recursive(1));
}
