//! Pusher's JSON frames: what goes out, and what comes in.

mod escape;
mod incoming;
mod outgoing;

pub(crate) use escape::{push_escaped, push_string};
pub(crate) use incoming::{ClientMessage, InvalidFormat, Subscribe, is_hidden, parse, parse_member, parse_user};
pub(crate) use outgoing::*;
