//! A quantised Llama-type transformer on candle's kernels: weights that many answers share, and a cache for each answer.
//!
//! Written here instead of taken from `candle-transformers`: that crate compiles a hundred models for minutes, copies the whole cache
//! for each token, and keeps it inside the weights.

use std::io::{Read, Seek};

use candle_core::{
    DType, Device, IndexOp, Module, Result, Tensor,
    quantized::{QMatMul, gguf_file::Content},
};
use candle_nn::{kv_cache::KvCache, ops, rotary_emb::rope_i};

/// Positions for which rotations are computed at most: the context of the default model. More would cost memory in attention.
const POSITIONS_MAX: u32 = 8192;

/// Base of the rotation frequencies where the file does not say.
const ROTATION_BASE: f32 = 10_000.0;

/// The weights. Only read while answering.
pub(super) struct Llama {
    embeddings: Tensor,
    layers: Vec<Layer>,
    norm: Norm,
    output: QMatMul,
    rotations: Rotations,
    heads: Heads,
    positions: u32,
}

/// How the width is divided.
#[derive(Clone, Copy)]
struct Heads {
    queries: usize,
    keys: usize,
    width: usize,
}

struct Layer {
    attention_norm: Norm,
    queries: QMatMul,
    keys: QMatMul,
    values: QMatMul,
    attention_output: QMatMul,
    feed_norm: Norm,
    gate: QMatMul,
    up: QMatMul,
    down: QMatMul,
}

struct Norm {
    weight: Tensor,
    epsilon: f32,
}

/// Cosines and sines by position.
struct Rotations {
    cos: Tensor,
    sin: Tensor,
}

/// Keys and values of the tokens so far.
pub(super) struct Cache {
    layers: Vec<KvCache>,
    position: usize,
}

impl Llama {
    /// Reads the weights of a file whose architecture is `llama`.
    pub(super) fn from_gguf<R: Read + Seek>(content: &Content, reader: &mut R) -> Result<Self> {
        let number = |key: &str| match content.metadata.get(key) {
            Some(value) => value.to_u32().map(|number| number as usize),
            None => candle_core::bail!("no `{key}` in the metadata"),
        };
        let width = number("llama.embedding_length")?;
        let (queries, keys) = (number("llama.attention.head_count")?, number("llama.attention.head_count_kv")?);
        if queries == 0 || keys == 0 || queries % keys != 0 || width % queries != 0 {
            candle_core::bail!("width {width} with {queries} query heads and {keys} key heads")
        }
        let heads = Heads { queries, keys, width: width / queries };
        if number("llama.rope.dimension_count")? != heads.width {
            candle_core::bail!("rotations of a part of the head width {} are not supported", heads.width)
        }
        let epsilon = match content.metadata.get("llama.attention.layer_norm_rms_epsilon") {
            Some(value) => value.to_f32()?,
            None => {
                candle_core::bail!("no `llama.attention.layer_norm_rms_epsilon` in the metadata")
            }
        };
        let base = content.metadata.get("llama.rope.freq_base").map_or(Ok(ROTATION_BASE), |value| value.to_f32())?;
        let positions =
            content.metadata.get("llama.context_length").map_or(Ok(POSITIONS_MAX), |value| value.to_u32())?.min(POSITIONS_MAX);

        let mut file = Weights { content, reader, epsilon };
        let layers = (0..number("llama.block_count")?).map(|i| file.layer(i)).collect::<Result<_>>()?;
        // Small models use the table of embeddings for the output too.
        let output = if content.tensor_infos.contains_key("output.weight") { "output.weight" } else { "token_embd.weight" };
        Ok(Self {
            embeddings: file.dense("token_embd.weight")?,
            layers,
            norm: file.norm("output_norm.weight")?,
            output: file.matrix(output)?,
            rotations: Rotations::new(heads.width, base, positions)?,
            heads,
            positions,
        })
    }

    /// Tokens of prompt and answer together that the model can see.
    pub(super) fn positions(&self) -> u32 {
        self.positions
    }

    /// An empty cache for so many tokens.
    pub(super) fn cache(&self, tokens: usize) -> Cache {
        Cache { layers: self.layers.iter().map(|_| KvCache::new(1, tokens)).collect(), position: 0 }
    }

    /// Takes further tokens in and returns the logits for the one after the last.
    pub(super) fn forward(&self, tokens: &[u32], cache: &mut Cache) -> Result<Vec<f32>> {
        let rotations = self.rotations.at(cache.position, tokens.len())?;
        let mask = causal_mask(cache.position, tokens.len())?;
        let mut x = self.embeddings.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
        for (layer, cache) in self.layers.iter().zip(&mut cache.layers) {
            let attended = layer.attend(&layer.attention_norm.forward(&x)?, self.heads, &rotations, mask.as_ref(), cache)?;
            x = (x + attended)?;
            x = (layer.feed(&layer.feed_norm.forward(&x)?)? + &x)?;
        }
        cache.position += tokens.len();
        let last = x.i(tokens.len() - 1..)?;
        self.output.forward(&self.norm.forward(&last)?)?.squeeze(0)?.to_vec1()
    }
}

impl Layer {
    /// Attention of `x` (tokens × width) to itself and to what the cache holds.
    fn attend(
        &self,
        x: &Tensor,
        heads: Heads,
        rotations: &Rotations,
        mask: Option<&Tensor>,
        cache: &mut KvCache,
    ) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let split = |x: Tensor, count: usize| x.reshape((tokens, count, heads.width))?.transpose(0, 1)?.contiguous();
        let queries = rotations.apply(&split(self.queries.forward(x)?, heads.queries)?)?;
        let keys = rotations.apply(&split(self.keys.forward(x)?, heads.keys)?)?;
        let values = split(self.values.forward(x)?, heads.keys)?;
        let (keys, values) = cache.append(&keys, &values)?;

        // Query heads that share a key head are computed as further rows of one product.
        let group = heads.queries / heads.keys;
        let rows = queries.reshape((heads.keys, group * tokens, heads.width))?;
        let scores = (rows.matmul(&keys.t()?)? / (heads.width as f64).sqrt())?;
        let scores = match mask {
            Some(mask) => {
                let shape = scores.shape().clone();
                scores.reshape((heads.keys, group, tokens, ()))?.broadcast_add(mask)?.reshape(shape)?
            }
            None => scores,
        };
        let mixed = ops::softmax_last_dim(&scores)?.matmul(&values)?;
        let mixed = mixed.reshape((heads.queries, tokens, heads.width))?.transpose(0, 1)?.flatten_from(1)?;
        self.attention_output.forward(&mixed)
    }

    fn feed(&self, x: &Tensor) -> Result<Tensor> {
        self.down.forward(&(self.gate.forward(x)?.silu()? * self.up.forward(x)?)?)
    }
}

impl Norm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::rms_norm(&x.contiguous()?, &self.weight, self.epsilon)
    }
}

impl Rotations {
    fn new(width: usize, base: f32, positions: u32) -> Result<Self> {
        let frequencies: Vec<f32> = (0..width).step_by(2).map(|i| base.powf(-(i as f32) / width as f32)).collect();
        let angles: Vec<f32> =
            (0..positions).flat_map(|position| frequencies.iter().map(move |frequency| position as f32 * frequency)).collect();
        let angles = Tensor::from_vec(angles, (positions as usize, frequencies.len()), &Device::Cpu)?;
        Ok(Self { cos: angles.cos()?, sin: angles.sin()? })
    }

    fn at(&self, position: usize, tokens: usize) -> Result<Self> {
        Ok(Self { cos: self.cos.narrow(0, position, tokens)?, sin: self.sin.narrow(0, position, tokens)? })
    }

    /// Rotates neighbouring pairs of each head, as this family of models was trained.
    fn apply(&self, heads: &Tensor) -> Result<Tensor> {
        rope_i(&heads.unsqueeze(0)?, &self.cos, &self.sin)?.squeeze(0)
    }
}

/// What is added to scores so that no token sees a later one; `None` for a single token, which sees everything.
fn causal_mask(position: usize, tokens: usize) -> Result<Option<Tensor>> {
    if tokens == 1 {
        return Ok(None);
    }
    let seen = position + tokens;
    let mask: Vec<f32> = (0..tokens)
        .flat_map(|row| (0..seen).map(move |column| if column > position + row { f32::NEG_INFINITY } else { 0.0 }))
        .collect();
    Tensor::from_vec(mask, (tokens, seen), &Device::Cpu).map(Some)
}

/// Reads tensors by name.
struct Weights<'a, R> {
    content: &'a Content,
    reader: &'a mut R,
    epsilon: f32,
}

impl<R: Read + Seek> Weights<'_, R> {
    fn layer(&mut self, i: usize) -> Result<Layer> {
        let name = |part: &str| format!("blk.{i}.{part}.weight");
        Ok(Layer {
            attention_norm: self.norm(&name("attn_norm"))?,
            queries: self.matrix(&name("attn_q"))?,
            keys: self.matrix(&name("attn_k"))?,
            values: self.matrix(&name("attn_v"))?,
            attention_output: self.matrix(&name("attn_output"))?,
            feed_norm: self.norm(&name("ffn_norm"))?,
            gate: self.matrix(&name("ffn_gate"))?,
            up: self.matrix(&name("ffn_up"))?,
            down: self.matrix(&name("ffn_down"))?,
        })
    }

    fn matrix(&mut self, name: &str) -> Result<QMatMul> {
        QMatMul::from_qtensor(self.content.tensor(self.reader, name, &Device::Cpu)?)
    }

    fn norm(&mut self, name: &str) -> Result<Norm> {
        Ok(Norm { weight: self.dense(name)?, epsilon: self.epsilon })
    }

    fn dense(&mut self, name: &str) -> Result<Tensor> {
        self.content.tensor(self.reader, name, &Device::Cpu)?.dequantize(&Device::Cpu)?.to_dtype(DType::F32)
    }
}
