//! What happens to a message after it was sent: edits, the deletion, reactions.

use app::accounts::{Role, User, UserSummary};
use app::chat::{Conversation, FoundMessage, HistoryQuery, Message, OldText, validate_body, validate_emoji};
use app::error::AppError;
use app::ids::{MessageId, UserId};
use app::realtime::events::{MessageDeleted, MessageEdited, ReactionChanged};
use app::realtime::{AppChannel, AppEvent};

use super::conversations::BothLists;
use super::notifying::of_reaction;
use super::{Chat, markdown};
use crate::event_log::Reservations;
use crate::store::{StoreError, StoredMessage, Tx};

/// The most different emoji below one message.
const MAX_EMOJI: i64 = 20;

impl Chat {
    /// Changes a message's text; what it was before is kept.
    pub(super) async fn edit(&self, editor: &User, id: MessageId, body: &str) -> Result<Message, AppError> {
        let body = validate_body(body).map_err(|detail| AppError::invalid("body", detail))?;
        let found = self.changeable(editor, id).await?;
        if found.message.user.id != editor.id {
            return Err(AppError::Forbidden("only its author may change a message".to_owned()));
        }
        if found.message.body == body {
            return self.adorned(editor.id, found.message).await;
        }
        self.changes.take(editor.id, self.clock.now())?;
        let body_html = markdown::to_html(&body);
        let mentions = self.mentioned(editor, found.conversation, &body).await?;
        let (edited_at, lists) = (self.clock.now(), self.lists_of(found.conversation).await?);
        let (mut tx, mut reservations) = self.begin_change(&found).await?;
        let Some(revision) = tx.edit_message(id, &body, &body_html, edited_at).await? else {
            tx.rollback().await?;
            return Err(deleted(id));
        };
        tx.set_mentions(id, &mentions).await?;
        let edited_by = UserSummary::from(editor);
        let event = MessageEdited { message_id: id, body, body_html, edited_by, edited_at, mentions, revision };
        self.tell_change(&mut tx, &mut reservations, &found, event.into()).await?;
        self.tell_last_line(&mut tx, &mut reservations, &found, lists.as_ref()).await?;
        self.log.commit(tx).await?;
        let changed = self.readable(editor, id).await?;
        self.adorned(editor.id, changed.message).await
    }

    /// Deletes a message: its place stays, its text is shown to nobody any more. Doing it again changes nothing.
    pub(super) async fn delete(&self, who: &User, id: MessageId) -> Result<(), AppError> {
        let found = self.readable(who, id).await?;
        let is_moderator = who.role == Role::Admin && found.conversation == Conversation::General;
        if found.message.user.id != who.id && !is_moderator {
            return Err(AppError::Forbidden("only its author may delete a message".to_owned()));
        }
        let (deleted_at, lists) = (self.clock.now(), self.lists_of(found.conversation).await?);
        let (mut tx, mut reservations) = self.begin_change(&found).await?;
        let Some(revision) = tx.delete_message(id, deleted_at).await? else {
            return Ok(tx.rollback().await?);
        };
        let event = MessageDeleted { message_id: id, deleted_by: who.into(), deleted_at, revision };
        self.tell_change(&mut tx, &mut reservations, &found, event.into()).await?;
        self.tell_last_line(&mut tx, &mut reservations, &found, lists.as_ref()).await?;
        Ok(self.log.commit(tx).await?)
    }

    /// Sets a reaction, or takes it back; without `is_set` whichever it is not.
    pub(super) async fn react_to(
        &self,
        user: &User,
        id: MessageId,
        emoji: &str,
        is_set: Option<bool>,
    ) -> Result<ReactionChanged, AppError> {
        validate_emoji(emoji).map_err(|detail| AppError::invalid("emoji", detail))?;
        let found = self.changeable(user, id).await?;
        self.changes.take(user.id, self.clock.now())?;
        let is_told = self.is_told_of_reaction(found.message.user.id, user).await?;
        let (mut tx, mut reservations) = self.begin_change(&found).await?;
        let was_set = tx.has_reaction(id, user.id, emoji).await?;
        let is_set = is_set.unwrap_or(!was_set);
        let mut event = ReactionChanged {
            message_id: id,
            emoji: emoji.to_owned(),
            user: user.into(),
            is_set,
            count: 0,
            revision: found.message.revision,
        };
        if was_set == is_set {
            event.count = tx.reaction_count(id, emoji).await?;
            tx.rollback().await?;
            return Ok(event);
        }
        if is_set {
            tx.insert_reaction(id, user.id, emoji, self.clock.now()).await?;
            if tx.emoji_count(id).await? > MAX_EMOJI {
                tx.rollback().await?;
                let detail = format!("`{emoji}` would be one more than the {MAX_EMOJI} that a message takes");
                return Err(AppError::invalid("emoji", detail));
            }
        } else {
            tx.delete_reaction(id, user.id, emoji).await?;
        }
        let Some(revision) = tx.touch_message(id).await? else {
            tx.rollback().await?;
            return Err(deleted(id));
        };
        (event.revision, event.count) = (revision, tx.reaction_count(id, emoji).await?);
        self.tell_change(&mut tx, &mut reservations, &found, event.clone().into()).await?;
        if is_set && is_told {
            let notification = of_reaction(&event.user, emoji, found.conversation, &found.message);
            self.notifications.append(&mut tx, &mut reservations, notification).await?;
        }
        self.log.commit(tx).await?;
        Ok(event)
    }

    /// A message by its number, with those around it: what a link to it opens.
    pub(super) async fn find_message(&self, reader: &User, id: MessageId) -> Result<FoundMessage, AppError> {
        let conversation = self.readable(reader, id).await?.conversation;
        let query = HistoryQuery { conversation, around: Some(id), ..HistoryQuery::default() };
        Ok(FoundMessage { conversation, page: self.page(reader, query).await? })
    }

    /// A message's earlier texts, the oldest first; none of one that was deleted.
    pub(super) async fn earlier_texts(&self, reader: &User, id: MessageId) -> Result<Vec<OldText>, AppError> {
        let found = self.readable(reader, id).await?;
        if found.message.deleted_at.is_some() {
            return Ok(Vec::new());
        }
        Ok(self.store.message_edits(id).await?)
    }

    /// A message that this person may read and that is still there.
    async fn changeable(&self, user: &User, id: MessageId) -> Result<StoredMessage, AppError> {
        let found = self.readable(user, id).await?;
        if found.message.deleted_at.is_some() {
            return Err(deleted(id));
        }
        if let Some(peer) = found.conversation.peer(user.id) {
            let peer = self.person(peer).await?;
            self.refuse_blocked(user, &peer).await?;
        }
        Ok(found)
    }

    /// A transaction that holds the conversation's channel, so that changes and their revisions have one order.
    async fn begin_change(&self, found: &StoredMessage) -> Result<(Tx, Reservations), StoreError> {
        let mut tx = self.store.begin().await?;
        let reservations = self.log.reserve_all(&mut tx, [AppChannel::from(found.conversation)]).await?;
        Ok((tx, reservations))
    }

    async fn tell_change(
        &self,
        tx: &mut Tx,
        reservations: &mut Reservations,
        found: &StoredMessage,
        event: AppEvent,
    ) -> Result<(), StoreError> {
        let channel = AppChannel::from(found.conversation);
        self.log.append_one_of(tx, reservations, channel, &event, None).await.map(drop)
    }

    /// Tells both lists, if what changed is the last line of a conversation of two.
    async fn tell_last_line(
        &self,
        tx: &mut Tx,
        reservations: &mut Reservations,
        found: &StoredMessage,
        lists: Option<&BothLists>,
    ) -> Result<(), StoreError> {
        match lists {
            Some(lists) if tx.is_last_message(found.key, found.message.id).await? => {
                self.tell_lists(tx, reservations, lists, found.key).await
            }
            _ => Ok(()),
        }
    }

    async fn lists_of(&self, conversation: Conversation) -> Result<Option<BothLists>, StoreError> {
        match conversation {
            Conversation::Direct(pair) => self.both_lists(pair).await.map(Some),
            Conversation::General => Ok(None),
        }
    }

    async fn adorned(&self, reader: UserId, message: Message) -> Result<Message, AppError> {
        let mut message = [message];
        self.adorn(reader, &mut message).await?;
        let [message] = message;
        Ok(message)
    }
}

fn deleted(id: MessageId) -> AppError {
    AppError::Conflict(format!("message {id} was deleted"))
}
