//! ABI bytes, read and written word by word.
//!
//! The SDK and alloy make a decoder or an encoder anew for each list of types. For the forty functions, sixteen events and six
//! calls to peers here that is two thirds of a program, and more than a program may have; these few functions serve them all.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::abi::Bytes;

pub(crate) const WORD: usize = 32;

/// ABI bytes being read from the front. As strict as the SDK: the padding of numbers must be zero, and nothing may lie outside.
pub(crate) struct Decoder<'a> {
    /// What offsets are counted from.
    base: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(base: &'a [u8]) -> Self {
        Self { base, at: 0 }
    }

    #[inline(never)]
    fn word(&mut self) -> Option<B256> {
        let word = self.base.get(self.at..)?.first_chunk::<WORD>()?;
        self.at = self.at.checked_add(WORD)?;
        Some(B256::new(*word))
    }

    /// A number of at most 128 bits.
    #[inline(never)]
    fn number(&mut self) -> Option<u128> {
        let word = self.word()?;
        let (padding, number) = word.split_at(WORD / 2);
        let number = number.first_chunk().map(|bytes| u128::from_be_bytes(*bytes));
        number.filter(|_| padding.iter().all(|byte| *byte == 0))
    }

    /// Length and contents of what lies at an offset.
    #[inline(never)]
    fn follow(&mut self) -> Option<(usize, Self)> {
        let offset = usize::try_from(self.number()?).ok()?;
        let mut there = Self::new(self.base.get(offset..)?);
        let length = usize::try_from(there.number()?).ok()?;
        Some((length, Self::new(there.base.get(WORD..)?)))
    }

    #[inline(never)]
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let (length, contents) = self.follow()?;
        contents.base.get(..length)
    }
}

/// A type that can be read. `None`: the bytes are not one.
pub(crate) trait Decode: Sized {
    fn decode(from: &mut Decoder<'_>) -> Option<Self>;
}

macro_rules! decode_numbers {
    ($($number:ty)*) => {$(
        impl Decode for $number {
            fn decode(from: &mut Decoder<'_>) -> Option<Self> {
                from.number()?.try_into().ok()
            }
        }
    )*};
}

decode_numbers!(u8 u16 u32 u64 u128);

impl Decode for bool {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        match from.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Decode for B256 {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        from.word()
    }
}

impl Decode for Address {
    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let word = from.word()?;
        let address = Address::from_word(word);
        (address.into_word() == word).then_some(address)
    }
}

impl Decode for Bytes {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        from.bytes().map(Bytes::copy_from_slice)
    }
}

impl Decode for String {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        core::str::from_utf8(from.bytes()?).ok().map(String::from)
    }
}

/// Reading ends where the bytes do, whatever length they claim.
impl<T: Decode> Decode for Vec<T> {
    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let (length, mut contents) = from.follow()?;
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(T::decode(&mut contents)?);
        }
        Some(items)
    }
}

/// ABI bytes being written. What has no fixed length goes behind the words of all fields, and its offset in its field.
pub(crate) struct Encoder {
    fields: Vec<u8>,
    behind: Vec<u8>,
    words: usize,
}

impl Encoder {
    /// For fields that take `words` words.
    pub(crate) fn new(words: usize) -> Self {
        Self { fields: Vec::new(), behind: Vec::new(), words }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.fields.append(&mut self.behind);
        self.fields
    }

    #[inline(never)]
    pub(crate) fn word(&mut self, word: &B256) {
        self.fields.extend_from_slice(word.as_slice());
    }

    #[inline(never)]
    pub(crate) fn number(&mut self, number: u128) {
        self.word(&U256::from(number).into());
    }

    pub(crate) fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|number| self.number((*number).into()));
    }

    /// Begins a list or a string.
    #[inline(never)]
    fn begin(&mut self, length: usize) {
        self.number((self.words * WORD + self.behind.len()) as u128);
        self.item(&U256::from(length).into());
    }

    fn item(&mut self, word: &B256) {
        self.behind.extend_from_slice(word.as_slice());
    }
}

/// A type that can be written as a field.
pub(crate) trait Encode {
    /// Words that the field takes.
    const WORDS: usize = 1;

    fn encode(&self, to: &mut Encoder);
}

macro_rules! encode_numbers {
    ($($number:ty)*) => {$(
        impl Encode for $number {
            fn encode(&self, to: &mut Encoder) {
                to.number((*self).into());
            }
        }
    )*};
}

encode_numbers!(bool u8 u32 u64 u128);

impl Encode for B256 {
    fn encode(&self, to: &mut Encoder) {
        to.word(self);
    }
}

impl Encode for Address {
    #[inline(never)]
    fn encode(&self, to: &mut Encoder) {
        to.word(&self.into_word());
    }
}

impl Encode for [Address] {
    #[inline(never)]
    fn encode(&self, to: &mut Encoder) {
        to.begin(self.len());
        self.iter().for_each(|address| to.item(&address.into_word()));
    }
}

impl Encode for [u64] {
    #[inline(never)]
    fn encode(&self, to: &mut Encoder) {
        to.begin(self.len());
        self.iter().for_each(|number| to.item(&U256::from(*number).into()));
    }
}

impl Encode for str {
    fn encode(&self, to: &mut Encoder) {
        to.begin(self.len());
        to.behind.extend_from_slice(self.as_bytes());
        let padded = to.behind.len().next_multiple_of(WORD);
        to.behind.resize(padded, 0);
    }
}

/// Words that a field takes.
pub(crate) const fn words_of<T: Encode + ?Sized>(_: &T) -> usize {
    T::WORDS
}

/// The ABI bytes of a list of fields.
macro_rules! encoded {
    ($($field:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut encoder = $crate::wire::Encoder::new(0 $(+ $crate::wire::words_of(&$field))*);
        $($crate::wire::Encode::encode(&$field, &mut encoder);)*
        encoder.finish()
    }};
}

/// Logs an event of the interface: its indexed fields in brackets, then the others, each in the order of the declaration.
macro_rules! log {
    ($contract:expr, $event:ident [$($topic:expr),*] $($field:expr),* $(,)?) => {{
        let mut encoder = $crate::wire::Encoder::new(0);
        encoder.word(&<$crate::abi::$event as alloy_sol_types::SolEvent>::SIGNATURE_HASH);
        $($crate::wire::Encode::encode(&$topic, &mut encoder);)*
        $crate::wire::emit($contract.vm(), encoder, &$crate::wire::encoded!($($field),*));
    }};
}

pub(crate) use {encoded, log};

/// Logs `topics`, which are as many words, and `data`.
#[inline(never)]
pub(crate) fn emit(host: &impl stylus_sdk::stylus_core::RawLogAccess, topics: Encoder, data: &[u8]) {
    let mut log = topics.finish();
    let count = log.len() / WORD;
    log.extend_from_slice(data);
    host.emit_log(&log, count);
}
