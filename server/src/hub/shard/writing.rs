//! From a connection's queue to its socket.

use std::io::Write as _;
use std::net::Shutdown;

use bytes::Bytes;

use crate::hub::inbox::ConnectionRef;
use crate::hub::presence_changes::LeaveReason;
use crate::hub::shard::Shard;
use crate::hub::shard::connection::Phase;
use crate::hub::shard::frame_log;
use crate::hub::shard::queue::Written;
use crate::hub::wire;

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
        if !connection.is_dirty {
            connection.is_dirty = true;
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
        if !connection.is_dirty {
            connection.is_dirty = true;
            self.dirty.push(index);
        }
    }

    /// Writes every connection's queue as far as its socket takes it.
    pub(super) fn write_dirty(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for index in dirty.drain(..) {
            // A connection that is gone has left its place in the list; another may have taken its place in the slab.
            if self.connections.get(index as usize).is_some_and(|it| it.is_dirty) {
                self.write(index);
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

    fn write(&mut self, index: u32) {
        let connection = &mut self.connections[index as usize];
        connection.is_dirty = false;
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
        let bytes = waiting - connection.queue.bytes();
        // The queue is cut between frames, and what answers the upgrade is none. The kernel has room for a first write.
        let is_answered = bytes >= usize::from(std::mem::take(&mut connection.answer_bytes));
        let written = if is_answered { written } else { Written::Lost };
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
