// Ordinary function bodies by features of the language: `//#` names a feature, `//=` is a call of the function below.

//# one-liners
//= add(1, 2)
#[task]
fn add(x: i64, y: i64) -> i64 { x + y }
//= same("a".to_string())
#[task]
fn same(text: String) -> String { text }
//= nothing()
#[task]
fn nothing() {}
//= constant()
#[task]
fn constant() -> &'static str { "text" }
//= tuple(1)
#[task]
fn tuple(x: i64) -> (i64, bool) { (x, x > 0) }

//# generics
//= largest(vec![1, 3, 2])
#[task]
fn largest<T: Ord + Copy>(xs: Vec<T>) -> Option<T> { xs.into_iter().max() }
//= shown(1.5)
#[task]
fn shown<T>(x: T) -> String where T: std::fmt::Display { format!("{x}") }
//= pair_of(1, "a".to_string())
#[task]
fn pair_of<A: Clone, B: Clone>(a: A, b: B) -> (A, B) { (a, b) }
//= defaulted(vec![1_u8])
#[task]
fn defaulted<T: Default + Clone + PartialEq>(xs: Vec<T>) -> usize { xs.iter().filter(|x| **x == T::default()).count() }

//# const generics
//= sized([1, 2, 3])
#[task]
fn sized<const N: usize>(xs: [i64; N]) -> usize { xs.len() + N }
//= rotated([1, 2, 3])
#[task]
fn rotated<const N: usize>(mut xs: [i64; N]) -> [i64; N] { xs.rotate_left(1); xs }
//= windows(vec![1, 2, 3, 4])
#[task]
fn windows(xs: Vec<i64>) -> Vec<[i64; 2]> {
    fn at<const N: usize>(xs: &[i64], from: usize) -> [i64; N] { std::array::from_fn(|i| xs[from + i]) }
    (0..xs.len() / 2).map(|i| at::<2>(&xs, i * 2)).collect()
}

//# lifetimes inside
//= longest("abc", "de")
#[task]
fn longest(a: &str, b: &str) -> String {
    fn pick<'a>(a: &'a str, b: &'a str) -> &'a str { if a.len() >= b.len() { a } else { b } }
    pick(a, b).to_owned()
}
//= first_word("one two")
#[task]
fn first_word<'a>(text: &'a str) -> String {
    let word: &'a str = text.split(' ').next().unwrap_or(text);
    word.to_string()
}
//= parser("a=1")
#[task]
fn parser(text: &str) -> usize {
    struct Parser<'a> { rest: &'a str }
    impl<'a> Parser<'a> { fn key(&self) -> &'a str { self.rest.split('=').next().unwrap_or_default() } }
    Parser { rest: text }.key().len()
}

//# the question mark
//= try parsed("12")
#[task]
fn parsed(text: &str) -> Result<i64, std::num::ParseIntError> { let x: i64 = text.parse()?; Ok(x + 1) }
//= try parsed_wrong("x")
#[task]
fn parsed_wrong(text: &str) -> Result<i64, std::num::ParseIntError> { let x: i64 = text.parse()?; Ok(x + 1) }
//= second("a b")
#[task]
fn second(text: &str) -> Option<usize> { let mut words = text.split(' '); words.next()?; Some(words.next()?.len()) }
//= try boxed_error(-1)
#[task]
fn boxed_error(x: i64) -> Result<u8, String> { let y = u8::try_from(x).map_err(|error| error.to_string())?; Ok(y) }
//= in_a_closure("1,x,3")
#[task]
fn in_a_closure(text: &str) -> usize {
    let read = |part: &str| -> Result<i64, std::num::ParseIntError> { let x = part.parse::<i64>()?; Ok(x) };
    text.split(',').filter_map(|part| read(part).ok()).count()
}

//# closures
//= captured(3)
#[task]
fn captured(x: i64) -> i64 { let add = |y| x + y; add(1) + add(2) }
//= moved(vec![1, 2])
#[task]
fn moved(xs: Vec<i64>) -> usize { let count = move || xs.len(); count() }
//= counting(4)
#[task]
fn counting(n: i64) -> i64 { let mut total = 0; let mut add = |x: i64| total += x; for x in 0..n { add(x); } total }
//= composed(2)
#[task]
fn composed(x: i64) -> i64 { fn twice(f: impl Fn(i64) -> i64) -> impl Fn(i64) -> i64 { move |x| f(f(x)) } twice(|x| x * 3)(x) }
//= stored(2)
#[task]
fn stored(x: i64) -> Vec<i64> { let steps: Vec<Box<dyn Fn(i64) -> i64>> = vec![Box::new(|x| x + 1), Box::new(move |y| x * y)]; steps.iter().map(|step| step(x)).collect() }

//# iterators
//= squares(4)
#[task]
fn squares(n: i64) -> i64 { (1..=n).map(|x| x * x).filter(|x| x % 2 == 0).sum() }
//= zipped(&[1, 2], &[3, 4])
#[task]
fn zipped(a: &[i64], b: &[i64]) -> Vec<i64> { a.iter().zip(b).map(|(a, b)| a * b).collect() }
//= folded(&[1, 2, 3])
#[task]
fn folded(xs: &[i64]) -> i64 { xs.iter().rev().fold(0, |sum, x| sum * 10 + x) }
//= fibonacci(10)
#[task]
fn fibonacci(n: usize) -> Vec<u64> { std::iter::successors(Some((0, 1)), |(a, b)| Some((*b, a + b))).map(|(a, _)| a).take(n).collect() }
//= chunked(&[1, 2, 3])
#[task]
fn chunked(xs: &[i64]) -> Vec<i64> { xs.chunks(2).map(|chunk| chunk.iter().sum()).collect() }

//# labelled loops
//= found_at(&[1, 5, 9], 5)
#[task]
fn found_at(xs: &[i64], x: i64) -> Option<usize> { 'outer: for (i, y) in xs.iter().enumerate() { loop { if *y == x { return Some(i); } continue 'outer; } } None }
//= divisor(91)
#[task]
fn divisor(n: u64) -> u64 { let mut d = 2; loop { if n % d == 0 { break d; } d += 1; } }
//= block_value(3)
#[task]
fn block_value(x: i64) -> i64 { 'done: { if x > 2 { break 'done x * 2; } x } }
//= while_let(vec![1, 2, 3])
#[task]
fn while_let(mut xs: Vec<i64>) -> i64 { let mut sum = 0; while let Some(x) = xs.pop() { if x == 2 { continue; } sum += x; } sum }

//# let else
//= head(&[4, 5])
#[task]
fn head(xs: &[i64]) -> i64 { let [first, ..] = xs else { return -1 }; *first }
//= key("a:b")
#[task]
fn key(text: &str) -> String { let Some((key, _)) = text.split_once(':') else { return String::new() }; key.to_owned() }
//= try numbered("7")
#[task]
fn numbered(text: &str) -> Result<u8, String> { let Ok(x) = text.parse() else { return Err(format!("no number: {text}")) }; Ok(x) }

//# if let and match
//= half(Some(4))
#[task]
fn half(x: Option<i64>) -> i64 { if let Some(x) = x && x % 2 == 0 { x / 2 } else { 0 } }
//= grade(85)
#[task]
fn grade(x: i64) -> char { match x { 90.. => 'a', 80..90 => 'b', _ => 'c' } }
//= guarded((3, 4))
#[task]
fn guarded(p: (i64, i64)) -> &'static str { match p { (a, b) if a > b => "more", (a, b) if a == b => "same", _ => "less" } }
//= bound(7)
#[task]
fn bound(x: u8) -> u8 { match x { small @ 0..=9 => small, other => other / 10 } }
//= nested_patterns(Some((1, None)))
#[task]
fn nested_patterns(x: Option<(i64, Option<i64>)>) -> i64 { match x { Some((a, Some(b))) => a + b, Some((a, None)) => a, None => 0 } }

//# slice patterns
//= ends(&[1, 2, 3])
#[task]
fn ends(xs: &[i64]) -> i64 { match xs { [] => 0, [one] => *one, [first, .., last] => first + last } }
//= is_palindrome("level")
#[task]
fn is_palindrome(text: &str) -> bool { fn check(xs: &[u8]) -> bool { match xs { [a, rest @ .., b] => a == b && check(rest), _ => true } } check(text.as_bytes()) }
//= split_three([1, 2, 3])
#[task]
fn split_three([a, b, c]: [i64; 3]) -> i64 { a * b - c }

//# macros
//= formatted(3, "x")
#[task]
fn formatted(x: i64, name: &str) -> String { format!("{name}={x:>4} {0:?} {}", name.len()) }
//= listed(2)
#[task]
fn listed(x: usize) -> Vec<usize> { let mut all = vec![x; 3]; all.extend(vec![1, 2]); all }
//= asserted(4)
#[task]
fn asserted(x: i64) -> bool { assert!(x > 0, "{x} is not positive"); debug_assert_eq!(x, x); matches!(x, 1..=9) }
//= own_macro(3)
#[task]
fn own_macro(x: i64) -> i64 { macro_rules! square { ($x:expr) => { $x * $x }; } square!(x) + square!(2) }
//= outer_macro(3)
#[task]
fn outer_macro(x: i64) -> i64 { thrice!(x) }
//= written(3)
#[task]
fn written(x: i64) -> String { use std::fmt::Write as _; let mut text = String::new(); write!(text, "{x}").unwrap(); text }
//= declared_by_a_macro()
#[task]
fn declared_by_a_macro() -> i64 { lower_limit!(); LOWER + 1 }

//# async bodies
//= async awaited(3)
#[task]
async fn awaited(x: i64) -> i64 { std::future::ready(x).await + 1 }
//= async inner_blocks(3)
#[task]
async fn inner_blocks(x: i64) -> i64 { let later = async { x * 2 }; let more = async move { x + 1 }; later.await + more.await }
//= async text_of("abc")
#[task]
async fn text_of(text: &str) -> usize { std::future::ready(()).await; text.len() }
//= async async_closure(2)
#[task]
async fn async_closure(x: i64) -> i64 { let add = async |y: i64| x + y; add(1).await }
//= async early(0)
#[task]
async fn early(x: i64) -> i64 { if x == 0 { return -1; } std::future::ready(x).await }

//# unsafe
//= unchecked(&[1, 2])
#[task]
fn unchecked(xs: &[i64]) -> i64 { if xs.is_empty() { return 0; }
    unsafe { *xs.get_unchecked(0) } }
//= transmuted(1.0)
#[task]
fn transmuted(x: f32) -> [u8; 2] { #[repr(C)] union Bits { whole: f32, parts: [u8; 4] } let bits = Bits { whole: x }; unsafe { [bits.parts[2], bits.parts[3]] } }
//= pointed(5)
#[task]
fn pointed(x: i64) -> i64 { let p = &raw const x; unsafe { p.read() } }
//= static_pointer()
#[task]
fn static_pointer() -> bool { (&raw const UNSAFE_COUNT).is_null() }

//# shadowed names
//= shadows(3)
#[task]
fn shadows(x: i64) -> i64 { let x = x + 1; let x = { let x = x * 2; x + 1 }; x }
//= named_as_ours(3)
#[task]
fn named_as_ours(value: i64) -> i64 { let delayed = value + 1; let compute = |x: i64| x + delayed; let p = compute(1); let task = p; task }
//= own_prelude(3)
#[task]
fn own_prelude(x: i64) -> i64 { #[derive(Clone)] enum Option<T> { Some(T), None } let all = [Option::Some(x), Option::None]; all.iter().map(|one| match one { Option::Some(x) => *x, Option::None => 1 }).sum() }
//= own_function(3)
#[task]
fn own_function(x: i64) -> i64 { fn add(x: i64) -> i64 { x + 100 } add(x) }
//= own_constant(3)
#[task]
fn own_constant(x: i64) -> i64 { const LIMIT: i64 = 2; x.min(LIMIT) }
//= upper_pattern(3)
#[task]
fn upper_pattern(x: i64) -> i64 { #[allow(non_snake_case)] let X = x; X + 1 }

//# const blocks and items
//= const_block()
#[task]
fn const_block() -> usize { const { 3 * 4 } }
//= const_table(2)
#[task]
fn const_table(i: usize) -> u8 { const TABLE: [u8; 4] = { let mut t = [0; 4]; let mut i = 0; while i < 4 { t[i] = i as u8 * 2; i += 1; } t }; TABLE[i] }
//= const_function(3)
#[task]
fn const_function(x: u32) -> u32 { const fn square(x: u32) -> u32 { x * x } const NINE: u32 = square(3); square(x) + NINE }
//= inner_static()
#[task]
fn inner_static() -> usize { static WORDS: [&str; 2] = ["a", "b"]; WORDS.len() }

//# items inside
//= structs(1, 2)
#[task]
fn structs(x: i64, y: i64) -> i64 { struct Point { x: i64, y: i64 } impl Point { fn sum(&self) -> i64 { self.x + self.y } } Point { x, y }.sum() }
//= traits(3)
#[task]
fn traits(x: i64) -> String { trait Name { fn name(&self) -> String; } impl Name for i64 { fn name(&self) -> String { format!("<{self}>") } } x.name() }
//= enums(1)
#[task]
fn enums(x: i64) -> i64 { enum Step { Up(i64), Down } use Step::{Down, Up}; let step = if x > 0 { Up(x) } else { Down }; match step { Up(x) => x + 1, Down => -1 } }
//= inner_module(2)
#[task]
fn inner_module(x: i64) -> i64 { mod math { pub(super) const TWO: i64 = 2; pub(super) fn double(x: i64) -> i64 { x * TWO } } math::double(x) + math::TWO }
//= aliases(2)
#[task]
fn aliases(x: i64) -> Vec<i64> { type List = Vec<i64>; let mut list = List::new(); list.push(x); list }

//# use inside
//= used(3)
#[task]
fn used(x: i64) -> i64 { use std::cmp::{Ordering, max}; match x.cmp(&2) { Ordering::Less => 0, _ => max(x, 5) } }
//= glob(3)
#[task]
fn glob(x: i64) -> i64 { use limits::*; x.min(HIGH) }
//= renamed(2.0)
#[task]
fn renamed(x: f64) -> f64 { use std::f64::consts::PI as CIRCLE; (x * CIRCLE).floor() }
//= used_constant(3)
#[task]
fn used_constant(x: i64) -> i64 { use limits::HIGH; x + HIGH }

//# paths to constants
//= of_a_module(3)
#[task]
fn of_a_module(x: i64) -> i64 { x + limits::HIGH + crate::LIMIT + self::LIMIT }
//= of_a_type(3)
#[task]
fn of_a_type(x: i64) -> i64 { x.min(i64::MAX).max(i64::MIN) + i64::from(u8::BITS) }
//= of_a_generic(3_u8)
#[task]
fn of_a_generic<T: Bounded + Into<u64>>(x: T) -> u64 { x.into() + T::TOP }
//= of_a_static()
#[task]
fn of_a_static() -> usize { NAMES.len() + NAMES[0].len() }
//= of_an_enum()
#[task]
fn of_an_enum() -> u8 { Color::RED as u8 + Color::GREEN as u8 }

//# std's own soft-deprecated names
//= max_value(3)
#[task]
#[allow(clippy::legacy_numeric_constants)]
fn max_value(x: i32) -> i32 { x.min(i32::max_value()) }
//= module_max(3)
#[task]
#[allow(clippy::legacy_numeric_constants)]
fn module_max(x: u32) -> u32 { x.min(std::u32::MAX) }
//= module_used(1.0)
#[task]
#[allow(clippy::legacy_numeric_constants)]
fn module_used(x: f64) -> bool { use std::f64; x > f64::EPSILON }
//= bare(3)
#[task]
fn bare(x: i32) -> i32 { x.min(MAX) }
//= module_outside(1.0)
#[task]
fn module_outside(x: f32) -> bool { x < f32::MAX && f32::EPSILON < x }
//= min_value()
#[task]
#[allow(clippy::legacy_numeric_constants)]
fn min_value() -> i8 { i8::min_value() }
//= constants_of_pi(1.0)
#[task]
fn constants_of_pi(x: f64) -> i64 { (x * std::f64::consts::PI) as i64 }

//# arithmetic
//= wrapped(250, 10)
#[task]
fn wrapped(x: u8, y: u8) -> (u8, Option<u8>, u8) { (x.wrapping_add(y), x.checked_add(y), x.saturating_add(y)) }
//= bits(6)
#[task]
fn bits(x: u32) -> u32 { (x << 2 | 1) & !2 ^ x.count_ones() }
//= floats(2.0)
#[task]
fn floats(x: f64) -> i64 { (x.powi(3) / 3.0).round() as i64 }
//= casts(300)
#[task]
fn casts(x: i64) -> u8 { x as u8 }

//# trait objects
//= shapes(2)
#[task]
fn shapes(x: i64) -> i64 { let all: Vec<Box<dyn Area>> = vec![Box::new(Square(x)), Box::new(Line)]; all.iter().map(|one| one.area()).sum() }
//= dyn_ref(2)
#[task]
fn dyn_ref(x: i64) -> i64 { let one: &dyn Area = &Square(x); one.area() }
//= debugged(2)
#[task]
fn debugged(x: i64) -> String { let all: [&dyn std::fmt::Debug; 2] = [&x, &"a"]; format!("{all:?}") }

//# recursion inside
//= factorial(5)
#[task]
fn factorial(n: u64) -> u64 { fn go(n: u64) -> u64 { if n == 0 { 1 } else { n * go(n - 1) } } go(n) }
//= depth(3)
#[task]
fn depth(n: usize) -> usize { enum Tree { Leaf, Node(Box<Tree>) } fn grow(n: usize) -> Tree { if n == 0 { Tree::Leaf } else { Tree::Node(Box::new(grow(n - 1))) } } fn measure(tree: &Tree) -> usize { match tree { Tree::Leaf => 0, Tree::Node(inner) => 1 + measure(inner) } } measure(&grow(n)) }
//= shadow_recursion(3)
#[task]
fn shadow_recursion(n: u64) -> u64 { fn shadow_recursion(n: u64) -> u64 { if n == 0 { 0 } else { 1 + shadow_recursion(n - 1) } } shadow_recursion(n) }

//# early returns and never
//= early_return(-1)
#[task]
fn early_return(x: i64) -> i64 { if x < 0 { return 0; } x }
//= only_return(2)
#[task]
#[allow(clippy::needless_return)]
fn only_return(x: i64) -> i64 { return x; }
//= never_inside(2)
#[task]
fn never_inside(x: u8) -> u8 { let y: u8 = if x > 200 { panic!("too large") } else { x }; y + 1 }
//= unreachable_end(2)
#[task]
fn unreachable_end(x: i64) -> i64 { match x { 0.. => x, ..0 => unreachable!() } }

//# destructuring
//= swapped((1, 2))
#[task]
fn swapped((a, b): (i64, i64)) -> (i64, i64) { (b, a) }
//= fields(Point { x: 1, y: 2 })
#[task]
fn fields(Point { x, y }: Point) -> i64 { x - y }
//= assigned((1, 2))
#[task]
fn assigned(p: (i64, i64)) -> i64 { let (a, b); (a, b) = p; let [c, _] = [a, b]; c + b }
//= by_ref(("a".to_string(), 1))
#[task]
fn by_ref(p: (String, i64)) -> usize { let (ref name, _) = p; name.len() }

//# strings
//= raw_strings()
#[task]
fn raw_strings() -> usize { r#"a "quoted" \n"#.len() + br"\x".len() + b"abc"[0] as usize + c"z".count_bytes() }
//= unicode("añ")
#[task]
fn unicode(text: &str) -> Vec<char> { text.chars().rev().collect() }
//= escapes()
#[task]
fn escapes() -> String { "{} {{x}} \u{1F600} \x41".to_owned() }
//= bytes("abc")
#[task]
fn bytes(text: &str) -> u32 { text.bytes().map(u32::from).sum() }

//# collections
//= counts("a b a")
#[task]
fn counts(text: &str) -> std::collections::BTreeMap<String, usize> { let mut all = std::collections::BTreeMap::new(); for word in text.split(' ') { *all.entry(word.to_owned()).or_default() += 1; } all }
//= unique(vec![3, 1, 3])
#[task]
fn unique(xs: Vec<i64>) -> Vec<i64> { let set: std::collections::BTreeSet<_> = xs.into_iter().collect(); set.into_iter().collect() }
//= queue(3)
#[task]
fn queue(n: i64) -> Vec<i64> { let mut queue = std::collections::VecDeque::from([n]); let mut seen = vec![]; while let Some(x) = queue.pop_front() { seen.push(x); if x > 0 { queue.push_back(x - 1); } } seen }
//= sorted(vec![3, 1, 2])
#[task]
fn sorted(mut xs: Vec<i64>) -> Vec<i64> { xs.sort_by_key(|x| std::cmp::Reverse(*x)); xs }

//# cells and counted pointers
//= celled(3)
#[task]
fn celled(x: i64) -> i64 { let cell = std::cell::Cell::new(x); cell.set(cell.get() + 1); cell.get() }
//= ref_celled(3)
#[task]
fn ref_celled(x: i64) -> Vec<i64> { let list = std::cell::RefCell::new(vec![]); let push = |y| list.borrow_mut().push(y); push(x); push(x + 1); list.into_inner() }
//= counted_pointer(3)
#[task]
fn counted_pointer(x: i64) -> usize { let a = std::rc::Rc::new(x); let b = a.clone(); std::rc::Rc::strong_count(&b) + usize::try_from(*a).unwrap() }
//= own_mutex(3)
#[task]
fn own_mutex(x: i64) -> i64 { let m = std::sync::Mutex::new(x); *m.lock().unwrap() += 1; m.into_inner().unwrap() }

//# guards and drops
//= dropped()
#[task]
fn dropped() -> Vec<i64> { struct Note<'a>(&'a std::cell::RefCell<Vec<i64>>, i64); impl Drop for Note<'_> { fn drop(&mut self) { self.0.borrow_mut().push(self.1); } } let log = std::cell::RefCell::new(vec![]); { let _a = Note(&log, 1); let _ = Note(&log, 2); let _b = Note(&log, 3); } log.into_inner() }
//= temporaries("a b")
#[task]
fn temporaries(text: &str) -> usize { String::from(text).as_str().split(' ').map(str::len).sum() }
//= dropped_early(vec![1])
#[task]
fn dropped_early(xs: Vec<i64>) -> usize { let n = xs.len(); drop(xs); n }

//# operators of one's own
//= vectors(1, 2)
#[task]
fn vectors(x: i64, y: i64) -> i64 { #[derive(Clone, Copy)] struct V(i64); impl std::ops::Add for V { type Output = V; fn add(self, other: V) -> V { V(self.0 + other.0) } } impl std::ops::Neg for V { type Output = V; fn neg(self) -> V { V(-self.0) } } (V(x) + -V(y)).0 }
//= indexed(1)
#[task]
fn indexed(i: usize) -> i64 { struct Row([i64; 3]); impl std::ops::Index<usize> for Row { type Output = i64; fn index(&self, i: usize) -> &i64 { &self.0[i] } } Row([4, 5, 6])[i] }
//= dereferenced(3)
#[task]
fn dereferenced(x: i64) -> i64 { struct W(i64); impl std::ops::Deref for W { type Target = i64; fn deref(&self) -> &i64 { &self.0 } } *W(x) + W(x).abs() }

//# attributes inside
//= allowed(3)
#[task]
fn allowed(x: i64) -> i64 { #[allow(unused_variables)] let unused = 1; #[allow(clippy::let_and_return)] let y = x; y }
//= expected(3)
#[task]
fn expected(x: i64) -> i64 { #[expect(unused_variables)] let unused = 1; x }
//= configured(3)
#[task]
fn configured(x: i64) -> i64 { #[cfg(any())] { return MISSING; } #[cfg(any())] let x = ABSENT; #[cfg(not(any()))] let x = x + 1; x }
//= documented(3)
#[task]
fn documented(x: i64) -> i64 { /* a comment */ // another
    x /* and one more */ }
//= outer_allow(3)
#[allow(unused_assignments)]
#[task]
fn outer_allow(x: i64) -> i64 { let mut y = 0; y = x; y }

//# raw identifiers
//= raw(1, 2)
#[task]
fn raw(r#type: i64, r#fn: i64) -> i64 { let r#match = r#type + r#fn; r#match }
//= r#loop(3)
#[task]
fn r#loop(x: i64) -> i64 { x }
//= raw_field(3)
#[task]
fn raw_field(x: i64) -> i64 { struct S { r#in: i64 } S { r#in: x }.r#in }

//# methods
//= Point::norm(Point { x: 3, y: 4 })
//= Point::moved(Point { x: 3, y: 4 }, 1)
//= Point::made(2)
impl Point {
    #[task]
    fn norm(self) -> i64 { self.x * self.x + self.y * self.y }
    #[task]
    fn moved(self, by: i64) -> Self { let Self { x, y } = self; Self { x: x + by, ..Self { x, y } } }
    #[task]
    fn made(x: i64) -> Self { Self { x, y: Self::ORIGIN } }
}

//# borrowed parameters
//= total(&[1, 2])
#[task]
fn total(xs: &[i64]) -> i64 { xs.iter().sum() }
//= lengths(vec!["a".to_string()])
#[task]
fn lengths(xs: Vec<String>) -> Vec<usize> { xs.iter().map(String::len).collect() }
//= path_name(std::path::Path::new("a/b.txt"))
#[task]
fn path_name(path: &std::path::Path) -> Option<String> { Some(path.file_stem()?.to_str()?.to_owned()) }
//= copied("abc")
#[task]
fn copied(text: &str) -> std::borrow::Cow<'static, str> { if text.is_empty() { "none".into() } else { text.to_owned().into() } }

//# mutable parameters and places
//= pushed(vec![1], 2)
#[task]
fn pushed(mut xs: Vec<i64>, x: i64) -> Vec<i64> { xs.push(x); xs.swap(0, 1); xs }
//= replaced(Some(1))
#[task]
fn replaced(mut x: Option<i64>) -> (Option<i64>, Option<i64>) { let old = x.take(); (old, x.replace(5).or(x)) }
//= reborrowed(vec![1, 2])
#[task]
fn reborrowed(mut xs: Vec<i64>) -> Vec<i64> { { let view = &mut xs[..]; view[0] += 1; let again = &mut *view; again[1] = 9; } for x in &mut xs { *x *= 2; } xs }
//= compound(7)
#[task]
fn compound(mut x: i64) -> i64 { x += 1; x <<= 2; x %= 5; x |= 8; x }

//# ranges
//= range_sum(3, 6)
#[task]
fn range_sum(a: usize, b: usize) -> usize { (a..b).chain(b..=b).step_by(2).sum() }
//= sliced("hello")
#[task]
fn sliced(text: &str) -> String { format!("{}{}{}", &text[..1], &text[1..=2], &text[4..]) }
//= contains(3)
#[task]
fn contains(x: i64) -> bool { (1..5).contains(&x) && !(..=2).contains(&x) }

//# inference
//= collected("1 2")
#[task]
fn collected(text: &str) -> Vec<i64> { text.split(' ').map(|x| x.parse().unwrap()).collect() }
//= turbofish(&[1, 2])
#[task]
fn turbofish(xs: &[i32]) -> i64 { xs.iter().copied().map(i64::from).sum::<i64>() }
//= into_it(3)
#[task]
fn into_it(x: u8) -> u64 { let y: u64 = x.into(); y + u64::from(x) + u64::default().max(Default::default()) }
//= literal_types()
#[task]
fn literal_types() -> f64 { let mut all = Vec::new(); all.push(1.); all.push(2e1); all.iter().sum() }

//# function pointers
//= pointers(3)
#[task]
fn pointers(x: i64) -> i64 { let f: fn(i64) -> i64 = i64::abs; [f, |x| x - 1].iter().map(|f| f(x)).sum() }
//= mapped(vec![1, -2])
#[task]
fn mapped(xs: Vec<i64>) -> Vec<i64> { xs.into_iter().map(i64::abs).map(plain_twice).collect() }
//= constructors(vec![1, 2])
#[task]
fn constructors(xs: Vec<i64>) -> usize { xs.into_iter().map(Some).filter(Option::is_some).count() }

//# names in capitals
//= capitals(2, &[3, 4])
#[task]
#[allow(non_snake_case)]
fn capitals(N: i64, A: &[i64]) -> i64 { N + A[0] + *A.last().unwrap() }
//= capitals_in_a_pattern((2, 3))
#[task]
#[allow(non_snake_case)]
fn capitals_in_a_pattern((N, M): (i64, i64)) -> i64 { let f = |K: i64| K.max(M); f(N.min(9)) }
//= generic_constructor(3)
#[task]
fn generic_constructor(x: i64) -> i64 { W(x).0 + [x].map(W)[0].0 }
//= generic_variant(0)
#[task]
fn generic_variant(x: i64) -> usize { let all = if x > 0 { FULL(x) } else { EMPTY }; match all { FULL(_) => 1, EMPTY => 0 } }
//= constant_function(3)
#[task]
fn constant_function(x: i64) -> i64 { TWICE(x) }

//# names of the function's own
//= imported_name(3)
#[task]
fn imported_name(x: i64) -> i64 { use names::imported_name; imported_name(x) }
//= imported_by_a_glob(3)
#[task]
fn imported_by_a_glob(x: i64) -> i64 { use names::*; imported_by_a_glob(x) }
//= bound_in_a_pattern(3)
#[task]
fn bound_in_a_pattern(x: i64) -> i64 { let (y, bound_in_a_pattern) = (x, |z: i64| z + x); bound_in_a_pattern(y) }
//= bound_by_if_let(3)
#[task]
fn bound_by_if_let(x: i64) -> i64 { let f: Option<fn(i64) -> i64> = Some(i64::abs); if let Some(bound_by_if_let) = f { bound_by_if_let(x) } else { 0 } }
//= only_a_text(3)
#[task]
fn only_a_text(x: i64) -> String { format!("{} {x}", stringify!(only_a_text(1))) }
//= Point::plain_twice(3)
impl Point {
    #[task]
    fn plain_twice(x: i64) -> i64 { plain_twice(x) }
}

//# what a cfg leaves out
//= without_a_question(3)
#[task]
fn without_a_question(x: i64) -> Option<i64> { #[cfg(any())] MISSING.check()?; let y = Some(x)?; Some(y + 1) }
//= without_an_element(3)
#[task]
fn without_an_element(x: i64) -> i64 { let all = [#[cfg(any())] (&MISSING, 1), (&LIMIT, x)]; all[0].1 + *all[0].0 }
//= without_an_arm(3)
#[task]
fn without_an_arm(x: i64) -> i64 { match x { #[cfg(any())] ABSENT => MISSING.len(), 3 => 1, _ => 0 } }

//# macros called like std's
//= own_println(3)
#[task]
fn own_println(x: i64) -> i64 { macro_rules! println { ($($tokens:tt)*) => { x } } println!("{}", MISSING.y) }
//= own_vec(3)
#[task]
fn own_vec(x: i64) -> i64 { macro_rules! vec { ($name:ident = $value:expr) => { let $name = $value; } } vec!(y = x); y }
//= imported_format(3)
#[task]
fn imported_format(x: i64) -> i64 { use names::format; x + format!("{}", MISSING.a) }

//# types called like std's
//= own_vec_type(3)
#[task]
fn own_vec_type(x: i64) -> i64 { struct Vec(i64); let list = Vec(x); list.0 }
//= own_clone(3)
#[task]
fn own_clone(x: i64) -> i64 { trait Clone { fn clone(&self) -> i64; } impl Clone for i64 { fn clone(&self) -> i64 { *self + 1 } } Clone::clone(&x) }
//= own_number(3)
#[task]
fn own_number(x: u8) -> u64 { #[allow(non_camel_case_types)] type u32 = u64; u64::from(x) + u32::MAX / 2 }
//= own_methods(3)
#[task]
fn own_methods(x: i64) -> i64 { struct Job(i64); impl Job { fn value(&self) -> i64 { self.0 } fn call(&self, y: i64) -> i64 { y } fn compute(self) -> i64 { self.0 } } let job = Job(x); job.value() + job.call(1) + job.compute() }

//# attributes of the body
//= inner_attribute(3)
#[task]
fn inner_attribute(x: i64) -> i64 { #![allow(unused_variables)] let unused = 1; x + 1 }
//= inner_attribute_and_a_constant(3)
#[task]
fn inner_attribute_and_a_constant(x: i64) -> bool { #![allow(unused_variables)] let unused = 1; x == i64::MAX }
//= documented_item(3)
#[task]
fn documented_item(x: i64) -> i64 {
    /// Docs, which say `documented_item(1)`.
    fn helper(x: i64) -> i64 { x + 1 }
    helper(x)
}

//# associated constants and types
//= of_a_trait(3)
#[task]
fn of_a_trait(x: usize) -> usize { trait Size { const SIZE: usize; } struct A; impl Size for A { const SIZE: usize = 3; } fn of<T: Size>() -> usize { T::SIZE } of::<A>() + <A as Size>::SIZE + x }
//= an_iterator(3)
#[task]
fn an_iterator(x: u32) -> u32 { struct Down(u32); impl Iterator for Down { type Item = u32; fn next(&mut self) -> Option<u32> { self.0 = self.0.checked_sub(1)?; Some(self.0) } } Down(x).sum() }
//= in_a_range(3)
#[task]
fn in_a_range(x: u8) -> &'static str { const LOW: u8 = 1; match x { LOW..=9 => "in", u8::MAX => "top", _ => "out" } }

//# threads and panics
//= scoped(3)
#[task]
fn scoped(x: i64) -> i64 { std::thread::scope(|scope| scope.spawn(|| x + 1).join().unwrap()) }
//= sent(3)
#[task]
fn sent(x: i64) -> i64 { let (sender, receiver) = std::sync::mpsc::channel(); sender.send(x).unwrap(); drop(sender); receiver.iter().sum() }
//= caught(3)
#[task]
fn caught(x: i64) -> bool { std::panic::catch_unwind(|| x).is_ok() }
//= of_this_thread(3)
#[task]
fn of_this_thread(x: i64) -> i64 { seen_here(x) }

//# statics and macros
//= statics_of_a_macro()
#[task]
fn statics_of_a_macro() -> usize { lower_static!(OWN); OWN.len() + BEHIND.len() + WORDS.get().map_or(1, Vec::len) }
//= statics_of_a_macro_in_a_block(3)
#[task]
fn statics_of_a_macro_in_a_block(x: i64) -> i64 { if x > 0 { lower_static!(OWN); lower_limit!(); OWN[0].min(LOWER) + BEHIND[1] } else { LIMIT.min(x) } }
//= bound_by_a_macro(3)
#[task]
#[allow(non_snake_case)]
fn bound_by_a_macro(x: i64) -> i64 { bound!(OWN, x); OWN.min(LIMIT) }
//= ignored_by_a_macro(3)
#[task]
fn ignored_by_a_macro(x: i64) -> i64 { ignored!(&MISSING, ABSENT.lock()); let items = [x, LIMIT]; items[0].max(NAMES.len() as i64) }
//= ignored_before_items(3)
#[task]
fn ignored_before_items(x: i64) -> i64 { fn first(x: i64) -> i64 { x + 1 } ignored!(); first(LIMIT.min(x)) }
//= shown_constants(3)
#[task]
fn shown_constants(x: i64) -> String { ignored!(x); format!("{LIMIT} {:?} {} {x}", NAMES, limits::HIGH) }
//= compared_variant(3)
#[task]
fn compared_variant(x: i64) -> bool { assert_ne!(Some(x), None); let all = FULL(x); ignored!(); matches!(&all, EMPTY) || matches!(all, FULL(3)) }
//= glob_of_a_block(3)
#[task]
fn glob_of_a_block(x: i64) -> i64 { let y = { use limits::*; HIGH.min(x) }; y + 1 }
//= nested_imports(3)
#[task]
fn nested_imports(x: i64) -> i64 { use crate::limits::{self as bounds, HIGH as TOP}; mod limits { pub const HIGH: i64 = 1; } use limits::HIGH; TOP.min(x) + HIGH.min(x) + bounds::HIGH.min(2) }
//= Room::<3>::named(Room, 5)
impl<const SIZE: usize> Room<SIZE> {
    #[task]
    fn named(self, x: usize) -> usize { ignored!(x); SIZE.min(x) }
    #[task]
    #[allow(dead_code)]
    fn with_items(&self, x: usize) -> usize { ignored!(x); fn twice(x: usize) -> usize { x * 2 } twice(SIZE.min(x)) }
}

//# statics in unsafe code
//= plain_in_unsafe(3)
#[task]
fn plain_in_unsafe(x: i64) -> i64 { unsafe { (&raw const lower_count).read() + LIMIT.min(x) + NAMES.len() as i64 } }
//= lower_in_unsafe(3)
#[task]
fn lower_in_unsafe(x: i64) -> i64 { unsafe { lower_count + LIMIT + x } }
//= constants_in_unsafe(&[1, 2, 3])
#[task]
fn constants_in_unsafe(xs: &[i64]) -> i64 { let all = [1; LIMIT as usize]; unsafe { *all.get_unchecked(1) + LIMIT + *xs.as_ptr() } }
//= inner_lock_once(3)
#[task]
fn inner_lock_once(x: usize) -> usize { static ALL: std::sync::LazyLock<Vec<usize>> = std::sync::LazyLock::new(|| vec![1, 2]); thrice!(x) + ALL.len() }
