//! Every bound of the rules, once: its unit, its reason, and what goes wrong on either side of it.
//!
//! Contracts, keeper, command line and tests take a bound from here. The relations that the rules rely on are asserted at the end, so a
//! value that breaks one does not compile. A width of storage stays with its layout in the contract, and is
//! asserted there against the bound.

/// Basis points in a whole: `10_000` is 100 %. Finer fractions would not fit the packed prices; coarser ones could not express a fee of
/// 0.01 %.
pub const BPS: u32 = 10_000;

/// Most replicas of a task. Fewer than seven could not outvote three colluding miners; for the seats of nine the task's state word has no room.
pub const REPLICAS_MAX: u8 = 7;

/// [`REPLICAS_MAX`] as the length of an array with a place for each replica.
pub const REPLICA_SLOTS: usize = length(REPLICAS_MAX);

/// Least quorum, in basis points of the replicas asked for. At one half or below, two answers could both win.
pub const QUORUM_MIN_BPS: u16 = 5_001;

/// Greatest quorum, in basis points of the replicas asked for: all of them. Above it no task could ever complete.
pub const QUORUM_MAX_BPS: u16 = 10_000;

/// Where the steps of the quorum surcharge begin, in basis points. It is below every valid quorum, so that a bare majority already pays
/// one step.
pub const QUORUM_FREE_BPS: u16 = 5_000;

/// Width of a step of the quorum surcharge, in basis points. Narrower steps multiply the surcharge beyond what 64 bits hold; wider ones
/// price a unanimous vote like a bare majority.
pub const QUORUM_STEP_BPS: u16 = 1_000;

/// Longest phase in which a miner can owe something, seconds: one day. Model work takes minutes. A longer one holds money back, and could end after the stake
/// that answers for it has left ([`UNBONDING_MIN_SECS`]). In the lane every phase is one, as a message that was signed when a task was opened binds until it
/// ends.
pub const DUTY_SECS_MAX: u32 = 24 * 60 * 60;

/// Shortest phase of the lane, seconds. Shorter ones have an honest miner's message land after the deadline of a busy chain, and
/// cost it its pay; where silence costs stake at once a payer had seven miners slashed for the price of the gas line.
pub const LANE_PHASE_SECS_MIN: u32 = 30;

/// How long who is bound and silent is called once more, seconds, where its answer still decides: thirty hours. It is the only silence that costs stake, so it must
/// outlast whatever keeps an honest miner's transaction out: a restart at night, a chain that stands still, a clock that jumps by the hour that a
/// sequencer may move it, and the day after which Arbitrum includes what its sequencer holds back ([`FORCED_INCLUSION_SECS`]), with six hours for it to land. In
/// less, who is kept out from the first second of a call on is late for it; in more, pay and refund wait longer for one that is gone.
pub const LANE_LAST_CALL_SECS: u32 = 30 * 60 * 60;

/// Longest that a task of the lane can last, seconds, if whoever closes its phases is prompt: open, precommitments, reveals, and a last call. Four days and six hours.
pub const LANE_LIFE_MAX_SECS: u32 = 3 * DUTY_SECS_MAX + LANE_LAST_CALL_SECS;

/// The same if each of the three closings after the submission is kept out for as long as a sequencer can ([`FORCED_INCLUSION_SECS`]): seven days and six
/// hours.
pub const LANE_END_MAX_SECS: u32 = LANE_LIFE_MAX_SECS + 3 * 24 * 60 * 60;

/// By when what a miner signed in a task can cost it stake, seconds after the submission: the end, if it is kept out, and the report of a second word after it, which is kept out for a day too
/// and then has six hours to land. Eight days and twelve hours.
pub const LANE_REPORT_MAX_SECS: u32 = LANE_END_MAX_SECS + 30 * 60 * 60;

/// Shortest epoch of a jury, seconds. Each has a secret that its keeper must show by a transaction; shorter ones would have it do nothing else.
pub const JURY_EPOCH_MIN_SECS: u32 = 60;

/// Longest epoch of a jury, seconds: one day. A node that comes waits for the next, and no dispute of an epoch is decided before its end.
pub const JURY_EPOCH_MAX_SECS: u32 = 24 * 60 * 60;

/// Shortest time to show a secret in that is called for, seconds: thirty hours, six more than a sequencer can hold a transaction back
/// ([`FORCED_INCLUSION_SECS`]). In less, whoever orders the blocks, or a chain that stands still, would take honest keepers' bonds.
pub const JURY_REVEAL_MIN_SECS: u32 = 30 * 60 * 60;

/// Longest such time, seconds: two days. In more, a bond is only held for longer.
pub const JURY_REVEAL_MAX_SECS: u32 = 2 * 24 * 60 * 60;

/// Shortest time for a summoned node to answer in, seconds. In less, an honest node's transaction may not land.
pub const JURY_ANSWER_MIN_SECS: u32 = 30;

/// Longest such time, seconds: one hour. In more, a node that is gone holds a task up until it expires.
pub const JURY_ANSWER_MAX_SECS: u32 = 60 * 60;

/// Least time for each of the two steps of a dispute, to call for the secret and to convict who did not show it, seconds: one day. In less, who looks once a day would be
/// late.
pub const JURY_CHALLENGE_MIN_SECS: u32 = 24 * 60 * 60;

/// Longest that a task can be disputed after its submission, seconds: sixty days. In more, a bond and a slot that was left would be kept for nothing.
pub const JURY_DISPUTE_MAX_SECS: u32 = 60 * 24 * 60 * 60;

/// Longest that a node which left a roster stays out of it, seconds: thirty days. In more, who restarts its node would rather run another.
pub const JURY_ABSENCE_MAX_SECS: u32 = 30 * 24 * 60 * 60;

/// Most slots that a node can leave behind in a roster while a dispute may need them. With more, who comes and goes with few nodes would make draws
/// from the rest long; with fewer a node would stay out for days.
pub const JURY_DEAD_SLOTS_MAX: u32 = 64;

/// Most hashes between two secrets of a chain. With more, what a reveal or a dispute costs would not fit a block; with fewer, short epochs would
/// have short disputes.
pub const SECRET_STEPS_MAX: u32 = 32_768;

/// Most tries of a draw. A roster of which one slot in twenty is somebody's has seven miners in as many almost surely; with more tries, a dispute
/// over a roster of nothing would not fit a block.
pub const DRAW_TRIES_MAX: u32 = 1_024;

/// What a valid reveal earns where a majority agreed and the payer had asked for more, basis points of a replica's price. At zero a payer
/// that asks for unanimity has its answers for nothing; at the whole, a miner would earn by spoiling a vote what it earns by winning it.
pub const FLOOR_BPS: u32 = 5_000;

/// Greatest stake penalty of one offence in the lane, grains of 1e9 wei: 1,000 COR, a tenth of a node's stake. Without a bound an owner could
/// take a node's whole stake for one late message.
pub const LANE_PENALTY_MAX_GRAINS: u64 = 1_000_000_000_000;

/// Longest URN of a prompt, bytes. It goes through the log only, where each byte costs the payer 8 gas; longer ones turn the log into
/// storage, shorter ones could not hold a content address with its gateway.
pub const PROMPT_URN_BYTES_MAX: u64 = 256;

/// Fewest tokens of an answer. At zero there would be nothing to compare.
pub const ANSWER_TOKENS_MIN: u32 = 1;

/// Most tokens of an answer: what the word of a session's terms holds. Models stop long before.
pub const ANSWER_TOKENS_MAX: u32 = u32::MAX;

/// Latest time a task's state word holds, seconds since 1970: the year 36812. Later times are kept as this one.
pub const TASK_TIME_MAX: u64 = (1 << 40) - 1;

/// Fewest execution steps of a task: the first is the answer itself. At zero there would be nothing to pay for.
pub const EXECUTION_DEPTH_MIN: u16 = 1;

/// Most execution steps of a task: what its interface type holds.
pub const EXECUTION_DEPTH_MAX: u16 = u16::MAX;

/// Number of tokens that the price of tokens is for. With fewer a cheap model's price would be a few wei and move in jumps of a whole factor;
/// it matters for nothing else, as tokens are charged in proportion.
pub const PRICED_TOKENS: u64 = 1_000;

/// What is sold of the inputs of a price: nothing enforces more yet, and who paid for more would get no more. Whatever makes one of them bind
/// raises its bound.
pub const SOLD_EXECUTION_DEPTH_MAX: u16 = EXECUTION_DEPTH_MIN;

/// As [`SOLD_EXECUTION_DEPTH_MAX`], of tool steps: no miner takes any.
pub const SOLD_TOOL_DEPTH_MAX: u16 = 0;

/// As [`SOLD_EXECUTION_DEPTH_MAX`], of SLA tiers: no deadline depends on them.
pub const SOLD_SLA_MAX: u8 = 0;

/// As [`SOLD_EXECUTION_DEPTH_MAX`], of validator steps: there are no validators.
pub const SOLD_VALIDATOR_DEPTH_MAX: u8 = 0;

/// As [`SOLD_EXECUTION_DEPTH_MAX`], of priorities: no queue is sorted by them.
pub const SOLD_PRIORITY_MAX: u8 = 0;

/// As [`SOLD_EXECUTION_DEPTH_MAX`], of stake tiers: stake is not measured, and a tier that is merely said would be a gift.
pub const SOLD_STAKE_TIER_MAX: u8 = 0;

/// As [`SOLD_STAKE_TIER_MAX`], of volume.
pub const SOLD_VOLUME_TIER_MAX: u8 = 0;

/// A grain, wei: 1e-9 COR. Each line of a price is a whole number of grains. A smaller one would not fit the 64-bit amounts of packed
/// records; a larger one would show in the price of a cheap task.
pub const GRAIN: u128 = 1_000_000_000;

/// Least time between two changes of a price, seconds: one day. Each is by a factor of two at most, so in less a price could grow beyond what
/// a payer's cap was thought for before it looks again; in more a price could not follow the token's.
pub const PRICE_STEP_SECS: u64 = 24 * 60 * 60;

/// Shortest notice before a price may change, and so the time a quote holds, seconds: one day. In less a wallet that asks a person could not
/// rely on it.
pub const PRICE_NOTICE_MIN_SECS: u64 = 24 * 60 * 60;

/// Longest such notice, seconds: seven days. In more nobody would sell by prices that cannot follow the market.
pub const PRICE_NOTICE_MAX_SECS: u64 = 7 * 24 * 60 * 60;

/// Furthest ahead that a version may take effect, seconds: thirty days. One that never does would be a table without prices, or without
/// changes; and each day more is a version more that a quote may have to pass over.
pub const PRICE_AHEAD_MAX_SECS: u64 = 30 * 24 * 60 * 60;

/// Most models whose class may be about to change at a time. A version that is published reads a word of each; with fewer a table of many models
/// would be sorted again over weeks.
pub const CLASS_CHANGES_MAX: u64 = 32;

/// Greatest multiplier, in basis points: 100 times. It stops a slip of the pen, keeps the product of three multipliers within 64 bits, and
/// a multiplier within the 24 bits it is stored in.
pub const MULTIPLIER_MAX_BPS: u32 = 1_000_000;

/// Greatest share of the network on top of miners and validators, in basis points: as much again. The bound on rebates assumes it.
pub const NETWORK_FEE_MAX_BPS: u32 = BPS;

/// Greatest rebate that any network share allows, in basis points: `10000 * fee / (10000 + fee)` at the greatest fee. A rebate is stored
/// in 16 bits.
pub const REBATE_MAX_BPS: u32 = 5_000;

/// Most stake held by the Staking contract, COR wei: 2^96 - 1, or 79e9 COR. Less would shut out real supplies; more would not fit one word
/// beside an address.
pub const STAKE_HELD_MAX: u128 = (1 << 96) - 1;

/// Most amounts of one account that can be unbonding at a time. Each costs a storage word to keep and one more read to withdraw; fewer
/// would make a user who unbonds daily wait for days, with an unbonding time of nine.
pub const UNBONDINGS_MAX: u8 = 8;

/// Shortest time between unbonding and withdrawal, seconds: nine days. What a node signed before its stake begins to leave binds it for four days and six hours at
/// most, each of the three closings after that can be kept out for a day, and so can the report of a second word after the end ([`LANE_REPORT_MAX_SECS`]), with twelve hours to spare. In less, stake would be gone before the offence that it answers for is shown. What a node signs while its stake leaves is another matter: it is out of the pool then, and of each roster once
/// somebody strikes it.
pub const UNBONDING_MIN_SECS: u64 = 9 * DAY_SECS;

/// Most models a node can list. Each four beyond the first two cost a storage word at registration, each doubling one more read to find;
/// fewer would make a large node register twice.
pub const MODELS_MAX: usize = 64;

/// Most tasks at a time that one node can say it serves, for keepers to read; nothing on chain counts them. No machine of today serves more at once, and it fits
/// 16 bits of storage.
pub const CAPACITY_MAX: u32 = 1_024;

/// Most nodes in one page. More could exceed the gas of one call; fewer would only mean more calls.
pub const PAGE_MAX: u64 = 100;

/// The window over which a module's cap counts, seconds: one day. A shorter one would have to be set so wide that it bounds nothing; a longer
/// one would stop honest use for longer after a busy hour.
pub const MODULE_WINDOW_SECS: u64 = 24 * 60 * 60;

/// How long a sequencer that censors can keep a transaction out of an Arbitrum chain, seconds: one day. After that anyone has the chain take it
/// from the delayed inbox of the parent chain (`SequencerInbox.forceInclusion`).
pub const FORCED_INCLUSION_SECS: u64 = 24 * 60 * 60;

/// Shortest delay before a module, a peer or a wider cap takes effect, seconds: three days. One to read of it, one for the transaction by which to leave,
/// which a sequencer can keep out for as long ([`FORCED_INCLUSION_SECS`]), and one to spare. In less a sequencer could hold everybody until
/// what they flee from is in force.
pub const MODULE_DELAY_MIN_SECS: u64 = 3 * 24 * 60 * 60;

/// Longest such delay, seconds: thirty days. With more a broken module could not be replaced within the time its users wait.
pub const MODULE_DELAY_MAX_SECS: u64 = 30 * 24 * 60 * 60;

/// One UTC day, seconds: stake is looked up by the day, since a shorter unit would store a checkpoint for each change, and a longer one would
/// let stake that left weeks ago count.
pub const DAY_SECS: u64 = 24 * 60 * 60;

/// How much longer than unbonding the delay of Staking is, seconds: three days. One to read of a new slasher, and one for each of the two transactions by
/// which to leave, unbonding and withdrawal, which a sequencer can keep out for as long ([`FORCED_INCLUSION_SECS`]). With less it could hold
/// stake until the slasher acts; with more a broken one is replaced later.
pub const SLASHER_NOTICE_SECS: u64 = 3 * DAY_SECS;

/// Highest number of a reason to slash: 1 not revealed, 2 signed something else. Another would tell readers of the log nothing.
pub const SLASH_REASON_MAX: u8 = 2;

/// Gas that Staking gives the pool to hear that a node's stake leaves. `NodePool.stakeLeft` takes about a tenth of it on a cold program; what is
/// above only lets a hostile pool burn more of the staker's gas.
pub const STAKE_LEFT_GAS: u64 = 500_000;

/// Gas that must be left beside [`STAKE_LEFT_GAS`] before the pool is told. What is spent until the pool has its gas is measured: 29,900 with all storage
/// cold, to write the node's two words, of which one was zero, to read who the pool is, and to call it; and a call gets all but a 64th of what is left,
/// another 7,900. With less a staker could have the notice get less gas than was promised, by a low gas limit; with more only the limit is higher.
pub const STAKE_LEFT_MARGIN_GAS: u64 = 60_000;

/// Highest number of a hardware class: 0 cpu, 1 small gpu, 2 large gpu. Another would say nothing to who chooses by it.
pub const HARDWARE_CLASS_MAX: u8 = 2;

/// A small bound as the length of an array.
#[expect(clippy::as_conversions, reason = "widening; `usize::from` is not const")]
const fn length(bound: u8) -> usize {
    bound as usize
}

/// What the rules and the storage layouts assume of the bounds.
#[expect(clippy::as_conversions, reason = "widening; `u64::from` is not const")]
const _: () = {
    // Replicas: odd, so that there is no tie; a seat of four bits for each in 32 bits.
    assert!(!REPLICAS_MAX.is_multiple_of(2));
    assert!(REPLICA_SLOTS * 4 <= 32);

    // Quorum: two answers cannot both have it, and all replicas can.
    assert!(QUORUM_MIN_BPS as u32 * 2 > BPS);
    assert!(QUORUM_MAX_BPS as u32 == BPS && QUORUM_MIN_BPS < QUORUM_MAX_BPS);
    // A quorum that may be asked for is above the free one, so that the surcharge counts no negative steps.
    assert!(QUORUM_FREE_BPS < QUORUM_MIN_BPS);

    // Multipliers: SLA, consensus with every quorum step, and priority multiply within 64 bits.
    let quorum_steps = (QUORUM_MAX_BPS - QUORUM_FREE_BPS).div_ceil(QUORUM_STEP_BPS) as u128;
    let multiplier = MULTIPLIER_MAX_BPS as u128;
    assert!(multiplier * (multiplier * (1 + quorum_steps)) * multiplier <= u64::MAX as u128);
    assert!(MULTIPLIER_MAX_BPS >= BPS && QUORUM_STEP_BPS > 0);

    // Rebates: never above the network line at its greatest.
    assert!(REBATE_MAX_BPS == BPS * NETWORK_FEE_MAX_BPS / (BPS + NETWORK_FEE_MAX_BPS));

    // The lane: its phases are not empty and fit 24 bits, and a leader's number fits its four bits beside the three other stages.
    assert!(LANE_PHASE_SECS_MIN > 0 && LANE_PHASE_SECS_MIN < DUTY_SECS_MAX && DUTY_SECS_MAX < 1 << 24);
    // A last call is no shorter than what it prolongs, and who was kept out for all the time that a sequencer has can land within it.
    assert!(LANE_LAST_CALL_SECS >= DUTY_SECS_MAX && LANE_LAST_CALL_SECS as u64 >= FORCED_INCLUSION_SECS + 6 * 60 * 60);
    assert!(REPLICA_SLOTS + 2 < 15);
    assert!(FLOOR_BPS < BPS);

    // The jury: with the longest epochs and the longest time for secrets some time for disputes is allowed, and so it is with the shortest epochs.
    assert!(JURY_EPOCH_MIN_SECS < JURY_EPOCH_MAX_SECS && JURY_REVEAL_MIN_SECS < JURY_REVEAL_MAX_SECS);
    assert!(JURY_ANSWER_MIN_SECS < JURY_ANSWER_MAX_SECS);
    assert!(JURY_REVEAL_MIN_SECS as u64 >= FORCED_INCLUSION_SECS + 6 * 60 * 60);
    let dispute_least = LANE_END_MAX_SECS + 2 * JURY_REVEAL_MAX_SECS + 2 * JURY_CHALLENGE_MIN_SECS;
    assert!(LANE_END_MAX_SECS as u64 == LANE_LIFE_MAX_SECS as u64 + 3 * FORCED_INCLUSION_SECS);
    assert!(dispute_least + JURY_EPOCH_MAX_SECS <= JURY_DISPUTE_MAX_SECS);
    assert!(dispute_least + JURY_EPOCH_MIN_SECS <= JURY_EPOCH_MIN_SECS * (SECRET_STEPS_MAX - 2));
    // A node stays out for less than the longest time, whatever the disputes.
    assert!(JURY_DISPUTE_MAX_SECS / JURY_DEAD_SLOTS_MAX + JURY_EPOCH_MAX_SECS <= JURY_ABSENCE_MAX_SECS);

    // A life that begins at any time of this century ends within the time a task holds.
    assert!((LANE_LIFE_MAX_SECS as u64) < TASK_TIME_MAX - 4_102_444_800);
    assert!(ANSWER_TOKENS_MIN > 0 && EXECUTION_DEPTH_MIN > 0);

    // Prices: what is announced with the longest notice, after a version with the same, may take effect; few versions are ahead.
    assert!(PRICE_NOTICE_MIN_SECS > 0 && PRICE_NOTICE_MIN_SECS <= PRICE_NOTICE_MAX_SECS);
    assert!(PRICE_NOTICE_MAX_SECS + PRICE_STEP_SECS <= PRICE_AHEAD_MAX_SECS && PRICE_AHEAD_MAX_SECS / PRICE_STEP_SECS <= 30);
    // A class that changes between two versions that are a day apart is a day from either: the notice is no shorter.
    assert!(PRICE_STEP_SECS <= PRICE_NOTICE_MIN_SECS);
    assert!(PRICED_TOKENS > 0 && GRAIN > 0 && SOLD_EXECUTION_DEPTH_MAX >= EXECUTION_DEPTH_MIN);

    // Modules: whoever is warned of one can see at least a whole window pass.
    assert!(
        MODULE_WINDOW_SECS > 0 && MODULE_WINDOW_SECS <= MODULE_DELAY_MIN_SECS && MODULE_DELAY_MIN_SECS < MODULE_DELAY_MAX_SECS
    );

    // Leaving: once for who has money free, twice for who has stake, with a day to read of what to flee from.
    assert!(
        MODULE_DELAY_MIN_SECS >= DAY_SECS + FORCED_INCLUSION_SECS && SLASHER_NOTICE_SECS >= DAY_SECS + 2 * FORCED_INCLUSION_SECS
    );
    // Staking: some unbonding time satisfies both the longest delay and the notice.
    assert!(DAY_SECS > 0 && UNBONDING_MIN_SECS + SLASHER_NOTICE_SECS <= MODULE_DELAY_MAX_SECS);
    // A task's last duty is over, the task ended, and a second word reported, before stake that began to leave as it was taken is gone, whatever a sequencer keeps out.
    assert!(LANE_REPORT_MAX_SECS as u64 == LANE_END_MAX_SECS as u64 + FORCED_INCLUSION_SECS + 6 * 60 * 60);
    assert!(LANE_REPORT_MAX_SECS as u64 <= UNBONDING_MIN_SECS);
    // The notice: of what is left when the pool is called, all but the 64th that the caller keeps is what it is promised.
    assert!((STAKE_LEFT_GAS + STAKE_LEFT_MARGIN_GAS - 30_000) / 64 * 63 >= STAKE_LEFT_GAS);
    assert!(SLASH_REASON_MAX > 0);
    // A place in the ring of unbonding amounts is its head plus an index, in 8 bits.
    assert!(UNBONDINGS_MAX > 0 && UNBONDINGS_MAX <= u8::MAX / 2);
};
