//! From a command to the queues of a channel's subscribers.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::hub::inbox::{Command, ConnectionRef, Delivery};
use crate::hub::shard::Shard;
use crate::hub::shard::channels::Recovery;

/// Deliveries to one channel that are joined into one piece have at most so many bytes.
const MAX_JOINED_BYTES: usize = 64 * 1024;

/// Deliveries to the same channel that follow each other, as one piece of bytes.
struct Run<'a> {
    deliveries: &'a [Delivery],
    joined: Bytes,
}

/// Takes the deliveries that can be joined from the front of `commands`: to the same channel, without exception. What they
/// count in the inbox.
pub(super) fn take_run(commands: &mut VecDeque<Command>, run: &mut Vec<Delivery>) -> usize {
    let (mut bytes, mut counted) = (run.iter().map(|it| it.frame.len()).sum::<usize>(), 0);
    while let Some(Command::Deliver(next)) = commands.front() {
        let Some(first) = run.first() else { break };
        bytes += next.frame.len();
        let fits = first.except.is_none() && next.except.is_none() && bytes <= MAX_JOINED_BYTES;
        if !fits || next.key != first.key {
            break;
        }
        if let Some(command) = commands.pop_front() {
            counted += command.bytes();
            run.extend(command.into_delivery());
        }
    }
    counted
}

impl Shard {
    /// Puts a run of deliveries into the queues of the channel's subscribers.
    pub(super) fn deliver(&mut self, deliveries: &[Delivery]) {
        let Some(first) = deliveries.first() else { return };
        let Some(channel) = self.channels.find(&first.key) else { return };
        self.arrivals.extend(deliveries.iter().map(|it| it.published_at));
        let run = Run::new(deliveries);
        let mut sent = 0;
        for position in 0..self.channels.get(channel).subscribers.len() {
            let subscriber = self.channels.get(channel).subscribers[position];
            if subscriber.is_recovering {
                for delivery in deliveries.iter().filter(|it| it.sequence > subscriber.since) {
                    self.deliver_recovering(channel, position, delivery);
                }
                continue;
            }
            let Some((piece, frames)) = run.piece_after(subscriber.since) else { continue };
            if first.except.is_some_and(|it| it == self.connections[subscriber.connection as usize].socket_id) {
                continue;
            }
            sent += frames;
            self.send_frames(subscriber.connection, piece, frames);
        }
        let tenant = &self.channels.get(channel).tenant;
        tenant.sent.fetch_add(sent as u64, std::sync::atomic::Ordering::Relaxed);
    }

    /// For a subscription that catches up: holds the frame, or leaves out what it has seen.
    fn deliver_recovering(&mut self, channel: u32, position: usize, delivery: &Delivery) {
        let subscriber = self.channels.get(channel).subscribers[position];
        let connection = &mut self.connections[subscriber.connection as usize];
        if delivery.except == Some(connection.socket_id) {
            return;
        }
        let max_bytes = self.shared.settings.max_queue_bytes;
        let subscription = connection.subscriptions.get_mut(subscriber.slot as usize);
        let Some(details) = subscription.and_then(|it| it.details.as_deref_mut()) else { return };
        match &mut details.recovery {
            Some(Recovery::Reading(held)) => {
                held.bytes += delivery.frame.len();
                held.frames.push((delivery.offset, delivery.frame.clone()));
                if held.bytes > max_bytes {
                    let serial = connection.serial;
                    self.overflowed.push(ConnectionRef { index: subscriber.connection, serial });
                }
                return;
            }
            Some(Recovery::SeenUpTo(seen)) => match delivery.offset {
                Some(offset) if offset <= *seen => return,
                Some(_) => {
                    // Offsets rise, so nothing that follows was seen.
                    details.recovery = None;
                    self.channels.get_mut(channel).subscribers[position].is_recovering = false;
                }
                None => {}
            },
            Some(Recovery::Following(following)) => {
                if let Some(offset) = delivery.offset {
                    if offset <= following.seen {
                        return;
                    }
                    following.seen = offset;
                    self.confirm_later(subscriber.connection);
                }
            }
            None => {}
        }
        self.send(subscriber.connection, delivery.frame.clone());
    }
}

impl<'a> Run<'a> {
    fn new(deliveries: &'a [Delivery]) -> Self {
        let joined = match deliveries {
            [only] => only.frame.clone(),
            many => {
                let mut joined = BytesMut::with_capacity(many.iter().map(|it| it.frame.len()).sum());
                for delivery in many {
                    joined.extend_from_slice(&delivery.frame);
                }
                joined.freeze()
            }
        };
        Self { deliveries, joined }
    }

    /// The frames for whoever subscribed at this number, and how many they are. Numbers rise along the run.
    fn piece_after(&self, since: u64) -> Option<(Bytes, usize)> {
        let skipped = self.deliveries.iter().take_while(|it| it.sequence <= since).count();
        if skipped == 0 {
            return Some((self.joined.clone(), self.deliveries.len()));
        }
        if skipped == self.deliveries.len() {
            return None;
        }
        let start: usize = self.deliveries[..skipped].iter().map(|it| it.frame.len()).sum();
        Some((self.joined.slice(start..), self.deliveries.len() - skipped))
    }
}
