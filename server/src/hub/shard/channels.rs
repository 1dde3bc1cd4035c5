//! The channels that a shard's connections are subscribed to.
//!
//! A channel lists its subscribers and a connection its subscriptions; each entry knows the place of its other half, so
//! both ends are taken apart without searching.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use slab::Slab;

use crate::broker::RecoverFrom;
use crate::hub::shard::connection::Connection;
use crate::hub::tenants::Tenant;
use crate::presence::ChannelKey;

/// One channel's subscribers on this shard.
pub(crate) struct Channel {
    pub(crate) key: ChannelKey,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) subscribers: Vec<Subscriber>,
}

/// One subscription, seen from the channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscriber {
    /// What the channel was told up to this number is not for this one.
    pub(crate) since: u64,
    pub(crate) connection: u32,
    /// Place among the connection's subscriptions.
    pub(crate) slot: u32,
    /// Recovers, or leaves out logged events that it has seen: see [`Recovery`].
    pub(crate) is_recovering: bool,
}

/// One subscription, seen from the connection.
pub(crate) struct Subscription {
    pub(crate) channel: u32,
    /// Place among the channel's subscribers.
    pub(crate) position: u32,
    pub(crate) details: Option<Box<Details>>,
}

/// What few subscriptions have.
#[derive(Default)]
pub(crate) struct Details {
    /// The member's id, as text and as JSON.
    pub(crate) member: Option<(Arc<str>, Arc<str>)>,
    pub(crate) recovery: Option<Recovery>,
}

/// How far a subscription has come in catching up.
pub(crate) enum Recovery {
    /// The history is being read; what is told meanwhile is held.
    Reading(Box<Held>),
    /// Logged events up to this offset have been sent.
    SeenUpTo(u64),
    /// The same for a client that knows nothing of recovery: its user's position is noted.
    Following(Box<Following>),
}

/// Whose position is noted, and where it is.
pub(crate) struct Following {
    pub(crate) user: Arc<str>,
    pub(crate) epoch: Arc<str>,
    /// The last event that was sent.
    pub(crate) seen: u64,
}

/// How a subscription whose history has been read is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With the channel's position: the client knows the extension.
    Position,
    /// As any subscription.
    Plain,
    /// Not at all: it was answered before.
    Silence,
}

/// What waits until the history is read.
pub(crate) struct Held {
    /// Tells this recovery from an earlier one on the same channel.
    pub(crate) serial: u64,
    pub(crate) answer: Answer,
    /// The user whose position is to be noted from then on.
    pub(crate) follower: Option<Arc<str>>,
    /// From where on the history is to be read, until that has begun.
    pub(crate) from: Option<RecoverFrom>,
    /// The members at the time of the subscription, escaped for a JSON string.
    pub(crate) snapshot: Option<Vec<u8>>,
    /// The channel's cached event at that time.
    pub(crate) cached: Option<crate::hub::cached_events::KeptEvent>,
    /// Frames, and the offsets of logged ones.
    pub(crate) frames: Vec<(Option<u64>, Bytes)>,
    pub(crate) bytes: usize,
}

impl Subscription {
    /// What is held for it while its history is read.
    pub(crate) fn held(&self) -> Option<&Held> {
        match self.details.as_ref()?.recovery.as_ref()? {
            Recovery::Reading(held) => Some(held),
            Recovery::SeenUpTo(_) | Recovery::Following(_) => None,
        }
    }

    /// Whose position is noted.
    pub(crate) fn following(&self) -> Option<&Following> {
        match self.details.as_ref()?.recovery.as_ref()? {
            Recovery::Following(following) => Some(following),
            Recovery::Reading(_) | Recovery::SeenUpTo(_) => None,
        }
    }

    /// What is held for it, to be changed.
    pub(crate) fn held_mut(&mut self) -> Option<&mut Held> {
        match self.details.as_mut()?.recovery.as_mut()? {
            Recovery::Reading(held) => Some(held),
            Recovery::SeenUpTo(_) | Recovery::Following(_) => None,
        }
    }
}

/// All channels of a shard.
#[derive(Default)]
pub(crate) struct Channels {
    by_key: HashMap<ChannelKey, u32>,
    channels: Slab<Channel>,
}

impl Channels {
    pub(crate) fn find(&self, key: &ChannelKey) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    pub(crate) fn get(&self, channel: u32) -> &Channel {
        &self.channels[channel as usize]
    }

    pub(crate) fn get_mut(&mut self, channel: u32) -> &mut Channel {
        &mut self.channels[channel as usize]
    }

    /// Subscribes a connection; the place among its subscriptions.
    pub(crate) fn add(
        &mut self,
        connections: &mut Slab<Connection>,
        index: u32,
        key: &ChannelKey,
        since: u64,
        details: Option<Box<Details>>,
    ) -> Option<u32> {
        let connection = connections.get_mut(index as usize)?;
        let tenant = &connection.admission.as_ref()?.tenant;
        let channel = if let Some(channel) = self.by_key.get(key) {
            *channel
        } else {
            let channel = Channel { key: key.clone(), tenant: Arc::clone(tenant), subscribers: Vec::new() };
            let channel = place(self.channels.insert(channel));
            self.by_key.insert(key.clone(), channel);
            channel
        };
        let subscribers = &mut self.get_mut(channel).subscribers;
        let slot = place(connection.subscriptions.len());
        if connection.subscriptions.is_empty() {
            connection.subscriptions.reserve_exact(1); // most connections have few
        }
        connection.subscriptions.push(Subscription { channel, position: place(subscribers.len()), details });
        subscribers.push(Subscriber { since, connection: index, slot, is_recovering: false });
        Some(slot)
    }

    /// Ends a connection's subscription in this place; its channel and details.
    pub(crate) fn remove(
        &mut self,
        connections: &mut Slab<Connection>,
        index: u32,
        slot: u32,
    ) -> Option<(ChannelKey, Option<Box<Details>>)> {
        let subscriptions = &mut connections.get_mut(index as usize)?.subscriptions;
        if slot as usize >= subscriptions.len() {
            return None;
        }
        let removed = subscriptions.swap_remove(slot as usize);
        if let Some(moved) = subscriptions.get(slot as usize) {
            self.channels[moved.channel as usize].subscribers[moved.position as usize].slot = slot;
        }
        let channel = &mut self.channels[removed.channel as usize];
        channel.subscribers.swap_remove(removed.position as usize);
        if let Some(moved) = channel.subscribers.get(removed.position as usize) {
            connections[moved.connection as usize].subscriptions[moved.slot as usize].position = removed.position;
        }
        let capacity = channel.subscribers.capacity();
        if capacity > 64 && channel.subscribers.len() < capacity / 4 {
            channel.subscribers.shrink_to(capacity / 2);
        }
        let key = channel.key.clone();
        if channel.subscribers.is_empty() {
            self.channels.remove(removed.channel as usize);
            self.by_key.remove(&key);
        }
        Some((key, removed.details))
    }

    /// Where this connection's subscription to a channel is, if it has one.
    pub(crate) fn slot(&self, connection: &Connection, key: &ChannelKey) -> Option<u32> {
        let channel = self.find(key)?;
        connection.subscriptions.iter().position(|it| it.channel == channel).map(place)
    }

    pub(crate) fn shrink(&mut self) {
        if self.channels.is_empty() {
            self.channels = Slab::new();
        }
        if self.by_key.capacity() > 256 && self.by_key.len() < self.by_key.capacity() / 4 {
            self.by_key.shrink_to_fit();
            self.channels.shrink_to_fit();
        }
    }
}

/// A place in a table: a process has fewer than 2^32 of anything that it holds a socket or a name for.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
