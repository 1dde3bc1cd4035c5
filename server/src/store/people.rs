//! Queries of people as others see them.

use app::accounts::UserSummary;
use app::ids::UserId;
use app::people::{ChosenStatus, Person, PresenceStatus, Whereabouts};
use app::settings::Settings;
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::users::name_key;
use super::{Store, StoreError, Tx};

/// Somebody as the database has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// As others see them.
    pub person: Person,
    /// What they have chosen.
    pub settings: Settings,
    /// Since when they have an account.
    pub member_since: Timestamp,
}

/// How somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PresenceState {
    /// Whether they have a line to the general room.
    pub is_online: bool,
    /// Whether they have done nothing for a while.
    pub is_away: bool,
    /// How they want to be seen.
    pub chosen: ChosenStatus,
    /// When they did something last, if that is known.
    pub last_active_at: Option<Timestamp>,
}

impl PresenceState {
    /// How others see them.
    pub const fn status(self) -> PresenceStatus {
        match (self.is_online, self.chosen) {
            (false, _) | (_, ChosenStatus::Invisible) => PresenceStatus::Offline,
            (true, ChosenStatus::DoNotDisturb) => PresenceStatus::DoNotDisturb,
            (true, ChosenStatus::Away) => PresenceStatus::Away,
            (true, ChosenStatus::Automatic) if self.is_away => PresenceStatus::Away,
            (true, ChosenStatus::Automatic) => PresenceStatus::Online,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    created_at: DateTime<Utc>,
    settings: Option<String>,
    is_online: Option<bool>,
    is_away: Option<bool>,
    chosen_status: Option<String>,
    last_seen: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for PersonRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let settings: Settings = match &row.settings {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| StoreError::Malformed(format!("the settings of user {}: {error}", row.id)))?,
            None => Settings::default(),
        };
        let state = PresenceState {
            is_online: row.is_online.unwrap_or_default(),
            is_away: row.is_away.unwrap_or_default(),
            chosen: row.chosen_status.as_deref().map(chosen_from).transpose()?.unwrap_or_default(),
            last_active_at: None,
        };
        let is_told = state.status() == PresenceStatus::Offline && settings.privacy.last_seen;
        let person = Person {
            user: UserSummary { id: UserId(row.id), name: row.name },
            status: state.status(),
            headline: settings.profile.headline.clone(),
            last_seen: row.last_seen.filter(|_| is_told).map(timestamp),
        };
        Ok(Self { person, settings, member_since: timestamp(row.created_at) })
    }
}

const fn chosen_text(status: ChosenStatus) -> &'static str {
    match status {
        ChosenStatus::Automatic => "automatic",
        ChosenStatus::Away => "away",
        ChosenStatus::DoNotDisturb => "do_not_disturb",
        ChosenStatus::Invisible => "invisible",
    }
}

fn chosen_from(text: &str) -> Result<ChosenStatus, StoreError> {
    use ChosenStatus::{Automatic, Away, DoNotDisturb, Invisible};
    [Automatic, Away, DoNotDisturb, Invisible]
        .into_iter()
        .find(|it| chosen_text(*it) == text)
        .ok_or_else(|| StoreError::Malformed(format!("`{text}` is no status")))
}

macro_rules! select_people {
    ($join:literal, $rest:literal) => {
        concat!(
            "select u.id, u.name, u.created_at, s.settings, p.is_online, p.is_away, p.chosen_status, p.last_seen \
            from users u ",
            $join,
            " join user_presence p on p.user_id = u.id left join user_settings s on s.user_id = u.id \
            where not u.is_disabled ",
            $rest
        )
    };
}

impl Tx {
    /// How somebody is there, as this transaction sees it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn presence_state(&mut self, user_id: UserId) -> Result<PresenceState, StoreError> {
        const SQL: &str = "\
            select is_online, is_away, chosen_status, last_active_at from user_presence where user_id = $1";
        let row: Option<(bool, bool, String, Option<DateTime<Utc>>)> =
            with_tx!(self, connection => sqlx::query_as(SQL).bind(user_id.0).fetch_optional(connection).await?);
        let Some((is_online, is_away, chosen, active)) = row else { return Ok(PresenceState::default()) };
        Ok(PresenceState { is_online, is_away, chosen: chosen_from(&chosen)?, last_active_at: active.map(timestamp) })
    }

    /// Sets how somebody wants to be seen.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_chosen_status(
        &mut self,
        user_id: UserId,
        status: ChosenStatus,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "\
            insert into user_presence (user_id, last_seen, is_online, chosen_status, created_at, updated_at) \
            values ($1, $3, false, $2, $3, $3) \
            on conflict (user_id) do update set chosen_status = excluded.chosen_status, updated_at = excluded.updated_at";
        with_tx!(self, connection =>
            sqlx::query(SQL)
                .bind(user_id.0)
                .bind(chosen_text(status))
                .bind(bound(at))
                .execute(connection)
                .await
                .map(drop)?);
        Ok(())
    }

    /// Notes that somebody who is there does something, or has done nothing for a while.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_away(&mut self, user_id: UserId, is_away: bool, at: Timestamp) -> Result<(), StoreError> {
        const ACTIVE: &str = "\
            update user_presence set is_away = false, last_active_at = $2 where user_id = $1 and is_online";
        const AWAY: &str = "update user_presence set is_away = true, updated_at = $2 where user_id = $1 and is_online";
        let sql = if is_away { AWAY } else { ACTIVE };
        with_tx!(self, connection =>
            sqlx::query(sql).bind(user_id.0).bind(bound(at)).execute(connection).await.map(drop)?);
        Ok(())
    }
}

impl Store {
    /// How somebody is there.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn presence_state(&self, user_id: UserId) -> Result<PresenceState, StoreError> {
        const SQL: &str = "\
            select is_online, is_away, chosen_status, last_active_at from user_presence where user_id = $1";
        let row: Option<(bool, bool, String, Option<DateTime<Utc>>)> =
            with_pool!(self, pool => sqlx::query_as(SQL).bind(user_id.0).fetch_optional(pool).await?);
        let Some((is_online, is_away, chosen, active)) = row else { return Ok(PresenceState::default()) };
        Ok(PresenceState { is_online, is_away, chosen: chosen_from(&chosen)?, last_active_at: active.map(timestamp) })
    }

    /// Up to `limit` people who are there, count as doing something, and have not since the instant given.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn idle_since(&self, before: Timestamp, limit: i64) -> Result<Vec<UserId>, StoreError> {
        const SQL: &str = "\
            select user_id from user_presence \
            where is_online and not is_away and coalesce(last_active_at, online_since, last_seen) < $1 limit $2";
        let ids: Vec<i64> =
            with_pool!(self, pool => sqlx::query_scalar(SQL).bind(bound(before)).bind(limit).fetch_all(pool).await?);
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// Somebody with an account that is not kept out.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn person(&self, id: UserId) -> Result<Option<PersonRow>, StoreError> {
        const SQL: &str = select_people!("left", "and u.id = $1");
        let row = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(SQL).bind(id.0).fetch_optional(pool).await?);
        row.map(PersonRow::try_from).transpose()
    }

    /// At most `limit` people whose name begins with `search`, by name, after the one given.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn people_by_name(
        &self,
        search: &str,
        whereabouts: Whereabouts,
        after: Option<&UserSummary>,
        limit: i64,
    ) -> Result<Vec<Person>, StoreError> {
        const ANYWHERE: &str = select_people!(
            "left",
            "and u.name_key >= $1 and u.name_key < $2 and (u.name_key, u.id) > ($3, $4) \
            order by u.name_key, u.id limit $5"
        );
        const HERE: &str = select_people!(
            "",
            "and p.is_online and p.chosen_status <> 'invisible' \
            and u.name_key >= $1 and u.name_key < $2 and (u.name_key, u.id) > ($3, $4) \
            order by u.name_key, u.id limit $5"
        );
        const GONE: &str = select_people!(
            "left",
            "and (p.is_online is null or not p.is_online or p.chosen_status = 'invisible') \
            and u.name_key >= $1 and u.name_key < $2 and (u.name_key, u.id) > ($3, $4) \
            order by u.name_key, u.id limit $5"
        );
        let sql = match whereabouts {
            Whereabouts::Anywhere => ANYWHERE,
            Whereabouts::Here => HERE,
            Whereabouts::Gone => GONE,
        };
        let first = name_key(search);
        // After every name that begins like this: no name has this character.
        let last = format!("{first}\u{10ffff}");
        let (after_key, after_id) = after.map_or((String::new(), 0), |it| (name_key(&it.name), it.id.0));
        let rows = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(sql)
                .bind(first)
                .bind(last)
                .bind(after_key)
                .bind(after_id)
                .bind(limit)
                .fetch_all(pool)
                .await?);
        rows.into_iter().map(|row| PersonRow::try_from(row).map(|it| it.person)).collect()
    }
}
