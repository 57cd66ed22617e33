//! Where one JSON document ends and the next begins, in a stream that says nothing of lengths.

/// Bytes that one read can bring at least.
const READ_BYTES: usize = 8 * 1024;

/// Splits a stream into objects and arrays. What is inside of them is not checked.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    bytes: Vec<u8>,
    /// Bytes of the present document that were looked at.
    scanned: usize,
    /// Objects and arrays that are open.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// A document begins with something else than an object or an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoDocument;

impl Splitter {
    /// Where to append what was read, with room for some.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.bytes.reserve(READ_BYTES);
        &mut self.bytes
    }

    /// Bytes of the present document so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The next document, if it is there in full.
    pub(super) fn next_document(&mut self) -> Result<Option<Vec<u8>>, NoDocument> {
        if self.scanned == 0 {
            let blank = self.bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.bytes.drain(..blank);
            if self.bytes.first().is_some_and(|byte| !matches!(byte, b'{' | b'[')) {
                return Err(NoDocument);
            }
        }
        for (index, byte) in self.bytes.iter().enumerate().skip(self.scanned) {
            self.scanned = index + 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    // A document begins with an opening one, so that there is one to close.
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        let rest = self.bytes.split_off(self.scanned);
                        self.scanned = 0;
                        return Ok(Some(std::mem::replace(&mut self.bytes, rest)));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = " {\"a\":\"}]\\\"{\"}\n[1,[2]]{} \n{\"b\":{}}";
    const DOCUMENTS: [&str; 4] = ["{\"a\":\"}]\\\"{\"}", "[1,[2]]", "{}", "{\"b\":{}}"];

    #[test]
    fn documents_are_found_however_the_stream_is_cut() {
        for size in 1..=STREAM.len() {
            let (mut splitter, mut found) = (Splitter::default(), Vec::new());
            for part in STREAM.as_bytes().chunks(size) {
                splitter.buffer().extend_from_slice(part);
                while let Some(document) = splitter.next_document().unwrap() {
                    found.push(String::from_utf8(document).unwrap());
                }
            }
            assert_eq!(found, DOCUMENTS, "in parts of {size}");
            assert_eq!(splitter.len(), 0);
        }
    }

    #[test]
    fn what_is_no_document_is_an_error_and_what_is_open_is_waited_for() {
        for (text, expected) in
            [("x", Err(NoDocument)), ("]", Err(NoDocument)), ("", Ok(None)), (" \n", Ok(None)), ("[{", Ok(None))]
        {
            let mut splitter = Splitter::default();
            splitter.buffer().extend_from_slice(text.as_bytes());
            assert_eq!(splitter.next_document(), expected, "{text}");
        }
    }
}
