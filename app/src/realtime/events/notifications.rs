//! Payloads of the events of notifications.

use serde::{Deserialize, Serialize};

use crate::ids::NotificationId;
use crate::notifications::Notification;
use crate::time::Timestamp;

/// Something needs somebody's attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct NotificationCreated {
    /// The stored notification.
    pub notification: Notification,
    /// How many are unread now, this one included.
    pub unread_count: u32,
    /// The unread one whose place it takes, since both are of the same kind about the same thing.
    #[serde(default)]
    pub replaces: Option<NotificationId>,
}

/// Notifications were read on one of the tabs or devices, or are unread again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct NotificationRead {
    /// Which ones.
    pub notification_ids: Vec<NotificationId>,
    /// How many are still unread.
    pub unread_count: u32,
    /// When; `None` if they are unread again.
    pub read_at: Option<Timestamp>,
}
