//! `/up`: this process serves. `/ready`: so do the parts that it needs.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::operator::Health;
use crate::state::AppState;

/// How old the oldest unpublished event may be before the relay counts as stuck. It looks at the log every second.
const RELAY_PATIENCE: Duration = Duration::from_secs(10);

/// Exactly this body (rule API-23).
pub async fn up() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], r#"{"health":"OK"}"#).into_response()
}

#[derive(Debug, Serialize)]
struct Readiness {
    database: &'static str,
    relay: &'static str,
    relay_lag_ms: Option<u64>,
}

/// How the parts do that the server needs.
pub(super) async fn check(state: &AppState) -> Health {
    let lag = state.relay_lag().await;
    Health {
        database: lag.is_ok() && state.store.is_alive().await,
        relay: lag.as_ref().is_ok_and(|it| *it < RELAY_PATIENCE) && !state.relay_status.is_failing(),
        relay_lag_ms: lag.ok().and_then(|it| it.as_millis().try_into().ok()),
    }
}

/// 200 if everything works, else 503 with the part that does not.
pub async fn ready(State(state): State<AppState>) -> Response {
    let Health { database: is_alive, relay: is_relayed, relay_lag_ms } = check(&state).await;
    let is_stopping = state.shutdown.is_cancelled();
    let word = |is_well: bool| if is_well { "OK" } else { "failed" };
    let readiness = Readiness {
        database: word(is_alive),
        relay: if is_stopping { "stopping" } else { word(is_relayed) },
        relay_lag_ms,
    };
    let is_ready = is_alive && is_relayed && !is_stopping;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}
