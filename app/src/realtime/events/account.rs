//! Payloads of the events of somebody's own account.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Somebody has changed their settings on one of their tabs or devices; `GET /api/settings` tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct SettingsChanged {
    /// When.
    pub changed_at: Timestamp,
}
