//! Tasks that are tried again.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use common::{Counts, runtimes};
use delayed::prelude::*;

/// Fails so many times, and counts how often it was asked.
#[derive(Clone, Default)]
struct Flaky(Arc<[AtomicU32; 3]>);

impl Flaky {
    fn new(failures: u32) -> Flaky {
        let flaky = Flaky::default();
        flaky.0[0].store(failures, Ordering::SeqCst);
        flaky
    }

    fn ask(&self) -> Result<u32, String> {
        let under_way = self.0[2].fetch_add(1, Ordering::SeqCst);
        assert_eq!(under_way, 0, "never twice at once");
        let asked = self.0[1].fetch_add(1, Ordering::SeqCst);
        self.0[2].fetch_sub(1, Ordering::SeqCst);
        if asked < self.0[0].load(Ordering::SeqCst) { Err(format!("busy {asked}")) } else { Ok(asked) }
    }

    fn asked(&self) -> u32 {
        self.0[1].load(Ordering::SeqCst)
    }
}

fn sync(flaky: &Flaky) -> Delayed<u32> {
    let flaky = flaky.clone();
    delayed(move |()| flaky.ask()).try_call(((),))
}

fn panics(flaky: &Flaky) -> Delayed<u32> {
    let flaky = flaky.clone();
    delayed(move |()| flaky.ask().unwrap()).call(((),))
}

fn asynchronous(flaky: &Flaky) -> Delayed<u32> {
    let flaky = flaky.clone();
    delayed_async(move |()| {
        let flaky = flaky.clone();
        async move {
            tokio::task::yield_now().await;
            flaky.ask()
        }
    })
    .try_call(((),))
}

type Make = fn(&Flaky) -> Delayed<u32>;

const KINDS: [(&str, Make); 3] = [("sync", sync), ("panics", panics), ("async", asynchronous)];

#[test]
fn a_task_is_tried_until_it_succeeds() {
    std::panic::set_hook(Box::new(|_| ()));
    for runtime in runtimes() {
        for (kind, make) in KINDS {
            let flaky = Flaky::new(3);
            let sum = make(&flaky).retries(5).map(|asked| asked + 10);
            assert_eq!(runtime.compute(sum).unwrap(), 13, "{kind}");
            assert_eq!(flaky.asked(), 4, "{kind}");
        }
    }
}

#[test]
fn a_task_whose_retries_are_used_up_fails_with_its_last_error() {
    std::panic::set_hook(Box::new(|_| ()));
    for runtime in runtimes() {
        for (kind, make) in KINDS {
            let flaky = Flaky::new(100);
            let error = runtime.compute(make(&flaky).retries(2).named("load").map(|x| x)).unwrap_err();
            assert_eq!((error.attempts(), flaky.asked()), (3, 3), "{kind}");
            assert_eq!(error.task(), "load");
            assert_eq!(error.path().collect::<Vec<_>>(), ["load", "map"]);
            assert!(error.to_string().contains("after 3 attempts"), "{error}");
            assert!(error.to_string().contains("busy 2"), "{error}");
            let is_panic = kind == "panics";
            assert_eq!(error.kind(), if is_panic { ErrorKind::Panicked } else { ErrorKind::Failed }, "{kind}");
        }
    }
}

#[test]
fn without_retries_a_task_is_tried_once() {
    for runtime in runtimes() {
        for retries in [None, Some(0)] {
            let flaky = Flaky::new(1);
            let task = sync(&flaky);
            let task = match retries {
                Some(n) => task.retries(n),
                None => task,
            };
            assert_eq!(runtime.compute(task).unwrap_err().attempts(), 1);
            assert_eq!(flaky.asked(), 1);
        }
    }
}

#[test]
fn inputs_are_kept_until_success_and_dropped_then() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let flaky = Flaky::new(2);
        let (made, asked) = (counts.clone(), flaky.clone());
        let input = delayed(move |x: i64| made.make(x)).call((7,));
        // By value: each attempt has a clone, and the kept one goes with the task's end.
        let by_value =
            delayed(move |input: common::Counted| asked.ask().map(|_| input.content)).try_call((input,)).retries(2);
        let alive = counts.clone();
        let after = by_value.map(move |content| (content, alive.alive()));
        assert_eq!(runtime.compute(after).unwrap(), (7, 0));
        assert_eq!((counts.made(), counts.cloned(), counts.alive()), (1, 3, 0));
        assert_eq!(flaky.asked(), 3);
    }
}

#[test]
fn inputs_lent_to_each_attempt_are_not_cloned() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let flaky = Flaky::new(2);
        let (made, asked) = (counts.clone(), flaky.clone());
        let input = delayed(move |x: i64| made.make(x)).call((7,));
        let lent = delayed(move |input: &common::Counted| asked.ask().map(|_| input.content)).try_call((&input,));
        assert_eq!(runtime.compute(lent.retries(2)).unwrap(), 7);
        drop(input);
        assert_eq!((counts.made(), counts.cloned(), counts.alive()), (1, 0, 0));
    }
}

#[test]
fn a_shared_handle_gets_retries_of_its_own() {
    for runtime in runtimes() {
        let flaky = Flaky::new(1);
        let once = sync(&flaky);
        let again = once.clone().retries(1);
        assert!(runtime.compute(&once).is_err());
        flaky.0[1].store(0, Ordering::SeqCst);
        assert_eq!(runtime.compute(&again).unwrap(), 1);
    }
}

#[test]
fn what_cannot_be_repeated_is_refused_before_anything_runs() {
    #[derive(Debug)]
    struct NotClone(i64);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let source = delayed(move |x: i64| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok::<_, String>(NotClone(x))
    })
    .try_call((1,));
    let result = source.map_ref(|x: &NotClone| Ok::<NotClone, String>(NotClone(x.0))).or_fail();
    let error = result.retries(3).compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("`or_fail`") && error.to_string().contains("is no task"), "{error}");
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[delayed]
fn consume(#[take] text: String) -> usize {
    text.len()
}

#[test]
fn retries_of_a_taking_task_by_method_are_refused() {
    let error = consume("abc".to_owned()).retries(1).compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("its `#[take]` parameter `text` is moved out by the first attempt"), "{error}");
}
