//! People's lists of conversations.

use app::accounts::{User, UserSummary};
use app::chat::{
    Conversation, ConversationList, ConversationSummary, HistoryQuery, LastLine, ListQuery, MAX_COUNTED_UNREAD,
    OpenedConversation, UserPair, excerpt,
};
use app::error::AppError;
use app::ids::{MessageId, UserId};
use app::realtime::AppChannel;
use app::realtime::events::ConversationUpdated;

use super::Chat;
use super::history::{checked_limit, refuse_strangers};
use crate::event_log::Reservations;
use crate::store::{ConversationKey, StoreError, Stretch, Tx, UnreadStretch};

/// Whose lists have a conversation of two.
pub(super) struct BothLists {
    pub(super) people: Vec<UserSummary>,
    shows_receipts: bool,
}

impl Chat {
    /// The reader's conversations, the one with the newest message first.
    pub(super) async fn list(&self, reader: &User, query: ListQuery) -> Result<ConversationList, AppError> {
        let limit = checked_limit(query.limit)?;
        let position = self.log.position(AppChannel::PrivateUser(reader.id)).await?;
        let owner = UserSummary::from(reader);
        let general = match query.before {
            None => Some(self.general_summary(&owner).await?),
            Some(_) => None,
        };
        let before = query.before.unwrap_or(MessageId(i64::MAX));
        let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let mut direct = self.store.conversations_before(&owner, before, one_more).await?;
        let has_more = direct.len() > limit;
        direct.truncate(limit);
        self.hide_receipts(reader.id, &mut direct).await?;
        Ok(ConversationList { general, direct, has_more, position })
    }

    /// A conversation as its page begins.
    pub(super) async fn opened(
        &self,
        reader: &User,
        conversation: Conversation,
    ) -> Result<OpenedConversation, AppError> {
        refuse_strangers(reader, conversation)?;
        let page = self.page(reader, HistoryQuery { conversation, unread: true, ..HistoryQuery::default() }).await?;
        let mut summary = [self.summary(reader, conversation).await?];
        self.hide_receipts(reader.id, &mut summary).await?;
        let [summary] = summary;
        let receipts = self.receipts(reader, conversation).await?;
        let online = self.online().await?.into_iter().map(|it| it.user).collect();
        Ok(OpenedConversation { summary, page, receipts, online })
    }

    /// A conversation's line in the reader's list; of one with two people also before its first message.
    async fn summary(&self, reader: &User, conversation: Conversation) -> Result<ConversationSummary, AppError> {
        let owner = UserSummary::from(reader);
        let Some(peer) = conversation.peer(reader.id) else { return Ok(self.general_summary(&owner).await?) };
        let key = self.store.conversation_key(conversation).await?;
        if let Some(summary) = self.store.conversation_summary(&owner, key).await? {
            return Ok(summary);
        }
        let peer = self.person(peer).await?;
        let block = self.store.block_state(reader.id, peer.id).await?;
        Ok(ConversationSummary { peer: Some(peer), block, ..unread_nothing(conversation) })
    }

    /// Somebody who can be written to.
    ///
    /// # Errors
    /// `NotFound` if there is no such account, or it is kept out.
    pub(super) async fn person(&self, id: UserId) -> Result<UserSummary, AppError> {
        match self.store.user(id).await? {
            Some(found) if !found.is_disabled => Ok(UserSummary::from(&found.user)),
            _ => Err(AppError::NotFound(format!("person {id}"))),
        }
    }

    async fn general_summary(&self, owner: &UserSummary) -> Result<ConversationSummary, StoreError> {
        let (conversation, key) = (Conversation::General, ConversationKey::GENERAL);
        let last = self.store.messages(key, Stretch::Newest, 1).await?.pop();
        let read = self.store.read_position(owner.id, &conversation.to_string()).await?;
        let last_line = last.map(|message| LastLine {
            message_id: message.id,
            excerpt: excerpt(&message.body),
            is_deleted: message.deleted_at.is_some(),
            sent_at: message.created_at,
            user: message.user,
        });
        let stretch = UnreadStretch { conversation, key, reader: owner.id, read: read.message() };
        Ok(ConversationSummary {
            last_line,
            read_up_to: read.read_up_to,
            read_revision: read.revision,
            unread_count: self.store.unread_count(stretch, MAX_COUNTED_UNREAD).await?,
            ..unread_nothing(conversation)
        })
    }

    /// The two people of a conversation, and what their lists may show. Asked before a transaction begins: one that
    /// waited for a second connection could wait for those that wait for it.
    pub(super) async fn both_lists(&self, pair: UserPair) -> Result<BothLists, StoreError> {
        let mut people = Vec::with_capacity(2);
        for id in pair.ids() {
            people.extend(self.store.user_summary(id).await?);
        }
        // As their channels are locked: in the order of their names.
        people.sort_by_key(|it| AppChannel::PrivateUser(it.id).to_string());
        let shows_receipts = self.without_receipts(&pair.ids()).await?.is_empty();
        Ok(BothLists { people, shows_receipts })
    }

    /// Tells both lists what a conversation's line is now, as the transaction sees it.
    pub(super) async fn tell_lists(
        &self,
        tx: &mut Tx,
        reservations: &mut Reservations,
        lists: &BothLists,
        key: ConversationKey,
    ) -> Result<(), StoreError> {
        for person in &lists.people {
            let Some(mut summary) = tx.conversation_summary(person, key).await? else { continue };
            if !lists.shows_receipts {
                summary.peer_read_up_to = None;
            }
            let (channel, event) = (AppChannel::PrivateUser(person.id), ConversationUpdated { summary });
            self.log.append_one_of(tx, reservations, channel, &event.into(), None).await?;
        }
        Ok(())
    }
}

/// The line of a conversation in which nothing was said.
fn unread_nothing(conversation: Conversation) -> ConversationSummary {
    ConversationSummary {
        conversation,
        peer: None,
        last_line: None,
        read_up_to: None,
        read_revision: 0,
        unread_count: 0,
        peer_read_up_to: None,
        peer_delivered_up_to: None,
        block: app::chat::BlockState::None,
    }
}
