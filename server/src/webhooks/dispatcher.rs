//! Sends stored requests: one worker a receiver, in the order of their making, and again later what was not taken.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use app::time::Timestamp;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::client::{Client, PostError, SharedClient, headers};
use super::{Context, EndpointKey};
use crate::application::ApplicationId;
use crate::signature;
use crate::store::{DeliveryRow, StoreError};

/// How often the database is asked for what is due: tries that wait, requests of other processes, revived dead letters.
const SWEEP: Duration = Duration::from_secs(1);

/// What is added to the timeout until another process may take the same request.
const LEASE_MARGIN: Duration = Duration::from_secs(10);

/// How long a request that is on its way may take once a stop was asked for.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// Dead letters that are kept, the newest.
const KEPT_DEAD_LETTERS: i64 = 10_000;

/// Sweeps until old dead letters are looked for.
const SWEEPS_UNTIL_PRUNING: u32 = 600;

/// Sends until the token is cancelled.
pub(super) async fn run(context: Context, shutdown: CancellationToken) {
    let client = Arc::new(Client::new(context.settings.timeout));
    let mut workers = Workers::default();
    let mut sweeps = 0u32;
    loop {
        // Nobody but a receiver can make anything due, so without one the database is left alone.
        if context.hub.applications().iter().any(|it| !it.webhooks.is_empty()) {
            match due_endpoints(&context).await {
                Ok(endpoints) => {
                    for endpoint in endpoints {
                        workers.start(endpoint, &context, &client, &shutdown);
                    }
                }
                Err(error) => tracing::debug!(%error, "webhooks that are due can't be read"),
            }
            if sweeps.is_multiple_of(SWEEPS_UNTIL_PRUNING)
                && let Err(error) = context.store.prune_dead_letters(KEPT_DEAD_LETTERS).await
            {
                tracing::debug!(%error, "old dead letters can't be deleted");
            }
            sweeps = sweeps.wrapping_add(1);
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = context.stored.notified() => {}
            () = workers.ended() => {}
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
    while workers.tasks.join_next().await.is_some() {}
}

/// Receivers for which something is due; notes how much waits for each.
async fn due_endpoints(context: &Context) -> Result<Vec<EndpointKey>, StoreError> {
    let rows = context.store.waiting_deliveries(context.clock.now()).await?;
    let (mut waiting, mut due) = (BTreeMap::new(), Vec::new());
    for row in rows {
        let endpoint = EndpointKey { application: ApplicationId(row.application_id.into()), url: row.url.into() };
        if row.due > 0 {
            due.push(endpoint.clone());
        }
        waiting.insert(endpoint, row.waiting.unsigned_abs());
    }
    context.status.set_waiting(waiting);
    Ok(due)
}

/// The receivers that are being served.
#[derive(Default)]
struct Workers {
    tasks: JoinSet<()>,
    busy: HashMap<Id, EndpointKey>,
    endpoints: HashSet<EndpointKey>,
}

impl Workers {
    fn start(&mut self, endpoint: EndpointKey, context: &Context, client: &SharedClient, shutdown: &CancellationToken) {
        if self.endpoints.insert(endpoint.clone()) {
            let worker = Worker {
                endpoint: endpoint.clone(),
                context: context.clone(),
                client: Arc::clone(client),
                shutdown: shutdown.clone(),
            };
            let task = self.tasks.spawn(worker.run());
            self.busy.insert(task.id(), endpoint);
        }
    }

    /// Returns when a worker has ended; never, if there is none. Cancel-safe.
    async fn ended(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!(%error, "a receiver's worker failed");
                error.id()
            }
            None => return std::future::pending().await,
        };
        if let Some(endpoint) = self.busy.remove(&id) {
            self.endpoints.remove(&endpoint);
        }
    }
}

/// Serves one receiver until nothing is due for it.
struct Worker {
    endpoint: EndpointKey,
    context: Context,
    client: SharedClient,
    shutdown: CancellationToken,
}

impl Worker {
    async fn run(self) {
        while !self.shutdown.is_cancelled() {
            match self.send_next().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "webhooks can't be sent for now");
                    return;
                }
            }
        }
    }

    /// Sends the oldest request that is due; false if none is.
    async fn send_next(&self) -> Result<bool, StoreError> {
        let Context { store, clock, settings, .. } = &self.context;
        let EndpointKey { application, url } = &self.endpoint;
        let lease = after(clock.now(), settings.timeout + LEASE_MARGIN);
        let Some(delivery) = store.claim_delivery(&application.0, url, clock.now(), lease).await? else {
            return Ok(false);
        };
        let stopping = async {
            self.shutdown.cancelled().await;
            tokio::time::sleep(STOP_PATIENCE).await;
        };
        tokio::select! {
            sent = self.send(&delivery) => self.note(&delivery, sent).await?,
            () = stopping => store.postpone_delivery(delivery.id, clock.now(), "the server stopped").await?,
        }
        Ok(true)
    }

    async fn send(&self, delivery: &DeliveryRow) -> Result<(), SendError> {
        let applications = self.context.hub.applications();
        let application = applications.by_id(&self.endpoint.application).ok_or(SendError::NoReceiver)?;
        let webhook =
            application.webhooks.iter().find(|it| *it.url == *self.endpoint.url).ok_or(SendError::NoReceiver)?;
        let signature = signature::sign(&application.secret, delivery.body.as_bytes());
        let headers = headers(&application.key, &signature, &webhook.headers)?;
        Ok(self.client.post(&self.endpoint, &headers, &delivery.body).await?)
    }

    /// Notes what became of a request (rule WHK-5).
    async fn note(&self, delivery: &DeliveryRow, sent: Result<(), SendError>) -> Result<(), StoreError> {
        let Context { store, clock, settings, status, .. } = &self.context;
        let Err(error) = sent else {
            status.was_delivered();
            return store.delete_delivery(delivery.id).await;
        };
        status.has_failed();
        let failures = u32::try_from(delivery.attempts).unwrap_or(u32::MAX);
        let next = after(clock.now(), settings.pause(failures));
        let (url, attempts) = (&self.endpoint.url, delivery.attempts);
        if next <= delivery.give_up_at() && !matches!(error, SendError::NoReceiver) {
            tracing::debug!(%url, attempts, %error, "a webhook was not taken, and will be sent again");
            return store.postpone_delivery(delivery.id, next, &error.to_string()).await;
        }
        tracing::warn!(%url, attempts, %error, "a webhook was given up; `smartlink webhooks list` shows it");
        status.was_given_up();
        store.give_up_delivery(delivery.id, &error.to_string()).await
    }
}

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("no webhook with this address is set any more")]
    NoReceiver,
    #[error(transparent)]
    Post(#[from] PostError),
}

fn after(now: Timestamp, duration: Duration) -> Timestamp {
    now.plus_ms(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
