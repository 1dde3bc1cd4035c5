//! What the dashboard shows.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::accounts::UserSummary;
use crate::ids::AuditId;
use crate::time::Timestamp;
use crate::wallet::Money;

/// The figures of one second, over all nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Metrics {
    /// The end of that second.
    pub at: Timestamp,
    /// Nodes that answer.
    pub nodes: u64,
    /// Open connections.
    pub connections: u64,
    /// People with at least one connection.
    pub users_online: u64,
    /// Channels with at least one subscriber.
    pub channels: u64,
    /// Presence channels among them.
    pub presence_channels: u64,
    /// Frames that clients sent in that second.
    pub frames_received: u64,
    /// Events that were published in that second.
    pub events_published: u64,
    /// Frames that were sent to sockets in that second.
    pub frames_sent: u64,
    /// Bytes that wait in all connections' queues.
    pub queue_bytes: u64,
    /// Connections whose queue is more than 80 % full.
    pub slow_connections: u64,
    /// Commands and frames that a rate limit refused in that second.
    pub rate_limit_hits: u64,
    /// From commit to socket, in microseconds: half of the deliveries took no longer. `None` without deliveries.
    pub latency_p50_us: Option<u64>,
    /// The same for 99 of 100 deliveries.
    pub latency_p99_us: Option<u64>,
    /// Events in the log that the relay has not published yet.
    pub relay_lag: u64,
    /// Campaigns that deliver.
    pub campaigns_active: u64,
    /// Campaigns that stopped because budget or wallet is used up.
    pub campaigns_out_of_budget: u64,
    /// What was paid in since midnight UTC, one amount a currency.
    pub deposits_today: Vec<Money>,
    /// What was paid out since midnight UTC, one amount a currency.
    pub withdrawals_today: Vec<Money>,
}

/// An entry of the audit log, never changed once it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct AuditEntry {
    /// Rises in the order of recording.
    pub id: AuditId,
    /// Who did it; `None` if the system did by itself.
    pub actor: Option<UserSummary>,
    /// What was done, as a word of the code such as `user.disable`.
    pub action: String,
    /// To what it was done, such as `user 42`.
    pub target: String,
    /// The reason that the actor gave.
    pub reason: Option<String>,
    /// The network address that it was done from.
    pub address: Option<String>,
    /// The changed values before, by field.
    pub before: Option<Value>,
    /// The changed values after, by field.
    pub after: Option<Value>,
    /// When it was done.
    pub at: Timestamp,
}

/// A part of the system that may fail on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthPart {
    /// Where everything is stored.
    Database,
    /// What carries events between nodes.
    Broker,
    /// What publishes the event log.
    Relay,
    /// Background work.
    Worker,
    /// The space that is left for data.
    Disk,
    /// The certificate that the address is served under.
    Certificate,
}

/// How a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// As it should.
    Ok,
    /// Works, but slower or with less than it should have.
    Degraded,
    /// Does not work.
    Down,
}
