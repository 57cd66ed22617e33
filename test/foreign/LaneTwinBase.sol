// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title What `LaneTwin` says, and what it computes without its storage.
abstract contract LaneTwinBase {
    event Credited(address indexed account, address indexed from, uint64 amount, uint64 available);
    event SessionCreated(uint64 indexed session, address indexed owner, bytes32 terms, bytes32 metadata);
    event TariffPinned(bytes32 indexed terms, bytes32 tariff);
    event TaskSubmitted(bytes32 indexed task, address indexed payer, uint64 indexed session, uint64 sequence, uint64 deadline, uint64 charged, bytes32 clientReference, bytes opening, string promptUrn);
    event TaskRecord(bytes32 indexed task, uint8 phase, uint64 deadline, bytes record);
    event TaskEnded(bytes32 indexed task, address indexed payer, address indexed keeper, uint8 status, bytes32 resultDigest, uint32 seats, uint8 paid, uint64 perMiner, uint64 toKeeper, uint64 toTreasury, uint64 refunded, bytes crew);
    event KeeperNamed(address indexed keeper, bool enabled);
    event ConfigSet(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused);
    event SlashOwed(bytes32 indexed task, address indexed node, uint8 reason, uint64 amount);

    error Unauthorized(address caller, address required);
    error ZeroAddress();
    error Paused();
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    error InsufficientCredit(address account, uint64 available, uint64 needed);
    error NotInGrains(uint256 amount);
    error NoSuchSession(uint64 session, address owner);
    error PriceAboveMax(uint64 price, uint64 maxCharge);
    error SequenceUsed(address payer, uint64 sequence);
    error HistoryMismatch(bytes32 task, bytes32 seal, bytes32 computed);
    error Malformed(bytes32 field);
    error InvalidSignature(address signer, address expected);
    error LanePhaseWrong(bytes32 task, uint8 phase, uint8 wanted);
    error LaneTaskEnded(bytes32 task, uint8 status);
    error LaneTooLate(bytes32 task, uint64 deadline, uint64 timestamp);
    error LaneTooEarly(bytes32 task, uint64 deadline, uint64 timestamp);
    error LaneMinerCount(bytes32 task, uint64 given, uint8 wanted);
    error MinerTwice(bytes32 task, uint8 replica);
    error NoSuchReplica(bytes32 task, uint8 replica);
    error ReplicaDone(bytes32 task, uint8 replica);
    error ReplicaNotCommitted(bytes32 task, uint8 replica);
    error CommitmentZero(bytes32 task, uint8 replica);
    error CommitmentMismatch(bytes32 task, uint8 replica, bytes32 committed, bytes32 computed);

    /// A task's two words.
    struct TaskWords {
        uint256 state;
        bytes32 seal;
    }

    /// A task that is being moved on.
    struct Moved {
        bytes32 task;
        uint256 state;
        bytes32 seal;
        bytes32 openingHash;
        /// Where the opening lies in calldata.
        uint256 opening;
        uint256 terms;
        /// Three words of memory for each replica of the history: miner, commitment, digest.
        uint256 told;
        /// How many replicas the history has.
        uint256 count;
    }

    /// How a vote stands.
    struct Tally {
        uint256 leader;
        uint256 votes;
        uint256 committed;
        uint256 bad;
    }

    uint256 internal constant BPS = 10_000;
    uint256 internal constant FLOOR_BPS = 5_000;
    uint256 internal constant GRAIN_WEI = 1e9;
    uint256 internal constant PHASE_SECS_MIN = 30;
    uint256 internal constant DAY_SECS = 1 days;
    uint256 internal constant LAST_CALL_SECS = 30 hours;
    uint256 internal constant PROMPT_URN_BYTES_MAX = 256;
    uint256 internal constant REPLICAS_MAX = 7;

    uint256 internal constant OPENING_BYTES = 116;
    uint256 internal constant ANSWER_BYTES = 148;
    uint256 internal constant MINER_BYTES = 116;
    uint256 internal constant REVEAL_BYTES = 65;
    uint256 internal constant SEAT_BYTES = 52;

    uint256 internal constant OPEN = 1;
    uint256 internal constant PRECOMMIT = 2;
    uint256 internal constant REVEAL = 3;
    uint256 internal constant ENDED = 4;
    uint256 internal constant COMPLETED = 1;
    uint256 internal constant NO_QUORUM = 2;
    uint256 internal constant COMMITTED = 1;
    uint256 internal constant BAD = 15;

    // The fields of a state word, by their lowest bits.
    uint256 internal constant PHASE_AT = 248;
    uint256 internal constant STATUS_AT = 240;
    uint256 internal constant LAST_CALL = 1 << 239;
    uint256 internal constant REPLICAS_AT = 232;
    uint256 internal constant DEADLINE_AT = 192;
    uint256 internal constant SEATS_AT = 160;
    uint256 internal constant DEADLINE_MAX = (1 << 40) - 1;

    /// Half the order of secp256k1 (EIP-2).
    uint256 internal constant S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    bytes32 internal constant DOMAIN_TYPEHASH = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant PRECOMMIT_TYPEHASH = keccak256("Precommit(bytes32 assignment,bytes32 commitment)");
    bytes32 internal constant ASSIGN_TYPEHASH = keccak256("Assign(bytes32 assignment)");
    bytes32 internal constant COMMITMENT_DOMAIN = keccak256("Cortensor.Commitment.v2");

    function inRange(bytes32 field, uint256 value, uint256 min, uint256 max) internal pure {
        if (value < min || value > max) revert InputOutOfRange(field, value, min, max);
    }

    function taskName(address payer, uint64 sequence) internal pure returns (bytes32 task) {
        assembly ("memory-safe") {
            mstore(0, or(or(shl(248, 6), shl(88, payer)), shl(24, sequence)))
            task := keccak256(0, 29)
        }
    }

    /// A word of calldata.
    function word(uint256 at) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(at)
        }
    }

    function readRecords(Moved memory moved, uint256 at, uint256 end) internal pure {
        unchecked {
            while (at < end) {
                uint256 kind = word(at) >> 248;
                uint256 replica = (word(at) >> 240) & 0xff;
                uint256 replicas = (moved.terms >> 144) & 0xff;
                uint256 size = kind == 1 ? 1 + 52 * replicas : kind == 4 ? 2 : 34;
                if (kind == 0 || kind > 4 || at + size > end) revert Malformed("history");
                if (kind == 1 ? moved.count != 0 : replica >= moved.count) revert Malformed("history");
                if (kind == 1) (moved.told, moved.count) = (readSeats(at + 1, replicas), replicas);
                uint256 told = moved.told + replica * 96;
                bytes32 seal = moved.seal;
                assembly ("memory-safe") {
                    if or(eq(kind, 2), eq(kind, 3)) { mstore(add(told, shl(5, sub(kind, 1))), calldataload(add(at, 2))) }
                    let free := mload(0x40)
                    mstore(free, seal)
                    calldatacopy(add(free, 32), at, size)
                    seal := keccak256(free, add(size, 32))
                }
                moved.seal = seal;
                at += size;
            }
        }
    }

    function readSeats(uint256 at, uint256 count) internal pure returns (uint256 told) {
        assembly ("memory-safe") {
            told := mload(0x40)
            let end := add(told, mul(count, 96))
            for { let seat := told } lt(seat, end) { seat := add(seat, 96) } {
                mstore(seat, shr(96, calldataload(at)))
                mstore(add(seat, 32), calldataload(add(at, 20)))
                mstore(add(seat, 64), 0)
                at := add(at, 52)
            }
            mstore(0x40, end)
        }
    }

    /// How many parts the bytes are: a whole number, and no more than a task has replicas.
    function parts(bytes calldata all, uint256 size, bytes32 field) internal pure returns (uint256) {
        if (all.length % size != 0 || all.length > size * REPLICAS_MAX) revert Malformed(field);
        return all.length / size;
    }

    /// The miners that parts begin with, 20 bytes each.
    function firstAddresses(bytes calldata all, uint256 size, uint256 count) internal pure returns (bytes memory list) {
        assembly ("memory-safe") {
            list := mload(0x40)
            let to := add(list, 32)
            let end := add(to, mul(count, 20))
            mstore(list, mul(count, 20))
            for { let at := all.offset } lt(to, end) { at := add(at, size) } {
                mstore(to, calldataload(at))
                to := add(to, 20)
            }
            mstore(0x40, and(add(end, 63), not(31)))
        }
    }

    function toldMiners(Moved memory moved) internal pure returns (bytes memory list) {
        (uint256 told, uint256 count) = (moved.told, moved.count);
        assembly ("memory-safe") {
            list := mload(0x40)
            let to := add(list, 32)
            let end := add(to, mul(count, 20))
            mstore(list, mul(count, 20))
            for {} lt(to, end) { to := add(to, 20) } {
                mstore(to, shl(96, mload(told)))
                told := add(told, 96)
            }
            mstore(0x40, and(add(end, 63), not(31)))
        }
    }

    /// Bytes whose last word of memory may be written whole.
    function allocated(uint256 size) internal pure returns (bytes memory list) {
        assembly ("memory-safe") {
            list := mload(0x40)
            mstore(list, size)
            mstore(0x40, and(add(add(list, size), 95), not(31)))
        }
    }

    /// Who serves, and what each is bound to: 52 bytes each.
    function toldCrew(Moved memory moved) internal pure returns (bytes memory crew) {
        (uint256 told, uint256 count) = (moved.told, moved.count);
        crew = allocated(count * SEAT_BYTES);
        assembly ("memory-safe") {
            let to := add(crew, 32)
            for {} count { count := sub(count, 1) } {
                mstore(to, shl(96, mload(told)))
                mstore(add(to, 20), mload(add(told, 32)))
                told := add(told, 96)
                to := add(to, 52)
            }
        }
    }

    /// What is left of an assignment and its crew: the last 160 bits.
    function markOf(bytes32 assignment, bytes memory crew) internal pure returns (uint256 mark) {
        assembly ("memory-safe") {
            let size := mload(crew)
            mstore(crew, assignment)
            mark := keccak256(crew, add(size, 32))
            mstore(crew, size)
        }
        return uint160(mark);
    }

    /// keccak256(task || openingHash || keeper || miners).
    function assignmentOf(Moved memory moved, address keeper, bytes memory miners) internal pure returns (bytes32 hash) {
        (bytes32 task, bytes32 openingHash) = (moved.task, moved.openingHash);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, task)
            mstore(add(free, 32), openingHash)
            mstore(add(free, 64), shl(96, keeper))
            mcopy(add(free, 84), add(miners, 32), mload(miners))
            hash := keccak256(free, add(84, mload(miners)))
        }
    }

    function separator() internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Cortensor Lane"), keccak256("1"), block.chainid, address(this)));
    }

    /// Memory in which what miners are bound to is hashed. What is the same for all of them is written once: commitment 8 words, Precommit 3, digest 66 bytes, and
    /// from 448 on what the precompile is asked, 4.
    function prepared(bytes32 domain, bytes32 assignment) internal view returns (uint256 buffer) {
        (bytes32 commitments, bytes32 precommits) = (COMMITMENT_DOMAIN, PRECOMMIT_TYPEHASH);
        assembly ("memory-safe") {
            buffer := mload(0x40)
            mstore(0x40, add(buffer, 576))
            mstore(buffer, commitments)
            mstore(add(buffer, 32), chainid())
            mstore(add(buffer, 64), address())
            mstore(add(buffer, 96), assignment)
            mstore(add(buffer, 256), precommits)
            mstore(add(buffer, 288), assignment)
            mstore(add(buffer, 352), shl(240, 0x1901))
            mstore(add(buffer, 354), domain)
        }
    }

    /// The commitment to the digest and the salt at `at` of calldata.
    function commitmentOf(uint256 buffer, uint256 replica, uint256 miner, uint256 at) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(add(buffer, 128), replica)
            mstore(add(buffer, 160), miner)
            calldatacopy(add(buffer, 192), at, 64)
            hash := keccak256(buffer, 256)
        }
    }

    /// Who signed the Precommit of a commitment, by the signature at `at` of calldata.
    function mustBind(uint256 buffer, bytes32 commitment, uint256 at, uint256 miner) internal view {
        bytes32 digest;
        assembly ("memory-safe") {
            mstore(add(buffer, 320), commitment)
            mstore(add(buffer, 386), keccak256(add(buffer, 256), 96))
            digest := keccak256(add(buffer, 352), 66)
        }
        mustSign(buffer + 448, digest, at, miner);
    }

    /// A signature of 64 bytes of calldata (EIP-2098); the precompile is asked from memory at `input`.
    function mustSign(uint256 input, bytes32 digest, uint256 at, uint256 expected) internal view {
        uint256 signer;
        assembly ("memory-safe") {
            let proof := calldataload(add(at, 32))
            let s := shr(1, shl(1, proof))
            mstore(input, digest)
            mstore(add(input, 32), add(27, shr(255, proof)))
            mstore(add(input, 64), calldataload(at))
            mstore(add(input, 96), s)
            mstore(0, 0)
            if iszero(gt(s, S_MAX)) {
                // The precompile answers an impossible signature with no bytes.
                pop(staticcall(gas(), 1, input, 128, 0, 32))
                signer := mload(0)
            }
        }
        if (signer == 0 || signer != expected) revert InvalidSignature(address(uint160(signer)), address(uint160(expected)));
    }

    function mustBeIn(Moved memory moved, uint256 phase) internal pure {
        uint256 now_ = moved.state >> PHASE_AT;
        if (now_ != phase) revert LanePhaseWrong(moved.task, uint8(now_), uint8(phase));
    }

    function mustBeOpen(Moved memory moved) internal view {
        mustBeIn(moved, OPEN);
        uint256 deadline = deadlineOf(moved);
        if (block.timestamp >= deadline) revert LaneTooLate(moved.task, uint64(deadline), uint64(block.timestamp));
    }

    /// One miner for each replica, and none twice. `miners` are of 20 bytes each.
    function mustHaveSeats(Moved memory moved, bytes memory miners, uint256 count) internal pure {
        uint256 replicas = replicasOf(moved);
        if (count != replicas) revert LaneMinerCount(moved.task, uint64(count), uint8(replicas));
        unchecked {
            for (uint256 replica = 1; replica < count; ++replica) {
                uint256 miner = minerAt(miners, replica);
                for (uint256 earlier; earlier < replica; ++earlier) {
                    if (minerAt(miners, earlier) == miner) revert MinerTwice(moved.task, uint8(replica));
                }
            }
        }
    }

    function minerAt(bytes memory miners, uint256 replica) internal pure returns (uint256 miner) {
        assembly ("memory-safe") {
            miner := shr(96, mload(add(add(miners, 32), mul(replica, 20))))
        }
    }

    function replicasOf(Moved memory moved) internal pure returns (uint256) {
        return (moved.state >> REPLICAS_AT) & 0x7f;
    }

    function deadlineOf(Moved memory moved) internal pure returns (uint256) {
        return (moved.state >> DEADLINE_AT) & DEADLINE_MAX;
    }

    /// Where a replica's seat lies among the seats.
    function seatAt(uint256 replica) internal pure returns (uint256) {
        unchecked {
            return 24 - 4 * replica;
        }
    }

    /// Seats of miners that all answered and signed, and what each is bound to.
    function verified(uint256 buffer, bytes calldata answers, uint256 count) internal view returns (uint256 seats, bytes memory crew) {
        crew = allocated(count * SEAT_BYTES);
        uint256 first;
        assembly ("memory-safe") {
            first := add(answers.offset, 84)
        }
        unchecked {
            uint256 at = first;
            for (uint256 replica; replica < count; ++replica) {
                uint256 miner = word(at - 84) >> 96;
                bytes32 commitment = commitmentOf(buffer, replica, miner, at);
                mustBind(buffer, commitment, at - 64, miner);
                assembly ("memory-safe") {
                    let to := add(add(crew, 32), mul(replica, 52))
                    mstore(to, shl(96, miner))
                    mstore(add(to, 20), commitment)
                }
                // The first replica of each digest leads.
                uint256 leader = first;
                while (word(leader) != word(at)) leader += ANSWER_BYTES;
                seats = (seats << 4) | ((leader - first) / ANSWER_BYTES + 2);
                at += ANSWER_BYTES;
            }
            seats <<= 4 * (REPLICAS_MAX - count);
        }
    }

    /// Seats of the miners that signed, whether all did, and the first replica that signed for nothing.
    function bind(bytes32 domain, bytes32 assignment, bytes calldata miners, uint256 count) internal view returns (uint256 seats, bool all, uint256 empty) {
        uint256 at;
        assembly ("memory-safe") {
            at := miners.offset
        }
        (all, empty) = (true, type(uint256).max);
        uint256 buffer = prepared(domain, assignment);
        unchecked {
            uint256 place = COMMITTED << seatAt(0);
            for (uint256 replica; replica < count; ++replica) {
                uint256 commitment = word(at + 20);
                if (commitment | word(at + 52) | word(at + 84) == 0) {
                    all = false;
                } else {
                    mustBind(buffer, bytes32(commitment), at + 52, word(at) >> 96);
                    if (commitment == 0 && empty > replica) empty = replica;
                    seats |= place;
                }
                at += MINER_BYTES;
                place >>= 4;
            }
        }
    }

    /// The record of an assignment, and `moved` with the seal over it.
    function assigned(Moved memory moved, bytes calldata miners, uint256 count) internal pure returns (bytes memory record) {
        bytes32 seal = moved.seal;
        assembly ("memory-safe") {
            record := mload(0x40)
            let to := add(record, 33)
            mstore8(add(record, 32), 1)
            for { let at := miners.offset } count { count := sub(count, 1) } {
                calldatacopy(to, at, 52)
                to := add(to, 52)
                at := add(at, MINER_BYTES)
            }
            let size := sub(to, add(record, 32))
            mstore(record, seal)
            seal := keccak256(record, add(size, 32))
            mstore(record, size)
            mstore(0x40, and(add(to, 31), not(31)))
        }
        moved.seal = seal;
    }

    /// Whom a replica with this digest follows: itself if it is the first of its kind.
    function leaderOf(Moved memory moved, bytes32 digest, uint256 replica) internal pure returns (uint256) {
        (uint256 told, uint256 seats) = (moved.told + 64, moved.state >> SEATS_AT);
        unchecked {
            for (uint256 other; other < moved.count; ++other) {
                bytes32 shown;
                assembly ("memory-safe") {
                    shown := mload(told)
                }
                uint256 seat = (seats >> seatAt(other)) & 15;
                if (shown == digest && seat > COMMITTED && seat != BAD) return seat - 2;
                told += 96;
            }
        }
        return replica;
    }

    function tallied(uint256 seats, uint256 count) internal pure returns (Tally memory tally) {
        unchecked {
            // The first replica's seat in the highest bits.
            seats <<= 228;
            (uint256 packed, uint256 leader, uint256 votes) = (0, 0, 0);
            for (; count > 0; --count) {
                uint256 seat = seats >> 252;
                seats <<= 4;
                if (seat > COMMITTED && seat != BAD) {
                    uint256 place = (seat - 2) << 2;
                    packed += 1 << place;
                    uint256 has = (packed >> place) & 15;
                    if (has > votes) (leader, votes) = (seat - 2, has);
                } else if (seat != 0) {
                    if (seat == BAD) ++tally.bad;
                    else ++tally.committed;
                }
            }
            (tally.leader, tally.votes) = (leader, votes);
        }
    }

    function neededOf(Moved memory moved, uint256 replicas) internal pure returns (uint256 needed) {
        unchecked {
            uint256 bps = uint16(moved.terms >> 128);
            needed = (replicas * (bps < BPS ? bps : BPS) + BPS - 1) / BPS;
            uint256 majority = replicas / 2 + 1;
            if (needed < majority) needed = majority;
        }
    }

    function undecided(Tally memory tally, uint256 needed) internal pure returns (bool) {
        return tally.votes < needed && tally.votes + tally.committed >= needed;
    }

    /// Where a task's price goes.
    struct Split {
        uint256 perMiner;
        uint256 toKeeper;
        uint256 toTreasury;
        uint256 refunded;
    }

    function split(Moved memory moved, Tally memory tally, uint256 needed, uint256 replicas) internal pure returns (Split memory parted) {
        uint256 prices = word(moved.opening);
        (uint256 perReplica, uint256 network, uint256 gasLine) = (prices >> 192, uint64(prices >> 128), uint64(prices >> 64));
        uint256 votes = tally.votes;
        unchecked {
            if (votes >= needed) {
                (parted.perMiner, parted.toKeeper, parted.toTreasury) = (perReplica, gasLine, network * votes / replicas);
            } else {
                uint256 bps = word(moved.opening + 114) >> 240;
                if (boundOf(moved, replicas) >= needed) parted.toKeeper = gasLine * (bps < BPS ? bps : BPS) / BPS;
                if (votes > replicas / 2) {
                    parted.perMiner = perReplica * FLOOR_BPS / BPS;
                    parted.toTreasury = network * votes / replicas * FLOOR_BPS / BPS;
                } else {
                    votes = 0;
                }
            }
            parted.refunded = perReplica * replicas + network + gasLine - parted.perMiner * votes - parted.toKeeper - parted.toTreasury;
        }
    }

    /// How many miners were bound.
    function boundOf(Moved memory moved, uint256 replicas) internal pure returns (uint256 bound) {
        unchecked {
            for (uint256 replica; replica < replicas; ++replica) {
                if ((moved.state >> (SEATS_AT + seatAt(replica))) & 15 != 0) ++bound;
            }
        }
    }

    function winnerOf(Moved memory moved, Tally memory tally, uint256 digestAt) internal pure returns (bytes32 digest) {
        if (digestAt != 0) return bytes32(word(digestAt));
        uint256 at = moved.told + tally.leader * 96 + 64;
        assembly ("memory-safe") {
            digest := mload(at)
        }
    }
}
