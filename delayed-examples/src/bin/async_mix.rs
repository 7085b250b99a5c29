//! Async and ordinary functions in one graph: the requests wait side by side and occupy no worker meanwhile, what
//! they bring is worked on by the workers.

use std::num::ParseFloatError;
use std::time::Duration;

use delayed::prelude::*;

/// Stands for a request to a weather station, which takes its time to answer.
#[delayed]
async fn fetch(station: &str) -> String {
    tokio::time::sleep(Duration::from_millis(50)).await;
    match station {
        "valley" => "11.5, 13.0, 12.1",
        "ridge" => "4.0, 5.5",
        _ => "-3.0, -1.0, 0.5, -2.5",
    }
    .into()
}

#[delayed]
fn parse(answer: &str) -> Result<Vec<f64>, ParseFloatError> {
    answer.split(',').map(|reading| reading.trim().parse()).collect()
}

#[delayed]
fn mean(readings: &[f64]) -> f64 {
    readings.iter().sum::<f64>() / readings.len() as f64
}

/// Stands for the answer to whoever has asked, sent over the network too.
#[delayed]
async fn announce(stations: &[&str], means: &[f64]) -> String {
    tokio::time::sleep(Duration::from_millis(5)).await;
    let lines = stations.iter().zip(means).map(|(station, mean)| format!("{station:<7}{mean:>5.1} °C"));
    lines.collect::<Vec<_>>().join("\n")
}

fn main() -> Result<(), delayed::Error> {
    let stations = ["valley", "ridge", "summit"];
    let means = stations.map(|station| mean(parse(fetch(station))));
    let table = announce(stations, means);
    println!("{}", table.compute()?); // in async code: `table.await?`
    Ok(())
}
