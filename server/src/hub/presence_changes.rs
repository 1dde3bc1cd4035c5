//! Joins and leaves of one presence channel as a bounded stream, for whoever keeps books about them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use crate::presence::ChannelKey;

/// Changes that may wait for a listener before it has to look at the whole channel again.
const MAX_WAITING_CHANGES: usize = 1_024;

/// One change of a presence channel's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresenceChange {
    /// A user's first connection has joined.
    Joined {
        /// The id's text.
        user_id: Arc<str>,
        /// JSON, if the member has brought any.
        user_info: Option<Arc<str>>,
    },
    /// A user's last connection is gone, and any grace has run out.
    Left {
        /// The id's text.
        user_id: Arc<str>,
        /// Why the last connection went.
        reason: LeaveReason,
    },
    /// The listener was too slow and has missed changes: it must compare its books with `Hub::members`.
    Resync,
}

/// Why a member's last connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// The client unsubscribed.
    Unsubscribed,
    /// The connection was closed or lost.
    Closed,
    /// The client stopped answering (4201).
    TimedOut,
    /// What had let the connection in was taken back.
    Revoked,
    /// The user stays, and is not to be seen any more.
    Hidden,
}

/// Receives the changes of one channel. At most `MAX_WAITING_CHANGES` wait; what does not fit becomes one
/// [`PresenceChange::Resync`], so no change is lost without a word.
pub struct PresenceChanges {
    waiting: mpsc::Receiver<PresenceChange>,
    has_missed: Arc<AtomicBool>,
}

/// The hub's end of [`PresenceChanges`].
pub(crate) struct PresenceListener {
    sender: mpsc::Sender<PresenceChange>,
    has_missed: Arc<AtomicBool>,
}

/// Everybody who listens, by channel.
#[derive(Default)]
pub(crate) struct PresenceListeners(HashMap<ChannelKey, Vec<PresenceListener>>);

impl PresenceListeners {
    /// Adds a listener; those whose other end is gone make room.
    pub(crate) fn listen(&mut self, key: ChannelKey) -> PresenceChanges {
        let (listener, changes) = presence_stream();
        let listeners = self.0.entry(key).or_default();
        listeners.retain(|it| !it.sender.is_closed());
        listeners.push(listener);
        changes
    }

    /// Tells whoever listens to this channel.
    pub(crate) fn notify(&self, key: &ChannelKey, change: PresenceChange) {
        if self.0.is_empty() {
            return;
        }
        for listener in self.0.get(key).into_iter().flatten() {
            listener.notify(change.clone());
        }
    }
}

/// Both ends of a stream of changes.
fn presence_stream() -> (PresenceListener, PresenceChanges) {
    let (sender, waiting) = mpsc::channel(MAX_WAITING_CHANGES);
    let has_missed = Arc::new(AtomicBool::new(false));
    (PresenceListener { sender, has_missed: Arc::clone(&has_missed) }, PresenceChanges { waiting, has_missed })
}

impl PresenceListener {
    /// Hands over a change, or notes that one was missed.
    fn notify(&self, change: PresenceChange) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(change) {
            self.has_missed.store(true, Ordering::Release);
        }
    }
}

impl PresenceChanges {
    /// The next change; `None` when the hub is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<PresenceChange> {
        if self.has_missed.swap(false, Ordering::AcqRel) {
            // What still waits is older than the state that the listener is about to read.
            while self.waiting.try_recv().is_ok() {}
            return Some(PresenceChange::Resync);
        }
        self.waiting.recv().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(user_id: &str) -> PresenceChange {
        PresenceChange::Joined { user_id: user_id.into(), user_info: None }
    }

    #[tokio::test]
    async fn what_a_slow_listener_missed_becomes_one_resync() {
        let (listener, mut changes) = presence_stream();
        for _ in 0..MAX_WAITING_CHANGES + 3 {
            listener.notify(joined("1"));
        }
        assert_eq!(changes.next().await, Some(PresenceChange::Resync));
        listener.notify(joined("2"));
        assert_eq!(changes.next().await, Some(joined("2")));
    }
}
