//! A tiny model of the same kind as the real one, made on the spot: byte vocabulary, one layer, weights from a fixed sequence.

// Each test program uses its part of this module.
#![allow(dead_code, unreachable_pub)]

use std::io::Cursor;

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file, gguf_file::Value},
};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

/// Width of the tiny model: one block of the quantised formats.
const WIDTH: usize = 32;
/// Context of the tiny model, tokens.
pub const CONTEXT: u32 = 512;

/// Both files of the tiny model.
pub struct Tiny {
    /// As published, Q4_1.
    pub source: Vec<u8>,
    /// As run, Q8_0.
    pub installed: Vec<u8>,
}

impl Tiny {
    /// The same bytes every time.
    pub fn new() -> Self {
        let source = tensors(GgmlDType::Q4_1);
        let installed = source
            .iter()
            .map(|(name, tensor)| {
                let requantised = match tensor.dtype() {
                    GgmlDType::F32 => QTensor::quantize(&tensor.dequantize(&Device::Cpu).unwrap(), GgmlDType::F32),
                    _ => QTensor::quantize(&tensor.dequantize(&Device::Cpu).unwrap(), GgmlDType::Q8_0),
                };
                (name.clone(), requantised.unwrap())
            })
            .collect::<Vec<_>>();
        Self { source: gguf(&metadata(), &source), installed: gguf(&metadata(), &installed) }
    }
}

/// A GGUF file with these entries, in this order.
pub fn gguf(metadata: &[(&str, Value)], tensors: &[(String, QTensor)]) -> Vec<u8> {
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    file.into_inner()
}

/// The tiny model's metadata, sorted by key.
pub fn metadata() -> Vec<(&'static str, Value)> {
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let controls = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map(String::from);
    let tokens: Vec<Value> = controls.into_iter().chain(alphabet.into_iter().map(String::from)).map(Value::String).collect();
    let types = (0..tokens.len()).map(|id| Value::I32(if id < 3 { 3 } else { 1 })).collect();
    vec![
        ("general.architecture", Value::String("llama".into())),
        ("llama.attention.head_count", Value::U32(2)),
        ("llama.attention.head_count_kv", Value::U32(1)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("llama.block_count", Value::U32(1)),
        ("llama.context_length", Value::U32(CONTEXT)),
        ("llama.embedding_length", Value::U32(WIDTH as u32)),
        ("llama.rope.dimension_count", Value::U32(WIDTH as u32 / 2)),
        ("tokenizer.ggml.eos_token_id", Value::U32(2)),
        ("tokenizer.ggml.merges", Value::Array(Vec::new())),
        ("tokenizer.ggml.model", Value::String("gpt2".into())),
        ("tokenizer.ggml.pre", Value::String("smollm".into())),
        ("tokenizer.ggml.token_type", Value::Array(types)),
        ("tokenizer.ggml.tokens", Value::Array(tokens)),
    ]
}

/// The tiny model's weights, sorted by name.
pub fn tensors(matrices: GgmlDType) -> Vec<(String, QTensor)> {
    let norm = |name: &str| {
        let ones = Tensor::ones(WIDTH, candle_core::DType::F32, &Device::Cpu).unwrap();
        (name.to_owned(), QTensor::quantize(&ones, GgmlDType::F32).unwrap())
    };
    let matrix = |name: &str, rows: usize, columns: usize| {
        let mut state = name.bytes().fold(1u32, |state, byte| state.wrapping_mul(31).wrapping_add(byte.into()));
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 16) as f32 / 65_536.0 - 0.5
            })
            .collect();
        let values = Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap();
        (name.to_owned(), QTensor::quantize(&values, matrices).unwrap())
    };
    vec![
        matrix("blk.0.attn_k.weight", WIDTH / 2, WIDTH),
        norm("blk.0.attn_norm.weight"),
        matrix("blk.0.attn_output.weight", WIDTH, WIDTH),
        matrix("blk.0.attn_q.weight", WIDTH, WIDTH),
        matrix("blk.0.attn_v.weight", WIDTH / 2, WIDTH),
        matrix("blk.0.ffn_down.weight", WIDTH, 2 * WIDTH),
        matrix("blk.0.ffn_gate.weight", 2 * WIDTH, WIDTH),
        norm("blk.0.ffn_norm.weight"),
        matrix("blk.0.ffn_up.weight", 2 * WIDTH, WIDTH),
        norm("output_norm.weight"),
        matrix("token_embd.weight", 256 + 3, WIDTH),
    ]
}
