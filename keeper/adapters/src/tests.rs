//! What tests of several modules share: a server of HTTP whose answers a test decides.

use std::sync::Arc;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// A request as it came.
pub(crate) struct Request {
    /// Method, path and version.
    pub(crate) line: String,
    /// What came with it.
    pub(crate) body: String,
}

/// Answers each request with status and body, until the test ends. Returns the URL.
pub(crate) async fn serve(answer: impl Fn(&Request) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, Arc::clone(&answer)));
        }
    });
    endpoint
}

async fn talk(stream: TcpStream, answer: Arc<impl Fn(&Request) -> (u16, String)>) {
    let mut stream = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line).await.unwrap();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.unwrap();
        match header.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let request = Request { line: line.trim().to_owned(), body: String::from_utf8(body).unwrap() };
    let (status, text) = answer(&request);
    let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
    // Who has read enough may be gone.
    let _gone = stream.write_all([head, text].concat().as_bytes()).await;
}
