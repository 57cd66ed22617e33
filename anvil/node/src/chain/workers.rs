//! Threads that execute: with stacks deep enough for nested programs, and apart from the threads that serve sockets.

use std::{
    cell::Cell,
    io,
    sync::{Arc, mpsc},
    thread,
};

use parking_lot::Mutex;

/// Bytes of stack of a worker: room for deep trees of calls before the VM has to take segments of its own. Only pages that are
/// touched are ever backed by memory.
const STACK_BYTES: usize = 256 << 20;

/// Threads for calls: two at least, so that a long one does not hold up the others.
const READERS_MIN: usize = 2;
/// More threads than this only compete for the machine's memory.
const READERS_MAX: usize = 8;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// The threads that execute for one chain.
#[derive(Debug)]
pub(crate) struct Threads {
    /// For calls, as many as the machine runs at once.
    pub(crate) readers: Workers,
    /// The one that makes blocks: transactions that wait for their turn never keep calls waiting.
    pub(crate) writer: Workers,
}

impl Threads {
    /// Starts them.
    ///
    /// # Errors
    /// What the operating system says if it gives no thread.
    pub(crate) fn start() -> Result<Self, io::Error> {
        let count = thread::available_parallelism().map_or(READERS_MIN, usize::from).clamp(READERS_MIN, READERS_MAX);
        Ok(Self { readers: Workers::start("anvil-call", count)?, writer: Workers::start("anvil-mine", 1)? })
    }
}

/// A fixed set of threads. They end when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    jobs: mpsc::Sender<Job>,
}

impl Workers {
    fn start(name: &str, count: usize) -> Result<Self, io::Error> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for index in 0..count {
            let queue = queue.clone();
            thread::Builder::new().name(format!("{name}-{index}")).stack_size(STACK_BYTES).spawn(move || {
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
        let workers = Workers::start("test", 2).unwrap();
        let caller = thread::current().id();
        let inner = workers.clone();
        let (outer_id, inner_id) =
            workers.call(move || (thread::current().id(), inner.call(|| thread::current().id()).unwrap())).unwrap();
        assert_ne!(caller, outer_id);
        assert_eq!(outer_id, inner_id);
        for _ in 0..4 {
            assert!(workers.call(|| panic!("on purpose")).is_none());
        }
        assert_eq!(workers.call(|| 7), Some(7));
    }
}
