//! A planned graph becomes the state of a run in which nothing has begun.

use super::lane::{Lane, Range};
use super::{BLOCK, DATA, OUTPUT, SEEN, Scheduler, TOKEN};
use crate::sync::atomic::{AtomicU32, AtomicUsize};

/// A planned graph, as far as scheduling sees it.
#[derive(Clone, Copy)]
pub(crate) struct Tasks<'a> {
    /// Where each task's dependencies lie in `edges`; one more than there are tasks.
    pub(crate) offsets: &'a [u32],
    /// Dependencies by number, each lower than its dependent's.
    pub(crate) edges: &'a [u32],
    /// The numbers of data, finished from the start; ascending.
    pub(crate) data: &'a [u32],
    pub(crate) outputs: &'a [u32],
}

impl<'a> Tasks<'a> {
    fn len(self) -> u32 {
        u32::try_from(self.offsets.len()).map_or(0, |len| len - 1)
    }

    pub(crate) fn dependencies(self, task: u32) -> &'a [u32] {
        &self.edges[self.offsets[task as usize] as usize..self.offsets[task as usize + 1] as usize]
    }
}

impl Scheduler {
    /// All tasks of a plan, for a number of workers. With `running`, that task is being run and all before it are
    /// finished.
    pub(crate) fn new(tasks: Tasks<'_>, workers: usize, running: Option<u32>) -> Scheduler {
        let count = tasks.len();
        let finished = running.unwrap_or(0);
        let mut pending = vec![0_u32; count as usize];
        for &data in tasks.data {
            pending[data as usize] = DATA;
        }
        let mut offsets = vec![0_u32; count as usize + 1];
        let mut sources = 0;
        for task in finished..count {
            if pending[task as usize] == DATA {
                continue;
            }
            let mut waiting = 0;
            for &dependency in tasks.dependencies(task) {
                if dependency >= finished && pending[dependency as usize] != DATA {
                    offsets[dependency as usize] += 1;
                    waiting += 1;
                }
            }
            sources += u32::from(waiting == 0);
            let token = if running == Some(task) { 0 } else { TOKEN };
            pending[task as usize] = waiting | token;
        }
        let mut outputs_left = 0;
        for &output in tasks.outputs {
            let word = &mut pending[output as usize];
            if output >= finished && *word & (DATA | OUTPUT) == 0 {
                *word |= OUTPUT;
                outputs_left += 1;
            }
        }
        let mut sum = 0;
        for offset in &mut offsets {
            sum += *offset;
            *offset = sum;
        }
        // Filled from behind, offsets go from where each task's dependents end to where they begin. On the way, a
        // value lives from its task back to the first dependent met.
        let mut dependents = vec![0_u32; sum as usize];
        let (mut live, mut peak) = (0_u32, 1_u32);
        let mut cuts = vec![(u32::MAX, 0_u32); count.div_ceil(BLOCK) as usize];
        for task in (finished..count).rev() {
            if pending[task as usize] & DATA != 0 {
                continue;
            }
            for &dependency in tasks.dependencies(task) {
                let word = &mut pending[dependency as usize];
                if dependency >= finished && *word & DATA == 0 {
                    let place = &mut offsets[dependency as usize];
                    *place -= 1;
                    dependents[*place as usize] = task;
                    live += u32::from(*word & SEEN == 0);
                    *word |= SEEN;
                }
            }
            peak = peak.max(live);
            let word = &mut pending[task as usize];
            live -= u32::from(*word & SEEN != 0);
            *word &= !SEEN;
            let cut = &mut cuts[(task / BLOCK) as usize];
            *cut = (live, task).min(*cut);
        }
        let range = Range { next: running.map_or(0, |running| running + 1), end: count };
        let lane = |index| Lane::new((index == 0).then_some(range));
        Scheduler {
            pending: pending.into_iter().map(AtomicU32::new).collect(),
            offsets: offsets.into(),
            dependents: dependents.into(),
            outputs_left: AtomicUsize::new(outputs_left),
            // One more, for those without a seat.
            lanes: (0..=workers).map(lane).collect(),
            peak,
            cuts: cuts.into(),
            starts_wide: sources > 1,
            backlog: None,
        }
    }
}
