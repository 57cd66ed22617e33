//! Rewrites a GGUF file so that every quantised matrix is Q8_0.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
};

use candle_core::{
    Device,
    quantized::{GgmlDType, QTensor, gguf_file},
};

use super::{ModelError, Progress, Stage, disk::write_error};

/// Reads the whole of `from` into memory, transcodes and writes `to` (about `needed` bytes). Bit-identical on every machine, because
/// it is integer and plain f32 arithmetic, and names are sorted: the reader's maps have no order.
pub(super) fn to_q8_0(from: &Path, to: &Path, needed: u64, progress: &Progress) -> Result<(), ModelError> {
    let unreadable = |source| ModelError::Transcode { path: from.to_owned(), source: Box::new(source) };
    let file = File::open(from).map_err(|error| unreadable(error.into()))?;
    let total = file.metadata().map_err(|error| unreadable(error.into()))?.len();
    let mut reader = BufReader::new(file);
    let content = gguf_file::Content::read(&mut reader).map_err(unreadable)?;

    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort_unstable();
    let mut done = 0;
    let mut tensors = Vec::with_capacity(names.len());
    for name in names {
        let tensor = content.tensor(&mut reader, name, &Device::Cpu).map_err(unreadable)?;
        done += tensor.storage_size_in_bytes() as u64;
        tensors.push((name.as_str(), requantised(tensor).map_err(unreadable)?));
        progress.report(Stage::Transcoding, done.min(total), total);
    }
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let mut metadata: Vec<(&str, &gguf_file::Value)> =
        content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    metadata.sort_unstable_by_key(|(key, _)| *key);

    let out = File::create(to).map_err(|error| write_error(to, needed, error))?;
    let mut out = BufWriter::new(out);
    gguf_file::write(&mut out, &metadata, &tensors).map_err(|error| match error {
        candle_core::Error::Io(error) => write_error(to, needed, error),
        error => unreadable(error),
    })?;
    out.flush().map_err(|error| write_error(to, needed, error))
}

/// Norms and biases are not quantised and stay as they are; Q8_0 is what is wanted already.
fn requantised(tensor: QTensor) -> candle_core::Result<QTensor> {
    match tensor.dtype() {
        GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 | GgmlDType::Q8_0 => Ok(tensor),
        _ => QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0),
    }
}
