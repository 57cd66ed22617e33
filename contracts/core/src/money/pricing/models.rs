//! Models: which class each is in, and changes that are announced.

use super::choice::ModelClass;
use super::error::PricingError;
use super::publish::Calendar;

/// What a model is at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its class; kept while it is out of service, so that it cannot come back at another price.
    pub class: ModelClass,
    /// Whether it is in service.
    pub enabled: bool,
}

/// A model as stored. All zero: unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// Whether it was ever set.
    pub known: bool,
    /// What it is until `next_at`.
    pub present: Listing,
    /// What it is from `next_at` on.
    pub next: Listing,
    /// When `next` takes effect, seconds since 1970; 0 if no change was announced.
    pub next_at: u64,
}

/// How a change of a model takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// At once: nobody was promised anything else.
    AtOnce,
    /// From this time on, in seconds since 1970. The class stays.
    At(u64),
    /// From this time on, in seconds since 1970, with the prices of another class: the caller holds them against each other.
    Reclassified(u64),
}

impl Model {
    /// The same at `now`: a change whose time has come is what the model is.
    #[must_use]
    pub fn at(self, now: u64) -> Self {
        if self.next_at == 0 || now < self.next_at {
            return self;
        }
        Self { known: true, present: self.next, ..Self::default() }
    }

    /// Class at `now`, if the model is in service.
    #[must_use]
    pub fn class(self, now: u64) -> Option<ModelClass> {
        let Listing { class, enabled } = self.at(now).present;
        enabled.then_some(class)
    }

    /// When the change that is announced takes effect, if one is.
    #[must_use]
    pub fn change_at(self, now: u64) -> Option<u64> {
        let next_at = self.at(now).next_at;
        (next_at != 0).then_some(next_at)
    }

    /// When it goes to another class, if that is announced.
    #[must_use]
    pub fn reclassified_at(self, now: u64) -> Option<u64> {
        self.change_at(now).filter(|_| self.next.class != self.present.class)
    }

    /// Makes it `to`. `last_version_at`: when the last version that was not cancelled takes effect, `None` if none is in effect yet.
    ///
    /// New models and those that return come at once, as what they were; so does a change while nothing has a price. All else waits for the
    /// notice, and another class also for a day after the last version, as a version does.
    ///
    /// # Errors
    /// [`PricingError::ModelChangePending`]; [`PricingError::UnknownModel`] if an unknown model is to go;
    /// [`PricingError::InputOutOfRange`] for a model that is to go and to change its class.
    pub fn set(self, to: Listing, calendar: &Calendar, last_version_at: Option<u64>) -> Result<(Self, Change), PricingError> {
        let now = calendar.now;
        let model = self.at(now);
        if let Some(effective_at) = model.change_at(now) {
            return Err(PricingError::ModelChangePending { effective_at });
        }
        let Listing { class, enabled } = model.present;
        if !to.enabled && !model.known {
            return Err(PricingError::UnknownModel);
        }
        if !to.enabled && to.class != class {
            let (value, class) = (to.class.number().into(), class.number().into());
            return Err(PricingError::InputOutOfRange { field: ModelClass::FIELD, value, min: class, max: class });
        }
        let change = match last_version_at {
            Some(version_at) if model.known && to.class != class => Change::Reclassified(calendar.earliest_after(version_at)),
            Some(_) if enabled && !to.enabled => Change::At(calendar.now.saturating_add(calendar.notice_secs)),
            _ => Change::AtOnce,
        };
        let changed = match change {
            Change::AtOnce => Self { known: true, present: to, ..Self::default() },
            Change::At(next_at) | Change::Reclassified(next_at) => Self { next: to, next_at, ..model },
        };
        Ok((changed, change))
    }

    /// Takes the change back that is announced.
    ///
    /// # Errors
    /// [`PricingError::NoModelChange`].
    pub fn cancel(self, now: u64) -> Result<Self, PricingError> {
        let model = self.at(now);
        model.change_at(now).ok_or(PricingError::NoModelChange)?;
        Ok(Self { next: Listing::default(), next_at: 0, ..model })
    }
}
