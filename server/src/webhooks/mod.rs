//! Webhooks: what happens on channels, told to an application's own servers (section 16 of the protocol).
//!
//! The hub hands over what happens ([`crate::hub::Occurrence`]) without ever waiting. The *collector* sorts out who
//! wants it, lets short absences pass, and joins events to batches, which are stored. The *dispatcher* sends what is
//! stored, each receiver apart from the others, and tries again until it is taken or too old. So a slow receiver costs
//! nobody else anything, and a restart loses nothing that was stored.

mod client;
mod collector;
mod dispatcher;
mod endpoint;
mod settings;
mod status;

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::hub::{Hub, Occurrence};
use crate::store::Store;
pub use endpoint::{Webhook, WebhookKind};
pub use settings::WebhookSettings;
pub use status::{EndpointKey, WebhookStatus};

/// The webhooks of all applications.
pub struct Webhooks {
    hub: Arc<Hub>,
    store: Store,
    clock: Clock,
    settings: WebhookSettings,
    occurrences: mpsc::Receiver<Occurrence>,
    status: Arc<WebhookStatus>,
}

impl Webhooks {
    /// Begins to listen to the hub; nothing is sent before [`Self::run`].
    pub fn new(hub: Arc<Hub>, store: Store, clock: Clock, settings: WebhookSettings) -> Self {
        let occurrences = hub.occurrences(settings.max_waiting);
        Self { hub, store, clock, settings, occurrences, status: Arc::default() }
    }

    /// How the webhooks do, also after they have been moved into their task.
    pub fn status(&self) -> Arc<WebhookStatus> {
        Arc::clone(&self.status)
    }

    /// Collects and sends until the token is cancelled; then stores what was not sent.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self { hub, store, clock, settings, occurrences, status } = self;
        let stored = Arc::new(Notify::new());
        let context = Context { hub, store, clock, settings, status, stored };
        tokio::join!(
            collector::run(context.clone(), occurrences, shutdown.clone()),
            dispatcher::run(context, shutdown)
        );
    }
}

/// What both halves need.
#[derive(Clone)]
struct Context {
    hub: Arc<Hub>,
    store: Store,
    clock: Clock,
    settings: WebhookSettings,
    status: Arc<WebhookStatus>,
    /// Told when batches were stored.
    stored: Arc<Notify>,
}
