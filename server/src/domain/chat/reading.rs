//! Read positions: one for each person and conversation, from which every count is derived.

use std::collections::HashSet;

use app::accounts::{User, UserSummary};
use app::chat::{AllRead, Conversation, MAX_COUNTED_UNREAD, ReadReceipt, ReadState, Readers};
use app::error::AppError;
use app::ids::{MessageId, UserId};
use app::realtime::events::{MessageDelivered, MessageRead};
use app::realtime::{AppChannel, AppEvent};

use super::Chat;
use super::history::refuse_strangers;
use crate::store::{ReadPosition, StoreError, StoredMessage, UnreadStretch};

/// Authors of the general room who are told that they were read, at most, the last ones first: whoever wrote before
/// them sees it when they open the room. Without a limit, coming back after a week would tell everybody.
const MAX_TOLD_AUTHORS: i64 = 10;

/// Messages that are looked through for them.
const MAX_READ_THROUGH: i64 = 200;

/// The most people in a list of readers.
const MAX_READERS: i64 = 50;

/// The most conversations that are marked as read by one command.
const MAX_MARKED: usize = 100;

/// Which way a read position is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Back,
}

impl Chat {
    /// Everything up to `id` in its conversation has been read.
    pub(super) async fn read(&self, reader: &User, id: MessageId) -> Result<ReadState, AppError> {
        let found = self.readable(reader, id).await?;
        self.move_position(reader, found.conversation, Some(id), Direction::Forward).await
    }

    /// Everything from `id` on in its conversation is to count as unread.
    pub(super) async fn unread(&self, reader: &User, id: MessageId) -> Result<ReadState, AppError> {
        let found = self.readable(reader, id).await?;
        let last_read = self.store.message_before(found.key, id).await?;
        self.move_position(reader, found.conversation, last_read, Direction::Back).await
    }

    /// Everything has been read, in every conversation.
    pub(super) async fn read_all(&self, reader: &User) -> Result<AllRead, AppError> {
        let limit = i64::try_from(MAX_MARKED + 1).unwrap_or(i64::MAX);
        let unread = self.store.unread_conversations(reader.id, limit).await?;
        let has_more = unread.len() > MAX_MARKED;
        let mut conversations = Vec::new();
        for (conversation, newest) in unread.into_iter().take(MAX_MARKED) {
            let state = self.move_position(reader, conversation, Some(newest), Direction::Forward).await?;
            conversations.push(state);
        }
        Ok(AllRead { conversations, has_more })
    }

    /// A message that this person may read.
    ///
    /// # Errors
    /// `NotFound`, also if it is other people's: that it exists is their business.
    pub(super) async fn readable(&self, reader: &User, id: MessageId) -> Result<StoredMessage, AppError> {
        let found = self.store.message(id).await?.filter(|it| it.conversation.is_open_to(reader.id));
        found.ok_or_else(|| AppError::NotFound(format!("message {id}")))
    }

    async fn move_position(
        &self,
        reader: &User,
        conversation: Conversation,
        to: Option<MessageId>,
        direction: Direction,
    ) -> Result<ReadState, AppError> {
        let before = self.store.read_position(reader.id, &conversation.to_string()).await?;
        if !moves(before, to, direction) {
            return Ok(self.read_state(reader, conversation, before).await?);
        }
        let authors = self.told_authors(reader, conversation, before, to).await?;
        let (at, own) = (self.clock.now(), AppChannel::PrivateUser(reader.id));
        let mut tx = self.store.begin().await?;
        let channels = authors.iter().map(|it| AppChannel::PrivateUser(*it)).chain([own]);
        let mut reservations = self.log.reserve_all(&mut tx, channels).await?;
        let is_forward = direction == Direction::Forward;
        let name = conversation.to_string();
        let Some(position) = tx.move_read_position(reader.id, &name, to, is_forward, at).await? else {
            tx.rollback().await?; // another tab was faster
            let now = self.store.read_position(reader.id, &name).await?;
            return Ok(self.read_state(reader, conversation, now).await?);
        };
        if let Some(peer) = conversation.peer(reader.id) {
            tx.set_read(reader.id, peer, position.message(), is_forward).await?;
        }
        let key = tx.conversation_key(conversation).await?;
        let stretch = UnreadStretch { conversation, key, reader: reader.id, read: position.message() };
        let unread_count = tx.unread_count(stretch, MAX_COUNTED_UNREAD).await?;
        let mut event = MessageRead {
            conversation,
            reader: reader.into(),
            read_up_to: position.read_up_to,
            read_at: at,
            revision: position.revision,
            unread_count: Some(unread_count),
        };
        self.log.append_one_of(&mut tx, &mut reservations, own, &AppEvent::from(event.clone()), None).await?;
        if is_forward {
            let read_up_to = position.message();
            let notifications = &self.notifications;
            notifications.read_messages(&mut tx, &mut reservations, reader.id, conversation, read_up_to).await?;
        }
        event.unread_count = None;
        let event = AppEvent::from(event);
        for author in authors {
            let channel = AppChannel::PrivateUser(author);
            self.log.append_one_of(&mut tx, &mut reservations, channel, &event, None).await?;
        }
        self.log.commit(tx).await?;
        let ReadPosition { read_up_to, revision } = position;
        Ok(ReadState { conversation, read_up_to, revision, unread_count })
    }

    async fn read_state(
        &self,
        reader: &User,
        conversation: Conversation,
        position: ReadPosition,
    ) -> Result<ReadState, StoreError> {
        let key = self.store.conversation_key(conversation).await?;
        let stretch = UnreadStretch { conversation, key, reader: reader.id, read: position.message() };
        let unread_count = self.store.unread_count(stretch, MAX_COUNTED_UNREAD).await?;
        let ReadPosition { read_up_to, revision } = position;
        Ok(ReadState { conversation, read_up_to, revision, unread_count })
    }

    /// Whose ticks change: authors of what lies between the two positions, unless one of both keeps receipts to
    /// themselves.
    async fn told_authors(
        &self,
        reader: &User,
        conversation: Conversation,
        before: ReadPosition,
        to: Option<MessageId>,
    ) -> Result<Vec<UserId>, StoreError> {
        let authors = if let Some(peer) = conversation.peer(reader.id) {
            vec![peer]
        } else {
            let (one, other) = (before.message(), to.unwrap_or(MessageId(0)));
            let (low, high) = (one.min(other), one.max(other));
            self.store.last_authors(low, high, reader.id, MAX_READ_THROUGH, MAX_TOLD_AUTHORS).await?
        };
        if self.keeps_receipts(reader.id).await? {
            return Ok(Vec::new());
        }
        let hidden = self.without_receipts(&authors).await?;
        Ok(authors.into_iter().filter(|it| !hidden.contains(it)).collect())
    }

    /// Whether somebody neither shows what they have read nor sees what others have.
    async fn keeps_receipts(&self, id: UserId) -> Result<bool, StoreError> {
        Ok(!self.store.settings(id).await?.privacy.read_receipts)
    }

    pub(super) async fn without_receipts(&self, ids: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
        let settings = self.store.settings_of(ids).await?;
        Ok(settings.into_iter().filter(|(_, it)| !it.privacy.read_receipts).map(|(id, _)| id).collect())
    }

    /// Messages of a conversation of two have reached a device of this person, up to `id`.
    pub(super) async fn deliver(&self, recipient: &User, id: MessageId) -> Result<(), AppError> {
        let conversation = self.readable(recipient, id).await?.conversation;
        // In the general room nobody is told: there it would be everybody to everybody.
        let Some(peer) = conversation.peer(recipient.id) else { return Ok(()) };
        let (at, channel) = (self.clock.now(), AppChannel::PrivateUser(peer));
        let mut tx = self.store.begin().await?;
        let reservation = self.log.reserve(&mut tx, channel).await?;
        if !tx.advance_delivered(recipient.id, &conversation.to_string(), id, at).await? {
            return Ok(tx.rollback().await?);
        }
        let recipient = UserSummary::from(recipient);
        let event = MessageDelivered { conversation, recipient, delivered_up_to: id, delivered_at: at };
        self.log.append_reserved(&mut tx, reservation, &event.into(), None).await?;
        Ok(self.log.commit(tx).await?)
    }

    /// Who has read a message. Costs what the list is long, however many messages there are.
    pub(super) async fn who_read(&self, reader: &User, id: MessageId) -> Result<Readers, AppError> {
        let found = self.readable(reader, id).await?;
        if self.keeps_receipts(reader.id).await? {
            return Ok(Readers { count: 0, readers: Vec::new() });
        }
        let receipts = self.receipts(reader, found.conversation).await?;
        let mut readers: Vec<ReadReceipt> = receipts.into_iter().filter(|it| it.read_up_to >= id).collect();
        readers.retain(|it| it.user.id != found.message.user.id);
        let count = u32::try_from(readers.len()).unwrap_or(u32::MAX);
        Ok(Readers { count, readers })
    }

    /// How far others have read, those furthest on first, at most 50: nobody who keeps receipts to themselves, and
    /// nothing at all for a reader who does.
    pub(super) async fn receipts(
        &self,
        reader: &User,
        conversation: Conversation,
    ) -> Result<Vec<ReadReceipt>, AppError> {
        refuse_strangers(reader, conversation)?;
        if self.keeps_receipts(reader.id).await? {
            return Ok(Vec::new());
        }
        let mut receipts = self.store.receipts(&conversation.to_string(), reader.id, MAX_READERS).await?;
        let ids: Vec<UserId> = receipts.iter().map(|it| it.user.id).collect();
        let hidden = self.without_receipts(&ids).await?;
        receipts.retain(|it| !hidden.contains(&it.user.id));
        Ok(receipts)
    }

    /// Takes the peer's read positions out of lines whose owner, or whose peer, keeps receipts to themselves.
    pub(super) async fn hide_receipts(
        &self,
        owner: UserId,
        summaries: &mut [app::chat::ConversationSummary],
    ) -> Result<(), StoreError> {
        let mut ids: Vec<UserId> = summaries.iter().filter_map(|it| Some(it.peer.as_ref()?.id)).collect();
        ids.push(owner);
        let hidden = self.without_receipts(&ids).await?;
        for summary in summaries {
            let is_hidden = |id| hidden.contains(&id);
            if is_hidden(owner) || summary.peer.as_ref().is_some_and(|it| is_hidden(it.id)) {
                summary.peer_read_up_to = None;
            }
        }
        Ok(())
    }
}

/// Whether a position changes at all.
fn moves(before: ReadPosition, to: Option<MessageId>, direction: Direction) -> bool {
    match direction {
        Direction::Forward => to > before.read_up_to,
        Direction::Back => to < before.read_up_to,
    }
}
