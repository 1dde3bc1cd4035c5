//! `smartlink webhooks`: the list of webhooks that no receiver took, and what to do with them.

use clap::{Args, Subcommand};

use super::{Console, Failure};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;

/// Dead letters that are read at once.
const PAGE: i64 = 500;

/// What to do with webhooks that were given up.
#[derive(Debug, Subcommand)]
pub(super) enum WebhooksCommand {
    /// Show them, tab-separated: number, application, address, events, time, tries, last error.
    List {
        /// One JSON object a line, with the body.
        #[arg(long)]
        json: bool,
    },
    /// Have them sent again by the server that runs, or that runs next.
    Resend(Which),
    /// Delete them.
    Forget(Which),
}

/// One, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// The number of one.
    #[arg(value_name = "NUMBER")]
    id: Option<i64>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

/// Does it, and says what was done.
pub(super) async fn run(command: WebhooksCommand, config: Config, console: &mut Console) -> Result<(), Failure> {
    let store = super::open_existing_store(&config).await?;
    let done = apply(command, &config, &store, console).await;
    store.close().await;
    done
}

async fn apply(command: WebhooksCommand, config: &Config, store: &Store, console: &mut Console) -> Result<(), Failure> {
    match command {
        WebhooksCommand::List { json } => list(json, store, console).await,
        WebhooksCommand::Resend(which) => {
            let now = Clock::system().now();
            let retry_ms = i64::try_from(config.webhook_settings().retry_for.as_millis()).unwrap_or(i64::MAX);
            let count = store.revive_deliveries(which.id(), now, now.plus_ms(retry_ms)).await?;
            which.check(count)?;
            console.line(&format!("{count} will be sent again."))
        }
        WebhooksCommand::Forget(which) => {
            let count = store.delete_dead_letters(which.id()).await?;
            which.check(count)?;
            console.line(&format!("{count} are forgotten."))
        }
    }
}

async fn list(json: bool, store: &Store, console: &mut Console) -> Result<(), Failure> {
    let mut last = 0;
    loop {
        let letters = store.dead_letters(last, PAGE).await?;
        for it in &letters {
            let line = if json {
                let object = serde_json::json!({
                    "id": it.id, "application": it.application_id, "url": it.url, "events": it.events,
                    "created_at": it.created_at.to_string(), "attempts": it.attempts, "last_error": it.last_error,
                    "body": it.body,
                });
                object.to_string()
            } else {
                let error = it.last_error.replace(['\t', '\n'], " ");
                let (id, application, url, events) = (it.id, &it.application_id, &it.url, it.events);
                format!("{id}\t{application}\t{url}\t{events}\t{}\t{}\t{error}", it.created_at, it.attempts)
            };
            console.line(&line)?;
        }
        match letters.last() {
            Some(letter) => last = letter.id,
            None => return Ok(()),
        }
    }
}

impl Which {
    fn id(&self) -> Option<i64> {
        if self.all { None } else { self.id }
    }

    /// Whether the one that was named is there.
    fn check(&self, count: u64) -> Result<(), Failure> {
        match self.id() {
            Some(id) if count == 0 => Err(Failure::refused(format!("there is no webhook {id} that was given up"))),
            _ => Ok(()),
        }
    }
}
