//! What may be the value of a task.

pub(crate) mod sealed {
    /// Never implemented. `Delayed<T>: Unpin` asks for it, so that no type which holds a handle can be a [`Value`],
    /// and so that coherence knows it.
    ///
    /// [`Value`]: super::Value
    #[diagnostic::on_unimplemented(
        message = "a `Delayed` is not a plain value",
        label = "a `Delayed` in here would never be computed: tasks take and return plain values",
        note = "pass the `Delayed` itself as an argument, or in a `Vec`, array, tuple, `Option` or map; `gather(..)` makes one `Delayed` of them"
    )]
    pub trait PlainValue {}
}

/// What a task takes and returns: any `Send + Sync + Unpin + 'static` type that holds no [`Delayed`](crate::Delayed) inside.
///
/// The trait is implemented for all of them; it is never implemented by hand.
///
/// # Examples
/// ```
/// fn is_value<T: delayed_runtime::Value>() {}
/// is_value::<Vec<String>>();
/// ```
/// A handle inside a value would never be computed, so it is refused:
/// ```compile_fail
/// fn is_value<T: delayed_runtime::Value>() {}
/// is_value::<delayed_runtime::Delayed<i64>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a delayed task",
    label = "not a plain value",
    note = "a value is `Send + Sync + Unpin + 'static` and holds no `Delayed` inside: write `Arc` for `Rc`, `Mutex` for `Cell` and `RefCell`, and call a constructor in plain code, not in a body"
)]
pub trait Value: Send + Sync + Unpin + 'static {}

impl<T: Send + Sync + Unpin + 'static> Value for T {}

/// What a parameter by value needs beside [`Value`]; apart from it, so that each mistake has its own message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is taken by value but is not `Clone`",
    label = "take `&{Self}`, or write `#[take]` before the parameter",
    note = "a value that several tasks use is cloned for each by-value parameter but the last; `&{Self}` lends it, `#[take]` moves it to its only user"
)]
pub trait Cloned: Sized {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Cloned for T {}

/// What a field without handles needs in a derived shape, beside [`Value`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is in a field without handles but is not `Clone`",
    label = "make it `Clone`, or hold it as `Delayed<{Self}>`",
    note = "each run of a graph that is kept makes the plain twin once more"
)]
pub trait Kept: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Kept for T {}

/// Clones such a field.
pub fn clone_kept<T: Kept>(field: &T) -> T {
    field.clone()
}

/// What a parameter `&dyn Trait` needs of the trait: boxes of it are put into the graph.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lent to tasks, which run on other threads",
    label = "write `&({Self} + Send + Sync)`, or make the trait `Send + Sync`",
    note = "a trait is `Send + Sync` itself with `trait Name: Send + Sync`"
)]
pub trait Shared: Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + ?Sized> Shared for T {}
