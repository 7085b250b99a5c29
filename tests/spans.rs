//! Each task runs in a `tracing` span of its own, whose parent is the caller's span at compute.

mod common;

use std::fmt;
use std::sync::{Arc, Mutex};

use common::runtimes;
use delayed::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::Attributes;
use tracing::{Event, Id, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// Notes every event with the spans it was in, the innermost first.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

/// The text of the field `name` or `message`.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "name" | "message") {
            self.0 = format!("{value:?}");
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Notes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut text = Text(attributes.metadata().name().to_owned());
        attributes.record(&mut text);
        context.span(id).expect("the new span").extensions_mut().insert(text);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        for span in context.event_scope(event).into_iter().flatten() {
            text.0 += &format!(" < {}", span.extensions().get::<Text>().expect("set when it was made").0);
        }
        self.0.lock().unwrap().push(text.0);
    }
}

#[delayed]
fn load(x: i64) -> i64 {
    tracing::info!("loading");
    x
}

#[delayed]
async fn fetch(x: i64) -> i64 {
    tracing::info!("asking");
    tokio::task::yield_now().await;
    tracing::info!("answered");
    x
}

#[test]
fn tasks_are_in_spans_below_the_callers() {
    for runtime in runtimes() {
        let notes = Notes::default();
        tracing::subscriber::with_default(Registry::default().with(notes.clone()), || {
            let _caller = tracing::info_span!("nightly").entered();
            let both = (load(1).named("prices"), fetch(load(2)));
            assert_eq!(runtime.compute(both).unwrap(), (1, 2));
        });
        let mut seen = notes.0.lock().unwrap().clone();
        seen.sort();
        let expected = [
            "answered < fetch < nightly",
            "asking < fetch < nightly",
            "loading < load < nightly",
            "loading < prices < nightly",
        ];
        assert_eq!(seen, expected);
    }
}

/// Notes the fields of every span and event of the library's own.
#[derive(Clone, Default)]
struct Fields(Arc<Mutex<Vec<String>>>);

struct AllText(String);

impl Visit for AllText {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Fields {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if attributes.metadata().target() == "delayed" {
            let mut text = AllText(attributes.metadata().name().to_owned());
            attributes.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == "delayed" {
            let mut text = AllText(event.metadata().level().to_string());
            event.record(&mut text);
            let parent = context.event_span(event).map_or("", |span| span.metadata().name());
            self.0.lock().unwrap().push(format!("{} < {parent}", text.0));
        }
    }
}

#[test]
fn each_attempt_has_its_span_and_each_failed_one_is_logged() {
    #[delayed(retries = 1)]
    async fn busy(x: i64) -> Result<i64, String> {
        tokio::task::yield_now().await;
        Err(format!("no {x}"))
    }
    for runtime in runtimes() {
        let fields = Fields::default();
        let line = tracing::subscriber::with_default(Registry::default().with(fields.clone()), || {
            let _caller = tracing::info_span!("nightly").entered();
            let error = runtime.compute(busy(3)).unwrap_err();
            assert_eq!(error.attempts(), 2);
            error.location().to_string()
        });
        let seen = fields.0.lock().unwrap().clone();
        let expected = [
            format!("task name=busy location={line} attempt=1"),
            format!(
                "WARN message=the task is tried again task=busy location={line} attempt=1 of=2 error=no 3 < nightly"
            ),
            format!("task name=busy location={line} attempt=2"),
            format!(
                "WARN message=the task is not tried again task=busy location={line} attempt=2 of=2 error=no 3 < nightly"
            ),
        ];
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_blocking_body_that_goes_on_is_logged() {
    #[delayed(blocking, timeout = "2ms", limit = "disk")]
    fn late() {
        while !delayed::is_cancelled() {
            std::thread::yield_now();
        }
    }
    let fields = Fields::default();
    let runtime = Runtime::builder().workers(1).limit("disk", 1).build().unwrap();
    tracing::subscriber::with_default(Registry::default().with(fields.clone()), || {
        runtime.compute(late()).unwrap_err();
    });
    let seen = fields.0.lock().unwrap().join("\n");
    let message = "the blocking task took longer than 2ms; its body goes on, and keeps its thread and its place of the limit `disk`";
    assert!(seen.contains(message), "{seen}");
}
