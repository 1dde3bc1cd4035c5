//! From a socket to the handlers.

use std::io::{ErrorKind, Read};
use std::sync::atomic::Ordering;

use crate::hub::framing::{FrameReader, Message, pong_frame};
use crate::hub::inbox::ConnectionRef;
use crate::hub::presence_changes::LeaveReason;
use crate::hub::shard::Shard;
use crate::hub::shard::connection::Phase;
use crate::hub::shard::frame_log;

/// Reads from one socket in one turn, so that a busy client can't keep the others waiting.
const READS_PER_TURN: usize = 2;

/// The longest message of a refused connection: nothing that it says is read, but its answer to the close must be found.
const REFUSED_MESSAGE_BYTES: usize = 10_000;

impl Shard {
    /// Goes on with connections that had more to read than the last turn allowed.
    pub(super) fn read_unread(&mut self) {
        if self.unread.is_empty() || self.shared.is_crowded() {
            return;
        }
        for reference in std::mem::take(&mut self.unread) {
            if let Some(index) = self.resolve(reference) {
                self.connections[index as usize].is_unread = false;
                self.read(index, true);
            }
        }
    }

    /// Reads what has arrived. `to_the_end`: a short read does not mean that nothing else is there.
    pub(super) fn read(&mut self, index: u32, to_the_end: bool) {
        let reference = self.reference(index);
        let connection = &mut self.connections[index as usize];
        // A record of TLS ends a read, and not the input.
        let to_the_end = to_the_end || connection.stream.may_hold_input();
        if connection.is_unread {
            return;
        }
        // What clients say makes work for all shards: while one has too much of it, nobody is listened to.
        let may_have_more = self.shared.is_crowded() || {
            let mut buffer = std::mem::take(&mut self.read_buffer);
            let may_have_more = (0..READS_PER_TURN).all(|_| self.read_once(reference, &mut buffer, to_the_end));
            self.read_buffer = buffer;
            may_have_more
        };
        if may_have_more {
            // The kernel tells of input once, when it arrives: what is left has to be remembered here.
            self.connections[index as usize].is_unread = true;
            self.unread.push(reference);
        }
    }

    /// Reads one piece. Whether there may be more.
    fn read_once(&mut self, reference: ConnectionRef, buffer: &mut [u8], to_the_end: bool) -> bool {
        let index = reference.index;
        match self.connections[index as usize].stream.read(buffer) {
            Ok(0) => self.on_end(index),
            Ok(bytes) => {
                self.metrics().bytes_in.add(bytes);
                self.on_bytes(index, &mut buffer[..bytes]);
                return self.resolve(reference).is_some() && (bytes == buffer.len() || to_the_end);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.remove(index, LeaveReason::Closed),
        }
        false
    }

    /// The client sends nothing more. What it asked for before is still written.
    fn on_end(&mut self, index: u32) {
        let connection = &mut self.connections[index as usize];
        // The connection ends either way, so how the write ended makes no difference.
        let _ended_anyway = connection.queue.write(&mut connection.stream, &mut self.write_buffer);
        self.remove(index, LeaveReason::Closed);
    }

    /// Handles the messages in a piece of input.
    pub(super) fn on_bytes(&mut self, index: u32, input: &mut [u8]) {
        let connection = &mut self.connections[index as usize];
        let max_bytes = connection.application().map_or(REFUSED_MESSAGE_BYTES, |it| it.max_message_size_bytes);
        let reference = self.reference(index);
        let mut reader = std::mem::take(&mut self.connections[index as usize].reader);
        let mut at = 0;
        loop {
            match self.connections[index as usize].phase {
                Phase::Discarding { .. } | Phase::Finishing { .. } => return,
                Phase::Open | Phase::Pinged { .. } | Phase::Closing { .. } => {}
            }
            match reader.next(input, &mut at, max_bytes) {
                Ok(Some(message)) => self.on_message(index, message),
                Ok(None) => break,
                Err(error) => self.fail(index, error),
            }
            if self.resolve(reference).is_none() {
                return;
            }
        }
        self.put_back(index, reader);
    }

    fn put_back(&mut self, index: u32, reader: FrameReader) {
        self.connections[index as usize].reader = reader;
    }

    fn on_message(&mut self, index: u32, message: Message<'_>) {
        let now_ms = self.now_ms;
        self.metrics().frames_in.add(1);
        let connection = &mut self.connections[index as usize];
        connection.last_seen_ms = now_ms;
        if matches!(connection.phase, Phase::Pinged { .. }) {
            connection.phase = Phase::Open;
        }
        if let Some(admission) = &connection.admission {
            admission.tenant.received.fetch_add(1, Ordering::Relaxed);
        }
        // A numbered pong answers a question of ours, and says nothing of what the client would rather be pinged with.
        connection.pings_by_control |= match message {
            Message::Ping(_) => true,
            Message::Pong(payload) => payload.len() != size_of::<u64>(),
            _ => false,
        };
        let is_serving = connection.is_serving();
        let _entered = connection.span().entered();
        match message {
            Message::Close(code) => self.on_close_frame(index, code),
            Message::Ping(payload) if is_serving => {
                let pong = pong_frame(payload);
                self.send(index, pong);
            }
            Message::Text(text) if is_serving => {
                if self.shared.is_watched() {
                    frame_log::received(&self.shared, &self.connections[index as usize], text);
                }
                self.on_text(index, text);
            }
            Message::Binary if is_serving => self.on_binary(index),
            Message::Pong(payload) if is_serving => self.on_pong(index, payload),
            Message::Ping(_) | Message::Pong(_) | Message::Text(_) | Message::Binary => {}
        }
    }
}
