//! What may be asked of a channel by `info` (section 15.5).

use std::str::FromStr;

use app::realtime::ChannelName;
use serde::Serialize;

use crate::application::ApplicationId;
use crate::hub::Hub;

/// A known attribute. Others are left out silently (rule API-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    UserCount,
    SubscriptionCount,
    Cache,
}

impl FromStr for Attribute {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "user_count" => Ok(Self::UserCount),
            "subscription_count" => Ok(Self::SubscriptionCount),
            "cache" => Ok(Self::Cache),
            _ => Err(()),
        }
    }
}

/// The counts of a channel that were asked for and apply to it; none on an unoccupied one (rule API-16).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Counts {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_count: Option<usize>,
}

impl Counts {
    /// Asks the hub's live table.
    pub(super) fn of(hub: &Hub, application: &ApplicationId, channel: &ChannelName, asked: &[Attribute]) -> Self {
        if asked.is_empty() {
            return Self::default();
        }
        Self::from_counts(channel, hub.counts(application, channel), asked)
    }

    /// Picks what was asked out of counts that are there already.
    pub(super) fn from_counts(channel: &ChannelName, counts: crate::hub::ChannelCounts, asked: &[Attribute]) -> Self {
        if counts.subscriptions == 0 {
            return Self::default();
        }
        let is_presence = channel.kind().is_presence();
        // On a user's own channel counts do not exist (rule USR-6).
        let has_count = !is_presence && channel.server_to_user().is_none();
        Self {
            user_count: (is_presence && asked.contains(&Attribute::UserCount)).then_some(counts.users),
            subscription_count: (has_count && asked.contains(&Attribute::SubscriptionCount))
                .then_some(counts.subscriptions),
        }
    }
}

/// The attributes that a query asks for by `info`.
pub(super) fn asked(query: &super::query::Query) -> Vec<Attribute> {
    query.list("info").into_iter().filter_map(|it| it.parse().ok()).collect()
}
