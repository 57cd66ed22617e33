//! Sessions, their tariffs, and the submission of tasks.

use alloc::vec::Vec;

use alloy_primitives::{address, keccak256, Address, B256, U64};
use alloy_sol_types::SolCall as _;
use cor_contract_shared::{
    abi::{message, Decode, Decoder, Octets, Table},
    encoded, log, view_raw, Revert,
};
use cor_core::limits::PROMPT_URN_BYTES_MAX;
use cor_core::task::lane::history::Opening;
use cor_core::task::lane::{messages, submit, LaneConfig, LaneTerms, Tariff};
use stylus_sdk::{function_selector, prelude::*};

use crate::{
    abi::{error, out_of_range, refuse_terms, SessionClosed, SessionCreated, TariffPinned, TaskSubmitted},
    Lane,
};

/// What a task is submitted with beside its session.
pub(crate) struct Order {
    pub(crate) sequence: u64,
    pub(crate) max_charge: u64,
    pub(crate) prompt_digest: B256,
    /// Text, as it came: nobody here reads it.
    pub(crate) prompt_urn: Octets,
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
        if self.config().paused {
            return Err(error!(Paused));
        }
        Ok(())
    }

    /// A session is one word: who it belongs to and its terms, hashed.
    fn session_word(owner: Address, terms: B256) -> B256 {
        keccak256([owner.as_slice(), terms.as_slice()].concat())
    }

    pub(crate) fn open_session(&mut self, terms: B256, metadata: B256) -> Result<u64, Revert> {
        // The rest of them is the table's to check.
        LaneTerms::unpack(terms).check_unpriced().map_err(refuse_terms)?;
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
        let answer = view_raw(self, self.table.get(), &message(Table::tariffCall::SELECTOR, encoded!(word)))?;
        // The table answers with a word, which is never zero.
        let packed = B256::decode(&mut Decoder::new(&answer)).unwrap_or_default();
        let tariff = Tariff::unpack(packed).ok_or_else(|| Revert::raw(Vec::new()))?;
        self.tariffs.setter(word).set(packed);
        log!(self, TariffPinned[word] packed);
        Ok(tariff)
    }

    /// The number of this block.
    fn block_number(&self) -> Result<u64, Revert> {
        let answer = view_raw(self, ARB_SYS, &ARB_BLOCK_NUMBER)?;
        u64::decode(&mut Decoder::new(&answer)).ok_or_else(|| Revert::raw(Vec::new()))
    }

    pub(crate) fn take_task(&mut self, session: u64, terms: B256, order: Order) -> Result<B256, Revert> {
        let Order { sequence, max_charge, prompt_digest, prompt_urn, client_reference } = order;
        let (payer, urn_bytes) = (self.vm().msg_sender(), prompt_urn.0.len() as u64);
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
        let LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, .. } = self.config();
        let (block, time) = (self.block_number()?, self.vm().block_timestamp());
        let opening = Opening { price, terms, prompt_digest, no_reveal, bad_reveal, block, time, no_result_gas_cap_bps };
        let state = submit(&opening, time);
        let mut record = self.tasks.setter(task);
        record.state.set(state.pack());
        let (deadline, said) = (state.deadline, opening.encode());
        record.seal.set(keccak256(&said));
        log!(self, TaskSubmitted[task, payer, session] sequence, deadline, charged, client_reference, *said, *prompt_urn.0);
        Ok(task)
    }
}

/// ArbSys, and its `arbBlockNumber()`: the host's own number is that of the parent chain.
const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_BLOCK_NUMBER: [u8; 4] = function_selector!("arbBlockNumber");
