//! What `flights` prints and writes, and what it says when something is wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REPORT: &str = "\
Departure delays from 2001-01-01 to 2001-03-31

flights read  20,000
mean delay    7.7039 minutes
worst day     2001-02-25: 28.5167 minutes over 209 flights

Origins with the worst mean delay, of those with at least 100 flights

      origin  city             flights  mean delay
   1  JFK     New York, NY         200     16.2000
   2  SEA     Seattle, WA          339     13.3392
   3  SMF     Sacramento, CA       121     13.1240
   4  MIA     Miami, FL            294     13.1224
   5  BOS     Boston, MA           369     12.5176
   6  PHX     Phoenix, AZ          633     12.0490
   7  DEN     Denver, CO           452     11.8960
   8  MSY     New Orleans, LA      176     11.5568
   9  TPA     Tampa, FL            255     11.2863
  10  PDX     Portland, OR         172     10.8140
";

const AIRPORTS: &str = "\
iata,name,city,state,country,latitude,longitude
BBB,\"Barron, \"\"Bud\"\"\",\"Beeville, North\",WA,USA,34.5,-82.9
";

const DAY: &str = "\
date,delay,distance,origin,destination
2001-01-01 00:47,66,1750,AAA,BBB
2001-01-01 01:10,-5,2399,BBB,AAA
";

/// A folder of this test's own, with two small days and two airports in it, in which `flights` runs.
struct Folder(PathBuf);

/// What one run of `flights` came to.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("flights").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the last run's folder goes");
        }
        fs::create_dir_all(folder.join("data/days")).expect("the folder is made");
        let folder = Self(folder);
        folder.write("data/airports.csv", AIRPORTS);
        folder.write("data/days/2001-01-01.csv", DAY);
        folder.write("data/days/2001-01-02.csv", DAY.replace("2001-01-01", "2001-01-02"));
        folder
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(file), content).expect("the file is written");
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.0.join(file)).expect("the file is removed");
    }

    fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.0.join(file)).ok()
    }

    fn flights(&self) -> Command {
        let mut flights = Command::new(env!("CARGO_BIN_EXE_flights"));
        flights.current_dir(&self.0).env_remove("DELAYED_WORKERS");
        flights
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.flights().args(arguments))
    }

    /// Runs on the folder's own data, and expects one line that says what failed: the task, and the rest in order.
    #[track_caller]
    fn assert_fails(&self, task: &str, said: &[&str]) {
        let outcome = self.run(&["--data", "data"]);
        assert_failed(&outcome, task, said);
        assert_eq!(self.read("report.txt"), None, "there is no report of a failed run");
    }
}

fn outcome(flights: &mut Command) -> Outcome {
    let output = flights.output().expect("flights starts");
    let text = |bytes| String::from_utf8(bytes).expect("flights prints text");
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[track_caller]
fn assert_failed(outcome: &Outcome, task: &str, said: &[&str]) {
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert!(outcome.stderr.starts_with("error: "), "{outcome:?}");
    let mut rest = &*outcome.stderr;
    for part in [task, "flights.rs:"].iter().chain(said) {
        let at = rest.find(part).unwrap_or_else(|| panic!("no `{part}` where it should be in {outcome:?}"));
        rest = &rest[at + part.len()..];
    }
}

#[track_caller]
fn assert_reports(outcome: &Outcome, report: &str, written: &str) {
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{outcome:?}");
    let last = outcome.stdout.strip_prefix(report).expect("the report is printed first");
    let last = last.strip_prefix(written).unwrap_or_else(|| panic!("no `{written}` in {outcome:?}"));
    assert!(last.ends_with("s\n") && last.lines().count() == 1, "the time comes last: {outcome:?}");
}

#[test]
fn the_answers_are_the_known_ones() {
    let folder = Folder::new("known");
    let outcome = folder.run(&[]);
    assert_reports(&outcome, REPORT, "\nreport written to report.txt: 364 tasks ran on ");
    assert_eq!(folder.read("report.txt").as_deref(), Some(REPORT));
}

#[test]
fn any_number_of_workers_finds_the_same() {
    let folder = Folder::new("workers");
    for (number, workers) in [("1", "1 worker"), ("2", "2 workers"), ("4", "4 workers"), ("9", "9 workers")] {
        let file = format!("with-{number}.txt");
        let outcome = folder.run(&["--workers", number, "--report", &file]);
        assert_reports(&outcome, REPORT, &format!("\nreport written to {file}: 364 tasks ran on {workers} in "));
        assert_eq!(folder.read(&file).as_deref(), Some(REPORT));
    }
    assert_eq!(folder.read("report.txt"), None);
}

#[test]
fn the_environment_may_set_the_workers() {
    let folder = Folder::new("environment");
    let outcome = outcome(folder.flights().env("DELAYED_WORKERS", "3"));
    assert_reports(&outcome, REPORT, "\nreport written to report.txt: 364 tasks ran on 3 workers in ");

    let outcome = self::outcome(folder.flights().env("DELAYED_WORKERS", "several"));
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("DELAYED_WORKERS"), "{outcome:?}");
}

#[test]
fn a_folder_of_ones_own_is_read() {
    let folder = Folder::new("own");
    let row = "  2001-02-03 10:00 ,\t7, 100 , \"BBB\" ,AAA\r\n\r\n   \r\n";
    let header = "\u{feff}date, delay ,distance,origin,destination\r\n";
    folder.write("data/days/2001-02-03.csv", format!("{header}{}", row.repeat(100)));
    folder.write("data/days/notes.txt", "not a day");
    let origin = DAY.lines().nth(1).expect("a flight");
    let early = format!("{}\n{}", DAY.lines().next().expect("a header"), format!("{origin}\n").repeat(110));
    folder.write("data/days/2001-01-01.csv", early.replace("66", "-66"));

    let outcome = folder.run(&["--data=data"]);
    let report = "\
Departure delays from 2001-01-01 to 2001-02-03

flights read  212
mean delay    -30.6557 minutes
worst day     2001-01-02: 30.5000 minutes over 2 flights

Origins with the worst mean delay, of those with at least 100 flights

      origin  city                 flights  mean delay
   1  BBB     Beeville, North, WA      101      6.8812
   2  AAA     unknown                  111    -64.8108
";
    assert_reports(&outcome, report, "\nreport written to report.txt: 16 tasks ran on ");
    assert_eq!(folder.read("report.txt").as_deref(), Some(report));
}

#[test]
fn few_flights_rank_no_origin() {
    let folder = Folder::new("few");
    folder.remove("data/days/2001-01-02.csv");
    let outcome = folder.run(&["--data", "data"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("\nflights read  2\nmean delay    30.5000 minutes\n"), "{outcome:?}");
    assert!(outcome.stdout.contains("at least 100 flights\n\n  (none)\n\n"), "{outcome:?}");
    assert!(outcome.stdout.contains(" 8 tasks ran on "), "{outcome:?}");
}

#[test]
fn a_missing_folder() {
    let folder = Folder::new("missing");
    let outcome = folder.run(&["--data", "nowhere"]);
    assert_failed(&outcome, "list_days", &["cannot read the folder `nowhere", "days`: "]);
}

#[test]
fn an_empty_folder() {
    let folder = Folder::new("empty");
    folder.remove("data/days/2001-01-01.csv");
    folder.remove("data/days/2001-01-02.csv");
    folder.write("data/days/notes.txt", "not a day");
    folder.assert_fails("list_days", &["no `.csv` file in the folder `data", "days`\n"]);
}

#[test]
fn a_broken_line() {
    let folder = Folder::new("broken");
    for (line, problem) in [
        ("2001-01-02 09:00,late,100,AAA,BBB", "the delay `late` is not a whole number of minutes\n"),
        ("2001-01-02 09:00,1,100,AAA", "expected 5 fields, found 4\n"),
        ("2001-02-30 09:00,1,100,AAA,BBB", "the date `2001-02-30 09:00` is not a date and time (YYYY-MM-DD HH:MM)\n"),
        ("2001-01-02 09:00,1,far,AAA,BBB", "the distance `far` is not a whole number of miles\n"),
        ("2001-01-02 09:00,1,100,aaa,BBB", "the origin `aaa` is not an airport's code"),
        ("2001-01-02 09:00,1,100,AAA,\"BBB", "a quoted field must end in `\"`"),
    ] {
        folder.write("data/days/2001-01-02.csv", format!("{DAY}\n{line}\n"));
        folder.assert_fails("parse_day", &["2001-01-02.csv`, line 5: ", problem]);
    }
}

#[test]
fn a_header_of_another_shape() {
    let folder = Folder::new("header");
    folder.write("data/days/2001-01-02.csv", "date,delay,origin\n");
    let expected = "line 1: expected the header `date,delay,distance,origin,destination`, found `date,delay,origin`\n";
    folder.assert_fails("parse_day", &["2001-01-02.csv`, ", expected]);

    folder.write("data/days/2001-01-02.csv", "");
    folder.assert_fails("parse_day", &["2001-01-02.csv`, line 1: expected the header `date,", "found ``\n"]);

    folder.write("data/days/2001-01-02.csv", DAY);
    folder.write("data/airports.csv", "code,name\n");
    folder.assert_fails("parse_airports", &["airports.csv`, line 1: expected the header `iata,", "`code,name`\n"]);
}

#[test]
fn a_file_that_is_not_utf_8() {
    let folder = Folder::new("utf-8");
    folder.write("data/days/2001-01-02.csv", [DAY.as_bytes(), b"2001-01-02 09:00,1,100,\xff\xfe,BBB\n"].concat());
    folder.assert_fails("load", &["2001-01-02.csv`, line 4: this is not UTF-8 text\n"]);
}

#[test]
fn missing_or_broken_airports() {
    let folder = Folder::new("airports");
    folder.write("data/airports.csv", format!("{AIRPORTS}CCC,Name,City\n"));
    folder.assert_fails("parse_airports", &["airports.csv`, line 3: expected 7 fields, found 3\n"]);
    folder.remove("data/airports.csv");
    folder.assert_fails("load", &["cannot read `data", "airports.csv`: "]);
}

#[test]
fn headers_without_flights() {
    let folder = Folder::new("no-flights");
    for day in ["data/days/2001-01-01.csv", "data/days/2001-01-02.csv"] {
        folder.write(day, DAY.lines().next().expect("a header"));
    }
    folder.assert_fails("report", &["there is no flight in any of the files\n"]);
}

#[test]
fn a_report_that_cannot_be_written() {
    let folder = Folder::new("unwritable");
    let outcome = folder.run(&["--report", "nowhere/report.txt"]);
    assert_failed(&outcome, "save", &["cannot write `nowhere/report.txt`: "]);
}

#[test]
fn a_wrong_command_line() {
    let folder = Folder::new("usage");
    for (arguments, said) in [
        (&["--worker", "2"][..], "error: unknown argument `--worker`; "),
        (&["folder"], "error: unknown argument `folder`; "),
        (&["--data"], "error: `--data` needs a value behind it\n"),
        (&["--workers", "0"], "error: `--workers` takes a number from 1 to 1024, not `0`\n"),
        (&["--workers=many"], "error: `--workers` takes a number from 1 to 1024, not `many`\n"),
        (&["--limit", "0"], "error: `--limit` takes a number from 1 to 1024, not `0`\n"),
        (&["--retries", "-1"], "error: `--retries` takes a number from 0 to 1000, not `-1`\n"),
        (&["--timeout", "5"], "error: `--timeout` takes a whole number above 0 and its unit, us, ms, s, m or h, "),
        (&["--keep-going=yes"], "error: `--keep-going` takes no value\n"),
    ] {
        let outcome = folder.run(arguments);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(2), ""), "{outcome:?}");
        assert!(outcome.stderr.starts_with(said), "{outcome:?}");
    }
}

#[test]
fn help_is_printed() {
    let outcome = Folder::new("help").run(&["--help"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{outcome:?}");
    let options =
        ["--data DIR", "--report FILE", "--workers N", "--keep-going", "--limit N", "--retries N", "--timeout T"];
    for option in ["Usage: flights", "--help"].iter().chain(&options) {
        assert!(outcome.stdout.contains(option), "{outcome:?}");
    }
}

/// Two good days, and the report on them.
const TWO_DAYS: &str = "\
Departure delays from 2001-01-01 to 2001-01-02

flights read  4
mean delay    30.5000 minutes
worst day     2001-01-01: 30.5000 minutes over 2 flights

Origins with the worst mean delay, of those with at least 100 flights

  (none)
";

#[test]
fn keep_going_reports_on_the_other_days() {
    let folder = Folder::new("keep-going");
    fs::create_dir(folder.0.join("data/days/2001-01-03.csv")).expect("a folder is made");
    folder.write("data/days/2001-01-04.csv", format!("{DAY}2001-01-04 09:00,late,100,AAA,BBB\n"));
    let outcome = folder.run(&["--data", "data", "--keep-going"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    let last = outcome.stdout.strip_prefix(TWO_DAYS).unwrap_or_else(|| panic!("not the report: {outcome:?}"));
    assert!(last.starts_with("\nreport written to report.txt without 2 of 4 days, on "), "{outcome:?}");
    assert_eq!(folder.read("report.txt").as_deref(), Some(TWO_DAYS));

    let lines: Vec<_> = outcome.stderr.lines().collect();
    let [load, parse] = lines[..] else { panic!("not a line for each day: {outcome:?}") };
    assert_skipped(load, "2001-01-03.csv", "load", "failed", &["cannot read `data", "2001-01-03.csv`: "]);
    let said = ["2001-01-04.csv`, line 4: the delay `late` is not a whole number of minutes"];
    assert_skipped(parse, "2001-01-04.csv", "parse_day", "failed", &said);

    // Without it, the first failure ends the job. Which one that is, is open.
    let outcome = folder.run(&["--data", "data", "--report", "none.txt"]);
    assert_failed(&outcome, "task `", &[" failed: "]);
    assert_eq!(folder.read("none.txt"), None);
}

/// The line names the day, the task, the place of its call, what happened to it, and the rest in order.
#[track_caller]
fn assert_skipped(line: &str, day: &str, task: &str, happened: &str, said: &[&str]) {
    let rest = line.strip_prefix(&format!("skipped {day}: task `{task}` (")).unwrap_or_else(|| panic!("{line}"));
    let (place, mut rest) = rest.split_once(") ").unwrap_or_else(|| panic!("{line}"));
    assert!(place.contains("flights.rs:"), "{line}");
    for part in [happened].iter().chain(said) {
        let at = rest.find(part).unwrap_or_else(|| panic!("no `{part}` where it should be in {line}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn keep_going_with_nothing_to_skip_is_as_without() {
    let folder = Folder::new("keep-going-good");
    let outcome = folder.run(&["--keep-going"]);
    assert_reports(&outcome, REPORT, "\nreport written to report.txt: 364 tasks ran on ");
    assert_eq!(folder.read("report.txt").as_deref(), Some(REPORT));
}

#[test]
fn keep_going_needs_a_day_and_the_airports() {
    let folder = Folder::new("keep-going-bad");
    for day in ["data/days/2001-01-01.csv", "data/days/2001-01-02.csv"] {
        folder.write(day, "nothing\n");
    }
    let outcome = folder.run(&["--data", "data", "--keep-going"]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""), "{outcome:?}");
    let lines: Vec<_> = outcome.stderr.lines().collect();
    let [first, second, error] = lines[..] else { panic!("not three lines: {outcome:?}") };
    assert_skipped(first, "2001-01-01.csv", "parse_day", "failed", &["2001-01-01.csv`, line 1: expected the header"]);
    assert_skipped(second, "2001-01-02.csv", "parse_day", "failed", &["2001-01-02.csv`, line 1: expected the header"]);
    assert!(error.starts_with("error: task `report` ("), "{outcome:?}");
    assert!(error.ends_with("there is no flight in any of the files"), "{outcome:?}");

    let folder = Folder::new("keep-going-airports");
    folder.remove("data/airports.csv");
    let outcome = folder.run(&["--data", "data", "--keep-going"]);
    assert_failed(&outcome, "`load` (", &["cannot read `data", "airports.csv`: "]);
}

#[test]
fn a_file_is_tried_again_as_often_as_said() {
    let folder = Folder::new("retries");
    folder.remove("data/airports.csv");
    let outcome = folder.run(&["--data", "data", "--retries", "2"]);
    assert_failed(&outcome, "`load` (", &[" failed after 3 attempts: cannot read `data", "airports.csv`: "]);
}

#[test]
fn one_file_at_a_time_finds_the_same() {
    let folder = Folder::new("limit");
    let outcome = folder.run(&["--limit", "1", "--retries", "3", "--timeout", "1h"]);
    assert_reports(&outcome, REPORT, "\nreport written to report.txt: 364 tasks ran on ");
}

/// Files that let their readers wait: pipes with a name.
#[cfg(unix)]
mod pipes {
    use std::io::Write as _;
    use std::process::{Child, Stdio};

    use super::*;

    const DAYS: [&str; 2] = ["data/days/2001-01-01.csv", "data/days/2001-01-02.csv"];

    impl Folder {
        /// Puts a pipe in the place of a file: whoever reads it waits until somebody has written it.
        fn pipe(&self, file: &str) {
            self.remove(file);
            let made = Command::new("mkfifo").arg(self.0.join(file)).status().expect("mkfifo starts");
            assert!(made.success(), "{made}");
        }

        /// Opens a pipe to be written. This waits until somebody reads it.
        fn open(&self, file: &str) -> fs::File {
            fs::File::options().write(true).open(self.0.join(file)).expect("the pipe is opened")
        }

        fn start(&self, arguments: &[&str]) -> Child {
            let mut flights = self.flights();
            flights.args(["--data", "data"]).args(arguments);
            flights.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("flights starts")
        }
    }

    fn end(flights: Child) -> Outcome {
        let output = flights.wait_with_output().expect("flights ends");
        let text = |bytes| String::from_utf8(bytes).expect("flights prints text");
        Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[test]
    fn a_file_that_does_not_come_times_out() {
        let folder = Folder::new("timeout");
        ["data/airports.csv"].iter().chain(&DAYS).for_each(|file| folder.pipe(file));
        let outcome = folder.run(&["--data", "data", "--timeout", "1us"]);
        assert_failed(&outcome, "`load` (", &[" timed out: "]);
        assert_eq!(folder.read("report.txt"), None);

        let outcome = folder.run(&["--data", "data", "--timeout", "1us", "--retries", "3", "--keep-going"]);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""), "{outcome:?}");
        let lines: Vec<_> = outcome.stderr.lines().collect();
        let [first, second, error] = lines[..] else { panic!("not three lines: {outcome:?}") };
        for (line, day) in [(first, "2001-01-01.csv"), (second, "2001-01-02.csv")] {
            assert_skipped(line, day, "load", "timed out after 4 attempts: ", &[]);
        }
        assert!(error.starts_with("error: task `load` (") && error.contains(" timed out "), "{outcome:?}");
    }

    /// The others take less than two seconds to load.
    #[test]
    fn the_other_days_do_not_wait_for_it() {
        let folder = Folder::new("timeout-of-one");
        folder.write("data/days/2001-01-03.csv", DAY);
        folder.pipe("data/days/2001-01-03.csv");
        let outcome = folder.run(&["--data", "data", "--timeout", "2s", "--keep-going"]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stdout.starts_with(TWO_DAYS), "{outcome:?}");
        assert!(outcome.stdout.contains("without 1 of 3 days"), "{outcome:?}");
        let line = outcome.stderr.strip_suffix('\n').expect("a line");
        assert_skipped(line, "2001-01-03.csv", "load", "timed out: ", &[]);
    }

    #[test]
    fn a_second_attempt_may_find_what_the_first_did_not() {
        let folder = Folder::new("second-attempt");
        folder.pipe(DAYS[1]);
        let flights = folder.start(&["--retries", "1"]);
        let mut pipe = folder.open(DAYS[1]);
        folder.write("good.csv", DAY.replace("2001-01-01", "2001-01-02"));
        fs::rename(folder.0.join("good.csv"), folder.0.join(DAYS[1])).expect("the good file is there");
        pipe.write_all(b"\xff\n").expect("the first attempt reads no text");
        drop(pipe);
        assert_reports(&end(flights), TWO_DAYS, "\nreport written to report.txt: 12 tasks ran on ");
    }

    #[test]
    fn as_many_files_are_loaded_at_once_as_said() {
        let folder = Folder::new("limit-of-two");
        DAYS.iter().for_each(|day| folder.pipe(day));
        let flights = folder.start(&["--limit", "2", "--workers", "1"]);
        let mut pipes = DAYS.map(|day| folder.open(day)); // both are being read now
        for (pipe, date) in pipes.iter_mut().zip(["2001-01-01", "2001-01-02"]) {
            pipe.write_all(DAY.replace("2001-01-01", date).as_bytes()).expect("flights reads");
        }
        drop(pipes);
        assert_reports(&end(flights), TWO_DAYS, "\nreport written to report.txt: 12 tasks ran on 1 worker in ");
    }

    /// Where one day is being read, whichever that is, nobody opens the other one.
    #[cfg(target_os = "linux")]
    #[test]
    fn with_a_limit_of_one_no_two_files_are_loaded_at_once() {
        use std::os::unix::fs::OpenOptionsExt as _;
        const O_NONBLOCK: i32 = 0o4000; // to open a pipe that nobody reads is an error then

        let folder = Folder::new("limit-of-one");
        DAYS.iter().for_each(|day| folder.pipe(day));
        let flights = folder.start(&["--limit", "1"]);
        let open = |day: &&str| fs::File::options().write(true).custom_flags(O_NONBLOCK).open(folder.0.join(day)).ok();
        let mut days = DAYS.to_vec();
        while !days.is_empty() {
            let (index, mut pipe) = loop {
                match days.iter().enumerate().find_map(|(index, day)| Some((index, open(day)?))) {
                    Some(opened) => break opened,
                    None => std::thread::yield_now(),
                }
            };
            let day = days.remove(index);
            assert!(days.iter().all(|other| open(other).is_none()), "both days are being read");
            let date = day.strip_prefix("data/days/").and_then(|file| file.strip_suffix(".csv")).expect("a day");
            pipe.write_all(DAY.replace("2001-01-01", date).as_bytes()).expect("flights reads");
        }
        assert_reports(&end(flights), TWO_DAYS, "\nreport written to report.txt: 12 tasks ran on ");
    }

    #[test]
    fn ctrl_c_cancels_the_run() {
        for more in [&[][..], &["--keep-going"], &["--limit", "1"], &["--workers", "1", "--retries", "5"]] {
            let folder = Folder::new("ctrl-c");
            folder.pipe(DAYS[0]);
            let flights = folder.start(more);
            let pipe = folder.open(DAYS[0]); // it is being read now, and will not end
            let told = Command::new("kill").args(["-INT", &flights.id().to_string()]).status().expect("kill starts");
            assert!(told.success(), "{told}");
            let outcome = end(flights);
            drop(pipe);
            assert_eq!((outcome.code, &*outcome.stdout), (Some(130), ""), "{outcome:?}");
            assert_eq!(outcome.stderr, "error: interrupted by Ctrl-C, and the run was cancelled\n");
            assert_eq!(folder.read("report.txt"), None);
        }
    }

    /// Where a task is in a place that nothing ends: the report goes into a pipe that nobody reads.
    #[test]
    fn a_second_ctrl_c_ends_the_program() {
        let folder = Folder::new("second-ctrl-c");
        folder.write("report.txt", "");
        folder.pipe("report.txt");
        folder.pipe(DAYS[0]);
        let mut flights = folder.start(&[]);
        folder.open(DAYS[0]).write_all(DAY.as_bytes()).expect("flights reads");
        while flights.try_wait().expect("flights is asked").is_none() {
            let told = Command::new("kill").args(["-INT", &flights.id().to_string()]).status().expect("kill starts");
            assert!(told.success(), "{told}");
        }
        let outcome = end(flights);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(130), ""), "{outcome:?}");
    }
}
