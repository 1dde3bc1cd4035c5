//! Payloads of the dashboard's events.

use serde::{Deserialize, Serialize};

use crate::admin::{AuditEntry, HealthPart, HealthState, Metrics};
use crate::time::Timestamp;

/// The figures of the last second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct MetricsTick {
    /// The figures.
    pub metrics: Metrics,
}

/// Somebody did something that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct AuditRecorded {
    /// The record.
    pub entry: AuditEntry,
}

/// A part of the system does better or worse than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct HealthChanged {
    /// Which part.
    pub part: HealthPart,
    /// How it does now.
    pub state: HealthState,
    /// What was seen, in words.
    pub detail: String,
    /// When it was seen.
    pub at: Timestamp,
}
