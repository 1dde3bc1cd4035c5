//! What all shards share, and how something is told to a channel.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Instant;

use app::realtime::{ChannelKind, ChannelName, SocketId};
use bytes::Bytes;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::application::ApplicationId;
use crate::broker::{History, LoggedEvent, PeerFrame, Peers, Publication, RecentEvents};
use crate::clock::Clock;
use crate::hub::cached_events::{CachedEvents, KeptEvent};
use crate::hub::directory::{Directory, Occupied, Stripe};
use crate::hub::followers::Followers;
use crate::hub::giving_back::GivingBack;
use crate::hub::inbox::{Command, Delivery, Inbox};
use crate::hub::metrics::{LimitedCounters, ShardMetrics};
use crate::hub::occurrences::Occurrences;
use crate::hub::presence_changes::PresenceListeners;
use crate::hub::settings::HubSettings;
use crate::hub::tap::Taps;
use crate::hub::tenants::Tenants;
use crate::hub::watchlists::Watchlists;
use crate::hub::wire;
use crate::presence::{ChannelKey, Presence};

/// Histories that are read at the same time.
pub(crate) const MAX_PARALLEL_RECOVERIES: usize = 64;

/// What all shards share.
pub(crate) struct Shared {
    pub(crate) settings: HubSettings,
    pub(crate) clock: Clock,
    pub(crate) tenants: Tenants,
    pub(crate) directory: Directory,
    pub(crate) presence: Arc<dyn Presence>,
    pub(crate) cached: Arc<dyn CachedEvents>,
    pub(crate) history: Arc<dyn History>,
    pub(crate) recent: Arc<dyn RecentEvents>,
    pub(crate) peers: Arc<dyn Peers>,
    pub(crate) followers: Followers,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) recoveries: Arc<Semaphore>,
    pub(crate) inboxes: Vec<Inbox>,
    pub(crate) metrics: Vec<ShardMetrics>,
    pub(crate) listeners: RwLock<PresenceListeners>,
    pub(crate) occurrences: Occurrences,
    pub(crate) taps: Arc<Taps>,
    pub(crate) watchlists: Watchlists,
    pub(crate) socket_ids: SocketIds,
    /// Connections that were let in and hold a descriptor.
    pub(crate) open: Arc<AtomicUsize>,
    /// Refused ones, which hold theirs until they have heard why.
    pub(crate) refused: Arc<AtomicUsize>,
    pub(crate) limited: LimitedCounters,
    pub(crate) is_draining: AtomicBool,
    pub(crate) giving_back: GivingBack,
    /// Told when a shard has room again, and when a connection is gone.
    pub(crate) progress: Notify,
    /// Cancelled when a shard has panicked.
    pub(crate) failure: CancellationToken,
}

/// Makes socket ids (rule CON-9).
pub(crate) struct SocketIds {
    /// Names this process's life.
    node: u64,
    count: AtomicU64,
}

impl SocketIds {
    pub(crate) fn new() -> Self {
        Self { node: rand::random_range(1..=1_000_000_000), count: AtomicU64::new(0) }
    }

    /// A new id: a counter makes it unique, 36 random bits make it unguessable.
    pub(crate) fn next(&self) -> SocketId {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        SocketId { high: self.node, low: count << 36 | rand::random_range(0..1 << 36) }
    }
}

impl Shared {
    /// Tells a channel whose stripe is locked. The shards that must be woken once it is not.
    pub(crate) fn tell_locked(&self, stripe: &mut Stripe, key: &ChannelKey, frame: &Bytes, told: Told) -> ShardSet {
        let mut to_wake = ShardSet::default();
        each_shard(stripe, key, frame, told, |shard, command| {
            if self.inboxes[shard].push([command]) {
                to_wake.add(shard);
            }
        });
        to_wake
    }

    /// The same on all nodes: what happens on this one, and is no publication.
    pub(crate) fn tell_all_locked(&self, stripe: &mut Stripe, key: &ChannelKey, frame: &Bytes, told: Told) -> ShardSet {
        self.peers.tell(PeerFrame { key: key.clone(), frame: frame.clone(), except: told.except });
        self.tell_locked(stripe, key, frame, told)
    }

    /// Sends a frame to a channel's subscribers but one.
    pub(crate) fn tell(&self, key: &ChannelKey, frame: &Bytes, except: Option<SocketId>) {
        self.tell_and(key, frame, except, || {});
    }

    /// The same, with something more to be done in the channel's order.
    pub(crate) fn tell_and(&self, key: &ChannelKey, frame: &Bytes, except: Option<SocketId>, then: impl FnOnce()) {
        let told = Told { except, ..Told::now() };
        let mut stripe = self.directory.lock(key);
        let to_wake = self.tell_all_locked(&mut stripe, key, frame, told);
        then();
        drop(stripe);
        self.wake(to_wake);
    }

    pub(crate) fn wake(&self, shards: ShardSet) {
        for (index, inbox) in self.inboxes.iter().enumerate() {
            if shards.has(index) {
                inbox.wake();
            }
        }
    }

    /// See `Hub::broadcast_all`. All stripes are locked first, in their order, so that a shard that is awake can't take
    /// half of what belongs together.
    pub(crate) fn broadcast_all(&self, publications: &[Publication]) {
        let published_at = Instant::now();
        if let [publication] = publications {
            self.broadcast(publication, published_at);
            return;
        }
        let keys: Vec<_> = publications.iter().map(key_of).collect();
        let mut indexes: Vec<_> = keys.iter().map(|it| self.directory.stripe_of(it)).collect();
        let positions = indexes.clone();
        indexes.sort_unstable();
        indexes.dedup();
        let mut stripes: Vec<_> = indexes.iter().map(|index| self.directory.lock_stripe(*index)).collect();
        let mut batches: Vec<Vec<Command>> = self.inboxes.iter().map(|_| Vec::new()).collect();
        for ((key, index), publication) in keys.iter().zip(positions).zip(publications) {
            let Ok(position) = indexes.binary_search(&index) else { continue };
            let stripe = &mut stripes[position];
            if let Some((frame, told)) = self.admit(stripe, key, publication, published_at) {
                each_shard(stripe, key, &frame, told, |shard, command| batches[shard].push(command));
            }
        }
        let mut to_wake = ShardSet::default();
        for (shard, batch) in batches.into_iter().enumerate() {
            if !batch.is_empty() && self.inboxes[shard].push(batch) {
                to_wake.add(shard);
            }
        }
        drop(stripes);
        self.wake(to_wake);
    }

    fn broadcast(&self, publication: &Publication, published_at: Instant) {
        let key = key_of(publication);
        let mut stripe = self.directory.lock(&key);
        let Some((frame, told)) = self.admit(&mut stripe, &key, publication, published_at) else { return };
        let to_wake = self.tell_locked(&mut stripe, &key, &frame, told);
        drop(stripe);
        self.wake(to_wake);
    }

    /// Encodes a publication that concerns anybody, and keeps it if its channel does. `None`: nobody is to be told.
    fn admit(
        &self,
        stripe: &mut Stripe,
        key: &ChannelKey,
        publication: &Publication,
        published_at: Instant,
    ) -> Option<(Bytes, Told)> {
        let is_cached = key.channel.kind().is_cache();
        let is_kept = publication.logged.is_none() && self.keeps_recent(key);
        let occupied = stripe.channels.get_mut(key);
        if occupied.is_none() && !is_cached && !is_kept {
            return None;
        }
        let (logged, frame) = if is_kept {
            let (logged, frame) = self.number(key, publication);
            (Some(logged), frame)
        } else {
            (publication.logged, wire::event(publication))
        };
        if is_cached {
            self.keep(key, logged, frame.clone());
        }
        let occupied = occupied?;
        let offset = logged.map(|it| it.offset);
        if let Some(offset) = offset {
            if offset <= occupied.last_offset {
                return None; // told already: the relay repeats what it is not sure of
            }
            occupied.last_offset = offset;
        }
        Some((frame, Told { except: publication.except, offset, published_at }))
    }

    fn keep(&self, key: &ChannelKey, logged: Option<LoggedEvent>, frame: Bytes) {
        let Some(application) = self.tenants.application(&key.application) else { return };
        let now = self.clock.now();
        let ttl_ms = i64::try_from(application.cache_ttl.as_millis()).unwrap_or(i64::MAX);
        let event = KeptEvent { frame, logged, expires_at: now.plus_ms(ttl_ms) };
        self.cached.put(key, event, now);
        self.occurrences.cached(key);
    }

    /// Whether the channel's newest events are kept in memory.
    pub(crate) fn keeps_recent(&self, key: &ChannelKey) -> bool {
        self.tenants.keep_recent()
            && self.tenants.application(&key.application).is_some_and(|it| it.kept_channels.keeps(&key.channel))
    }

    /// Gives the publication its place among the channel's newest events. The caller holds the channel's lock.
    fn number(&self, key: &ChannelKey, publication: &Publication) -> (LoggedEvent, Bytes) {
        let event_id = app::ids::ClientId::new(self.clock.now()).0;
        let mut publication = publication.clone();
        self.recent.append(key, event_id, &mut |logged| {
            publication.logged = Some(logged);
            wire::event(&publication)
        })
    }

    /// Returns once no inbox is full.
    pub(crate) async fn room(&self) {
        loop {
            let progress = self.progress.notified();
            if !self.is_crowded() {
                return;
            }
            progress.await;
        }
    }

    /// Whether anybody wants to see frames: the log, or a tap.
    pub(crate) fn is_watched(&self) -> bool {
        self.settings.logs_frames || self.taps.is_open()
    }

    /// Whether a shard has more to do than may wait.
    pub(crate) fn is_crowded(&self) -> bool {
        self.inboxes.iter().any(Inbox::is_full)
    }

    /// Channels of an application that are occupied on this node, but those of users unless the prefix asks for them (rule USR-6).
    pub(crate) fn channels(&self, application: &ApplicationId, prefix: &str) -> Vec<(ChannelName, usize)> {
        let wants_users = prefix.starts_with('#');
        let mut channels = Vec::new();
        self.directory.for_each(|key, occupied| {
            let is_listed = wants_users || key.channel.kind() != ChannelKind::ServerToUser;
            if key.application == *application && is_listed && key.channel.as_str().starts_with(prefix) {
                channels.push((key.channel.clone(), occupied.total()));
            }
        });
        channels.sort_unstable();
        channels
    }

    /// Sockets on a channel, on all nodes.
    pub(crate) fn subscriptions(&self, key: &ChannelKey) -> usize {
        self.directory.sockets(key) + self.peers.subscriptions(key)
    }
}

/// How a frame is told.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) except: Option<SocketId>,
    pub(crate) offset: Option<u64>,
    pub(crate) published_at: Instant,
}

impl Told {
    /// To everybody, now.
    pub(crate) fn now() -> Self {
        Self { except: None, offset: None, published_at: Instant::now() }
    }
}

/// Draws the channel's next number, and makes a command for each shard that has subscribers.
fn each_shard(stripe: &mut Stripe, key: &ChannelKey, frame: &Bytes, told: Told, mut send: impl FnMut(usize, Command)) {
    let sequence = stripe.next_sequence();
    let Told { except, offset, published_at } = told;
    for shard in stripe.channels.get(key).into_iter().flat_map(Occupied::shards) {
        let (key, frame) = (key.clone(), frame.clone());
        send(shard, Command::Deliver(Delivery { key, sequence, frame, except, offset, published_at }));
    }
}

fn key_of(publication: &Publication) -> ChannelKey {
    ChannelKey { application: publication.application_id.clone(), channel: publication.channel.clone() }
}

/// Some of the shards.
#[derive(Default, Clone, Copy)]
pub(crate) struct ShardSet([u64; 4]);

/// As many shards as a [`ShardSet`] can name.
pub(crate) const MAX_SHARDS: usize = 256;

impl ShardSet {
    pub(crate) fn add(&mut self, shard: usize) {
        self.0[shard / 64] |= 1 << (shard % 64);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (mine, others) in self.0.iter_mut().zip(other.0) {
            *mine |= others;
        }
    }

    fn has(self, shard: usize) -> bool {
        self.0[shard / 64] >> (shard % 64) & 1 == 1
    }
}
