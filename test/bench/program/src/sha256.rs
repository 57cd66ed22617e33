//! SHA-256's compression (FIPS 180-4, section 6.2.2) on 32-bit words, which every machine and the chain have.

/// Words of a block and of the message schedule's window.
const BLOCK_WORDS: usize = 16;

/// Fractional parts of the square roots of the first eight primes.
const START: [u32; 8] = [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Fractional parts of the cube roots of the first 64 primes.
const ROUND: [u32; 64] = {
    let mut constants = [0; 64];
    let (mut found, mut candidate) = (0, 2u64);
    while found < constants.len() {
        if is_prime(candidate) {
            constants[found] = cube_root_fraction(candidate);
            found += 1;
        }
        candidate += 1;
    }
    constants
};

const fn is_prime(candidate: u64) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= candidate {
        if candidate.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    true
}

/// The first 32 bits after the point of the cube root of `value`: the root of `value · 2^96`, rounded down.
const fn cube_root_fraction(value: u64) -> u32 {
    let scaled = (value as u128) << 96;
    let (mut root, mut bit) = (0u128, 1u128 << 34);
    while bit > 0 {
        let candidate = root | bit;
        if candidate * candidate * candidate <= scaled {
            root = candidate;
        }
        bit >>= 1;
    }
    root as u32
}

fn compress(state: &mut [u32; 8], block: &[u32; BLOCK_WORDS]) {
    let mut schedule = [0u32; ROUND.len()];
    schedule[..BLOCK_WORDS].copy_from_slice(block);
    for at in BLOCK_WORDS..schedule.len() {
        let (early, late) = (schedule[at - 15], schedule[at - 2]);
        let early = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let late = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        schedule[at] = schedule[at - 16].wrapping_add(early).wrapping_add(schedule[at - 7]).wrapping_add(late);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (&word, &constant) in schedule.iter().zip(&ROUND) {
        let mix = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first = h.wrapping_add(mix).wrapping_add(choice).wrapping_add(constant).wrapping_add(word);
        let mix = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let second = mix.wrapping_add(majority);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(add);
    }
}

/// A chain of blocks, each made of the state before it.
pub(crate) fn run(rounds: u32) -> [u8; 32] {
    let mut state = START;
    for round in 0..rounds {
        let mut block = [round; BLOCK_WORDS];
        block[..state.len()].copy_from_slice(&state);
        compress(&mut state, &block);
    }
    let mut out = [0; 32];
    for (bytes, word) in out.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abc_is_the_published_digest() {
        // FIPS 180-2, appendix B.1: the one padded block of "abc".
        let mut block = [0; BLOCK_WORDS];
        (block[0], block[15]) = (0x6162_6380, 24);
        let mut state = START;
        compress(&mut state, &block);
        let expected = [0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223, 0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad];
        assert_eq!(state, expected);
    }
}
