//! What handlers share.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use app::accounts::AccountService;
use app::chat::ChatService;
use app::notifications::NotificationService;
use app::people::PeopleService;
use app::settings::SettingsService;
use app::time::Timestamp;
use axum::extract::FromRef;
use leptos::prelude::LeptosOptions;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::application::{Application, ApplicationId};
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::domain::{Sessions, Tokens, UnreadCheckStatus};
use crate::event_log::RelayStatus;
use crate::handshakes::Handshakes;
use crate::http::broadcasting::AuthorizedSockets;
use crate::http::metrics::RequestMetrics;
use crate::http::pusher::PusherApi;
use crate::http::signer::Signer;
use crate::hub::Hub;
use crate::store::{Store, StoreError};
use crate::webhooks::WebhookStatus;

/// What handlers share. Cheap to clone; a handler asks for the smallest part that does.
#[derive(Clone)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// How Leptos finds the built files.
    pub leptos_options: LeptosOptions,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Open sockets.
    pub hub: Arc<Hub>,
    /// What server SDKs ask.
    pub pusher_api: PusherApi,
    /// The app's own tenant of the Pusher server.
    pub own: OwnApplication,
    /// Who is who.
    pub accounts: Arc<dyn AccountService>,
    /// Browsers that are signed in.
    pub sessions: Sessions,
    /// Programs that are signed in.
    pub tokens: Tokens,
    /// Sockets that were let in by a session or a token.
    pub authorized: AuthorizedSockets,
    /// How the relay does.
    pub relay_status: Arc<RelayStatus>,
    /// Messages.
    pub chat: Arc<dyn ChatService>,
    /// Who there is, and how each wants to be seen.
    pub people: Arc<dyn PeopleService>,
    /// What needs people's attention.
    pub notifications: Arc<dyn NotificationService>,
    /// What people have chosen.
    pub settings: Arc<dyn SettingsService>,
    /// Signs what browsers keep.
    pub signer: Signer,
    /// Connections that have not sent a request yet.
    pub handshakes: Arc<Handshakes>,
    /// This start of the server.
    pub start: Start,
    /// How webhooks do.
    pub webhooks: Arc<WebhookStatus>,
    /// What the self-check of unread counts has found.
    pub unread_check: Arc<UnreadCheckStatus>,
    /// Requests so far.
    pub requests: Arc<RequestMetrics>,
    /// Cancelled when the server stops.
    pub shutdown: CancellationToken,
}

/// One start of the server, and how the next one is asked for. Cheap to clone.
#[derive(Clone)]
pub struct Start {
    /// Drawn for each start.
    pub id: Uuid,
    /// When it was.
    pub at: Timestamp,
    /// Cancelled when the server is to begin anew once it has stopped.
    pub again: CancellationToken,
    /// Where the next start takes its settings from; unset if nobody would start it.
    pub sources: Arc<OnceLock<Sources>>,
}

impl Start {
    /// A start at this time.
    pub fn new(at: Timestamp) -> Self {
        Self { id: Uuid::now_v7(), at, again: CancellationToken::new(), sources: Arc::default() }
    }
}

/// The app's own tenant: which one, and its settings, which a reload may change.
#[derive(Clone)]
pub struct OwnApplication {
    hub: Arc<Hub>,
    at_start: Arc<Application>,
}

impl OwnApplication {
    /// The one with which the server started.
    pub const fn new(hub: Arc<Hub>, at_start: Arc<Application>) -> Self {
        Self { hub, at_start }
    }

    /// Its id, which never changes.
    pub fn id(&self) -> &ApplicationId {
        &self.at_start.id
    }

    /// As it is set now. A reload can't take it away.
    pub fn now(&self) -> Arc<Application> {
        self.hub.applications().by_id(self.id()).map_or_else(|| Arc::clone(&self.at_start), Arc::clone)
    }
}

impl AppState {
    /// How long the oldest stored event has been waiting to be published; zero if none is.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn relay_lag(&self) -> Result<Duration, StoreError> {
        let oldest = self.store.unrelayed_events(1).await?;
        // The event's id is a UUID version 7, which begins with the time of its making.
        let made_at = oldest.first().and_then(|it| it.event_id.get_timestamp()).map(|it| it.to_unix());
        let Some((seconds, nanoseconds)) = made_at else { return Ok(Duration::ZERO) };
        let now = Duration::from_millis(self.clock.now().unix_ms().unsigned_abs());
        Ok(now.saturating_sub(Duration::new(seconds, nanoseconds)))
    }
}

/// Lets a handler ask for one part alone.
macro_rules! parts {
    ($($field:ident: $part:ty),+ $(,)?) => {$(
        impl FromRef<AppState> for $part {
            fn from_ref(state: &AppState) -> Self {
                state.$field.clone()
            }
        }
    )+};
}

parts! {
    config: Arc<Config>,
    leptos_options: LeptosOptions,
    hub: Arc<Hub>,
    pusher_api: PusherApi,
    chat: Arc<dyn ChatService>,
    people: Arc<dyn PeopleService>,
    notifications: Arc<dyn NotificationService>,
    settings: Arc<dyn SettingsService>,
    requests: Arc<RequestMetrics>,
}
