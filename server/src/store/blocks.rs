//! Queries of who does not want to hear from whom.

use app::accounts::UserSummary;
use app::chat::BlockState;
use app::ids::UserId;
use app::time::Timestamp;

use super::time::bound;
use super::{Store, StoreError, Tx};

impl Tx {
    /// Blocks somebody. False if they were blocked already.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn block(&mut self, user_id: UserId, blocked: UserId, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "\
            insert into user_blocks (user_id, blocked_id, created_at) values ($1, $2, $3) \
            on conflict (user_id, blocked_id) do nothing";
        let count = with_tx!(self, connection =>
            sqlx::query(SQL).bind(user_id.0).bind(blocked.0).bind(bound(at)).execute(connection).await?.rows_affected());
        Ok(count > 0)
    }

    /// Takes a block back. False if there was none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unblock(&mut self, user_id: UserId, blocked: UserId) -> Result<bool, StoreError> {
        const SQL: &str = "delete from user_blocks where user_id = $1 and blocked_id = $2";
        let count = with_tx!(self, connection =>
            sqlx::query(SQL).bind(user_id.0).bind(blocked.0).execute(connection).await?.rows_affected());
        Ok(count > 0)
    }
}

impl Store {
    /// Whether one of two people has blocked the other, as `user_id` is told.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn block_state(&self, user_id: UserId, peer: UserId) -> Result<BlockState, StoreError> {
        const SQL: &str = "\
            select user_id from user_blocks \
            where (user_id = $1 and blocked_id = $2) or (user_id = $2 and blocked_id = $1)";
        let blockers: Vec<i64> =
            with_pool!(self, pool => sqlx::query_scalar(SQL).bind(user_id.0).bind(peer.0).fetch_all(pool).await?);
        Ok(match blockers.as_slice() {
            [] => BlockState::None,
            some if some.contains(&user_id.0) => BlockState::ByMe,
            _ => BlockState::ByPeer,
        })
    }

    /// Everybody whom somebody has blocked, by name; at most 1 000.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn blocked_by(&self, user_id: UserId) -> Result<Vec<UserSummary>, StoreError> {
        const SQL: &str = "\
            select u.id, u.name from user_blocks b join users u on u.id = b.blocked_id where b.user_id = $1 \
            order by u.name_key, u.id limit 1000";
        let rows: Vec<(i64, String)> =
            with_pool!(self, pool => sqlx::query_as(SQL).bind(user_id.0).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id, name)| UserSummary { id: UserId(id), name }).collect())
    }

    /// Who of these people has blocked somebody.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn blockers_of(&self, blocked: UserId, ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        const SQL: &str = "select user_id from user_blocks where blocked_id = $1 and user_id = $2";
        let mut blockers = Vec::new();
        // A few: whoever is named in one message.
        for id in ids {
            let found: Option<i64> = with_pool!(self, pool =>
                sqlx::query_scalar(SQL).bind(blocked.0).bind(id.0).fetch_optional(pool).await?);
            blockers.extend(found.map(UserId));
        }
        Ok(blockers)
    }
}
