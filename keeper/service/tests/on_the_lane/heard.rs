//! What a service tells its operator: the codes in its log.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, span};

/// Listens to what this thread logs, as long as it lives.
pub(crate) struct Ear {
    heard: Heard,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Level, String)>>>);

impl Ear {
    pub(crate) fn new() -> Self {
        // As long as there is one listener alone, a place in the code that a thread without it reaches first is silent in all threads from then on.
        static OTHER: OnceLock<Dispatch> = OnceLock::new();
        OTHER.get_or_init(|| Dispatch::new(Heard::default()));
        let heard = Heard::default();
        Self { _guard: tracing::subscriber::set_default(heard.clone()), heard }
    }

    /// How often something with this code was told, and at which level.
    pub(crate) fn told(&self, code: &str) -> Vec<Level> {
        let heard = self.heard.0.lock().unwrap();
        heard.iter().filter(|(_, told)| told == code).map(|(level, _)| *level).collect()
    }
}

/// The code among an event's fields.
#[derive(Default)]
struct Code(Option<String>);

impl Visit for Code {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "code" {
            self.0 = Some(value.to_owned());
        }
    }
}

impl Subscriber for Heard {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut code = Code::default();
        event.record(&mut code);
        self.0.lock().unwrap().extend(code.0.map(|code| (*event.metadata().level(), code)));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
