//! The realtime protocol as values: Pusher's wire format, our typed channels and events, and the client's connection.
//!
//! All but the last file knows neither Leptos nor the browser nor tokio, and is tested natively.

pub mod browser;
mod channel_name;
mod channels;
pub mod close_code;
pub mod connection;
pub mod events;
pub mod frames;
pub mod presence;
#[cfg(all(test, feature = "ssr"))]
mod schema_values;
pub mod sharing;
mod socket_id;
pub mod status;

pub use browser::{Realtime, RealtimeConfig, provide_realtime, use_realtime};
pub use channel_name::{ChannelKind, ChannelName, ChannelNameError};
pub use channels::{AppChannel, AppChannelError, SubscriptionRule};
pub use events::{AppEvent, EventError, EventReader};
pub use socket_id::{SocketId, SocketIdError};
