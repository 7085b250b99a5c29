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
