//! What a keeper offers: asked for on the side, since a keeper that stands still must not hold up what has a deadline.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use cor_errors::Coded as _;
use cor_ports::domain::{Crew, Offer, SignatureBytes};
use cor_ports::{Chain, ChainError, Relay, RelayError};
use tokio::sync::Notify;
use tracing::{info, warn};

use crate::machine::pause::Pause;
use crate::service::job::{Job, finished};

/// Seconds after which a question for offers is given up.
const PATIENCE_SECS: u64 = 5;
/// Seconds for which an offer that did not hold is not looked at again: each look asks the node.
const DECLINED_SECS: u64 = 10;
/// Seconds for which an account that was a keeper is taken for one, and one that was none for none.
const TRUST_SECS: u64 = 60;

/// Where offers come in.
#[derive(Default)]
pub(super) struct Desk {
    asking: Option<Job<Result<Vec<Offer>, RelayError>>>,
    /// Until the question that is under way is given up.
    patience: Pause,
    is_away: bool,
    /// Code of the failure that was last told of.
    told: Option<&'static str>,
    declined: BTreeMap<B256, Declined>,
    /// Whether an account is a keeper, and until when that is taken for true.
    keepers: BTreeMap<Address, (bool, Pause)>,
}

struct Declined {
    crew: Crew,
    assign: SignatureBytes,
    pause: Pause,
}

impl Desk {
    /// Asks for offers, unless a question is under way.
    pub(super) fn ask(&mut self, done: &Arc<Notify>, relay: &Arc<dyn Relay>, miner: Address, now_secs: u64) {
        if self.asking.is_none() {
            let relay = Arc::clone(relay);
            self.patience = Pause::new(now_secs, PATIENCE_SECS);
            self.asking = Some(Job::start(done, async move { relay.offers(miner).await }));
        }
    }

    /// Offers that came in. A failure is told of once, until there is another or none.
    pub(super) fn collect(&mut self, now_secs: u64) -> Vec<Offer> {
        match finished(&mut self.asking) {
            Some(Ok(Ok(offers))) => {
                if self.told.take().is_some() {
                    info!("the keeper answers again");
                }
                self.is_away = false;
                return self.news(offers, now_secs);
            }
            Some(Ok(Err(error))) => {
                let keeper_code = error.refusal().map(|said| &*said.code);
                self.fail(error.code(), || {
                    warn!(code = error.code(), keeper_code, %error, "the keeper tells of no tasks; trying again");
                });
            }
            // A panic's message is in the log.
            Some(Err(_)) => self.is_away = true,
            None if self.asking.is_some() && self.patience.is_over(now_secs) => {
                self.asking = None;
                self.fail("", || warn!(seconds = PATIENCE_SECS, "the keeper does not answer; trying again"));
            }
            None => {}
        }
        Vec::new()
    }

    fn fail(&mut self, code: &'static str, tell: impl FnOnce()) {
        self.is_away = true;
        if self.told.replace(code) != Some(code) {
            tell();
        }
    }

    /// Offers that were not declined a moment ago.
    fn news(&mut self, offers: Vec<Offer>, now_secs: u64) -> Vec<Offer> {
        self.declined.retain(|_, declined| !declined.pause.is_over(now_secs));
        let is_new = |offer: &Offer| {
            let known = self.declined.get(&offer.task);
            known.is_none_or(|known| known.crew != offer.crew || known.assign != offer.assign)
        };
        offers.into_iter().filter(is_new).collect()
    }

    /// The keeper could not be reached when it was last asked.
    pub(super) const fn is_away(&self) -> bool {
        self.is_away
    }

    /// Does not look at this offer again for a while.
    pub(super) fn decline(&mut self, offer: &Offer, now_secs: u64) {
        let pause = Pause::new(now_secs, DECLINED_SECS);
        self.declined.insert(offer.task, Declined { crew: offer.crew.clone(), assign: offer.assign, pause });
    }

    /// Whether an account is a keeper, as the chain said a while ago.
    ///
    /// # Errors
    /// Those of the chain.
    pub(super) async fn is_keeper(&mut self, chain: &dyn Chain, account: Address, now_secs: u64) -> Result<bool, ChainError> {
        self.keepers.retain(|_, (_, trusted)| !trusted.is_over(now_secs));
        if let Some((is_keeper, _)) = self.keepers.get(&account) {
            return Ok(*is_keeper);
        }
        let is_keeper = chain.is_keeper(account).await?;
        self.keepers.insert(account, (is_keeper, Pause::new(now_secs, TRUST_SECS)));
        Ok(is_keeper)
    }
}
