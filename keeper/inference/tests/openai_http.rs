//! The OpenAI adapter against a real HTTP server that answers by script.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, Uri},
};
use cor_errors::{Class, Coded as _};
use cor_inference::{InferenceConfig, InferenceError, KeySource, OpenAiBackend, OpenAiConfig, OpenError, Progress, open};
use cor_ports::{Backend, Completion, CompletionRequest};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

const MODEL: &str = "some-model";

/// What the server does with one request for a completion.
#[derive(Clone)]
enum Turn {
    Json(u16, Value),
    Text(u16, String),
    /// Status 429 that asks for a pause of so many seconds.
    Busy(u64),
    /// The head of a reply, and then nothing for ever.
    Stall,
    /// Bytes without end.
    Endless,
    /// The head of a reply, and then the connection breaks.
    Break,
}

/// One request as the server has seen it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    method: Method,
    path: String,
    authorization: Option<String>,
    body: Value,
}

struct Server {
    models: Turn,
    /// In reverse; the last one is repeated.
    turns: Mutex<Vec<Turn>>,
    seen: Mutex<Vec<Seen>>,
}

impl Server {
    async fn start(models: Turn, turns: &[Turn]) -> (Arc<Self>, OpenAiConfig) {
        let turns = Mutex::new(turns.iter().rev().cloned().collect());
        let server = Arc::new(Self { models, turns, seen: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(Self::answer).with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let config = OpenAiConfig { retry_pause: Duration::from_millis(1), ..OpenAiConfig::new(base_url, MODEL) };
        (server, config)
    }

    async fn answer(
        State(server): State<Arc<Self>>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response<Body> {
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        server.seen.lock().unwrap().push(Seen { method, path: uri.path().into(), authorization, body });
        let turn = if uri.path().ends_with("/models") {
            server.models.clone()
        } else {
            let mut turns = server.turns.lock().unwrap();
            if turns.len() > 1 { turns.pop().unwrap() } else { turns[0].clone() }
        };
        let respond = |status: u16| Response::builder().status(status);
        match turn {
            Turn::Json(status, value) => respond(status).body(Body::from(value.to_string())).unwrap(),
            Turn::Text(status, text) => respond(status).body(Body::from(text)).unwrap(),
            Turn::Busy(seconds) => respond(429).header("retry-after", seconds).body(Body::empty()).unwrap(),
            Turn::Stall => respond(200).body(Body::from_stream(stream::pending::<std::io::Result<Bytes>>())).unwrap(),
            Turn::Endless => {
                let piece = Bytes::from(vec![b' '; 64 << 10]);
                respond(200).body(Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone())))).unwrap()
            }
            Turn::Break => {
                let first = stream::iter([Ok(Bytes::from_static(b"{"))]);
                let then = stream::once(async {
                    // Not ready for once: what came before is sent before the connection breaks.
                    tokio::task::yield_now().await;
                    Err(std::io::Error::other("broken on purpose"))
                });
                respond(200).body(Body::from_stream(first.chain(then))).unwrap()
            }
        }
    }

    fn completions(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.method == Method::POST).cloned().collect()
    }
}

fn models(ids: &[&str]) -> Turn {
    Turn::Json(
        200,
        json!({ "object": "list", "data": ids.iter().map(|id| json!({ "id": id, "object": "model" })).collect::<Vec<_>>() }),
    )
}

fn good(text: &str, finish_reason: &str) -> Turn {
    let reply = json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": finish_reason, "message": { "role": "assistant", "content": text } }],
        "usage": { "prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16 },
    });
    Turn::Json(200, reply)
}

fn request() -> CompletionRequest {
    CompletionRequest { prompt: "Why?".into(), max_tokens: 5, seed: u64::MAX }
}

#[tokio::test]
async fn a_good_reply_becomes_a_completion() {
    let (server, config) = Server::start(models(&["other", MODEL]), &[good("Because.", "stop"), good("Bec", "length")]).await;
    let backend = open(&InferenceConfig::OpenAi(config), &Progress::silent()).await.unwrap();
    let expected = Completion { text: "Because.".into(), prompt_tokens: 11, completion_tokens: 5, truncated: false };
    assert_eq!(backend.complete(request()).await.unwrap(), expected);
    assert_eq!(backend.complete(request()).await.unwrap(), Completion { text: "Bec".into(), truncated: true, ..expected });

    let seen = server.seen.lock().unwrap()[..2].to_vec();
    assert_eq!((&seen[0].method, seen[0].path.as_str()), (&Method::GET, "/v1/models"));
    assert_eq!((&seen[1].method, seen[1].path.as_str()), (&Method::POST, "/v1/chat/completions"));
    assert_eq!(seen[1].authorization, None);
    let sent = json!({
        "model": MODEL,
        "messages": [{ "role": "user", "content": "Why?" }],
        "max_tokens": 5,
        "temperature": 0.0,
        "seed": u64::MAX % ((1 << 31) - 1),
        "stream": false,
    });
    assert_eq!(seen[1].body, sent);
}

#[tokio::test]
async fn a_backend_says_what_it_is() {
    let (_server, config) = Server::start(models(&[MODEL]), &[good("", "stop")]).await;
    let info = OpenAiBackend::open(&config).await.unwrap().info();
    assert_eq!((info.model.as_str(), info.model_sha256), (MODEL, None));
    assert_eq!(info.determinism_class, "openai-http/some-model");
    let config = OpenAiConfig { determinism_class: Some("vllm-0.11/h100".into()), ..config };
    assert_eq!(OpenAiBackend::open(&config).await.unwrap().info().determinism_class, "vllm-0.11/h100");
}

#[tokio::test]
async fn the_key_is_sent_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, "sk-secret\n").unwrap();
    let (server, config) = Server::start(models(&[MODEL]), &[good("ok", "stop")]).await;
    let backend = OpenAiBackend::open(&OpenAiConfig { key: Some(KeySource::File(path)), ..config }).await.unwrap();
    backend.complete(request()).await.unwrap();
    for seen in server.seen.lock().unwrap().iter() {
        assert_eq!(seen.authorization.as_deref(), Some("Bearer sk-secret"), "{seen:?}");
    }
    assert!(!format!("{backend:?}").contains("sk-secret"));
}

#[tokio::test]
async fn errors_and_how_often_they_are_tried() {
    let reply = |change: fn(&mut Value)| {
        let Turn::Json(_, mut value) = good("ok", "stop") else { unreachable!() };
        change(&mut value);
        vec![Turn::Json(200, value)]
    };
    let text = |status, text: &str| vec![Turn::Text(status, text.into())];
    // (name, turns of the server, outcome as code and a part of the sentence, calls)
    type Row = (&'static str, Vec<Turn>, Result<(), (&'static str, &'static str)>, usize);
    let table: [Row; 17] = [
        ("busy once", vec![Turn::Busy(0), good("ok", "stop")], Ok(()), 2),
        ("broken twice", vec![Turn::Text(500, "oh".into()), Turn::Text(503, "no".into()), good("ok", "stop")], Ok(()), 3),
        ("connection lost once", vec![Turn::Break, good("ok", "stop")], Ok(()), 2),
        ("always busy", vec![Turn::Busy(0)], Err(("INF-155", "status 429")), 4),
        ("always broken", text(500, "oh"), Err(("INF-155", "status 500: oh")), 4),
        ("connection always lost", vec![Turn::Break], Err(("INF-150", "no connection")), 4),
        ("refused", text(400, "too long"), Err(("INF-152", "status 400: too long")), 1),
        ("no permission", text(401, "key?"), Err(("INF-156", "status 401: key?")), 1),
        ("moved", text(307, ""), Err(("INF-152", "status 307")), 1),
        ("not json", text(200, "<html>"), Err(("INF-154", "not usable")), 1),
        ("empty", text(200, ""), Err(("INF-154", "not usable")), 1),
        ("another object", text(200, r#"{"error":"x"}"#), Err(("INF-154", "not usable")), 1),
        ("no choice", reply(|value| value["choices"] = json!([])), Err(("INF-154", "not usable")), 1),
        ("no content", reply(|value| value["choices"][0]["message"]["content"] = Value::Null), Err(("INF-154", "not usable")), 1),
        ("no usage", reply(|value| value["usage"] = Value::Null), Err(("INF-154", "not usable")), 1),
        (
            "more tokens than asked for",
            reply(|value| value["usage"]["completion_tokens"] = json!(6)),
            Err(("INF-154", "not usable")),
            1,
        ),
        ("endless", vec![Turn::Endless], Err(("INF-153", "longer than")), 1),
    ];
    for (name, turns, expected, calls) in table {
        let (server, config) = Server::start(models(&[MODEL]), &turns).await;
        let backend = OpenAiBackend::open(&config).await.unwrap();
        let outcome = backend.complete(request()).await;
        match (&outcome, expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err((code, part))) => {
                assert_eq!(error.code(), code, "{name}: {error}");
                assert!(error.to_string().contains(part), "{name}: {error}");
            }
            _ => panic!("{name}: {outcome:?}"),
        }
        assert_eq!(server.completions().len(), calls, "{name}");
    }
}

#[tokio::test]
async fn no_retries_means_one_call() {
    let (server, config) = Server::start(models(&[MODEL]), &[Turn::Busy(0)]).await;
    let backend = OpenAiBackend::open(&OpenAiConfig { retries_max: 0, ..config }).await.unwrap();
    backend.complete(request()).await.unwrap_err();
    assert_eq!(server.completions().len(), 1);
}

#[tokio::test]
async fn a_reply_is_bounded_to_the_byte() {
    let Turn::Json(_, reply) = good("ok", "stop") else { unreachable!() };
    let size = reply.to_string().len();
    for (limit, fits) in [(size, true), (size - 1, false)] {
        let (_server, config) = Server::start(models(&[MODEL]), &[Turn::Json(200, reply.clone())]).await;
        let backend = OpenAiBackend::open(&OpenAiConfig { reply_bytes_max: limit, ..config }).await.unwrap();
        assert_eq!(backend.complete(request()).await.is_ok(), fits, "{limit} of {size}");
    }
}

#[tokio::test]
async fn an_excerpt_of_a_bad_reply_is_short() {
    let (_server, config) = Server::start(models(&[MODEL]), &[Turn::Text(400, "é".repeat(5000))]).await;
    let backend = OpenAiBackend::open(&config).await.unwrap();
    let error = backend.complete(request()).await.unwrap_err().to_string();
    assert_eq!(error.matches('é').count(), 200, "{error}");
}

#[tokio::test]
async fn a_stalled_reply_ends_at_the_limit_and_is_not_tried_again() {
    let (server, config) = Server::start(models(&[MODEL]), &[Turn::Stall]).await;
    let backend = OpenAiBackend::open(&OpenAiConfig { call_limit: Duration::from_millis(300), ..config }).await.unwrap();
    let error = backend.complete(request()).await.unwrap_err();
    assert_eq!(error.code(), "INF-151", "{error}");
    assert!(error.to_string().contains("no answer within 300 ms"), "{error}");
    assert_eq!(server.completions().len(), 1);
}

#[tokio::test]
async fn a_server_is_asked_for_its_models() {
    for (case, turn, listed) in [
        ("two", models(&["a", "b"]), Some(vec!["a".to_owned(), "b".to_owned()])),
        ("none", models(&[]), Some(Vec::new())),
        ("no list", Turn::Text(404, String::new()), None),
    ] {
        let (_server, config) = Server::start(turn, &[Turn::Stall]).await;
        assert_eq!(OpenAiBackend::models(&config).await.unwrap(), listed, "{case}");
    }
    let (_server, config) = Server::start(Turn::Text(401, String::new()), &[Turn::Stall]).await;
    assert!(matches!(OpenAiBackend::models(&config).await, Err(OpenError::Unusable { .. })));
}

#[tokio::test]
async fn a_server_is_checked_when_it_is_opened() {
    type Expected = fn(&OpenError) -> Option<Class>;
    let unusable: Expected = |error| matches!(error, OpenError::Unusable { .. }).then(|| error.class());
    let no_model: Expected =
        |error| matches!(error, OpenError::NoSuchModel { listed, .. } if listed == "a, b").then(|| error.class());
    let refused: [(&str, Turn, Expected, Class); 6] = [
        ("other models", models(&["a", "b"]), no_model, Class::Caller),
        ("wrong key", Turn::Text(401, String::new()), unusable, Class::Caller),
        ("broken", Turn::Text(500, String::new()), unusable, Class::Transient),
        ("not json", Turn::Text(200, "hello".into()), unusable, Class::Peer),
        ("moved", Turn::Text(302, String::new()), unusable, Class::Peer),
        ("endless", Turn::Endless, unusable, Class::Peer),
    ];
    for (name, turn, expected, class) in refused {
        let (_server, config) = Server::start(turn, &[good("", "stop")]).await;
        let error = OpenAiBackend::open(&config).await.unwrap_err();
        assert_eq!(expected(&error), Some(class), "{name}: {error}");
    }
    for turn in [Turn::Text(404, String::new()), Turn::Text(405, String::new()), models(&["some-model:latest"])] {
        let (_server, config) = Server::start(turn, &[good("", "stop")]).await;
        OpenAiBackend::open(&config).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = OpenAiConfig { retry_pause: Duration::from_millis(1), ..OpenAiConfig::new(format!("http://{address}"), MODEL) };
    let Err(error) = open(&InferenceConfig::OpenAi(config), &Progress::silent()).await else { panic!("opened") };
    assert!(matches!(error, InferenceError::OpenAi(OpenError::Unusable { .. })), "{error}");
    assert_eq!(error.class(), Class::Transient);
    let text = error.to_string();
    assert!(text.contains(&address.to_string()) && text.contains("refused"), "{text}");
}
