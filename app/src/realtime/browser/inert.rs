//! Where there is no browser: nothing connects, nothing comes.

use leptos::prelude::*;
use serde_json::Value;

use super::{Loaded, RealtimeConfig, Signals};
use crate::accounts::UserSummary;
use crate::ids::UserId;
use crate::realtime::channel_name::ChannelName;
use crate::realtime::connection::Interest;
use crate::realtime::frames::ReceivedEvent;

/// Stands for the connection that the browser will have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handle;

pub(super) fn meta(_: &str) -> String {
    String::new()
}

#[expect(clippy::unused_self, reason = "the browser's handle has the same functions")]
impl Handle {
    pub(super) fn new(_: RealtimeConfig, _: UserId, _: Signals) -> Self {
        Self
    }

    pub(super) fn start(self) {}

    pub(super) fn listen(self, _: ChannelName, _: Interest, _: impl Fn(&ReceivedEvent) + 'static) {}

    pub(super) fn on_gap(self, _: ChannelName, _: impl Fn() -> Loaded + 'static) {}

    pub(super) fn watch_members(self, _: ChannelName, _: RwSignal<Vec<UserSummary>>) {}

    pub(super) fn whisper(self, _: ChannelName, _: String, _: Value) {}

    pub(super) fn retry_now(self) {}

    pub(super) fn refresh(self) {}

    pub(super) fn stop(self) {}
}
