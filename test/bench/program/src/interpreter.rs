//! A loop that interprets the code of a small register machine: unpredictable branches and a table of them.

/// Registers, 32 bits each; a power of two, so that a number of one can be masked.
const REGISTERS: usize = 4;
/// Steps until code is given up. The longest run below takes about a thousand.
const STEPS_MAX: u32 = 10_000;
/// Numbers to start from: 1 to this.
const STARTS: u32 = 1_000;

/// An instruction; registers and places in the code by number.
#[derive(Debug, Clone, Copy)]
enum Op {
    /// Writes a number.
    Set(u8, u32),
    /// Adds the second register to the first.
    Add(u8, u8),
    /// Adds a number.
    Plus(u8, u32),
    /// Multiplies by a number.
    Times(u8, u32),
    /// Halves, rounding down.
    Half(u8),
    /// Goes on elsewhere if the register is odd.
    IfOdd(u8, u8),
    /// Goes on elsewhere if the register holds the number.
    IfIs(u8, u32, u8),
    /// Goes on elsewhere.
    Goto(u8),
    /// Ends.
    Halt,
}

/// Collatz's sequence from register 0 down to 1: its length to register 1, the sum of its members to register 2.
static COLLATZ: [Op; 12] = [
    Op::Set(1, 0),
    Op::Set(2, 0),
    Op::IfIs(0, 1, 11), // 2
    Op::Add(2, 0),
    Op::Plus(1, 1),
    Op::IfOdd(0, 8),
    Op::Half(0),
    Op::Goto(2),
    Op::Times(0, 3), // 8
    Op::Plus(0, 1),
    Op::Goto(2),
    Op::Halt, // 11
];

/// What the registers hold when `code` ended; `None` if it ran over its end or took too long.
#[inline(never)]
fn interpret(code: &[Op], start: u32) -> Option<[u32; REGISTERS]> {
    let mut registers = [0u32; REGISTERS];
    registers[0] = start;
    let (mut place, register) = (0, |number: u8| usize::from(number) % REGISTERS);
    for _ in 0..STEPS_MAX {
        let op = *code.get(place)?;
        place += 1;
        match op {
            Op::Set(to, number) => registers[register(to)] = number,
            Op::Add(to, from) => registers[register(to)] = registers[register(to)].wrapping_add(registers[register(from)]),
            Op::Plus(to, number) => registers[register(to)] = registers[register(to)].wrapping_add(number),
            Op::Times(to, number) => registers[register(to)] = registers[register(to)].wrapping_mul(number),
            Op::Half(to) => registers[register(to)] >>= 1,
            Op::IfOdd(of, target) if registers[register(of)] & 1 == 1 => place = target.into(),
            Op::IfIs(of, number, target) if registers[register(of)] == number => place = target.into(),
            Op::IfOdd(..) | Op::IfIs(..) => {}
            Op::Goto(target) => place = target.into(),
            Op::Halt => return Some(registers),
        }
    }
    None
}

/// Interprets the code for one start after another.
pub(crate) fn run(rounds: u32) -> [u8; 32] {
    let (mut length, mut sum) = (0u64, 0u64);
    for round in 0..rounds {
        let registers = interpret(&COLLATZ, 1 + round % STARTS).unwrap_or_default();
        length += u64::from(registers[1]);
        sum = sum.rotate_left(5) ^ u64::from(registers[2]);
    }
    crate::words([length, sum, 0, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_of_27_has_111_steps() {
        // The classic example of a long one; its members without the last 1 sum up to 101,439.
        assert_eq!(interpret(&COLLATZ, 27), Some([1, 111, 101_439, 0]));
    }

    #[test]
    fn every_start_ends_and_other_code_is_given_up() {
        assert!((1..=STARTS).all(|start| interpret(&COLLATZ, start).is_some()));
        assert_eq!(interpret(&[Op::Goto(0)], 1), None);
        assert_eq!(interpret(&[], 1), None);
    }
}
