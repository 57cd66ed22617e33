//! Weights and the loop that turns a prompt into an answer. Blocks; knows nothing of futures.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
};

use candle_core::quantized::gguf_file::{Content, Value};
use cor_ports::{BackendError, Completion, CompletionRequest};

use super::{
    chat::Chat,
    llama::{Cache, Llama},
};
use crate::{
    LoadError,
    model::{Progress, Stage},
};

/// The family of models whose layers [`Llama`] has.
const ARCHITECTURE: &str = "llama";

/// Prompt tokens computed at once. Bounds the attention matrix (n² floats per head) and the time until a cancellation is seen; below a
/// hundred or so the matrix kernels become slower. A part of the determinism class by way of this crate's version.
const PREFILL_TOKENS: usize = 256;

/// A loaded model. Answers share it; each has a cache of its own.
pub(super) struct Engine {
    model: Llama,
    chat: Chat,
}

impl Engine {
    /// Loads a GGUF file.
    pub(super) fn load(path: &Path, progress: &Progress) -> Result<Self, LoadError> {
        let read = |source| LoadError::Read { path: path.to_owned(), source };
        let bad = |source| LoadError::BadGguf { path: path.to_owned(), source: Box::new(source) };
        let file = File::open(path).map_err(read)?;
        let total = file.metadata().map_err(read)?.len();
        progress.report(Stage::Loading, 0, total);
        let mut reader = BufReader::new(Reporting { inner: file, done: 0, total, progress });

        let content = Content::read(&mut reader).map_err(bad)?;
        let found = match content.metadata.get("general.architecture") {
            Some(Value::String(name)) => name.as_str(),
            _ => "(none)",
        };
        if found != ARCHITECTURE {
            return Err(LoadError::Architecture { path: path.to_owned(), found: found.to_owned(), supported: ARCHITECTURE });
        }
        let chat = Chat::from_gguf(&content).map_err(|reason| LoadError::Tokenizer { path: path.to_owned(), reason })?;
        let model = Llama::from_gguf(&content, &mut reader).map_err(bad)?;
        progress.report(Stage::Loading, total, total);
        Ok(Self { model, chat })
    }

    /// Answers one prompt, or stops with `None` as soon as `wanted` says no, which is asked before each step.
    pub(super) fn answer(
        &self,
        request: &CompletionRequest,
        wanted: impl Fn() -> bool,
    ) -> Result<Option<Completion>, BackendError> {
        let prompt = self.admit(request)?;
        let Some(ids) = self.generate(&prompt, request.max_tokens, wanted).map_err(failed)? else {
            return Ok(None);
        };
        let ended = ids.last() == Some(&self.chat.eos());
        let answer = if ended { &ids[..ids.len() - 1] } else { &ids[..] };
        Ok(Some(Completion {
            text: self.chat.decode(answer).map_err(failed)?,
            prompt_tokens: count(prompt.len()),
            completion_tokens: count(answer.len()),
            truncated: !ended,
        }))
    }

    /// The tokens of the templated prompt, if it and the answer fit into the context.
    fn admit(&self, request: &CompletionRequest) -> Result<Vec<u32>, BackendError> {
        let context = self.model.positions();
        let check = |prompt_tokens: usize| {
            if prompt_tokens as u64 + u64::from(request.max_tokens) <= u64::from(context) {
                return Ok(());
            }
            Err(BackendError::ContextExceeded { prompt_tokens: count(prompt_tokens), max_tokens: request.max_tokens, context })
        };
        // Too long for the context by its length alone: not even read. Any other prompt is counted, so that a refusal has its number.
        let least = self.chat.tokens_min(&request.prompt);
        if least as u64 > u64::from(context) {
            check(least)?;
        }
        let prompt = self.chat.prompt(&request.prompt).map_err(failed)?;
        check(prompt.len())?;
        Ok(prompt)
    }

    /// The ids of the answer. The last one is the end-of-sequence token unless `max_tokens` came first.
    fn generate(&self, prompt: &[u32], max_tokens: u32, wanted: impl Fn() -> bool) -> candle_core::Result<Option<Vec<u32>>> {
        if max_tokens == 0 {
            return Ok(Some(Vec::new()));
        }
        let mut cache = self.model.cache(prompt.len() + max_tokens as usize);
        let mut next = 0;
        for piece in prompt.chunks(PREFILL_TOKENS) {
            if !wanted() {
                return Ok(None);
            }
            next = self.step(piece, &mut cache)?;
        }
        let mut answer = vec![next];
        while next != self.chat.eos() && count(answer.len()) < max_tokens {
            if !wanted() {
                return Ok(None);
            }
            next = self.step(&[next], &mut cache)?;
            answer.push(next);
        }
        Ok(Some(answer))
    }

    /// Takes tokens in and returns the most likely next one.
    fn step(&self, tokens: &[u32], cache: &mut Cache) -> candle_core::Result<u32> {
        let logits = self.model.forward(tokens, cache)?;
        most_likely(&logits).ok_or_else(|| candle_core::Error::msg("the model has computed a logit that is not a number"))
    }
}

/// Index of the greatest value, the first of equal ones: all members of a class have to choose the same. `None` if a value is not a
/// number or there is none.
fn most_likely(logits: &[f32]) -> Option<u32> {
    let mut best: Option<(u32, f32)> = None;
    for (id, &logit) in (0..).zip(logits) {
        if logit.is_nan() {
            return None;
        }
        if best.is_none_or(|(_, greatest)| logit > greatest) {
            best = Some((id, logit));
        }
    }
    best.map(|(id, _)| id)
}

fn failed(error: impl std::fmt::Display) -> BackendError {
    BackendError::Failed(error.to_string())
}

/// Token counts are far below 2³²: the context bounds them. A saturated number is only ever shown in an error.
fn count(tokens: usize) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// Tells how many bytes have been read.
struct Reporting<'a> {
    inner: File,
    done: u64,
    total: u64,
    progress: &'a Progress,
}

impl Read for Reporting<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.done += n as u64;
        self.progress.report(Stage::Loading, self.done.min(self.total), self.total);
        Ok(n)
    }
}

impl Seek for Reporting<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
#[path = "../../tests/common/tiny.rs"]
mod tiny;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{tiny::Tiny, *};

    fn engine() -> Engine {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model");
        std::fs::write(&path, Tiny::new().installed).unwrap();
        Engine::load(&path, &Progress::silent()).unwrap()
    }

    #[test]
    fn an_unwanted_answer_stops_at_the_next_step() {
        let engine = engine();
        for (prompt, steps_in_all) in [("short".to_owned(), 1 + 19), ("x".repeat(300), 2 + 19)] {
            let request = CompletionRequest { prompt, max_tokens: 20, seed: 0 };
            for wanted_steps in [0, 1, 5, steps_in_all - 1, steps_in_all] {
                let asked = Cell::new(0);
                let answer = engine.answer(&request, || {
                    asked.set(asked.get() + 1);
                    asked.get() <= wanted_steps
                });
                assert_eq!(answer.unwrap().is_some(), wanted_steps == steps_in_all, "{wanted_steps}");
                assert_eq!(asked.get(), (wanted_steps + 1).min(steps_in_all));
            }
        }
    }

    #[test]
    fn a_prompt_in_pieces_has_the_answer_of_one_piece() {
        let engine = engine();
        let prompt = engine.chat.prompt(&"tell me ".repeat(25)).unwrap();
        assert!(prompt.len() > PREFILL_TOKENS);
        let mut cache = engine.model.cache(prompt.len() + 12);
        let mut next = engine.step(&prompt, &mut cache).unwrap();
        let mut whole = vec![next];
        for _ in 0..11 {
            next = engine.step(&[next], &mut cache).unwrap();
            whole.push(next);
        }
        let pieces = engine.generate(&prompt, 12, || true).unwrap().unwrap();
        assert_eq!(pieces, whole[..pieces.len()]);
    }

    #[test]
    fn the_first_of_the_greatest_is_chosen() {
        for (logits, chosen) in [
            (&[][..], None),
            (&[-1.0][..], Some(0)),
            (&[0.5, 2.0, 2.0, 1.0][..], Some(1)),
            (&[f32::NEG_INFINITY, f32::NEG_INFINITY][..], Some(0)),
            (&[1.0, f32::NAN, 3.0][..], None),
        ] {
            assert_eq!(most_likely(logits), chosen, "{logits:?}");
        }
    }
}
