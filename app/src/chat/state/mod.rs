//! What the chat page shows, and how everything that arrives changes it. Pure: no browser, no clock of its own.
//!
//! A [`Room`] holds the loaded stretch of the history and what waits to be sent. Whatever the order in which echoes,
//! answers, replays and pages come in, it ends with the same list, and nothing in it twice.

mod changes;
mod conversations;
mod loading;
mod marking;
mod mention;
mod pending;
mod read_marker;
mod receipts;
mod rows;
#[cfg(test)]
mod tests;
mod timeline;
mod typing;

use std::collections::VecDeque;
use std::sync::Arc;

use super::conversation::Conversation;
use super::model::{Message, MessagePage};
use super::outbox::Outbox;
use super::summary::{ConversationSummary, ReadReceipt};
use crate::ids::{ClientId, MessageId, UserId};
use crate::realtime::AppEvent;

use pending::Pending;
use receipts::Receipts;

pub use conversations::Conversations;
pub use loading::{Loading, Question, Stretch};
pub use marking::Marking;
pub use mention::{Named, Naming};
pub use read_marker::ReadMarker;
pub use rows::{Content, MessageRow, Progress, Row, RowKey};
pub use timeline::Timeline;
pub use typing::{TypingLeases, TypingNotices};

/// A conversation as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    conversation: Conversation,
    /// The loaded stretch of the history.
    pub timeline: Timeline,
    /// What is on its way.
    pub outbox: Outbox,
    /// How far has been read.
    pub read: ReadMarker,
    /// How far others have read.
    receipts: Receipts,
    /// The last message that has reached a device of the other person.
    delivered_up_to: Option<MessageId>,
    /// The last changes of messages: a page that was asked for before them may come after them.
    changes: VecDeque<AppEvent>,
    pending: Pending,
}

/// How many changes are remembered for pages that are on their way.
const MAX_CHANGES: usize = 200;

impl Room {
    /// An empty room, as seen by `me` before anything is loaded.
    pub fn new(me: UserId, conversation: Conversation) -> Self {
        Self {
            conversation,
            timeline: Timeline::default(),
            outbox: Outbox::default(),
            read: ReadMarker::new(me, conversation),
            receipts: Receipts::default(),
            delivered_up_to: None,
            changes: VecDeque::new(),
            pending: Pending::default(),
        }
    }

    /// Who looks at the room.
    pub const fn me(&self) -> UserId {
        self.read.me()
    }

    /// The number of a stored message that is loaded.
    pub fn message_id(&self, client_id: ClientId) -> Option<MessageId> {
        self.timeline.messages().rev().find(|it| it.client_id == client_id).map(|it| it.id)
    }

    /// The id by which a stored message that is loaded is found in the page.
    pub fn client_id(&self, id: MessageId) -> Option<ClientId> {
        self.timeline.get(id).map(|it| it.client_id)
    }

    /// A stored message that is loaded.
    pub fn stored(&self, client_id: ClientId) -> Option<&Arc<Message>> {
        self.timeline.messages().rev().find(|it| it.client_id == client_id)
    }

    /// One's own last message that can be changed.
    pub fn last_own(&self) -> Option<&Arc<Message>> {
        self.timeline.messages().rev().find(|it| it.user.id == self.me() && self.is_there(it))
    }

    /// Takes how far others have got, as opening the conversation brought it.
    pub fn take_receipts(&mut self, summary: &ConversationSummary, receipts: Vec<ReadReceipt>) {
        self.receipts.take(receipts);
        self.delivered_up_to = self.delivered_up_to.max(summary.peer_delivered_up_to);
    }

    /// Takes the page that was asked for.
    pub fn take(&mut self, asked: Stretch, page: MessagePage) {
        self.read.heard(page.read_up_to, page.read_revision);
        for message in &page.messages {
            self.outbox.accepted(message.client_id);
        }
        match asked {
            Stretch::Newest | Stretch::Around(_) => self.timeline.open(page),
            Stretch::Before(before) => self.timeline.merge_older(before, page),
            Stretch::After(after) => self.timeline.merge_newer(after, page),
        }
        for event in &self.changes {
            if let Some(id) = changes::changed_message(event) {
                self.timeline.update(id, |it| changes::change(it, event));
            }
        }
    }

    /// Takes a message that the server has accepted: an echo, a replay, or the answer to our own command.
    ///
    /// True if it was not known before.
    pub fn accept(&mut self, message: Message) -> bool {
        self.outbox.accepted(message.client_id);
        self.timeline.insert(Arc::new(message))
    }

    /// Takes an event of the room's channels. Returns the message of somebody else that it brought, if it is news.
    ///
    /// What concerns other areas changes nothing here.
    pub fn apply(&mut self, event: AppEvent) -> Option<Arc<Message>> {
        let message = match event {
            AppEvent::MessageSent(sent) => sent.message,
            AppEvent::PrivateMessageSent(sent) => sent.message,
            AppEvent::MessageRead(read) => {
                if read.conversation != self.conversation {
                } else if read.reader.id == self.me() {
                    self.read.heard(read.read_up_to, read.revision);
                } else {
                    self.receipts.heard(&read);
                }
                return None;
            }
            AppEvent::MessageDelivered(it) => {
                if it.conversation == self.conversation && it.recipient.id != self.me() {
                    self.delivered_up_to = self.delivered_up_to.max(Some(it.delivered_up_to));
                }
                return None;
            }
            event => {
                self.note_change(event);
                return None;
            }
        };
        let is_news = self.accept(message.clone());
        (is_news && message.user.id != self.me()).then(|| Arc::new(message))
    }

    /// Changes the message that an event tells of, and what others quote of it.
    fn note_change(&mut self, event: AppEvent) {
        let Some(id) = changes::changed_message(&event) else { return };
        self.timeline.update(id, |it| changes::change(it, &event));
        if !matches!(event, AppEvent::ReactionChanged(_)) {
            self.timeline.update_quotes(id, |it| changes::change_quote(it, &event));
        }
        if self.changes.len() == MAX_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(event);
    }

    /// Draws the line "New messages" after what has been read, if something follows. It stays for the visit.
    pub fn begin_visit(&mut self) {
        self.read.begin_visit(&self.timeline);
    }

    /// How many messages of others follow the read position, as far as they are loaded.
    pub fn unread_count(&self) -> usize {
        self.read.unread_count(&self.timeline)
    }
}
