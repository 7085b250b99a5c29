//! Advice: what a run, or how the library is called, shows of practices that cost time or memory.
//!
//! Each piece is given once per call site, through `tracing` at level WARN, and kept for reports. What is looked at on the
//! way of every task or argument is a comparison of numbers at hand; all else happens where something is to be said.

mod measure;
mod series;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::worker::Inside;

pub(crate) use measure::{Longest, Measure, Seen, is_timed, tell_of_giant};
pub(crate) use series::computed;

/// One piece of advice.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The name of the lint.
    pub lint: &'static str,
    /// The call that it is about.
    pub location: &'static Location<'static>,
    /// What was seen, and what to write instead.
    pub text: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.lint, self.text, self.location)
    }
}

/// What was given so far.
static GIVEN: Mutex<Given> = Mutex::new(Given { sites: BTreeSet::new(), all: Vec::new() });

struct Given {
    sites: BTreeSet<(&'static str, Site)>,
    all: Vec<Advice>,
}

/// A call site: file, line, column.
type Site = (&'static str, u32, u32);

fn site(location: &'static Location<'static>) -> Site {
    (location.file(), location.line(), location.column())
}

/// The environment variable that switches advice off.
const ADVICE: &str = "DELAYED_ADVICE";

/// Whether advice is given: `DELAYED_ADVICE` is not `off`.
pub(crate) fn is_on() -> bool {
    static IS_ON: OnceLock<bool> = OnceLock::new();
    *IS_ON.get_or_init(|| {
        let set = std::env::var(ADVICE).unwrap_or_default();
        if !["", "on", "off"].contains(&set.as_str()) {
            tracing::warn!(target: "delayed", "`{ADVICE}` is `{set}`; `off` switches advice off, nothing or `on` leaves it on");
        }
        set != "off"
    })
}

/// Gives advice about a call site, once.
#[cold]
pub(crate) fn give(lint: &'static str, location: &'static Location<'static>, text: impl FnOnce() -> String) {
    if !is_on() {
        return;
    }
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !given.sites.insert((lint, site(location))) {
        return;
    }
    let advice = Advice { lint, location, text: text() };
    given.all.push(advice.clone());
    // A subscriber is the user's code.
    drop(given);
    tracing::warn!(target: "delayed", lint, location = %location, "{advice}");
}

/// All advice given so far in this process.
pub fn given() -> Vec<Advice> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner).all.clone()
}

/// A node is made: in a running task it is part of no graph that runs.
#[inline(always)]
pub(crate) fn node_made(location: &'static Location<'static>) {
    if Inside::current() != Inside::Nothing {
        recorded(location);
    }
}

#[cold]
#[inline(never)]
fn recorded(location: &'static Location<'static>) {
    nested(location, "records a task");
}

/// A run is asked for: in a running task it is one of its own.
#[inline]
pub(crate) fn run_asked_for(location: &'static Location<'static>) {
    if Inside::current() != Inside::Nothing {
        nested(location, "computes a graph of its own");
    }
}

fn nested(location: &'static Location<'static>, does: &str) {
    Inside::running(|name, may_nest| {
        if !may_nest {
            give("nested_delayed", location, || {
                format!(
                    "while the task `{name}` runs, this {does}, which is no part of the graph around: make all tasks where \
                     the graph is built, and take their values as parameters; `#[delayed(allow(nested_delayed))]` on the \
                     task's function switches this off"
                )
            });
        }
    });
}

/// Plain data that a call puts in from some size on is looked after.
const LARGE: usize = 1 << 20;

/// The size of plain data in bytes, and where it lies if it is borrowed.
pub(crate) trait Extent {
    fn extent(&self) -> (usize, Option<usize>);
}

macro_rules! extents {
    ($([$($generics:tt)*] $data:ty, |$it:ident| $bytes:expr, $address:expr;)*) => {$(
        impl<$($generics)*> Extent for $data {
            fn extent(&self) -> (usize, Option<usize>) {
                let $it = self;
                ($bytes, $address)
            }
        }
    )*};
}

extents! {
    [X] Vec<X>, |it| size_of_val(it.as_slice()), None;
    [X, const N: usize] [X; N], |it| size_of_val(it), None;
    [X] &Vec<X>, |it| size_of_val(it.as_slice()), Some(it.as_ptr().addr());
    [X] &[X], |it| size_of_val(*it), Some(it.as_ptr().addr());
    [X, const N: usize] &[X; N], |it| size_of_val(*it), Some(it.as_ptr().addr());
    [] String, |it| it.len(), None;
    [] &String, |it| it.len(), Some(it.as_ptr().addr());
    [] &str, |it| it.len(), Some(it.as_ptr().addr());
    [] PathBuf, |it| it.as_os_str().len(), None;
    [] &PathBuf, |it| it.as_os_str().len(), Some(std::ptr::from_ref::<PathBuf>(it).addr());
    [] &Path, |it| it.as_os_str().len(), Some(std::ptr::from_ref::<Path>(it).addr());
}

/// What a call site put in last.
struct Input {
    bytes: usize,
    address: Option<usize>,
    count: u32,
}

/// So many times the same is once too often.
const SAME_INPUTS: u32 = 3;

/// Plain data is put in: this many bytes, at this address if they are borrowed.
#[inline]
#[track_caller]
pub(crate) fn input(bytes: usize, address: Option<usize>) {
    if bytes > LARGE {
        large_input(Location::caller(), bytes, address);
    }
}

#[cold]
fn large_input(location: &'static Location<'static>, bytes: usize, address: Option<usize>) {
    static INPUTS: Mutex<BTreeMap<Site, Input>> = Mutex::new(BTreeMap::new());
    let mut inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    let input = inputs.entry(site(location)).or_insert(Input { bytes, address, count: 0 });
    if input.bytes == bytes && input.address == address {
        input.count += 1;
    } else {
        *input = Input { bytes, address, count: 1 };
    }
    let count = input.count;
    drop(inputs);
    if count >= SAME_INPUTS {
        give("repeated_input", location, || {
            format!(
                "this call put in {:.1} MiB {count} times, each a copy of its own in the graph: if these are the same data, \
                 put them in once, `let data = value(data);`, and pass `&data`",
                bytes as f64 / LARGE as f64
            )
        });
    }
}
