//! Random graphs as data, how each is run, and how both are shown to a person.

use std::fmt;
use std::time::Duration;

use delayed::OnFailure;
use proptest::prelude::*;

/// The limits that the runtimes set, and how many places each has.
pub const LIMITS: [(&str, usize); 2] = [("one", 1), ("two", 2)];

/// A time that is never up.
const AMPLE: Duration = Duration::from_secs(100);

/// A failure that no attempt outlives.
const ALWAYS: u32 = u32::MAX;

/// What is drawn for one node; numbers stand for earlier nodes.
#[derive(Clone, Debug)]
pub struct Recipe {
    kind: Kind,
    x: usize,
    y: usize,
    many: Vec<usize>,
    after: Vec<usize>,
    pace: Pace,
    fate: Fate,
    timeout: u64,
    retries: u32,
    limit: Option<usize>,
    priority: i32,
    is_slow: bool,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Source,
    ByValue,
    ByReference,
    Mixed,
    Listed,
    Each,
    Gathered,
    Given,
    Told,
    Data,
    Or,
    Recover,
    Again,
}

/// What the attempts of a task come to; the number says how many of them, from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Return,
    Refuse(u32),
    Burst(u32),
    Hang(u32),
}

impl Fate {
    /// What the attempt of this number comes to.
    pub fn of_attempt(self, number: u32) -> Fate {
        match self {
            Fate::Refuse(times) | Fate::Burst(times) | Fate::Hang(times) if number > times => Fate::Return,
            fate => fate,
        }
    }

    /// How many attempts fail before one does not.
    pub fn failures(self) -> u32 {
        match self {
            Fate::Return => 0,
            Fate::Refuse(times) | Fate::Burst(times) | Fate::Hang(times) => times,
        }
    }
}

/// One node of a graph, called `t` and its number.
#[derive(Clone, Debug)]
pub enum What {
    Data,
    Task(Task),
    Or(usize),
    Recover {
        of: usize,
        bursts: bool,
        retries: u32,
    },
    /// A shared handle with something said of it: a task of its own round the same work.
    Again {
        of: usize,
        priority: i32,
    },
}

#[derive(Clone, Debug)]
pub struct Task {
    pub form: Form,
    pub pace: Pace,
    pub fate: Fate,
    pub timeout: Option<Duration>,
    pub retries: u32,
    pub limit: Option<usize>,
    pub priority: i32,
    /// Its value takes its time to be dropped.
    pub is_slow: bool,
}

/// How a body runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Sync,
    Async,
    /// If it hangs, until its time is up or its run is over, and then for a while.
    Blocking,
}

#[derive(Clone, Debug)]
pub enum Form {
    Source,
    ByValue(usize, usize),
    ByReference(usize, usize),
    /// By value and by reference.
    Mixed(usize, usize),
    /// `Vec<Piece>`, `&[&Piece]`, and `&[Piece]` of a `gather`.
    Listed(Vec<usize>),
    Each(Vec<usize>),
    Gathered(Vec<usize>),
    /// A plain value, and a reference.
    Given(usize),
    /// The value or the failure, by `into_result`.
    Told(usize),
}

#[derive(Clone, Debug)]
pub struct Node {
    pub what: What,
    pub after: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub outputs: Vec<usize>,
}

/// How a run is asked for, and how it ends if not by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    Compute,
    Try,
    Awaited {
        on_tokio: bool,
    },
    TryAwaited {
        on_tokio: bool,
    },
    Waited,
    /// `Run::cancel` when so many attempts have begun; then the run is waited for, or awaited.
    Cancelled {
        at: usize,
        waits: bool,
        on_tokio: bool,
    },
    /// The future is dropped when so many attempts have begun.
    Dropped {
        at: usize,
        tries: bool,
        on_tokio: bool,
    },
    /// A token is cancelled, by a body or by another thread; it was given to the run.
    Token {
        at: usize,
        inside: bool,
        waits: bool,
    },
    /// The same; it was given to the runtime.
    RuntimeToken {
        at: usize,
        inside: bool,
        tries: bool,
    },
    Deadline {
        tries: bool,
    },
}

impl How {
    /// When the run is ended from outside, if it is.
    pub fn at(&self) -> Option<usize> {
        match *self {
            How::Cancelled { at, .. }
            | How::Dropped { at, .. }
            | How::Token { at, .. }
            | How::RuntimeToken { at, .. } => Some(at),
            _ => None,
        }
    }

    pub fn ends_from_outside(&self) -> bool {
        self.at().is_some() || self.is_deadline()
    }

    pub fn is_deadline(&self) -> bool {
        matches!(self, How::Deadline { .. })
    }

    /// Whether the runtime is one for this run.
    pub fn is_of_runtime(&self) -> bool {
        matches!(self, How::RuntimeToken { .. } | How::Deadline { .. })
    }

    /// The same of the run alone.
    fn without_runtime(self) -> How {
        if self.is_of_runtime() { How::Token { at: self.at().unwrap_or(1), inside: false, waits: true } } else { self }
    }
}

/// What the runtime bounds beside the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Async tasks under way.
    pub in_flight: Option<usize>,
    /// Bytes of values.
    pub memory: Option<usize>,
}

/// A run on the same runtime at the same time.
#[derive(Clone, Debug)]
enum Beside {
    /// Of the same handles, whose tasks all return then.
    Same(How),
    Other {
        recipes: Vec<Recipe>,
        outputs: Vec<usize>,
        how: How,
    },
}

/// A graph and its runs, all at once.
#[derive(Clone, Debug)]
pub struct Part {
    pub graph: Graph,
    pub hows: Vec<How>,
    /// The caller keeps all handles.
    pub keeps: bool,
}

/// All that is drawn.
#[derive(Clone)]
pub struct Case {
    recipes: Vec<Recipe>,
    outputs: Vec<usize>,
    /// Nothing is said of tasks, and nothing takes a failure.
    is_plain: bool,
    /// Every task counts against a limit.
    is_tight: bool,
    pub how: How,
    pub policy: OnFailure,
    /// The caller keeps all handles.
    keeps: bool,
    pub bounds: Bounds,
    beside: Option<Beside>,
}

impl Case {
    /// The graphs and their runs. In order there is nobody to run a blocking body that waits for the end of its run.
    pub fn parts(&self, in_order: bool) -> Vec<Part> {
        let own = |how: &How| if in_order { how.clone().without_runtime() } else { how.clone() };
        let how = own(&self.how);
        let beside = self.beside.as_ref().filter(|_| !how.is_of_runtime());
        let mut parts = match beside {
            None => vec![self.part(&self.recipes, &self.outputs, vec![how])],
            Some(Beside::Same(second)) => {
                let second = if second.ends_from_outside() { How::Try } else { second.clone() };
                let steady = |recipe: &Recipe| Recipe { fate: Fate::Return, ..recipe.clone() };
                let recipes: Vec<Recipe> = self.recipes.iter().map(steady).collect();
                vec![self.part(&recipes, &self.outputs, vec![how, second])]
            }
            Some(Beside::Other { recipes, outputs, how: second }) => {
                let second = second.clone().without_runtime();
                vec![self.part(&self.recipes, &self.outputs, vec![how]), self.part(recipes, outputs, vec![second])]
            }
        };
        if in_order {
            for node in parts.iter_mut().flat_map(|part| &mut part.graph.nodes) {
                if let What::Task(task) = &mut node.what
                    && task.pace == Pace::Blocking
                    && task.hangs()
                {
                    task.timeout.get_or_insert(Duration::from_millis(1));
                }
            }
        }
        parts
    }

    fn part(&self, recipes: &[Recipe], outputs: &[usize], hows: Vec<How>) -> Part {
        let keeps = self.keeps || hows.len() > 1;
        Part { graph: self.graph(recipes, outputs, &hows[0], keeps), hows, keeps }
    }

    fn graph(&self, recipes: &[Recipe], outputs: &[usize], how: &How, keeps: bool) -> Graph {
        let may_hang = how.ends_from_outside();
        let mut graph = Graph { nodes: Vec::new(), outputs: Vec::new() };
        for recipe in recipes {
            let limit = recipe.limit.or(self.is_tight.then_some(recipe.y % LIMITS.len()));
            let recipe = Recipe { limit, ..recipe.clone() };
            let node = graph.node(&recipe, self.is_plain, may_hang);
            graph.nodes.push(node);
        }
        let count = graph.nodes.len();
        // Data that the caller keeps can be neither moved nor cloned: it is no output then. The work of a task that was
        // given another keeps data, too.
        let keeps = keeps || graph.nodes.iter().any(|node| matches!(node.what, What::Again { .. }));
        let is_kept = |graph: &Graph, number: usize| keeps && matches!(graph.nodes[number].what, What::Data);
        if is_kept(&graph, count - 1) {
            let source = Recipe { kind: Kind::Source, ..recipes[count - 1].clone() };
            graph.nodes.pop();
            let node = graph.node(&source, self.is_plain, may_hang);
            graph.nodes.push(node);
        }
        for output in outputs.iter().map(|output| output % count).chain([count - 1]) {
            if !graph.outputs.contains(&output) && !is_kept(&graph, output) {
                graph.outputs.push(output);
            }
        }
        graph
    }
}

impl Graph {
    /// What comes of a recipe after the nodes that are there.
    fn node(&self, recipe: &Recipe, is_plain: bool, may_hang: bool) -> Node {
        let count = self.nodes.len();
        // Half of all edges lead to the nodes just before, so that graphs are deep.
        let earlier = |number: usize| match number % 2 {
            0 => number / 2 % count,
            _ => count - 1 - number / 2 % count.min(4),
        };
        let many = |numbers: &[usize]| numbers.iter().map(|&number| earlier(number)).collect::<Vec<_>>();
        let (x, y) = if count == 0 { (0, 0) } else { (earlier(recipe.x), earlier(recipe.y)) };
        // What moves a value that nobody can clone would have the run refused.
        let is_task = |number: usize| !matches!(self.nodes[number].what, What::Data);
        let moved = (0..count).map(|back| (x + count - back) % count).find(|&number| is_task(number));
        let again = (0..count).map(|back| (x + count - back) % count).find(|&number| self.is_steady(number));
        let form = match recipe.kind {
            Kind::Data => None,
            _ if count == 0 => Some(Form::Source),
            Kind::ByValue => Some(Form::ByValue(x, y)),
            Kind::ByReference => Some(Form::ByReference(x, y)),
            Kind::Mixed => Some(Form::Mixed(x, y)),
            Kind::Listed => Some(Form::Listed(many(&recipe.many))),
            Kind::Each => Some(Form::Each(many(&recipe.many))),
            Kind::Gathered => Some(Form::Gathered(many(&recipe.many).into_iter().filter(|&x| is_task(x)).collect())),
            Kind::Given => Some(Form::Given(x)),
            Kind::Told if !is_plain && moved.is_some() => moved.map(Form::Told),
            Kind::Or | Kind::Recover if !is_plain && moved.is_some() => None,
            Kind::Again if again.is_some() => None,
            _ => Some(Form::Source),
        };
        let what = match (form, recipe.kind, moved, again) {
            (Some(form), ..) => What::Task(recipe.task(form, is_plain, may_hang)),
            (None, Kind::Or, Some(of), _) => What::Or(of),
            (None, Kind::Recover, Some(of), _) => {
                What::Recover { of, bursts: recipe.fate != Fate::Return, retries: recipe.retries }
            }
            (None, Kind::Again, _, Some(of)) => {
                What::Again { of, priority: if is_plain { 0 } else { recipe.priority } }
            }
            _ => What::Data,
        };
        let after = if matches!(what, What::Data) || count == 0 { Vec::new() } else { many(&recipe.after) };
        Node { what, after }
    }

    /// Whether a task's body does the same however often it is called.
    fn is_steady(&self, number: usize) -> bool {
        matches!(&self.nodes[number].what, What::Task(task) if task.fate == Fate::Return)
    }

    /// What a node needs and whose failure keeps it from running, in order: its inputs, then what it comes after.
    pub fn needs(&self, number: usize) -> Vec<usize> {
        let node = &self.nodes[number];
        let mut needs = match &node.what {
            What::Data | What::Or(_) | What::Recover { .. } => Vec::new(),
            What::Again { of, .. } => self.needs(*of),
            What::Task(task) => task.form.inputs(),
        };
        needs.extend(&node.after);
        needs
    }

    /// The nodes whose values a node takes, beside the one whose failure it takes too.
    pub fn inputs(&self, number: usize) -> Vec<usize> {
        match &self.nodes[number].what {
            What::Task(task) => task.form.inputs(),
            What::Again { of, .. } => self.inputs(*of),
            _ => Vec::new(),
        }
    }

    /// The node whose failure a node takes in the place of a value.
    pub fn caught(&self, number: usize) -> Option<usize> {
        match &self.nodes[number].what {
            What::Or(of) | What::Recover { of, .. } => Some(*of),
            What::Task(Task { form: Form::Told(of), .. }) => Some(*of),
            What::Again { of, .. } => self.caught(*of),
            _ => None,
        }
    }

    /// All that a node depends on, in the order in which the library goes by it.
    pub fn dependencies(&self, number: usize) -> Vec<usize> {
        self.caught(number).into_iter().chain(self.needs(number)).collect()
    }

    /// The task whose body a node calls.
    pub fn body(&self, number: usize) -> Option<usize> {
        match &self.nodes[number].what {
            What::Task(_) | What::Recover { .. } => Some(number),
            What::Again { of, .. } => Some(*of),
            What::Data | What::Or(_) => None,
        }
    }

    /// The task that a node is, or has the work of.
    pub fn task(&self, number: usize) -> Option<&Task> {
        match &self.nodes[self.body(number)?].what {
            What::Task(task) => Some(task),
            _ => None,
        }
    }

    pub fn has_priorities(&self) -> bool {
        self.nodes.iter().any(|node| match &node.what {
            What::Task(task) => task.priority != 0,
            What::Again { priority, .. } => *priority != 0,
            _ => false,
        })
    }

    /// The nodes that the outputs need, depth-first: the order of a run on one thread.
    pub fn order(&self) -> Vec<usize> {
        fn visit(graph: &Graph, number: usize, seen: &mut [bool], order: &mut Vec<usize>) {
            if !std::mem::replace(&mut seen[number], true) {
                for need in graph.dependencies(number) {
                    visit(graph, need, seen, order);
                }
                order.push(number);
            }
        }
        let mut seen = vec![false; self.nodes.len()];
        let mut order = Vec::new();
        for &output in &self.outputs {
            visit(self, output, &mut seen, &mut order);
        }
        order
    }
}

impl Task {
    pub fn hangs(&self) -> bool {
        matches!(self.fate, Fate::Hang(_))
    }
}

impl Form {
    fn inputs(&self) -> Vec<usize> {
        match self {
            Form::Source | Form::Told(_) => Vec::new(),
            Form::ByValue(x, y) | Form::ByReference(x, y) | Form::Mixed(x, y) => vec![*x, *y],
            Form::Listed(xs) | Form::Each(xs) | Form::Gathered(xs) => xs.clone(),
            Form::Given(x) => vec![*x],
        }
    }
}

impl Recipe {
    fn task(&self, form: Form, is_plain: bool, may_hang: bool) -> Task {
        let can_be_async = matches!(form, Form::Source | Form::ByValue(..) | Form::Mixed(..) | Form::Each(_));
        let blocks = self.pace == Pace::Blocking && (can_be_async || matches!(form, Form::ByReference(..)));
        let fate = match self.fate {
            Fate::Hang(_) if !(can_be_async || blocks) || (is_plain && !may_hang) => Fate::Return,
            // Nothing ends it but the end of the run.
            Fate::Hang(_) if is_plain => Fate::Hang(ALWAYS),
            Fate::Refuse(_) if is_plain => Fate::Refuse(ALWAYS),
            Fate::Burst(_) if is_plain => Fate::Burst(ALWAYS),
            fate => fate,
        };
        let hangs = matches!(fate, Fate::Hang(_));
        let ends = hangs && !is_plain && !(may_hang && fate == Fate::Hang(ALWAYS));
        let pace = match self.pace {
            _ if blocks => Pace::Blocking,
            _ if hangs => Pace::Async,
            Pace::Async if can_be_async => Pace::Async,
            _ => Pace::Sync,
        };
        // What may be timed out must not be, just because the machine is slow.
        let is_ample = !hangs && !is_plain && pace != Pace::Sync && self.timeout == 1;
        let time = if is_ample { AMPLE } else { Duration::from_millis(10 * self.timeout) };
        Task {
            form,
            pace,
            fate,
            timeout: (ends || is_ample).then_some(time),
            retries: if is_plain { 0 } else { self.retries },
            limit: self.limit.filter(|_| !is_plain),
            priority: if is_plain { 0 } else { self.priority },
            is_slow: self.is_slow,
        }
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    let times = prop_oneof![2 => Just(ALWAYS), 3 => 1..4_u32];
    prop_oneof![
        30 => Just(Fate::Return),
        3 => times.clone().prop_map(Fate::Refuse),
        2 => times.clone().prop_map(Fate::Burst),
        1 => times.prop_map(Fate::Hang),
    ]
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let kind = prop_oneof![
        4 => Just(Kind::Source),
        3 => Just(Kind::ByValue),
        3 => Just(Kind::ByReference),
        4 => Just(Kind::Mixed),
        2 => Just(Kind::Listed),
        2 => Just(Kind::Each),
        2 => Just(Kind::Gathered),
        2 => Just(Kind::Given),
        2 => Just(Kind::Told),
        1 => Just(Kind::Data),
        3 => Just(Kind::Or),
        2 => Just(Kind::Recover),
        1 => Just(Kind::Again),
    ];
    let far = 0..1000_usize;
    let edges = (
        far.clone(),
        far.clone(),
        prop::collection::vec(far.clone(), 0..5),
        prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(far, 1..3)],
    );
    let rest = (
        prop_oneof![4 => Just(Pace::Sync), 3 => Just(Pace::Async), 2 => Just(Pace::Blocking)],
        fate(),
        1..4_u64,
        prop_oneof![2 => Just(0), 1 => 1..4_u32],
        prop_oneof![3 => Just(None), 1 => (0..LIMITS.len()).prop_map(Some)],
        prop_oneof![8 => Just(0), 1 => -3..4_i32],
        prop::bool::weighted(0.1),
    );
    (kind, edges, rest).prop_map(|(kind, (x, y, many, after), rest)| {
        let (pace, fate, timeout, retries, limit, priority, is_slow) = rest;
        Recipe { kind, x, y, many, after, pace, fate, timeout, retries, limit, priority, is_slow }
    })
}

fn how() -> impl Strategy<Value = How> {
    let at = 1..20_usize;
    let flags = (any::<bool>(), any::<bool>());
    prop_oneof![
        5 => Just(How::Compute),
        6 => Just(How::Try),
        2 => any::<bool>().prop_map(|on_tokio| How::Awaited { on_tokio }),
        2 => any::<bool>().prop_map(|on_tokio| How::TryAwaited { on_tokio }),
        1 => Just(How::Waited),
        2 => (at.clone(), flags).prop_map(|(at, (waits, on_tokio))| How::Cancelled { at, waits, on_tokio }),
        2 => (at.clone(), flags).prop_map(|(at, (tries, on_tokio))| How::Dropped { at, tries, on_tokio }),
        2 => (at.clone(), flags).prop_map(|(at, (inside, waits))| How::Token { at, inside, waits }),
        2 => (at, flags).prop_map(|(at, (inside, tries))| How::RuntimeToken { at, inside, tries }),
        1 => any::<bool>().prop_map(|tries| How::Deadline { tries }),
    ]
}

pub fn case() -> impl Strategy<Value = Case> {
    let policy = prop_oneof![Just(OnFailure::Stop), Just(OnFailure::Continue)];
    let recipes = || prop::collection::vec(recipe(), 1..31);
    let outputs = || prop::collection::vec(0..1000_usize, 0..5);
    let bounds = (
        prop_oneof![3 => Just(None), 1 => (1..4_usize).prop_map(Some)],
        prop_oneof![3 => Just(None), 1 => prop_oneof![Just(0), Just(100), Just(1000)].prop_map(Some)],
    );
    let beside = prop_oneof![
        6 => Just(None),
        1 => how().prop_map(|how| Some(Beside::Same(how))),
        2 => (recipes(), outputs(), how())
            .prop_map(|(recipes, outputs, how)| Some(Beside::Other { recipes, outputs, how })),
    ];
    (
        recipes(),
        outputs(),
        (prop::bool::weighted(0.15), prop::bool::weighted(0.2)),
        how(),
        policy,
        prop::bool::weighted(0.3),
        bounds,
        beside,
    )
        .prop_map(|(recipes, outputs, (is_plain, is_tight), how, policy, keeps, bounds, beside)| Case {
            recipes,
            outputs,
            is_plain,
            is_tight,
            how,
            policy,
            keeps,
            bounds: Bounds { in_flight: bounds.0, memory: bounds.1 },
            beside,
        })
}

/// What proptest prints of the smallest case that fails.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "under {:?}, {:?}", self.policy, self.bounds)?;
        for Part { graph, hows, keeps } in self.parts(false) {
            let handles = if keeps { "kept" } else { "given away" };
            write!(f, "\n{hows:?}, handles {handles}\n{graph}")?;
        }
        Ok(())
    }
}

/// A node a line, of those that the outputs need, and the outputs.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = self.order();
        for (number, node) in self.nodes.iter().enumerate().filter(|(number, _)| needed.contains(number)) {
            write!(f, "t{number} = {}", node.what)?;
            if !node.after.is_empty() {
                write!(f, ", after {}", list(&node.after, ""))?;
            }
            writeln!(f)?;
        }
        write!(f, "outputs {}", list(&self.outputs, ""))
    }
}

fn list(numbers: &[usize], before: &str) -> String {
    let names: Vec<String> = numbers.iter().map(|number| format!("{before}t{number}")).collect();
    names.join(", ")
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Data => f.write_str("value"),
            What::Task(task) => task.fmt(f),
            What::Or(of) => write!(f, "t{of} or another"),
            What::Recover { of, bursts, retries } => {
                write!(f, "t{of} recovered{}, retries {retries}", if *bursts { ", by a panic" } else { "" })
            }
            What::Again { of, priority } => write!(f, "t{of} again, priority {priority}"),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.pace {
            Pace::Sync => "",
            Pace::Async => "async ",
            Pace::Blocking => "blocking ",
        })?;
        match &self.form {
            Form::Source => f.write_str("source()")?,
            Form::ByValue(x, y) => write!(f, "by_value(t{x}, t{y})")?,
            Form::ByReference(x, y) => write!(f, "by_reference(&t{x}, &t{y})")?,
            Form::Mixed(x, y) => write!(f, "mixed(t{x}, &t{y})")?,
            Form::Listed(xs) => write!(f, "listed([{}])", list(xs, ""))?,
            Form::Each(xs) => write!(f, "each([{}])", list(xs, "&"))?,
            Form::Gathered(xs) => write!(f, "gathered(gather([{}]))", list(xs, ""))?,
            Form::Given(x) => write!(f, "given(a plain value, &t{x})")?,
            Form::Told(x) => write!(f, "told(t{x}.into_result())")?,
        }
        let times = |times: u32| if times == ALWAYS { "always".to_owned() } else { format!("{times} times") };
        match self.fate {
            Fate::Return => {}
            Fate::Refuse(n) => write!(f, ", fails {}", times(n))?,
            Fate::Burst(n) => write!(f, ", panics {}", times(n))?,
            Fate::Hang(n) => write!(f, ", hangs {}", times(n))?,
        }
        if let Some(time) = self.timeout {
            write!(f, ", timeout {time:?}")?;
        }
        if self.retries > 0 {
            write!(f, ", retries {}", self.retries)?;
        }
        if let Some(limit) = self.limit {
            write!(f, ", limit {}", LIMITS[limit].0)?;
        }
        if self.priority != 0 {
            write!(f, ", priority {}", self.priority)?;
        }
        if self.is_slow {
            f.write_str(", dropped slowly")?;
        }
        Ok(())
    }
}
