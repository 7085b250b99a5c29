use super::*;

/// A graph as lists of dependencies.
struct Graph {
    offsets: Vec<u32>,
    edges: Vec<u32>,
    data: Vec<u32>,
    outputs: Vec<u32>,
}

impl Graph {
    fn new(dependencies: &[&[u32]], data: &[u32], outputs: &[u32]) -> Graph {
        let mut graph = Graph { offsets: vec![0], edges: Vec::new(), data: data.into(), outputs: outputs.into() };
        for dependencies in dependencies {
            graph.edges.extend_from_slice(dependencies);
            graph.offsets.push(u32::try_from(graph.edges.len()).unwrap());
        }
        graph
    }

    fn scheduler(&self, workers: usize) -> Scheduler {
        Scheduler::new(self.tasks(), workers, None)
    }

    fn tasks(&self) -> Tasks<'_> {
        Tasks { offsets: &self.offsets, edges: &self.edges, data: &self.data, outputs: &self.outputs }
    }

    fn next(&self, scheduler: &Scheduler, seat: &mut Seat) -> Option<u32> {
        scheduler.next(seat, |task| self.tasks().dependencies(task).len())
    }
}

/// Data 0, then a diamond: 1, the sides 2 and 3, the join 4.
fn diamond() -> Graph {
    Graph::new(&[&[], &[0], &[1], &[1], &[2, 3]], &[0], &[4])
}

#[test]
fn a_task_is_given_out_after_its_dependencies() {
    let graph = diamond();
    let scheduler = graph.scheduler(2);
    let (mut here, mut there) = (Seat::new(0), Seat::new(1));
    assert_eq!(graph.next(&scheduler, &mut here), Some(1));
    // The other finds nothing, and takes all tokens on the way.
    assert_eq!(graph.next(&scheduler, &mut there), None);
    assert!(!scheduler.has_work());
    assert_eq!(scheduler.finished(&here, 1), Finished { next: Some(2), more: true, ..Finished::default() });
    assert_eq!(graph.next(&scheduler, &mut there), Some(3));
    assert_eq!(scheduler.finished(&there, 3), Finished::default());
    assert_eq!(scheduler.finished(&here, 2), Finished { next: Some(4), ..Finished::default() });
    assert!(!scheduler.is_complete());
    assert_eq!(scheduler.finished(&here, 4), Finished { complete: true, ..Finished::default() });
    assert!(scheduler.is_complete());
}

#[test]
fn one_worker_follows_the_plan_and_calls_nobody() {
    let graph = diamond();
    let scheduler = graph.scheduler(1);
    let mut seat = Seat::new(0);
    assert!(!scheduler.starts_wide());
    for task in 1..5 {
        assert_eq!(graph.next(&scheduler, &mut seat), Some(task));
        let finished = scheduler.finished(&seat, task);
        assert_eq!(finished.next, None);
        // Task 1 makes both sides ready: the second could be somebody else's.
        assert_eq!(finished.more, task == 1);
    }
    assert_eq!(graph.next(&scheduler, &mut seat), None);
    assert!(scheduler.is_complete());
}

#[test]
fn a_task_put_back_is_given_out_again() {
    let sources: [&[u32]; 5] = [&[]; 5];
    let graph = Graph::new(&sources, &[], &[0, 1, 2, 3, 4]);
    let scheduler = graph.scheduler(2);
    let mut seat = Seat::new(0);
    assert!(scheduler.starts_wide());
    assert_eq!(graph.next(&scheduler, &mut seat), Some(0));
    assert_eq!(graph.next(&scheduler, &mut seat), Some(1));
    scheduler.put_back(&seat, 0);
    assert_eq!(graph.next(&scheduler, &mut Seat::new(1)), Some(0));
    assert_eq!(graph.next(&scheduler, &mut Seat::new(1)), Some(2));
}

#[test]
fn a_run_of_data_is_complete_from_the_start() {
    assert!(Graph::new(&[&[]], &[0], &[0]).scheduler(1).is_complete());
    assert!(Graph::new(&[], &[], &[]).scheduler(1).is_complete());
}

#[test]
fn an_output_asked_for_twice_counts_once() {
    let graph = Graph::new(&[&[]], &[], &[0, 0]);
    let scheduler = graph.scheduler(1);
    let mut seat = Seat::new(0);
    assert_eq!(graph.next(&scheduler, &mut seat), Some(0));
    assert!(scheduler.finished(&seat, 0).complete);
}

#[test]
fn a_schedule_begun_in_order_is_opened() {
    let graph = diamond();
    // Task 2 runs, 1 is finished.
    let scheduler = Scheduler::new(graph.tasks(), 2, Some(2));
    let (mut here, mut there) = (Seat::new(0), Seat::new(1));
    assert_eq!(graph.next(&scheduler, &mut there), Some(3));
    assert_eq!(graph.next(&scheduler, &mut there), None);
    assert_eq!(scheduler.finished(&there, 3), Finished::default());
    assert_eq!(scheduler.finished(&here, 2), Finished { next: Some(4), ..Finished::default() });
    assert!(scheduler.finished(&here, 4).complete);
    assert_eq!(graph.next(&scheduler, &mut here), None);
}

#[test]
fn the_peak_of_a_sequential_run_is_known() {
    // Four leaves and their tree: at the second join live the first, its own leaves, and what it makes.
    let tree = Graph::new(&[&[], &[], &[0, 1], &[], &[], &[3, 4], &[2, 5]], &[], &[6]);
    assert_eq!(tree.scheduler(1).peak, 4);
    let chain = Graph::new(&[&[], &[0], &[1]], &[], &[2]);
    assert_eq!(chain.scheduler(1).peak, 2);
}

#[test]
fn the_longer_range_is_halved_and_short_ones_are_shared() {
    let sources: Vec<&[u32]> = vec![&[]; 200];
    let outputs: Vec<u32> = (0..200).collect();
    let graph = Graph::new(&sources, &[], &outputs);
    let scheduler = graph.scheduler(3);
    let (mut here, mut there, mut third) = (Seat::new(0), Seat::new(1), Seat::new(2));
    assert_eq!(graph.next(&scheduler, &mut here), Some(0));
    // Nothing is alive anywhere, so each block is cut at its first task; the nearest to the middle of 1..200 is 128.
    assert_eq!(graph.next(&scheduler, &mut there), Some(128));
    // Of 1..128 and 129..200 the longer one is cut.
    assert_eq!(graph.next(&scheduler, &mut third), Some(64));
    // Then the longest has 71: it is cut in the middle, no block begins there.
    let left: Vec<u32> = std::iter::from_fn(|| graph.next(&scheduler, &mut here)).take(63).collect();
    assert_eq!(left, (1..64).collect::<Vec<_>>());
    assert_eq!(graph.next(&scheduler, &mut here), Some(164));
    // All are short: the foremost is taken from in order.
    let left: Vec<u32> = std::iter::from_fn(|| graph.next(&scheduler, &mut there)).take(35).collect();
    assert_eq!(left, (129..164).collect::<Vec<_>>());
    assert_eq!(graph.next(&scheduler, &mut there), Some(65));
}

#[test]
fn who_runs_too_far_ahead_goes_back_to_the_front() {
    // d_i <- d_{i-1}, b_i, c_i: three tasks a step, in this order: b, c, d.
    let steps = 100_u32;
    let mut lists: Vec<Vec<u32>> = Vec::new();
    for step in 0..steps {
        let at = 3 * step;
        lists.push(vec![]);
        lists.push(vec![]);
        lists.push(if step == 0 { vec![at, at + 1] } else { vec![at - 1, at, at + 1] });
    }
    let lists: Vec<&[u32]> = lists.iter().map(Vec::as_slice).collect();
    let graph = Graph::new(&lists, &[], &[3 * steps - 1]);
    let scheduler = graph.scheduler(2);
    assert_eq!(scheduler.peak, 4);
    let (mut here, mut there) = (Seat::new(0), Seat::new(1));
    assert_eq!(graph.next(&scheduler, &mut here), Some(0));
    let mut run = || {
        let task = graph.next(&scheduler, &mut there)?;
        assert_eq!(scheduler.finished(&there, task).next, None);
        Some(task)
    };
    let ran: Vec<u32> = std::iter::from_fn(&mut run).take(9).collect();
    // The cut is before a `b`, where one value is alive. From there `b` and `c` of three steps, until six values are held
    // for blocked tasks; then the foremost.
    assert_eq!(ran, [129, 130, 132, 133, 135, 136, 1, 3, 4]);
}
