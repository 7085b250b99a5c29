//! What the library is known to get wrong, and what is therefore left out. Set to `false`, it is looked for.

/// An attempt that fails once its run has stopped is not the last, but is shown as the task's failure: also where the
/// run was cancelled, and where the task would have been tried again.
pub const LATE_FAILURES: bool = true;

/// A run in order that is cancelled while its thread polls an async task is taken apart with the task's future in it,
/// which lets go of its inputs a second time.
pub const PENDING_IN_ORDER: bool = true;

/// Tasks that a stopped run did not come to keep their uses of values: an output of such a value is refused, if nobody
/// knows how to clone it, though nobody needs it any more.
pub const UNREACHED_USES: bool = true;

/// A run that was cancelled is over, and then for a moment is not, if a body under way turns out to be async: where
/// debug assertions are on, taking it apart panics, with this text.
pub const OVER_AND_NOT: bool = true;
pub const NOT_OVER: &str = "a run is taken apart when it is over";

/// A run knows its async attempts by their tasks: the end of one takes the next of the same task off its list, which
/// nobody drops then if the run stops, and which uses what the run has let go.
pub const FLIGHTS_BY_TASK: bool = true;
