//! What one has done to messages and the server has not confirmed yet: shown at once, taken back if it fails.

use std::sync::Arc;

use super::Room;
use super::changes::set_reaction;
use crate::accounts::UserSummary;
use crate::chat::model::Message;
use crate::ids::MessageId;
use crate::sorted::{SortedMap, SortedSet};
use crate::time::Timestamp;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    reactions: SortedMap<(MessageId, String), bool>,
    deleting: SortedSet<MessageId>,
}

impl Room {
    /// Sets one's reaction or takes it back, until the server has answered.
    pub fn react(&mut self, id: MessageId, emoji: String, is_set: bool) {
        self.pending.reactions.insert((id, emoji), is_set);
    }

    /// The server has answered.
    pub fn reacted(&mut self, id: MessageId, emoji: &str) {
        self.pending.reactions.remove(&(id, emoji.to_owned()));
    }

    /// Whether one has reacted so, as it is shown.
    pub fn has_reacted(&self, id: MessageId, emoji: &str) -> bool {
        if let Some(is_set) = self.pending.reactions.get(&(id, emoji.to_owned())) {
            return *is_set;
        }
        let reactions = self.timeline.get(id).map(|it| it.reactions.as_slice()).unwrap_or_default();
        reactions.iter().any(|it| it.emoji == emoji && it.users.iter().any(|it| it.id == self.me()))
    }

    /// Shows a message as deleted, until that is done or taken back.
    pub fn delete(&mut self, id: MessageId) {
        self.pending.deleting.add(id);
    }

    /// Whether a message is about to be deleted.
    pub fn is_deleting(&self, id: MessageId) -> bool {
        self.pending.deleting.contains(&id)
    }

    /// Shows a message again that was to be deleted. False if it was not.
    pub fn keep(&mut self, id: MessageId) -> bool {
        self.pending.deleting.remove(&id).is_some()
    }

    /// The server has deleted a message.
    pub fn deleted(&mut self, id: MessageId) {
        if self.pending.deleting.remove(&id).is_some() {
            self.timeline.update(id, bury);
        }
    }

    /// Whether a message has not been deleted.
    pub(super) fn is_there(&self, message: &Message) -> bool {
        message.deleted_at.is_none() && !self.is_deleting(message.id)
    }

    /// A message as it is shown.
    pub(super) fn shown(&self, message: &Arc<Message>) -> Arc<Message> {
        let mut message = Arc::clone(message);
        let id = message.id;
        if self.is_deleting(id) {
            bury(Arc::make_mut(&mut message));
            return message;
        }
        for ((_, emoji), is_set) in self.pending.reactions.iter().filter(|((of, _), _)| *of == id) {
            // Its name is not told to oneself.
            let me = UserSummary { id: self.me(), name: String::new() };
            let has = message.reactions.iter().any(|it| it.emoji == *emoji && it.users.iter().any(|it| it.id == me.id));
            if has != *is_set {
                set_reaction(Arc::make_mut(&mut message), &me, emoji, *is_set);
            }
        }
        message
    }
}

/// Leaves nothing but the place of a message.
fn bury(message: &mut Message) {
    message.body.clear();
    message.body_html.clear();
    message.reactions.clear();
    message.mentions.clear();
    message.deleted_at = message.deleted_at.or(Some(Timestamp::from_unix_ms(0)));
}
