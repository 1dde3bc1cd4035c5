//! What a client's frame does: a function for each event, on the thread of the connection's shard.

mod client_event;
mod follow;
mod recover;
mod signin;
mod subscribe;

use std::time::Duration;

use crate::hub::presence_changes::LeaveReason;
use crate::hub::shard::{Connection, Shard};
use crate::hub::wire::{self, ClientMessage, InvalidFormat};
use crate::presence::ChannelKey;

/// What may have a pace.
#[derive(Debug, Clone, Copy)]
enum Paced {
    ClientEvent,
    Subscribe,
}

impl Shard {
    /// Handles a text message.
    pub(crate) fn on_text(&mut self, index: u32, text: &str) {
        if !self.is_within_rate(index) {
            return;
        }
        match wire::parse(text) {
            Ok(ClientMessage::Ping) => self.send(index, wire::pong()),
            Ok(ClientMessage::Pong | ClientMessage::Ignored) => {}
            Ok(ClientMessage::Subscribe(subscribe)) => self.on_subscribe(index, subscribe),
            Ok(ClientMessage::Unsubscribe { channel }) => self.on_unsubscribe(index, &channel),
            Ok(ClientMessage::Signin { auth, user_data }) => self.on_signin(index, &auth, &user_data),
            Ok(ClientMessage::ClientEvent { event, channel, data }) => {
                self.on_client_event(index, text, &event, &channel, &data);
            }
            Err(InvalidFormat) => self.send_error(index, 4200, "Invalid message format", false),
        }
    }

    /// A binary message that is no text: it counts as any other (rules FRM-1 and LIM-2).
    pub(crate) fn on_binary(&mut self, index: u32) {
        if self.is_within_rate(index) {
            self.send_error(index, 4200, "Invalid message format", false);
        }
    }

    /// Takes one subscription or client event from the second's allowance of the connection and of its application.
    fn is_within_pace(&mut self, index: u32, paced: Paced) -> bool {
        let now_ns = self.now_ms.saturating_mul(1_000_000);
        let connection = &mut self.connections[index as usize];
        let Some(admission) = &connection.admission else { return false };
        let (limits, tenant) = (&admission.application.limits, &admission.tenant);
        let (of_one, of_all, of_all_so_far, counter) = match paced {
            Paced::ClientEvent => (
                limits.client_events_of_one(),
                limits.total_client_events_per_second,
                &tenant.client_events,
                &self.shared.limited.client_events,
            ),
            Paced::Subscribe => (
                limits.subscribes_of_one(),
                limits.total_subscribes_per_second,
                &tenant.subscribes,
                &self.shared.limited.subscribes,
            ),
        };
        let is_within_own = of_one.is_none_or(|per_second| {
            let own = connection.rare.get_or_insert_default();
            match paced {
                Paced::ClientEvent => own.client_events.take(per_second, now_ns),
                Paced::Subscribe => own.subscribes.take(per_second, now_ns),
            }
        });
        let is_within =
            is_within_own && of_all.is_none_or(|per_second| of_all_so_far.take(per_second, tenant.now_ns(), 1));
        if !is_within {
            counter.add(1);
        }
        is_within
    }

    /// Counts the message in the window of the rate limit (rule LIM-2); says so when it is one too many.
    fn is_within_rate(&mut self, index: u32) -> bool {
        let now_ms = self.now_ms;
        let connection = &mut self.connections[index as usize];
        let Some(limit) = connection.application().and_then(|it| it.rate_limit) else { return true };
        let decay_ms = u64::try_from(limit.decay.max(Duration::from_millis(1)).as_millis()).unwrap_or(u64::MAX);
        if connection.rate_count == 0 || now_ms >= connection.rate_window_ms.saturating_add(decay_ms) {
            connection.rate_window_ms = now_ms;
            connection.rate_count = 0;
        }
        if connection.rate_count < limit.max_attempts {
            connection.rate_count += 1;
            return true;
        }
        self.shared.limited.messages.add(1);
        self.send_error(index, 4301, "Rate limit exceeded", false);
        if limit.terminate {
            self.close(index, 4100, "Rate limit exceeded", LeaveReason::Closed);
        }
        false
    }

    /// Ends a subscription without an answer (rule SUB-10).
    fn on_unsubscribe(&mut self, index: u32, channel: &str) {
        let Some(key) = key_of(&self.connections[index as usize], channel) else { return };
        if let Some(slot) = self.channels.slot(&self.connections[index as usize], &key) {
            self.unfollow(index, slot, &key);
            self.leave(index, slot, LeaveReason::Unsubscribed);
        }
    }
}

/// The channel of the connection's application that bears this name, if it is a name.
fn key_of(connection: &Connection, channel: &str) -> Option<ChannelKey> {
    let application = connection.application()?.id.clone();
    Some(ChannelKey { application, channel: channel.parse().ok()? })
}
