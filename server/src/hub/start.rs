//! Starting the hub and its threads, and ending them.

use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, RwLock};

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::{
    CachedEvents, Hub, HubSettings, LocalCachedEvents, directory, followers, metrics, occurrences, shard, shared,
    slots, tenants, watchlists,
};
use crate::application::Applications;
use crate::broker::{History, LocalRecentEvents, NoPeers, Peers, RecentEvents};
use crate::clock::Clock;
use crate::hub::inbox::{Command, Inbox};
use crate::hub::shard::Shard;
use crate::hub::shared::Shared;
use crate::presence::{LocalPresence, Presence};

/// What stands behind the hub: in one process, or for all nodes together.
pub struct Seams {
    /// What logged channels were told.
    pub history: Arc<dyn History>,
    /// Who is on presence channels.
    pub presence: Arc<dyn Presence>,
    /// The last event of cache channels.
    pub cached: Arc<dyn CachedEvents>,
    /// The newest events of channels that keep them.
    pub recent: Arc<dyn RecentEvents>,
    /// The other nodes.
    pub peers: Arc<dyn Peers>,
}

impl Seams {
    /// Those of a single process, in memory but for the history.
    pub fn local(settings: &HubSettings, history: Arc<dyn History>) -> Self {
        Self {
            history,
            presence: Arc::new(LocalPresence::default()),
            cached: Arc::new(LocalCachedEvents::new(settings.max_cached_bytes)),
            recent: Arc::new(LocalRecentEvents::new(settings.max_recent_events, settings.max_recent_bytes)),
            peers: Arc::new(NoPeers),
        }
    }
}

impl Hub {
    /// Starts the shards of a single process. `history` is read on `runtime`.
    ///
    /// # Errors
    /// If a thread can't be started or the kernel gives no event queue.
    pub fn start(
        settings: HubSettings,
        applications: Applications,
        history: Arc<dyn History>,
        clock: Clock,
        runtime: tokio::runtime::Handle,
    ) -> io::Result<Arc<Self>> {
        let seams = Seams::local(&settings, history);
        Self::start_on(settings, applications, seams, clock, runtime)
    }

    /// The same with whatever stands behind it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_on(
        settings: HubSettings,
        applications: Applications,
        seams: Seams,
        clock: Clock,
        runtime: tokio::runtime::Handle,
    ) -> io::Result<Arc<Self>> {
        let room = slots::raise_descriptor_limit();
        let max_connections = settings.max_connections.map_or(room, |it| it.min(room));
        let shards = settings.shards.clamp(1, shared::MAX_SHARDS);
        let polls = (0..shards).map(|_| mio::Poll::new()).collect::<io::Result<Vec<_>>>()?;
        let inboxes = polls
            .iter()
            .map(|poll| mio::Waker::new(poll.registry(), shard::WAKER))
            .map(|waker| waker.map(|it| Inbox::new(it, settings.max_inbox_bytes)))
            .collect::<io::Result<Vec<_>>>()?;
        let occurrences = occurrences::Occurrences::default();
        occurrences.set_applications(&applications);
        let Seams { history, presence, cached, recent, peers } = seams;
        let followers = followers::Followers::new(settings.max_followers);
        let shared = Arc::new(Shared {
            settings,
            clock,
            tenants: tenants::Tenants::new(applications),
            directory: directory::Directory::new(),
            presence,
            cached,
            history,
            recent,
            peers,
            followers,
            runtime,
            recoveries: Arc::new(Semaphore::new(shared::MAX_PARALLEL_RECOVERIES)),
            metrics: inboxes.iter().map(|_| metrics::ShardMetrics::default()).collect(),
            inboxes,
            listeners: RwLock::default(),
            giving_back: super::giving_back::GivingBack::default(),
            occurrences,
            taps: Arc::default(),
            watchlists: watchlists::Watchlists::default(),
            socket_ids: shared::SocketIds::new(),
            open: Arc::default(),
            refused: Arc::default(),
            limited: metrics::LimitedCounters::default(),
            is_draining: false.into(),
            progress: Notify::new(),
            failure: CancellationToken::new(),
        });
        let hub = Arc::new(Self { shared: Arc::clone(&shared), max_connections, next_shard: AtomicUsize::new(0) });
        for (index, poll) in polls.into_iter().enumerate() {
            let (thread, ending) = (Shard::new(index, Arc::clone(&shared), poll), Ending(index, Arc::clone(&shared)));
            std::thread::Builder::new().name(format!("hub-{index}")).spawn(move || {
                let _ending = ending;
                thread.run();
            })?;
        }
        Ok(hub)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        for inbox in &self.shared.inboxes {
            inbox.send(Command::Stop);
        }
    }
}

/// Goes with a shard's thread, whatever ends it: nobody waits for it afterwards, and a panic is told.
struct Ending(usize, Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        let Self(index, shared) = self;
        shared.inboxes[*index].close();
        if std::thread::panicking() {
            tracing::error!(shard = index, "a shard of the hub has panicked: its connections are lost");
            shared.failure.cancel();
        }
        shared.progress.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::broker::NoHistory;

    #[tokio::test]
    async fn a_shard_that_panics_is_told_and_nobody_waits_for_it() {
        let settings = HubSettings { shards: 2, ..HubSettings::default() };
        let runtime = tokio::runtime::Handle::current();
        let hub = Hub::start(settings, Applications::default(), Arc::new(NoHistory), Clock::system(), runtime).unwrap();
        assert!(!hub.failure().is_cancelled());
        hub.shared.inboxes[1].send(Command::Panic);
        hub.failure().cancelled().await;
        assert_eq!(hub.metrics().await.queue_bytes, 0);
        hub.room().await;
        hub.drain(Duration::ZERO).await;
    }
}
