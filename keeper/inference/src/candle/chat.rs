//! The ChatML template and the tokenizer, both from the GGUF file.

use candle_core::quantized::{
    gguf_file::{Content, Value},
    tokenizer::TokenizerFromGguf as _,
};
use tokenizers::{
    Tokenizer,
    pre_tokenizers::{byte_level::ByteLevel, digits::Digits, sequence::Sequence},
};

/// What the model was trained to find before the first user's message.
const SYSTEM_MESSAGE: &str = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";

/// The only pre-tokenizer, as GGUF names it, that is put right here.
const PRE_TOKENIZER: &str = "smollm";

/// Turns a user's text into the token ids of a conversation, and token ids into text.
pub(super) struct Chat {
    tokenizer: Tokenizer,
    im_start: u32,
    im_end: u32,
    eos: u32,
    /// Length of the longest token of the vocabulary, bytes: bounds the number of tokens of a text from below.
    token_bytes_max: usize,
}

impl Chat {
    /// Reads the vocabulary. The error says what is missing or different.
    pub(super) fn from_gguf(content: &Content) -> Result<Self, String> {
        let text = |key: &str| match content.metadata.get(key) {
            Some(Value::String(text)) => text.as_str(),
            _ => "",
        };
        let (model, pre) = (text("tokenizer.ggml.model"), text("tokenizer.ggml.pre"));
        if (model, pre) != ("gpt2", PRE_TOKENIZER) {
            return Err(format!("model `{model}` with pre-tokenizer `{pre}`, wanted are `gpt2` and `{PRE_TOKENIZER}`"));
        }
        let mut tokenizer = Tokenizer::from_gguf(content).map_err(|error| error.to_string())?;
        // candle's default puts a space before the text, which made the first token wrong; with these two steps the ids are those of
        // llama.cpp on digits, code, CJK and emoji.
        tokenizer
            .with_pre_tokenizer(Some(Sequence::new(vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()])));
        // A user's text that spells a control token must not become one: it could end the user's turn and play the assistant's.
        tokenizer.set_encode_special_tokens(true);

        let id = |token: &str| tokenizer.token_to_id(token).ok_or_else(|| format!("no token `{token}`"));
        let (im_start, im_end) = (id("<|im_start|>")?, id("<|im_end|>")?);
        let eos = match content.metadata.get("tokenizer.ggml.eos_token_id") {
            Some(Value::U32(eos)) => *eos,
            _ => return Err("no `tokenizer.ggml.eos_token_id`".into()),
        };
        // In a byte-level vocabulary each character stands for one byte of text.
        let token_bytes_max = tokenizer.get_vocab(true).keys().map(|token| token.chars().count()).max().unwrap_or(1);
        Ok(Self { tokenizer, im_start, im_end, eos, token_bytes_max })
    }

    /// The token that ends an answer.
    pub(super) fn eos(&self) -> u32 {
        self.eos
    }

    /// No tokenization of the text can be shorter. Cheap, for texts that are far too long.
    pub(super) fn tokens_min(&self, user: &str) -> usize {
        user.len() / self.token_bytes_max
    }

    /// The ids of a conversation that waits for the assistant's answer.
    pub(super) fn prompt(&self, user: &str) -> tokenizers::Result<Vec<u32>> {
        let mut ids = Vec::new();
        for (role, message) in [("system", SYSTEM_MESSAGE), ("user", user)] {
            ids.push(self.im_start);
            self.encode(&format!("{role}\n{message}"), &mut ids)?;
            ids.push(self.im_end);
            self.encode("\n", &mut ids)?;
        }
        ids.push(self.im_start);
        self.encode("assistant\n", &mut ids)?;
        Ok(ids)
    }

    /// Text of generated ids without control tokens. A character of which only the first bytes were generated is left out.
    pub(super) fn decode(&self, ids: &[u32]) -> tokenizers::Result<String> {
        let text = self.tokenizer.decode(ids, true)?;
        Ok(text.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned())
    }

    fn encode(&self, text: &str, ids: &mut Vec<u32>) -> tokenizers::Result<()> {
        ids.extend_from_slice(self.tokenizer.encode_fast(text, false)?.get_ids());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::BufReader};

    use super::*;
    use crate::model::{ModelSpec, Progress, Sources, default_models_dir, ensure};

    async fn chat() -> Chat {
        let (spec, sources) = (ModelSpec::SMOLLM2_135M_INSTRUCT, Sources::standard(None));
        let model = ensure(&spec, &default_models_dir().unwrap(), &sources, &Progress::silent()).await.unwrap();
        let content = Content::read(&mut BufReader::new(File::open(model.path()).unwrap())).unwrap();
        Chat::from_gguf(&content).unwrap()
    }

    /// Ids as given by llama.cpp's server for the same vocabulary.
    #[tokio::test]
    async fn ids_are_those_of_llama_cpp_and_give_the_text_back() {
        let chat = chat().await;
        let table: [(&str, &[u32]); 7] = [
            (
                "In 2024 there were 1,234,567 of them: 3.14159.",
                &[
                    788, 216, 34, 32, 34, 36, 665, 592, 216, 33, 28, 34, 35, 36, 28, 37, 38, 39, 282, 601, 42, 216, 35, 30, 33,
                    36, 33, 37, 41, 30,
                ],
            ),
            (
                "fn main() {\n    let x = vec![1, 2];\n\tprintln!(\"{x:?}\");\n}\n",
                &[
                    7853, 1085, 1000, 1662, 472, 1303, 1792, 446, 37024, 21653, 33, 28, 216, 34, 26695, 198, 197, 3272, 34115,
                    17, 45257, 104, 42, 47, 15201, 43, 198, 109, 198,
                ],
            ),
            (
                "東京は日本の首都です。中文测试，한국어도.",
                &[
                    30679, 126, 16736, 122, 7365, 124, 23274, 115, 40993, 26453, 180, 116, 240, 180, 38466, 7365, 117, 39958,
                    19076, 28589, 29184, 43222, 229, 16313, 239, 12831, 33085, 246, 181, 130, 251, 183, 240, 129, 182, 233, 222,
                    30,
                ],
            ),
            (
                "Crab 🦀, family 👩‍👩‍👧, flag 🇫🇷!",
                &[
                    51, 4183, 15107, 116, 218, 28, 1564, 15107, 235, 119, 321, 231, 10813, 235, 119, 321, 231, 10813, 235, 117,
                    28, 7048, 15107, 225, 121, 10813, 225, 132, 17,
                ],
            ),
            ("  two leading spaces\n\n\nand three breaks  ", &[216, 827, 2899, 5600, 1116, 198, 397, 1296, 9102, 256]),
            ("It's the user's naïve café — don't!", &[1589, 506, 260, 2914, 506, 15486, 46494, 37366, 1841, 1326, 982, 17]),
            // A control token spelled by a user is text.
            ("a<|im_end|>b", &[81, 44, 108, 306, 79, 486, 108, 46, 82]),
        ];
        for (text, expected) in table {
            let mut ids = Vec::new();
            chat.encode(text, &mut ids).unwrap();
            assert_eq!(ids, expected, "{text}");
            assert_eq!(chat.decode(&ids).unwrap(), text);
            assert!(chat.tokens_min(text) <= ids.len());
        }
    }

    #[tokio::test]
    async fn the_template_is_that_of_the_model() {
        let prompt = chat().await.prompt("What is the capital of France?").unwrap();
        assert_eq!(
            prompt,
            [
                1, 9690, 198, 2683, 359, 253, 5356, 5646, 11173, 3365, 3511, 308, 34519, 28, 7018, 411, 407, 19712, 8182, 2, 198,
                1, 4093, 198, 1780, 314, 260, 3575, 282, 4649, 47, 2, 198, 1, 520, 9531, 198
            ]
        );
    }

    #[tokio::test]
    async fn a_character_cut_in_two_is_left_out() {
        let chat = chat().await;
        let mut ids = Vec::new();
        chat.encode("ok 🦀", &mut ids).unwrap();
        assert_eq!(chat.decode(&ids[..ids.len() - 1]).unwrap(), "ok ");
    }
}
