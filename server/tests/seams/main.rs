//! One suite for whatever stands behind the hub's seams. Each test asks every implementation there is; one that is added
//! gets a line in its list of implementations.
//!
//! The history's seam is asked on both databases by `tests/store/event_log.rs`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod cached_events;
mod nodes;
mod presence;
mod recent_events;

mod joined;
#[path = "../websocket/support/mod.rs"]
#[expect(dead_code, reason = "this suite needs a part of what the tests of the protocol need")]
mod support;

use server::application::ApplicationId;
use server::presence::ChannelKey;

/// A channel of an application of its own.
fn key(application: &str, channel: &str) -> ChannelKey {
    ChannelKey { application: ApplicationId(application.into()), channel: channel.parse().unwrap() }
}
