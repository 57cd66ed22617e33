//! EVM programs made at random, but such that they get somewhere: the stack is kept track of, memory and storage are small.

use alloy::primitives::{Address, U256};

use super::random::Random;

/// Slots that programs use.
pub(crate) const SLOTS: u64 = 5;

mod op {
    pub(super) const MLOAD: u8 = 0x51;
    pub(super) const MSTORE: u8 = 0x52;
    pub(super) const JUMPI: u8 = 0x57;
    pub(super) const POP: u8 = 0x50;
    pub(super) const GAS: u8 = 0x5a;
    pub(super) const JUMPDEST: u8 = 0x5b;
    pub(super) const LOG0: u8 = 0xa0;
    pub(super) const CREATE: u8 = 0xf0;
    pub(super) const CALL: u8 = 0xf1;
    pub(super) const CREATE2: u8 = 0xf5;
    pub(super) const SELFDESTRUCT: u8 = 0xff;
}

/// Pure instructions with how much they take; they leave one word.
const PURE: [(u8, usize); 26] = [
    (0x01, 2),
    (0x02, 2),
    (0x03, 2),
    (0x04, 2),
    (0x05, 2),
    (0x06, 2),
    (0x07, 2),
    (0x08, 3),
    (0x09, 3),
    (0x0b, 2),
    (0x10, 2),
    (0x11, 2),
    (0x12, 2),
    (0x13, 2),
    (0x14, 2),
    (0x15, 1),
    (0x16, 2),
    (0x17, 2),
    (0x18, 2),
    (0x19, 1),
    (0x1a, 2),
    (0x1b, 2),
    (0x1c, 2),
    (0x1d, 2),
    (0x1e, 1),
    (0x0a, 2),
];

/// What is known of account, block and transaction. `BLOCKHASH` and `PREVRANDAO` are not the same on both chains.
const ENVIRONMENT: [u8; 18] =
    [0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x59, 0x5a];

/// Init codes of at most 32 bytes: what a created contract's constructor does.
const CONSTRUCTORS: [&[u8]; 8] = [
    &[0x5f, 0x5f, 0xf3],                                                       // nothing to deploy
    &[0x60, 0x00, 0x5f, 0x53, 0x60, 0x01, 0x5f, 0xf3],                         // deploys STOP
    &[0x61, 0x32, 0xff, 0x5f, 0x52, 0x60, 0x02, 0x60, 0x1e, 0xf3],             // deploys SELFDESTRUCT(origin)
    &[0x60, 0xef, 0x5f, 0x53, 0x60, 0x01, 0x5f, 0xf3],                         // deploys what must not be deployed
    &[0x5f, 0x5f, 0xfd],                                                       // reverts
    &[0xfe],                                                                   // is invalid
    &[0x60, 0x07, 0x60, 0x01, 0x55, 0x60, 0x2a, 0x5f, 0x5d, 0x5f, 0x5f, 0xa0], // stores and logs
    &[0x33, 0xff],                                                             // destroys itself
];

/// What a program may name.
pub(crate) struct World<'a> {
    /// Accounts to look at, call and pay.
    pub(crate) accounts: &'a [Address],
}

/// A program under construction.
struct Assembler<'a> {
    random: &'a mut Random,
    world: &'a World<'a>,
    code: Vec<u8>,
    /// Words on the stack.
    depth: usize,
}

/// A program of about `steps` steps.
pub(crate) fn generate(random: &mut Random, world: &World<'_>, steps: u64) -> Vec<u8> {
    let mut assembler = Assembler { random, world, code: Vec::new(), depth: 0 };
    for _ in 0..steps {
        assembler.step(2);
    }
    assembler.end();
    assembler.code
}

/// Init code that deploys `runtime`.
pub(crate) fn deploy(runtime: &[u8]) -> Vec<u8> {
    let length = u16::try_from(runtime.len()).expect("a short program").to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    [&[0x61, length[0], length[1], 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3], runtime].concat()
}

impl Assembler<'_> {
    fn emit(&mut self, opcode: u8, takes: usize, leaves: usize) {
        self.code.push(opcode);
        self.depth = self.depth - takes + leaves;
    }

    fn push(&mut self, value: U256) {
        let bytes = value.to_be_bytes_trimmed_vec();
        self.code.push(0x5f + u8::try_from(bytes.len()).expect("at most 32"));
        self.code.extend(bytes);
        self.depth += 1;
    }

    fn push_small(&mut self, bound: u64) {
        let value = self.random.below(bound);
        self.push(U256::from(value));
    }

    fn push_account(&mut self) {
        let account = self.random.pick(self.world.accounts);
        self.push(U256::from_be_slice(account.as_slice()));
    }

    fn push_value(&mut self) {
        let value = match self.random.below(8) {
            0 => U256::MAX,
            1 => U256::from(1) << 255,
            2 => U256::from_be_slice(&self.random.bytes(32)),
            3 => U256::from(self.random.next()),
            _ => U256::from(self.random.below(300)),
        };
        self.push(value);
    }

    /// Makes sure of `count` words.
    fn want(&mut self, count: usize) {
        while self.depth < count {
            self.push_value();
        }
    }

    /// Start and length of a piece of memory, length below.
    fn push_range(&mut self) {
        self.push_small(100);
        self.push_small(120);
    }

    fn step(&mut self, nesting: u8) {
        if self.depth > 200 {
            while self.depth > 20 {
                self.emit(op::POP, 1, 0);
            }
        }
        match self.random.below(24) {
            0 | 1 => self.push_value(),
            2..=5 => {
                let (opcode, takes) = self.random.pick(&PURE);
                self.want(takes);
                self.emit(opcode, takes, 1);
            }
            6 | 7 => self.environment(),
            8 | 9 => self.memory(),
            10..=12 => self.storage(),
            13 => self.log(),
            14 => self.account(),
            15..=17 => self.call(),
            18 => self.create(),
            19 => self.shuffle(),
            20 | 21 if nesting > 0 => self.branch(nesting - 1),
            22 if nesting > 0 => self.repeat(nesting - 1),
            _ => self.copy(),
        }
    }

    fn environment(&mut self) {
        match self.random.below(4) {
            0 => {
                self.push_small(64);
                self.emit(0x35, 1, 1); // CALLDATALOAD
            }
            1 => {
                self.push_small(2);
                self.emit(0x49, 1, 1); // BLOBHASH
            }
            _ => {
                let opcode = self.random.pick(&ENVIRONMENT);
                self.emit(opcode, 0, 1);
            }
        }
    }

    fn memory(&mut self) {
        self.want(1);
        self.push_small(128);
        match self.random.below(3) {
            0 => self.emit(op::MLOAD, 1, 1),
            1 => self.emit(op::MSTORE, 2, 0),
            _ => self.emit(0x53, 2, 0), // MSTORE8
        }
    }

    fn storage(&mut self) {
        match self.random.below(5) {
            0 | 1 => {
                self.push_small(SLOTS);
                let opcode = self.random.pick(&[0x54, 0x54, 0x5c]); // SLOAD, TLOAD
                self.emit(opcode, 1, 1);
            }
            _ => {
                if self.random.once_in(2) {
                    self.push_small(3);
                }
                self.want(1);
                self.push_small(SLOTS);
                let opcode = self.random.pick(&[0x55, 0x55, 0x5d]); // SSTORE, TSTORE
                self.emit(opcode, 2, 0);
            }
        }
    }

    fn log(&mut self) {
        let topics = self.random.below(5);
        let topics = usize::try_from(topics).expect("few");
        self.want(topics);
        self.push_range();
        self.emit(op::LOG0 + u8::try_from(topics).expect("few"), topics + 2, 0);
    }

    fn account(&mut self) {
        match self.random.below(4) {
            0 => {
                self.push_small(40);
                self.push_small(40);
                self.push_small(100);
                self.push_account();
                self.emit(0x3c, 4, 0); // EXTCODECOPY
            }
            _ => {
                self.push_account();
                let opcode = self.random.pick(&[0x31, 0x3b, 0x3f]); // BALANCE, EXTCODESIZE, EXTCODEHASH
                self.emit(opcode, 1, 1);
            }
        }
    }

    /// One of the four calls.
    fn call(&mut self) {
        self.push_range();
        self.push_range();
        let opcode = self.random.pick(&[op::CALL, op::CALL, 0xf2, 0xf4, 0xfa]);
        let has_value = opcode == op::CALL || opcode == 0xf2;
        if has_value {
            let value = if self.random.once_in(3) { self.random.below(1000) } else { 0 };
            self.push(U256::from(value));
        }
        self.push_account();
        if self.random.once_in(3) {
            self.push_small(60_000);
        } else {
            self.emit(op::GAS, 0, 1);
        }
        self.emit(opcode, if has_value { 7 } else { 6 }, 1);
    }

    fn create(&mut self) {
        let code = self.random.pick(&CONSTRUCTORS);
        let mut word = [0u8; 32];
        word[..code.len()].copy_from_slice(code);
        self.push(U256::from_be_bytes(word));
        self.push(U256::ZERO);
        self.emit(op::MSTORE, 2, 0);
        let salted = self.random.once_in(2);
        if salted {
            self.push_small(3);
        }
        self.push(U256::from(code.len()));
        self.push(U256::ZERO);
        let value = if self.random.once_in(4) { self.random.below(100) } else { 0 };
        self.push(U256::from(value));
        if salted { self.emit(op::CREATE2, 4, 1) } else { self.emit(op::CREATE, 3, 1) }
    }

    fn shuffle(&mut self) {
        let reach = 1 + self.random.below(16);
        let words = usize::try_from(reach).expect("few");
        let reach = u8::try_from(reach).expect("few") - 1;
        if self.random.once_in(2) {
            self.want(words);
            self.emit(0x80 + reach, 0, 1); // DUPn
        } else {
            self.want(words + 1);
            self.emit(0x90 + reach, 0, 0); // SWAPn
        }
    }

    fn copy(&mut self) {
        match self.random.below(5) {
            0 => {
                self.push_range();
                self.emit(0x20, 2, 1); // KECCAK256
            }
            which => {
                let opcode = [0, 0x37, 0x39, 0x5e, 0x3e][usize::try_from(which).expect("few")]; // CALLDATA-, CODE-, M-, RETURNDATACOPY
                // What lies beyond the returned data ends the call: seldom.
                let reach = if which == 4 && !self.random.once_in(8) { 1 } else { 64 };
                self.push_small(reach);
                self.push_small(reach);
                self.push_small(128);
                self.emit(opcode, 3, 0);
            }
        }
    }

    /// Steps that leave the stack as high as it was.
    fn neutral(&mut self, nesting: u8) {
        let before = self.depth;
        for _ in 0..=self.random.below(4) {
            self.step(nesting);
        }
        while self.depth > before {
            self.emit(op::POP, 1, 0);
        }
        self.want(before);
    }

    fn branch(&mut self, nesting: u8) {
        self.want(1);
        let hole = self.code.len() + 1;
        self.code.extend([0x61, 0, 0]); // PUSH2 to where it goes on
        self.depth += 1;
        self.emit(op::JUMPI, 2, 0);
        self.neutral(nesting);
        let target = u16::try_from(self.code.len()).expect("a short program").to_be_bytes();
        self.code[hole..hole + 2].copy_from_slice(&target);
        self.emit(op::JUMPDEST, 0, 0);
    }

    fn repeat(&mut self, nesting: u8) {
        let rounds = 1 + self.random.below(4);
        self.push(U256::from(rounds));
        let start = u16::try_from(self.code.len()).expect("a short program").to_be_bytes();
        self.emit(op::JUMPDEST, 0, 0);
        let counter = self.depth;
        self.neutral_above(counter, nesting);
        // PUSH1 1, SWAP1, SUB, DUP1, PUSH2 start, JUMPI, POP
        self.code.extend([0x60, 1, 0x90, 0x03, 0x80, 0x61, start[0], start[1], op::JUMPI]);
        self.emit(op::POP, 1, 0);
    }

    /// As [`neutral`](Self::neutral), without touching the counter below: nothing but pushes, storage, logs and calls.
    fn neutral_above(&mut self, counter: usize, nesting: u8) {
        for _ in 0..=self.random.below(3) {
            match self.random.below(4) {
                0 => self.call(),
                1 => {
                    self.push_small(3);
                    self.push_small(SLOTS);
                    self.emit(0x55, 2, 0); // SSTORE
                }
                2 => {
                    self.push_range();
                    self.emit(op::LOG0, 2, 0);
                }
                _ if nesting > 0 => self.account(),
                _ => self.environment(),
            }
            while self.depth > counter {
                self.emit(op::POP, 1, 0);
            }
        }
    }

    fn end(&mut self) {
        match self.random.below(12) {
            0 => self.code.push(0xfe),
            1 => {
                self.push_account();
                self.code.push(op::SELFDESTRUCT);
            }
            2 => {
                self.push_range();
                self.code.push(0xfd);
            }
            3 => self.code.push(0x00),
            4 => {}
            _ => {
                self.push_small(200);
                self.push_small(20);
                self.code.push(0xf3);
            }
        }
    }
}
