//! Asks the application to sign a subscription.

use gloo_net::http::{Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::accounts::CsrfToken;
use crate::realtime::channel_name::ChannelName;
use crate::realtime::channels::{AppChannel, SubscriptionRule};
use crate::realtime::connection::AuthFailure;
use crate::realtime::frames::{ChannelAuthorization, SIGN_IN_FIRST};
use crate::realtime::socket_id::SocketId;
use crate::ui::browser::cookie;

const PATH: &str = "/broadcasting/auth";
/// Beyond this the connection asks again by itself.
const TIMEOUT_MS: u32 = 15_000;

/// Asks whether this person may subscribe to a channel over this socket.
pub(super) async fn authorize(channel: &ChannelName, socket_id: SocketId) -> Result<ChannelAuthorization, AuthFailure> {
    let mut request = Request::post(PATH)
        .header("Accept", "application/json")
        .header("Content-Type", "application/json")
        .abort_signal(Some(&web_sys::AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    if let Some(token) = cookie(CsrfToken::COOKIE) {
        request = request.header(CsrfToken::HEADER, &token);
    }
    let body = json!({ "socket_id": socket_id, "channel_name": channel });
    // Whatever fails before an answer may go well the next time: the line, a deploy, a sleeping machine.
    let request = request.body(body.to_string()).map_err(|_| AuthFailure::Unavailable)?;
    let response = request.send().await.map_err(|_| AuthFailure::Unavailable)?;
    match response.status() {
        200 => read(&response).await.ok_or(AuthFailure::Unavailable),
        401 => Err(AuthFailure::SignedOut),
        403 => Err(judge_refusal(channel, &response).await),
        400 | 404 | 422 => Err(AuthFailure::Denied),
        // Among them 419: another tab has changed the token, and the next try sends the new one.
        _ => Err(AuthFailure::Unavailable),
    }
}

/// 403 is the answer to a stranger and to the wrong person alike (rule AUT-1).
async fn judge_refusal(channel: &ChannelName, response: &Response) -> AuthFailure {
    #[derive(Deserialize)]
    struct Body {
        message: String,
    }
    let is_open_to_all = AppChannel::try_from(channel)
        .is_ok_and(|it| matches!(it.subscription_rule(), SubscriptionRule::Anybody | SubscriptionRule::SignedIn));
    let is_stranger = is_open_to_all || read::<Body>(response).await.is_some_and(|it| it.message == SIGN_IN_FIRST);
    if is_stranger { AuthFailure::SignedOut } else { AuthFailure::Denied }
}

/// The answer's body; `None` if it broke off or is a proxy's.
async fn read<T: DeserializeOwned>(response: &Response) -> Option<T> {
    crate::json::from_str(&response.text().await.ok()?).ok()
}
