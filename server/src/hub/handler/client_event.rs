//! `client-…` events (section 9).

use std::sync::Arc;

use crate::application::ClientEventPolicy;
use crate::hub::handler::{Paced, key_of};
use crate::hub::occurrences::Occurred;
use crate::hub::shard::Shard;
use crate::hub::wire;

impl Shard {
    /// Passes a client event on to the others of its channel.
    pub(super) fn on_client_event(&mut self, index: u32, text: &str, event: &str, channel: &str, data: &str) {
        let connection = &self.connections[index as usize];
        let Some(application) = connection.application().cloned() else { return };
        let limits = &application.limits;
        let policy = application.accept_client_events_from;
        if policy == ClientEventPolicy::None {
            self.send_error(index, 4301, "The app does not have client messaging enabled.", false);
            return;
        }
        let key = key_of(connection, channel);
        let slot = key.as_ref().and_then(|key| self.channels.slot(connection, key));
        let is_member = slot.is_some();
        if policy == ClientEventPolicy::Members && !is_member {
            self.send_error(index, 4009, "The client is not a member of the specified channel.", false);
            return;
        }
        let (max_chars, max_bytes) = (limits.max_event_name_chars, limits.max_client_event_data_bytes);
        if event.chars().count() > max_chars {
            let message = format!("The event name is longer than {max_chars} characters.");
            self.send_error(index, 4301, &message, false);
            return;
        }
        if data.len() > max_bytes {
            let message = format!("The event data is larger than {max_bytes} bytes.");
            self.send_error(index, 4301, &message, false);
            return;
        }
        if !self.is_within_pace(index, Paced::ClientEvent) {
            self.send_error(index, 4301, "More client events in a second than may be.", false);
            return;
        }
        let connection = &self.connections[index as usize];
        // Without a valid name nobody can be subscribed; on a user's own channel client events do not exist (USR-6).
        let Some(key) = key.filter(|it| it.channel.server_to_user().is_none()) else { return };
        let frame = if policy == ClientEventPolicy::All {
            wire::verbatim(text)
        } else {
            let details = slot.and_then(|it| connection.subscriptions[it as usize].details.as_ref());
            let user_id = details.and_then(|it| it.member.as_ref()).map(|(_, json)| &**json);
            wire::client_event(event, &key.channel, data, user_id)
        };
        let socket_id = connection.socket_id;
        if key.channel.kind().is_signed() && self.shared.occurrences.is_heeded() {
            let details = slot.and_then(|it| connection.subscriptions[it as usize].details.as_ref());
            let user_id = details.and_then(|it| it.member.as_ref()).map(|(id, _)| Arc::clone(id));
            let occurred = || Occurred::ClientEvent { event: event.into(), data: data.into(), socket_id, user_id };
            self.shared.tell_and(&key, &frame, Some(socket_id), || self.shared.occurred(&key, occurred));
            return;
        }
        self.shared.tell(&key, &frame, Some(socket_id));
    }
}
