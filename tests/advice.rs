//! Advice at run time: what is said, once for each call site, on which side of each threshold.

use std::process::Command;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use delayed::__private::{Advice, advice_given};
use delayed::prelude::*;

/// The advice about lines of this file.
fn given(lint: &str, lines: std::ops::RangeInclusive<u32>) -> Vec<Advice> {
    let here = |advice: &Advice| advice.location.file() == file!() && lines.contains(&advice.location.line());
    advice_given().into_iter().filter(|advice| advice.lint == lint && here(advice)).collect()
}

/// The guide has these words, but for the numbers.
fn stands_in_the_guide(advice: &Advice) {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/src/best-practices.md")).unwrap();
    let without_numbers = |text: &str| text.split(|c: char| c.is_ascii_digit() || c == '.').collect::<String>();
    let is_said = guide.lines().any(|line| without_numbers(line) == without_numbers(&advice.text));
    assert!(is_said, "not in the guide: {}", advice.text);
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

fn helper(x: i64) -> Delayed<i64> {
    inc(x)
}

const HELPER: u32 = line!() - 3;

#[delayed]
fn through_a_helper(x: i64) -> i64 {
    drop(helper(x));
    compute_in_a_helper(x)
}

fn compute_in_a_helper(x: i64) -> i64 {
    value(x).compute().unwrap()
}

const COMPUTE: u32 = line!() - 3;

fn allowed_helper(x: i64) -> i64 {
    inc(x).compute().unwrap()
}

const ALLOWED: u32 = line!() - 3;

#[delayed(allow(nested_delayed))]
fn switched_off(x: i64) -> i64 {
    allowed_helper(x)
}

#[test]
fn tasks_inside_of_tasks_through_helpers_are_told_once_and_work() -> Result<(), delayed::Error> {
    for x in 0..3 {
        assert_eq!(through_a_helper(x).compute()?, x);
    }
    let recorded = given("nested_delayed", HELPER..=HELPER);
    assert_eq!(recorded.len(), 1);
    assert!(recorded[0].text.contains("`through_a_helper`"), "{}", recorded[0]);
    stands_in_the_guide(&recorded[0]);
    // The value and its compute: two places in one line.
    let computed = given("nested_delayed", COMPUTE..=COMPUTE);
    assert_eq!(computed.len(), 2, "{computed:?}");
    assert_eq!(switched_off(1).compute()?, 2);
    assert!(given("nested_delayed", ALLOWED..=ALLOWED).is_empty());
    // Outside of tasks nothing is said.
    let line = line!() + 1;
    assert_eq!(inc(1).compute()?, 2);
    assert!(given("nested_delayed", line..=line).is_empty());
    Ok(())
}

#[delayed]
async fn awaits_a_handle(x: i64) -> i64 {
    awaiting(x).await
}

async fn awaiting(x: i64) -> i64 {
    value(x).map(|x| x + 1).await.unwrap()
}

const AWAITED: u32 = line!() - 3;

#[test]
fn a_handle_awaited_in_a_task_is_told() -> Result<(), delayed::Error> {
    assert_eq!(awaits_a_handle(1).compute()?, 2);
    let told = given("nested_delayed", AWAITED..=AWAITED);
    assert!(told.iter().any(|advice| advice.text.contains("computes a graph")), "{told:?}");
    assert!(told.iter().all(|advice| advice.text.contains("`awaits_a_handle`")), "{told:?}");
    Ok(())
}

#[test]
fn eight_computes_in_a_row_are_told_and_seven_are_not() -> Result<(), delayed::Error> {
    let first = line!();
    for x in 0..7 {
        assert_eq!(inc(x).compute()?, x + 1);
    }
    assert!(given("repeated_compute", first..=line!()).is_empty());
    let second = line!();
    for x in 0..40 {
        assert_eq!(inc(x).compute()?, x + 1);
    }
    let told = given("repeated_compute", second..=line!());
    assert_eq!(told.len(), 1);
    assert!(told[0].text.starts_with("8 computes") && told[0].text.contains("delayed::compute"), "{}", told[0]);
    stands_in_the_guide(&told[0]);
    Ok(())
}

#[test]
fn computes_of_wide_graphs_and_of_several_threads_are_not_told() -> Result<(), delayed::Error> {
    let first = line!();
    for x in 0..20 {
        assert_eq!(add(inc(x), inc(x)).compute()?, 2 * x + 2);
    }
    std::thread::scope(|scope| {
        for x in 0..20 {
            scope.spawn(move || inc(x).compute().unwrap());
        }
    });
    assert!(given("repeated_compute", first..=line!()).is_empty());
    Ok(())
}

#[test]
fn a_loop_with_two_computes_is_told_of_both() -> Result<(), delayed::Error> {
    let begin = line!();
    for x in 0..8 {
        inc(x).compute()?;
        inc(x + 1).compute()?;
    }
    assert_eq!(given("repeated_compute", begin..=line!()).len(), 2);
    Ok(())
}

#[test]
fn a_compute_in_each_of_many_tokio_tasks_is_not_told() -> Result<(), Box<dyn std::error::Error>> {
    let begin = line!();
    let host = tokio::runtime::Builder::new_multi_thread().worker_threads(1).max_blocking_threads(1).build()?;
    for x in 0..20 {
        let made = host.block_on(async { tokio::task::spawn_blocking(move || inc(x).compute()).await });
        assert_eq!(made??, x + 1);
    }
    assert!(given("repeated_compute", begin..=line!()).is_empty());
    // A loop in one of them is.
    let begin = line!();
    host.block_on(async {
        tokio::task::spawn_blocking(|| (0..8).try_for_each(|x| inc(x).compute().map(drop))).await
    })??;
    assert_eq!(given("repeated_compute", begin..=line!()).len(), 1);
    Ok(())
}

#[test]
fn more_than_ten_thousand_tiny_tasks_are_told() -> Result<(), delayed::Error> {
    let runtime = Runtime::builder().workers(2).build()?;
    let many = |n: i64| (0..n).map(inc).collect::<Vec<_>>();
    let first = line!();
    runtime.compute(many(10_000))?;
    assert!(given("tiny_tasks", first..=line!()).is_empty());
    // A sample: what interrupts a thread in one of the timed tasks can make them look long.
    let second = line!();
    let mut runs = 0;
    while given("tiny_tasks", second..=line!()).is_empty() && runs < 100 {
        runtime.compute(many(10_001))?;
        runs += 1;
    }
    let told = given("tiny_tasks", second..=line!());
    assert_eq!(told.len(), 1);
    assert!(told[0].text.starts_with("10001 tasks") && told[0].text.contains("batched(items, size, f)"), "{}", told[0]);
    stands_in_the_guide(&told[0]);
    Ok(())
}

#[delayed]
fn long(x: i64) -> i64 {
    spin(Duration::from_micros(50));
    x
}

#[test]
fn many_tasks_that_are_long_enough_are_not_told() -> Result<(), delayed::Error> {
    let first = line!();
    let sum = (0..10_001).map(long).collect::<Vec<_>>();
    delayed::compute(sum)?;
    assert!(given("tiny_tasks", first..=line!()).is_empty());
    Ok(())
}

#[delayed]
fn lasts(ms: u64) -> u64 {
    spin(Duration::from_millis(ms));
    ms
}

/// Both are under way before one of them ends.
#[delayed]
fn lasts_beside(barrier: &Barrier, ms: u64) -> u64 {
    barrier.wait();
    spin(Duration::from_millis(ms));
    ms
}

#[test]
fn a_task_of_more_than_half_the_run_is_told_while_workers_idle() -> Result<(), delayed::Error> {
    let runtime = Runtime::builder().workers(2).build()?;
    let first = line!();
    let both = value(Barrier::new(2));
    runtime.compute((lasts_beside(&both, 300), lasts_beside(&both, 1)))?;
    let told = given("giant_task", first..=line!());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].text.starts_with("the task `lasts_beside` ran for ") && told[0].text.contains("batched"),
        "{}",
        told[0]
    );
    stands_in_the_guide(&told[0]);
    // In a run of its own as well.
    let alone = line!();
    std::thread::scope(|scope| scope.spawn(|| runtime.compute(lasts(150)).unwrap()).join()).unwrap();
    assert_eq!(given("giant_task", alone..=line!()).len(), 1);
    // Short runs are not.
    let short = line!();
    runtime.compute((lasts_beside(&both, 20), lasts_beside(&both, 1)))?;
    assert!(given("giant_task", short..=line!()).is_empty());
    Ok(())
}

#[delayed(allow(giant_task))]
fn lasts_on_purpose(barrier: &Barrier, ms: u64) -> u64 {
    barrier.wait();
    spin(Duration::from_millis(ms));
    ms
}

#[test]
fn a_function_may_allow_its_tasks_to_be_giants() -> Result<(), delayed::Error> {
    let runtime = Runtime::builder().workers(2).build()?;
    let begin = line!();
    let both = value(Barrier::new(2));
    runtime.compute((lasts_on_purpose(&both, 300), lasts_beside(&both, 1)))?;
    assert!(given("giant_task", begin..=line!()).is_empty());
    Ok(())
}

#[delayed]
fn follows(x: u64, ms: u64) -> u64 {
    spin(Duration::from_millis(ms));
    x + ms
}

#[test]
fn a_giant_that_nothing_can_run_beside_is_told_in_a_wide_graph() -> Result<(), delayed::Error> {
    // Each with workers of its own: nobody is still on the way back from the run before.
    let runtime = Runtime::builder().workers(2).build()?;
    let begin = line!();
    let first = lasts(150);
    runtime.compute([1, 2, 3].map(|ms| follows(&first, ms)))?;
    let told = given("giant_task", begin..=line!());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.starts_with("the task `lasts` ran for "), "{}", told[0]);
    // Behind a short one, where the other worker has never had anything to do.
    let runtime = Runtime::builder().workers(2).build()?;
    let begin = line!();
    let first = follows(lasts(1), 150);
    runtime.compute([1, 2, 3].map(|ms| follows(&first, ms)))?;
    let told = given("giant_task", begin..=line!());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.starts_with("the task `follows` ran for "), "{}", told[0]);
    // Of two of the same length none is longer than half.
    let begin = line!();
    let first = follows(lasts(120), 120);
    runtime.compute([1, 2, 3].map(|ms| follows(&first, ms)))?;
    assert!(given("giant_task", begin..=line!()).is_empty());
    Ok(())
}

#[test]
fn a_long_task_is_no_giant_where_nobody_waits_for_it() -> Result<(), delayed::Error> {
    // There is no other worker.
    let begin = line!();
    let alone = Runtime::builder().workers(1).build()?;
    futures::executor::block_on(alone.compute_async(lasts(150)))?;
    assert!(given("giant_task", begin..=line!()).is_empty());
    // The other worker is busy with another run.
    let begin = line!();
    let runtime = Runtime::builder().workers(2).build()?;
    let both = value(Barrier::new(2));
    std::thread::scope(|scope| {
        let other = || runtime.compute(meets(&both, 200)).unwrap();
        let (first, second) = (scope.spawn(other), scope.spawn(other));
        first.join().and(second.join()).unwrap();
    });
    assert!(given("giant_task", begin..=line!()).is_empty());
    Ok(())
}

#[delayed]
async fn at_once(x: u64) -> u64 {
    x
}

#[test]
fn a_giant_behind_an_async_task_is_told() -> Result<(), delayed::Error> {
    let runtime = Runtime::builder().workers(2).build()?;
    let begin = line!();
    runtime.compute(follows(at_once(1), 150))?;
    let told = given("giant_task", begin..=line!());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.starts_with("the task `follows` ran for "), "{}", told[0]);
    Ok(())
}

#[delayed]
fn pair(x: i64) -> (i64, i64) {
    spin(Duration::from_micros(20));
    (x, x)
}

#[test]
fn parts_are_no_tiny_tasks() -> Result<(), delayed::Error> {
    let begin = line!();
    let parts: Vec<_> = (0..6000).map(|x| pair(x).unzip()).collect();
    delayed::compute(parts)?;
    assert!(given("tiny_tasks", begin..=line!()).is_empty());
    Ok(())
}

#[test]
fn a_giant_in_a_long_chain_is_told() -> Result<(), delayed::Error> {
    let runtime = Runtime::builder().workers(2).build()?;
    let begin = line!();
    let chain = (0..80).fold(value(0_u64), |last, number| follows(last, if number == 50 { 200 } else { 0 }));
    std::thread::scope(|scope| scope.spawn(|| runtime.compute(chain).unwrap()).join()).unwrap();
    assert_eq!(given("giant_task", begin..=line!()).len(), 1);
    Ok(())
}

#[delayed]
fn meets(barrier: &Barrier, ms: u64) -> u64 {
    barrier.wait();
    spin(Duration::from_millis(ms));
    barrier.wait();
    ms
}

#[test]
fn two_long_tasks_beside_each_other_are_no_giants() -> Result<(), delayed::Error> {
    let runtime = Runtime::builder().workers(2).build()?;
    let barrier = value(Barrier::new(2));
    let first = line!();
    runtime.compute((meets(&barrier, 120), meets(&barrier, 120)))?;
    assert!(given("giant_task", first..=line!()).is_empty());
    Ok(())
}

#[delayed]
fn length(xs: &[u8]) -> usize {
    xs.len()
}

#[delayed]
fn text_length(text: &str) -> usize {
    text.len()
}

const MIB: usize = 1 << 20;

#[test]
fn the_same_large_input_is_told_at_the_third_call() -> Result<(), delayed::Error> {
    let large = vec![1; MIB + 1];
    let small = vec![1; MIB];
    let first = line!();
    let twice: Vec<_> = (0..2).map(|_| length(large.clone())).collect();
    let small: Vec<_> = (0..5).map(|_| length(small.clone())).collect();
    let lengths: Vec<_> = (1..5).map(|more| length(vec![1; MIB + more])).collect();
    assert!(given("repeated_input", first..=line!()).is_empty());
    let second = line!();
    let thrice: Vec<_> = (0..3).map(|_| length(large.clone())).collect();
    let told = given("repeated_input", second..=line!());
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("1.0 MiB 3 times") && told[0].text.contains("value(data)"), "{}", told[0]);
    stands_in_the_guide(&told[0]);
    assert_eq!(delayed::compute((twice, small, lengths, thrice))?.3, [MIB + 1; 3]);
    Ok(())
}

#[test]
fn a_borrowed_input_is_the_same_at_the_same_address() {
    let texts: Vec<String> = (0..4).map(|_| "a".repeat(2 * MIB)).collect();
    let first = line!();
    let others: Vec<_> = texts.iter().map(|text| text_length(text.as_str())).collect();
    let handle = value(texts[0].clone());
    let shared: Vec<_> = (0..4).map(|_| text_length(&handle)).collect();
    assert!(given("repeated_input", first..=line!()).is_empty());
    let second = line!();
    let same: Vec<_> = (0..4).map(|_| text_length(texts[0].as_str())).collect();
    assert_eq!(given("repeated_input", second..=line!()).len(), 1);
    drop((others, shared, same));
}

#[test]
fn advice_is_an_event_of_tracing() {
    use tracing_subscriber::layer::SubscriberExt;
    #[derive(Clone, Default)]
    struct Events(Arc<std::sync::Mutex<Vec<(tracing::Level, String)>>>);
    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Events {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            struct Text(String);
            impl tracing::field::Visit for Text {
                fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                    if field.name() == "message" {
                        self.0 = format!("{value:?}");
                    }
                }
            }
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push((*event.metadata().level(), text.0));
        }
    }
    let events = Events::default();
    let line = line!() + 3;
    tracing::subscriber::with_default(tracing_subscriber::registry().with(events.clone()), || {
        for x in 0..9 {
            assert_eq!(inc(x).compute().unwrap(), x + 1);
        }
    });
    let events = events.0.lock().unwrap().clone();
    let told: Vec<_> = events.iter().filter(|(_, text)| text.starts_with("repeated_compute: ")).collect();
    assert_eq!(told.len(), 1, "{events:?}");
    assert_eq!(told[0].0, tracing::Level::WARN);
    assert!(told[0].1.contains(&format!("tests/advice.rs:{line}:")), "{}", told[0].1);
}

#[test]
fn an_environment_variable_switches_it_off() {
    const OFF: &str = "ADVICE_TEST_IS_OFF";
    if std::env::var_os(OFF).is_none() {
        let this = std::env::current_exe().unwrap();
        let run = |advice: &str| {
            let mut command = Command::new(&this);
            command.args(["--exact", "an_environment_variable_switches_it_off"]).env(OFF, advice);
            command.env("DELAYED_ADVICE", advice).output().unwrap()
        };
        for advice in ["off", "on", "neither"] {
            let output = run(advice);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        return;
    }
    let first = line!();
    for x in 0..9 {
        assert_eq!(inc(x).compute().unwrap(), x + 1);
    }
    let expected = usize::from(std::env::var(OFF).unwrap() != "off");
    assert_eq!(given("repeated_compute", first..=line!()).len(), expected);
}
