//! What other threads want of a shard: a list behind a short lock, and a waker for when the shard sleeps.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use app::realtime::SocketId;
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::application::{ApplicationId, Applications};
use crate::broker::{HistoryError, RecoverFrom, Recovered};
use crate::hub::Handshake;
use crate::hub::cached_events::KeptEvent;
use crate::presence::ChannelKey;

/// What a command costs besides its frame.
const COMMAND_BYTES: usize = std::mem::size_of::<Command>();

/// A list longer than this is not kept for the next burst.
const KEPT_COMMANDS: usize = 4_096;

/// What a shard is told.
pub(crate) enum Command {
    /// Own this connection.
    Accept(Box<Accepted>),
    /// Send this to a channel's subscribers.
    Deliver(Delivery),
    /// A subscription's history has been read.
    Recovered(Box<RecoveryResult>),
    /// Answer a repeated subscription, at this place in the channel's order.
    Resubscribed(Box<Resubscribed>),
    /// Close every connection of this user.
    TerminateUser(ApplicationId, Arc<str>),
    /// Close these connections, those of them that are here.
    TerminateSockets(Arc<HashSet<SocketId>>),
    /// Tell which connections are served.
    ListSockets(oneshot::Sender<Vec<SocketId>>),
    /// Tell these watchers of a user who came or went.
    Watched(Box<Watched>),
    /// Give connections these applications' settings; release those that have none any more within this time.
    Reconfigure(Arc<Applications>, Duration),
    /// Close every connection within this time.
    Drain(Duration),
    /// Hand over memory that nobody uses.
    GiveBack,
    /// Tell how many bytes wait in queues.
    Report(oneshot::Sender<usize>),
    /// Close all sockets and end the thread.
    Stop,
    /// Panic, as a mistake of ours would.
    #[cfg(test)]
    Panic,
}

/// A connection on its way to its shard.
pub(crate) struct Accepted {
    pub(crate) stream: std::net::TcpStream,
    /// The TLS session on it, whose handshake is done.
    pub(crate) tls: Option<Box<rustls::ServerConnection>>,
    /// The answer to the upgrade, if it is still to be written.
    pub(crate) answer: Bytes,
    pub(crate) leftover: Bytes,
    pub(crate) handshake: Handshake,
}

/// A frame for the subscribers of a channel.
pub(crate) struct Delivery {
    pub(crate) key: ChannelKey,
    /// The channel's order: who subscribed at this number or later does not get it.
    pub(crate) sequence: u64,
    pub(crate) frame: Bytes,
    pub(crate) except: Option<SocketId>,
    /// Its place in the channel's log, if it has one.
    pub(crate) offset: Option<u64>,
    pub(crate) published_at: Instant,
}

/// Which connection, even if its place was given to another meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionRef {
    pub(crate) index: u32,
    pub(crate) serial: u32,
}

/// What a recovering subscription waits for. `None`: the channel is not logged.
pub(crate) struct RecoveryResult {
    pub(crate) connection: ConnectionRef,
    pub(crate) key: ChannelKey,
    /// Which recovery of that channel.
    pub(crate) serial: u64,
    pub(crate) outcome: Result<Option<Recovered>, HistoryError>,
    /// The missed events, encoded, with their offsets.
    pub(crate) frames: Vec<(u64, Bytes)>,
}

/// The answer to a repeated subscription.
pub(crate) struct Resubscribed {
    pub(crate) connection: ConnectionRef,
    pub(crate) key: ChannelKey,
    pub(crate) snapshot: Option<Vec<u8>>,
    pub(crate) cached: Option<KeptEvent>,
    /// From where on it wants to recover.
    pub(crate) recover: Option<RecoverFrom>,
}

/// A watched user came or went.
pub(crate) struct Watched {
    pub(crate) watchers: Vec<ConnectionRef>,
    pub(crate) frame: Bytes,
}

/// A shard's inbox.
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    /// Bytes of what waits, or was taken out and is not done yet.
    bytes: AtomicUsize,
    /// With more than this, whoever makes work for the shard has to wait.
    max_bytes: usize,
    /// Whether the shard will look into the inbox before it sleeps.
    is_awake: AtomicBool,
    waker: mio::Waker,
}

#[derive(Default)]
struct Waiting {
    commands: VecDeque<Command>,
    /// The shard has ended: whatever is put in is dropped, and with it whoever waits for an answer is told.
    is_closed: bool,
}

impl Inbox {
    pub(crate) fn new(waker: mio::Waker, max_bytes: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            bytes: AtomicUsize::new(0),
            max_bytes,
            is_awake: AtomicBool::new(true),
            waker,
        }
    }

    /// Puts commands in, in their order. True if the shard has to be woken with [`Self::wake`], which costs a system
    /// call and so is left to the caller, who may hold a lock now.
    #[must_use]
    pub(crate) fn push(&self, commands: impl IntoIterator<Item = Command>) -> bool {
        let mut bytes = 0;
        let mut waiting = self.lock();
        if waiting.is_closed {
            return false;
        }
        waiting.commands.extend(commands.into_iter().inspect(|it| bytes += it.bytes()));
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
        drop(waiting);
        !self.is_awake.swap(true, Ordering::SeqCst)
    }

    /// Wakes the shard.
    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "a shard of the hub can't be woken");
        }
    }

    /// Puts one command in and wakes the shard if it sleeps.
    pub(crate) fn send(&self, command: Command) {
        if self.push([command]) {
            self.wake();
        }
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }

    /// Whether whoever makes work for the shard should wait.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes() > self.max_bytes
    }

    /// Takes everything out, for the shard, whose list must be empty.
    pub(crate) fn take(&self, into: &mut VecDeque<Command>) {
        if into.capacity() > KEPT_COMMANDS {
            *into = VecDeque::new();
        }
        std::mem::swap(&mut self.lock().commands, into);
    }

    /// So many bytes of what was taken out are done. True if others may have been waiting for it.
    pub(crate) fn done(&self, bytes: usize) -> bool {
        let before = self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        before > self.max_bytes && before - bytes <= self.max_bytes
    }

    /// Says that the shard is about to sleep. True if something arrived meanwhile and it must not.
    pub(crate) fn falls_asleep(&self) -> bool {
        self.is_awake.store(false, Ordering::SeqCst);
        !self.lock().commands.is_empty()
    }

    /// Says that the shard is awake, so that nobody needs to wake it.
    pub(crate) fn wakes_up(&self) {
        self.is_awake.store(true, Ordering::SeqCst);
    }

    /// The shard has ended, and nobody may wait for it any more.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        let dropped = std::mem::take(&mut waiting.commands);
        self.bytes.store(0, Ordering::Release);
        drop(waiting);
        drop(dropped);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Command {
    /// What it holds, near enough to bound what waits.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Deliver(delivery) => COMMAND_BYTES + delivery.frame.len(),
            Self::Recovered(result) => COMMAND_BYTES + result.frames.iter().map(|(_, it)| it.len()).sum::<usize>(),
            Self::Resubscribed(again) => COMMAND_BYTES + again.snapshot.as_ref().map_or(0, Vec::len),
            Self::Watched(watched) => COMMAND_BYTES + size_of_val(&*watched.watchers) + watched.frame.len(),
            _ => 0,
        }
    }

    pub(crate) fn into_delivery(self) -> Option<Delivery> {
        match self {
            Self::Deliver(delivery) => Some(delivery),
            _ => None,
        }
    }
}
