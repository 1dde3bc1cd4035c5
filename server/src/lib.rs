//! SmartLink's server: the app's pages and API, and the WebSocket server that speaks Pusher's protocol.

pub mod cli;
pub mod clock;
pub mod config;
pub mod telemetry;

pub mod reload;
pub mod router;
pub mod server;
pub mod state;

pub mod handshakes;
pub mod http;
pub mod websocket;

pub mod domain;
pub mod store;

pub mod event_log;

pub mod application;
pub mod broker;
pub mod encryption;
pub mod hub;
pub mod listen;
pub mod presence;
pub mod signature;
pub mod webhooks;

mod http_client;
mod shutdown;
mod supervisor;
mod tls;
mod wildcard;

use listen::Listeners;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use clock::Clock;
use config::Config;
use server::Server;

/// Serves on the listener until the token is cancelled, then stops in order. What `serve` and the tests call.
///
/// # Errors
/// If the database, the secrets or the hub can't be used, or background work does not end in time.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listeners = Listeners::beside(listener, &config).await?;
    Server::prepare(config, Clock::system(), shutdown).await?.serve(&listeners).await
}
