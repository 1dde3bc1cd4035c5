//! WebSocket frames (RFC 6455) as the hub reads and writes them.

mod encode;
mod mask;
mod reader;
mod utf8;

pub(crate) use encode::{
    FrameBuilder, close_frame, frame_boundary, numbered_ping_frame, payload, ping_frame, pong_frame,
};
pub(crate) use reader::{FrameReader, Message, ReadError};
