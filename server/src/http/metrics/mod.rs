//! `/metrics`: figures for Prometheus, in its text format. Each is read where the thing itself is, when it is asked for.

mod page;
pub(super) mod process;
mod requests;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::hub::{ApplicationMetrics, HubMetrics, LATENCY_BOUNDS_US};
use crate::state::AppState;
use page::{Kind, Page};
pub use requests::{RequestMetrics, measure};

/// The media type of the text format, version 0.0.4.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// All figures.
pub async fn metrics(State(state): State<AppState>) -> Response {
    let mut page = Page::default();
    page.head("smartlink_build_info", Kind::Gauge, "The version that runs.");
    page.line("smartlink_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    write_hub(&state, &mut page).await;
    write_handshakes(&state, &mut page);
    write_relay(&state, &mut page).await;
    write_webhooks(&state, &mut page);
    write_unread_check(&state, &mut page);
    state.requests.write(&mut page);
    process::write(&mut page);
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], page.into_text()).into_response()
}

/// The live table of sockets: by application where it concerns tenants, in sum where it concerns the machine.
async fn write_hub(state: &AppState, page: &mut Page) {
    let (hub, applications) = (state.hub.metrics().await, state.hub.applications());
    let by_application = |page: &mut Page, name: &str, kind, help, figure: fn(&ApplicationMetrics) -> u64| {
        page.head(name, kind, help);
        for application in applications.iter() {
            let metrics = hub.applications.get(&application.id).copied().unwrap_or_default();
            page.line(name, &[("application", &application.id.0)], figure(&metrics));
        }
    };
    by_application(page, "smartlink_connections", Kind::Gauge, "Open WebSockets.", |it| it.connections as u64);
    by_application(page, "smartlink_messages_received_total", Kind::Counter, "Frames from clients.", |it| it.received);
    by_application(page, "smartlink_messages_sent_total", Kind::Counter, "Frames to clients.", |it| it.sent);
    page.head("smartlink_channels", Kind::Gauge, "Channels with a subscriber, by kind.");
    for (kind, count) in &hub.channels {
        page.line("smartlink_channels", &[("kind", kind)], count);
    }
    by_application(
        page,
        "smartlink_connections_pruned_total",
        Kind::Counter,
        "Connections closed because they did not answer.",
        |it| it.pruned,
    );
    let counters = [
        (
            "smartlink_frames_received_total",
            "Frames from clients, of all applications and of refused ones.",
            hub.frames_in,
        ),
        ("smartlink_frames_sent_total", "Frames to clients, of all applications and to refused ones.", hub.frames_out),
        (
            "smartlink_positions_confirmed_total",
            "Answers by which clients that know nothing of recovery said what they have got.",
            hub.confirmed,
        ),
        ("smartlink_channels_created_total", "Channels that got their first subscriber.", hub.channels_created),
        ("smartlink_channels_removed_total", "Channels that lost their last subscriber.", hub.channels_removed),
        ("smartlink_socket_received_bytes_total", "Bytes from clients.", hub.bytes_in),
        ("smartlink_socket_sent_bytes_total", "Bytes to clients.", hub.bytes_out),
        (
            "smartlink_slow_connections_closed_total",
            "Connections closed because they read too slowly.",
            hub.slow_closes,
        ),
    ];
    for (name, help, value) in counters {
        page.head(name, Kind::Counter, help);
        page.line(name, &[], value);
    }
    page.head("smartlink_queue_bytes", Kind::Gauge, "Bytes that wait for slow readers.");
    page.line("smartlink_queue_bytes", &[], hub.queue_bytes);
    page.head("smartlink_refused_connections", Kind::Gauge, "Refused sockets that have not answered their close yet.");
    page.line("smartlink_refused_connections", &[], hub.refused);
    page.head("smartlink_limited_total", Kind::Counter, "How often each limit was reached.");
    for (limit, count) in &hub.limited {
        page.line("smartlink_limited_total", &[("limit", limit)], count);
    }
    page.head("smartlink_inbox_bytes", Kind::Gauge, "Bytes that wait for the threads that own the sockets.");
    page.line("smartlink_inbox_bytes", &[], hub.inbox_bytes);
    page.head("smartlink_errors_total", Kind::Counter, "Errors told to clients, by Pusher's code.");
    for (code, count) in &hub.errors {
        page.line("smartlink_errors_total", &[("code", &code.to_string())], count);
    }
    write_latency(&hub, page);
}

fn write_handshakes(state: &AppState, page: &mut Page) {
    page.head("smartlink_pending_handshakes", Kind::Gauge, "Connections that have not sent a request yet.");
    page.line("smartlink_pending_handshakes", &[], state.handshakes.waiting());
    page.head("smartlink_handshakes_given_up_total", Kind::Counter, "Connections closed before their first request.");
    page.line("smartlink_handshakes_given_up_total", &[], state.handshakes.given_up());
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of years fit into a double's 52 bits")]
fn write_latency(hub: &HubMetrics, page: &mut Page) {
    const NAME: &str = "smartlink_publication_duration_seconds";
    const BUCKET: &str = "smartlink_publication_duration_seconds_bucket";
    page.head(NAME, Kind::Histogram, "Time of a publication from its arrival to the last write of a shard.");
    let mut count = 0;
    for (bucket, bound) in hub.latency.iter().zip(LATENCY_BOUNDS_US) {
        count += bucket;
        page.line(BUCKET, &[("le", &(bound as f64 / 1e6).to_string())], count);
    }
    let count: u64 = hub.latency.iter().sum();
    page.line(BUCKET, &[("le", "+Inf")], count);
    page.line("smartlink_publication_duration_seconds_sum", &[], hub.latency_sum_us as f64 / 1e6);
    page.line("smartlink_publication_duration_seconds_count", &[], count);
}

async fn write_relay(state: &AppState, page: &mut Page) {
    let lag = state.relay_lag().await;
    page.head("smartlink_database_up", Kind::Gauge, "1 if the database answers.");
    page.line("smartlink_database_up", &[], u8::from(lag.is_ok()));
    page.head("smartlink_relay_published_total", Kind::Counter, "Stored events that were published.");
    page.line("smartlink_relay_published_total", &[], state.relay_status.published());
    page.head("smartlink_relay_failing", Kind::Gauge, "1 while publishing stored events does not work.");
    page.line("smartlink_relay_failing", &[], u8::from(state.relay_status.is_failing()));
    if let Ok(lag) = lag {
        page.head(
            "smartlink_relay_lag_seconds",
            Kind::Gauge,
            "Age of the oldest event that is stored and not published.",
        );
        page.line("smartlink_relay_lag_seconds", &[], lag.as_secs_f64());
    }
}

fn write_unread_check(state: &AppState, page: &mut Page) {
    const DIFFERENCES: &str = "smartlink_unread_differences_total";
    let status = &state.unread_check;
    page.head(
        "smartlink_unread_checks_total",
        Kind::Counter,
        "Readers of a conversation whose unread count was checked.",
    );
    page.line("smartlink_unread_checks_total", &[], status.checks());
    page.head(DIFFERENCES, Kind::Counter, "What such checks found wrong: counts, and messages by their is_read.");
    page.line(DIFFERENCES, &[("kind", "count")], status.wrong_counts());
    page.line(DIFFERENCES, &[("kind", "is_read")], status.wrong_flags());
}

fn write_webhooks(state: &AppState, page: &mut Page) {
    let status = &state.webhooks;
    let counters = [
        ("smartlink_webhooks_delivered_total", "Webhook requests that a receiver took.", status.delivered()),
        ("smartlink_webhooks_failed_total", "Tries of webhook requests that failed.", status.failed()),
        ("smartlink_webhooks_given_up_total", "Webhook requests that became dead letters.", status.given_up()),
        (
            "smartlink_webhook_events_dropped_total",
            "Events that webhooks did not tell, since a queue was full.",
            status.dropped() + state.hub.overflowed_occurrences(),
        ),
    ];
    for (name, help, value) in counters {
        page.head(name, Kind::Counter, help);
        page.line(name, &[], value);
    }
    page.head("smartlink_webhooks_waiting", Kind::Gauge, "Webhook requests that wait, by receiver.");
    for (endpoint, waiting) in status.waiting() {
        let labels = [("application", &*endpoint.application.0), ("url", &*endpoint.url)];
        page.line("smartlink_webhooks_waiting", &labels, waiting);
    }
}
