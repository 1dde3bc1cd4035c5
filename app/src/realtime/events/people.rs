//! Payloads of the events of people who come and go.

use serde::{Deserialize, Serialize};

use crate::accounts::UserSummary;
use crate::people::{JoinReason, LeaveReason, PresenceStatus};
use crate::time::Timestamp;

/// Somebody is there who was not before, counted per person and not per tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct UserJoined {
    /// Who.
    pub user: UserSummary,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: JoinReason,
}

/// Somebody is no longer there: their last tab or device has gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct UserLeft {
    /// Who.
    pub user: UserSummary,
    /// When, which is also when they were last seen.
    pub at: Timestamp,
    /// Why.
    pub reason: LeaveReason,
}

/// Somebody who is there is seen in another way than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PresenceChanged {
    /// Who.
    pub user: UserSummary,
    /// How they are seen now.
    pub status: PresenceStatus,
    /// Since when.
    pub at: Timestamp,
}
