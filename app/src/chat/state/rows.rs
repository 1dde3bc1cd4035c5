//! The room as a list of rows: day lines, the unread line, messages with or without their author's name above.

use std::sync::Arc;

use super::Room;
use crate::chat::conversation::Conversation;
use crate::chat::model::{Message, Quote};
use crate::chat::outbox::Shown;
use crate::chat::summary::ReadReceipt;
use crate::ids::{ClientId, MessageId, UserId};
use crate::time::{CivilDate, Timestamp};

/// Messages of one author this close together stand under one name.
const GROUP_MS: i64 = 5 * 60 * 1_000;

/// What a row is found by when the list changes. A message keeps its row from the moment it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// The line above a day's first message.
    Day(CivilDate),
    /// The line above the first unread message.
    Unread,
    /// A message, stored or not.
    Message(ClientId),
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A new day begins.
    Day(CivilDate),
    /// What follows has not been read.
    Unread,
    /// A message.
    Message(MessageRow),
}

/// A message as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Stays the same when the message goes from unsent to stored.
    pub client_id: ClientId,
    /// Whether it continues the row above: same author, same day, within five minutes, nothing between.
    pub continues: bool,
    /// Whether the viewer wrote it.
    pub is_mine: bool,
    /// When: by the server's clock once it is stored, by the browser's before.
    pub at: Timestamp,
    /// What it says, and how far it got.
    pub content: Content,
    /// How far a stored one of one's own got.
    pub progress: Progress,
    /// Who has read it, on the last message alone that tells it.
    pub readers: Vec<ReadReceipt>,
    /// Whether the viewer is named in it.
    pub mentions_me: bool,
}

impl MessageRow {
    /// The number of a stored message.
    pub fn id(&self) -> Option<MessageId> {
        match &self.content {
            Content::Stored(message) => Some(message.id),
            Content::Unsent { .. } => None,
        }
    }

    /// Whether something can be done with it.
    pub fn is_open(&self) -> bool {
        matches!(&self.content, Content::Stored(message) if message.deleted_at.is_none())
    }
}

/// How far a message of one's own got, once it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The server has it.
    Sent,
    /// A device of the other person has it.
    Delivered,
    /// The other person has read it.
    Read,
}

/// A message, stored or on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The server has it.
    Stored(Arc<Message>),
    /// It is in the outbox.
    Unsent {
        /// What was written.
        body: String,
        /// The message that it answers.
        reply_to: Option<Quote>,
        /// How far it got.
        shown: Shown,
    },
}

/// The message row above, as far as grouping asks.
#[derive(Clone, Copy)]
struct Above {
    author: UserId,
    at: Timestamp,
}

impl Above {
    /// Clocks may differ by a little, so a message may seem older than the one above; a distance has no direction.
    fn is_continued_by(self, author: UserId, at: Timestamp) -> bool {
        self.author == author && at.unix_ms().abs_diff(self.at.unix_ms()) < GROUP_MS.unsigned_abs()
    }
}

impl Room {
    /// All rows, top to bottom. `date_of` tells on which day of the viewer's zone an instant lies.
    pub fn rows(&self, date_of: &dyn Fn(Timestamp) -> CivilDate) -> Vec<Row> {
        let line_before = self.read.line_before(&self.timeline);
        let last_told = self.last_told();
        let mut rows = Vec::with_capacity(self.timeline.len() + 8);
        let mut above = None::<Above>;
        let mut latest_date = None;
        for message in self.timeline.messages() {
            let date = date_of(message.created_at);
            // Only ever forward, or a clock that was set back would draw the same day twice.
            if latest_date < Some(date) {
                latest_date = Some(date);
                rows.push(Row::Day(date));
                above = None;
            }
            if line_before == Some(message.id) {
                rows.push(Row::Unread);
                above = None;
            }
            let (author, at) = (message.user.id, message.created_at);
            let message = self.shown(message);
            let is_mine = author == self.me();
            let tells_readers = last_told == Some(message.id);
            // An answer says whom it answers, so it stands under a name of its own.
            let continues = message.reply_to.is_none() && above.is_some_and(|it| it.is_continued_by(author, at));
            rows.push(Row::Message(MessageRow {
                client_id: message.client_id,
                continues,
                is_mine,
                at,
                progress: if is_mine { self.progress(message.id) } else { Progress::Sent },
                readers: if tells_readers { self.readers(message.id) } else { Vec::new() },
                mentions_me: message.mentions.iter().any(|it| it.id == self.me()),
                content: Content::Stored(message),
            }));
            above = Some(Above { author, at });
        }
        for (message, shown) in self.outbox.shown().filter(|(it, _)| !self.timeline.contains(it.client_id)) {
            let (author, at) = (self.me(), message.created_at);
            let reply_to = message.reply_to.clone();
            rows.push(Row::Message(MessageRow {
                client_id: message.client_id,
                continues: reply_to.is_none() && above.is_some_and(|it| it.is_continued_by(author, at)),
                is_mine: true,
                at,
                progress: Progress::Sent,
                readers: Vec::new(),
                mentions_me: false,
                content: Content::Unsent { body: message.body.clone(), reply_to, shown },
            }));
            above = Some(Above { author, at });
        }
        rows
    }

    /// How far a stored message of one's own got. In the room that is told by who has read it.
    fn progress(&self, id: MessageId) -> Progress {
        if self.conversation == Conversation::General {
            Progress::Sent
        } else if !self.receipts.readers(id).is_empty() {
            Progress::Read
        } else if self.delivered_up_to >= Some(id) {
            Progress::Delivered
        } else {
            Progress::Sent
        }
    }

    /// The message of one's own that tells who has read it: the last one that somebody has.
    fn last_told(&self) -> Option<MessageId> {
        let mut own = self.timeline.messages().rev().filter(|it| it.user.id == self.me() && self.is_there(it));
        let is_direct = self.conversation != Conversation::General;
        own.find(|it| !is_direct || self.progress(it.id) == Progress::Read).map(|it| it.id)
    }

    fn readers(&self, id: MessageId) -> Vec<ReadReceipt> {
        self.receipts.readers(id).into_iter().cloned().collect()
    }
}
