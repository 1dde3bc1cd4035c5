//! `/smartlink/status`: how a server does at one moment.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};

use crate::http::health;
use crate::http::metrics::process;
use crate::http::pusher::ApiError;
use crate::state::AppState;

/// Where the status is.
pub(crate) const STATUS_PATH: &str = "/smartlink/status";

/// How a server does at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// The version that runs.
    pub version: String,
    /// The process.
    pub process_id: u32,
    /// Drawn by each start.
    pub start_id: String,
    /// When it started.
    pub started_at: String,
    /// For how long it has been running.
    pub uptime_s: u64,
    /// `serving`, or `stopping`.
    pub state: String,
    /// Its parts.
    pub health: Health,
    /// Open WebSockets.
    pub connections: usize,
    /// By application.
    pub applications: BTreeMap<String, ApplicationStatus>,
    /// Occupied channels, by kind.
    pub channels: BTreeMap<String, usize>,
    /// Sums since the start.
    pub totals: Totals,
    /// Bytes that wait for slow readers.
    pub queue_bytes: usize,
    /// Requests of webhooks.
    pub webhooks: WebhooksStatus,
    /// Memory that the process holds; `None` where the system does not tell.
    pub memory_bytes: Option<u64>,
}

/// The parts that a server needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether the database answers.
    pub database: bool,
    /// Whether stored events are published in time.
    pub relay: bool,
    /// How long the oldest stored event has been waiting.
    pub relay_lag_ms: Option<u64>,
}

/// One application's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationStatus {
    /// Open WebSockets.
    pub connections: usize,
    /// Frames from clients since the start.
    pub received: u64,
    /// Frames to clients since the start.
    pub sent: u64,
}

/// Sums since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Frames from clients.
    pub frames_in: u64,
    /// Frames to clients.
    pub frames_out: u64,
    /// Bytes from clients.
    pub bytes_in: u64,
    /// Bytes to clients.
    pub bytes_out: u64,
    /// Connections closed because they read too slowly.
    pub slow_closes: u64,
    /// Connections closed because they did not answer.
    pub pruned: u64,
}

/// Requests of webhooks, and events that were dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhooksStatus {
    /// Waiting now.
    pub waiting: u64,
    /// Taken since the start.
    pub delivered: u64,
    /// Given up since the start.
    pub given_up: u64,
    /// Events dropped since the start.
    pub dropped: u64,
}

pub(super) async fn status(State(state): State<AppState>, request: Request) -> Result<Json<ServerStatus>, ApiError> {
    super::authorize(&state, request).await?;
    let hub = state.hub.metrics().await;
    let health = health::check(&state).await;
    let applications = hub.applications.iter().map(|(id, it)| {
        let status = ApplicationStatus { connections: it.connections, received: it.received, sent: it.sent };
        (id.0.to_string(), status)
    });
    let webhooks = &state.webhooks;
    let uptime_ms = state.clock.now().unix_ms() - state.start.at.unix_ms();
    Ok(Json(ServerStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        process_id: std::process::id(),
        start_id: state.start.id.to_string(),
        started_at: state.start.at.to_string(),
        uptime_s: uptime_ms.max(0).unsigned_abs() / 1_000,
        state: if state.shutdown.is_cancelled() { "stopping" } else { "serving" }.to_owned(),
        health,
        connections: hub.applications.values().map(|it| it.connections).sum(),
        applications: applications.collect(),
        channels: hub.channels.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
        totals: Totals {
            frames_in: hub.frames_in,
            frames_out: hub.frames_out,
            bytes_in: hub.bytes_in,
            bytes_out: hub.bytes_out,
            slow_closes: hub.slow_closes,
            pruned: hub.pruned,
        },
        queue_bytes: hub.queue_bytes,
        webhooks: WebhooksStatus {
            waiting: webhooks.waiting().values().sum(),
            delivered: webhooks.delivered(),
            given_up: webhooks.given_up(),
            dropped: webhooks.dropped() + state.hub.overflowed_occurrences(),
        },
        memory_bytes: process::resident_bytes(),
    }))
}
