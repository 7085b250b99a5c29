//! Executions under random schedules, which can be run again (`scripts/shuttle.sh`).

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::sync::thread;

/// How often a scheduler of the second kind changes its mind, and one more.
const DEPTH: usize = 4;

/// Runs a program so many times with each kind of scheduler: one that chooses at each step, one that lets a thread go on
/// until, a few times, it puts it behind all others. Whatever the program chooses is drawn from the schedule.
///
/// `ITERATIONS` is another number of times, `SEED` gives other schedules, `REPLAY` is a schedule to run instead of
/// these, or a file with one. Schedules of failures go to the directory `SCHEDULES`.
pub(super) fn check<F: Fn() + Send + Sync + 'static>(times: usize, program: F) {
    let name = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    let name = name.rsplit("::").next().unwrap_or(name);
    let program = Arc::new(program);
    if let Ok(schedule) = env::var("REPLAY") {
        let schedule = if Path::new(&schedule).exists() { fs::read_to_string(schedule).unwrap() } else { schedule };
        run(name, ReplayScheduler::new_from_encoded(&schedule), FailurePersistence::None, program);
        return;
    }
    let directory = env::var_os("SCHEDULES").map_or_else(env::temp_dir, PathBuf::from);
    let seed = number("SEED").unwrap_or(1);
    let times = number("ITERATIONS").map_or(times, |times| usize::try_from(times).unwrap());
    let keep = FailurePersistence::File(Some(directory));
    run(name, RandomScheduler::new_from_seed(seed, times), keep.clone(), program.clone());
    run(name, PctScheduler::new_from_seed(seed, DEPTH, times), keep, program);
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

#[expect(clippy::print_stderr, reason = "says how to see a failure again")]
fn run<F: Fn() + Send + Sync + 'static>(
    name: &str,
    scheduler: impl Scheduler + 'static,
    keep: FailurePersistence,
    program: Arc<F>,
) {
    let before = schedules(&keep);
    let mut config = Config::new();
    config.stack_size = 256 << 10;
    config.max_steps = MaxSteps::FailAfter(2_000_000);
    config.silence_warnings = true;
    config.failure_persistence = keep.clone();
    let program = move || {
        // The second kind of scheduler wants something to choose from.
        let other = thread::spawn(|| ());
        program();
        other.join().unwrap();
    };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| Runner::new(scheduler, config).run(program))) {
        let after = schedules(&keep);
        let mut new = after.difference(&before);
        // The first is that of the failure; others are of what came of it.
        if let Some(first) = new.next() {
            let kept = first.with_file_name(format!("{name}.txt"));
            fs::rename(first, &kept).unwrap();
            eprintln!("to see it again: REPLAY={} scripts/shuttle.sh run::shuttled::{name} --exact", kept.display());
        }
        for other in new {
            fs::remove_file(other).unwrap();
        }
        resume_unwind(payload);
    }
}

/// Schedules that shuttle left.
fn schedules(keep: &FailurePersistence) -> BTreeSet<PathBuf> {
    let FailurePersistence::File(Some(directory)) = keep else { return BTreeSet::new() };
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.file_name().unwrap().to_str().is_some_and(|name| name.starts_with("schedule"))).collect()
}
