//! What a user of `delayed` meets in an editor. A line `//~ ..` is a mark: it says what the editor shows at a place of the
//! line of code above it. scripts/ide.py knows the kinds of marks, and asks rust-analyzer.

use delayed::prelude::*;

#[derive(Clone, Debug, PartialEq)]
struct Table {
    rows: Vec<i64>,
}

impl Table {
    /// Rows that are not zero.
    fn filled(&self) -> usize {
        self.rows.iter().filter(|row| **row != 0).count()
    }
}

/// No macro: what holds here shows that the script can tell.
#[allow(deprecated, reason = "of std: an editor strikes it out")]
fn plain(words: &[String]) -> usize {
    let first = words.first();
    //~ offers `words.first`: first, iter, is_empty
    //~ typing `words.`: first, iter, is_empty
    //~ misspelt `words.first`: no method `firstx`
    //~ shows `words`: words: &[String]
    let trimmed = first.map(|word| word.trim_left_matches(' '));
    //~ struck `word.trim_left_matches`: trim_left_matches
    trimmed.map_or(0, str::len)
}

/// Reads the table of a day.
#[delayed]
fn load(path: &str, days: Vec<i64>) -> Table {
    let count = days.len();
    //~ offers `days.len`: len, push, iter
    //~ typing `days.`: len, push, iter
    //~ mistaken `days.len`: len, push
    //~ typing `day`: days
    //~ misspelt `days.len`: no method `lenx`
    //~ shows `days`: days: Vec<i64>
    //~ leads `days`: fn load(path: &str
    let known = path.trim().len() + count;
    //~ offers `path.trim`: trim, len
    //~ offers `cou`: count
    //~ typing `cou`: count
    //~ typing `path.`: trim, len
    //~ typing `path.trim().`: len, chars
    //~ shows `count`: count: usize
    //~ leads `count`: let count
    //~ shows `path.trim`: Returns a string slice with leading
    let table = Table { rows: days.iter().map(|day| day + known as i64).collect() };
    //~ offers `day + kno`: known
    //~ typing `days.iter().`: map, filter
    //~ shows `|day`: day: &i64
    //~ leads `Table`: struct Table
    table
    //~ shows `table`: table: Table
}

/// Sums the rows, later.
#[delayed]
async fn total(table: &Table) -> Result<i64, String> {
    let filled = table.filled();
    //~ offers `table.filled`: filled
    //~ typing `table.`: filled, rows
    //~ mistaken `table.filled`: filled
    //~ misspelt `table.filled`: no method `filledx`
    //~ shows `table.filled`: Rows that are not zero
    //~ leads `table.filled`: fn filled(
    std::future::ready(()).await;
    let rows = table.rows.iter().copied().filter(|row| *row >= 0);
    //~ offers `table.rows`: rows
    //~ typing `table.rows.`: iter, len
    if filled == 0 { Err("empty".to_owned()) } else { Ok(rows.sum()) }
    //~ offers `fil`: filled
    //~ offers `rows.sum`: sum, max
}

/// The largest of all.
#[delayed(name = "max")]
fn largest<T: Ord + Clone>(items: &[T]) -> Option<T> {
    let most = items.iter().max();
    //~ offers `items.iter`: iter, first
    //~ typing `items.`: iter, first
    //~ mistaken `items.iter`: iter, first
    //~ shows `items`: items: &[T]
    most.cloned()
    //~ typing `mo`: most
    //~ shows `most`: most: Option<&T>
}

/// Adds one, now or in a task.
#[delayed(eager = next_now)]
fn next(x: i64) -> i64 {
    let y = x.wrapping_add(1);
    //~ offers `x.wrapping_add`: wrapping_add, pow
    //~ typing `x.`: wrapping_add, pow
    //~ mistaken `x.wrapping_add`: wrapping_add, pow
    //~ misspelt `x.wrapping_add`: no method `wrapping_addx`
    //~ shows `x`: x: i64
    y
}

/// A line through points.
#[derive(Clone, Debug)]
struct Line {
    slope: f64,
}

impl Line {
    /// Fits a line to points.
    #[delayed]
    fn fit(points: &[(f64, f64)]) -> Self {
        let last = points.last();
        //~ offers `points.last`: last, iter
        //~ typing `points.`: last, iter
        //~ mistaken `points.last`: last, iter
        //~ misspelt `points.last`: no method `lastx`
        Self { slope: last.map_or(0.0, |(x, y)| y / x) }
        //~ offers `last.map_or`: map_or, is_some
        //~ shows `last`: last: Option<&(f64, f64)>
        //~ leads `Self`: impl Line
    }

    /// The line at a place.
    #[delayed]
    fn at(&self, x: f64) -> f64 {
        let y = self.slope * x.floor();
        //~ offers `self.slope`: slope
        //~ typing `self.`: slope
        //~ mistaken `self.slope`: slope
        //~ offers `x.floor`: floor, sqrt
        //~ typing `x.`: floor, sqrt
        y
    }

    /// How far apart, of numbers.
    #[delayed]
    fn apart(a: f64, b: f64) -> f64 {
        let gap = a - b;
        gap.abs()
        //~ offers `gap.abs`: abs, sqrt
        //~ typing `gap.`: abs, sqrt
        //~ mistaken `gap.abs`: abs, sqrt
        //~ shows `gap`: gap: f64
        //~ misspelt `gap.abs`: no method `absx`
    }
}

/// Handles that are passed together.
#[derive(DelayedArg)]
#[delayed_arg(derive(Clone, Debug))]
struct Config {
    /// How often.
    times: i64,
    /// Of what.
    table: Delayed<Table>,
}

/// Looks at the plain twin.
#[delayed]
fn rows(config: &ConfigValue) -> i64 {
    let rows = config.table.rows.len();
    //~ offers `config.table`: table, times
    //~ typing `config.`: table, times
    //~ mistaken `config.table`: table, times
    //~ typing `config.table.`: rows, filled
    //~ shows `config`: config: &ConfigValue
    //~ shows `config.table`: Of what
    config.times * rows as i64
}

fn graph() -> Result<(), delayed::Error> {
    let table = load("today", vec![1, 2]);
    //~ offers `loa`: load
    //~ typing `loa`: load, largest, next, value, delayed
    //~ typing `let table = l`: load, largest
    //~ shows `load`: fn load(path: impl
    //~ shows `load`: Delayed<Table>
    //~ shows `load`: Reads the table of a day.
    //~ leads `load`: fn load(path: &str
    //~ shows `table`: table: Delayed<Table>
    let sum = total(&table);
    //~ shows `total`: fn total(table: impl
    //~ shows `total`: Sums the rows, later.
    //~ leads `total`: async fn total(
    //~ shows `sum`: sum: Delayed<i64>
    //~ typing `total(&ta`: table
    let most = largest([sum.clone(), next(3), value(4)]);
    //~ shows `largest`: The largest of all.
    //~ leads `largest`: fn largest<T
    //~ shows `next`: Adds one, now or in a task.
    //~ leads `next`: fn next(x: i64)
    //~ offers `va`: value
    //~ offers `nex`: next, next_now
    //~ shows `most`: most: Delayed<Option<i64>>
    let line = Line::fit([(1.0, 2.0)]);
    //~ offers `Line::fit`: fit, at, apart
    //~ typing `Line::`: fit, at, apart
    //~ shows `Line::fit`: Fits a line to points.
    //~ leads `Line::fit`: fn fit(
    //~ shows `line`: line: Delayed<Line>
    let place = Line::at(line, 2.0) + Line::apart(1.0, 3.0);
    //~ shows `Line::at`: The line at a place.
    //~ leads `Line::at`: fn at(
    //~ shows `Line::apart`: How far apart, of numbers.
    //~ leads `Line::apart`: fn apart(
    let config = Config { times: 2, table };
    //~ typing `Config { ti`: times
    let rows = rows(config).map(|x| x.abs());
    //~ typing `rows(config).`: compute, map, zip, named
    //~ typing `x.`: abs, pow
    let lifted = delayed(plain).call((value(vec![String::from("a")]),));
    //~ offers `dela`: delayed
    //~ typing `delayed(plain).`: call
    //~ leads `plain`: fn plain(
    println!("{:?} {:?}", most.compute()?, place.compute()?);
    //~ offers `most.compute`: compute, map, named
    //~ shows `most.compute`: Runs the graph behind this handle
    let (rows, lifted) = delayed::compute((rows, lifted))?;
    //~ offers `delayed::compute`: compute, value, gather, delayed, batched, delayed_block
    //~ shows `let (rows`: rows: i64
    println!("{rows} {lifted}");
    Ok(())
}

fn read(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

/// Doubles a number.
fn double(x: i64) -> i64 {
    x * 2
}

async fn later(x: i64) -> i64 {
    std::future::ready(x).await
}

fn block() -> Result<(), delayed::Error> {
    let given = String::from("7");
    let days = [1, 2, 3];
    let report = delayed_block! {
        //~ offers `delayed_blo`: delayed_block
        //~ shows `delayed_block`: A block of ordinary statements
        //~ shows `report`: report: Delayed<String>
        let number = read(&given)?;
        //~ shows `read`: fn read(text: &str) -> Result<i64
        //~ leads `read`: fn read(text
        //~ leads `given`: let given
        //~ shows `given`: given: String
        //~ offers `rea`: read
        //~ typing `rea`: read
        //~ typing `read(&gi`: given
        let twice = double(number);
        //~ unclosed `double(num`: number
        //~ typing `let twice = `: number, given
        //~ mistaken `double(num`: number
        //~ misspelt `double`: no such value
        //~ shows `double`: Doubles a number.
        //~ leads `double`: fn double(
        //~ leads `number`: let number
        //~ shows `number`: number: i64
        //~ offers `double(num`: number
        //~ typing `dou`: double
        //~ typing `double(num`: number
        let one = next(twice);
        //~ shows `next`: Adds one, now or in a task.
        //~ leads `next`: fn next(x
        //~ leads `twice`: let twice
        let power = twice.pow(2);
        //~ offers `twice.pow`: pow, abs
        //~ mistaken `twice.pow`: pow, abs
        //~ unclosed `twice.pow(`: twice, number
        //~ shows `power`: power: i64
        //~ typing `twice.`: pow, abs
        //~ shows `twice.pow`: fn pow(self
        //~ misspelt `twice.pow`: no method `powx`
        let slow = later(power).await;
        //~ typing `later(po`: power
        //~ unclosed `later(po`: power
        //~ typing `later(power).`: await
        //~ shows `slow`: slow: i64
        //~ leads `later`: async fn later(
        let parts = for day in days { let d = double(day); d.max(one) };
        //~ offers `d.max`: max, abs
        //~ typing `d.`: max, abs
        //~ leads `double`: fn double(
        //~ leads `days`: let days
        //~ shows `for day`: day: i64
        //~ shows `let d`: d: i64
        //~ shows `parts`: parts: Vec<i64>
        //~ unclosed `d.max(o`: one
        //~ misspelt `d.max`: no method `maxx`
        let best = if slow > 1 { parts.iter().max() } else { None }.copied();
        //~ offers `parts.iter`: iter, len
        //~ typing `parts.`: iter, len
        let text = best.map_or(String::new(), |best| best.to_string());
        //~ offers `best.map_or`: map_or, is_some
        //~ typing `text = best.`: map_or, is_some
        //~ offers `best| best.to_string`: to_string, abs
        format!("{text} {}", parts.len())
        //~ offers `parts.len`: len, iter
        //~ shows `text`: text: String
    };
    println!("{}", report.compute()?);
    //~ offers `report.compute`: compute, map
    Ok(())
}

#[derive(Clone, Debug)]
struct Point {
    /// To the right.
    x: i64,
    /// Upwards.
    y: i64,
}

fn point(x: i64, y: i64) -> Point {
    Point { x, y }
}

async fn ask(name: &str) -> Result<Vec<i64>, std::fmt::Error> {
    std::future::ready(Ok(vec![name.len() as i64])).await
}

/// How many rows there are.
fn height(table: &Table) -> usize {
    table.rows.len()
}

fn block_of_branches(name: String, limit: Option<i64>) -> Delayed<i64> {
    delayed_block!({
        let answers = ask(&name).await?;
        //~ typing `ask(&na`: name
        //~ typing `as`: ask
        //~ unclosed `ask(&na`: name
        //~ leads `ask`: async fn ask(
        //~ leads `&name`: fn block_of_branches(
        //~ shows `&name`: name: String
        //~ shows `answers`: answers: Vec<i64>
        let Point { x, y } = point(answers[0], 2);
        //~ typing `Point { x, y } = po`: point
        //~ typing `point(ans`: answers
        //~ leads `Point`: struct Point
        //~ shows `{ x`: x: i64
        let most: Option<i64> = answers.iter().copied().max();
        //~ typing `answers.`: iter, len
        //~ typing `answers.iter().`: copied, max
        //~ typing `let most: Opt`: Option
        //~ mistaken `answers.iter`: iter, into_iter
        //~ misspelt `answers.iter().copied`: no method `copiedx`
        let chosen = if let Some(limit) = limit { limit.min(x) } else { y.pow(2) };
        //~ offers `limit.min`: min, max
        //~ typing `limit.`: min, max
        //~ offers `y.pow`: pow, abs
        //~ shows `let chosen`: chosen: i64
        //~ shows `Some(limit`: limit: i64
        //~ leads `limit.min(x`: let Point { x, y }
        let sign = match chosen { 0 => most.unwrap_or(x), other => other.signum() };
        //~ offers `other.signum`: signum, abs
        //~ typing `match cho`: chosen
        //~ typing `other.`: signum, abs
        //~ typing `0 => most.`: unwrap_or, map
        //~ shows `x), other`: other: i64
        //~ mistaken `most.unwrap_or`: unwrap_or, map
        let kept = { let half = sign / 2; let whole = half.abs(); whole + chosen };
        //~ typing `whole = half.`: abs, pow
        //~ shows `let kept`: kept: i64
        kept.clamp(0, x)
        //~ offers `kept.clamp`: clamp, min
        //~ typing `kept.`: clamp, min
        //~ typing `ke`: kept
        //~ misspelt `kept.clamp`: no method `clampx`
    })
}

fn block_of_handles(table: Delayed<Table>, lists: Vec<Vec<i64>>) -> Delayed<usize> {
    let table = table.named("table");
    delayed_block! {
        let rows = height(&table);
        //~ typing `height(&ta`: table
        //~ shows `height`: How many rows there are
        //~ leads `table`: let table
        //~ shows `rows`: rows: usize
        let filled = table.filled();
        //~ offers `table.filled`: filled
        //~ typing `table.`: filled, rows
        //~ shows `table.filled`: Rows that are not zero
        //~ misspelt `table.filled`: no method `filledx`
        let same = load("here", vec![1, 2]);
        //~ shows `load`: Reads the table of a day.
        //~ leads `load`: fn load(
        //~ shows `same`: same: Table
        //~ typing `= lo`: load
        let loaded = total(&same)?;
        //~ typing `total(&sa`: same
        //~ shows `loaded`: loaded: i64
        //~ leads `total`: async fn total(
        let sums = for list in lists { let all = for x in list { let y = double(x); y.pow(2) }; all.iter().sum::<i64>() };
        //~ offers `y.pow`: pow, abs
        //~ typing `y.`: pow, abs
        //~ offers `all.iter`: iter, len
        //~ typing `all.`: iter, len
        //~ typing `double(`: x, list
        //~ shows `let all`: all: Vec<i64>
        //~ shows `for list`: list: Vec<i64>
        //~ misspelt `y.pow`: no method `powx`
        let over = sums.iter().filter(|sum| **sum > loaded).count();
        //~ shows `|sum`: sum: &&i64
        //~ typing `sums.`: iter, len
        //~ typing `**sum > loa`: loaded
        let all = rows.max(over).max(filled).max(same.rows.len());
        //~ typing `same.rows.`: len, iter
        //~ typing `same.`: rows, filled
        //~ shows `all`: all: usize
        all
        //~ leads `all`: let all
    }
}

fn block_of_any<T: Clone + Ord + Send + Sync + Unpin + 'static>(items: Vec<T>, other: T) -> Delayed<T> {
    delayed_block! {
        let most = largest(items);
        //~ shows `most`: most: Option<T>
        //~ typing `lar`: largest
        //~ leads `largest`: fn largest<T
        let chosen = most.unwrap_or(other);
        //~ offers `most.unwrap_or`: unwrap_or, map
        //~ typing `most.unwrap_or(ot`: other
        //~ shows `chosen`: chosen: T
        chosen.clone()
        //~ typing `chosen.`: clone, cmp
    }
}

/// Has what blocks use.
struct Shop {
    prices: Vec<i64>,
    table: Delayed<Table>,
}

impl Shop {
    fn block_in_method(&self, factor: i64) -> Delayed<usize> {
        delayed_block! {
            let most = self.prices.iter().max().copied();
            //~ offers `self.prices`: prices, table
            //~ typing `self.`: prices, table
            //~ typing `self.pri`: prices
            //~ typing `self.prices.`: iter, len
            //~ leads `self.prices`: prices: Vec<i64>
            //~ shows `most`: most: Option<i64>
            let scaled = most.unwrap_or(1) * factor;
            //~ typing `* fac`: factor
            //~ leads `factor`: fn block_in_method(
            let rows = height(&self.table);
            //~ typing `height(&self.`: table, prices
            //~ shows `self.table`: Delayed<Table>
            let more = self.table.filled();
            //~ offers `self.table.filled`: filled
            //~ typing `self.table.`: rows, filled
            rows + more + scaled as usize
            //~ typing `rows + mo`: more
        }
    }
}

fn main() -> Result<(), delayed::Error> {
    graph()?;
    block()?;
    let shop = Shop { prices: vec![1], table: load("shop", vec![1]) };
    shop.block_in_method(2).compute()?;
    block_of_branches("a".to_owned(), Some(2)).compute()?;
    block_of_handles(shop.table, vec![vec![1]]).compute()?;
    block_of_any(vec![1], 2).compute()?;
    Ok(())
}
