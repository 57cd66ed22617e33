//! Structs of plain numbers as arguments and results.
//!
//! The ABI lays such a struct out as the row of 32-byte words its fields are. The SDK's own way to the same bytes generates a decoder, a
//! checker and an encoder for each struct, field by field, which for a price version is a fifth of a contract; here one list of the
//! fields serves all three, and the code per field is a call.

use alloc::vec::Vec;
use core::slice;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{
    SolType, Word,
    abi::token::{FixedSeqToken, WordToken},
    private::SolTypeValue,
    sol_data::{FixedArray, Uint},
};
use stylus_sdk::abi::{AbiType, ConstString};

/// A struct of `N` fields, each of which is a word, counted through nested structs and fixed arrays.
pub trait Fields<const N: usize>: Copy + Default + 'static {
    /// Name in Solidity.
    const NAME: &'static str;
    /// Types of the fields as a selector has them: `(uint64,(uint128,uint8)[2])`.
    const TYPES: &'static str;
    /// What an exported interface shows before the argument's name.
    const ARGUMENT: ConstString = ConstString::new(Self::NAME).concat(ConstString::new(" calldata"));

    /// Shows the cursor each field once, in the order of the declaration.
    fn visit(&mut self, row: &mut Cursor<'_>);
}

/// A struct as an argument or a result of a public function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<T, const N: usize>(pub T);

/// Goes along a row, and either fills the fields from the words or the words from the fields.
pub struct Cursor<'a> {
    words: Words<'a>,
    sound: bool,
}

enum Words<'a> {
    Read(slice::Iter<'a, WordToken>),
    Write(slice::IterMut<'a, WordToken>),
}

impl Cursor<'_> {
    /// A number of at most 128 bits. A word that is too large for it makes the whole row unsound.
    pub fn uint<T: Copy + Into<u128> + TryFrom<u128>>(&mut self, field: &mut T) {
        let mut value = (*field).into();
        self.number(&mut value);
        match T::try_from(value) {
            Ok(value) => *field = value,
            Err(_) => self.sound = false,
        }
    }

    /// An array of numbers.
    pub fn uints<T: Copy + Into<u128> + TryFrom<u128>>(&mut self, fields: &mut [T]) {
        for field in fields {
            self.uint(field);
        }
    }

    /// An address.
    pub fn address(&mut self, field: &mut Address) {
        let mut word = field.into_word();
        self.word(&mut word);
        let [padding @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = word.0;
        self.sound &= padding == [0; 12];
        *field = Address::from_word(word);
    }

    /// A word as it is.
    pub fn word(&mut self, field: &mut B256) {
        match &mut self.words {
            Words::Read(words) => *field = words.next().map_or(B256::ZERO, |token| token.0),
            Words::Write(words) => {
                if let Some(token) = words.next() {
                    token.0 = *field;
                }
            }
        }
    }

    /// Not generic and not inlined: this is what keeps the code per field small.
    #[inline(never)]
    fn number(&mut self, value: &mut u128) {
        let mut word = B256::from(U256::from(*value));
        self.word(&mut word);
        match u128::try_from(U256::from_be_bytes(word.0)) {
            Ok(number) => *value = number,
            Err(_) => self.sound = false,
        }
    }
}

impl<T: Fields<N>, const N: usize> Row<T, N> {
    fn read(words: &[WordToken; N]) -> (T, bool) {
        let mut fields = T::default();
        let mut cursor = Cursor { words: Words::Read(words.iter()), sound: true };
        fields.visit(&mut cursor);
        (fields, cursor.sound)
    }

    fn tokens(&self) -> [WordToken; N] {
        let mut tokens = [WordToken(B256::ZERO); N];
        let mut cursor = Cursor { words: Words::Write(tokens.iter_mut()), sound: true };
        let mut fields = self.0;
        fields.visit(&mut cursor);
        tokens
    }

    /// The words as numbers; what the ABI does with them beyond calldata is what it does with an array of numbers.
    fn words(&self) -> [U256; N] {
        self.tokens().map(|token| U256::from_be_bytes(token.0.0))
    }
}

impl<T: Fields<N>, const N: usize> AbiType for Row<T, N> {
    type SolType = Self;

    const ABI: ConstString = ConstString::new(T::NAME);
    const SELECTOR_ABI: ConstString = ConstString::new(T::TYPES);
    const EXPORT_ABI_ARG: ConstString = T::ARGUMENT;
    const EXPORT_ABI_RET: ConstString = Self::ABI.concat(ConstString::new(" memory"));
}

impl<T: Fields<N>, const N: usize> SolType for Row<T, N> {
    type RustType = Self;
    type Token<'a> = FixedSeqToken<WordToken, N>;

    const SOL_NAME: &'static str = T::TYPES;
    const ENCODED_SIZE: Option<usize> = <FixedArray<Uint<256>, N> as SolType>::ENCODED_SIZE;
    const PACKED_ENCODED_SIZE: Option<usize> = <FixedArray<Uint<256>, N> as SolType>::PACKED_ENCODED_SIZE;

    fn valid_token(token: &Self::Token<'_>) -> bool {
        Self::read(token.as_array()).1
    }

    fn detokenize(token: Self::Token<'_>) -> Self {
        Self(Self::read(token.as_array()).0)
    }
}

impl<T: Fields<N>, const N: usize> SolTypeValue<Self> for Row<T, N> {
    fn stv_to_tokens(&self) -> FixedSeqToken<WordToken, N> {
        FixedSeqToken(self.tokens())
    }

    fn stv_abi_encode_packed_to(&self, out: &mut Vec<u8>) {
        FixedArray::<Uint<256>, N>::abi_encode_packed_to(&self.words(), out);
    }

    fn stv_eip712_data_word(&self) -> Word {
        FixedArray::<Uint<256>, N>::eip712_data_word(&self.words())
    }
}

/// The exported interface lists functions; structs are specified in the Solidity interfaces.
#[cfg(feature = "export-abi")]
impl<T, const N: usize> stylus_sdk::abi::export::internal::InnerTypes for Row<T, N> {}
