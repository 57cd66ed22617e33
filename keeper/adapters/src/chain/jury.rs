//! The jury, read and called.

use std::collections::{BTreeSet, HashSet};

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B256, Bytes},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
    sol_types::{SolCall, SolEvent},
};
use async_trait::async_trait;
use cor_ports::domain::SentCall;
use cor_ports::jury::{JuryCall, KeeperRecord, RosterEntry, RosterSlot, ShownChain, Slot, Standing, Summons, Times};
use cor_ports::{ChainError, Jury};
use cor_sol::jury::IJury;

use super::{
    RpcChain,
    account::{explain, read_error},
    calls::opening,
};

/// The jury's views as of a block, as domain values.
pub(crate) struct JuryViews<'a> {
    provider: &'a DynProvider,
    endpoint: &'a str,
    jury: Address,
    block: BlockId,
}

impl<'a> JuryViews<'a> {
    /// The views of the contract at `jury` as of `block`.
    pub(crate) const fn new(provider: &'a DynProvider, endpoint: &'a str, jury: Address, block: BlockId) -> Self {
        Self { provider, endpoint, jury, block }
    }

    fn contract(&self) -> IJury::IJuryInstance<&'a DynProvider> {
        IJury::new(self.jury, self.provider)
    }

    fn failed(&self, what: &str) -> impl FnOnce(alloy::contract::Error) -> ChainError {
        move |error| read_error(self.endpoint, what, error)
    }

    pub(crate) async fn times(&self) -> Result<Times, ChainError> {
        let told = self.contract().parameters().block(self.block).call().await.map_err(self.failed("parameters"))?;
        Ok(Times {
            epoch_secs: told.epochSecs,
            reveal_secs: told.revealSecs,
            answer_secs: told.answerSecs,
            dispute_secs: told.disputeSecs,
            absence_epochs: told.absenceEpochs,
        })
    }

    pub(crate) async fn keeper(&self, keeper: Address) -> Result<KeeperRecord, ChainError> {
        let told = self.contract().keeperOf(keeper).block(self.block).call().await.map_err(self.failed("keeperOf"))?;
        let known = Standing::ALL.get(usize::from(told.standing)).copied();
        let unknown = || {
            let detail = format!("standing {} is not known; is this program older than the contracts?", told.standing);
            ChainError::Unexpected { what: "keeperOf".to_owned(), detail }
        };
        Ok(KeeperRecord {
            standing: known.ok_or_else(unknown)?,
            enrols_at: told.enrolsAt,
            free_at: told.freeAt,
            shown: ShownChain { head: told.head, shown: told.shown, first: told.first },
        })
    }

    /// Until when a keeper shows the secret of an epoch, seconds since 1970; `None` if nobody called for it.
    pub(crate) async fn called_until(&self, keeper: Address, epoch: u32) -> Result<Option<u64>, ChainError> {
        let until = self.contract().calledUntil(keeper, epoch).block(self.block).call().await;
        Ok(Some(until.map_err(self.failed("calledUntil"))?).filter(|until| *until != 0))
    }

    pub(crate) async fn roster_length(&self, model: u64, epoch: u32) -> Result<u32, ChainError> {
        self.contract().lengthOf(model, epoch).block(self.block).call().await.map_err(self.failed("lengthOf"))
    }

    pub(crate) async fn roster_slot(&self, model: u64, slot: u32) -> Result<Option<RosterSlot>, ChainError> {
        let told = self.contract().slotOf(model, slot).block(self.block).call().await.map_err(self.failed("slotOf"))?;
        let IJury::slotOfReturn { node, operator, from, until } = told;
        Ok((!node.is_zero()).then_some(RosterSlot { slot: Slot { node, from, until }, operator }))
    }

    async fn roster_entry(&self, node: Address, model: u64) -> Result<RosterEntry, ChainError> {
        let told = self.contract().entryOf(node, model).block(self.block).call().await.map_err(self.failed("entryOf"))?;
        Ok(RosterEntry { is_in: told.inside, slot: told.slot, barred_until: told.barredUntil })
    }

    async fn summons(&self, task: B256, keeper: Address, node: Address) -> Result<Summons, ChainError> {
        let told = self.contract().summonsOf(task, keeper, node).block(self.block).call().await;
        let told = told.map_err(self.failed("summonsOf"))?;
        Ok(Summons {
            answer_by: Some(told.answerBy).filter(|until| *until != 0),
            is_present: told.presentAt != 0,
            is_absent: told.absent,
        })
    }
}

impl RpcChain {
    fn jury_views(&self) -> JuryViews<'_> {
        JuryViews::new(&self.provider, &self.endpoint, self.deployment.jury, BlockId::latest())
    }

    /// A node that does not have the block yet refuses, whatever it would say of the last one that it has.
    fn jury_views_at(&self, block: u64) -> JuryViews<'_> {
        JuryViews::new(&self.provider, &self.endpoint, self.deployment.jury, BlockId::number(block))
    }

    /// Events of one kind of the jury in the blocks `from..=to`, in the order of the chain. `by`: which ones.
    async fn jury_events<E: SolEvent>(
        &self,
        from: u64,
        to: impl Into<BlockNumberOrTag>,
        by: impl FnOnce(Filter) -> Filter,
    ) -> Result<Vec<E>, ChainError> {
        let all = Filter::new().address(self.deployment.jury).event_signature(E::SIGNATURE_HASH).from_block(from).to_block(to);
        let logs = self.provider.get_logs(&by(all)).await.map_err(|error| explain(&self.endpoint, "eth_getLogs", error))?;
        in_order(logs)
    }
}

/// Events of logs, in the order of the chain.
fn in_order<E: SolEvent>(mut logs: Vec<Log>) -> Result<Vec<E>, ChainError> {
    logs.sort_by_key(|log| (log.block_number, log.log_index));
    let unexpected =
        |error: alloy::sol_types::Error| ChainError::Unexpected { what: E::SIGNATURE.to_owned(), detail: error.to_string() };
    logs.iter().map(|log| E::decode_log(&log.inner).map(|log| log.data).map_err(unexpected)).collect()
}

/// Each once, where it comes first.
fn once<T: Copy + Eq + std::hash::Hash>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.into_iter().filter(|one| seen.insert(*one)).collect()
}

/// Calldata for the jury, and a name for errors.
fn encode(call: JuryCall) -> (Bytes, &'static str) {
    match call {
        JuryCall::Enter { node, model, .. } => (IJury::enterCall { node, model }.abi_encode().into(), "Jury.enter"),
        JuryCall::Summon { task, slot, .. } => {
            let opening = opening(&task);
            (IJury::summonCall { payer: task.payer, sequence: task.sequence, opening, slot }.abi_encode().into(), "Jury.summon")
        }
        JuryCall::Present { task, node } => {
            // The node itself calls.
            (IJury::presentCall { task, node, signature: Bytes::new() }.abi_encode().into(), "Jury.present")
        }
        JuryCall::Dismiss { task, node } => {
            let opening = opening(&task);
            (IJury::dismissCall { payer: task.payer, sequence: task.sequence, opening, node }.abi_encode().into(), "Jury.dismiss")
        }
        JuryCall::Reveal { keeper, epoch, secret } => {
            (IJury::revealCall { keeper, epoch, secret }.abi_encode().into(), "Jury.reveal")
        }
    }
}

#[async_trait]
impl Jury for RpcChain {
    fn jury(&self) -> Address {
        self.deployment.jury
    }

    async fn times(&self) -> Result<Times, ChainError> {
        self.times.get_or_try_init(|| async { self.jury_views().times().await }).await.copied()
    }

    async fn keeper(&self, keeper: Address, block: Option<u64>) -> Result<KeeperRecord, ChainError> {
        block.map_or_else(|| self.jury_views(), |block| self.jury_views_at(block)).keeper(keeper).await
    }

    async fn roster_length(&self, model: u64, epoch: u32, block: u64) -> Result<u32, ChainError> {
        self.jury_views_at(block).roster_length(model, epoch).await
    }

    async fn roster_slot(&self, model: u64, slot: u32, block: u64) -> Result<Option<RosterSlot>, ChainError> {
        self.jury_views_at(block).roster_slot(model, slot).await
    }

    async fn roster_entry(&self, node: Address, model: u64) -> Result<RosterEntry, ChainError> {
        self.jury_views().roster_entry(node, model).await
    }

    async fn summons(&self, task: B256, keeper: Address, node: Address) -> Result<Summons, ChainError> {
        self.jury_views().summons(task, keeper, node).await
    }

    async fn summoned(&self, node: Address, from: u64, to: u64) -> Result<Vec<B256>, ChainError> {
        let summoned = self.jury_events::<IJury::Summoned>(from, to, |filter| filter.topic3(node.into_word())).await?;
        Ok(once(summoned.iter().map(|summoned| summoned.task)))
    }

    async fn called_secrets(&self, keeper: Address, from: u64, to: u64) -> Result<Vec<u32>, ChainError> {
        let called = self.jury_events::<IJury::SecretCalled>(from, to, |filter| filter.topic1(keeper.into_word())).await?;
        Ok(once(called.iter().map(|called| called.epoch)))
    }

    async fn chains_begun(&self, keeper: Address, known: u32) -> Result<Vec<u32>, ChainError> {
        let (from, to) = (self.deployment.from_block, BlockNumberOrTag::Latest);
        let of_keeper = |filter: Filter| filter.topic1(keeper.into_word());
        let enrolled = self.jury_events::<IJury::KeeperEnrolled>(from, to, of_keeper).await?;
        let renewed = self.jury_events::<IJury::ChainRenewed>(from, to, of_keeper).await?;
        let firsts = enrolled.iter().map(|event| event.first).chain(renewed.iter().map(|event| event.first));
        let firsts: BTreeSet<u32> = firsts.collect();
        let lacks = || ChainError::HistoryMissing {
            what: format!("the log of the chain of secrets of {keeper} that begins in epoch {known}"),
            detail: "the jury tells of it".to_owned(),
        };
        if firsts.contains(&known) { Ok(firsts.into_iter().collect()) } else { Err(lacks()) }
    }

    async fn send(&self, call: JuryCall) -> Result<SentCall, ChainError> {
        let key = call.effect_key();
        let (data, label) = encode(call);
        self.outbox.send(&key, self.deployment.jury, data, label).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use alloy::{
        consensus::{Transaction as _, TxEnvelope},
        eips::eip2718::Decodable2718 as _,
        primitives::{TxKind, keccak256},
    };
    use cor_ports::domain::{OPENING_BYTES, TaskAt};
    use serde_json::{Value, json};

    use super::*;
    use crate::chain::tests::{chain, deployment, log};

    const PAYER: Address = Address::repeat_byte(0xaa);
    const KEEPER: Address = Address::repeat_byte(0xbb);
    const NODE: Address = Address::repeat_byte(0xcc);
    const TASK: B256 = B256::repeat_byte(0xdd);

    /// A task whose history goes on behind its opening.
    fn task() -> TaskAt {
        let history = [vec![7; OPENING_BYTES], vec![4, 0]].concat().into();
        TaskAt { id: TASK, payer: PAYER, sequence: 5, history, deadline_secs: 90 }
    }

    /// Calldata by the text of the interface: the selector of a signature, and words.
    fn words(signature: &str, words: &[&[u8]]) -> Bytes {
        let mut data = keccak256(signature)[..4].to_vec();
        words.iter().for_each(|word| data.extend(B256::left_padding_from(word)));
        data.into()
    }

    /// Bytes behind a head, by length and in whole words.
    fn tail(data: Bytes, bytes: &[u8]) -> Bytes {
        let padding = vec![0; bytes.len().next_multiple_of(32) - bytes.len()];
        let length = B256::left_padding_from(&bytes.len().to_be_bytes());
        [&data, length.as_slice(), bytes, &padding].concat().into()
    }

    #[test]
    fn a_call_is_what_the_interface_says() {
        let (payer, node, opening) = (PAYER.as_slice(), NODE.as_slice(), [7; OPENING_BYTES]);
        let table = [
            (JuryCall::Enter { node: NODE, model: 3, epoch: 9 }, words("enter(address,uint64)", &[node, &[3]]), "Jury.enter"),
            (
                JuryCall::Summon { task: task(), node: NODE, slot: 258 },
                tail(words("summon(address,uint64,bytes,uint32)", &[payer, &[5], &[128], &[1, 2]]), &opening),
                "Jury.summon",
            ),
            (
                JuryCall::Present { task: TASK, node: NODE },
                tail(words("present(bytes32,address,bytes)", &[TASK.as_slice(), node, &[96]]), &[]),
                "Jury.present",
            ),
            (
                JuryCall::Dismiss { task: task(), node: NODE },
                tail(words("dismiss(address,uint64,bytes,address)", &[payer, &[5], &[128], node]), &opening),
                "Jury.dismiss",
            ),
            (
                JuryCall::Reveal { keeper: KEEPER, epoch: 258, secret: TASK },
                words("reveal(address,uint32,bytes32)", &[KEEPER.as_slice(), &[1, 2], TASK.as_slice()]),
                "Jury.reveal",
            ),
        ];
        for (call, data, label) in table {
            assert_eq!(encode(call.clone()), (data, label), "{call:?}");
        }
    }

    /// A chain whose jury answers a function of the interface with words, and counts how often it was asked.
    async fn answering(signature: &'static str, arguments: Bytes, answer: Vec<B256>) -> (RpcChain, Arc<Mutex<u32>>) {
        answering_as_of("latest", signature, arguments, answer).await
    }

    /// The same, which is to be asked as of a block.
    async fn answering_as_of(
        block: &'static str,
        signature: &'static str,
        arguments: Bytes,
        answer: Vec<B256>,
    ) -> (RpcChain, Arc<Mutex<u32>>) {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let chain = chain(move |method, params| {
            *count.lock().unwrap() += 1;
            assert_eq!((method, &params[0]["to"], &params[1]), ("eth_call", &json!(deployment().jury), &json!(block)));
            let input: Bytes = serde_json::from_value(params[0]["input"].clone()).unwrap();
            assert_eq!(input, [&keccak256(signature)[..4], &arguments].concat());
            json!(Bytes::from(answer.concat()))
        });
        (chain.await, asked)
    }

    fn word(number: u64) -> B256 {
        B256::left_padding_from(&number.to_be_bytes())
    }

    trait Concat {
        fn concat(&self) -> Vec<u8>;
    }

    impl Concat for Vec<B256> {
        fn concat(&self) -> Vec<u8> {
            self.iter().flat_map(|word| word.0).collect()
        }
    }

    fn arguments(words: &[B256]) -> Bytes {
        words.to_vec().concat().into()
    }

    #[tokio::test]
    async fn what_never_changes_is_asked_once() {
        let answer = [50_000, 60, 61, 62, 63, 64, 65, 1].map(word).to_vec();
        let (chain, asked) = answering("parameters()", Bytes::new(), answer).await;
        let expected = Times { epoch_secs: 60, reveal_secs: 61, answer_secs: 62, dispute_secs: 63, absence_epochs: 64 };
        for _ in 0..2 {
            assert_eq!(chain.times().await.unwrap(), expected);
        }
        assert_eq!((*asked.lock().unwrap(), chain.jury()), (1, deployment().jury));
    }

    #[tokio::test]
    async fn a_keeper_stands_where_the_contract_says() {
        let none = ([0; 5], Standing::None);
        let serving = ([2, 0, 0, 100, 104], Standing::Serving);
        let leaving = ([3, 0, 9, 100, 104], Standing::Leaving);
        for (numbers, standing) in [none, serving, leaving, ([1, 8, 0, 0, 0], Standing::Proposed)] {
            let answer = [&numbers.map(word)[..], &[TASK]].concat();
            let (chain, _) = answering("keeperOf(address)", arguments(&[KEEPER.into_word()]), answer).await;
            let [_, enrols_at, free_at, first, shown] = numbers;
            let (first, shown) = (u32::try_from(first).unwrap(), u32::try_from(shown).unwrap());
            let shown = ShownChain { head: TASK, shown, first };
            assert_eq!(chain.keeper(KEEPER, None).await.unwrap(), KeeperRecord { standing, enrols_at, free_at, shown });
        }
        let answer = [5, 0, 0, 0, 0, 0].map(word).to_vec();
        let (chain, _) = answering("keeperOf(address)", arguments(&[KEEPER.into_word()]), answer).await;
        let error = chain.keeper(KEEPER, None).await.unwrap_err();
        assert!(matches!(error, ChainError::Unexpected { .. }) && error.to_string().contains("standing 5"), "{error}");
    }

    #[tokio::test]
    async fn a_roster_is_read_slot_by_slot() {
        let (chain, _) = answering_as_of("0x4d", "lengthOf(uint64,uint32)", arguments(&[word(3), word(9)]), vec![word(12)]).await;
        assert_eq!(chain.roster_length(3, 9, 77).await.unwrap(), 12);

        let slot = |until| RosterSlot { slot: Slot { node: NODE, from: 7, until }, operator: PAYER };
        for (node, from, until, expected) in
            [(NODE, 7, 0, Some(slot(0))), (NODE, 7, 8, Some(slot(8))), (Address::ZERO, 0, 0, None)]
        {
            let operator = if node.is_zero() { node } else { PAYER };
            let answer = vec![node.into_word(), operator.into_word(), word(from), word(until)];
            let (chain, _) = answering_as_of("0x4d", "slotOf(uint64,uint32)", arguments(&[word(3), word(4)]), answer).await;
            assert_eq!(chain.roster_slot(3, 4, 77).await.unwrap(), expected);
        }
        for (numbers, expected) in [
            ([0, 0, 0], RosterEntry { is_in: false, slot: 0, barred_until: 0 }),
            ([1, 4, 9], RosterEntry { is_in: true, slot: 4, barred_until: 9 }),
        ] {
            let asked = arguments(&[NODE.into_word(), word(3)]);
            let (chain, _) = answering("entryOf(address,uint64)", asked, numbers.map(word).to_vec()).await;
            assert_eq!(chain.roster_entry(NODE, 3).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_node_that_nobody_summoned_has_no_time_to_answer_by() {
        for (numbers, expected) in [
            ([0, 0, 0], Summons { answer_by: None, is_present: false, is_absent: false }),
            ([90, 0, 1], Summons { answer_by: Some(90), is_present: false, is_absent: true }),
            ([0, 80, 0], Summons { answer_by: None, is_present: true, is_absent: false }),
        ] {
            let asked = arguments(&[TASK, KEEPER.into_word(), NODE.into_word()]);
            let (chain, _) = answering("summonsOf(bytes32,address,address)", asked, numbers.map(word).to_vec()).await;
            assert_eq!(chain.summons(TASK, KEEPER, NODE).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn an_address_without_a_jury_is_no_empty_jury() {
        let (chain, _) = answering("parameters()", Bytes::new(), vec![]).await;
        let error = chain.times().await.unwrap_err();
        assert!(matches!(error, ChainError::Unexpected { .. }), "{error}");
        let (chain, _) = answering_as_of("0x4d", "lengthOf(uint64,uint32)", arguments(&[word(3), word(9)]), vec![]).await;
        assert!(chain.roster_length(3, 9, 77).await.is_err());
    }

    /// A chain with logs, which asserts what it is asked for: events of the jury in blocks 5 to 9, by these topics.
    async fn logging(topics: Value, logs: Vec<Log>) -> RpcChain {
        let chain = chain(move |method, params| {
            assert_eq!(method, "eth_getLogs");
            let filter = &params[0];
            assert_eq!((&filter["address"], &filter["topics"]), (&json!(deployment().jury), &topics));
            assert_eq!((&filter["fromBlock"], &filter["toBlock"]), (&json!("0x5"), &json!("0x9")));
            json!(logs)
        });
        chain.await
    }

    #[tokio::test]
    async fn a_node_hears_of_each_task_once_whoever_summons_it() {
        let signature = keccak256("Summoned(bytes32,address,address,uint64)");
        let at = deployment().jury;
        let [one, two] = [B256::repeat_byte(1), B256::repeat_byte(2)];
        let summons = |place, task, keeper| log(at, place, &IJury::Summoned { task, keeper, node: NODE, answerBy: 90 });
        let logs = vec![summons((7, 1), one, KEEPER), summons((6, 3), two, KEEPER), summons((8, 0), two, PAYER)];
        let chain = logging(json!([signature, null, null, NODE.into_word()]), logs).await;
        assert_eq!(chain.summoned(NODE, 5, 9).await.unwrap(), [two, one], "in the order of the chain");
        let chain = logging(json!([signature, null, null, NODE.into_word()]), vec![]).await;
        assert!(chain.summoned(NODE, 5, 9).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_keeper_hears_whose_secrets_are_called_for() {
        let topics = json!([keccak256("SecretCalled(address,uint32,uint64)"), KEEPER.into_word()]);
        let at = deployment().jury;
        let called = |place, epoch| log(at, place, &IJury::SecretCalled { keeper: KEEPER, epoch, until: 90 });
        let chain = logging(topics.clone(), vec![called((7, 0), 12), called((6, 0), 14)]).await;
        assert_eq!(chain.called_secrets(KEEPER, 5, 9).await.unwrap(), [14, 12]);
        // A log that is not of the event that was asked for is no answer.
        let other = log(at, (6, 0), &IJury::Opened {});
        let error = logging(topics, vec![other]).await.called_secrets(KEEPER, 5, 9).await.unwrap_err();
        assert!(matches!(error, ChainError::Unexpected { .. }), "{error}");
    }

    /// A renewal that a node does not have yet must not be passed over in silence: the block that is asked for is named.
    #[tokio::test]
    async fn a_keeper_is_told_as_of_a_block() {
        for (block, tag) in [(Some(77), "0x4d"), (None, "latest")] {
            let answer = [&[2, 0, 0, 100, 104].map(word)[..], &[TASK]].concat();
            let (chain, _) = answering_as_of(tag, "keeperOf(address)", arguments(&[KEEPER.into_word()]), answer).await;
            assert_eq!(chain.keeper(KEEPER, block).await.unwrap().standing, Standing::Serving);
        }
    }

    #[tokio::test]
    async fn the_logs_tell_where_each_chain_of_a_keeper_began() {
        let at = deployment().jury;
        let chain = chain(move |method, params| {
            let filter = &params[0];
            assert_eq!((method, &filter["address"]), ("eth_getLogs", &json!(at)));
            assert_eq!((&filter["fromBlock"], &filter["toBlock"]), (&json!("0x5"), &json!("latest")), "all of the network");
            assert_eq!(filter["topics"][1], json!(KEEPER.into_word()));
            let enrolled = |place, first| log(at, place, &IJury::KeeperEnrolled { keeper: KEEPER, anchor: TASK, first });
            let renewed = |place, first| log(at, place, &IJury::ChainRenewed { keeper: KEEPER, anchor: TASK, first });
            let asked: B256 = serde_json::from_value(filter["topics"][0].clone()).unwrap();
            if asked == keccak256("KeeperEnrolled(address,bytes32,uint32)") {
                json!([enrolled((6, 0), 12), enrolled((90, 0), 700)])
            } else {
                assert_eq!(asked, keccak256("ChainRenewed(address,bytes32,uint32)"));
                json!([renewed((30, 2), 300), renewed((31, 0), 700)])
            }
        });
        let chain = chain.await;
        for known in [12, 300, 700] {
            assert_eq!(chain.chains_begun(KEEPER, known).await.unwrap(), [12, 300, 700]);
        }
        // The node lags: it has no log yet of the chain that another one told of.
        let error = chain.chains_begun(KEEPER, 800).await.unwrap_err();
        assert!(matches!(error, ChainError::HistoryMissing { .. }) && error.to_string().contains("800"), "{error}");
    }

    /// The same effect is sent once, to the jury.
    #[tokio::test]
    async fn a_call_goes_to_the_jury_by_the_outbox() {
        let sent: Arc<Mutex<Vec<TxEnvelope>>> = Arc::default();
        let told = sent.clone();
        let chain = chain(move |method, params| match method {
            "eth_getTransactionCount" => json!("0x0"),
            "eth_getBalance" => json!("0xde0b6b3a7640000"),
            "eth_estimateGas" => json!("0x186a0"),
            "eth_gasPrice" => json!("0x1"),
            "eth_sendRawTransaction" => {
                let raw: Bytes = serde_json::from_value(params[0].clone()).unwrap();
                let envelope = TxEnvelope::decode_2718(&mut &raw[..]).unwrap();
                told.lock().unwrap().push(envelope.clone());
                json!(envelope.tx_hash())
            }
            "eth_getTransactionReceipt" => told.lock().unwrap().last().map_or(Value::Null, |sent| receipt(*sent.tx_hash())),
            other => panic!("{other} is not needed"),
        })
        .await;
        let port: &dyn Jury = &chain;
        let call = JuryCall::Present { task: TASK, node: NODE };
        let first = port.send(call.clone()).await.unwrap();
        assert_eq!((first.block_number, first.gas_used), (8, 9));
        assert_eq!(port.send(call.clone()).await.unwrap(), first);
        let sent = sent.lock().unwrap();
        let [only] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!(
            (only.kind(), only.input(), *only.tx_hash()),
            (TxKind::Call(deployment().jury), &encode(call).0, first.transaction)
        );
    }

    fn receipt(transaction: B256) -> Value {
        json!({
            "transactionHash": transaction,
            "transactionIndex": "0x0",
            "blockHash": TASK,
            "blockNumber": "0x8",
            "from": PAYER,
            "to": deployment().jury,
            "cumulativeGasUsed": "0x9",
            "gasUsed": "0x9",
            "effectiveGasPrice": "0x1",
            "contractAddress": null,
            "logs": [],
            "logsBloom": format!("0x{}", "00".repeat(256)),
            "status": "0x1",
            "type": "0x2",
        })
    }
}
