//! From a connection's queue to its socket.

use std::io::{self, Write as _};
use std::net::Shutdown;

use bytes::Bytes;

use crate::hub::inbox::ConnectionRef;
use crate::hub::presence_changes::LeaveReason;
use crate::hub::shard::Shard;
use crate::hub::shard::connection::{Connection, Output, Phase};
use crate::hub::shard::frame_log;
use crate::hub::shard::queue::Written;
use crate::hub::wire;

/// From so many sockets on, their writes enter the kernel together.
const MIN_TOGETHER: usize = 2;

/// When so many bytes have been copied for it, the other sockets are written one by one.
const MAX_TOGETHER_BYTES: usize = 256 * 1024;

impl Shard {
    /// Queues a frame; it is written at the end of this turn.
    pub(crate) fn send(&mut self, index: u32, frame: Bytes) {
        self.send_frames(index, frame, 1);
        if let Some(admission) = self.connections.get(index as usize).and_then(|it| it.admission.as_ref()) {
            admission.tenant.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// Queues a piece of bytes that holds this many frames.
    pub(super) fn send_frames(&mut self, index: u32, piece: Bytes, frames: usize) {
        let max_bytes = self.shared.settings.max_queue_bytes;
        let Some(connection) = self.connections.get_mut(index as usize) else { return };
        self.shared.metrics[self.index].frames_out.add(frames);
        if self.shared.is_watched() {
            frame_log::sent(&self.shared, connection, &piece);
        }
        connection.queue.push(piece);
        if connection.queue.is_over(max_bytes) && connection.is_serving() {
            let serial = connection.serial;
            self.overflowed.push(ConnectionRef { index, serial });
        }
        if connection.output == Output::Settled {
            connection.output = Output::Due;
            self.dirty.push(index);
        }
    }

    /// Queues `pusher:error` in the form that the client reads.
    pub(crate) fn send_error(&mut self, index: u32, code: u16, message: &str, closes: bool) {
        let Some(connection) = self.connections.get(index as usize) else { return };
        let frame = wire::error(code, message, connection.error_form, closes);
        self.metrics().error(code);
        self.send(index, frame);
    }

    pub(super) fn mark_dirty(&mut self, index: u32) {
        let connection = &mut self.connections[index as usize];
        if connection.output != Output::Due {
            connection.output = Output::Due;
            self.dirty.push(index);
        }
    }

    /// Writes every connection's queue as far as its socket takes it.
    pub(super) fn write_dirty(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        if dirty.len() >= MIN_TOGETHER {
            self.write_together(&dirty);
        }
        for index in dirty.drain(..) {
            // A connection that is gone has left its place in the list; another may have taken its place in the slab.
            if self.connections.get(index as usize).is_some_and(|it| it.output == Output::Due) {
                self.write(index, 0);
            }
        }
        if self.dirty.is_empty() && dirty.capacity() <= 16 * 1024 {
            self.dirty = dirty;
        }
        if self.arrivals.is_empty() {
            return;
        }
        let arrivals = std::mem::take(&mut self.arrivals);
        let now = std::time::Instant::now();
        for arrived_at in arrivals {
            self.metrics().latency(now.saturating_duration_since(arrived_at));
        }
    }

    /// Writes what these connections have in front, entering the kernel once. What can't be written so stays to be
    /// written by itself.
    fn write_together(&mut self, dirty: &[u32]) {
        let Some(ring) = &mut self.ring else { return };
        let mut joined = std::mem::take(&mut self.write_buffer);
        joined.clear();
        let mut chosen = Vec::with_capacity(dirty.len());
        for index in dirty {
            let Some(connection) = self.connections.get_mut(*index as usize) else { continue };
            let is_plain = connection.stream.plain().is_some();
            if connection.output == Output::Due
                && is_plain
                && !connection.queue.is_empty()
                && joined.len() <= MAX_TOGETHER_BYTES
                && let Some(piece) = connection.queue.piece(&mut joined)
            {
                connection.output = Output::Settled;
                chosen.push((*index, piece));
            }
        }
        let pieces: Vec<_> = chosen
            .iter()
            .filter_map(|(index, piece)| {
                let Connection { stream, queue, .. } = &self.connections[*index as usize];
                Some((stream.plain()?, queue.bytes_of(piece, &joined)))
            })
            .collect();
        let lengths: Vec<usize> = pieces.iter().map(|(_, bytes)| bytes.len()).collect();
        let mut outcomes = Vec::with_capacity(pieces.len());
        if let Err(error) = ring.send(&pieces, &mut outcomes) {
            tracing::warn!(%error, shard = self.index, "io_uring failed: sockets are written one by one from now on");
            self.ring = None;
        }
        self.write_buffer = if joined.capacity() > 2 * MAX_TOGETHER_BYTES { Vec::new() } else { joined };
        for (index, _) in &chosen[outcomes.len()..] {
            self.connections[*index as usize].output = Output::Due;
        }
        for (((index, _), length), outcome) in chosen.iter().zip(lengths).zip(outcomes) {
            self.wrote(*index, length, outcome);
        }
    }

    /// A write that entered the kernel with others has ended.
    fn wrote(&mut self, index: u32, length: usize, outcome: io::Result<usize>) {
        let queue = &mut self.connections[index as usize].queue;
        match outcome {
            Ok(taken) => {
                queue.advance(taken);
                if taken < length && taken > 0 {
                    self.settle(index, taken, Written::Some);
                } else {
                    self.write(index, taken);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.settle(index, 0, Written::Some),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.write(index, 0),
            Err(_) => self.settle(index, 0, Written::Lost),
        }
    }

    /// Writes a connection's queue, of which `taken` bytes have just been written.
    fn write(&mut self, index: u32, taken: usize) {
        let connection = &mut self.connections[index as usize];
        connection.output = Output::Settled;
        let waiting = connection.queue.bytes();
        let written = match connection.queue.write(&mut connection.stream, &mut self.write_buffer) {
            // TLS may hold what it has encrypted: it is done when the socket has taken that.
            Written::All => match connection.stream.flush() {
                Ok(()) if connection.stream.wants_write() => Written::Some,
                Ok(()) => Written::All,
                Err(_) => Written::Lost,
            },
            other => other,
        };
        let bytes = taken + waiting - connection.queue.bytes();
        self.settle(index, bytes, written);
    }

    /// What follows from a write that took so many bytes.
    fn settle(&mut self, index: u32, bytes: usize, written: Written) {
        let connection = &mut self.connections[index as usize];
        // The queue is cut between frames, and what answers the upgrade is none. The kernel has room for a first write.
        let is_answered = bytes >= usize::from(std::mem::take(&mut connection.answer_bytes));
        let written = if is_answered { written } else { Written::Lost };
        if written == Written::Some {
            connection.output = Output::Blocked;
        }
        self.shared.metrics[self.index].bytes_out.add(bytes);
        match (written, connection.phase) {
            (Written::Lost, _) | (Written::All, Phase::Finishing { .. }) => self.remove(index, LeaveReason::Closed),
            // Half-closed, so that the client gets the reason before TCP's reset.
            (Written::All, Phase::Discarding { .. }) if connection.stream.shutdown(Shutdown::Write).is_err() => {
                self.remove(index, LeaveReason::Closed);
            }
            _ => {}
        }
    }
}
