//! One file for each command.

pub(crate) mod chain;
pub(crate) mod deploy;
pub(crate) mod explain;
pub(crate) mod jury;
pub(crate) mod keeper;
pub(crate) mod miner;
pub(crate) mod model;
pub(crate) mod quote;
pub(crate) mod session;
pub(crate) mod stake;
pub(crate) mod task;

use tokio::sync::watch;

/// A flag that turns true when the process is asked to stop (Ctrl-C or SIGTERM).
pub(crate) fn stop_signal() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let interrupted = tokio::signal::ctrl_c();
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! {
                    _ = interrupted => {}
                    _ = terminated.recv() => {}
                }
            }
            Err(_) => drop(interrupted.await),
        }
        // Nobody listens any more if this fails, which is fine.
        let _ = sender.send(true);
        // Keeps the channel open, so that a receiver that comes late still reads `true`.
        sender.closed().await;
    });
    receiver
}
