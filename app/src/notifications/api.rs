//! What the page of notifications asks, and the trait that the server implements.

#[cfg(feature = "ssr")]
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::model::{Notification, NotificationKind};
use crate::chat::ChannelPosition;
use crate::error::AppError;
use crate::ids::NotificationId;
use crate::rest::page_function;
use crate::time::Timestamp;

/// Which notifications a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationFilter {
    /// All.
    #[default]
    All,
    /// What was not read.
    Unread,
    /// Mentions and replies.
    Mentions,
    /// Money.
    Money,
    /// Campaigns.
    Campaigns,
}

impl NotificationFilter {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 5] = [Self::All, Self::Unread, Self::Mentions, Self::Money, Self::Campaigns];

    /// Its spelling in an address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Unread => "unread",
            Self::Mentions => "mentions",
            Self::Money => "money",
            Self::Campaigns => "campaigns",
        }
    }

    /// Its word on the page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Unread => "Unread",
            Self::Mentions => "Mentions",
            Self::Money => "Money",
            Self::Campaigns => "Campaigns",
        }
    }

    /// The one of this name; all of them for any other.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.name() == name).unwrap_or_default()
    }

    /// The kinds that are shown; none: all of them.
    pub const fn kinds(self) -> &'static [NotificationKind] {
        match self {
            Self::All | Self::Unread => &[],
            Self::Mentions => &[NotificationKind::Mention, NotificationKind::Reply],
            Self::Money => &[NotificationKind::Money],
            Self::Campaigns => &[NotificationKind::Campaign],
        }
    }
}

/// `GET /api/notifications`: which part of the list, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NotificationQuery {
    /// Which kinds.
    #[serde(default)]
    pub filter: NotificationFilter,
    /// Only older ones than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<NotificationId>,
    /// How many, 1 to 100; 50 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A part of the list of notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationPage {
    /// The newest first.
    pub notifications: Vec<Notification>,
    /// Whether there are older ones.
    pub has_more: bool,
    /// How many are unread, whatever the filter, counted up to 100.
    pub unread_count: u32,
    /// The position of the reader's own channel before all this was read.
    pub position: ChannelPosition,
}

/// `POST /api/notifications/read` and `/unread`: which ones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MarkNotifications {
    /// These, at most 1 000; what is no unread (or read) one of the reader's own is passed over.
    #[serde(default)]
    pub notification_ids: Vec<NotificationId>,
    /// All up to this one too: those that the reader could see when they said "all".
    #[serde(default)]
    pub up_to: Option<NotificationId>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedNotifications {
    /// Those that were changed; hand them to `/unread` to take it back.
    pub notification_ids: Vec<NotificationId>,
    /// How many are unread now, counted up to 100.
    pub unread_count: u32,
    /// When.
    pub at: Timestamp,
}

page_function! { "list_notifications",
    /// The newest notifications of whoever is signed in, or the newest before one of them.
    ///
    /// # Errors
    /// `Unauthenticated`; `Internal` if the database is away.
    pub async fn list_notifications(
        /// Which kinds.
        filter: NotificationFilter,
        /// Only older ones than this.
        before: Option<NotificationId>,
    ) -> Result<NotificationPage, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        let query = NotificationQuery { filter, before, limit: None };
        expect_context::<std::sync::Arc<dyn NotificationService>>().notifications(user.id, query).await
    }
}

/// What can be done with notifications, implemented by the server's domain.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait NotificationService: Send + Sync {
    /// A part of somebody's list.
    ///
    /// # Errors
    /// `Invalid` names `limit`.
    async fn notifications(
        &self,
        user_id: crate::ids::UserId,
        query: NotificationQuery,
    ) -> Result<NotificationPage, AppError>;

    /// Marks notifications as read and tells all tabs and devices. Again changes nothing.
    ///
    /// # Errors
    /// `Invalid` names `notification_ids` if there are too many.
    async fn mark_read(
        &self,
        user_id: crate::ids::UserId,
        which: MarkNotifications,
    ) -> Result<MarkedNotifications, AppError>;

    /// Takes that back.
    ///
    /// # Errors
    /// As above.
    async fn mark_unread(
        &self,
        user_id: crate::ids::UserId,
        which: MarkNotifications,
    ) -> Result<MarkedNotifications, AppError>;
}
