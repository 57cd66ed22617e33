//! What a node does, in the order in which it does it, for whoever watches.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::chain::blocks::Block;

/// Entries a slow watcher may be behind before it loses some: a few seconds of a client that calls as fast as it can.
const ENTRIES_KEPT: usize = 4_096;

/// Something a node did.
#[derive(Debug, Clone)]
pub enum Activity {
    /// A method of JSON-RPC was called; other names of a method are shown as its first one.
    Called(&'static str),
    /// A block was made.
    Mined(Arc<Block>),
}

/// Tells watchers. Without any, nothing is kept.
#[derive(Debug, Clone)]
pub(crate) struct Watchers(broadcast::Sender<Activity>);

impl Default for Watchers {
    fn default() -> Self {
        Self(broadcast::Sender::new(ENTRIES_KEPT))
    }
}

impl Watchers {
    /// Tells of something. It waits for nobody.
    pub(crate) fn tell(&self, activity: Activity) {
        // Nobody watching is fine.
        let _ = self.0.send(activity);
    }

    /// What happens from now on.
    pub(crate) fn watch(&self) -> broadcast::Receiver<Activity> {
        self.0.subscribe()
    }
}
