//! JSON-RPC over one kept-alive HTTP connection: so little code that the servers are what is measured.

use std::{io, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::error::BenchError;

/// Bytes of an answer's head; longer ones are no answer of a node.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A connection to a node.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// The result of a request.
    pub(crate) async fn request(&mut self, method: &'static str, params: Value) -> Result<Value, BenchError> {
        let body = body(method, &params);
        self.send(body.as_bytes()).await.map_err(BenchError::Connection)?;
        let mut answer: Value = serde_json::from_slice(&self.buffer).map_err(|source| BenchError::NoJson { method, source })?;
        match answer.get("error") {
            Some(error) => Err(BenchError::Refused { method, error: error.to_string() }),
            None => Ok(answer["result"].take()),
        }
    }

    /// Posts a body; the answer's body is in the buffer then.
    pub(crate) async fn send(&mut self, body: &[u8]) -> io::Result<&[u8]> {
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body].concat()).await?;
        self.buffer.clear();
        let (body_at, length) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break (end + 4, content_length(&self.buffer[..end])?);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
        };
        while self.buffer.len() < body_at + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.buffer.drain(..body_at);
        Ok(&self.buffer)
    }
}

/// The body of a request.
pub(crate) fn body(method: &str, params: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
}

fn content_length(head: &[u8]) -> io::Result<usize> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let found = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    found.and_then(|length| length.trim().parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
