//! The broker of a single process: hands publications straight to this node's hub.

use std::sync::Arc;

use crate::broker::{Broker, BrokerError, Publication};
use crate::hub::Hub;

/// Serves this node alone.
pub struct LocalBroker {
    hub: Arc<Hub>,
}

impl LocalBroker {
    /// A broker for this hub.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }
}

#[async_trait::async_trait]
impl Broker for LocalBroker {
    async fn publish(&self, publications: Vec<Publication>) -> Result<(), BrokerError> {
        // Whoever publishes faster than the shards can write waits here, so that nothing piles up in memory.
        self.hub.room().await;
        self.hub.broadcast_all(&publications);
        Ok(())
    }
}
