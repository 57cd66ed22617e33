//! Multiplication modulo the order of secp256k1 in Montgomery's form, on eight 32-bit limbs with 64-bit products: the widest product
//! that a program of the chain has.

/// Limbs, least significant first.
type Limbs = [u32; 8];

/// The order of secp256k1's group.
const ORDER: Limbs = [0xd036_4141, 0xbfd2_5e8c, 0xaf48_a03b, 0xbaae_dce6, 0xffff_fffe, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff];

/// The number that times [`ORDER`] is −1 modulo 2^32: Newton's iteration, which doubles the right bits from three on.
const INVERSE: u32 = {
    let mut inverse = ORDER[0];
    let mut step = 0;
    while step < 4 {
        inverse = inverse.wrapping_mul(2u32.wrapping_sub(ORDER[0].wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg()
};

/// `sum + a · b + carry`, low limb and high limb: never more than 64 bits.
fn multiply_add(sum: u32, a: u32, b: u32, carry: u32) -> (u32, u32) {
    let wide = u64::from(a) * u64::from(b) + u64::from(sum) + u64::from(carry);
    (wide as u32, (wide >> 32) as u32)
}

/// `left · right / 2^256` modulo [`ORDER`]; both are below it.
fn multiply(left: &Limbs, right: &Limbs) -> Limbs {
    let (mut sum, mut top) = ([0u32; 8], 0u32);
    for &digit in right {
        let mut carry = 0;
        for (limb, &factor) in sum.iter_mut().zip(left) {
            (*limb, carry) = multiply_add(*limb, factor, digit, carry);
        }
        let (high, over) = top.overflowing_add(carry);
        let quotient = sum[0].wrapping_mul(INVERSE);
        let (_, mut carry) = multiply_add(sum[0], quotient, ORDER[0], 0);
        for at in 1..sum.len() {
            (sum[at - 1], carry) = multiply_add(sum[at], quotient, ORDER[at], carry);
        }
        let (high, again) = high.overflowing_add(carry);
        sum[7] = high;
        top = u32::from(over) + u32::from(again);
    }
    let (less, borrow) = subtract(&sum, &ORDER);
    if top > 0 || !borrow { less } else { sum }
}

/// `left − right`, and whether that is below zero.
fn subtract(left: &Limbs, right: &Limbs) -> (Limbs, bool) {
    let (mut out, mut borrow) = ([0; 8], false);
    for ((out, &left), &right) in out.iter_mut().zip(left).zip(right) {
        let (less, under) = left.overflowing_sub(right);
        let (less, again) = less.overflowing_sub(u32::from(borrow));
        (*out, borrow) = (less, under || again);
    }
    (out, borrow)
}

/// Squares again and again.
pub(crate) fn run(rounds: u32) -> [u8; 32] {
    let mut value: Limbs = [3, 1, 4, 1, 5, 9, 2, 6];
    for _ in 0..rounds {
        value = multiply(&value, &value);
    }
    let mut out = [0; 32];
    for (bytes, limb) in out.chunks_exact_mut(4).zip(value) {
        bytes.copy_from_slice(&limb.to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    fn wide(limbs: &Limbs) -> U256 {
        limbs.iter().rev().fold(U256::ZERO, |value, &limb| (value << 32) | U256::from(limb))
    }

    #[test]
    fn products_are_those_of_another_implementation() {
        let order = wide(&ORDER);
        let shift = U256::MAX.add_mod(U256::from(1), order);
        let largest = subtract(&ORDER, &[1, 0, 0, 0, 0, 0, 0, 0]).0;
        let values: [Limbs; 4] = [[0; 8], [1, 0, 0, 0, 0, 0, 0, 0], [3, 1, 4, 1, 5, 9, 2, 6], largest];
        for left in values {
            for right in values {
                let product = wide(&multiply(&left, &right));
                assert!(product < order);
                assert_eq!(product.mul_mod(shift, order), wide(&left).mul_mod(wide(&right), order), "{left:x?} {right:x?}");
            }
        }
    }
}
