//! Applications: the tenants of the Pusher server, each with its key, secret and limits.

mod kept_channels;
mod limits;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app::realtime::ChannelName;

pub use kept_channels::KeptChannels;
pub use limits::Limits;

use crate::webhooks::Webhook;

/// An application's id, as it stands in the paths of the HTTP API. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationId(pub Arc<str>);

/// A tenant of the Pusher server.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, under the name that operators know")]
pub struct Application {
    /// As in `/apps/{id}/events`.
    pub id: ApplicationId,
    /// Public; as in `/app/{key}`.
    pub key: String,
    /// Signs subscriptions and requests; never logged.
    pub secret: String,
    /// Off: every connection is refused with 4003, every request with 403.
    pub is_enabled: bool,
    /// Whether connections without TLS are refused with 4000.
    pub tls_only: bool,
    /// Patterns of hosts that pages may come from; `*` alone lets everybody in (rule CON-8).
    pub allowed_origins: Vec<String>,
    /// Silence after which the server pings (rule LIV-3).
    pub ping_interval: Duration,
    /// How long a ping may stay without any sign of life.
    pub pong_timeout: Duration,
    /// What the first frame tells the client (rule CON-9).
    pub activity_timeout: Duration,
    /// Most open connections, over all nodes; `None` for no limit (rule CON-7).
    pub max_connections: Option<usize>,
    /// Largest message from a client, in bytes (rule FRM-7).
    pub max_message_size_bytes: usize,
    /// Most channels of one connection (rule SUB-5).
    pub max_channels_per_connection: usize,
    /// Who may send client events (rule CLE-2).
    pub accept_client_events_from: ClientEventPolicy,
    /// Messages of one connection in a window (rule LIM-2); `None` for no limit.
    pub rate_limit: Option<RateLimit>,
    /// How long a lost member may stay away before it counts as having left (rule PRE-8).
    pub presence_leave_grace: Duration,
    /// Most members of one presence channel (rule PRE-9).
    pub max_presence_members: Option<usize>,
    /// Largest `channel_data` of a member, in bytes (rule PRE-9).
    pub max_presence_member_bytes: Option<usize>,
    /// How long a cache channel keeps its last event (rule CAC-2).
    pub cache_ttl: Duration,
    /// Whether subscribers are told how many they are (rule CNT-1).
    pub subscription_count: bool,
    /// Whether signed-in users are told who of their watchlist comes and goes (rule USR-7).
    pub watchlist_events: bool,
    /// Public channels that are less open than their names say.
    pub guarded_channels: Vec<(ChannelName, Guard)>,
    /// Channels whose newest events are kept for those who were away.
    pub kept_channels: KeptChannels,
    /// Whether clients that know nothing of recovery are told what their user missed.
    pub catch_up: bool,
    /// Bounds that few deployments change.
    pub limits: Limits,
    /// Who is told what happens on channels (section 16).
    pub webhooks: Vec<Webhook>,
}

/// What a public channel keeps from strangers: connections that have not signed in and bring no signature either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Being told what they missed.
    History,
    /// Subscribing at all.
    Subscription,
}

/// Who may send client events (rule CLE-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientEventPolicy {
    /// Subscribers of the channel.
    Members,
    /// Anybody connected to the application.
    All,
    /// Nobody.
    None,
}

/// A fixed window of messages, as Reverb counts them (rule LIM-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Messages that pass in one window.
    pub max_attempts: u32,
    /// Length of the window, which begins with its first message.
    pub decay: Duration,
    /// Whether the connection is closed with 4100 beyond it.
    pub terminate: bool,
}

impl Application {
    /// An application with Reverb's defaults.
    pub fn new(id: &str, key: &str, secret: &str) -> Self {
        Self {
            id: ApplicationId(id.into()),
            key: key.to_owned(),
            secret: secret.to_owned(),
            is_enabled: true,
            tls_only: false,
            allowed_origins: vec!["*".to_owned()],
            ping_interval: Duration::from_mins(1),
            pong_timeout: Duration::from_secs(30),
            activity_timeout: Duration::from_secs(30),
            max_connections: None,
            max_message_size_bytes: 10_000,
            max_channels_per_connection: 1_000,
            accept_client_events_from: ClientEventPolicy::Members,
            rate_limit: None,
            presence_leave_grace: Duration::ZERO,
            max_presence_members: None,
            max_presence_member_bytes: None,
            cache_ttl: Duration::from_mins(30),
            subscription_count: false,
            watchlist_events: false,
            guarded_channels: Vec::new(),
            kept_channels: KeptChannels::default(),
            catch_up: false,
            limits: Limits::default(),
            webhooks: Vec::new(),
        }
    }
}

impl Application {
    /// What this channel keeps from strangers, if it is public by name and no more than that.
    pub fn guard(&self, channel: &ChannelName) -> Option<Guard> {
        self.guarded_channels.iter().find(|(guarded, _)| guarded == channel).map(|(_, guard)| *guard)
    }
}

/// All applications of this server, found by key or by id.
#[derive(Clone, Default)]
pub struct Applications {
    by_key: HashMap<String, Arc<Application>>,
    by_id: HashMap<ApplicationId, Arc<Application>>,
}

impl Applications {
    /// Gathers applications. Two with the same id or key: the later counts; the settings refuse that before.
    pub fn new(applications: impl IntoIterator<Item = Application>) -> Self {
        let mut all = Self::default();
        for application in applications.into_iter().map(Arc::new) {
            all.by_key.insert(application.key.clone(), Arc::clone(&application));
            all.by_id.insert(application.id.clone(), application);
        }
        all
    }

    /// The application with this key.
    pub fn by_key(&self, key: &str) -> Option<&Arc<Application>> {
        self.by_key.get(key)
    }

    /// The application with this id.
    pub fn by_id(&self, id: &ApplicationId) -> Option<&Arc<Application>> {
        self.by_id.get(id)
    }

    /// Every application, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Application>> {
        self.by_id.values()
    }
}
