use delayed::prelude::*;

struct Model;

impl Model {
    #[delayed(eager = double_now)]
    fn double(x: i64) -> i64 {
        x * 2
    }
}

fn main() {}
