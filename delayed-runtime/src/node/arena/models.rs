//! Loom's models of a chunk: nodes freed on other threads while its own lets go of it, or fills it anew.

use loom::thread;

use super::{Filling, Freed};
use crate::sync::model;

/// A node's address, to be freed on another thread.
struct Node(std::ptr::NonNull<u8>);

// SAFETY: nobody else uses the node's memory.
unsafe impl Send for Node {}

impl Node {
    fn free(self) {
        // SAFETY: taken from a chunk, freed once.
        unsafe { Freed::new().add(self.0) };
    }
}

#[test]
fn nodes_are_freed_while_the_thread_lets_go() {
    model(None, || {
        let filling = Filling::new();
        let nodes = [Node(filling.take(16)), Node(filling.take(24))];
        let frees = nodes.map(|node| thread::spawn(move || node.free()));
        drop(filling);
        frees.into_iter().for_each(|free| free.join().unwrap());
    });
}

#[test]
fn a_full_chunk_is_filled_anew_or_left() {
    model(None, || {
        let filling = Filling::new();
        let node = Node(filling.take(16));
        let there = thread::spawn(move || node.free());
        // As if it were full.
        filling.renew();
        Node(filling.take(16)).free();
        there.join().unwrap();
    });
}
