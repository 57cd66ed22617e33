//! The file from a configured URL, going on where an earlier try has stopped.

use std::{path::Path, time::Duration};

use cor_ports::redacted;
use futures::StreamExt as _;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE},
};
use tokio::{fs::File, io::AsyncWriteExt as _};

use super::{
    ModelError, Progress, Stage,
    disk::{require_space, write_error},
    store::{remove, size},
};
use crate::http::client_builder;

/// A server that does not even accept a connection in this time is down.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// The longest pause between two pieces. There is no limit for the whole: a slow line is no error.
const STALL_LIMIT: Duration = Duration::from_secs(60);

/// Connections per call. Each goes on where the one before broke off.
const ATTEMPTS_MAX: u32 = 5;

/// What is asked for, and how much of it may come.
pub(super) struct Download<'a> {
    pub(super) url: &'a Url,
    /// Written to, and continued if it is there.
    pub(super) part: &'a Path,
    /// The largest file that is possible.
    pub(super) bytes_max: u64,
    /// Pause before attempt n + 1: n times this.
    pub(super) retry_pause: Duration,
}

/// Whether one connection has brought the file to its end.
enum Outcome {
    Complete,
    /// Worth another connection.
    Broken(reqwest::Error),
    /// Worth another connection: the server is busy.
    Busy(StatusCode),
    /// The part on disk is not the beginning of what the server has.
    Restart,
}

impl Download<'_> {
    /// Downloads into the part file. Its content is not verified.
    pub(super) async fn run(&self, progress: &Progress) -> Result<(), ModelError> {
        let client = client_builder()
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(STALL_LIMIT)
            .build()
            .map_err(|source| ModelError::HttpClient { source: Box::new(source) })?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.connection(&client, attempts, progress).await? {
                Outcome::Complete => return Ok(()),
                Outcome::Restart if attempts < ATTEMPTS_MAX => remove(self.part)?,
                Outcome::Restart => {
                    return Err(self.status(StatusCode::RANGE_NOT_SATISFIABLE, attempts));
                }
                Outcome::Busy(status) if attempts == ATTEMPTS_MAX => {
                    return Err(self.status(status, attempts));
                }
                Outcome::Broken(source) if attempts == ATTEMPTS_MAX => {
                    return Err(self.broken(source, attempts));
                }
                Outcome::Busy(_) | Outcome::Broken(_) => tokio::time::sleep(self.retry_pause * attempts).await,
            }
        }
    }

    async fn connection(&self, client: &Client, attempts: u32, progress: &Progress) -> Result<Outcome, ModelError> {
        let have = size(self.part);
        // Compression on the way would make ranges count other bytes.
        let mut request = client.get(self.url.clone()).header(ACCEPT_ENCODING, "identity");
        if have > 0 {
            request = request.header(RANGE, format!("bytes={have}-"));
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Ok(Outcome::Broken(error)),
        };
        match response.status() {
            StatusCode::OK => self.receive(response, 0, progress).await,
            StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(have) => self.receive(response, have, progress).await,
            StatusCode::RANGE_NOT_SATISFIABLE if have > 0 && whole_size(&response) == Some(have) => Ok(Outcome::Complete),
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => Ok(Outcome::Restart),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Ok(Outcome::Busy(status)),
            status => Err(self.status(status, attempts)),
        }
    }

    async fn receive(&self, response: Response, start: u64, progress: &Progress) -> Result<Outcome, ModelError> {
        let total = response.content_length().map_or(0, |length| start.saturating_add(length));
        if total > self.bytes_max {
            return Err(self.too_large());
        }
        let expected = if total > 0 { total } else { self.bytes_max };
        require_space(self.part.parent().unwrap_or(self.part), expected.saturating_sub(start))?;

        let failed = |done: u64| move |error| write_error(self.part, expected.saturating_sub(done), error);
        let mut options = File::options();
        options.create(true).write(true).truncate(start == 0).append(start > 0);
        let mut file = options.open(self.part).await.map_err(failed(start))?;
        let mut done = start;
        let mut body = response.bytes_stream();
        while let Some(piece) = body.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    file.flush().await.map_err(failed(done))?;
                    return Ok(Outcome::Broken(error));
                }
            };
            if done + piece.len() as u64 > self.bytes_max {
                return Err(self.too_large());
            }
            file.write_all(&piece).await.map_err(failed(done))?;
            done += piece.len() as u64;
            progress.report(Stage::Downloading, done, total);
        }
        file.flush().await.map_err(failed(done))?;
        Ok(Outcome::Complete)
    }

    fn status(&self, status: StatusCode, attempts: u32) -> ModelError {
        ModelError::HttpStatus { url: redacted(self.url.as_str()), status: status.as_u16(), attempts }
    }

    fn broken(&self, source: reqwest::Error, attempts: u32) -> ModelError {
        // The error would show the URL with its query once more.
        let source = Box::new(source.without_url());
        ModelError::HttpTransport { url: redacted(self.url.as_str()), received: size(self.part), attempts, source }
    }

    fn too_large(&self) -> ModelError {
        ModelError::TooLarge { url: redacted(self.url.as_str()), limit: self.bytes_max }
    }
}

/// First byte of a partial answer, from `bytes 100-199/200`.
fn range_start(response: &Response) -> Option<u64> {
    content_range(response)?.split_once('-')?.0.parse().ok()
}

/// Size of the whole file, from `bytes */200`.
fn whole_size(response: &Response) -> Option<u64> {
    content_range(response)?.strip_prefix("*/")?.parse().ok()
}

fn content_range(response: &Response) -> Option<&str> {
    response.headers().get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")
}
