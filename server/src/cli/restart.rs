//! `smartlink restart`: the running server drains and begins anew, without its port being closed for a moment.

use std::time::Duration;

use axum::http::Method;
use clap::Args;

use super::running::RunningServer;
use super::{Console, Failure};
use crate::config::Config;
use crate::http::operator::{RESTART_PATH, STATUS_PATH, ServerStatus};

/// How long the next server may take to answer, beyond the drain window.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask the server at this address; without it, the one of the settings on this machine
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Asks for the restart, and returns once the new server answers. These settings were read and found right before.
pub(super) async fn run(arguments: Arguments, config: Config, console: &mut Console) -> Result<(), Failure> {
    let server = RunningServer::of(&config, arguments.url.as_deref())?;
    let old: ServerStatus = server.ask(Method::GET, STATUS_PATH).await?;
    let _empty: serde_json::Value = server.ask(Method::POST, RESTART_PATH).await?;
    let window = config.server.drain_window.0;
    console.line(&format!("{} connections are released within {} s.", old.connections, window.as_secs()))?;
    let replaced = async {
        loop {
            tokio::time::sleep(PAUSE).await;
            match server.ask::<ServerStatus>(Method::GET, STATUS_PATH).await {
                Ok(new) if new.start_id != old.start_id => return new,
                Ok(_) => {}
                // While neither server takes it, the question waits, or is cut off with the old one.
                Err(error) => tracing::debug!("the new server does not answer yet: {error:#}"),
            }
        }
    };
    match tokio::time::timeout(window + PATIENCE, replaced).await {
        Ok(new) => console.line(&format!("SmartLink {} has started anew (process {}).", new.version, new.process_id)),
        Err(_) => Err(Failure::unreachable(anyhow::anyhow!(
            "the new server at {} does not answer: look into its log",
            server.url()
        ))),
    }
}
