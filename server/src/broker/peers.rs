//! The other nodes, as the hub of one sees them: what it tells them besides publications, and what it asks of them.
//!
//! Publications go through [`Broker`](super::Broker); members, cached events and recent events are kept by seams of their
//! own ([`Presence`](crate::presence::Presence), [`CachedEvents`](crate::hub::CachedEvents),
//! [`RecentEvents`](super::RecentEvents)), which all nodes share.

use app::realtime::{ChannelName, SocketId};
use bytes::Bytes;

use crate::application::ApplicationId;
use crate::presence::ChannelKey;

/// A frame for a channel's subscribers on other nodes: a client event, or who came and went. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PeerFrame {
    /// Whose channel, and which.
    pub key: ChannelKey,
    /// As it goes out.
    pub frame: Bytes,
    /// The socket that gets nothing, wherever it is.
    pub except: Option<SocketId>,
}

/// The other nodes. Nothing here waits: it is called by threads that own sockets, some of it under a channel's lock. An
/// implementation queues what it is told, and answers from what it was told before; a node that is away counts as nobody.
pub trait Peers: Send + Sync {
    /// Hands a frame on; this node's own subscribers have it. The others call [`Hub::tell_here`](crate::hub::Hub::tell_here).
    ///
    /// What comes of one node arrives in its order, and no node shows a member before it is told of it here: a snapshot
    /// would else hold somebody whose `member_added` is still to come (rule SUB-7).
    fn tell(&self, frame: PeerFrame);

    /// Has a user's connections closed. The others call
    /// [`Hub::terminate_user_here`](crate::hub::Hub::terminate_user_here).
    fn terminate_user(&self, application: &ApplicationId, user_id: &str);

    /// Their sockets on a channel.
    fn subscriptions(&self, key: &ChannelKey) -> usize;

    /// Their occupied channels whose names begin with `prefix`, each with its sockets.
    fn channels(&self, application: &ApplicationId, prefix: &str) -> Vec<(ChannelName, usize)>;

    /// Their open connections.
    fn connections(&self, application: &ApplicationId) -> usize;
}

/// There are no others.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPeers;

impl Peers for NoPeers {
    fn tell(&self, _: PeerFrame) {}

    fn terminate_user(&self, _: &ApplicationId, _: &str) {}

    fn subscriptions(&self, _: &ChannelKey) -> usize {
        0
    }

    fn channels(&self, _: &ApplicationId, _: &str) -> Vec<(ChannelName, usize)> {
        Vec::new()
    }

    fn connections(&self, _: &ApplicationId) -> usize {
        0
    }
}
