//! The binding to the page: views declare what they listen to, and this keeps it so over every loss of the line.
//!
//! Rendered on the server all of it is inert, so that components need no `cfg`.

#[cfg(feature = "hydrate")]
mod authorize;
#[cfg(feature = "hydrate")]
mod driver;
#[cfg(not(feature = "hydrate"))]
#[path = "inert.rs"]
mod driver;
#[cfg(feature = "hydrate")]
mod line;
#[cfg(feature = "hydrate")]
mod page;
#[cfg(feature = "hydrate")]
mod sharing;
#[cfg(feature = "hydrate")]
mod socket;
#[cfg(feature = "hydrate")]
mod tabs;

use std::pin::Pin;

use leptos::prelude::*;
use serde_json::Value;

use super::channel_name::ChannelName;
use super::channels::AppChannel;
use super::connection::Interest;
use super::events::{AppEvent, EventError, EventReader};
use super::frames::ReceivedEvent;
use super::socket_id::SocketId;
use super::status::{Banner, Status};
use crate::accounts::UserSummary;
use crate::chat::ChannelPosition;
use crate::ids::UserId;
use crate::time::Timestamp;

use driver::Handle;

/// Name of the `<meta>` element whose `content` is the application's key.
pub const KEY_META: &str = "realtime-key";
/// Name of the `<meta>` element whose `content` is the path before `/app/{key}`; missing or empty for none.
pub const PATH_META: &str = "realtime-path";

/// The `content` of one of the page's `<meta>` elements; empty without one, and on the server.
pub fn page_meta(name: &str) -> String {
    driver::meta(name)
}

/// Where the WebSocket server is, apart from the host, which is the page's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RealtimeConfig {
    /// The application's key.
    pub key: String,
    /// The path before `/app/{key}`, such as `/ws`; empty for none.
    pub path: String,
}

/// The page's one connection. Handles are copies of each other.
#[derive(Debug, Clone, Copy)]
pub struct Realtime {
    /// Kept apart, since handles are passed around and kept in many places.
    signals: StoredValue<Signals>,
    handle: Handle,
}

/// Tells, once it is known, whether data could be loaded anew.
type Loaded = Pin<Box<dyn Future<Output = bool>>>;

/// What views see of the connection.
#[derive(Debug, Clone, Copy)]
struct Signals {
    status: RwSignal<Status>,
    banner: RwSignal<Option<Banner>>,
    socket_id: RwSignal<Option<SocketId>>,
    latency_ms: RwSignal<Option<u64>>,
    connected_since: RwSignal<Option<Timestamp>>,
    as_of: RwSignal<Option<Timestamp>>,
    channels: RwSignal<Vec<ChannelName>>,
}

/// Gives the connection to everything below. Call it once, in the part of the page that only signed-in people see;
/// it connects after hydration, and disconnects when its owner goes. The tabs of a browser share one socket as long as
/// the same `user` is signed in.
pub fn provide_realtime(config: RealtimeConfig, user: UserId) -> Realtime {
    let signals = Signals {
        status: RwSignal::new(Status::Connecting { since_ms: 0, next_try_at_ms: None }),
        banner: RwSignal::new(None),
        socket_id: RwSignal::new(None),
        latency_ms: RwSignal::new(None),
        connected_since: RwSignal::new(None),
        as_of: RwSignal::new(None),
        channels: RwSignal::new(Vec::new()),
    };
    let realtime = Realtime { signals: StoredValue::new(signals), handle: Handle::new(config, user, signals) };
    // An effect runs in the browser alone, and after hydration: the first render is the server's in every word.
    Effect::new(move |_| realtime.handle.start());
    provide_context(realtime);
    realtime
}

/// The connection of the part of the page that this is called in.
///
/// # Panics
/// Outside of what [`provide_realtime`] was called for.
pub fn use_realtime() -> Realtime {
    expect_context()
}

impl RealtimeConfig {
    /// What the page's `<meta>` elements say; empty on the server, which does not connect.
    pub fn from_page() -> Self {
        Self { key: driver::meta(KEY_META), path: driver::meta(PATH_META) }
    }
}

impl Realtime {
    /// How the connection does.
    pub fn status(self) -> Signal<Status> {
        self.signals.with_value(|it| it.status).into()
    }

    /// What the banner says now; it changes by itself as time goes by.
    pub fn banner(self) -> Signal<Option<Banner>> {
        self.signals.with_value(|it| it.banner).into()
    }

    /// The id of the open socket.
    ///
    /// Send it as `X-Socket-ID` with commands alone whose event is not kept, and which concerns no other tab of this
    /// browser, such as typing: they have the same socket. A kept event that passes it by leaves a hole in the channel's
    /// numbers besides, and the hole costs a subscription made anew.
    pub fn socket_id(self) -> Signal<Option<SocketId>> {
        self.signals.with_value(|it| it.socket_id).into()
    }

    /// How long the last ping took, there and back.
    pub fn latency_ms(self) -> Signal<Option<u64>> {
        self.signals.with_value(|it| it.latency_ms).into()
    }

    /// Since when the socket has been open.
    pub fn connected_since(self) -> Signal<Option<Timestamp>> {
        self.signals.with_value(|it| it.connected_since).into()
    }

    /// While nothing is live: when the last sign of life came, for "as of 12:04:31". `None` while all is live.
    pub fn as_of(self) -> Signal<Option<Timestamp>> {
        self.signals.with_value(|it| it.as_of).into()
    }

    /// The channels that are subscribed now, by name.
    pub fn channels(self) -> Signal<Vec<ChannelName>> {
        self.signals.with_value(|it| it.channels).into()
    }

    /// Hands every event of `channel` to `handler`, in order, each once, until the owner goes.
    ///
    /// `from` is the position that the page's data was read at: everything after it is handed over. Without it the
    /// stream begins when the subscription does. Events that `reader`, such as [`AppEvent::chat`], doesn't know are passed
    /// over.
    pub fn listen(
        self,
        channel: AppChannel,
        reader: EventReader,
        from: Option<ChannelPosition>,
        handler: impl Fn(AppEvent) + 'static,
    ) {
        self.listen_boxed(channel, reader, from, Box::new(handler));
    }

    /// The code for this is there once, whoever listens.
    fn listen_boxed(
        self,
        channel: AppChannel,
        reader: EventReader,
        from: Option<ChannelPosition>,
        handler: Box<dyn Fn(AppEvent)>,
    ) {
        let receive = move |event: &ReceivedEvent| match reader(&event.name, &event.data) {
            Ok(event) => handler(event),
            // A whisper, or what a newer server knows: not for this listener.
            Err(EventError::UnknownName(_)) => {}
            Err(error) => leptos::logging::warn!("{error}"),
        };
        self.handle.listen(channel.channel_name(), Interest::Everything(from), receive);
    }

    /// Calls `reload` when people press "Refresh" after more was missed on `channel` than the server keeps, until the
    /// owner goes. It answers whether the data could be loaded: until then the page says that something is missing.
    pub fn on_gap<Loaded: Future<Output = bool> + 'static>(
        self,
        channel: AppChannel,
        reload: impl Fn() -> Loaded + 'static,
    ) {
        self.handle.on_gap(channel.channel_name(), move || Box::pin(reload()));
    }

    /// Who is on a presence channel, in the order in which they came, as long as the owner lives. While the line is
    /// lost it stays what was last known.
    pub fn presence(self, channel: AppChannel) -> Signal<Vec<UserSummary>> {
        let members = RwSignal::new(Vec::new());
        self.handle.watch_members(channel.channel_name(), members);
        members.into()
    }

    /// Tells all other subscribers of `channel` something, by way of the server and kept by nobody. Lost if the channel
    /// is not subscribed just now. `event` is the name after `client-`.
    pub fn whisper(self, channel: AppChannel, event: &str, data: Value) {
        self.handle.whisper(channel.channel_name(), client_event(event), data);
    }

    /// Hands whispers named `event` on `channel` to `handler` until the owner goes: the data, and on presence channels
    /// the id of whoever it was, which the server vouches for.
    pub fn on_whisper(self, channel: AppChannel, event: &str, handler: impl Fn(Value, Option<String>) + 'static) {
        let name = client_event(event);
        let receive = move |event: &ReceivedEvent| {
            if event.name == name {
                // What is no JSON was sent as a text, and is one.
                let data = serde_json::from_str(&event.data).unwrap_or_else(|_| Value::from(event.data.as_str()));
                handler(data, event.user_id.as_ref().map(ToString::to_string));
            }
        };
        self.handle.listen(channel.channel_name(), Interest::Passing, receive);
    }

    /// Tries to connect at once.
    pub fn retry_now(self) {
        self.handle.retry_now();
    }

    /// Reloads what was missed, by the functions given to [`Realtime::on_gap`], and then takes the banner away.
    pub fn refresh(self) {
        self.handle.refresh();
    }

    /// Ends the connection for good: the person has signed out.
    pub fn stop(self) {
        self.handle.stop();
    }
}

fn client_event(name: &str) -> String {
    format!("client-{name}")
}
