//! Programs that show `delayed` at work.
//!
//! - `flights`, the default one, turns 90 daily files into a report: its parts are in [`flights`].
//! - `crawl` fetches 500 pages of a website that has its faults, and accounts for each: its parts are in [`crawl`].
//! - `quickstart`, `lists`, `indirect`, `async_mix` and `existing_functions` are one screen each, in `src/bin`.
//!
//! Run one with `cargo run --release -p delayed-examples --bin NAME`; without `--bin`, it is `flights`.

pub mod cli;
pub mod crawl;
pub mod flights;
pub mod interrupt;
