//! JSON-RPC over a Unix socket, as geth's IPC: one JSON document after the other in both directions, each answer on a line.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jsonrpsee::{
    BatchResponseBuilder, BoundedSubscriptions, ConnectionId, Extensions, MethodCallback, MethodResponse, MethodSink, Methods,
    SubscriptionState,
    core::server::helpers::prepare_error,
    types::{
        ErrorCode, ErrorObject, Id, InvalidRequest, Notification, Params, Request,
        error::{reject_too_big_batch_request, reject_too_big_request, reject_too_many_subscriptions},
    },
};
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use super::{
    limits::{
        BATCH_MAX, BODY_BYTES_MAX, CONNECTIONS_MAX, IPC_CALLS_MAX, MESSAGES_BUFFERED, RESPONSE_BYTES_MAX, SUBSCRIPTIONS_MAX,
    },
    methods,
    server::HexIds,
    split::Splitter,
};
use crate::{NodeError, chain::Chain};

/// Permissions of the socket's file, as geth's.
const OWNER_ONLY: u32 = 0o600;
/// Ids of subscriptions over Unix sockets.
static IDS: HexIds = HexIds::new();
/// Wait after a connection that was not accepted, most likely because no more files can be opened: others close some meanwhile.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Ids of connections.
static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

/// A Unix socket that is answered on.
#[derive(Debug)]
pub(crate) struct IpcServer {
    path: PathBuf,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl IpcServer {
    /// Answers what was asked, closes all connections, and removes the socket's file.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        // The task ends by itself; if it panicked, it has ended as well.
        let _ = self.task.await;
        // Somebody may have removed it already.
        let _ = fs::remove_file(&self.path);
    }
}

/// Answers for `chain` on the socket `path`. A file that a process left behind there is replaced.
///
/// # Errors
/// [`NodeError::Ipc`].
pub(crate) async fn start(chain: Chain, path: &Path) -> Result<IpcServer, NodeError> {
    let refused = |source| NodeError::Ipc { path: path.to_owned(), source };
    remove_abandoned(path).await.map_err(refused)?;
    let listener = UnixListener::bind(path).map_err(refused)?;
    // Whoever may connect may do anything, in the name of any account.
    fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY)).map_err(refused)?;
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(accept(listener, methods(chain).into(), stopped));
    Ok(IpcServer { path: path.to_owned(), stop, task })
}

/// Removes a socket that nobody listens on. Anything else that is there is somebody's.
async fn remove_abandoned(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => match UnixStream::connect(path).await {
            Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
            Err(_) => fs::remove_file(path),
        },
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => Ok(()),
    }
}

async fn accept(listener: UnixListener, methods: Methods, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, _) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection to the Unix socket was not accepted");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        // A connection too many is closed at once.
        if let Ok(place) = places.clone().try_acquire_owned() {
            let connection = Connection::new(methods.clone());
            let stopped = stopped.clone();
            connections.spawn(async move {
                connection.serve(stream, stopped).await;
                drop(place);
            });
        }
    }
    while connections.join_next().await.is_some() {}
}

/// One client, and the messages on their way to it.
struct Connection {
    methods: Methods,
    id: ConnectionId,
    subscriptions: BoundedSubscriptions,
    sink: MethodSink,
    messages: mpsc::Receiver<Box<RawValue>>,
}

/// What a call of one client needs.
struct Caller {
    methods: Methods,
    id: ConnectionId,
    subscriptions: BoundedSubscriptions,
    sink: MethodSink,
}

impl Connection {
    fn new(methods: Methods) -> Self {
        let (sender, messages) = mpsc::channel(MESSAGES_BUFFERED as usize);
        Self {
            methods,
            id: ConnectionId(CONNECTIONS.fetch_add(1, Ordering::Relaxed)),
            subscriptions: BoundedSubscriptions::new(SUBSCRIPTIONS_MAX),
            sink: MethodSink::new_with_limit(sender, RESPONSE_BYTES_MAX),
            messages,
        }
    }

    async fn serve(self, stream: UnixStream, stopped: watch::Receiver<bool>) {
        let (read, write) = stream.into_split();
        let Self { methods, id, subscriptions, sink, messages } = self;
        let (finish, finished) = oneshot::channel();
        let writer = tokio::spawn(send(messages, write, finished));
        receive(Arc::new(Caller { methods, id, subscriptions, sink }), read, stopped).await;
        // Subscriptions would hold the channel open; what is in it is still sent.
        let _ = finish.send(());
        let _ = writer.await;
    }
}

/// Sends messages until it is told to finish; then those that are left.
async fn send(mut messages: mpsc::Receiver<Box<RawValue>>, mut write: OwnedWriteHalf, mut finished: oneshot::Receiver<()>) {
    let mut is_open = true;
    loop {
        let message = tokio::select! {
            message = messages.recv() => message,
            _ = &mut finished, if is_open => {
                is_open = false;
                messages.close();
                continue;
            }
        };
        let Some(message) = message else { return };
        let line = [message.get().as_bytes(), b"\n"].concat();
        if write.write_all(&line).await.is_err() {
            // The client has gone: nobody needs the rest.
            return;
        }
    }
}

/// Reads requests and answers them, many at a time, until the client has no more or the server stops.
async fn receive(caller: Arc<Caller>, mut read: OwnedReadHalf, mut stopped: watch::Receiver<bool>) {
    let (mut calls, mut splitter) = (JoinSet::new(), Splitter::default());
    'reading: loop {
        loop {
            match splitter.next_document() {
                Ok(Some(document)) => {
                    while calls.len() >= IPC_CALLS_MAX {
                        calls.join_next().await;
                    }
                    let caller = caller.clone();
                    calls.spawn(async move { caller.answer(&document).await });
                }
                Ok(None) if splitter.len() > BODY_BYTES_MAX as usize => {
                    caller.reply(MethodResponse::error(Id::Null, reject_too_big_request(BODY_BYTES_MAX))).await;
                    break 'reading;
                }
                Ok(None) => break,
                Err(_) => {
                    // Where the next document begins cannot be known.
                    caller.reply(MethodResponse::error(Id::Null, ErrorObject::from(ErrorCode::ParseError))).await;
                    break 'reading;
                }
            }
        }
        let read = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            // The writer has gone, and with it the client.
            () = caller.sink.closed() => break,
            read = read.read_buf(splitter.buffer()) => read,
        };
        // Nothing, or an error: the client has gone.
        if !matches!(read, Ok(1..)) {
            break;
        }
    }
    while calls.join_next().await.is_some() {}
}

impl Caller {
    async fn answer(&self, document: &[u8]) {
        let response = if document.first() == Some(&b'[') { self.batch(document).await } else { self.single(document).await };
        if let Some(response) = response {
            self.reply(response).await;
        }
    }

    /// Sends an answer. That to a subscription was sent when it was accepted or refused.
    async fn reply(&self, response: MethodResponse) {
        if response.is_subscription() {
            return;
        }
        let is_success = response.is_success();
        let (json, notify, _) = response.into_parts();
        // The client may have gone.
        if self.sink.send(json).await.is_ok()
            && let Some(notify) = notify
        {
            notify.notify(is_success);
        }
    }

    async fn single(&self, document: &[u8]) -> Option<MethodResponse> {
        if let Ok(request) = serde_json::from_slice::<Request<'_>>(document) {
            return Some(self.call(request).await);
        }
        if is_notification(document) {
            return None;
        }
        let (id, code) = prepare_error(document);
        Some(MethodResponse::error(id, ErrorObject::from(code)))
    }

    async fn batch(&self, document: &[u8]) -> Option<MethodResponse> {
        let refused = |error: ErrorObject<'static>| Some(MethodResponse::error(Id::Null, error));
        let Ok(entries) = serde_json::from_slice::<Vec<&RawValue>>(document) else {
            return refused(ErrorCode::ParseError.into());
        };
        if entries.len() > BATCH_MAX as usize {
            return refused(reject_too_big_batch_request(BATCH_MAX as usize));
        }
        let (is_empty, mut answers) = (entries.is_empty(), BatchResponseBuilder::new_with_limit(RESPONSE_BYTES_MAX as usize));
        for entry in entries {
            let response = if let Ok(request) = serde_json::from_str::<Request<'_>>(entry.get()) {
                self.call(request).await
            } else if is_notification(entry.get().as_bytes()) {
                continue;
            } else {
                let id = serde_json::from_str::<InvalidRequest<'_>>(entry.get()).map_or(Id::Null, |request| request.id);
                MethodResponse::error(id, ErrorObject::from(ErrorCode::InvalidRequest))
            };
            if response.is_subscription() {
                continue;
            }
            if let Err(too_big) = answers.append(response) {
                return Some(too_big);
            }
        }
        // Only notifications and subscriptions are no answer; no entry at all is an invalid request.
        (is_empty || !answers.is_empty()).then(|| MethodResponse::from_batch(answers.finish()))
    }

    async fn call(&self, request: Request<'_>) -> MethodResponse {
        let Request { id, method, params, .. } = request;
        let params = Params::new(params.as_ref().map(|params| params.get()));
        let (limit, mut extensions) = (RESPONSE_BYTES_MAX as usize, Extensions::new());
        extensions.insert(self.id);
        match self.methods.method(&method) {
            None => MethodResponse::error(id, ErrorObject::from(ErrorCode::MethodNotFound)),
            Some(MethodCallback::Sync(method)) => method(id, params, limit, extensions),
            Some(MethodCallback::Async(method)) => method(id.into_owned(), params.into_owned(), self.id, limit, extensions).await,
            Some(MethodCallback::Unsubscription(method)) => method(id, params, self.id, limit, extensions),
            Some(MethodCallback::Subscription(method)) => match self.subscriptions.acquire() {
                None => MethodResponse::error(id, reject_too_many_subscriptions(self.subscriptions.max())),
                Some(subscription_permit) => {
                    let state = SubscriptionState { conn_id: self.id, id_provider: &IDS, subscription_permit };
                    method(id, params, self.sink.clone(), state, extensions).await
                }
            },
        }
    }
}

/// Whether it is a request that wants no answer.
fn is_notification(document: &[u8]) -> bool {
    serde_json::from_slice::<Notification<'_, Option<&RawValue>>>(document).is_ok()
}
