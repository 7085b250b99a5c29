//! Functions that cannot be decorated, or need not be: those of other crates, and closures. `delayed(f)` lifts one,
//! `.call((x, y))` makes a task of a call, and `.try_call(..)` one that fails where the function returns an `Err`.

use std::str::FromStr;

use delayed::prelude::*;

/// Someone else's function, which knows nothing of `delayed`.
fn rounded(x: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (x * scale).round() / scale
}

fn main() -> Result<(), delayed::Error> {
    let number = delayed(|text: String| f64::from_str(text.trim()));
    let width = number.try_call((String::from("2"),)); // lifted once, called twice
    let height = number.try_call((String::from(" 5 "),));

    let diagonal = delayed(f64::hypot).call((&width, &height));
    let diagonal = delayed(rounded).call((diagonal, 3));

    let unit = "cm";
    let label = delayed(move |w: f64, h: f64, d: f64| format!("{w} {unit} x {h} {unit}, across: {d} {unit}"));
    let label = label.call((width, height, diagonal));

    let length = delayed(str::len).call((&label,)); // a function of a reference is lent the value
    let (label, length) = delayed::compute((label, length))?;
    println!("{label} ({length} characters)");
    Ok(())
}
