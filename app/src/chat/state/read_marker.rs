//! How far one person has read, and where the line "New messages" stands.

use super::timeline::Timeline;
use crate::chat::conversation::Conversation;
use crate::chat::model::Message;
use crate::ids::{MessageId, UserId};

/// The read position of a person, from which everything unread is derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMarker {
    me: UserId,
    /// What is read before the first reading. Somebody who comes into the room is new there: to them nothing is unread,
    /// it is history. What one other person has written is unread from the first word on.
    at_first: Option<MessageId>,
    /// What the server has, and how often it was moved there.
    known: Option<MessageId>,
    revision: u32,
    /// What has been read beyond it, and is still to be told.
    ahead: Option<MessageId>,
    /// The line stands after this message, for the visit.
    line_after: Option<MessageId>,
}

impl ReadMarker {
    pub(super) fn new(me: UserId, conversation: Conversation) -> Self {
        let at_first = (conversation != Conversation::General).then_some(MessageId(0));
        Self { me, at_first, known: None, revision: 0, ahead: None, line_after: None }
    }

    pub(super) const fn me(&self) -> UserId {
        self.me
    }

    /// The last message read.
    pub fn read_up_to(&self) -> Option<MessageId> {
        self.known.max(self.ahead)
    }

    /// The last message that the server knows to be read.
    pub const fn told_up_to(&self) -> Option<MessageId> {
        self.known
    }

    /// Moves the position forward, never back. The server is still to be told.
    pub fn advance(&mut self, read_up_to: MessageId) {
        if self.read_up_to() < Some(read_up_to) {
            self.ahead = Some(read_up_to);
        }
    }

    /// What the server is still to be told.
    pub const fn untold(&self) -> Option<MessageId> {
        self.ahead
    }

    /// The server has been told.
    pub fn told(&mut self, read_up_to: MessageId) {
        self.known = self.known.max(Some(read_up_to));
        self.ahead = self.ahead.filter(|it| *it > read_up_to);
    }

    /// The server tells its position: with a page, or because another tab has moved it, be it back. Of two that were
    /// moved equally often the later one counts.
    pub fn heard(&mut self, read_up_to: Option<MessageId>, revision: u32) {
        if revision < self.revision {
            return;
        }
        self.known = if revision > self.revision { read_up_to } else { self.known.max(read_up_to) };
        self.revision = revision;
        self.ahead = self.ahead.filter(|it| Some(*it) > self.known);
    }

    /// What one has read is to count as unread again, as the server has it now.
    pub fn move_back(&mut self, read_up_to: Option<MessageId>, revision: u32) {
        self.ahead = None;
        self.heard(read_up_to, revision);
    }

    pub(super) fn begin_visit(&mut self, timeline: &Timeline) {
        self.line_after = self.read_up_to().or(self.at_first).filter(|_| self.unread_count(timeline) > 0);
    }

    pub(super) fn unread_count(&self, timeline: &Timeline) -> usize {
        match self.read_up_to().or(self.at_first) {
            Some(read) => {
                timeline.messages().rev().take_while(|it| it.id > read).filter(|it| self.is_others(it)).count()
            }
            None => 0,
        }
    }

    /// The message before which the line stands: the first of somebody else's after the position.
    ///
    /// `None` while it can't be known, since what lies before the first loaded message is not.
    pub(super) fn line_before(&self, timeline: &Timeline) -> Option<MessageId> {
        let after = self.line_after?;
        if timeline.has_older() && timeline.oldest().is_none_or(|oldest| oldest > after) {
            return None;
        }
        timeline.messages().find(|it| it.id > after && self.is_others(it)).map(|it| it.id)
    }

    fn is_others(&self, message: &Message) -> bool {
        message.user.id != self.me
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A position after this message.
    fn id(id: impl Into<Option<i64>>) -> Option<MessageId> {
        id.into().map(MessageId)
    }

    #[test]
    fn what_the_server_was_not_told_stays_to_be_told() {
        let mut read = ReadMarker::new(UserId(1), Conversation::General);
        read.heard(id(3), 1);
        read.advance(MessageId(5));
        assert_eq!((read.read_up_to(), read.untold()), (id(5), id(5)));
        read.heard(id(3), 1);
        assert_eq!(read.untold(), id(5), "a page of before changes nothing");
        read.advance(MessageId(7));
        read.told(MessageId(5));
        assert_eq!((read.read_up_to(), read.untold()), (id(7), id(7)), "two more were read meanwhile");
        read.told(MessageId(7));
        assert_eq!((read.read_up_to(), read.untold()), (id(7), None));
    }

    #[test]
    fn another_tab_moves_the_position_forward_and_back() {
        let mut read = ReadMarker::new(UserId(1), Conversation::General);
        read.heard(id(9), 4);
        read.heard(id(2), 5);
        assert_eq!(read.read_up_to(), id(2), "marked unread from there");
        read.heard(id(9), 4);
        assert_eq!(read.read_up_to(), id(2), "an older word came late");
        read.advance(MessageId(1));
        assert_eq!((read.read_up_to(), read.untold()), (id(2), None), "reading moves it forward alone");
    }
}
