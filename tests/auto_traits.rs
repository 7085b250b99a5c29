//! Which of the automatic traits the public types have.

use std::rc::Rc;

use delayed::lifted::{Fun, FunAsync};
use delayed::{Builder, Delayed, Error, ErrorKind, Graph, Run, Runtime, Task, Value};

/// Asks whether a type has a trait, without failing where it has not.
macro_rules! has {
    ($ty:ty: $bound:path) => {{
        #[allow(dead_code, reason = "not asked where the type has the trait")]
        trait No {
            const HAS: bool = false;
        }
        impl<T: ?Sized> No for T {}
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "found only where the type has the trait")]
        impl<T: ?Sized + $bound> Probe<T> {
            const HAS: bool = true;
        }
        <Probe<$ty>>::HAS
    }};
}

fn is_static_send_and_sync<T: Send + Sync + 'static>() {}

#[test]
fn a_handle_is_send_and_sync_whatever_its_value_is() {
    is_static_send_and_sync::<Delayed<i64>>();
    is_static_send_and_sync::<Delayed<Rc<i64>>>();
    is_static_send_and_sync::<Delayed<std::cell::RefCell<*const u8>>>();
    assert!(has!(Delayed<Rc<i64>>: Clone), "a handle is cloned whatever its value is");
}

#[test]
fn a_handle_is_never_unpin_so_that_it_is_no_value() {
    assert!(!has!(Delayed<i64>: Unpin));
    assert!(!has!(Delayed<i64>: Value));
    assert!(!has!(Vec<Delayed<i64>>: Value));
    assert!(!has!((i64, Option<Delayed<String>>): Value));
    assert!(has!(Vec<(i64, Option<String>)>: Value));
}

#[test]
fn the_public_types_are_send_and_sync() {
    is_static_send_and_sync::<Error>();
    is_static_send_and_sync::<ErrorKind>();
    is_static_send_and_sync::<Graph>();
    is_static_send_and_sync::<Runtime>();
    is_static_send_and_sync::<Builder>();
    is_static_send_and_sync::<Task<'static>>();
    is_static_send_and_sync::<Fun<fn(i64) -> i64, (i64,)>>();
    is_static_send_and_sync::<FunAsync<fn(i64) -> std::future::Ready<i64>, (i64,)>>();
}

#[test]
fn an_error_is_an_error_that_can_be_cloned() {
    fn is_error<T: std::error::Error + Clone + 'static>() {}
    is_error::<Error>();
}

#[test]
fn a_run_goes_from_thread_to_thread_and_can_be_polled_where_it_lies() {
    assert!(has!(Run<i64>: Send) && has!(Run<i64>: Unpin));
}

#[test]
fn what_cannot_cross_threads_is_no_value() {
    assert!(!has!(Rc<i64>: Value));
    assert!(!has!(std::cell::Cell<i64>: Value));
    assert!(!has!(std::sync::MutexGuard<'static, i64>: Value));
    assert!(!has!(std::marker::PhantomPinned: Value));
    assert!(has!(std::sync::Arc<std::sync::Mutex<i64>>: Value));
    assert!(has!(Box<dyn Fn(&str) -> String + Send + Sync>: Value));
}
