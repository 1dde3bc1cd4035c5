//! The loaded stretch of a conversation: always without holes, at either end more to load or the very end.

use std::sync::Arc;

use crate::chat::model::{Message, MessagePage};
use crate::ids::{ClientId, MessageId};
use crate::sorted::{SortedMap, SortedSet};

/// The most messages that are kept, and so the most rows in the page; the far end is dropped and loaded again on demand.
pub const MAX_ROWS: usize = 300;

/// A stretch of stored messages by rising id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    messages: SortedMap<MessageId, Arc<Message>>,
    client_ids: SortedSet<ClientId>,
    has_older: bool,
    has_newer: bool,
    /// The highest id heard of, loaded or not: a page that ends before it is not the end.
    newest_heard: Option<MessageId>,
}

impl Timeline {
    /// The messages, oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.messages.values()
    }

    /// How many messages are loaded.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether nothing is loaded.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Whether there are older messages to load.
    pub const fn has_older(&self) -> bool {
        self.has_older
    }

    /// Whether there are newer messages to load: then what arrives is not shown, but loaded when it is scrolled to.
    pub const fn has_newer(&self) -> bool {
        self.has_newer
    }

    /// The oldest message loaded.
    pub fn oldest(&self) -> Option<MessageId> {
        self.messages.first().map(|(id, _)| *id)
    }

    /// The newest message loaded.
    pub fn newest(&self) -> Option<MessageId> {
        self.messages.last().map(|(id, _)| *id)
    }

    /// The newest message heard of.
    pub fn newest_heard(&self) -> Option<MessageId> {
        self.newest_heard.max(self.newest())
    }

    /// Whether the message that its author's client gave this id is loaded.
    pub fn contains(&self, client_id: ClientId) -> bool {
        self.client_ids.contains(&client_id)
    }

    /// A message that is loaded.
    pub fn get(&self, id: MessageId) -> Option<&Arc<Message>> {
        self.messages.get(&id)
    }

    /// The message before another one that is loaded.
    pub fn before(&self, id: MessageId) -> Option<MessageId> {
        self.messages.keys().rev().find(|it| **it < id).copied()
    }

    /// Changes a message, if it is loaded.
    pub(super) fn update(&mut self, id: MessageId, change: impl FnOnce(&mut Message)) {
        if let Some(message) = self.messages.get_mut(&id) {
            change(Arc::make_mut(message));
        }
    }

    /// Changes all that answer a message.
    pub(super) fn update_quotes(&mut self, id: MessageId, change: impl Fn(&mut Message)) {
        let answers = |it: &&mut Arc<Message>| it.reply_to.as_ref().is_some_and(|it| it.message_id == id);
        self.messages.values_mut().filter(answers).for_each(|it| change(Arc::make_mut(it)));
    }

    /// Takes a page in place of everything.
    ///
    /// Nothing is kept: after a gap only the server knows what lies between the page and what was loaded.
    pub(super) fn open(&mut self, page: MessagePage) {
        self.newest_heard = self.newest_heard();
        self.messages.clear();
        self.client_ids.clear();
        self.put_all(page.messages);
        self.has_older = page.has_older;
        // Heard of while the page was on its way: the next page brings it.
        self.has_newer = page.has_newer || (self.newest().is_some() && self.newest_heard > self.newest());
    }

    /// Joins the page asked for with `before` at the old end; ignored if that message is no longer in the stretch, since
    /// then nothing tells what lies between the two.
    pub(super) fn merge_older(&mut self, before: MessageId, page: MessagePage) {
        let Some((oldest, _)) = self.ends_around(before) else { return };
        if page.messages.first().is_none_or(|it| it.id <= oldest) {
            self.has_older = page.has_older;
        }
        self.put_all(page.messages);
    }

    /// Joins the page asked for with `after` at the new end; ignored if that message is no longer in the stretch.
    pub(super) fn merge_newer(&mut self, after: MessageId, page: MessagePage) {
        let Some((_, newest)) = self.ends_around(after) else { return };
        let last = page.messages.last().map_or(after, |it| it.id);
        if last >= newest {
            // An empty page at our own end: what was heard of beyond it is gone.
            let is_final = page.messages.is_empty() && after == newest;
            if is_final {
                self.newest_heard = Some(newest);
            }
            self.has_newer = page.has_newer || self.newest_heard > Some(last);
        }
        self.put_all(page.messages);
    }

    /// Both ends, if the message lies between them or is one of them.
    fn ends_around(&self, message: MessageId) -> Option<(MessageId, MessageId)> {
        self.oldest().zip(self.newest()).filter(|(oldest, newest)| (*oldest..=*newest).contains(&message))
    }

    /// Takes one message from wherever it comes. True if it was not known: it is shown now, or waits past the new end.
    pub(super) fn insert(&mut self, message: Arc<Message>) -> bool {
        let id = message.id;
        let is_past_old_end = self.has_older && self.oldest().is_some_and(|it| id < it);
        let is_past_new_end = self.has_newer && self.newest().is_some_and(|it| id > it);
        let is_news = if is_past_old_end {
            false
        } else if is_past_new_end {
            self.newest_heard < Some(id)
        } else {
            self.put(message)
        };
        self.newest_heard = self.newest_heard.max(Some(id));
        is_news
    }

    /// Drops what is over [`MAX_ROWS`] from the old end.
    pub fn trim_older(&mut self) {
        while self.messages.len() > MAX_ROWS {
            if let Some((_, message)) = self.messages.pop_first() {
                self.client_ids.remove(&message.client_id);
                self.has_older = true;
            }
        }
    }

    /// Drops what is over [`MAX_ROWS`] from the new end.
    pub fn trim_newer(&mut self) {
        self.newest_heard = self.newest_heard();
        while self.messages.len() > MAX_ROWS {
            if let Some((_, message)) = self.messages.pop_last() {
                self.client_ids.remove(&message.client_id);
                self.has_newer = true;
            }
        }
    }

    fn put_all(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.put(Arc::new(message));
        }
    }

    fn put(&mut self, message: Arc<Message>) -> bool {
        self.client_ids.add(message.client_id);
        match self.messages.get_mut(&message.id) {
            // An older version that comes late changes nothing.
            Some(known) if known.revision > message.revision => false,
            Some(known) => {
                *known = message;
                false
            }
            None => self.messages.insert(message.id, message).is_none(),
        }
    }
}
