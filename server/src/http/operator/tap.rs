//! `/smartlink/tap`: frames as they pass, one JSON object a line, for as long as whoever asked keeps listening.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use app::realtime::SocketId;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use http_body::Frame;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::authorize;
use crate::application::ApplicationId;
use crate::http::pusher::{ApiError, SignedRequest};
use crate::hub::{Direction, Tap, TapFilter, TappedFrame};
use crate::state::AppState;

/// Where frames are told.
pub(crate) const TAP_PATH: &str = "/smartlink/tap";

/// Lines that wait for the network; the tap's own queue stands before it.
const WAITING_LINES: usize = 16;

/// So often a line is sent though nothing passes, so that a listener who has gone is noticed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// A line of the answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum TapLine {
    /// A frame has passed.
    Frame(TappedFrame),
    /// So many more than could be told since the last such line; 0 as a sign of life.
    Missed {
        /// How many.
        missed: u64,
    },
}

/// Opens a tap and tells what comes through it.
pub(super) async fn tap(State(state): State<AppState>, request: Request) -> Result<Response, ApiError> {
    let request = authorize(&state, request).await?;
    let tap = state.hub.tap(filter(&request)?);
    let (lines, body) = mpsc::channel(WAITING_LINES);
    // Ends with its listener, and with the server.
    let shutdown = state.shutdown.clone();
    tokio::spawn(async move { shutdown.run_until_cancelled_owned(tell(tap, lines)).await });
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::new(Lines(body))).into_response())
}

/// What the query asks for.
fn filter(request: &SignedRequest) -> Result<TapFilter, ApiError> {
    let text = |name| request.query(name).filter(|it| !it.is_empty());
    let wrong = |name: &str, value: &str, expected: &str| {
        Err(ApiError::BadRequest(format!("{name} is {value:?}: expected {expected}")))
    };
    let direction = match text("direction") {
        None => None,
        Some("in") => Some(Direction::In),
        Some("out") => Some(Direction::Out),
        Some(other) => return wrong("direction", other, "in or out"),
    };
    let socket_id = match text("socket_id").map(|it| (it, it.parse::<SocketId>())) {
        None => None,
        Some((_, Ok(socket_id))) => Some(socket_id),
        Some((given, Err(_))) => return wrong("socket_id", given, "two numbers with a dot between them"),
    };
    let one_in = match text("one_in").map(|it| (it, it.parse::<NonZeroU32>())) {
        None => None,
        Some((_, Ok(one_in))) => Some(one_in),
        Some((given, Err(_))) => return wrong("one_in", given, "a whole number from 1 on"),
    };
    Ok(TapFilter {
        application: text("application").map(|it| ApplicationId(it.into())),
        socket_id,
        direction,
        channel: text("channel").map(str::to_owned),
        event: text("event").map(str::to_owned),
        one_in,
    })
}

/// Writes lines until nobody listens.
async fn tell(mut tap: Tap, lines: mpsc::Sender<Bytes>) {
    // The first line goes out at once, so that whoever asked knows that the tap is open.
    let mut next = Some(TapLine::Missed { missed: 0 });
    loop {
        if let Some(line) = next.take()
            && let Ok(mut text) = serde_json::to_vec(&line)
        {
            text.push(b'\n');
            if lines.send(text.into()).await.is_err() {
                return;
            }
        }
        let missed = tap.missed();
        if missed > 0 {
            next = Some(TapLine::Missed { missed });
            continue;
        }
        next = tokio::select! {
            frame = tap.next() => match frame {
                Some(frame) => Some(TapLine::Frame(frame)),
                None => return,
            },
            () = tokio::time::sleep(SIGN_OF_LIFE) => Some(TapLine::Missed { missed: 0 }),
            () = lines.closed() => return,
        };
    }
}

/// Lines as a body.
struct Lines(mpsc::Receiver<Bytes>);

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|line| line.map(|it| Ok(Frame::data(it))))
    }
}
