//! The number of the engine's threads, which a process fixes once. A program without harness: it has to start with one thread.

mod common;

use std::num::NonZeroUsize;

use common::{Tiny, load};
use cor_inference::{InferenceError, ThreadsError, engine_threads::configure};

fn main() {
    let threads = |n| NonZeroUsize::new(n).unwrap();
    // Alone in the process the number can still be changed, whatever the environment says.
    configure(threads(2)).unwrap();
    configure(threads(3)).unwrap();
    configure(threads(3)).unwrap();

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // Now there are other threads, which might read the environment.
    assert_eq!(configure(threads(2)), Err(ThreadsError { wanted: 2, actual: 3 }));
    assert_eq!(configure(threads(3)), Ok(()));

    let dir = tempfile::tempdir().unwrap();
    let refused = runtime.block_on(load(&dir.path().join("model"), &Tiny::new().installed, 1));
    let Err(InferenceError::Threads(error)) = refused else { panic!("one thread was granted where there are three") };
    assert_eq!(error, ThreadsError { wanted: 1, actual: 3 });
}
