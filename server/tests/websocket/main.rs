//! The WebSocket server from outside, over real sockets: rule by rule of the protocol.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod cache;
mod catching_up;
mod client_events;
mod connecting;
mod draining;
mod frames;
mod hostile;
mod limits;
mod liveness;
mod presence;
mod recent_events;
mod recovery;
mod rust_sdk;
mod slow_readers;
mod subscribing;
mod support;
mod users;
