//! The query of where somebody has anything unread.

use app::chat::Conversation;
use app::ids::{MessageId, UserId};

use super::unread::Texts;
use super::{ConversationKey, Store, StoreError, UnreadStretch};

/// Conversations of user `$1` in which the other one wrote something after what they have read, at most `$2`.
macro_rules! between_two {
    ($of_peer:literal) => {
        concat!(
            "select c.peer_id, c.last_message_id from (select k.*, \
                    coalesce((select r.last_read_message_id from read_positions r \
                        where r.user_id = $1 and r.conversation = k.channel), 0) as read_up_to \
                from (select id, high_user_id as peer_id, last_message_id, \
                        'private-chat.' || low_user_id || '.' || high_user_id as channel from direct_conversations \
                        where low_user_id = $1 and last_message_id > 0 \
                    union all select id, low_user_id as peer_id, last_message_id, \
                        'private-chat.' || low_user_id || '.' || high_user_id as channel from direct_conversations \
                        where high_user_id = $1 and last_message_id > 0) k) c \
            where c.last_message_id > c.read_up_to and exists (select 1 from chat_messages x \
                where x.conversation_id = c.id and ",
            $of_peer,
            ") order by c.last_message_id desc limit $2"
        )
    };
}

const BETWEEN_TWO: Texts = Texts {
    postgres: between_two!(
        "(x.user_id, x.id) > (c.peer_id, c.read_up_to) and x.user_id <= c.peer_id and x.deleted_at is null"
    ),
    sqlite: between_two!("x.user_id = c.peer_id and x.id > c.read_up_to and x.deleted_at is null"),
};

impl Store {
    /// Conversations in which somebody has anything unread, each with its newest message: the general room first, then at
    /// most `limit` of two, those with the newest messages first. Looks each conversation of theirs up once.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unread_conversations(
        &self,
        reader: UserId,
        limit: i64,
    ) -> Result<Vec<(Conversation, MessageId)>, StoreError> {
        let sql = self.text(BETWEEN_TWO);
        let rows: Vec<(i64, i64)> = with_pool!(self, pool =>
            sqlx::query_as(sql).bind(reader.0).bind(limit).fetch_all(pool).await?);
        let between_two = rows
            .into_iter()
            .filter_map(|(peer, newest)| Some((Conversation::direct(reader, UserId(peer))?, MessageId(newest))));
        Ok(self.unread_room(reader).await?.into_iter().chain(between_two).collect())
    }

    async fn unread_room(&self, reader: UserId) -> Result<Option<(Conversation, MessageId)>, StoreError> {
        const NEWEST: &str = "select id from chat_messages where conversation_id = 0 order by id desc limit 1";
        let conversation = Conversation::General;
        let read = self.read_position(reader, &conversation.to_string()).await?.message();
        let stretch = UnreadStretch { conversation, key: ConversationKey::GENERAL, reader, read };
        if self.first_unread(stretch).await?.is_none() {
            return Ok(None);
        }
        let newest: Option<i64> = with_pool!(self, pool => sqlx::query_scalar(NEWEST).fetch_optional(pool).await?);
        Ok(newest.map(|it| (conversation, MessageId(it))))
    }
}
