//! Threads that execute: with stacks deep enough for nested programs, and apart from the threads that serve sockets.

use std::{
    cell::Cell,
    io,
    sync::{Arc, mpsc},
    thread,
};

use parking_lot::Mutex;

/// Bytes of stack of a worker. A chain of 1024 nested Stylus calls needs frames of both the host and the program; only pages
/// that are touched are ever backed by memory.
const STACK_BYTES: usize = 1 << 30;

/// Fewest and most workers: two, so that a long call does not hold up a transaction; more than eight only wait for the writer.
const WORKERS_MIN: usize = 2;
/// See [`WORKERS_MIN`].
const WORKERS_MAX: usize = 8;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// A fixed set of threads. They end when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    jobs: mpsc::Sender<Job>,
}

impl Workers {
    /// Starts the threads.
    pub(crate) fn start() -> Result<Self, io::Error> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let count = thread::available_parallelism().map_or(WORKERS_MIN, usize::from).clamp(WORKERS_MIN, WORKERS_MAX);
        for index in 0..count {
            let queue = queue.clone();
            thread::Builder::new().name(format!("anvil-exec-{index}")).stack_size(STACK_BYTES).spawn(move || {
                IS_WORKER.set(true);
                loop {
                    let job = queue.lock().recv();
                    let Ok(job) = job else { return };
                    job();
                }
            })?;
        }
        Ok(Self { jobs })
    }

    /// Runs `work` on a worker and waits for it; on a worker itself it just runs. `None` if `work` panicked.
    pub(crate) fn call<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        if IS_WORKER.get() {
            return Some(work());
        }
        let (answer, receive) = mpsc::sync_channel(1);
        self.submit(move || {
            // The caller may have gone; then nobody needs the answer.
            let _ = answer.send(work());
        });
        receive.recv().ok()
    }

    /// Runs `work` on a worker without blocking the caller's thread. `None` if `work` panicked.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (answer, receive) = tokio::sync::oneshot::channel();
        self.submit(move || {
            // As in `call`.
            let _ = answer.send(work());
        });
        receive.await.ok()
    }

    fn submit(&self, work: impl FnOnce() + Send + 'static) {
        let guarded = move || {
            // A panic must not take the worker with it; dropping the answer's channel tells the caller.
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
                tracing::error!("an execution panicked; the request fails, the node goes on");
            }
        };
        // The receiver lives as long as the workers, and they as long as this sender.
        let _ = self.jobs.send(Box::new(guarded));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_elsewhere_nested_work_inline_and_a_panic_is_survived() {
        let workers = Workers::start().unwrap();
        let caller = thread::current().id();
        let inner = workers.clone();
        let (outer_id, inner_id) = workers
            .call(move || (thread::current().id(), inner.call(|| thread::current().id()).unwrap()))
            .unwrap();
        assert_ne!(caller, outer_id);
        assert_eq!(outer_id, inner_id);
        for _ in 0..2 * WORKERS_MAX {
            assert!(workers.call(|| panic!("on purpose")).is_none());
        }
        assert_eq!(workers.call(|| 7), Some(7));
    }
}
