//! A program with a subscriber of its own for `tracing` gets messages as events.

#![allow(clippy::unwrap_used)]

use std::fmt;
use std::sync::{Arc, Mutex};

use millrace_stderr::Voice;
use millrace_types::Conf;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps targets, levels and messages.
struct Kept(Arc<Mutex<Vec<String>>>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, _field: &Field, value: &dyn fmt::Debug) {
        self.0 = format!("{value:?}");
    }
}

impl Subscriber for Kept {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let (target, level) = (event.metadata().target(), event.metadata().level());
        let line = format!("{target} {level} {}", message.0);
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[test]
fn it_gets_every_message_whatever_the_settings_say() {
    let kept = Arc::default();
    tracing::subscriber::set_global_default(Kept(Arc::clone(&kept))).unwrap();
    let conf = Conf::from_iter([
        ("spark.log.level", "ERROR"),
        ("millrace.log.format", "json"),
    ]);
    millrace_stderr::configure(&conf).unwrap();
    millrace_stderr::info("millrace: hello");
    millrace_stderr::warn("millrace: take care");
    millrace_stderr::error("millrace: alas");
    let expected = [
        "millrace INFO millrace: hello",
        "millrace WARN millrace: take care",
        "millrace ERROR millrace: alas",
    ];
    assert_eq!(*kept.lock().unwrap(), expected);
}

#[test]
fn a_setting_that_means_nothing_is_named() {
    let conf = Conf::from_iter([("millrace.log.format", "xml")]);
    let refused = millrace_stderr::configure(&conf).unwrap_err().to_string();
    assert_eq!(
        refused,
        "millrace.log.format should be text or json, but was 'xml'"
    );
}

#[test]
fn what_a_voice_has_left_out_is_told_at_the_end() {
    let kept = Arc::default();
    tracing::subscriber::with_default(Kept(Arc::clone(&kept)), || {
        let voice = Voice::new("millrace-history: ");
        assert!(voice.say("a", "a is\nnot read"));
        assert!(!voice.say("a", "a is not read"));
        assert!(!voice.say("a", "a is not read"));
        assert!(voice.say("b", "b is not read"));
        drop(voice);
    });
    let kept = kept.lock().unwrap();
    let expected = [
        "millrace WARN millrace-history: a is\\nnot read",
        "millrace WARN millrace-history: b is not read",
    ];
    assert_eq!(kept[..2], expected);
    let end = "millrace WARN millrace-history: lines such as those above were left out 2 times";
    assert!(kept[2].starts_with(end), "{}", kept[2]);
    assert_eq!(kept.len(), 3);
}
