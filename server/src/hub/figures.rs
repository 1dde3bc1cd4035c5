//! What can be asked of the hub: who is where, how many there are, and its figures. All of it is taken from the live tables.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::realtime::{ChannelKind, ChannelName, SocketId};
use tokio::sync::oneshot;

use super::{ApplicationMetrics, CachedEvent, ChannelCounts, Hub, HubMetrics, key, wire};
use crate::application::ApplicationId;
use crate::hub::inbox::{Command, Inbox};
use crate::presence::{ChannelKey, PresenceMember};

impl Hub {
    /// The members of a presence channel, in the order of joining.
    pub fn members(&self, application: &ApplicationId, channel: &ChannelName) -> Vec<PresenceMember> {
        self.shared.presence.members(&key(application, channel))
    }

    /// Occupied channels of an application whose names begin with `prefix`, by name. Channels of users are listed only
    /// when the prefix begins as theirs does.
    pub fn channels(&self, application: &ApplicationId, prefix: &str) -> Vec<(ChannelName, ChannelCounts)> {
        let mut channels = self.channels_here(application, prefix);
        let others = self.shared.peers.channels(application, prefix);
        if !others.is_empty() {
            channels.extend(others);
            channels.sort_unstable();
            channels.dedup_by(|(channel, sockets), (first, total)| {
                let is_same = channel == first;
                *total += if is_same { *sockets } else { 0 };
                is_same
            });
        }
        let counts = |(channel, subscriptions): (ChannelName, usize)| {
            let users = self.users(&key(application, &channel));
            (channel, ChannelCounts { subscriptions, users })
        };
        channels.into_iter().map(counts).collect()
    }

    /// Those that are occupied on this node, each with its sockets, for the other nodes.
    pub fn channels_here(&self, application: &ApplicationId, prefix: &str) -> Vec<(ChannelName, usize)> {
        self.shared.channels(application, prefix)
    }

    /// Sockets of this node on a channel, for the other nodes.
    pub fn subscriptions_here(&self, key: &ChannelKey) -> usize {
        self.shared.directory.sockets(key)
    }

    /// Open connections of an application on this node, for the other nodes.
    pub fn connections_here(&self, application: &ApplicationId) -> usize {
        self.shared.tenants.tenant(application).connections()
    }

    /// How many are on this channel.
    pub fn counts(&self, application: &ApplicationId, channel: &ChannelName) -> ChannelCounts {
        let key = key(application, channel);
        ChannelCounts { subscriptions: self.shared.subscriptions(&key), users: self.users(&key) }
    }

    /// The event that a cache channel keeps.
    pub fn cached_event(&self, application: &ApplicationId, channel: &ChannelName) -> Option<CachedEvent> {
        let now = self.shared.clock.now();
        let kept = self.shared.cached.get(&key(application, channel), now)?;
        let left_ms = u64::try_from(kept.expires_at.unix_ms() - now.unix_ms()).unwrap_or_default();
        let (event, data) = wire::read_event(&kept.frame)?;
        Some(CachedEvent { event: event.into(), data: data.into(), expires_in: Duration::from_millis(left_ms) })
    }

    /// Open connections of an application.
    pub fn connections(&self, application: &ApplicationId) -> usize {
        self.connections_here(application) + self.shared.peers.connections(application)
    }

    /// The connections that are served now.
    pub async fn sockets(&self) -> HashSet<SocketId> {
        let mut sockets = HashSet::new();
        for inbox in &self.shared.inboxes {
            let (answer, answered) = oneshot::channel();
            inbox.send(Command::ListSockets(answer));
            // A shard that has stopped serves nobody.
            sockets.extend(answered.await.unwrap_or_default());
        }
        sockets
    }

    /// The hub's numbers now.
    pub async fn metrics(&self) -> HubMetrics {
        let mut metrics = HubMetrics::default();
        self.shared.metrics.iter().for_each(|shard| metrics.add(shard));
        for (id, tenant) in self.shared.tenants.all() {
            let applied = ApplicationMetrics {
                connections: tenant.connections(),
                received: tenant.received.load(Ordering::Relaxed),
                sent: tenant.sent.load(Ordering::Relaxed),
                pruned: tenant.pruned.load(Ordering::Relaxed),
            };
            metrics.applications.insert(id, applied);
        }
        metrics.channels = self.channels_by_kind();
        metrics.limited = self.shared.limited.all();
        metrics.open = self.shared.open.load(Ordering::Relaxed);
        metrics.refused = self.shared.refused.load(Ordering::Relaxed);
        metrics.inbox_bytes = self.shared.inboxes.iter().map(Inbox::bytes).sum();
        metrics.queue_bytes = self.queue_bytes().await;
        metrics
    }

    /// Bytes that wait in queues, told by each shard once it has done what it was told before.
    pub(super) async fn queue_bytes(&self) -> usize {
        let mut queue_bytes = 0;
        for inbox in &self.shared.inboxes {
            let (answer, answered) = oneshot::channel();
            inbox.send(Command::Report(answer));
            // A shard that has stopped holds no queues.
            queue_bytes += answered.await.unwrap_or_default();
        }
        queue_bytes
    }

    fn channels_by_kind(&self) -> BTreeMap<&'static str, usize> {
        let mut kinds = BTreeMap::new();
        self.shared.directory.for_each(|key, _| {
            let kind = match key.channel.kind() {
                ChannelKind::Public => "public",
                ChannelKind::Cache => "cache",
                ChannelKind::Private => "private",
                ChannelKind::PrivateCache => "private_cache",
                ChannelKind::PrivateEncrypted => "private_encrypted",
                ChannelKind::PrivateEncryptedCache => "private_encrypted_cache",
                ChannelKind::Presence => "presence",
                ChannelKind::PresenceCache => "presence_cache",
                ChannelKind::ServerToUser => "server_to_user",
            };
            *kinds.entry(kind).or_default() += 1;
        });
        kinds
    }

    fn users(&self, key: &ChannelKey) -> usize {
        if key.channel.kind().is_presence() { self.shared.presence.count(key) } else { 0 }
    }
}
