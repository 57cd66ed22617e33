//! What an account's code says about itself: `0xEFF0` and a kind.

use super::ArbOsVersion;

/// A whole program: prefix, dictionary, compressed WebAssembly.
const CLASSIC: &[u8] = &[0xEF, 0xF0, 0x00];
/// A part of a program, not callable by itself.
const FRAGMENT: &[u8] = &[0xEF, 0xF0, 0x01];
/// The account of a program that lies in fragments.
const ROOT: &[u8] = &[0xEF, 0xF0, 0x02];

/// True if a call of `code` runs a Stylus program.
pub(crate) fn is_program(code: &[u8], arbos: ArbOsVersion) -> bool {
    code.starts_with(CLASSIC) || arbos.has_fragments() && code.starts_with(ROOT)
}

/// True if `code` may be deployed although EIP-3541 refuses its first byte.
pub(crate) fn is_deployable(code: &[u8], arbos: ArbOsVersion) -> bool {
    code.first() != Some(&0xEF) || is_program(code, arbos) || arbos.has_fragments() && code.starts_with(FRAGMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_by_release() {
        let table: [(&[u8], [bool; 2], [bool; 2]); 8] = [
            // code, (program, deployable) before and from ArbOS 60
            (&[], [false, true], [false, true]),
            (&[0x60, 0x00], [false, true], [false, true]),
            (&[0xEF], [false, false], [false, false]),
            (&[0xEF, 0xF0], [false, false], [false, false]),
            (&[0xEF, 0xF0, 0x00], [true, true], [true, true]),
            (&[0xEF, 0xF0, 0x01, 7], [false, false], [false, true]),
            (&[0xEF, 0xF0, 0x02, 7], [false, false], [true, true]),
            (&[0xEF, 0x01, 0x00, 7], [false, false], [false, false]),
        ];
        for (code, before, from_60) in table {
            for (arbos, expected) in [(ArbOsVersion::V40, before), (ArbOsVersion::V51, before), (ArbOsVersion::V60, from_60)] {
                let found = [is_program(code, arbos), is_deployable(code, arbos)];
                assert_eq!(found, expected, "{code:02x?} on {arbos}");
            }
        }
    }
}
