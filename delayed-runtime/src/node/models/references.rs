//! Counted references to nodes (`head.rs`, `head/free.rs`, `head/side.rs`), and nodes that a run drops while handles of theirs go too (`order.rs`).

use std::sync::Arc;

use loom::thread;

use super::{Log, Seen};
use crate::delayed::{Delayed, value};
use crate::node::{Kind, Node, NodeRef, Slots};
use crate::plan::Plan;
use crate::sync::model;

// SAFETY: loom checks every access to what is inside.
unsafe impl Sync for Seen {}

/// Data, seen by loom.
fn seen(log: &Arc<Log>) -> Delayed<Seen> {
    value(Seen::new(7, log))
}

/// Reads what a node of data captured, and lets go of it.
fn read_and_drop(node: NodeRef) {
    // SAFETY: the node was made by `seen`, and is kept alive by the reference.
    let content = unsafe { node.get().captures().cast::<Seen>().as_ref().read() };
    assert_eq!(content, 7);
    drop(node);
}

#[test]
fn the_last_of_two_handles_frees() {
    model(None, || {
        let log = Arc::new(Log::default());
        let node = seen(&log).node;
        let other = node.clone();
        let there = thread::spawn(move || read_and_drop(other));
        read_and_drop(node);
        there.join().unwrap();
        assert_eq!(log.drops(), 1);
    });
}

#[test]
fn the_last_of_three_handles_frees() {
    model(Some(3), || {
        let log = Arc::new(Log::default());
        let node = seen(&log).node;
        let others = [node.clone(), node.clone()].map(|other| thread::spawn(move || read_and_drop(other)));
        read_and_drop(node);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(log.drops(), 1);
    });
}

/// Waits for something that another thread does. (Of the accesses to an atomic, loom remembers the last one only: without
/// this it takes a load here and a load there, before the change, for the end of the matter.)
fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

/// A handle that finds itself alone edits the node: it must see what the others did before they let go.
#[test]
fn who_is_alone_sees_what_the_others_did() {
    model(None, || {
        let log = Arc::new(Log::default());
        let node = seen(&log).node;
        let other = node.clone();
        let there = thread::spawn(move || read_and_drop(other));
        until(|| node.is_sole());
        // SAFETY: nobody else can reach the node; loom checks that nobody reads it.
        unsafe { node.get().captures().cast::<Seen>().as_mut().change() };
        there.join().unwrap();
        drop(node);
        assert_eq!(log.drops(), 1);
    });
}

/// A plan that counts all references moves the captures: it must see what was done through the others before.
#[test]
fn who_counts_one_reference_sees_what_the_others_did() {
    model(None, || {
        let log = Arc::new(Log::default());
        let node = seen(&log).node;
        let other = node.clone();
        let there = thread::spawn(move || read_and_drop(other));
        until(|| node.get().refs() == 1);
        // SAFETY: as above.
        unsafe { node.get().captures().cast::<Seen>().as_mut().change() };
        there.join().unwrap();
        drop(node);
        assert_eq!(log.drops(), 1);
    });
}

/// References that were counted off, and others that are dropped one by one.
#[test]
fn references_given_back_against_a_handle_dropped() {
    model(None, || {
        let log = Arc::new(Log::default());
        let node = seen(&log).node;
        let other = node.clone();
        let there = thread::spawn(move || read_and_drop(other));
        let held = [node.clone(), node];
        // SAFETY: made by `seen`, and alive.
        assert_eq!(unsafe { held[0].get().captures().cast::<Seen>().as_ref().read() }, 7);
        let raw = held[0].get().as_raw();
        std::mem::forget(held);
        // SAFETY: the two references forgotten just now keep the node alive until they are given back.
        unsafe { Node::from_raw(raw).give_back(2) };
        there.join().unwrap();
        assert_eq!(log.drops(), 1);
    });
}

/// Takes a planned run apart while another thread lets go of a handle of one of its nodes.
fn take_apart_beside(handle: impl Fn(&Delayed<Seen>, &Delayed<u32>) -> NodeRef + Send + Sync + 'static) {
    model(Some(3), move || {
        let log = Arc::new(Log::default());
        let data = seen(&log);
        let output = data.clone().map_ref(Seen::read);
        let kept = handle(&data, &output);
        drop(data);
        let (plan, uses) = Plan::of(vec![output.node]).unwrap();
        let slots = Slots::new(uses, None);
        let is_data = kept.get().kind() == Kind::Data;
        let there = thread::spawn(move || if is_data { read_and_drop(kept) } else { drop(kept) });
        // As a task to which the value is lent where it lies.
        // SAFETY: data has number 0, and the plan keeps it alive.
        assert_eq!(unsafe { plan.order.node(0).captures().cast::<Seen>().as_ref().read() }, 7);
        // SAFETY: no task ran, and none will.
        unsafe { plan.order.take_apart(&slots) };
        there.join().unwrap();
        assert_eq!(log.drops(), 1, "freed once, by whoever is last");
    });
}

#[test]
fn a_handle_of_a_dependency_is_dropped_against_the_end_of_the_run() {
    take_apart_beside(|data, _| data.node.clone());
}

#[test]
fn a_handle_of_the_output_is_dropped_against_the_end_of_the_run() {
    take_apart_beside(|_, output| output.node.clone());
}

/// Two runs over one graph end at the same time.
#[test]
fn two_runs_of_one_graph_end_together() {
    model(Some(3), || {
        let log = Arc::new(Log::default());
        let output = seen(&log).map_ref(Seen::read);
        let end = |output: NodeRef| {
            let (plan, uses) = Plan::of(vec![output]).unwrap();
            let slots = Slots::new(uses, None);
            // SAFETY: no task ran, and none will.
            unsafe { plan.order.take_apart(&slots) };
        };
        let other = output.node.clone();
        let there = thread::spawn(move || end(other));
        end(output.node);
        there.join().unwrap();
        assert_eq!(log.drops(), 1);
    });
}

/// The side record of a node is made by two handles at once: one record stays, and both names were written to it.
#[test]
fn two_handles_make_the_side_record() {
    model(None, || {
        let log = Arc::new(Log::default());
        let node = seen(&log).node;
        let other = node.clone();
        let there = thread::spawn(move || {
            other.get().rename("there".into());
            assert!(other.get().own_name().is_some());
        });
        node.get().rename("here".into());
        assert!(node.get().own_name().is_some());
        there.join().unwrap();
        assert!(["here", "there"].contains(&&*node.get().name()));
        assert!(node.get().location().file().ends_with("references.rs"));
        drop(node);
        assert_eq!(log.drops(), 1);
    });
}

/// One thread makes the side record while the other looks: it sees none, or all of it.
#[test]
fn a_side_record_is_whole_for_whoever_sees_it() {
    model(None, || {
        let node = seen(&Arc::default()).node;
        let other = node.clone();
        let line = node.get().location().line();
        let there = thread::spawn(move || other.get().rename("there".into()));
        assert_eq!(node.get().location().line(), line);
        there.join().unwrap();
    });
}

/// The same, for whoever asks for the name first.
#[test]
fn a_name_is_whole_for_whoever_sees_it() {
    model(None, || {
        let node = seen(&Arc::default()).node;
        let other = node.clone();
        let there = thread::spawn(move || other.get().rename("there".into()));
        until(|| node.get().own_name().is_some_and(|name| name == "there"));
        there.join().unwrap();
    });
}

/// The side record was made by a handle that is gone: whoever is alone adds to it.
#[test]
fn who_is_alone_adds_dependencies() {
    model(None, || {
        let log = Arc::new(Log::default());
        let mut node = seen(&log).node;
        let other = node.clone();
        let there = thread::spawn(move || other.get().rename("there".into()));
        until(|| node.is_sole());
        node.add_after(vec![seen(&log).node]);
        assert_eq!(node.get().after().len(), 1);
        there.join().unwrap();
    });
}
