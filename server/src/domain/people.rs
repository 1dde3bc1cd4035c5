//! People: the list of them, profiles, how each wants to be seen, and who does not want to hear from whom.

use std::sync::Arc;

use app::accounts::{User, UserSummary};
use app::chat::{BlockState, Conversation, UserPair};
use app::error::AppError;
use app::ids::UserId;
use app::people::{
    ChosenStatus, OpenedPeople, PeoplePage, PeopleQuery, PeopleService, PersonProfile, PresenceStatus, Whereabouts,
};
use app::realtime::AppChannel;
use app::realtime::events::{ConversationUpdated, PresenceChanged};

use super::chat::checked_limit;
use crate::clock::Clock;
use crate::event_log::EventLog;
use crate::store::{PresenceState, Store, StoreError};

/// How long an activity is worth no further note.
const ACTIVE_MS: i64 = 60_000;

/// The longest beginning of a name that is looked for.
const MAX_SEARCH_CHARS: usize = 80;

/// Takes somebody out of the general room's members, on all their connections.
pub type HideMember = Arc<dyn Fn(UserId) + Send + Sync>;

/// People as others see them. Cheap to clone.
#[derive(Clone)]
pub struct People {
    store: Store,
    log: EventLog,
    clock: Clock,
    hide_member: HideMember,
}

impl People {
    /// The people in this store. `hide_member` is called for whoever becomes invisible.
    pub fn new(store: Store, log: EventLog, clock: Clock, hide_member: HideMember) -> Self {
        Self { store, log, clock, hide_member }
    }

    /// Changes how somebody is there, and tells the others if they see it.
    async fn change(&self, user: &UserSummary, change: Change) -> Result<(), StoreError> {
        let at = self.clock.now();
        let mut tx = self.store.begin().await?;
        let reservation = self.log.reserve(&mut tx, AppChannel::PresenceChat).await?;
        let before = tx.presence_state(user.id).await?;
        match change {
            Change::Chosen(status) => tx.set_chosen_status(user.id, status, at).await?,
            Change::Active => tx.set_away(user.id, false, at).await?,
        }
        let after = tx.presence_state(user.id).await?;
        if !is_told(before, after) {
            // The number goes back, and what was written once more takes none.
            tx.rollback().await?;
            let mut tx = self.store.begin().await?;
            match change {
                Change::Chosen(status) => tx.set_chosen_status(user.id, status, at).await?,
                Change::Active => tx.set_away(user.id, false, at).await?,
            }
            return tx.commit().await;
        }
        let event = PresenceChanged { user: user.clone(), status: after.status(), at };
        self.log.append_reserved(&mut tx, reservation, &event.into(), None).await?;
        self.log.commit(tx).await
    }
}

/// What changes about somebody who is there.
#[derive(Debug, Clone, Copy)]
enum Change {
    Chosen(ChosenStatus),
    Active,
}

/// Whether others see a difference that `UserJoined` and `UserLeft` do not tell.
fn is_told(before: PresenceState, after: PresenceState) -> bool {
    let (before, after) = (before.status(), after.status());
    before != after && before != PresenceStatus::Offline && after != PresenceStatus::Offline
}

#[async_trait::async_trait]
impl PeopleService for People {
    async fn people(&self, _: &User, query: PeopleQuery) -> Result<PeoplePage, AppError> {
        let limit = checked_limit(query.limit)?;
        let search = query.search.trim();
        let chars = search.chars().count();
        if chars > MAX_SEARCH_CHARS {
            let detail = format!("has {chars} characters: expected at most {MAX_SEARCH_CHARS}");
            return Err(AppError::invalid("search", detail));
        }
        let after = match query.after {
            None => None,
            Some(id) => Some(self.store.user_summary(id).await?.ok_or_else(|| {
                AppError::invalid("after", format!("is {id}, which is nobody: expected the last one of a page"))
            })?),
        };
        let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let mut people = self.store.people_by_name(search, query.whereabouts, after.as_ref(), one_more).await?;
        let has_more = people.len() > limit;
        people.truncate(limit);
        Ok(PeoplePage { people, has_more })
    }

    async fn open(&self, reader: &User, search: String) -> Result<OpenedPeople, AppError> {
        let position = self.log.position(AppChannel::PresenceChat).await?;
        let query = |whereabouts, limit| PeopleQuery { search: search.clone(), whereabouts, after: None, limit };
        let here = self.people(reader, query(Whereabouts::Here, Some(100))).await?;
        let gone = self.people(reader, query(Whereabouts::Gone, None)).await?;
        Ok(OpenedPeople { here, gone, position })
    }

    async fn profile(&self, reader: &User, id: UserId) -> Result<PersonProfile, AppError> {
        let found = self.store.person(id).await?.ok_or_else(|| AppError::NotFound(format!("person {id}")))?;
        let conversation = Conversation::direct(reader.id, id);
        let block = match conversation {
            Some(_) => self.store.block_state(reader.id, id).await?,
            None => BlockState::None,
        };
        Ok(PersonProfile {
            person: found.person,
            time_zone: found.settings.profile.time_zone,
            member_since: found.member_since,
            conversation,
            block,
        })
    }

    async fn chosen_status(&self, user: &User) -> Result<ChosenStatus, AppError> {
        Ok(self.store.presence_state(user.id).await?.chosen)
    }

    async fn choose_status(&self, user: &User, status: ChosenStatus) -> Result<(), AppError> {
        self.change(&user.into(), Change::Chosen(status)).await?;
        if status == ChosenStatus::Invisible {
            (self.hide_member)(user.id);
        }
        Ok(())
    }

    async fn be_active(&self, user: &User) -> Result<(), AppError> {
        let state = self.store.presence_state(user.id).await?;
        let is_noted = state.last_active_at.is_some_and(|it| self.clock.now() < it.plus_ms(ACTIVE_MS));
        if !state.is_online || (is_noted && !state.is_away) {
            return Ok(());
        }
        Ok(self.change(&user.into(), Change::Active).await?)
    }

    async fn is_invisible(&self, id: UserId) -> Result<bool, AppError> {
        Ok(self.store.presence_state(id).await?.chosen == ChosenStatus::Invisible)
    }

    async fn blocked(&self, user: &User) -> Result<Vec<UserSummary>, AppError> {
        Ok(self.store.blocked_by(user.id).await?)
    }

    async fn set_blocked(&self, user: &User, id: UserId, is_blocked: bool) -> Result<(), AppError> {
        let Some(pair) = UserPair::new(user.id, id) else {
            return Err(AppError::invalid("id", format!("is {id}, which is yourself: expected another person")));
        };
        let peer = self.store.user_summary(id).await?.ok_or_else(|| AppError::NotFound(format!("person {id}")))?;
        let key = self.store.conversation_key(Conversation::Direct(pair)).await?;
        let settings = self.store.settings_of(&pair.ids()).await?;
        let keeps_receipts = settings.values().any(|it| !it.privacy.read_receipts);
        let mut people = [UserSummary::from(user), peer];
        people.sort_by_key(|it| AppChannel::PrivateUser(it.id).to_string());
        let mut tx = self.store.begin().await?;
        let is_changed =
            if is_blocked { tx.block(user.id, id, self.clock.now()).await? } else { tx.unblock(user.id, id).await? };
        if is_changed {
            for person in &people {
                let Some(mut summary) = tx.conversation_summary(person, key).await? else { continue };
                if keeps_receipts {
                    summary.peer_read_up_to = None;
                }
                let (channel, event) = (AppChannel::PrivateUser(person.id), ConversationUpdated { summary });
                self.log.append(&mut tx, channel, &event.into(), None).await?;
            }
        }
        Ok(self.log.commit(tx).await?)
    }
}
