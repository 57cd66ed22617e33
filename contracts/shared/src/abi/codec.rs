//! The codec: ABI bytes, read and written word by word.
//!
//! The SDK and alloy generate a decoder or an encoder for each list of types. For a contract of thirty functions, with half as many events and a few
//! calls to peers, that is two thirds of a program, and more than a program may have; these few functions serve them all.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::abi::Bytes;

use crate::revert::Revert;

/// Bytes of a word.
pub const WORD: usize = 32;

/// ABI bytes being read from the front. As strict as the SDK: the padding of numbers must be zero, and nothing may lie outside.
#[derive(Debug)]
pub struct Decoder<'a> {
    /// What offsets are counted from.
    base: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    /// Reads `base`, which offsets are counted from.
    pub const fn new(base: &'a [u8]) -> Self {
        Self { base, at: 0 }
    }

    /// The next word. `None` where the bytes end.
    #[inline(never)]
    pub fn word(&mut self) -> Option<B256> {
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
pub trait Decode: Sized {
    /// Reads the type from the words to come.
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

impl Decode for U256 {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        from.word().map(Into::into)
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

/// Bytes that are copied once: the SDK's type is counted by reference, which costs code wherever one ends.
#[derive(Debug)]
pub struct Octets(pub Vec<u8>);

impl Decode for Octets {
    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        from.bytes().map(|bytes| Self(bytes.to_vec()))
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
#[derive(Debug)]
pub struct Encoder {
    fields: Vec<u8>,
    behind: Vec<u8>,
    words: usize,
}

impl Encoder {
    /// For fields that take `words` words.
    #[must_use]
    pub const fn new(words: usize) -> Self {
        Self { fields: Vec::new(), behind: Vec::new(), words }
    }

    /// The bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.fields.append(&mut self.behind);
        self.fields
    }

    /// Writes a word.
    #[inline(never)]
    pub fn word(&mut self, word: &B256) {
        self.fields.extend_from_slice(word.as_slice());
    }

    /// Writes a number.
    #[inline(never)]
    pub fn number(&mut self, number: u128) {
        self.word(&U256::from(number).into());
    }

    /// Writes numbers, one after the other.
    pub fn numbers(&mut self, numbers: &[u64]) {
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
pub trait Encode {
    /// Words that the field takes.
    const WORDS: usize = 1;

    /// Writes the field.
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

encode_numbers!(bool u8 u16 u32 u64 u128);

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
        self.as_bytes().encode(to);
    }
}

impl Encode for [u8] {
    #[inline(never)]
    fn encode(&self, to: &mut Encoder) {
        to.begin(self.len());
        to.behind.extend_from_slice(self);
        let padded = to.behind.len().next_multiple_of(WORD);
        to.behind.resize(padded, 0);
    }
}

/// A list that is given back.
impl<T> Encode for Vec<T>
where
    [T]: Encode,
{
    fn encode(&self, to: &mut Encoder) {
        self.as_slice().encode(to);
    }
}

/// Words as they are.
impl Encode for [B256] {
    fn encode(&self, to: &mut Encoder) {
        to.begin(self.len());
        self.iter().for_each(|word| to.item(word));
    }
}

impl Encode for () {
    const WORDS: usize = 0;

    fn encode(&self, _: &mut Encoder) {}
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    const WORDS: usize = A::WORDS + B::WORDS;

    fn encode(&self, to: &mut Encoder) {
        self.0.encode(to);
        self.1.encode(to);
    }
}

/// What a function gives back: a value, or a value or a revert.
pub trait Answer {
    /// The ABI bytes of the value.
    ///
    /// # Errors
    /// The revert's data.
    fn into_answer(self) -> Result<Vec<u8>, Vec<u8>>;
}

impl<T: Encode> Answer for T {
    fn into_answer(self) -> Result<Vec<u8>, Vec<u8>> {
        let mut encoder = Encoder::new(T::WORDS);
        self.encode(&mut encoder);
        Ok(encoder.finish())
    }
}

impl<T: Encode> Answer for Result<T, Revert> {
    fn into_answer(self) -> Result<Vec<u8>, Vec<u8>> {
        self.map_err(Vec::from)?.into_answer()
    }
}

/// Words that a field takes.
#[must_use]
pub const fn words_of<T: Encode + ?Sized>(_: &T) -> usize {
    T::WORDS
}

/// The ABI bytes of a list of fields.
#[macro_export]
macro_rules! encoded {
    ($($field:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut encoder = $crate::abi::Encoder::new(0 $(+ $crate::abi::words_of(&$field))*);
        $($crate::abi::Encode::encode(&$field, &mut encoder);)*
        encoder.finish()
    }};
}

/// Emits an event declared with `sol!`: its indexed fields in brackets, then the others, each in the order of the declaration.
#[macro_export]
macro_rules! log {
    ($contract:expr, $event:ident [$($topic:expr),*] $($field:expr),* $(,)?) => {{
        let mut encoder = $crate::abi::Encoder::new(0);
        encoder.word(&<$event as alloy_sol_types::SolEvent>::SIGNATURE_HASH);
        $($crate::abi::Encode::encode(&$topic, &mut encoder);)*
        $crate::abi::emit($contract.vm(), encoder, &$crate::encoded!($($field),*));
    }};
}

/// Calls the function of a contract whose selector is asked for, with the arguments it takes; the function that uses it returns. Where a function reads its
/// arguments as other types than those of the interface, the latter stand in brackets behind its name.
///
/// Types are held together by the compiler, names by the tests that call each function of the interface.
#[macro_export]
macro_rules! routes {
    (@ $type:ty, $contract:ident, $selector:ident, $input:ident, $name:literal [$($wire:ty),*] $function:ident($($argument:ty),*)) => {
        if $selector == const { u32::from_be_bytes(stylus_sdk::function_selector!($name $(, $wire)*)) } {
            // Not every function takes arguments or changes the contract.
            #[allow(unused_mut, unused_variables)]
            let mut calldata = $crate::abi::Decoder::new($input);
            #[allow(unused_mut)]
            let mut call = || {
                Some($crate::abi::Answer::into_answer(<$type>::$function(
                    $contract $(, <$argument as $crate::abi::Decode>::decode(&mut calldata)?)*
                )))
            };
            return Some(call().unwrap_or_else(|| Err(Vec::new())));
        }
    };
    ($type:ty, $contract:ident, $selector:ident, $input:ident, {}) => {};
    ($type:ty, $contract:ident, $selector:ident, $input:ident, {
        $name:literal [$($wire:ty),*] => $function:ident($($argument:ty),*); $($rest:tt)*
    }) => {
        $crate::routes!(@ $type, $contract, $selector, $input, $name [$($wire),*] $function($($argument),*));
        $crate::routes!($type, $contract, $selector, $input, { $($rest)* });
    };
    ($type:ty, $contract:ident, $selector:ident, $input:ident, {
        $name:literal => $function:ident($($argument:ty),*); $($rest:tt)*
    }) => {
        $crate::routes!(@ $type, $contract, $selector, $input, $name [$($argument),*] $function($($argument),*));
        $crate::routes!($type, $contract, $selector, $input, { $($rest)* });
    };
}

/// Emits `topics`, which are as many words, and `data`.
#[inline(never)]
pub fn emit(host: &impl stylus_sdk::stylus_core::RawLogAccess, topics: Encoder, data: &[u8]) {
    let mut log = topics.finish();
    let count = log.len() / WORD;
    log.extend_from_slice(data);
    host.emit_log(&log, count);
}

#[cfg(test)]
mod tests;
