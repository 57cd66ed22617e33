//! An inference server that lists models and answers nothing else.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use serde_json::json;

/// Starts a server that answers every request with the list of `models`, as OpenAI's does. Returns its base URL. It ends with the process.
///
/// # Panics
/// If there is no free port.
#[must_use]
pub fn model_server(models: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let list: Vec<_> = models.iter().map(|id| json!({ "id": id })).collect();
    let body = json!({ "data": list }).to_string();
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(|stream| answer(stream, &body)));
    url
}

fn answer(mut stream: TcpStream, body: &str) {
    let mut head = BufReader::new(stream.try_clone().expect("a handle")).lines();
    while head.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    // A client that has gone away needs no answer.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}
