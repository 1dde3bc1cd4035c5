//! Pusher's HTTP API: what server SDKs call to publish and to ask (section 15 of the protocol). One file a route.

mod answer;
mod attributes;
mod batch_events;
mod channel;
mod channels;
mod connections;
mod event;
mod events;
mod query;
mod signed_request;
mod terminate;
mod users;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};

use crate::broker::Broker;
use crate::clock::Clock;
use crate::hub::Hub;

pub(super) use answer::ApiError;
pub(super) use signed_request::SignedRequest;

/// What the routes of Pusher's HTTP API need.
#[derive(Clone)]
pub struct PusherApi {
    /// Asked for channels, members and counts.
    pub hub: Arc<Hub>,
    /// Publishes.
    pub broker: Arc<dyn Broker>,
    /// Judges timestamps.
    pub clock: Clock,
    /// Bounds of a request.
    pub limits: PusherApiLimits,
    /// What stands before `/apps` in the address, e.g. `/ws`; empty for nothing (`REVERB_SERVER_PATH`).
    pub path_prefix: Arc<str>,
}

/// Bounds of a request (rules LIM-1 and API-7).
#[derive(Debug, Clone, Copy)]
pub struct PusherApiLimits {
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// Largest `data` of one event, in bytes of UTF-8.
    pub max_event_data_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How far a request's timestamp may be from our clock, in seconds; 0 for any.
    pub max_clock_skew_s: u64,
}

impl Default for PusherApiLimits {
    fn default() -> Self {
        Self {
            max_body_bytes: 128 * 1024,
            max_event_data_bytes: 10_240,
            body_timeout: Duration::from_secs(30),
            max_clock_skew_s: 600,
        }
    }
}

/// The routes below `/apps/{id}`, and the one that an SDK calls without the application's id (rule API-9).
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    PusherApi: FromRef<S>,
{
    let of_application = Router::new()
        .route("/events", post(events::publish))
        .route("/batch_events", post(batch_events::publish))
        .route("/channels", get(channels::list))
        .route("/channels/{channel}", get(channel::show))
        .route("/channels/{channel}/users", get(users::list))
        .route("/connections", get(connections::count))
        .route("/users/{user}/terminate_connections", post(terminate::disconnect))
        .fallback(answer::not_found)
        .method_not_allowed_fallback(answer::method_not_allowed);
    Router::new()
        .nest("/apps/{application}", of_application)
        .route("/users/{user}/terminate_connections", post(terminate::disconnect).fallback(answer::method_not_allowed))
}
