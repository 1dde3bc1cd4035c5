//! A shard: one thread that owns a part of the connections and touches nothing of anybody else's.
//!
//! Each turn of its loop takes what the inbox holds, puts frames into queues, reads what clients have sent, and then writes
//! each connection's queue at once. So a frame is written immediately while there is little to do, and frames join in
//! one system call when there is much. A turn is bounded: what is more is left to the next one.

mod channels;
mod closing;
mod commands;
mod connection;
mod delivering;
mod frame_log;
mod queue;
mod reading;
mod ring;
mod timers;
mod transport;
mod writing;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use slab::Slab;

use crate::hub::giving_back;
use crate::hub::inbox::{Command, ConnectionRef, Inbox};
use crate::hub::metrics::ShardMetrics;
use crate::hub::shared::Shared;

use ring::Ring;

pub(crate) use channels::{Answer, Channels, Details, Following, Held, Recovery};
use connection::Output;
pub(crate) use connection::{Confirmed, Connection, SignedIn};
pub(crate) use timers::{Due, Timers};
pub(crate) use transport::Transport;

/// What the inbox's waker reports under; connections use their place in the slab.
pub(crate) const WAKER: Token = Token(usize::MAX);

/// Read from one socket at a time. One buffer serves all connections of a shard.
const READ_BUFFER_BYTES: usize = 64 * 1024;

/// Connections that go before the tables are tidied, at least.
const TIDY_REMOVALS: usize = 256;

/// Events taken from the kernel in one turn.
const EVENTS_PER_TURN: usize = 1_024;

/// One thread's connections and all that belongs to them.
pub(crate) struct Shard {
    pub(crate) index: usize,
    pub(crate) shared: Arc<Shared>,
    poll: Poll,
    started_at: Instant,
    /// Milliseconds since the start, as of this turn.
    pub(crate) now_ms: u64,
    pub(crate) connections: Slab<Connection>,
    pub(crate) channels: Channels,
    pub(crate) timers: Timers,
    next_serial: u32,
    next_recovery: u64,
    /// What was taken out of the inbox and is not done yet.
    commands: VecDeque<Command>,
    /// Connections with something to write.
    dirty: Vec<u32>,
    /// Connections that may have more to read than one turn allows.
    unread: Vec<ConnectionRef>,
    /// Connections for which more waits than may, unless their sockets take it in this turn.
    overflowed: Vec<ConnectionRef>,
    /// When the publications that are written in this turn arrived.
    arrivals: Vec<Instant>,
    read_buffer: Vec<u8>,
    write_buffer: Vec<u8>,
    /// For writes that enter the kernel together, where that can be.
    ring: Option<Ring>,
    /// Connections that have gone since the tables were tidied.
    removals: usize,
    is_stopping: bool,
}

impl Shard {
    pub(crate) fn new(index: usize, shared: Arc<Shared>, poll: Poll) -> Self {
        let ring = if shared.settings.io_uring { Ring::open() } else { None };
        Self {
            index,
            shared,
            poll,
            started_at: Instant::now(),
            now_ms: 0,
            connections: Slab::new(),
            channels: Channels::default(),
            timers: Timers::default(),
            next_serial: 0,
            next_recovery: 0,
            commands: VecDeque::new(),
            dirty: Vec::new(),
            unread: Vec::new(),
            overflowed: Vec::new(),
            arrivals: Vec::new(),
            read_buffer: vec![0; READ_BUFFER_BYTES],
            write_buffer: Vec::new(),
            ring,
            removals: 0,
            is_stopping: false,
        }
    }

    /// Serves until told to stop.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_PER_TURN);
        while !self.is_stopping {
            self.obey();
            self.read_unread();
            self.fire_timers();
            self.write_dirty();
            if !self.overflowed.is_empty() {
                self.close_overflowed();
                self.write_dirty();
            }
            let timeout = self.time_to_sleep();
            if let Err(error) = self.poll.poll(&mut events, timeout) {
                if error.kind() != std::io::ErrorKind::Interrupted {
                    tracing::error!(%error, shard = self.index, "the hub's event queue failed");
                }
                continue;
            }
            self.inbox().wakes_up();
            self.tick();
            for event in &events {
                if event.token() != WAKER {
                    self.on_event(event);
                }
            }
        }
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.shared.inboxes[self.index]
    }

    pub(crate) fn metrics(&self) -> &ShardMetrics {
        &self.shared.metrics[self.index]
    }

    /// The connection that this refers to, unless it is gone.
    pub(crate) fn resolve(&self, connection: ConnectionRef) -> Option<u32> {
        let found = self.connections.get(connection.index as usize)?;
        (found.serial == connection.serial).then_some(connection.index)
    }

    pub(crate) fn reference(&self, index: u32) -> ConnectionRef {
        ConnectionRef { index, serial: self.connections[index as usize].serial }
    }

    /// How long the kernel may be waited for: not at all while there is something to do.
    fn time_to_sleep(&self) -> Option<Duration> {
        let may_read = !self.unread.is_empty() && !self.shared.is_crowded();
        if may_read || !self.dirty.is_empty() || !self.commands.is_empty() || self.inbox().falls_asleep() {
            return Some(Duration::ZERO);
        }
        self.timers.next_ms().map(|due_ms| {
            let now_ms = u64::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u64::MAX);
            Duration::from_millis(due_ms.saturating_sub(now_ms))
        })
    }

    fn tick(&mut self) {
        self.now_ms = u64::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u64::MAX);
    }

    fn on_event(&mut self, event: &mio::event::Event) {
        let index = event.token().0;
        if !self.connections.contains(index) {
            return;
        }
        let Ok(index) = u32::try_from(index) else { return };
        if event.is_writable() {
            let connection = &mut self.connections[index as usize];
            if connection.output == Output::Blocked {
                connection.output = Output::Settled;
            }
            if connection.has_output() {
                self.mark_dirty(index);
            }
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read(index, event.is_read_closed() || event.is_error());
        }
    }

    /// Gives memory back once the shard holds far less than it did. Called for each connection that goes; what takes a
    /// walk over a table is done once in as many calls as the table has a share of places.
    pub(crate) fn tidy(&mut self) {
        self.removals += 1;
        if self.connections.is_empty() {
            self.connections = Slab::new();
            self.dirty = Vec::new();
            self.unread = Vec::new();
        } else if self.removals < (self.connections.capacity().max(self.timers.len()) / 4).max(TIDY_REMOVALS) {
            return;
        } else if self.connections.len() < self.connections.capacity() / 4 {
            self.connections.shrink_to_fit();
        }
        if self.removals >= TIDY_REMOVALS {
            giving_back::soon(&self.shared);
        }
        self.removals = 0;
        let connections = &self.connections;
        self.timers.retain(|due| match due {
            Due::Check(it) | Due::Release(it) | Due::Confirm(it) => {
                connections.get(it.index as usize).is_some_and(|found| found.serial == it.serial)
            }
            Due::Grace(_) | Due::Count(_) => true,
        });
        self.timers.shrink();
        self.channels.shrink();
    }

    pub(crate) fn next_serial(&mut self) -> u32 {
        self.next_serial = self.next_serial.wrapping_add(1);
        self.next_serial
    }

    pub(crate) fn next_recovery(&mut self) -> u64 {
        self.next_recovery += 1;
        self.next_recovery
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.shared.is_draining.load(Ordering::Acquire)
    }
}
