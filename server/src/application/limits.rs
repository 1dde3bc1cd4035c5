//! What one application's clients and publishers may do at most (section 14 of the protocol).

use std::num::NonZeroU32;

/// Bounds of an application; `None` stands for no bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most open connections from one address; of IPv6, from one network of 64 bits.
    pub max_connections_per_address: Option<usize>,
    /// Most connections that are signed in as one user, or are a member under one id.
    pub max_connections_per_user: Option<usize>,
    /// Client events of one connection in a second (rule CLE-5).
    pub client_events_per_second: Option<NonZeroU32>,
    /// Client events of all connections in a second.
    pub total_client_events_per_second: Option<NonZeroU32>,
    /// Subscriptions that one connection asks for in a second.
    pub subscribes_per_second: Option<NonZeroU32>,
    /// Subscriptions that all connections ask for in a second.
    pub total_subscribes_per_second: Option<NonZeroU32>,
    /// Events published over HTTP in a second; one to several channels counts once for each.
    pub publishes_per_second: Option<NonZeroU32>,
    /// Longest name of an event, in characters.
    pub max_event_name_chars: usize,
    /// Longest name of a channel, in characters; a name has 200 at most in any case (rule CHN-1).
    pub max_channel_name_chars: usize,
    /// Largest `data` of a client event, in bytes (rule CLE-5).
    pub max_client_event_data_bytes: usize,
    /// Most channels that one publish may name.
    pub max_channels_per_event: usize,
    /// Most events of one batch.
    pub max_events_per_batch: usize,
    /// Longest id of a user who signs in, in characters.
    pub max_user_id_chars: usize,
    /// Longest id of a presence channel's member, in characters (rule PRE-9).
    pub max_member_id_chars: Option<usize>,
    /// Ids of a watchlist that count (rule USR-9).
    pub max_watchlist_ids: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections_per_address: None,
            max_connections_per_user: None,
            client_events_per_second: None,
            total_client_events_per_second: None,
            subscribes_per_second: None,
            total_subscribes_per_second: None,
            publishes_per_second: None,
            max_event_name_chars: 200,
            max_channel_name_chars: 200,
            max_client_event_data_bytes: 10_240,
            max_channels_per_event: 100,
            max_events_per_batch: 10,
            max_user_id_chars: 128,
            max_member_id_chars: None,
            max_watchlist_ids: 100,
        }
    }
}

impl Limits {
    /// Client events of one connection in a second. Where only all together are bounded, one connection gets a tenth, so
    /// that it can't silence the others.
    pub fn client_events_of_one(&self) -> Option<NonZeroU32> {
        self.client_events_per_second.or_else(|| self.total_client_events_per_second.map(tenth))
    }

    /// The same of subscriptions.
    pub fn subscribes_of_one(&self) -> Option<NonZeroU32> {
        self.subscribes_per_second.or_else(|| self.total_subscribes_per_second.map(tenth))
    }
}

fn tenth(total: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(total.get() / 10).unwrap_or(NonZeroU32::MIN)
}
