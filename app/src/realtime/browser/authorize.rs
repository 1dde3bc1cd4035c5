//! Asks the application to sign a subscription.

use serde::Deserialize;
use serde_json::json as value;

use crate::json;
use crate::realtime::channel_name::ChannelName;
use crate::realtime::channels::{AppChannel, SubscriptionRule};
use crate::realtime::connection::AuthFailure;
use crate::realtime::frames::{ChannelAuthorization, SIGN_IN_FIRST};
use crate::realtime::socket_id::SocketId;
use crate::rest;

/// Asks whether this person may subscribe to a channel over this socket.
pub(super) async fn authorize(channel: &ChannelName, socket_id: SocketId) -> Result<ChannelAuthorization, AuthFailure> {
    let question = value!({ "socket_id": socket_id, "channel_name": channel });
    // Whatever fails before an answer may go well the next time: the line, a deploy, a sleeping machine.
    let answer = rest::post_plain("/broadcasting/auth", &question).await;
    let (status, text) = answer.map_err(|_| AuthFailure::Unavailable)?;
    match status {
        200 => json::from_str(&text).map_err(|_| AuthFailure::Unavailable),
        401 => Err(AuthFailure::SignedOut),
        403 => Err(judge_refusal(channel, &text)),
        400 | 404 | 422 => Err(AuthFailure::Denied),
        // Among them 419: another tab has changed the token, and the next try sends the new one.
        _ => Err(AuthFailure::Unavailable),
    }
}

/// 403 is the answer to a stranger and to the wrong person alike (rule AUT-1).
fn judge_refusal(channel: &ChannelName, text: &str) -> AuthFailure {
    #[derive(Deserialize)]
    struct Body {
        message: String,
    }
    let is_open_to_all = AppChannel::try_from(channel)
        .is_ok_and(|it| matches!(it.subscription_rule(), SubscriptionRule::Anybody | SubscriptionRule::SignedIn));
    let is_stranger = is_open_to_all || json::from_str::<Body>(text).is_ok_and(|it| it.message == SIGN_IN_FIRST);
    if is_stranger { AuthFailure::SignedOut } else { AuthFailure::Denied }
}
