//! A value is moved at its last use, cloned only for another by-value use, and never for a reference.

mod common;

use common::{Counted, Counts, runtimes};
use delayed::prelude::*;

#[delayed]
fn make(counts: Counts, content: i64) -> Counted {
    counts.make(content)
}

#[delayed]
fn pass(x: Counted) -> Counted {
    x
}

#[delayed]
fn read(x: &Counted) -> i64 {
    x.content
}

#[delayed]
fn consume(x: Counted) -> i64 {
    x.content
}

#[delayed]
fn sum_all(xs: Vec<Counted>) -> i64 {
    xs.iter().map(|x| x.content).sum()
}

#[delayed]
fn sum_slice(xs: &[Counted]) -> i64 {
    xs.iter().map(|x| x.content).sum()
}

#[delayed]
fn sum_refs(xs: &[&Counted]) -> i64 {
    xs.iter().map(|x| x.content).sum()
}

/// Changes a buffer and notes where it lies.
#[delayed]
fn grow((mut bytes, mut seen): (Vec<u8>, Vec<usize>)) -> (Vec<u8>, Vec<usize>) {
    bytes[0] += 1;
    seen.push(bytes.as_ptr().addr());
    (bytes, seen)
}

#[test]
fn a_chain_by_value_over_100_mib_keeps_its_buffer() {
    #[delayed]
    fn load(size: usize) -> Vec<u8> {
        vec![0; size]
    }
    for runtime in runtimes() {
        let mut chain = load(100 << 20).map(|bytes| (bytes, Vec::new()));
        for _ in 0..10 {
            chain = grow(chain);
        }
        let (bytes, seen) = runtime.compute(chain).unwrap();
        assert_eq!((bytes.len(), bytes[0]), (100 << 20, 10));
        // A clone would lie elsewhere, as the first buffer still exists while it is made.
        assert_eq!(seen, vec![bytes.as_ptr().addr(); 10]);
    }
}

#[test]
fn a_chain_by_value_clones_nothing() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let mut chain = make(counts.clone(), 7);
        for _ in 0..10 {
            chain = pass(chain);
        }
        let last = runtime.compute(chain).unwrap();
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (1, 0, 0));
        drop(last);
        assert_eq!(counts.dropped(), 1);
    }
}

#[test]
fn three_users_by_value_make_two_clones() {
    for runtime in runtimes() {
        for _ in 0..50 {
            let counts = Counts::default();
            let made = make(counts.clone(), 2);
            let users = [consume(&made), consume(&made), consume(made)];
            assert_eq!(runtime.compute(users).unwrap(), [2, 2, 2]);
            assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (1, 2, 3));
        }
    }
}

#[test]
fn users_by_reference_clone_nothing() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let made = make(counts.clone(), 2);
        let users: Vec<_> = (0..20).map(|_| read(&made)).collect();
        assert_eq!(runtime.compute(users).unwrap(), vec![2; 20]);
        drop(made);
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (1, 0, 1));
    }
}

#[test]
fn data_of_the_only_owner_is_moved() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let sum =
            consume(value(counts.make(1))) + consume(counts.make(2)) + sum_all(vec![counts.make(3), counts.make(4)]);
        assert_eq!(runtime.compute(sum).unwrap(), 10);
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (4, 0, 4));
    }
}

#[test]
fn data_of_a_kept_graph_is_cloned_and_lent() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let by_value = consume(value(counts.make(1))) + consume(counts.make(2));
        let lent = read(value(counts.make(3))) + read(counts.make(4)) + sum_refs([counts.make(5)]);
        let both = by_value + lent;
        for run in 1..=3 {
            assert_eq!(runtime.compute(&both).unwrap(), 15);
            assert_eq!((counts.made(), counts.cloned()), (5, 2 * run), "by-value literals are cloned for each run");
            assert_eq!(counts.alive(), 5, "the graph holds its literals");
        }
        assert_eq!(runtime.compute(both).unwrap(), 15);
        assert_eq!((counts.cloned(), counts.alive()), (6, 0), "the last run moves them");
    }
}

#[test]
fn an_output_is_moved_and_a_borrowed_handle_leaves_the_graph() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let made = make(counts.clone(), 1);
        let first = runtime.compute(&made).unwrap();
        let second = runtime.compute(made).unwrap();
        assert_eq!((first.content, second.content), (1, 1));
        assert_eq!((counts.made(), counts.cloned()), (2, 0), "each run makes and moves its own value");
    }
}

#[test]
fn a_list_lends_each_element_or_moves_it() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let made: Vec<_> = (0..4).map(|content| make(counts.clone(), content)).collect();
        let sums = (sum_refs(&made), sum_refs(&made), sum_refs(made));
        assert_eq!(runtime.compute(sums).unwrap(), (6, 6, 6));
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (4, 0, 4));

        let counts = Counts::default();
        let made: Vec<_> = (0..4).map(|content| make(counts.clone(), content)).collect();
        assert_eq!(runtime.compute(sum_slice(made)).unwrap(), 6);
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (4, 0, 4), "gathered by moving");

        let counts = Counts::default();
        let plain: Vec<_> = (0..4).map(|content| counts.make(content)).collect();
        let kept = sum_slice(plain);
        assert_eq!(runtime.compute(&kept).unwrap(), 6);
        assert_eq!(counts.cloned(), 0, "a plain list is lent whole");
    }
}

#[test]
fn parts_are_moved() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let pair = make(counts.clone(), 1).map(|x| (x.make(2), x)).unzip();
        let list = make(counts.clone(), 3).map(|x| vec![x.make(4), x]).split(2);
        let ((a, b), list) = runtime.compute((pair, list)).unwrap();
        assert_eq!((a.content, b.content), (2, 1));
        assert_eq!(list.iter().map(|x| x.content).collect::<Vec<_>>(), [4, 3]);
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (4, 0, 0));
    }
}

#[test]
fn a_value_dies_at_its_last_use() {
    // Each task of the chain notes how many values are alive when it runs: never more than its own argument.
    #[delayed]
    fn next(x: &Counted) -> Counted {
        assert_eq!(x.counts().alive(), 1);
        x.make(x.content + 1)
    }
    for runtime in runtimes() {
        let counts = Counts::default();
        let mut chain = make(counts.clone(), 0);
        for _ in 0..100 {
            chain = next(chain);
        }
        assert_eq!(runtime.compute(read(chain)).unwrap(), 100);
        assert_eq!(counts.alive(), 0);
    }
}

#[test]
fn gather_moves_and_clones_as_its_handles_say() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let made = make(counts.clone(), 1);
        let other = make(counts.clone(), 2);
        let both = gather((made, vec![other])).map(|(x, list)| x.content + list[0].content);
        assert_eq!(runtime.compute(both).unwrap(), 3);
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (2, 0, 2));

        let counts = Counts::default();
        let made = make(counts.clone(), 1);
        let twice = gather((&made, made.clone())).map_ref(|(x, y): &(Counted, Counted)| x.content + y.content);
        assert_eq!(runtime.compute(twice).unwrap(), 2);
        assert_eq!((counts.made(), counts.cloned(), counts.dropped()), (1, 1, 2));
    }
}
