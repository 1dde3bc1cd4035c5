//! What the settings page asks, and the trait that the server implements.

#[cfg(feature = "ssr")]
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::model::{SessionInfo, Settings};
use crate::error::AppError;
use crate::rest::page_function;

page_function! { "load_settings",
    /// The settings of whoever is signed in.
    ///
    /// # Errors
    /// `Unauthenticated`; `Internal` if the database is away.
    pub async fn load_settings() -> Result<Settings, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        expect_context::<std::sync::Arc<dyn SettingsService>>().settings(user.id).await
    }
}

/// The number of the session that asks. Given as context to every page and server function by the server; none where
/// somebody asks with a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentSession(pub Option<i64>);

page_function! { "list_sessions",
    /// Where whoever is signed in is signed in, the last used first.
    ///
    /// # Errors
    /// `Unauthenticated`; `Internal` if the database is away.
    pub async fn list_sessions() -> Result<Vec<SessionInfo>, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        let current = use_context::<CurrentSession>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        expect_context::<std::sync::Arc<dyn SettingsService>>().sessions(user.id, current).await
    }
}

/// What can be done with settings, implemented by the server's domain.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait SettingsService: Send + Sync {
    /// Somebody's settings; the defaults where they have chosen nothing.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn settings(&self, user_id: crate::ids::UserId) -> Result<Settings, AppError>;

    /// Where somebody is signed in, the last used first; `current` is the session that asks.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn sessions(&self, user_id: crate::ids::UserId, current: i64) -> Result<Vec<SessionInfo>, AppError>;

    /// Changes some of them: `changes` has the form of [`Settings`] and holds no more than what is to change. Returns
    /// all of them after it, and tells the person's tabs and devices, but not the socket `except`.
    ///
    /// # Errors
    /// `Invalid` names each setting at fault with its path, e.g. `notifications.quiet_hours.from_minute`; then nothing
    /// is changed.
    async fn change_settings(
        &self,
        user_id: crate::ids::UserId,
        changes: serde_json::Value,
        except: Option<crate::realtime::SocketId>,
    ) -> Result<Settings, AppError>;
}
