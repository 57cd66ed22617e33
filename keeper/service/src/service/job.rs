//! Work on the side: what waits for the keeper or for the model must not hold up what has a deadline.

use std::{future::Future, sync::Arc};

use tokio::{
    sync::{Notify, oneshot},
    task::AbortHandle,
};

/// Work that runs by itself. Dropping it ends it.
pub(super) struct Job<T> {
    result: oneshot::Receiver<T>,
    running: AbortHandle,
}

/// The work panicked; its message is in the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Panicked;

impl<T: Send + 'static> Job<T> {
    /// Starts work; `done` is notified once its result can be had.
    pub(super) fn start(done: &Arc<Notify>, work: impl Future<Output = T> + Send + 'static) -> Self {
        let (sender, result) = oneshot::channel();
        let done = Arc::clone(done);
        let running = tokio::spawn(async move {
            let _ = sender.send(work.await); // nobody waits for it any more: no error
            done.notify_one();
        });
        Self { result, running: running.abort_handle() }
    }
}

/// The result of a job that has come to its end; the job is then gone. `None` if there is no job, or if it is still at it.
pub(super) fn finished<T>(job: &mut Option<Job<T>>) -> Option<Result<T, Panicked>> {
    let result = match job.as_mut()?.result.try_recv() {
        Ok(result) => Ok(result),
        Err(oneshot::error::TryRecvError::Empty) => return None,
        Err(oneshot::error::TryRecvError::Closed) => Err(Panicked),
    };
    *job = None;
    Some(result)
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.running.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_tells_when_it_is_done_and_gives_its_result_once() {
        let done = Arc::new(Notify::new());
        let mut job = Some(Job::start(&done, async { 7 }));
        done.notified().await;
        assert_eq!(finished(&mut job), Some(Ok(7)));
        assert_eq!(finished(&mut job), None);
        let mut job = Some(Job::start(&done, std::future::pending::<()>()));
        tokio::task::yield_now().await;
        assert_eq!(finished(&mut job), None, "still at it");
        assert!(job.is_some());
    }
}
