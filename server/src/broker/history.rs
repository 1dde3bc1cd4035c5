//! What was published while a subscriber was away: the seam between the hub and whoever keeps events.

pub use app::chat::ChannelPosition;
use app::realtime::ChannelName;

use crate::application::ApplicationId;
use crate::broker::Publication;

/// From where on a subscriber wants to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoverFrom {
    /// Everything after this position.
    Position(ChannelPosition),
    /// Only what comes from now on; it asks for the current position.
    Latest,
}

/// How much may be recovered at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryLimit {
    /// Most events.
    pub events: usize,
    /// Most bytes of names and data together.
    pub bytes: usize,
}

/// A channel's position, and what a subscriber missed.
#[derive(Debug, Clone)]
pub struct Recovered {
    /// The log's epoch.
    pub epoch: String,
    /// The channel's newest event; 0 if there never was one.
    pub offset: u64,
    /// Whether `events` is all that came after the position asked for. False for [`RecoverFrom::Latest`], past the
    /// retention, beyond the limits, and for another epoch; then `events` is empty.
    pub recovered: bool,
    /// What was missed, in order, each with its place in the log.
    pub events: Vec<Publication>,
}

/// The history could not be read; the subscriber is told that nothing was recovered.
#[derive(Debug, thiserror::Error)]
#[error("the channel's history can't be read: {0}")]
pub struct HistoryError(pub String);

/// Keeps events of logged channels.
#[async_trait::async_trait]
pub trait History: Send + Sync {
    /// What came after `from`, within the limit, beyond which nothing is recovered. `None`: the channel is not logged.
    ///
    /// Whatever was published before the call must be visible to it, or a subscriber could miss an event.
    ///
    /// # Errors
    /// If the events can't be read.
    async fn since(
        &self,
        application: &ApplicationId,
        channel: &ChannelName,
        from: RecoverFrom,
        limit: RecoveryLimit,
    ) -> Result<Option<Recovered>, HistoryError>;
}

/// Keeps nothing: no channel is logged.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHistory;

#[async_trait::async_trait]
impl History for NoHistory {
    async fn since(
        &self,
        _: &ApplicationId,
        _: &ChannelName,
        _: RecoverFrom,
        _: RecoveryLimit,
    ) -> Result<Option<Recovered>, HistoryError> {
        Ok(None)
    }
}
