//! One open WebSocket, as its shard holds it.

use std::sync::Arc;

use app::realtime::SocketId;

use crate::application::Application;
use crate::hub::framing::FrameReader;
use crate::hub::pace::Pace;
use crate::hub::shard::channels::Subscription;
use crate::hub::shard::queue::Queue;
use crate::hub::shard::transport::Transport;
use crate::hub::slots::Slot;
use crate::hub::tenants::Admission;
use crate::hub::wire::ErrorForm;
use crate::presence::ChannelKey;

/// One open WebSocket. Idle, it holds no buffer.
pub(crate) struct Connection {
    pub(crate) stream: Transport,
    /// Tells it from an earlier connection in the same place.
    pub(crate) serial: u32,
    pub(crate) error_form: ErrorForm,
    /// The server pings with control frames, not with `pusher:ping` (rule LIV-4).
    pub(crate) pings_by_control: bool,
    pub(crate) output: Output,
    /// Bytes of the answer to the upgrade that the first write has to take.
    pub(crate) answer_bytes: u16,
    /// Is on the list of those that may have more to read.
    pub(crate) is_unread: bool,
    /// Histories that are being read for it now.
    pub(crate) readings: u8,
    pub(crate) phase: Phase,
    pub(crate) socket_id: SocketId,
    pub(crate) reader: FrameReader,
    pub(crate) queue: Queue,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) user: Option<Box<SignedIn>>,
    /// The last sign of life.
    pub(crate) last_seen_ms: u64,
    /// Begin of the window of the rate limit, and messages in it (rule LIM-2).
    pub(crate) rate_window_ms: u64,
    pub(crate) rate_count: u32,
    /// What few connections need.
    pub(crate) rare: Option<Box<Rare>>,
    /// `None` if the connection was refused.
    pub(crate) admission: Option<Admission>,
    pub(crate) _slot: Slot,
}

/// Whether a connection's queue is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Nothing has come since it was written.
    Settled,
    /// It is on the list of those that are written at the end of this turn.
    Due,
    /// Its socket takes no more for now; the kernel tells when it does.
    Blocked,
}

/// Where a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Serving.
    Open,
    /// Pinged at this time, and not heard of yet.
    Pinged { at_ms: u64 },
    /// A close frame is on its way; TCP is dropped when the client's has come, or at this time.
    Closing { until_ms: u64 },
    /// The client can't be understood: its bytes are thrown away until it closes, or until this time.
    Discarding { until_ms: u64 },
    /// Both close frames are done: dropped when the queue is written, or at this time.
    Finishing { until_ms: u64 },
}

/// What few connections need.
#[derive(Debug, Default)]
pub(crate) struct Rare {
    /// How fast it goes, where that is limited.
    pub(crate) client_events: Pace,
    pub(crate) subscribes: Pace,
    /// Whether it has got what it was sent, where that is noted.
    pub(crate) confirming: Confirming,
}

/// How a client that knows nothing of recovery is asked whether it has got what it was sent: by a ping behind it.
#[derive(Debug, Default)]
pub(crate) struct Confirming {
    /// It will be asked soon.
    pub(crate) is_due: bool,
    /// The number of the last ping.
    pub(crate) serial: u64,
    /// What its answer will confirm; `None` if no answer is awaited.
    pub(crate) asked: Option<Vec<Confirmed>>,
    /// More was sent while an answer was awaited.
    pub(crate) is_due_again: bool,
}

/// A user has got the events of a channel up to an offset.
#[derive(Debug)]
pub(crate) struct Confirmed {
    pub(crate) key: ChannelKey,
    pub(crate) user: Arc<str>,
    pub(crate) epoch: Arc<str>,
    pub(crate) offset: u64,
}

/// The user of a signed-in connection (section 12.1).
pub(crate) struct SignedIn {
    pub(crate) id: Arc<str>,
    /// JSON.
    pub(crate) user_info: Option<Arc<str>>,
    /// Counts among those whom watchlists tell of.
    pub(crate) is_watchable: bool,
    pub(crate) watchlist: Vec<Arc<str>>,
}

impl Connection {
    /// Whether the client is served, and not on its way out.
    pub(crate) fn is_serving(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Pinged { .. })
    }

    /// Whether more waits than may: to be written, or for a history that is being read.
    pub(crate) fn is_too_slow(&self, max_bytes: usize) -> bool {
        let is_held = |it: &Subscription| it.held().is_some_and(|held| held.bytes > max_bytes);
        self.queue.is_over(max_bytes) || self.subscriptions.iter().any(is_held)
    }

    /// What is logged inside of it bears the connection's names. It costs nothing unless details are logged.
    pub(crate) fn span(&self) -> tracing::Span {
        let application = || self.application().map_or("", |it| &it.id.0);
        tracing::debug_span!("connection", socket_id = %self.socket_id, application = application())
    }

    /// Whether bytes wait that the socket has not taken.
    pub(crate) fn has_output(&self) -> bool {
        !self.queue.is_empty() || self.stream.wants_write()
    }

    /// The application, unless the connection was refused.
    pub(crate) fn application(&self) -> Option<&Arc<Application>> {
        self.admission.as_ref().map(|it| &it.application)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_is_small() {
        assert!(size_of::<Connection>() <= 256, "{} bytes", size_of::<Connection>());
    }
}
