//! What happens on channels, handed to webhooks in its order and without ever waiting for them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use app::realtime::{ChannelKind, ChannelName, SocketId};
use tokio::sync::mpsc;

use crate::application::{Application, ApplicationId, Applications};
use crate::presence::ChannelKey;
use crate::webhooks::WebhookKind;

/// Channels whose miss is remembered. Past this all are forgotten, and one miss or other is told twice.
const MAX_REMEMBERED_MISSES: usize = 10_000;

/// Something that happened on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Whose channel.
    pub application: ApplicationId,
    /// Which channel.
    pub channel: ChannelName,
    /// What happened.
    pub what: Occurred,
}

/// What can happen on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurred {
    /// Its first socket has come.
    Occupied,
    /// Its last socket has gone.
    Vacated,
    /// A user's first socket has joined.
    MemberAdded(Arc<str>),
    /// A user's last socket is gone, and any grace has run out.
    MemberRemoved(Arc<str>),
    /// A client event was passed on.
    ClientEvent {
        /// Its name.
        event: Arc<str>,
        /// Its data, as JSON.
        data: Arc<str>,
        /// Who sent it.
        socket_id: SocketId,
        /// The sender's user, on presence channels.
        user_id: Option<Arc<str>>,
    },
    /// A subscriber found nothing cached, the first since something was.
    CacheMiss,
    /// The number of subscribers, as they were told (rule CNT-1).
    SubscriptionCount(usize),
}

/// The hub's end: a bounded queue, and how much did not fit into it.
#[derive(Default)]
pub(crate) struct Occurrences {
    listener: OnceLock<mpsc::Sender<Occurrence>>,
    /// Whether any application has a webhook: without one, what happens costs a look at this.
    is_heeded: AtomicBool,
    overflowed: AtomicU64,
    /// Cache channels whose miss has been told (rule WHK-7).
    missed: Mutex<HashSet<ChannelKey>>,
}

impl Occurrences {
    /// The listener's end. There is one listener; a second one hears nothing.
    pub(crate) fn listen(&self, capacity: usize) -> mpsc::Receiver<Occurrence> {
        let (sender, receiver) = mpsc::channel(capacity);
        if self.listener.set(sender).is_err() {
            tracing::error!("somebody listens already to what happens on channels");
        }
        receiver
    }

    /// Learns which applications there are.
    pub(crate) fn set_applications(&self, applications: &Applications) {
        self.is_heeded.store(applications.iter().any(|it| !it.webhooks.is_empty()), Ordering::Relaxed);
    }

    /// Whether anybody may want to know.
    pub(crate) fn is_heeded(&self) -> bool {
        self.is_heeded.load(Ordering::Relaxed)
    }

    /// Occurrences that did not fit.
    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// Tells what happened, if a webhook of the application heeds it. Called under the channel's lock.
    pub(crate) fn tell(&self, application: &Application, key: &ChannelKey, what: impl FnOnce() -> Occurred) {
        let Some(listener) = self.listener_for(application, key) else { return };
        let what = what();
        let (kind, channel) = (what.kind(), key.channel.as_str());
        if !application.webhooks.iter().any(|it| it.heeds(kind, channel)) {
            return;
        }
        let occurrence = Occurrence { application: key.application.clone(), channel: key.channel.clone(), what };
        if let Err(mpsc::error::TrySendError::Full(_)) = listener.try_send(occurrence) {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Tells that a subscriber found nothing cached, if nobody was told since something was.
    pub(crate) fn tell_miss(&self, application: &Application, key: &ChannelKey) {
        if self.listener_for(application, key).is_none() {
            return;
        }
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.len() >= MAX_REMEMBERED_MISSES {
            missed.clear();
        }
        let is_new = missed.insert(key.clone());
        drop(missed);
        if is_new {
            self.tell(application, key, || Occurred::CacheMiss);
        }
    }

    /// Something is cached: the next miss is to be told again.
    pub(crate) fn cached(&self, key: &ChannelKey) {
        if self.is_heeded() {
            self.missed.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        }
    }

    /// Channels of users are nobody's business but theirs.
    fn listener_for(&self, application: &Application, key: &ChannelKey) -> Option<&mpsc::Sender<Occurrence>> {
        if application.webhooks.is_empty() || key.channel.kind() == ChannelKind::ServerToUser {
            return None;
        }
        self.listener.get()
    }
}

impl Occurred {
    /// The webhook that tells it.
    pub fn kind(&self) -> WebhookKind {
        match self {
            Self::Occupied => WebhookKind::ChannelOccupied,
            Self::Vacated => WebhookKind::ChannelVacated,
            Self::MemberAdded(_) => WebhookKind::MemberAdded,
            Self::MemberRemoved(_) => WebhookKind::MemberRemoved,
            Self::ClientEvent { .. } => WebhookKind::ClientEvent,
            Self::CacheMiss => WebhookKind::CacheMiss,
            Self::SubscriptionCount(_) => WebhookKind::SubscriptionCount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::Webhook;

    fn application(webhooks: Vec<Webhook>) -> Application {
        Application { webhooks, ..Application::new("1", "key", "secret") }
    }

    fn key(channel: &str) -> ChannelKey {
        ChannelKey { application: ApplicationId("1".into()), channel: channel.parse().unwrap() }
    }

    #[test]
    fn whk_8_what_does_not_fit_is_counted_and_nobody_waits() {
        let occurrences = Occurrences::default();
        let mut listener = occurrences.listen(2);
        let application = application(vec![Webhook::new("http://example.com")]);
        for _ in 0..5 {
            occurrences.tell(&application, &key("a"), || Occurred::Occupied);
        }
        assert_eq!(occurrences.overflowed(), 3);
        assert_eq!(listener.try_recv().unwrap().what, Occurred::Occupied);
    }

    #[test]
    fn whk_7_a_miss_is_told_once_until_something_is_cached() {
        let occurrences = Occurrences::default();
        let mut listener = occurrences.listen(10);
        let application = application(vec![Webhook::new("http://example.com")]);
        occurrences.tell_miss(&application, &key("cache-a"));
        occurrences.tell_miss(&application, &key("cache-a"));
        assert_eq!(listener.try_recv().unwrap().what, Occurred::CacheMiss);
        assert!(listener.try_recv().is_err());
        occurrences.set_applications(&Applications::new([application.clone()]));
        occurrences.cached(&key("cache-a"));
        occurrences.tell_miss(&application, &key("cache-a"));
        assert_eq!(listener.try_recv().unwrap().what, Occurred::CacheMiss);
    }

    #[test]
    fn an_application_without_webhooks_costs_nothing() {
        let occurrences = Occurrences::default();
        let mut listener = occurrences.listen(1);
        occurrences.tell(&application(Vec::new()), &key("a"), || panic!("nobody wants to know"));
        occurrences.tell_miss(&application(Vec::new()), &key("cache-a"));
        assert!(listener.try_recv().is_err());
    }
}
