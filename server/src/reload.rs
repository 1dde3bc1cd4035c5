//! New settings without a restart: on SIGHUP the settings file is read again (rule CFG-3).
//!
//! What may change is what belongs to applications, and certificates. Everything else is named in the log and waits for
//! the next start. Wrong settings change nothing.

use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError, Secrets, SecretsError, Sources};
use crate::hub::Hub;

/// Reads the settings again, and gives the hub what may change.
pub struct Reloader {
    sources: Sources,
    /// What the server started with.
    started_with: Arc<Config>,
    hub: Arc<Hub>,
    own_id: String,
}

/// Why the old settings stay in force.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// Some are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The secrets can't be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The app's own application can't become another one while its sockets are open.
    #[error("application.id is {new:?}, and was {old:?} at the start: expected the same id, or a restart")]
    OtherId {
        /// As the server started.
        old: String,
        /// As it is now.
        new: String,
    },
}

impl Reloader {
    /// For a server that started with these settings.
    pub fn new(sources: Sources, started_with: Arc<Config>, hub: Arc<Hub>, own_id: &str) -> Self {
        Self { sources, started_with, hub, own_id: own_id.to_owned() }
    }

    /// Reloads at each signal, until the token is cancelled.
    pub async fn run(self, mut hangup: Signal, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                received = hangup.recv() => if received.is_none() { return },
            }
            match self.reload().await {
                Ok(waiting) if waiting.is_empty() => tracing::info!("the settings were read again"),
                Ok(waiting) => {
                    let waiting = waiting.join(", ");
                    tracing::warn!(%waiting, "the settings were read again; these count from the next start on");
                }
                Err(error) => tracing::error!("the old settings stay in force: {error}"),
            }
        }
    }

    /// Reads the settings again and gives the hub what may change; the changed settings that wait for the next start.
    ///
    /// # Errors
    /// Everything that is wrong with them, and then nothing has changed.
    pub async fn reload(&self) -> Result<Vec<String>, ReloadError> {
        let config = Config::load(&self.sources)?;
        let secrets: Secrets = config.secrets()?.0;
        if secrets.application_id != self.own_id {
            return Err(ReloadError::OtherId { old: self.own_id.clone(), new: secrets.application_id });
        }
        self.hub.set_applications(config.applications(&secrets), self.started_with.server.drain_window.0).await;
        Ok(self.waiting(&config))
    }

    /// Settings that differ from those at the start, and do not belong to applications.
    fn waiting(&self, config: &Config) -> Vec<String> {
        let at_start = &self.started_with.effective;
        let differs = |key: &str, shown: &str| !at_start.iter().any(|it| it.key == key && it.shown == shown);
        let changed = config.effective.iter().filter(|it| !it.key.starts_with("application"));
        changed.filter(|it| differs(&it.key, &it.shown)).map(|it| it.key.clone()).collect()
    }
}
