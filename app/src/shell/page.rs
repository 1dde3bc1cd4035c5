//! What the server knew of the request when it rendered the page, handed over to the browser inside the page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::Theme;
use crate::accounts::{CsrfToken, CurrentUser, FormFlash, User};
use crate::chat::ChannelPosition;
use crate::json;
use crate::people::ChosenStatus;
use crate::settings::Settings;

/// The request's part of every page: who looks at it, in which colours, and what became of their last form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageContext {
    /// Who is signed in.
    pub user: Option<User>,
    /// What the page's plain forms send in [`CsrfToken::FIELD`].
    pub csrf_token: CsrfToken,
    /// The colours asked for.
    pub theme: Theme,
    /// The form that was refused just before.
    pub flash: Option<FormFlash>,
    /// How things stand for them.
    pub standing: Standing,
}

/// How things stood for whoever is signed in when the page was made, so that its first words are right already. Given as
/// context to every page by the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How many notifications are unread, counted up to 100.
    pub unread_notifications: u32,
    /// The position of their own channel before all this was read.
    pub position: Option<ChannelPosition>,
    /// What they have chosen.
    pub settings: Settings,
    /// How they want to be seen.
    pub status: ChosenStatus,
}

impl PageContext {
    /// Gathers what the server has given as context. The app also runs once at the start without any of it.
    fn gather() -> Self {
        Self {
            user: use_context::<CurrentUser>().and_then(|it| it.0),
            csrf_token: use_context().unwrap_or_default(),
            theme: use_context().unwrap_or_default(),
            flash: use_context(),
            standing: use_context().unwrap_or_default(),
        }
    }
}

/// Gives the page's context to everything below; the browser reads what the server wrote.
pub fn provide_page() {
    provide_context(json::shared(PageContext::gather));
}

/// The page's context, the empty one outside [`provide_page`].
pub fn use_page() -> PageContext {
    use_context().unwrap_or_default()
}
