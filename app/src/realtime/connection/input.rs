//! What may happen to a connection.

use serde_json::Value;

use super::effect::{AttemptId, AuthRequestId};
use crate::chat::ChannelPosition;
use crate::realtime::channel_name::ChannelName;
use crate::realtime::close_code::CloseCode;
use crate::realtime::frames::ChannelAuthorization;

/// Somebody who wants a channel's events; numbered by whoever drives the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub u64);

/// Something happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// The page is ready: connect.
    Start,
    /// The person has signed out: end for good.
    Stop,
    /// A timer is due. Too early is as well.
    Tick,
    /// A text frame came.
    Frame {
        /// Over which socket.
        attempt: AttemptId,
        /// The frame's text.
        text: String,
    },
    /// The socket is closed, or could not be opened (1006).
    SocketClosed {
        /// Which socket.
        attempt: AttemptId,
        /// The code, 1006 if there was none.
        code: CloseCode,
    },
    /// The browser says that there is no network.
    Offline,
    /// The browser says that there is a network again.
    Online,
    /// Time may have stood still: the page was shown again or restored, or the clock jumped.
    Woke,
    /// A person asks to try at once.
    RetryNow,
    /// Somebody wants a channel's events.
    Listen {
        /// Under this number, not used before.
        listener: ListenerId,
        /// Which channel.
        channel: ChannelName,
        /// Which of its events.
        interest: Interest,
    },
    /// Somebody wants no more.
    Unlisten {
        /// Whoever it was.
        listener: ListenerId,
    },
    /// The application has signed a subscription.
    Authorized {
        /// The question.
        request: AuthRequestId,
        /// The answer.
        authorization: ChannelAuthorization,
    },
    /// The application has not signed a subscription.
    NotAuthorized {
        /// The question.
        request: AuthRequestId,
        /// Why.
        reason: AuthFailure,
    },
    /// The data that was missed has been loaded anew.
    GapsClosed,
    /// Tells all other subscribers something; lost if the channel is not subscribed just now.
    Whisper {
        /// Which channel.
        channel: ChannelName,
        /// The name, with `client-`.
        event: String,
        /// Any JSON.
        data: Value,
    },
}

/// Which of a channel's events somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interest {
    /// Every event that is kept, after a position or from the first subscription on, over every loss of the line; and
    /// of those that are not kept what comes while there is a line.
    Everything(Option<ChannelPosition>),
    /// What comes while there is a line: whispers and members.
    Passing,
}

/// Why the application has not signed a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthFailure {
    /// Nobody is signed in any more.
    SignedOut,
    /// This person may not listen to this channel.
    Denied,
    /// The application could not be asked; it may go well later.
    Unavailable,
}
