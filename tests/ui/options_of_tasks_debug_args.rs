//! What `debug_args` cannot show.
use delayed::prelude::*;

#[derive(Clone)]
struct Model(i64);

#[delayed(debug_args)]
fn by_value(x: i64, model: Model) -> i64 {
    x + model.0
}

#[delayed(debug_args)]
fn lent(model: &Model) -> i64 {
    model.0
}

#[delayed(debug_args)]
async fn later(models: Vec<Model>, Model(first): Model) -> i64 {
    models.len() as i64 + first
}

#[delayed(debug_args)]
fn generic<T: Send>(x: &T) -> usize {
    size_of_val(x)
}

impl Model {
    #[delayed(debug_args)]
    fn of(&self, x: i64) -> i64 {
        self.0 + x
    }
}

fn main() -> Result<(), delayed::Error> {
    let sum = by_value(1, Model(2)) + lent(Model(3)) + later([Model(1)], Model(2)) + Model::of(Model(4), 5);
    println!("{:?}", delayed::compute((sum, generic(1_u8)))?);
    Ok(())
}
