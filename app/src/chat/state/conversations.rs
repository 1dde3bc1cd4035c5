//! The list of conversations, and how every event of its owner's channel changes it.

use std::cmp::Reverse;

use crate::chat::conversation::Conversation;
use crate::chat::model::{MAX_COUNTED_UNREAD, Message, excerpt};
use crate::chat::summary::{BlockState, ConversationList, ConversationSummary, LastLine, ReadState};
use crate::ids::{MessageId, UserId};
use crate::realtime::AppEvent;
use crate::sorted::SortedMap;

/// Somebody's conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversations {
    me: UserId,
    all: SortedMap<Conversation, ConversationSummary>,
}

impl Conversations {
    /// None yet, as seen by `me`.
    pub fn new(me: UserId) -> Self {
        Self { me, all: SortedMap::default() }
    }

    /// Takes a part of the list in place of what was known of each of its conversations.
    pub fn take(&mut self, list: ConversationList) {
        for summary in list.general.into_iter().chain(list.direct) {
            self.put(summary);
        }
    }

    /// Takes one line, as the server has it now.
    pub fn put(&mut self, mut summary: ConversationSummary) {
        if let Some(known) = self.all.get(&summary.conversation)
            && known.read_revision == summary.read_revision
            && known.read_up_to > summary.read_up_to
        {
            // Read here meanwhile, which the server did not know yet.
            summary.read_up_to = known.read_up_to;
            if is_read(&summary) {
                summary.unread_count = 0;
            }
        }
        self.all.insert(summary.conversation, summary);
    }

    /// Takes a line that was asked for, unless something newer was heard while it was on its way.
    pub fn put_unless_older(&mut self, summary: ConversationSummary) {
        let last = |it: &ConversationSummary| it.last_line.as_ref().map(|line| line.message_id);
        let is_older = self
            .all
            .get(&summary.conversation)
            .is_some_and(|known| last(known) > last(&summary) || known.read_revision > summary.read_revision);
        if !is_older {
            self.put(summary);
        }
    }

    /// A message of the general room has come, whose list hears of it by its channel alone.
    pub fn heard(&mut self, conversation: Conversation, message: &Message) {
        let Some(summary) = self.all.get_mut(&conversation) else { return };
        if summary.last_line.as_ref().is_some_and(|it| it.message_id >= message.id) {
            return;
        }
        if message.user.id == self.me {
            summary.unread_count = 0;
        } else {
            summary.unread_count = (summary.unread_count + 1).min(MAX_COUNTED_UNREAD);
        }
        summary.last_line = Some(LastLine {
            message_id: message.id,
            user: message.user.clone(),
            excerpt: excerpt(&message.body),
            is_deleted: false,
            sent_at: message.created_at,
        });
    }

    /// One's read position was moved back.
    pub fn moved_back(&mut self, state: &ReadState) {
        if let Some(summary) = self.all.get_mut(&state.conversation).filter(|it| it.read_revision <= state.revision) {
            summary.read_up_to = state.read_up_to;
            summary.read_revision = state.revision;
            summary.unread_count = state.unread_count;
        }
    }

    /// One has blocked somebody, or no longer does.
    pub fn set_blocked(&mut self, conversation: Conversation, is_blocked: bool) {
        if let Some(summary) = self.all.get_mut(&conversation) {
            summary.block = if is_blocked { BlockState::ByMe } else { BlockState::None };
        }
    }

    /// What is known of a conversation.
    pub fn get(&self, conversation: Conversation) -> Option<&ConversationSummary> {
        self.all.get(&conversation)
    }

    /// Those with one other person, the one with the newest message first; one that was just begun before all.
    pub fn direct(&self) -> Vec<&ConversationSummary> {
        let mut direct: Vec<_> = self.all.values().filter(|it| it.peer.is_some()).collect();
        direct.sort_by_key(|it| Reverse(it.last_line.as_ref().map_or(MessageId(i64::MAX), |line| line.message_id)));
        direct
    }

    /// How many messages of a conversation are unread. To somebody who has never read in the general room none is: it
    /// is history.
    pub fn unread(&self, conversation: Conversation) -> u32 {
        let is_new_here = |it: &&ConversationSummary| it.peer.is_none() && it.read_up_to.is_none();
        self.get(conversation).filter(|it| !is_new_here(it)).map_or(0, |it| it.unread_count)
    }

    /// How many direct messages are unread, of all people together but for the conversation that is being read.
    pub fn unread_direct(&self, looked_at: Option<Conversation>) -> usize {
        let others = self.all.values().filter(|it| it.peer.is_some() && Some(it.conversation) != looked_at);
        let counts = others.map(|it| it.unread_count);
        counts.fold(0, |sum, it| sum.saturating_add(usize::try_from(it).unwrap_or(usize::MAX)))
    }

    /// One has read everything up to a message: nothing is unread, once the last one is among it.
    pub fn read(&mut self, conversation: Conversation, read_up_to: MessageId) {
        if let Some(summary) = self.all.get_mut(&conversation) {
            summary.read_up_to = summary.read_up_to.max(Some(read_up_to));
            if is_read(summary) {
                summary.unread_count = 0;
            }
        }
    }

    /// Takes an event of the owner's channel. True if it concerned the list.
    pub fn apply(&mut self, event: &AppEvent) -> bool {
        match event {
            AppEvent::ConversationUpdated(updated) => self.put(updated.summary.clone()),
            AppEvent::MessageRead(read) => {
                let Some(summary) = self.all.get_mut(&read.conversation) else { return false };
                if read.reader.id != self.me {
                    summary.peer_read_up_to = summary.peer_read_up_to.max(read.read_up_to);
                } else if read.revision >= summary.read_revision {
                    summary.read_up_to = read.read_up_to;
                    summary.read_revision = read.revision;
                    summary.unread_count = read.unread_count.unwrap_or(summary.unread_count);
                }
            }
            AppEvent::MessageDelivered(it) if it.recipient.id != self.me => {
                let Some(summary) = self.all.get_mut(&it.conversation) else { return false };
                summary.peer_delivered_up_to = summary.peer_delivered_up_to.max(Some(it.delivered_up_to));
            }
            _ => return false,
        }
        true
    }
}

/// Whether the last message is among what was read.
fn is_read(summary: &ConversationSummary) -> bool {
    summary.last_line.as_ref().is_none_or(|it| Some(it.message_id) <= summary.read_up_to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::UserSummary;
    use crate::chat::summary::LastLine;
    use crate::realtime::events::{MessageDelivered, MessageRead};
    use crate::time::Timestamp;

    const ME: UserId = UserId(1);

    fn user(id: i64) -> UserSummary {
        UserSummary { id: UserId(id), name: format!("Person {id}") }
    }

    fn with(peer: i64) -> Conversation {
        Conversation::direct(ME, UserId(peer)).unwrap()
    }

    fn summary(peer: i64, last: Option<i64>, unread_count: u32) -> ConversationSummary {
        let line = |id| LastLine {
            message_id: MessageId(id),
            user: user(peer),
            excerpt: "hello".to_owned(),
            is_deleted: false,
            sent_at: Timestamp::from_unix_ms(0),
        };
        ConversationSummary {
            conversation: with(peer),
            peer: Some(user(peer)),
            last_line: last.map(line),
            read_up_to: None,
            read_revision: 1,
            unread_count,
            peer_read_up_to: None,
            peer_delivered_up_to: None,
            block: BlockState::None,
        }
    }

    fn conversations(summaries: Vec<ConversationSummary>) -> Conversations {
        let mut conversations = Conversations::new(ME);
        for summary in summaries {
            conversations.put(summary);
        }
        conversations
    }

    fn read(peer: i64, reader: i64, up_to: i64, revision: u32, unread_count: Option<u32>) -> AppEvent {
        AppEvent::MessageRead(MessageRead {
            conversation: with(peer),
            reader: user(reader),
            read_up_to: Some(MessageId(up_to)),
            read_at: Timestamp::from_unix_ms(0),
            revision,
            unread_count,
        })
    }

    #[test]
    fn the_newest_message_stands_first_and_a_new_talk_before_it() {
        let list = conversations(vec![summary(2, Some(5), 0), summary(3, Some(9), 2), summary(4, None, 0)]);
        let peers: Vec<i64> = list.direct().iter().filter_map(|it| Some(it.peer.as_ref()?.id.0)).collect();
        assert_eq!(peers, [4, 3, 2]);
        assert_eq!((list.unread_direct(None), list.unread(with(3))), (2, 2));
    }

    #[test]
    fn what_is_read_in_another_tab_is_read_here_and_an_old_word_changes_nothing() {
        let mut list = conversations(vec![summary(2, Some(5), 3)]);
        assert!(list.apply(&read(2, 1, 5, 3, Some(0))));
        assert_eq!(list.unread(with(2)), 0);
        list.apply(&read(2, 1, 3, 2, Some(2)));
        assert_eq!(list.unread(with(2)), 0);
        list.apply(&read(2, 1, 2, 4, Some(1)));
        assert_eq!((list.unread(with(2)), list.get(with(2)).unwrap().read_up_to), (1, Some(MessageId(2))));
    }

    #[test]
    fn what_the_other_person_has_got_and_read_never_moves_back() {
        let mut list = conversations(vec![summary(2, Some(5), 0)]);
        let delivered = |up_to| {
            AppEvent::MessageDelivered(MessageDelivered {
                conversation: with(2),
                recipient: user(2),
                delivered_up_to: MessageId(up_to),
                delivered_at: Timestamp::from_unix_ms(0),
            })
        };
        for event in [delivered(5), delivered(4), read(2, 2, 4, 2, None), read(2, 2, 3, 1, None)] {
            list.apply(&event);
        }
        let summary = list.get(with(2)).unwrap();
        assert_eq!((summary.peer_delivered_up_to, summary.peer_read_up_to), (Some(MessageId(5)), Some(MessageId(4))));
        assert_eq!(summary.read_up_to, None, "it was not I who read");
    }

    #[test]
    fn what_is_being_read_counts_for_nothing() {
        let list = conversations(vec![summary(2, Some(5), 3), summary(3, Some(9), 2)]);
        assert_eq!((list.unread_direct(Some(with(3))), list.unread_direct(Some(Conversation::General))), (3, 5));
    }

    #[test]
    fn a_line_from_before_the_reading_does_not_bring_the_badge_back() {
        let mut list = conversations(vec![summary(2, Some(5), 3)]);
        list.read(with(2), MessageId(5));
        list.put(summary(2, Some(5), 3));
        assert_eq!(list.unread(with(2)), 0);
        list.put(summary(2, Some(6), 4));
        assert_eq!(list.unread(with(2)), 4, "another message has come");
    }

    #[test]
    fn an_answer_that_was_overtaken_changes_nothing() {
        let mut list = conversations(vec![summary(2, Some(9), 2)]);
        list.put_unless_older(summary(2, Some(7), 1));
        assert_eq!(list.unread(with(2)), 2);
    }

    #[test]
    fn a_message_of_the_room_is_unread_once() {
        let mut list = Conversations::new(ME);
        let general = ConversationSummary { conversation: Conversation::General, peer: None, ..summary(2, Some(5), 0) };
        list.put(ConversationSummary { read_up_to: Some(MessageId(5)), ..general });
        let message = |id, author| {
            let client_id = crate::ids::ClientId::new(Timestamp::from_unix_ms(id));
            let (body, at) = ("hello".to_owned(), Timestamp::from_unix_ms(0));
            Message::new(MessageId(id), client_id, user(author), body.clone(), body, at)
        };
        for id in [6, 7, 7, 6] {
            list.heard(Conversation::General, &message(id, 2));
        }
        assert_eq!(list.unread(Conversation::General), 2);
        list.heard(Conversation::General, &message(8, 1));
        assert_eq!(list.unread(Conversation::General), 0, "who writes has read");
    }

    #[test]
    fn reading_the_last_message_leaves_nothing_unread() {
        let mut list = conversations(vec![summary(2, Some(5), 3)]);
        list.read(with(2), MessageId(4));
        assert_eq!(list.unread(with(2)), 3, "the server counts the rest");
        list.read(with(2), MessageId(5));
        assert_eq!(list.unread(with(2)), 0);
    }
}
