//! What the page of people asks, and the trait that the server implements.

#[cfg(feature = "ssr")]
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::model::{ChosenStatus, Person};
use crate::accounts::UserSummary;
use crate::chat::ChannelPosition;
use crate::error::AppError;
use crate::ids::UserId;
use crate::rest::page_function;

/// Which people a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// Everybody.
    #[default]
    Anywhere,
    /// Those who are there: online, away, not to be disturbed.
    Here,
    /// Those who are seen as offline.
    Gone,
}

/// `GET /api/people`: which part of the list, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PeopleQuery {
    /// Only people whose name begins with this, in any case.
    #[serde(default)]
    pub search: String,
    /// Only people who are there, or are not.
    #[serde(default)]
    pub whereabouts: Whereabouts,
    /// Only people after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UserId>,
    /// How many, 1 to 100; 50 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A part of the list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeoplePage {
    /// By name.
    pub people: Vec<Person>,
    /// Whether there are more after the last one.
    pub has_more: bool,
}

/// `PUT /api/presence`: how somebody wants to be seen from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChooseStatus {
    /// How.
    pub status: ChosenStatus,
}

page_function! { "list_people",
    /// The first people of a list.
    ///
    /// # Errors
    /// `Unauthenticated`; `Internal` if the database is away.
    pub async fn list_people(
        /// Which people.
        whereabouts: Whereabouts,
    ) -> Result<PeoplePage, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        let query = PeopleQuery { whereabouts, ..PeopleQuery::default() };
        expect_context::<std::sync::Arc<dyn PeopleService>>().people(&user, query).await
    }
}

/// What the page of people begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedPeople {
    /// Those who are there, at most 100.
    pub here: PeoplePage,
    /// The first of those who are not.
    pub gone: PeoplePage,
    /// The position of the channel that tells who comes and goes, before all this was read.
    pub position: ChannelPosition,
}

page_function! { "open_people",
    /// Who there is, and who of them is there.
    ///
    /// # Errors
    /// `Unauthenticated`; `Invalid` names `search`; `Internal` if the database is away.
    pub async fn open_people(
        /// Only people whose name begins with this, in any case.
        search: String,
    ) -> Result<OpenedPeople, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        expect_context::<std::sync::Arc<dyn PeopleService>>().open(&user, search).await
    }
}

page_function! { "list_blocked",
    /// Everybody whom whoever is signed in has blocked, by name.
    ///
    /// # Errors
    /// `Unauthenticated`; `Internal` if the database is away.
    pub async fn list_blocked() -> Result<Vec<UserSummary>, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        expect_context::<std::sync::Arc<dyn PeopleService>>().blocked(&user).await
    }
}

/// What can be done with people, implemented by the server's domain.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait PeopleService: Send + Sync {
    /// A part of the list of everybody with an account.
    ///
    /// # Errors
    /// `Invalid` names `limit`, `search` or `after`.
    async fn people(&self, reader: &crate::accounts::User, query: PeopleQuery) -> Result<PeoplePage, AppError>;

    /// Who there is, and who of them is there.
    ///
    /// # Errors
    /// `Invalid` names `search`.
    async fn open(&self, reader: &crate::accounts::User, search: String) -> Result<OpenedPeople, AppError>;

    /// Somebody's profile.
    ///
    /// # Errors
    /// `NotFound` if there is no such person.
    async fn profile(&self, reader: &crate::accounts::User, id: UserId) -> Result<super::PersonProfile, AppError>;

    /// How somebody wants to be seen.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn chosen_status(&self, user: &crate::accounts::User) -> Result<ChosenStatus, AppError>;

    /// Sets how somebody wants to be seen, and tells the others. Who becomes invisible leaves for everybody else at
    /// once, on all their devices.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn choose_status(&self, user: &crate::accounts::User, status: ChosenStatus) -> Result<(), AppError>;

    /// Notes that somebody does something, on whatever device; whoever was away without saying so is online again.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn be_active(&self, user: &crate::accounts::User) -> Result<(), AppError>;

    /// Whether somebody is not to be seen.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn is_invisible(&self, id: UserId) -> Result<bool, AppError>;

    /// Everybody whom somebody has blocked, by name.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn blocked(&self, user: &crate::accounts::User) -> Result<Vec<UserSummary>, AppError>;

    /// Keeps somebody from writing to this person, or lets them again. Both lists hear of it; again changes nothing.
    ///
    /// # Errors
    /// `NotFound` if there is no such person; `Invalid` names `id` if it is oneself.
    async fn set_blocked(&self, user: &crate::accounts::User, id: UserId, is_blocked: bool) -> Result<(), AppError>;
}
