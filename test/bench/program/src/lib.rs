//! Compute-heavy code in one source: the bench calls it natively, the chain as a Stylus program.
//!
//! A kernel is a pure function of a number of rounds, so that what both answer can be compared. None allocates.

#[cfg(target_arch = "wasm32")]
mod entry;
mod interpreter;
mod limbs;
mod sha256;

use alloy_primitives::U256;

/// Bytes of [`input`].
pub const INPUT_BYTES: usize = 5;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Keccak-f[1600] over its own state: rotations and logic on 64-bit words.
    Keccak,
    /// Products of 16 × 16 matrices of 32-bit numbers: multiplications and memory.
    Matrix,
    /// Multiplications modulo the order of secp256k1: 256-bit integers.
    Modular,
    /// Primes below 16,384 by the sieve of Eratosthenes: bytes of memory and branches.
    Sieve,
    /// SHA-256's compression: rotations and sums of 32-bit words.
    Sha256,
    /// Montgomery's multiplication modulo the order of secp256k1, on 32-bit limbs.
    Limbs,
    /// A register machine's code, interpreted: branches and a table of them.
    Interpreter,
}

impl Kernel {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Sha256, Self::Limbs, Self::Interpreter, Self::Keccak, Self::Sieve, Self::Matrix, Self::Modular];

    /// What native code has for it that a program of the chain lacks; `None` where both do the same.
    pub fn native_has(self) -> Option<&'static str> {
        match self {
            Self::Keccak | Self::Sha256 | Self::Limbs | Self::Interpreter => None,
            Self::Matrix | Self::Sieve => Some("vectors"),
            Self::Modular => Some("128-bit products"),
        }
    }
}

/// The calldata that asks for `rounds` of `kernel`.
pub fn input(kernel: Kernel, rounds: u32) -> [u8; INPUT_BYTES] {
    let [a, b, c, d] = rounds.to_be_bytes();
    [kernel as u8, a, b, c, d]
}

/// Runs what `input` asks for; zero if it asks for nothing that is here.
pub fn answer(input: [u8; INPUT_BYTES]) -> [u8; 32] {
    let [kernel, a, b, c, d] = input;
    let kernel = Kernel::ALL.into_iter().find(|known| *known as u8 == kernel);
    kernel.map_or([0; 32], |kernel| run(kernel, u32::from_be_bytes([a, b, c, d])))
}

/// Runs `rounds` of `kernel` and answers what came out.
#[inline(never)]
pub fn run(kernel: Kernel, rounds: u32) -> [u8; 32] {
    match kernel {
        Kernel::Keccak => keccak(rounds),
        Kernel::Matrix => matrix(rounds),
        Kernel::Modular => modular(rounds),
        Kernel::Sieve => sieve(rounds),
        Kernel::Sha256 => sha256::run(rounds),
        Kernel::Limbs => limbs::run(rounds),
        Kernel::Interpreter => interpreter::run(rounds),
    }
}

const KECCAK_ROUNDS: usize = 24;

/// By how much step ρ turns each lane, from FIPS 202, section 3.2.2.
const ROTATIONS: [u32; 25] = {
    let mut rotations = [0; 25];
    let (mut x, mut y, mut step) = (1, 0, 0);
    while step < 24 {
        rotations[x + 5 * y] = (step + 1) * (step + 2) / 2 % 64;
        (x, y) = (y, (2 * x + 3 * y) % 5);
        step += 1;
    }
    rotations
};

/// The constants of step ι, from the linear feedback shift register of FIPS 202, section 3.2.5.
const IOTA: [u64; KECCAK_ROUNDS] = {
    let mut constants = [0u64; KECCAK_ROUNDS];
    let (mut register, mut round) = (1u16, 0);
    while round < KECCAK_ROUNDS {
        let mut bit = 0;
        while bit < 7 {
            constants[round] |= ((register & 1) as u64) << ((1u32 << bit) - 1);
            register <<= 1;
            if register & 0x100 != 0 {
                register ^= 0x171;
            }
            bit += 1;
        }
        round += 1;
    }
    constants
};

fn permute(state: &mut [u64; 25]) {
    for iota in &IOTA {
        let mut columns = [0u64; 5];
        for x in 0..5 {
            columns[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
        }
        for x in 0..5 {
            let mix = columns[(x + 4) % 5] ^ columns[(x + 1) % 5].rotate_left(1);
            for y in 0..5 {
                state[x + 5 * y] ^= mix;
            }
        }
        let mut moved = [0u64; 25];
        for x in 0..5 {
            for y in 0..5 {
                moved[y + 5 * ((2 * x + 3 * y) % 5)] = state[x + 5 * y].rotate_left(ROTATIONS[x + 5 * y]);
            }
        }
        for y in 0..5 {
            for x in 0..5 {
                state[x + 5 * y] = moved[x + 5 * y] ^ (!moved[(x + 1) % 5 + 5 * y] & moved[(x + 2) % 5 + 5 * y]);
            }
        }
        state[0] ^= iota;
    }
}

fn keccak(rounds: u32) -> [u8; 32] {
    let mut state = [0u64; 25];
    for _ in 0..rounds {
        permute(&mut state);
    }
    words([state[0], state[1], state[2], state[3]])
}

const SIDE: usize = 16;

fn matrix(rounds: u32) -> [u8; 32] {
    let mut seed = 1u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 16
    };
    let (mut left, mut right) = ([[0u32; SIDE]; SIDE], [[0u32; SIDE]; SIDE]);
    for row in left.iter_mut().chain(&mut right) {
        row.fill_with(&mut next);
    }
    for _ in 0..rounds {
        let mut product = [[0u32; SIDE]; SIDE];
        for (row, out) in left.iter().zip(&mut product) {
            for (value, line) in row.iter().zip(&right) {
                for (cell, factor) in out.iter_mut().zip(line) {
                    *cell = cell.wrapping_add(value.wrapping_mul(*factor));
                }
            }
        }
        left = product;
    }
    let sum = left.iter().flatten().fold(0u64, |sum, cell| sum.rotate_left(7) ^ u64::from(*cell));
    words([sum, u64::from(left[0][0]), u64::from(left[7][9]), u64::from(left[15][15])])
}

/// The order of secp256k1's group.
const ORDER: U256 =
    U256::from_limbs([0xbfd2_5e8c_d036_4141, 0xbaae_dce6_af48_a03b, 0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff]);

fn modular(rounds: u32) -> [u8; 32] {
    let mut value = U256::from(3);
    for round in 0..rounds {
        value = value.mul_mod(value, ORDER).add_mod(U256::from(round), ORDER);
    }
    value.to_be_bytes()
}

const SIEVE_BELOW: usize = 16_384;

fn sieve(rounds: u32) -> [u8; 32] {
    let mut sum = 0u64;
    for round in 0..rounds {
        let mut composite = [false; SIEVE_BELOW];
        let mut candidate = 2;
        while candidate * candidate < SIEVE_BELOW {
            if !composite[candidate] {
                composite[candidate * candidate..].iter_mut().step_by(candidate).for_each(|multiple| *multiple = true);
            }
            candidate += 1;
        }
        let primes = composite[2..].iter().filter(|composite| !**composite).count();
        sum = sum.rotate_left(3) ^ (primes as u64 + u64::from(round));
    }
    words([sum, 0, 0, 0])
}

fn words(values: [u64; 4]) -> [u8; 32] {
    let mut out = [0; 32];
    for (bytes, value) in out.chunks_exact_mut(8).zip(values) {
        bytes.copy_from_slice(&value.to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_permutation_of_zeroes_is_the_published_one() {
        // The first lane of Keccak-f[1600] of the zero state, as in the Keccak team's test vectors.
        assert_eq!(keccak(1)[..8], 0xf125_8f79_40e1_dde7_u64.to_le_bytes());
    }

    #[test]
    fn there_are_1900_primes_below_16384() {
        assert_eq!(sieve(1)[..8], 1_900u64.to_le_bytes());
    }

    #[test]
    fn three_squared_and_squared() {
        assert_eq!(modular(1), U256::from(9).to_be_bytes::<32>());
        assert_eq!(modular(2), U256::from(82).to_be_bytes::<32>());
    }

    #[test]
    fn every_kernel_is_found_by_its_input_and_answers_something_else_each_round() {
        for kernel in Kernel::ALL {
            assert_eq!(answer(input(kernel, 3)), run(kernel, 3));
            assert_ne!(run(kernel, 3), run(kernel, 4), "{kernel:?}");
        }
        assert_eq!(answer([99, 0, 0, 0, 1]), [0; 32]);
    }
}
