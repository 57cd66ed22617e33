//! Several small fields in one word of the ArbOS state, from the most significant byte.

use revm::primitives::{B256, U256};

/// Puts fields side by side.
#[derive(Default)]
pub(super) struct WordWriter {
    word: B256,
    at: usize,
}

impl WordWriter {
    /// Appends the low `bytes` bytes (at most four) of `value`. All fields together fit the word.
    pub(super) fn put(mut self, value: u32, bytes: usize) -> Self {
        self.word[self.at..self.at + bytes].copy_from_slice(&value.to_be_bytes()[4 - bytes..]);
        self.at += bytes;
        self
    }

    /// The word, zeros after the last field.
    pub(super) fn finish(self) -> U256 {
        self.word.into()
    }
}

/// Reads what [`WordWriter`] wrote.
pub(super) struct WordReader {
    word: B256,
    at: usize,
}

impl WordReader {
    /// Starts at the first field of `word`.
    pub(super) fn new(word: U256) -> Self {
        Self { word: word.into(), at: 0 }
    }

    /// The next field of `bytes` bytes, at most four.
    pub(super) fn take(&mut self, bytes: usize) -> u32 {
        let field = &self.word[self.at..self.at + bytes];
        self.at += bytes;
        field.iter().fold(0, |value, byte| (value << 8) | u32::from(*byte))
    }

    /// The next field of two bytes.
    pub(super) fn take_u16(&mut self) -> u16 {
        // Two bytes always fit.
        self.take(2) as u16
    }

    /// The next field of one byte.
    pub(super) fn take_u8(&mut self) -> u8 {
        // One byte always fits.
        self.take(1) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_in_order() {
        let word = WordWriter::default().put(0x1234, 2).put(0x00ab_cdef, 3).put(7, 1).put(9, 4).finish();
        assert_eq!(word.to_be_bytes::<32>()[..10], [0x12, 0x34, 0xab, 0xcd, 0xef, 7, 0, 0, 0, 9]);
        let mut reader = WordReader::new(word);
        assert_eq!(reader.take_u16(), 0x1234);
        assert_eq!(reader.take(3), 0x00ab_cdef);
        assert_eq!((reader.take_u8(), reader.take(4), reader.take(4)), (7, 9, 0));
    }
}
