//! What a connection wants to be done.

use super::input::ListenerId;
use crate::realtime::channel_name::ChannelName;
use crate::realtime::frames::ReceivedEvent;
use crate::realtime::socket_id::SocketId;
use crate::realtime::status::Status;

/// One try to open a socket. What comes from the socket of an earlier attempt is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u64);

/// One question to the application whether a channel may be subscribed. Answers to a forgotten one are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthRequestId(pub u64);

/// Something is to be done, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket, and tell what comes from it under this number.
    OpenSocket(AttemptId),
    /// Close the socket and forget it.
    CloseSocket(AttemptId),
    /// Send a text frame over the open socket.
    Send(String),
    /// Ask the application to sign a subscription.
    Authorize {
        /// Under this number.
        request: AuthRequestId,
        /// Which channel.
        channel: ChannelName,
        /// For which connection.
        socket_id: SocketId,
    },
    /// Give a [`super::Input::Tick`] at this instant, instead of any told before; `None` for no tick at all.
    SetTimer(Option<u64>),
    /// Hand an event to these listeners.
    Deliver {
        /// To whom.
        listeners: Vec<ListenerId>,
        /// The event.
        event: ReceivedEvent,
    },
    /// These listeners have missed more than the server keeps.
    Gap(Vec<ListenerId>),
    /// Members of a presence channel came or went; see [`super::Connection::members`].
    MembersChanged(ChannelName),
    /// The connection does better or worse.
    StatusChanged(Status),
    /// Something came that should not have: for the developer's console.
    Warn(String),
}
