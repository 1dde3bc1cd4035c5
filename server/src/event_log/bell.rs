//! What wakes the relay.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes the relay after a commit. Rings while nobody listens are remembered as one. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// A bell of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes the listener.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits for a ring, or takes one that came before.
    pub async fn wait(&self) {
        self.0.notified().await;
    }
}
