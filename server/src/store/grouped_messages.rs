//! Queries that store several messages of the general room at once: as many statements as one message takes.

use std::collections::{BTreeMap, HashMap};

use app::ids::{ClientId, MessageId, UserId};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::time::bound;
use super::{NewLogRow, NewMessageRow, Position, StoreError, Tx};

impl Tx {
    /// Adds messages to the general room, whose numbers rise in the order given. One whose client id is known already has
    /// no number in the answer.
    ///
    /// # Errors
    /// If the database does not answer, or refuses one of them; then none is stored.
    pub async fn insert_room_messages(
        &mut self,
        rows: &[NewMessageRow<'_>],
    ) -> Result<HashMap<ClientId, MessageId>, StoreError> {
        const INTO: &str = "\
            insert into chat_messages \
                (user_id, conversation_id, client_id, body, body_html, reply_to_id, created_at, updated_at) ";
        const UNLESS_KNOWN: &str = " on conflict (client_id) do nothing returning id, client_id";
        let stored: Vec<(i64, Uuid)> = with_tx!(self, connection => {
            let mut query = QueryBuilder::new(INTO);
            query.push_values(rows, |mut values, row| {
                values
                    .push_bind(row.user_id.0)
                    .push_bind(row.conversation.0)
                    .push_bind(row.client_id.0)
                    .push_bind(row.body)
                    .push_bind(row.body_html)
                    .push_bind(row.reply_to.map(|it| it.0))
                    .push_bind(bound(row.at))
                    .push_bind(bound(row.at));
            });
            query.push(UNLESS_KNOWN).build_query_as().fetch_all(connection).await?
        });
        let stored: HashMap<ClientId, MessageId> =
            stored.into_iter().map(|(id, client_id)| (ClientId(client_id), MessageId(id))).collect();
        let mut last_of: BTreeMap<UserId, MessageId> = BTreeMap::new();
        for row in rows {
            if let Some(id) = stored.get(&row.client_id) {
                last_of.insert(row.user_id, *id);
            }
        }
        self.advance_room_authors(last_of).await?;
        Ok(stored)
    }

    /// Notes the last message of each of several authors of the general room.
    async fn advance_room_authors(&mut self, last_of: BTreeMap<UserId, MessageId>) -> Result<(), StoreError> {
        const INTO: &str = "insert into room_authors (user_id, last_message_id) ";
        const OR_ADVANCE: &str = "\
             on conflict (user_id) do update set last_message_id = excluded.last_message_id \
                where excluded.last_message_id > room_authors.last_message_id";
        if last_of.is_empty() {
            return Ok(());
        }
        with_tx!(self, connection => {
            let mut query = QueryBuilder::new(INTO);
            query.push_values(last_of, |mut values, (user_id, message)| {
                values.push_bind(user_id.0).push_bind(message.0);
            });
            query.push(OR_ADVANCE).build().execute(connection).await.map(drop)?;
        });
        Ok(())
    }

    /// Takes more numbers of a channel, of which this transaction has taken one; returns the position at the last.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn advance_position_by(
        &mut self,
        application_id: &str,
        channel: &str,
        count: i64,
    ) -> Result<Position, StoreError> {
        const SQL: &str = "\
            update channel_positions set last_offset = last_offset + $3 where application_id = $1 and channel = $2 \
            returning epoch, last_offset";
        Ok(with_tx!(self, connection =>
            sqlx::query_as(SQL).bind(application_id).bind(channel).bind(count).fetch_one(connection).await?))
    }

    /// Adds events under numbers that this transaction has taken.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_events(&mut self, rows: &[NewLogRow<'_>]) -> Result<(), StoreError> {
        const INTO: &str = "\
            insert into event_log \
                (application_id, channel, channel_offset, event_id, event, data, except_socket, created_at) ";
        with_tx!(self, connection => {
            let mut query = QueryBuilder::new(INTO);
            query.push_values(rows, |mut values, row| {
                values
                    .push_bind(row.application_id)
                    .push_bind(row.channel)
                    .push_bind(row.channel_offset)
                    .push_bind(row.event_id)
                    .push_bind(row.event)
                    .push_bind(row.data)
                    .push_bind(row.except_socket.as_deref())
                    .push_bind(bound(row.at));
            });
            query.build().execute(connection).await.map(drop)?;
        });
        Ok(())
    }
}
