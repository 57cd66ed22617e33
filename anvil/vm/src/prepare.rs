//! Between a module and the bytes that are deployed: canonical form, compression, prefixes,
//! fragments, init code.
//!
//! ```text
//! program   ef f0 00 | dictionary | brotli(wasm)
//! fragment  ef f0 01 | part of a brotli stream                                   from ArbOS 60
//! root      ef f0 02 | dictionary | u32 length of wasm | addresses of fragments  from ArbOS 60
//! ```

use std::io::Read;

use alloy_primitives::Address;
use brotli::enc::BrotliEncoderParams;
use wasm_encoder::{CustomSection, RawSection};
use wasmparser::{Parser, Payload};

use crate::{PrepareError, StylusParams, parse::MAGIC};

/// Prefix of a program in one account.
const PROGRAM: [u8; 3] = [0xef, 0xf0, 0x00];
/// Prefix of a part of a program.
const FRAGMENT: [u8; 3] = [0xef, 0xf0, 0x01];
/// Prefix of an account that names the parts of a program.
const ROOT: [u8; 3] = [0xef, 0xf0, 0x02];
/// Bytes of the length in a root.
const LENGTH_BYTES: usize = 4;
/// Bytes of an address.
const ADDRESS_BYTES: usize = 20;
/// Brotli quality used for deployment, the best.
const QUALITY: i32 = 11;
/// Brotli window (log2 bytes) used for deployment.
const WINDOW: i32 = 22;
/// Name of the custom section that a deployment carries.
const PROJECT_HASH: &str = "project_hash";
/// Bytes of [`init_code`] before the code.
pub const INIT_CODE_PRELUDE_BYTES: usize = 43;

/// How a program is compressed beside brotli itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dictionary {
    /// No dictionary.
    Empty,
    /// The Stylus dictionary. It is not free, so such programs cannot be decompressed here.
    Stylus,
}

impl Dictionary {
    fn from_id(id: u8) -> Result<Self, PrepareError> {
        match id {
            0 => Ok(Self::Empty),
            1 => Ok(Self::Stylus),
            id => Err(PrepareError::UnknownDictionary { id }),
        }
    }
}

/// What the code of an account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeployedCode<'a> {
    /// A whole program.
    Program {
        /// How it is compressed.
        dictionary: Dictionary,
        /// The brotli stream.
        compressed: &'a [u8],
    },
    /// A part of a brotli stream.
    Fragment(&'a [u8]),
    /// The names of the parts of a program.
    Root {
        /// How the program is compressed.
        dictionary: Dictionary,
        /// Bytes of the module after decompression.
        wasm_len: u32,
        /// Accounts of the parts, in order.
        fragments: Vec<Address>,
    },
}

impl<'a> DeployedCode<'a> {
    /// Reads an account's code.
    ///
    /// # Errors
    /// [`PrepareError::NotProgram`] for other code, `Truncated` and `UnknownDictionary` for damaged
    /// programs.
    pub fn parse(code: &'a [u8]) -> Result<Self, PrepareError> {
        let truncated = PrepareError::Truncated { len: code.len() };
        let (prefix, rest) = code.split_first_chunk::<3>().ok_or(PrepareError::NotProgram)?;
        if *prefix == FRAGMENT {
            return Ok(Self::Fragment(rest));
        }
        if *prefix != PROGRAM && *prefix != ROOT {
            return Err(PrepareError::NotProgram);
        }
        let (id, rest) = rest.split_first().ok_or(truncated.clone())?;
        let dictionary = Dictionary::from_id(*id)?;
        if *prefix == PROGRAM {
            return Ok(Self::Program { dictionary, compressed: rest });
        }
        let (len, rest) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or(truncated.clone())?;
        if rest.len() % ADDRESS_BYTES != 0 {
            return Err(truncated);
        }
        let fragments = rest.chunks_exact(ADDRESS_BYTES).map(Address::from_slice).collect();
        Ok(Self::Root { dictionary, wasm_len: u32::from_be_bytes(*len), fragments })
    }
}

/// True for code that can be called as a program: with the prefix of a program or of a root.
pub fn is_program(code: &[u8]) -> bool {
    code.starts_with(&PROGRAM) || code.starts_with(&ROOT)
}

/// True for code that may be deployed although it begins with 0xef: programs, and from ArbOS 60 also
/// fragments and roots.
pub fn is_deployable(code: &[u8], params: &StylusParams) -> bool {
    let fragmented = code.starts_with(&FRAGMENT) || code.starts_with(&ROOT);
    code.starts_with(&PROGRAM) || (params.max_fragment_count > 0 && fragmented)
}

/// The module that is deployed as `code`. `fragment` gives the code of a root's fragments.
///
/// # Errors
/// When the code holds no module, or one with more than `max_wasm_size` bytes.
pub fn deployed_wasm<C: AsRef<[u8]>>(
    code: &[u8],
    params: &StylusParams,
    mut fragment: impl FnMut(Address) -> C,
) -> Result<Vec<u8>, PrepareError> {
    match DeployedCode::parse(code)? {
        DeployedCode::Program { dictionary, compressed } => decompress(dictionary, compressed, params.max_wasm_size),
        DeployedCode::Fragment(_) => Err(PrepareError::NotProgram),
        DeployedCode::Root { dictionary, wasm_len, fragments } => {
            let (count, limit) = (fragments.len(), params.max_fragment_count);
            if count == 0 || count > usize::from(limit) {
                return Err(PrepareError::FragmentCount { count, limit });
            }
            if wasm_len > params.max_wasm_size {
                return Err(PrepareError::TooLarge { size: Some(wasm_len.into()), limit: params.max_wasm_size });
            }
            let mut compressed = Vec::new();
            for (index, address) in fragments.into_iter().enumerate() {
                let part = fragment(address);
                let Ok(DeployedCode::Fragment(part)) = DeployedCode::parse(part.as_ref()) else {
                    return Err(PrepareError::NotFragment { index });
                };
                compressed.extend_from_slice(part);
            }
            decompress(dictionary, &compressed, wasm_len)
        }
    }
}

/// Decompresses a brotli stream of at most `limit` bytes of wasm. Never holds more than that, so a
/// small stream cannot fill the memory.
///
/// # Errors
/// [`PrepareError::UnsupportedDictionary`], `Brotli` for a damaged or cut stream, `TooLarge`.
pub fn decompress(dictionary: Dictionary, compressed: &[u8], limit: u32) -> Result<Vec<u8>, PrepareError> {
    if dictionary == Dictionary::Stylus {
        return Err(PrepareError::UnsupportedDictionary);
    }
    let mut wasm = Vec::new();
    let stream = brotli::Decompressor::new(compressed, 4096);
    let read = stream.take(u64::from(limit) + 1).read_to_end(&mut wasm);
    read.map_err(|_| PrepareError::Brotli)?;
    if wasm.len() as u64 > u64::from(limit) {
        return Err(PrepareError::TooLarge { size: None, limit });
    }
    Ok(wasm)
}

/// Compresses a module as for deployment: brotli, quality 11, window 22, no dictionary.
pub fn compress(wasm: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams { quality: QUALITY, lgwin: WINDOW, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &wasm[..], &mut out, &params).expect("reading a slice and writing a vector cannot fail");
    out
}

/// The canonical form of a module, given as binary or text: encoded anew, which removes over-long
/// integers that the reference does not accept, without custom sections but for `project_hash`.
///
/// # Errors
/// [`PrepareError::NotWasm`] if `wasm` cannot be read.
pub fn prepare(wasm: &[u8], project_hash: [u8; 32]) -> Result<Vec<u8>, PrepareError> {
    let text_begins = wasm.trim_ascii_start().first();
    if !wasm.starts_with(&MAGIC) && !matches!(text_begins, Some(b'(' | b';')) {
        return Err(not_wasm("a module begins with the bytes 0061736d, its text with a parenthesis or a comment"));
    }
    let binary = wat::parse_bytes(wasm).map_err(not_wasm)?;
    let text = wasmprinter::print_bytes(&binary).map_err(not_wasm)?;
    let canonical = wat::parse_str(text).map_err(not_wasm)?;
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(&canonical) {
        let payload = payload.map_err(not_wasm)?;
        if matches!(payload, Payload::CustomSection(_)) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = &canonical[range];
            module.section(&RawSection { id, data });
        }
    }
    module.section(&CustomSection { name: PROJECT_HASH.into(), data: project_hash.as_slice().into() });
    Ok(module.finish())
}

fn not_wasm(error: impl std::fmt::Display) -> PrepareError {
    PrepareError::NotWasm { detail: error.to_string() }
}

/// Code of an account that holds the whole program.
pub fn program_code(wasm: &[u8]) -> Vec<u8> {
    let mut code = PROGRAM.to_vec();
    code.push(0);
    code.extend(compress(wasm));
    code
}

/// Codes of the fragments of a program, each of at most `code_size_max` bytes, which must be more
/// than the prefix of three.
pub fn fragment_codes(wasm: &[u8], code_size_max: usize) -> Vec<Vec<u8>> {
    let part = code_size_max.saturating_sub(FRAGMENT.len()).max(1);
    compress(wasm).chunks(part).map(|part| [&FRAGMENT, part].concat()).collect()
}

/// Code of the root of a program in `fragments`, whose module has `wasm_len` bytes.
pub fn root_code(wasm_len: u32, fragments: &[Address]) -> Vec<u8> {
    let mut code = ROOT.to_vec();
    code.push(0);
    code.extend(wasm_len.to_be_bytes());
    for address in fragments {
        code.extend(address.as_slice());
    }
    code
}

/// Init code that deploys `code` as it is: `push32 len; dup1; push1 43; push1 0; codecopy; push1 0;
/// return; stop`, then the code.
pub fn init_code(code: &[u8]) -> Vec<u8> {
    let mut init = Vec::with_capacity(INIT_CODE_PRELUDE_BYTES + code.len());
    init.push(0x7f);
    init.extend([0; 24]);
    init.extend((code.len() as u64).to_be_bytes());
    init.extend([0x80, 0x60, INIT_CODE_PRELUDE_BYTES as u8, 0x60, 0x00, 0x39]);
    init.extend([0x60, 0x00, 0xf3, 0x00]);
    init.extend(code);
    init
}
