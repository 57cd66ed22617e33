//! Which tracer a request asks for (`debug_trace*`).
//!
//! Tracers by name are native. JavaScript is not run: the one script that tools send to Nitro nodes, that of `cargo stylus trace` and
//! `cargo stylus replay`, is recognised by its tokens and answered by the native tracer that gives the same tree.

use alloy_primitives::{B256, b256, keccak256};
use alloy_rpc_types::trace::geth::{GethDebugTracerType, GethDebugTracingOptions};
use revm_inspectors::tracing::{DebugInspector, DebugInspectorError};

use crate::chain::error::ChainError;

/// Name of Nitro's native tracer of host calls.
const STYLUS_TRACER: &str = "stylusTracer";

/// Fingerprints of scripts that build the tree of [`STYLUS_TRACER`]: that of cargo stylus, the same from 0.5 to 0.10.10.
const STYLUS_SCRIPTS: [B256; 1] = [b256!("00772215905296ce572e2c983e4549f1f720573a9b8c50dbf0d53db303779782")];

/// Tracers that can be asked for, as an error lists them.
const NAMES: &str = "stylusTracer, callTracer, flatCallTracer, prestateTracer, 4byteTracer, muxTracer, noopTracer, erc7562Tracer, \
                     stateGasTracer, or none for opcodes";

/// A tracer to be used for one transaction.
#[derive(Debug)]
pub(super) enum Tracer {
    /// The tree of host calls.
    Stylus,
    /// One of geth's.
    Geth(Box<DebugInspector>),
}

impl Tracer {
    /// The tracer of `options`.
    ///
    /// # Errors
    /// [`ChainError::Tracer`] if there is none of that name, or its settings are wrong.
    pub(super) fn new(options: GethDebugTracingOptions) -> Result<Self, ChainError> {
        if let Some(GethDebugTracerType::JsTracer(text)) = &options.tracer
            && !text.is_empty()
        {
            return if text == STYLUS_TRACER || STYLUS_SCRIPTS.contains(&fingerprint(text)) {
                Ok(Self::Stylus)
            } else {
                Err(unknown(text))
            };
        }
        let refused = |error: DebugInspectorError| ChainError::Tracer(error.to_string());
        DebugInspector::new(options).map(Box::new).map(Self::Geth).map_err(refused)
    }
}

fn unknown(text: &str) -> ChainError {
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let what = if is_name { format!("tracer {text} not found") } else { "JavaScript tracers are not supported".to_owned() };
    ChainError::Tracer(format!("{what}; there are: {NAMES}"))
}

/// Hash of a script's tokens: the same whatever its white space, comments, quotes and semicolons.
fn fingerprint(script: &str) -> B256 {
    keccak256(tokens(script).join("\n"))
}

/// Tokens of a script, without comments and semicolons; texts in double quotes.
fn tokens(script: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = script.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            _ if rest.starts_with("//") => (None, rest.split_once('\n').map_or("", |(_, after)| after)),
            _ if rest.starts_with("/*") => (None, rest.split_once("*/").map_or("", |(_, after)| after)),
            '"' | '\'' => {
                let inner = &rest[1..];
                let (text, after) = inner.split_once(first).unwrap_or((inner, ""));
                (Some(format!("\"{text}\"")), after)
            }
            ';' => (None, &rest[1..]),
            c if is_word(c) => {
                let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
                (Some(word.to_owned()), after)
            }
            other => (Some(other.to_string()), &rest[other.len_utf8()..]),
        };
        tokens.extend(token);
        rest = after.trim_start();
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_does_not_count_and_content_does() {
        let one = "{ \"a\": function(x) { return x.y; } // why\n }";
        let same = ["{'a':function(x){return x.y}}", "/* what */ { 'a' : function ( x )\n{ return x.y } } ;"];
        for script in same {
            assert_eq!(fingerprint(script), fingerprint(one), "{script}");
        }
        for script in
            ["{'a':function(x){return x.z}}", "{'b':function(x){return x.y}}", "{'a':function(x){returnx.y}}", "", "'", "/*"]
        {
            assert_ne!(fingerprint(script), fingerprint(one), "{script}");
        }
    }

    #[test]
    fn names_and_scripts() {
        let tracer = |text: &str| {
            let tracer = serde_json::from_value(serde_json::json!({ "tracer": text })).map(Tracer::new);
            tracer.unwrap().map_err(|error| error.to_string())
        };
        assert!(matches!(tracer("stylusTracer"), Ok(Tracer::Stylus)));
        for name in
            ["callTracer", "flatCallTracer", "prestateTracer", "4byteTracer", "noopTracer", "erc7562Tracer", "stateGasTracer", ""]
        {
            assert!(matches!(tracer(name), Ok(Tracer::Geth(_))), "{name}");
        }
        assert_eq!(tracer("bigramTracer").unwrap_err(), format!("tracer bigramTracer not found; there are: {NAMES}"));
        let script = "{ hostio: function(info) {}, result: function() { return []; } }";
        assert_eq!(tracer(script).unwrap_err(), format!("JavaScript tracers are not supported; there are: {NAMES}"));
    }
}
