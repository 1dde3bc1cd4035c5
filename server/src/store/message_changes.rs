//! Queries of what happens to messages after they were sent: edits, deletions, reactions and mentions.

use std::collections::HashMap;

use app::accounts::UserSummary;
use app::chat::{Message, OldText, Reaction};
use app::ids::{MessageId, UserId};
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::user_presence::json_array;
use super::{ConversationKey, Store, StoreError, Tx};

/// The most people who are named below one emoji of a message in a list.
const MAX_SHOWN_USERS: usize = 20;

fn revision(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}

impl Tx {
    /// Keeps a message's text as an earlier one and sets the new one; returns the revision. `None` if the message is
    /// deleted, or is none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn edit_message(
        &mut self,
        id: MessageId,
        body: &str,
        body_html: &str,
        at: Timestamp,
    ) -> Result<Option<u32>, StoreError> {
        const KEEP: &str = "\
            insert into message_edits (message_id, body, edited_at) \
            select id, body, $2 from chat_messages where id = $1 and deleted_at is null";
        const CHANGE: &str = "\
            update chat_messages set body = $2, body_html = $3, edited_at = $4, updated_at = $4, revision = revision + 1 \
            where id = $1 and deleted_at is null returning revision";
        let stored: Option<i64> = with_tx!(self, connection => {
            sqlx::query(KEEP).bind(id.0).bind(bound(at)).execute(&mut *connection).await?;
            sqlx::query_scalar(CHANGE)
                .bind(id.0)
                .bind(body)
                .bind(body_html)
                .bind(bound(at))
                .fetch_optional(connection)
                .await?
        });
        Ok(stored.map(revision))
    }

    /// Marks a message as deleted; returns the revision, `None` if it was deleted already.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_message(&mut self, id: MessageId, at: Timestamp) -> Result<Option<u32>, StoreError> {
        const SQL: &str = "\
            update chat_messages set deleted_at = $2, updated_at = $2, revision = revision + 1 \
            where id = $1 and deleted_at is null returning revision";
        let stored: Option<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(SQL).bind(id.0).bind(bound(at)).fetch_optional(connection).await?);
        if stored.is_some() {
            self.take_back_room_author(id).await?;
        }
        Ok(stored.map(revision))
    }

    /// Counts a change of what stands beside a message; returns the revision, `None` if it is deleted.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn touch_message(&mut self, id: MessageId) -> Result<Option<u32>, StoreError> {
        const SQL: &str = "\
            update chat_messages set revision = revision + 1 where id = $1 and deleted_at is null returning revision";
        let stored: Option<i64> =
            with_tx!(self, connection => sqlx::query_scalar(SQL).bind(id.0).fetch_optional(connection).await?);
        Ok(stored.map(revision))
    }

    /// Whether a message is the last one of its conversation.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn is_last_message(&mut self, key: ConversationKey, id: MessageId) -> Result<bool, StoreError> {
        const SQL: &str = "select id from direct_conversations where id = $1 and last_message_id = $2";
        let found: Option<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(SQL).bind(key.0).bind(id.0).fetch_optional(connection).await?);
        Ok(found.is_some())
    }

    /// Sets who is named in a message, in place of who was.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_mentions(&mut self, id: MessageId, people: &[UserSummary]) -> Result<(), StoreError> {
        const CLEAR: &str = "delete from message_mentions where message_id = $1";
        const ADD: &str = "\
            insert into message_mentions (message_id, user_id) select $1, id from users where id = $2 \
            on conflict (message_id, user_id) do nothing";
        with_tx!(self, connection => {
            sqlx::query(CLEAR).bind(id.0).execute(&mut *connection).await?;
            for person in people {
                sqlx::query(ADD).bind(id.0).bind(person.id.0).execute(&mut *connection).await?;
            }
        });
        Ok(())
    }

    /// Whether somebody has set a reaction.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn has_reaction(&mut self, id: MessageId, user_id: UserId, emoji: &str) -> Result<bool, StoreError> {
        const SQL: &str = "select id from message_reactions where message_id = $1 and user_id = $2 and emoji = $3";
        let found: Option<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(SQL).bind(id.0).bind(user_id.0).bind(emoji).fetch_optional(connection).await?);
        Ok(found.is_some())
    }

    /// Adds a reaction.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_reaction(
        &mut self,
        id: MessageId,
        user_id: UserId,
        emoji: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "\
            insert into message_reactions (message_id, user_id, emoji, created_at) values ($1, $2, $3, $4) \
            on conflict (message_id, emoji, user_id) do nothing";
        with_tx!(self, connection =>
            sqlx::query(SQL)
                .bind(id.0)
                .bind(user_id.0)
                .bind(emoji)
                .bind(bound(at))
                .execute(connection)
                .await
                .map(drop)?);
        Ok(())
    }

    /// Takes a reaction back.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_reaction(&mut self, id: MessageId, user_id: UserId, emoji: &str) -> Result<(), StoreError> {
        const SQL: &str = "delete from message_reactions where message_id = $1 and user_id = $2 and emoji = $3";
        with_tx!(self, connection =>
            sqlx::query(SQL).bind(id.0).bind(user_id.0).bind(emoji).execute(connection).await.map(drop)?);
        Ok(())
    }

    /// How many people have set this reaction.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn reaction_count(&mut self, id: MessageId, emoji: &str) -> Result<u32, StoreError> {
        const SQL: &str = "select count(*) from message_reactions where message_id = $1 and emoji = $2";
        let count: i64 = with_tx!(self, connection =>
            sqlx::query_scalar(SQL).bind(id.0).bind(emoji).fetch_one(connection).await?);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// How many different reactions a message has.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn emoji_count(&mut self, id: MessageId) -> Result<i64, StoreError> {
        const SQL: &str = "select count(distinct emoji) from message_reactions where message_id = $1";
        Ok(with_tx!(self, connection => sqlx::query_scalar(SQL).bind(id.0).fetch_one(connection).await?))
    }
}

impl Store {
    /// A message's earlier texts, the oldest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn message_edits(&self, id: MessageId) -> Result<Vec<OldText>, StoreError> {
        const SQL: &str = "\
            select body, edited_at from message_edits where message_id = $1 order by id desc limit 100";
        let rows: Vec<(String, DateTime<Utc>)> =
            with_pool!(self, pool => sqlx::query_as(SQL).bind(id.0).fetch_all(pool).await?);
        let text = |(body, at)| OldText { body, replaced_at: timestamp(at) };
        Ok(rows.into_iter().rev().map(text).collect())
    }

    /// Everybody whose name in lower case is one of these.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn people_named(&self, keys: &[String]) -> Result<Vec<UserSummary>, StoreError> {
        const POSTGRES: &str = "\
            select id, name from users where name_key = any($1) and not is_disabled order by id limit 100";
        const SQLITE: &str = "\
            select id, name from users where name_key in (select value from json_each($1)) and not is_disabled \
            order by id limit 100";
        let rows: Vec<(i64, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(POSTGRES).bind(keys).fetch_all(pool).await?,
            Self::Sqlite(pools) => {
                let keys = serde_json::to_string(keys).map_err(|it| StoreError::Malformed(it.to_string()))?;
                sqlx::query_as(SQLITE).bind(keys).fetch_all(&pools.reader).await?
            }
        };
        Ok(rows.into_iter().map(|(id, name)| UserSummary { id: UserId(id), name }).collect())
    }

    /// Adds to messages who is named in them and what people think of them, as `reader` sees it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn adorn(&self, reader: UserId, messages: &mut [Message]) -> Result<(), StoreError> {
        // A message that nothing has happened to has no reactions.
        let changed: Vec<i64> = messages.iter().filter(|it| it.revision > 0).map(|it| it.id.0).collect();
        let named: Vec<i64> = messages.iter().filter(|it| it.body.contains('@')).map(|it| it.id.0).collect();
        let mut mentions = self.mentions(&named).await?;
        let mut reactions = self.reactions(reader, &changed).await?;
        for message in messages.iter_mut().filter(|it| it.deleted_at.is_none()) {
            message.mentions = mentions.remove(&message.id).unwrap_or_default();
            message.reactions = reactions.remove(&message.id).unwrap_or_default();
        }
        Ok(())
    }

    async fn mentions(&self, ids: &[i64]) -> Result<HashMap<MessageId, Vec<UserSummary>>, StoreError> {
        const POSTGRES: &str = "\
            select n.message_id, u.id, u.name from message_mentions n join users u on u.id = n.user_id \
            where n.message_id = any($1) order by n.message_id, u.id";
        const SQLITE: &str = "\
            select n.message_id, u.id, u.name from message_mentions n join users u on u.id = n.user_id \
            where n.message_id in (select value from json_each($1)) order by n.message_id, u.id";
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(i64, i64, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await?,
            Self::Sqlite(pools) => sqlx::query_as(SQLITE).bind(json_array(ids)).fetch_all(&pools.reader).await?,
        };
        let mut mentions: HashMap<MessageId, Vec<UserSummary>> = HashMap::new();
        for (message, id, name) in rows {
            mentions.entry(MessageId(message)).or_default().push(UserSummary { id: UserId(id), name });
        }
        Ok(mentions)
    }

    async fn reactions(&self, reader: UserId, ids: &[i64]) -> Result<HashMap<MessageId, Vec<Reaction>>, StoreError> {
        const POSTGRES: &str = "\
            select r.message_id, r.emoji, u.id, u.name from message_reactions r join users u on u.id = r.user_id \
            where r.message_id = any($1) order by r.id";
        const SQLITE: &str = "\
            select r.message_id, r.emoji, u.id, u.name from message_reactions r join users u on u.id = r.user_id \
            where r.message_id in (select value from json_each($1)) order by r.id";
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(i64, String, i64, String)> = match self {
            Self::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await?,
            Self::Sqlite(pools) => sqlx::query_as(SQLITE).bind(json_array(ids)).fetch_all(&pools.reader).await?,
        };
        let mut reactions: HashMap<MessageId, Vec<Reaction>> = HashMap::new();
        for (message, emoji, id, name) in rows {
            let user = UserSummary { id: UserId(id), name };
            let of_message = reactions.entry(MessageId(message)).or_default();
            if let Some(reaction) = of_message.iter_mut().find(|it| it.emoji == emoji) {
                add(reaction, user, reader);
            } else {
                of_message.push(Reaction { emoji, count: 1, users: vec![user] });
            }
        }
        Ok(reactions)
    }
}

/// One more person who has set a reaction; the reader is always among those who are named.
fn add(reaction: &mut Reaction, user: UserSummary, reader: UserId) {
    reaction.count += 1;
    if user.id == reader {
        reaction.users.insert(0, user);
        reaction.users.truncate(MAX_SHOWN_USERS);
    } else if reaction.users.len() < MAX_SHOWN_USERS {
        reaction.users.push(user);
    }
}
