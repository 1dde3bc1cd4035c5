//! The hub: every open WebSocket of this node, and the way of a publication to its sockets.
//!
//! Connections are divided among *shards*, one thread each. A `Directory` knows which shards have
//! subscribers of a channel and gives everything that happens on a channel its number. A publication is encoded once and
//! put into the inbox of each shard concerned; the shard hands the same bytes to its subscribers' sockets.

mod cached_events;
mod directory;
mod figures;
mod followers;
mod framing;
mod giving_back;
mod handler;
mod handshake;
mod inbox;
mod membership;
mod metrics;
mod occurrences;
mod pace;
mod places;
mod presence_changes;
mod settings;
mod shard;
mod shared;
mod slots;
mod start;
mod tap;
mod tenants;
mod watchlists;
mod wire;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use app::realtime::{ChannelName, SocketId};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::application::{Application, ApplicationId, Applications};
use crate::broker::{PeerFrame, Publication};
use crate::hub::inbox::{Accepted, Command};
use crate::hub::shared::{Shared, Told};
use crate::presence::ChannelKey;

pub use cached_events::{CachedEvent, CachedEvents, KeptEvent, LocalCachedEvents};
pub use handshake::{Handshake, Refusal};
pub use metrics::{ApplicationMetrics, HubMetrics, LATENCY_BOUNDS_US};
pub use occurrences::{Occurred, Occurrence};
pub use presence_changes::{LeaveReason, PresenceChange, PresenceChanges};
pub use settings::HubSettings;
pub use start::Seams;
pub use tap::{Direction, Tap, TapFilter, TappedFrame};
pub use tenants::Admission;
pub(crate) use wire::{push_escaped, push_string};

/// Every open connection of this node.
pub struct Hub {
    shared: Arc<Shared>,
    max_connections: usize,
    next_shard: AtomicUsize,
}

/// The socket of an upgraded connection.
pub struct Socket {
    /// TCP: it must not block, and be sent without delay.
    pub stream: std::net::TcpStream,
    /// The TLS session on it, whose handshake is done.
    pub tls: Option<Box<rustls::ServerConnection>>,
    /// The answer to the upgrade, if it is still to be written: it goes out together with the first frame.
    pub answer: Bytes,
}

/// How many are on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelCounts {
    /// Sockets.
    pub subscriptions: usize,
    /// Members, on presence channels.
    pub users: usize,
}

impl Hub {
    /// The applications served now.
    pub fn applications(&self) -> Arc<Applications> {
        self.shared.tenants.applications()
    }

    /// Serves these applications from now on. Open connections get the new settings; those whose application is gone or
    /// switched off are closed bit by bit over `window`, with 4001 or 4003. Returns once every connection has them.
    pub async fn set_applications(&self, applications: Applications, window: Duration) {
        self.shared.occurrences.set_applications(&applications);
        self.shared.tenants.set_applications(applications);
        let applications = self.applications();
        for inbox in &self.shared.inboxes {
            inbox.send(Command::Reconfigure(Arc::clone(&applications), window));
        }
        self.queue_bytes().await;
    }

    /// A place for one more connection of this application from this address, which must be let in otherwise.
    ///
    /// # Errors
    /// If the application has as many connections as it may have, or the address, or this node.
    pub fn admit(&self, application: Arc<Application>, address: IpAddr) -> Result<Admission, Refusal> {
        let limited = &self.shared.limited;
        let admission = self.shared.tenants.admit(application, address).inspect_err(|refusal| match refusal {
            Refusal::AddressOverQuota => limited.address.add(1),
            _ => limited.connections.add(1),
        })?;
        if self.is_draining() {
            return Err(Refusal::OverCapacity);
        }
        if self.shared.open.load(Ordering::Acquire) >= self.max_connections {
            limited.capacity.add(1);
            return Err(Refusal::OverCapacity);
        }
        Ok(admission)
    }

    /// Takes over an upgraded connection, with what was read of it already.
    pub fn accept(&self, socket: Socket, leftover: Bytes, handshake: Handshake) {
        let Socket { stream, tls, answer } = socket;
        let shard = self.next_shard.fetch_add(1, Ordering::Relaxed) % self.shared.inboxes.len();
        self.shared.inboxes[shard].send(Command::Accept(Box::new(Accepted {
            stream,
            tls,
            answer,
            leftover,
            handshake,
        })));
    }

    /// Sends an event to a channel's subscribers on this node. Never waits; callable from any thread.
    pub fn broadcast(&self, publication: &Publication) {
        self.broadcast_all(std::slice::from_ref(publication));
    }

    /// The same for several at once, in their order; what goes to one socket is written together.
    pub fn broadcast_all(&self, publications: &[Publication]) {
        self.shared.broadcast_all(publications);
    }

    /// Sends a frame of another node to a channel's subscribers on this one. Never waits.
    pub fn tell_here(&self, peer: &PeerFrame) {
        let told = Told { except: peer.except, ..Told::now() };
        let mut stripe = self.shared.directory.lock(&peer.key);
        let to_wake = self.shared.tell_locked(&mut stripe, &peer.key, &peer.frame, told);
        drop(stripe);
        self.shared.wake(to_wake);
    }

    /// Returns once the shards have room for more publications; at once, usually.
    pub async fn room(&self) {
        self.shared.room().await;
    }

    /// Joins and leaves of one presence channel from now on.
    pub fn presence_changes(&self, application: &ApplicationId, channel: &ChannelName) -> PresenceChanges {
        let mut listeners = self.shared.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.listen(key(application, channel))
    }

    /// Whether the application may publish so many events more in this second; they count, if so.
    pub fn may_publish(&self, application: &Application, events: usize) -> bool {
        let Some(per_second) = application.limits.publishes_per_second else { return true };
        let tenant = self.shared.tenants.tenant(&application.id);
        let may = tenant.publishes.take(per_second, tenant.now_ns(), events as u64);
        if !may {
            self.shared.limited.publishes.add(1);
        }
        may
    }

    /// What happens on channels of applications with webhooks, from now on. At most `capacity` wait; what comes beyond is
    /// counted and left out. There is one listener.
    pub fn occurrences(&self, capacity: usize) -> mpsc::Receiver<Occurrence> {
        self.shared.occurrences.listen(capacity)
    }

    /// Frames that fit the filter, as they pass from now on.
    pub fn tap(&self, filter: TapFilter) -> Tap {
        self.shared.taps.open(filter)
    }

    /// Occurrences that did not fit into the listener's queue.
    pub fn overflowed_occurrences(&self) -> u64 {
        self.shared.occurrences.overflowed()
    }

    /// Takes a member out of a presence channel whose sockets stay subscribed: they go on hearing the others, who are
    /// told that it has left. Sockets that subscribe after this with `"is_hidden":true` in their signed `channel_data`
    /// become no members.
    pub fn hide_member(&self, application: &ApplicationId, channel: &ChannelName, user_id: &str) {
        self.shared.hide(&ChannelKey { application: application.clone(), channel: channel.clone() }, user_id);
    }

    /// Closes every connection of a user with 4100, on all nodes (rule USR-10).
    pub fn terminate_user(&self, application: &ApplicationId, user_id: &str) {
        self.terminate_user_here(application, user_id);
        self.shared.peers.terminate_user(application, user_id);
    }

    /// The same on this node, when another asks for it.
    pub fn terminate_user_here(&self, application: &ApplicationId, user_id: &str) {
        let user_id: Arc<str> = user_id.into();
        for inbox in &self.shared.inboxes {
            inbox.send(Command::TerminateUser(application.clone(), Arc::clone(&user_id)));
        }
    }

    /// Cancelled when a shard has panicked: its connections are lost, and the hub is not whole any more. The process should
    /// stop, so that another takes its place.
    pub fn failure(&self) -> CancellationToken {
        self.shared.failure.clone()
    }

    /// Closes these connections with 4100, since what had let them in was taken back. Those that are gone are passed over.
    pub fn terminate_sockets(&self, sockets: HashSet<SocketId>) {
        let sockets = Arc::new(sockets);
        for inbox in &self.shared.inboxes {
            inbox.send(Command::TerminateSockets(Arc::clone(&sockets)));
        }
    }

    /// Whether the hub refuses new connections because it is about to stop.
    pub fn is_draining(&self) -> bool {
        self.shared.is_draining.load(Ordering::Acquire)
    }

    /// Refuses new connections with 4100 and closes the open ones bit by bit over `window`, then waits for the last one,
    /// at most `HubSettings::close_timeout` longer (rule ERR-6).
    pub async fn drain(&self, window: Duration) {
        self.shared.is_draining.store(true, Ordering::Release);
        for inbox in &self.shared.inboxes {
            inbox.send(Command::Drain(window));
        }
        let end = Instant::now() + window + self.shared.settings.close_timeout + Duration::from_millis(500);
        loop {
            let progress = self.shared.progress.notified();
            if self.shared.open.load(Ordering::Acquire) == 0 {
                return;
            }
            if tokio::time::timeout_at(end, progress).await.is_err() {
                tracing::warn!(left = self.shared.open.load(Ordering::Acquire), "connections are left after the drain");
                return;
            }
        }
    }
}

fn key(application: &ApplicationId, channel: &ChannelName) -> ChannelKey {
    ChannelKey { application: application.clone(), channel: channel.clone() }
}
