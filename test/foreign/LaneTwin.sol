// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {LaneTwinBase} from "./LaneTwinBase.sol";

interface ITable {
    function tariff(bytes32 terms) external view returns (bytes32 word);
}

interface IArbSys {
    function arbBlockNumber() external view returns (uint256 number);
}

/// @title The hot entries of `Lane` in Solidity, for a comparison of gas.
/// @notice createSession, submit, createAndSubmit, complete, start and finish as `ILane` specifies them: the same calldata, storage, events, errors and peers, so
/// that one test drives both. `credited`, `setKeeper`, `setConfig` and the views are there because nothing can be measured without them. What the hot
/// entries do not need is left out: release, payEarnings, passTreasury, closeSession, pinTariff, precommit, reveal, report, close, slashAgain. `finish` reads the
/// records of precommit and report all the same.
/// @dev Written as whoever counts gas writes Solidity: the peers are immutable, the EIP-712 domain is computed once, hashes are made in assembly, and records
/// are copied from calldata as they are. It stores no less and checks no less than `Lane`. Sums of grains do not overflow: all of them are parts of a book
/// of less than 2^64.
contract LaneTwin is LaneTwinBase {
    IArbSys private constant ARB_SYS = IArbSys(address(0x64));

    address private immutable GOVERNOR;
    address private immutable VAULT;
    address private immutable STAKING;
    ITable private immutable TABLE;
    uint256 private immutable CHAIN_ID;
    bytes32 private immutable DOMAIN;

    // Where `Lane` keeps the peers.
    uint256[4] private peers;
    uint256 private config;
    uint64 private treasury;
    uint64 private sessionCount;
    mapping(uint64 => bytes32) private sessions;
    mapping(bytes32 => uint256) private tariffs;
    mapping(bytes32 => TaskWords) private tasks;
    /// What can be spent, 64 bits, and what was earned, 64 bits above.
    mapping(address => uint256) private accounts;
    mapping(address => bool) private keepers;
    mapping(bytes32 => uint64) private owed;

    constructor(address governor, address vault, address table, address staking) {
        if (governor == address(0) || vault == address(0) || table == address(0) || staking == address(0)) revert ZeroAddress();
        (GOVERNOR, VAULT, STAKING, TABLE) = (governor, vault, staking, ITable(table));
        CHAIN_ID = block.chainid;
        DOMAIN = separator();
    }

    function credited(address account, address from, uint256 amount) external returns (bytes4) {
        if (msg.sender != VAULT) revert Unauthorized(msg.sender, VAULT);
        uint256 grains = amount / GRAIN_WEI;
        if (amount % GRAIN_WEI != 0 || grains > type(uint64).max) revert NotInGrains(amount);
        uint256 word = accounts[account] + grains;
        accounts[account] = word;
        emit Credited(account, from, uint64(grains), uint64(word));
        return this.credited.selector;
    }

    function setKeeper(address keeper, bool enabled) external {
        if (msg.sender != GOVERNOR) revert Unauthorized(msg.sender, GOVERNOR);
        keepers[keeper] = enabled;
        emit KeeperNamed(keeper, enabled);
    }

    function setConfig(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused) external {
        if (msg.sender != GOVERNOR) revert Unauthorized(msg.sender, GOVERNOR);
        config = (uint256(badReveal) << 88) | (uint256(noReveal) << 24) | (uint256(noResultGasCapBps) << 8) | (paused ? 1 : 0);
        emit ConfigSet(noReveal, badReveal, noResultGasCapBps, paused);
    }

    function taskOf(address payer, uint64 sequence) external view returns (bytes32 state, bytes32 seal) {
        TaskWords storage words = tasks[taskName(payer, sequence)];
        return (bytes32(words.state), words.seal);
    }

    function extsload(bytes32[] calldata slots) external view returns (bytes32[] memory words) {
        words = new bytes32[](slots.length);
        for (uint256 index; index < slots.length; ++index) {
            bytes32 slot = slots[index];
            bytes32 word;
            assembly ("memory-safe") {
                word := sload(slot)
            }
            words[index] = word;
        }
    }

    function createSession(bytes32 terms, bytes32 metadata) external returns (uint64 session) {
        mustNotBePaused(config);
        (session,) = openSession(terms, metadata);
    }

    function submit(uint64 session, bytes32 terms, uint64 sequence, uint64 maxCharge, bytes32 promptDigest, string calldata promptUrn, bytes32 clientReference) external returns (bytes32 task) {
        uint256 rates = config;
        mustNotBePaused(rates);
        if (sessions[session] != sessionWord(terms)) revert NoSuchSession(session, msg.sender);
        return takeTask(session, terms, 0, rates, sequence, maxCharge, promptDigest, promptUrn, clientReference);
    }

    function createAndSubmit(bytes32 terms, bytes32 metadata, uint64 sequence, uint64 maxCharge, bytes32 promptDigest, string calldata promptUrn, bytes32 clientReference) external returns (uint64 session, bytes32 task) {
        uint256 rates = config;
        mustNotBePaused(rates);
        uint256 tariff;
        (session, tariff) = openSession(terms, metadata);
        task = takeTask(session, terms, tariff, rates, sequence, maxCharge, promptDigest, promptUrn, clientReference);
    }

    function complete(address payer, uint64 sequence, bytes calldata opening, bytes calldata answers, address keeper, bytes calldata assign) external {
        Moved memory moved = recall(payer, sequence, opening);
        uint256 count = parts(answers, ANSWER_BYTES, "answers");
        mustBeOpen(moved);
        bytes memory miners = firstAddresses(answers, ANSWER_BYTES, count);
        mustHaveSeats(moved, miners, count);
        bytes32 assignment = assignmentOf(moved, keeper, miners);
        bytes32 domain = separatorNow();
        mustBeAssigned(keeper, domain, assignment, assign);
        (uint256 seats, bytes memory crew) = verified(prepared(domain, assignment), answers, count);
        unchecked {
            moved.state |= seats << SEATS_AT;
        }
        Tally memory tally = tallied(seats, count);
        uint256 digestAt;
        assembly ("memory-safe") {
            digestAt := add(answers.offset, add(mul(mload(tally), ANSWER_BYTES), 84))
        }
        settle(moved, tally, payer, keeper, assignment, crew, digestAt);
    }

    function start(address payer, uint64 sequence, bytes calldata opening, bytes calldata miners, address keeper, bytes calldata assign) external {
        Moved memory moved = recall(payer, sequence, opening);
        uint256 count = parts(miners, MINER_BYTES, "miners");
        bytes32 domain = separatorNow();
        bytes memory crew = firstAddresses(miners, MINER_BYTES, count);
        bytes32 assignment = assignmentOf(moved, keeper, crew);
        mustBeAssigned(keeper, domain, assignment, assign);
        (uint256 seats, bool all, uint256 empty) = bind(domain, assignment, miners, count);
        mustBeOpen(moved);
        unchecked {
            if (keeper != msg.sender) {
                uint256 freeFrom = ((word(moved.opening + 109) >> 216)) + ((moved.terms >> 104) & 0xffffff) / 2;
                if (block.timestamp < freeFrom) revert LaneTooEarly(moved.task, uint64(freeFrom), uint64(block.timestamp));
            }
            mustHaveSeats(moved, crew, count);
            if (empty < count) revert CommitmentZero(moved.task, uint8(empty));
            (uint256 phase, uint256 secs) = all ? (REVEAL, moved.terms >> 56) : (PRECOMMIT, moved.terms >> 80);
            uint256 deadline = block.timestamp + (secs & 0xffffff);
            keep(moved, (phase << PHASE_AT) | (count << REPLICAS_AT) | (deadline << DEADLINE_AT) | (seats << SEATS_AT) | uint160(keeper), assigned(moved, miners, count));
        }
    }

    function finish(address payer, uint64 sequence, bytes calldata history, bytes calldata reveals) external {
        Moved memory moved = recall(payer, sequence, history);
        uint256 count = parts(reveals, REVEAL_BYTES, "reveals");
        address keeper = address(uint160(moved.state));
        bytes memory miners = toldMiners(moved);
        bytes32 assignment = assignmentOf(moved, keeper, miners);
        uint256 buffer = prepared(0, assignment);
        uint256 at;
        assembly ("memory-safe") {
            at := reveals.offset
        }
        unchecked {
            for (; count > 0; --count) {
                show(moved, buffer, at);
                at += REVEAL_BYTES;
            }
        }
        mustBeIn(moved, REVEAL);
        Tally memory tally = tallied(moved.state >> SEATS_AT, replicasOf(moved));
        if (tally.committed > 0 && called(moved, tally)) return;
        settle(moved, tally, payer, keeper, assignment, toldCrew(moved), 0);
    }

    function mustNotBePaused(uint256 rates) private pure {
        if (rates & 0xff != 0) revert Paused();
    }

    function sessionWord(bytes32 terms) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, shl(96, caller()))
            mstore(20, terms)
            hash := keccak256(0, 52)
        }
    }

    function openSession(bytes32 terms, bytes32 metadata) private returns (uint64 session, uint256 tariff) {
        inRange("answerKind", (uint256(terms) >> 152) & 0xff, 0, 3);
        inRange("openSecs", (uint256(terms) >> 104) & 0xffffff, PHASE_SECS_MIN, DAY_SECS);
        inRange("precommitSecs", (uint256(terms) >> 80) & 0xffffff, PHASE_SECS_MIN, DAY_SECS);
        inRange("revealSecs", (uint256(terms) >> 56) & 0xffffff, PHASE_SECS_MIN, DAY_SECS);
        tariff = tariffOf(terms);
        unchecked {
            session = sessionCount + 1;
        }
        sessionCount = session;
        sessions[session] = sessionWord(terms);
        emit SessionCreated(session, msg.sender, terms, metadata);
    }

    /// The prices of terms: as known while they are valid, else from the table.
    function tariffOf(bytes32 terms) private returns (uint256 tariff) {
        tariff = tariffs[terms];
        if (tariff != 0 && block.timestamp <= uint32(tariff)) return tariff;
        tariff = uint256(TABLE.tariff(terms));
        if (tariff == 0) revert();
        tariffs[terms] = tariff;
        emit TariffPinned(terms, bytes32(tariff));
    }

    function takeTask(uint64 session, bytes32 terms, uint256 tariff, uint256 rates, uint64 sequence, uint64 maxCharge, bytes32 promptDigest, string calldata promptUrn, bytes32 clientReference) private returns (bytes32 task) {
        inRange("promptUrn", bytes(promptUrn).length, 0, PROMPT_URN_BYTES_MAX);
        task = taskName(msg.sender, sequence);
        TaskWords storage words = tasks[task];
        if (words.state != 0) revert SequenceUsed(msg.sender, sequence);
        if (tariff == 0) tariff = tariffOf(terms);
        uint256 replicas = (uint256(terms) >> 144) & 0xff;
        uint64 charged = charge(tariff, replicas, maxCharge);
        bytes memory opening = new bytes(OPENING_BYTES);
        uint256 deadline;
        unchecked {
            deadline = block.timestamp + ((uint256(terms) >> 104) & 0xffffff);
            // noReveal, badReveal, block, time, share.
            uint256 last = (((rates >> 24) & type(uint64).max) << 192) | (((rates >> 88) & type(uint64).max) << 128);
            last |= (ARB_SYS.arbBlockNumber() << 88) | (block.timestamp << 48) | (((rates >> 8) & 0xffff) << 32);
            assembly ("memory-safe") {
                mstore(add(opening, 32), tariff)
                mstore(add(opening, 56), terms)
                mstore(add(opening, 88), promptDigest)
                mstore(add(opening, 120), last)
            }
        }
        words.state = (OPEN << PHASE_AT) | (replicas << REPLICAS_AT) | (deadline << DEADLINE_AT);
        words.seal = keccak256(opening);
        emit TaskSubmitted(task, msg.sender, session, sequence, uint64(deadline), charged, clientReference, opening, promptUrn);
    }

    /// Takes a task's price from what the caller can spend.
    function charge(uint256 tariff, uint256 replicas, uint64 maxCharge) private returns (uint64 charged) {
        unchecked {
            uint256 price = (tariff >> 192) * replicas + uint64(tariff >> 128) + uint64(tariff >> 64);
            charged = price > type(uint64).max ? type(uint64).max : uint64(price);
            if (charged > maxCharge) revert PriceAboveMax(charged, maxCharge);
            uint256 account = accounts[msg.sender];
            if (uint64(account) < charged) revert InsufficientCredit(msg.sender, uint64(account), charged);
            accounts[msg.sender] = account - charged;
        }
    }

    /// A task with the history that its seal is of.
    function recall(address payer, uint64 sequence, bytes calldata history) private view returns (Moved memory moved) {
        if (history.length < OPENING_BYTES) revert Malformed("history");
        bytes32 hash;
        uint256 opening;
        assembly ("memory-safe") {
            opening := history.offset
            let free := mload(0x40)
            calldatacopy(free, opening, OPENING_BYTES)
            hash := keccak256(free, OPENING_BYTES)
        }
        (moved.opening, moved.openingHash, moved.seal) = (opening, hash, hash);
        moved.terms = word(opening + 24);
        if (history.length > OPENING_BYTES) readRecords(moved, opening + OPENING_BYTES, opening + history.length);
        bytes32 task = taskName(payer, sequence);
        TaskWords storage words = tasks[task];
        uint256 state = words.state;
        if (state >> PHASE_AT == ENDED) revert LaneTaskEnded(task, uint8(state >> STATUS_AT));
        bytes32 seal = words.seal;
        if (seal != moved.seal) revert HistoryMismatch(task, seal, moved.seal);
        (moved.task, moved.state) = (task, state);
    }

    function separatorNow() private view returns (bytes32) {
        return block.chainid == CHAIN_ID ? DOMAIN : separator();
    }

    function mustBeAssigned(address keeper, bytes32 domain, bytes32 assignment, bytes calldata assign) private view {
        if (!keepers[keeper]) revert Unauthorized(keeper, address(0));
        if (keeper == msg.sender) return;
        if (assign.length != 64) revert InvalidSignature(address(0), keeper);
        uint256 at;
        assembly ("memory-safe") {
            at := assign.offset
        }
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(ASSIGN_TYPEHASH, assignment))));
        uint256 input;
        assembly ("memory-safe") {
            input := mload(0x40)
        }
        mustSign(input, digest, at, uint160(keeper));
    }

    /// Stores a task that goes on, and tells what was added to its history.
    function keep(Moved memory moved, uint256 state, bytes memory record) private {
        moved.state = state;
        TaskWords storage words = tasks[moved.task];
        (words.state, words.seal) = (state, moved.seal);
        emit TaskRecord(moved.task, uint8(state >> PHASE_AT), uint64(deadlineOf(moved)), record);
    }

    /// Takes the reveal at `at` into `moved`, which the caller stores.
    function show(Moved memory moved, uint256 buffer, uint256 at) private {
        mustBeIn(moved, REVEAL);
        uint256 replica = word(at) >> 248;
        if (replica >= replicasOf(moved)) revert NoSuchReplica(moved.task, uint8(replica));
        uint256 told;
        unchecked {
            uint256 seat = (moved.state >> (SEATS_AT + seatAt(replica))) & 15;
            if (seat == 0) revert ReplicaNotCommitted(moved.task, uint8(replica));
            if (seat != COMMITTED) revert ReplicaDone(moved.task, uint8(replica));
            told = moved.told + replica * 96;
        }
        bytes32 committed;
        uint256 miner;
        assembly ("memory-safe") {
            miner := mload(told)
            committed := mload(add(told, 32))
        }
        bytes32 digest = bytes32(word(at + 1));
        bytes32 computed = commitmentOf(buffer, replica, miner, at + 1);
        if (committed != computed) revert CommitmentMismatch(moved.task, uint8(replica), committed, computed);
        unchecked {
            // From committed to the leader's seat.
            moved.state += (leaderOf(moved, digest, replica) + 2 - COMMITTED) << (SEATS_AT + seatAt(replica));
        }
        bytes memory record;
        bytes32 seal = moved.seal;
        assembly ("memory-safe") {
            mstore(add(told, 64), digest)
            record := mload(0x40)
            mstore(record, seal)
            mstore8(add(record, 32), 3)
            calldatacopy(add(record, 33), at, 33)
            seal := keccak256(record, 66)
            mstore(record, 34)
            mstore(0x40, add(record, 96))
        }
        moved.seal = seal;
        emit TaskRecord(moved.task, uint8(REVEAL), uint64(deadlineOf(moved)), record);
    }

    /// Whether those that are missing are called once more: they still decide, and were not called before.
    function called(Moved memory moved, Tally memory tally) private returns (bool) {
        uint256 deadline = deadlineOf(moved);
        if (block.timestamp < deadline) revert LaneTooEarly(moved.task, uint64(deadline), uint64(block.timestamp));
        if (moved.state & LAST_CALL != 0 || !undecided(tally, neededOf(moved, replicasOf(moved)))) return false;
        unchecked {
            deadline = block.timestamp + LAST_CALL_SECS;
        }
        keep(moved, (moved.state & ~(DEADLINE_MAX << DEADLINE_AT)) | LAST_CALL | (deadline << DEADLINE_AT), "");
        return true;
    }

    /// Stores the end, tells of it, pays, and slashes. The winner's digest is in calldata, or, if `digestAt` is zero, in what was told.
    function settle(Moved memory moved, Tally memory tally, address payer, address keeper, bytes32 assignment, bytes memory crew, uint256 digestAt) private {
        uint256 replicas = replicasOf(moved);
        uint256 needed = neededOf(moved, replicas);
        uint256 status = tally.votes >= needed ? COMPLETED : NO_QUORUM;
        // Phase and keeper go, the rest stays.
        uint256 state = (moved.state << 8 >> 8 >> 160 << 160) | (ENDED << PHASE_AT) | (status << STATUS_AT);
        TaskWords storage words = tasks[moved.task];
        (words.state, words.seal) = (markOf(assignment, crew) | state, 0);
        Split memory parted = split(moved, tally, needed, replicas);
        uint256 paid = parted.perMiner == 0 ? 0 : pay(moved, tally, crew, replicas, parted.perMiner);
        unchecked {
            if (parted.toKeeper > 0) accounts[keeper] += parted.toKeeper;
            if (parted.refunded > 0) accounts[payer] += parted.refunded;
            if (parted.toTreasury > 0) treasury += uint64(parted.toTreasury);
        }
        bytes32 digest = status == COMPLETED ? winnerOf(moved, tally, digestAt) : bytes32(0);
        emit TaskEnded(
            moved.task, payer, keeper, uint8(status), digest, uint32(state >> SEATS_AT), uint8(paid), uint64(parted.perMiner), uint64(parted.toKeeper), uint64(parted.toTreasury), uint64(parted.refunded), crew
        );
        bool silenceCounts = moved.state & LAST_CALL != 0 && tally.votes > 0 && undecided(tally, needed);
        if (silenceCounts || tally.bad > 0) punish(moved, replicas, silenceCounts);
    }

    /// Pays who follows the leader. Returns their replicas, by bit.
    function pay(Moved memory moved, Tally memory tally, bytes memory crew, uint256 replicas, uint256 share) private returns (uint256 paid) {
        uint256 winning = tally.leader + 2;
        unchecked {
            uint256 seats = (moved.state >> SEATS_AT) << 228;
            share <<= 64;
            assembly ("memory-safe") {
                let list := add(crew, 32)
                mstore(32, accounts.slot)
                for { let bit := 1 } lt(bit, shl(replicas, 1)) { bit := shl(1, bit) } {
                    if eq(shr(252, seats), winning) {
                        paid := or(paid, bit)
                        mstore(0, shr(96, mload(list)))
                        let slot := keccak256(0, 64)
                        sstore(slot, add(sload(slot), share))
                    }
                    seats := shl(4, seats)
                    list := add(list, 52)
                }
            }
        }
    }

    function punish(Moved memory moved, uint256 replicas, bool silenceCounts) private {
        uint256 penalties = word(moved.opening + 88);
        for (uint256 replica; replica < replicas; ++replica) {
            uint256 seat = (moved.state >> (SEATS_AT + seatAt(replica))) & 15;
            uint256 at = moved.told + replica * 96;
            address node;
            assembly ("memory-safe") {
                node := mload(at)
            }
            if (seat == COMMITTED && silenceCounts) penalize(moved.task, node, 1, penalties >> 192);
            if (seat == BAD) penalize(moved.task, node, 2, uint64(penalties >> 128));
        }
    }

    /// Has Staking take a penalty. What it does not take is owed; what it does cannot undo the end of the task.
    function penalize(bytes32 task, address node, uint8 reason, uint256 grains) private {
        if (grains == 0) return;
        bytes memory message = abi.encodeWithSignature("slash(address,uint64,uint8,uint256)", node, uint64(uint256(task)), reason, grains * GRAIN_WEI);
        address staking = STAKING;
        uint256 taken;
        assembly ("memory-safe") {
            let ok := call(gas(), staking, 0, add(message, 32), mload(message), 0, 32)
            if and(ok, gt(returndatasize(), 31)) { taken := mload(0) }
        }
        taken = taken / GRAIN_WEI + (taken % GRAIN_WEI == 0 ? 0 : 1);
        if (taken > type(uint64).max) taken = 0;
        if (taken >= grains) return;
        unchecked {
            owed[keccak256(abi.encodePacked(task, node, reason))] = uint64(grains - taken);
            emit SlashOwed(task, node, reason, uint64(grains - taken));
        }
    }
}
