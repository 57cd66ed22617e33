//! Amounts and times in JSON, exact and readable at once.
//!
//! - [`amount`]: `{"wei": "1500000000000000000", "cor": "1.5"}`. Both are decimal strings: a JSON number would lose digits.
//! - [`time`]: `"2026-11-26T17:48:52Z"` (RFC 3339, UTC); [`maybe_time`]: the same, or `null` for never. A time of 0 is the year 1970.

use alloy_primitives::{U256, utils::format_ether};
use jiff::Timestamp;

/// COR wei as COR, without trailing zeros: `1.5`.
#[must_use]
pub fn cor_text(wei: U256) -> String {
    format_ether(wei).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Seconds since 1970 in RFC 3339, UTC; `None` for times after 9999-12-30T22:00:00Z, the last that has a name in every time zone.
#[must_use]
pub fn time_text(secs: u64) -> Option<String> {
    Some(Timestamp::from_second(secs.try_into().ok()?).ok()?.to_string())
}

/// Seconds since 1970 of a text that [`time_text`] wrote; `None` for any other.
#[must_use]
pub fn time_secs(text: &str) -> Option<u64> {
    let secs = text.parse::<Timestamp>().ok()?.as_second().try_into().ok()?;
    // The parser takes more than one form of a time.
    (time_text(secs).as_deref() == Some(text)).then_some(secs)
}

/// Serde for a `U256` that is an amount of COR wei.
pub mod amount {
    use alloy_primitives::U256;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    struct Amount {
        wei: String,
        cor: String,
    }

    /// Writes wei and COR as decimal strings.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(wei: &U256, serializer: S) -> Result<S::Ok, S::Error> {
        Amount { wei: wei.to_string(), cor: super::cor_text(*wei) }.serialize(serializer)
    }

    /// Reads the exact form, wei.
    ///
    /// # Errors
    /// If `wei` is not a decimal number of at most 256 bits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
        let amount = Amount::deserialize(deserializer)?;
        let wei = U256::from_str_radix(&amount.wei, 10).map_err(D::Error::custom)?;
        // Refuses what the parser takes beyond plain digits: nothing at all, and underscores.
        if wei.to_string() == amount.wei { Ok(wei) } else { Err(D::Error::custom("wei is not a plain decimal number")) }
    }
}

/// Serde for a time in seconds since 1970.
pub mod time {
    use serde::{Deserializer, Serializer, de::Error};

    /// Writes `"2026-11-26T17:48:52Z"`, or `null` for a time that RFC 3339 cannot name.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(secs: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        super::maybe_time::serialize(&Some(*secs), serializer)
    }

    /// Reads what [`serialize`] writes.
    ///
    /// # Errors
    /// If it is not a time of that form.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        super::maybe_time::deserialize(deserializer)?.ok_or_else(|| D::Error::custom("no time"))
    }
}

/// Serde for a time in seconds since 1970 that may never have come.
pub mod maybe_time {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// Writes `"2026-11-26T17:48:52Z"`, or `null` for none.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(secs: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        secs.and_then(super::time_text).serialize(serializer)
    }

    /// Reads what [`serialize`] writes.
    ///
    /// # Errors
    /// If it is neither `null` nor a time of that form.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let secs = |text: String| super::time_secs(&text).ok_or_else(|| D::Error::custom("not a time as 2026-11-26T17:48:52Z"));
        text.map(secs).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Sample {
        #[serde(with = "amount")]
        paid: U256,
    }

    #[test]
    fn amounts_are_exact_and_readable() {
        for (wei, text) in [
            (U256::ZERO, r#"{"paid":{"wei":"0","cor":"0"}}"#),
            (U256::from(1), r#"{"paid":{"wei":"1","cor":"0.000000000000000001"}}"#),
            (U256::from(1_500_000_000_000_000_000_u64), r#"{"paid":{"wei":"1500000000000000000","cor":"1.5"}}"#),
            (U256::from(10_000_000_000_000_000_000_u64), r#"{"paid":{"wei":"10000000000000000000","cor":"10"}}"#),
        ] {
            let sample = Sample { paid: wei };
            assert_eq!(serde_json::to_string(&sample).unwrap(), text);
            assert_eq!(serde_json::from_str::<Sample>(text).unwrap(), sample);
        }
        for wei in ["0x10", "-1", "1.5", "", "1_0", "01"] {
            let text = format!(r#"{{"paid":{{"wei":"{wei}","cor":"1"}}}}"#);
            assert!(serde_json::from_str::<Sample>(&text).is_err(), "{text}");
        }
    }

    /// Checked against `date -u -d @<seconds>`.
    #[test]
    fn times_are_rfc_3339() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:01Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_207_200, "9999-12-30T22:00:00Z"),
        ] {
            assert_eq!(time_text(secs).as_deref(), Some(text));
            assert_eq!(time_secs(text), Some(secs));
        }
        for text in
            ["", "2026-11-26", "2026-11-26T17:48:52", "2026-11-26 17:48:52Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z"]
        {
            assert_eq!(time_secs(text), None, "{text:?}");
        }
        assert_eq!((time_text(253_402_207_201), time_text(u64::MAX)), (None, None));
    }

    #[test]
    fn never_is_null_and_zero_is_a_time() {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct Times {
            #[serde(with = "time")]
            block: u64,
            #[serde(with = "maybe_time")]
            reveal: Option<u64>,
        }
        for (reveal, text) in [(None, "null"), (Some(0), "\"1970-01-01T00:00:00Z\""), (Some(1), "\"1970-01-01T00:00:01Z\"")] {
            let (times, text) = (Times { block: 0, reveal }, format!("{{\"block\":\"1970-01-01T00:00:00Z\",\"reveal\":{text}}}"));
            assert_eq!(serde_json::to_string(&times).unwrap(), text);
            assert_eq!(serde_json::from_str::<Times>(&text).unwrap(), times);
        }
        assert!(serde_json::from_str::<Times>("{\"block\":null,\"reveal\":null}").is_err());
    }
}
