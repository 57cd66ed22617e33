//! Sessions, their tariffs, and the submission of tasks.

use alloc::string::String;

use alloy_primitives::{keccak256, Address, B256, U256, U64};
use cor_contract_shared::{
    abi::{Decode, Decoder},
    ask_quote, log, QuoteInputs, Revert,
};
use cor_core::limits::PROMPT_URN_BYTES_MAX;
use cor_core::money::pricing;
use cor_core::task::lane::history::{History, Opening};
use cor_core::task::lane::{messages, submit, LaneTerms, Tariff};
use stylus_sdk::prelude::*;

use crate::{
    abi::{error, out_of_range, refuse_terms, SessionClosed, SessionCreated, TariffPinned, TaskSubmitted},
    in_grains,
    store::Rates,
    Lane,
};

/// What a task is submitted with beside its session.
pub(crate) struct Order {
    pub(crate) sequence: u64,
    pub(crate) max_charge: u64,
    pub(crate) prompt_digest: B256,
    pub(crate) prompt_urn: String,
    pub(crate) client_reference: B256,
}

impl Decode for Order {
    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            sequence: Decode::decode(from)?,
            max_charge: Decode::decode(from)?,
            prompt_digest: Decode::decode(from)?,
            prompt_urn: Decode::decode(from)?,
            client_reference: Decode::decode(from)?,
        })
    }
}

impl Lane {
    pub(crate) fn must_not_be_paused(&self) -> Result<(), Revert> {
        if self.config.paused.get() {
            return Err(error!(Paused));
        }
        Ok(())
    }

    /// A session is one word: who it belongs to and its terms, hashed.
    fn session_word(owner: Address, terms: B256) -> B256 {
        keccak256([owner.as_slice(), terms.as_slice()].concat())
    }

    pub(crate) fn open_session(&mut self, terms: B256, metadata: B256) -> Result<u64, Revert> {
        LaneTerms::unpack(terms).check().map_err(refuse_terms)?;
        self.tariff(terms)?;
        let owner = self.vm().msg_sender();
        let session = self.session_count.get().to::<u64>().saturating_add(1);
        self.session_count.set(U64::from(session));
        self.sessions.setter(session).set(Self::session_word(owner, terms));
        log!(self, SessionCreated[session, owner] terms, metadata);
        Ok(session)
    }

    pub(crate) fn must_have_session(&self, session: u64, terms: B256) -> Result<(), Revert> {
        let owner = self.vm().msg_sender();
        if self.sessions.get(session) == Self::session_word(owner, terms) {
            return Ok(());
        }
        Err(error!(NoSuchSession, session, owner))
    }

    pub(crate) fn shut_session(&mut self, session: u64, terms: B256) -> Result<(), Revert> {
        self.must_have_session(session, terms)?;
        self.sessions.setter(session).set(B256::ZERO);
        log!(self, SessionClosed[session]);
        Ok(())
    }

    /// The prices of terms: as known while they are valid, else from the table.
    pub(crate) fn tariff(&mut self, word: B256) -> Result<Tariff, Revert> {
        let now = self.vm().block_timestamp();
        if let Some(known) = Tariff::unpack(self.tariffs.get(word)).filter(|known| now <= u64::from(known.valid_until)) {
            return Ok(known);
        }
        let terms = LaneTerms::unpack(word);
        terms.check().map_err(refuse_terms)?;
        let quote = ask_quote(self, self.table.get(), inputs(&terms))?;
        let line = |wei: u128| in_grains(U256::from(wei).into());
        let narrow = |field, value: u64| u32::try_from(value).map_err(|_| out_of_range(field, value, 0, u64::from(u32::MAX)));
        let tariff = Tariff {
            per_replica: line(quote.price.per_replica)?,
            network: line(quote.price.network)?,
            gas: line(quote.price.gas)?,
            version: narrow("version", quote.version)?,
            // A later time than 32 bits hold is kept as the last that they do: prices are asked for again then.
            valid_until: u32::try_from(quote.valid_until).unwrap_or(u32::MAX),
        };
        let packed = tariff.pack();
        self.tariffs.setter(word).set(packed);
        log!(self, TariffPinned[word] packed);
        Ok(tariff)
    }

    pub(crate) fn take_task(&mut self, session: u64, terms: B256, order: Order) -> Result<B256, Revert> {
        let Order { sequence, max_charge, prompt_digest, prompt_urn, client_reference } = order;
        let (payer, urn_bytes) = (self.vm().msg_sender(), prompt_urn.len() as u64);
        if urn_bytes > PROMPT_URN_BYTES_MAX {
            return Err(out_of_range("promptUrn", urn_bytes, 0, PROMPT_URN_BYTES_MAX));
        }
        let task = messages::task_id(payer, sequence);
        if !self.tasks.getter(task).state.get().is_zero() {
            return Err(error!(SequenceUsed, payer, sequence));
        }
        let price = self.tariff(terms)?.price();
        let terms = LaneTerms::unpack(terms);
        // Lines of 64 bits whose sum does not fit are more than anyone has.
        let charged = price.total(terms.replicas).unwrap_or(u64::MAX);
        if charged > max_charge {
            return Err(error!(PriceAboveMax, charged, max_charge));
        }
        self.spend(payer, charged)?;
        let Rates { no_reveal, bad_reveal, no_result_gas_cap_bps } = self.config.rates();
        let opening = Opening { price, terms, prompt_digest, no_reveal, bad_reveal, session, no_result_gas_cap_bps };
        let state = submit(&opening, self.vm().block_timestamp());
        let mut record = self.tasks.setter(task);
        record.state.set(state.pack());
        record.seal.set(History::begin(opening).seal);
        let (deadline, said) = (state.deadline, opening.encode());
        log!(self, TaskSubmitted[task, payer, session] sequence, deadline, charged, client_reference, said[..], *prompt_urn);
        Ok(task)
    }
}

/// What the table is asked with.
fn inputs(terms: &LaneTerms) -> QuoteInputs {
    let [_, e1, e0, t1, t0, sla, priority, consensus_rule] = terms.priced.to_be_bytes();
    QuoteInputs {
        model_identifier: terms.model,
        inputs: pricing::QuoteInputs {
            execution_depth: u16::from_be_bytes([e1, e0]),
            tool_depth: u16::from_be_bytes([t1, t0]),
            max_tokens: terms.max_tokens,
            sla,
            validator_depth: 0,
            replicas: terms.replicas,
            consensus_rule,
            quorum_bps: terms.quorum_bps,
            priority,
            stake_tier: 0,
            volume_tier: 0,
        },
    }
}
