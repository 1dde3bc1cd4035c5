//! Frames on their way in: masked, perhaps fragmented, in pieces as TCP brings them.

use crate::hub::framing::mask::unmask;
use crate::hub::framing::utf8::{Utf8, judge};

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// The longest payload of a control frame.
const MAX_CONTROL_BYTES: u64 = 125;

/// A whole message or control frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    /// A text message, or a binary one that holds text (rule FRM-1).
    Text(&'a str),
    /// A binary message that holds no text.
    Binary,
    /// To be answered with the same payload.
    Ping(&'a [u8]),
    /// The answer to a ping of ours, with its payload.
    Pong(&'a [u8]),
    /// The client's close frame; `None` if it bore no code.
    Close(Option<u16>),
}

/// What ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    /// The frame breaks RFC 6455: 1002.
    #[error("{0}")]
    Protocol(&'static str),
    /// Text that is no UTF-8: 1007.
    #[error("Invalid UTF-8")]
    Utf8,
    /// Larger than the application allows: 1009 (rule FRM-7).
    #[error("Maximum message size exceeded")]
    TooLarge,
}

impl ReadError {
    /// The code to close with.
    pub(crate) const fn close_code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Utf8 => 1007,
            Self::TooLarge => 1009,
        }
    }
}

/// Reads frames from pieces of input. Between whole frames it holds nothing and costs a pointer.
#[derive(Default)]
pub(crate) struct FrameReader {
    partial: Option<Box<Partial>>,
}

/// What is kept of a frame or message that has begun.
#[derive(Default)]
struct Partial {
    header: [u8; 14],
    header_bytes: usize,
    frame: Option<Frame>,
    /// Payload of the frame that was seen so far.
    seen: usize,
    /// Opcode of the message whose fragments are collected; `CONTINUATION` if there is none.
    message: u8,
    payload: Vec<u8>,
    /// How much of the payload is known to be UTF-8.
    checked: usize,
    control: Vec<u8>,
    /// The payload was handed out; the next call clears it.
    is_delivered: bool,
}

#[derive(Clone, Copy)]
struct Frame {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    header_bytes: usize,
    payload_bytes: usize,
}

impl FrameReader {
    /// The next message in `input[*at..]`; `at` moves behind what was used. `None`: more input is needed.
    pub(crate) fn next<'a>(
        &'a mut self,
        input: &'a mut [u8],
        at: &mut usize,
        max_message_bytes: usize,
    ) -> Result<Option<Message<'a>>, ReadError> {
        if self.partial.as_ref().is_some_and(|it| it.is_delivered) {
            self.partial = None;
        }
        if self.partial.is_none() {
            if *at >= input.len() {
                return Ok(None);
            }
            match parse_header(&input[*at..], CONTINUATION, 0, max_message_bytes)? {
                Some(frame) if frame.is_final && input.len() - *at >= frame.header_bytes + frame.payload_bytes => {
                    let start = *at + frame.header_bytes;
                    *at = start + frame.payload_bytes;
                    let payload = &mut input[start..*at];
                    unmask(payload, frame.mask, 0);
                    return whole_message(frame.opcode, payload).map(Some);
                }
                _ => self.partial = Some(Box::default()),
            }
        }
        match &mut self.partial {
            Some(partial) => partial.next(input, at, max_message_bytes),
            None => Ok(None),
        }
    }

    /// Bytes held for a message that is not whole yet.
    #[cfg(test)]
    fn held_bytes(&self) -> usize {
        self.partial.as_ref().map_or(0, |it| it.payload.capacity())
    }
}

impl Partial {
    fn next<'a>(
        &'a mut self,
        input: &mut [u8],
        at: &mut usize,
        max_message_bytes: usize,
    ) -> Result<Option<Message<'a>>, ReadError> {
        loop {
            let frame = match self.frame {
                Some(frame) => frame,
                None => match self.read_header(input, at, max_message_bytes)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let bytes = (frame.payload_bytes - self.seen).min(input.len() - *at);
            let piece = &mut input[*at..*at + bytes];
            unmask(piece, frame.mask, self.seen);
            *at += bytes;
            self.seen += bytes;
            let is_whole = self.seen == frame.payload_bytes;
            if frame.opcode >= CLOSE {
                self.control.extend_from_slice(piece);
                if !is_whole {
                    return Ok(None);
                }
                self.end_frame();
                self.is_delivered = self.message == CONTINUATION;
                return whole_message(frame.opcode, &self.control).map(Some);
            }
            self.payload.extend_from_slice(piece);
            self.check_text(is_whole && frame.is_final)?;
            if !is_whole {
                return Ok(None);
            }
            self.end_frame();
            if frame.is_final {
                self.is_delivered = true;
                return whole_message(self.message, &self.payload).map(Some);
            }
        }
    }

    /// Collects the header's bytes from the input.
    fn read_header(
        &mut self,
        input: &[u8],
        at: &mut usize,
        max_message_bytes: usize,
    ) -> Result<Option<Frame>, ReadError> {
        loop {
            let known = &self.header[..self.header_bytes];
            if let Some(frame) = parse_header(known, self.message, self.payload.len(), max_message_bytes)? {
                if frame.opcode < CLOSE && self.message == CONTINUATION {
                    self.message = frame.opcode;
                }
                if frame.opcode >= CLOSE {
                    self.control.clear();
                }
                self.frame = Some(frame);
                return Ok(self.frame);
            }
            let Some(byte) = input.get(*at) else { return Ok(None) };
            self.header[self.header_bytes] = *byte;
            self.header_bytes += 1;
            *at += 1;
        }
    }

    fn end_frame(&mut self) {
        self.frame = None;
        self.header_bytes = 0;
        self.seen = 0;
    }

    /// Refuses a text as soon as nothing that may follow could make it UTF-8.
    fn check_text(&mut self, is_last: bool) -> Result<(), ReadError> {
        if self.message != TEXT {
            return Ok(());
        }
        match judge(&self.payload[self.checked..]) {
            Utf8::Whole => self.checked = self.payload.len(),
            Utf8::Begun(valid) if !is_last => self.checked += valid,
            Utf8::Begun(_) | Utf8::Invalid => return Err(ReadError::Utf8),
        }
        Ok(())
    }
}

/// The frame whose header begins the input. `None`: the header is not whole. `message` is the opcode of the message that
/// has begun, `CONTINUATION` if there is none, and `message_bytes` its length so far.
fn parse_header(
    input: &[u8],
    message: u8,
    message_bytes: usize,
    max_message_bytes: usize,
) -> Result<Option<Frame>, ReadError> {
    let &[first, second, ..] = input else { return Ok(None) };
    let (is_final, opcode, short_length) = (first & 0x80 != 0, first & 0x0f, second & 0x7f);
    let is_control = opcode >= CLOSE;
    if first & 0x70 != 0 {
        return Err(ReadError::Protocol("Reserved bits are set"));
    }
    if !matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
        return Err(ReadError::Protocol("Unknown opcode"));
    }
    if second & 0x80 == 0 {
        return Err(ReadError::Protocol("Frame is not masked"));
    }
    if is_control && (!is_final || u64::from(short_length) > MAX_CONTROL_BYTES) {
        return Err(ReadError::Protocol("Control frame is fragmented or too long"));
    }
    if !is_control && (opcode == CONTINUATION) != (message != CONTINUATION) {
        return Err(ReadError::Protocol("Fragments out of order"));
    }
    let length_bytes = match short_length {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let header_bytes = 2 + length_bytes + 4;
    if input.len() < header_bytes {
        return Ok(None);
    }
    let long_length = input[2..2 + length_bytes].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let length = if length_bytes == 0 { u64::from(short_length) } else { long_length };
    if length >> 63 != 0 {
        return Err(ReadError::Protocol("Length is out of range"));
    }
    let room = max_message_bytes.saturating_sub(message_bytes);
    let payload_bytes = usize::try_from(length).unwrap_or(usize::MAX);
    if !is_control && payload_bytes > room {
        return Err(ReadError::TooLarge);
    }
    let mut mask = [0; 4];
    mask.copy_from_slice(&input[header_bytes - 4..header_bytes]);
    Ok(Some(Frame { is_final, opcode, mask, header_bytes, payload_bytes }))
}

/// The message that an unmasked payload makes.
fn whole_message(opcode: u8, payload: &[u8]) -> Result<Message<'_>, ReadError> {
    match opcode {
        TEXT => std::str::from_utf8(payload).map(Message::Text).map_err(|_| ReadError::Utf8),
        BINARY => Ok(std::str::from_utf8(payload).map_or(Message::Binary, Message::Text)),
        PING => Ok(Message::Ping(payload)),
        PONG => Ok(Message::Pong(payload)),
        _ => close_message(payload),
    }
}

fn close_message(payload: &[u8]) -> Result<Message<'_>, ReadError> {
    let [high, low, reason @ ..] = payload else {
        return if payload.is_empty() {
            Ok(Message::Close(None))
        } else {
            Err(ReadError::Protocol("Close code is cut short"))
        };
    };
    let code = u16::from_be_bytes([*high, *low]);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(ReadError::Protocol("Close code is not allowed"));
    }
    std::str::from_utf8(reason).map_err(|_| ReadError::Utf8)?;
    Ok(Message::Close(Some(code)))
}

#[cfg(test)]
mod tests;
