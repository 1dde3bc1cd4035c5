//! Between nodes: carries a publication to every node that has a subscriber.
//!
//! In one process that is this node alone; across nodes it will be Redis. Whoever publishes does not know which.

pub mod history;
mod local;
mod peers;
mod recent;

use std::sync::Arc;

use app::realtime::{ChannelName, SocketId};
use uuid::Uuid;

use crate::application::ApplicationId;

pub use history::{ChannelPosition, History, HistoryError, NoHistory, RecoverFrom, Recovered, RecoveryLimit};
pub use local::LocalBroker;
pub use peers::{NoPeers, PeerFrame, Peers};
pub use recent::{LocalRecentEvents, RecentEvents, RecentlyMissed};

/// An event on its way to a channel's subscribers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Whose channel.
    pub application_id: ApplicationId,
    /// Which channel.
    pub channel: ChannelName,
    /// The event's name, bare, e.g. `MessageSent`.
    pub event: Arc<str>,
    /// The very string that goes out as `data`; JSON text, usually (rule EVT-1).
    pub data: Arc<str>,
    /// The socket that gets nothing (rule EVT-3).
    pub except: Option<SocketId>,
    /// Where the event stands in its channel's log, if it is a logged one.
    pub logged: Option<LoggedEvent>,
}

/// An event's place in the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Number within its channel, from 1, without gaps.
    pub offset: u64,
    /// The event's own id.
    pub event_id: Uuid,
}

/// Publishing failed; local subscribers may have been served.
#[derive(Debug, thiserror::Error)]
#[error("the broker did not take the event: {0}")]
pub struct BrokerError(pub String);

/// What carries publications between nodes.
#[async_trait::async_trait]
pub trait Broker: Send + Sync {
    /// Hands over publications, in their order. Publications of one caller reach each socket in that order.
    ///
    /// # Errors
    /// If they could not be handed over to other nodes; the caller tries again, subscribers may then see one twice
    /// unless it is logged.
    async fn publish(&self, publications: Vec<Publication>) -> Result<(), BrokerError>;
}
