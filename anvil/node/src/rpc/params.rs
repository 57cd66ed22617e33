//! Reading the parameters of a request. Missing trailing ones are `null`; texts of errors are geth's.

use std::fmt;

use jsonrpsee::types::{ErrorObjectOwned, Params, error::INVALID_PARAMS_CODE};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, Visitor},
};
use serde_json::value::RawValue;

/// Parameters by position, as a tuple.
pub(super) trait FromParams: Sized + Send + 'static {
    /// Reads them from a request.
    fn read(params: &Params<'_>) -> Result<Self, ErrorObjectOwned>;
}

/// An error about parameters.
pub(super) fn invalid_params(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, message, None::<()>)
}

fn values<'a>(params: &'a Params<'_>, most: usize) -> Result<Vec<&'a RawValue>, ErrorObjectOwned> {
    let values: Vec<&RawValue> = match params.as_str().map(str::trim) {
        None | Some("" | "null") => Vec::new(),
        Some(text) if text.starts_with('[') => serde_json::from_str(text).map_err(|error| invalid_params(error.to_string()))?,
        Some(_) => return Err(invalid_params("non-array args")),
    };
    if values.len() > most {
        return Err(invalid_params(format!("too many arguments, want at most {most}")));
    }
    Ok(values)
}

fn argument<T: DeserializeOwned>(values: &[&RawValue], index: usize) -> Result<T, ErrorObjectOwned> {
    match values.get(index) {
        Some(value) => {
            serde_json::from_str(value.get()).map_err(|error| invalid_params(format!("invalid argument {index}: {error}")))
        }
        None => serde_json::from_str("null").map_err(|_| invalid_params(format!("missing value for required argument {index}"))),
    }
}

impl FromParams for () {
    /// Methods without parameters ignore what clients send; many send `[]`, some `[null]` or `[{}]`.
    fn read(_: &Params<'_>) -> Result<Self, ErrorObjectOwned> {
        Ok(())
    }
}

macro_rules! from_params {
    ($count:literal: $($name:ident $index:tt),+) => {
        impl<$($name: DeserializeOwned + Send + 'static),+> FromParams for ($($name,)+) {
            fn read(params: &Params<'_>) -> Result<Self, ErrorObjectOwned> {
                let values = values(params, $count)?;
                Ok(($(argument::<$name>(&values, $index)?,)+))
            }
        }
    };
}

from_params!(1: A 0);
from_params!(2: A 0, B 1);
from_params!(3: A 0, B 1, C 2);
from_params!(4: A 0, B 1, C 2, D 3);

/// A number given as JSON number, as hex or as decimal text: clients of `evm_increaseTime` and its like send all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(pub(super) u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a number as hex or decimal text")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
        u64::try_from(value).map(Number).map_err(|_| E::custom(format!("{value} is negative")))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Number, E> {
        // JavaScript clients send 1e3; 2^53 is where such numbers stop being exact.
        if value.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&value) {
            return Ok(Number(value as u64));
        }
        Err(E::custom(format!("{value} is no whole number")))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        let parsed = match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => text.parse(),
        };
        parsed.map(Number).map_err(|error| E::custom(format!("{text:?}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;

    fn read<T: FromParams>(text: &str) -> Result<T, String> {
        T::read(&Params::new(Some(text))).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn numbers_in_all_the_forms_clients_send() {
        let cases = [
            ("5", Some(5)),
            ("\"5\"", Some(5)),
            ("\"0x10\"", Some(16)),
            ("1e3", Some(1000)),
            ("-1", None),
            ("1.5", None),
            ("\"x\"", None),
        ];
        for (text, value) in cases {
            assert_eq!(serde_json::from_str::<Number>(text).ok().map(|number| number.0), value, "{text}");
        }
    }

    #[test]
    fn missing_null_and_wrong_parameters() {
        assert_eq!(read::<(Option<u64>,)>("[]"), Ok((None,)));
        assert_eq!(read::<(Option<u64>,)>("null"), Ok((None,)));
        assert_eq!(<(Option<u64>,)>::read(&Params::new(None)), Ok((None,)));
        assert_eq!(read::<(u64, Option<u64>)>("[1]"), Ok((1, None)));
        assert_eq!(read::<(u64, Option<u64>)>("[1, null]"), Ok((1, None)));
        assert_eq!(read::<(u64,)>("[]"), Err("missing value for required argument 0".to_owned()));
        assert_eq!(read::<(u64,)>("[1,2]"), Err("too many arguments, want at most 1".to_owned()));
        assert_eq!(read::<(u64,)>("{\"a\":1}"), Err("non-array args".to_owned()));
        assert!(read::<(Address,)>("[\"0x12\"]").unwrap_err().starts_with("invalid argument 0: "));
        assert_eq!(read::<()>("[1,{}]"), Ok(()));
    }
}
