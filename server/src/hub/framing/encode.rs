//! Frames on their way out: unmasked, unfragmented, header and payload in one piece, so that all sockets share them.

use bytes::Bytes;

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// The longest header of an unmasked frame.
const MAX_HEADER_BYTES: usize = 10;

/// The longest payload of a control frame.
const MAX_CONTROL_BYTES: usize = 125;

/// Builds one text frame: the payload is written behind room for the header, which is put in last.
pub(crate) struct FrameBuilder {
    bytes: Vec<u8>,
}

impl FrameBuilder {
    /// Begins a frame whose payload will have about this many bytes.
    pub(crate) fn new(payload_bytes: usize) -> Self {
        let mut bytes = Vec::with_capacity(MAX_HEADER_BYTES + payload_bytes);
        bytes.extend_from_slice(&[0; MAX_HEADER_BYTES]);
        Self { bytes }
    }

    /// Adds text as it is.
    pub(crate) fn raw(mut self, text: &str) -> Self {
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// Lets a function write to the payload.
    pub(crate) fn with(mut self, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        write(&mut self.bytes);
        self
    }

    /// The whole frame.
    pub(crate) fn finish(mut self) -> Bytes {
        let payload_bytes = self.bytes.len() - MAX_HEADER_BYTES;
        let (header, header_bytes) = header(TEXT, payload_bytes);
        let start = MAX_HEADER_BYTES - header_bytes;
        self.bytes[start..MAX_HEADER_BYTES].copy_from_slice(&header[..header_bytes]);
        Bytes::from(self.bytes).slice(start..)
    }
}

/// A close frame; the reason is cut to what fits. A code of 0 makes a frame without one.
pub(crate) fn close_frame(code: u16, reason: &str) -> Bytes {
    if code == 0 {
        return Bytes::from_static(&[CLOSE, 0]);
    }
    let mut end = reason.len().min(MAX_CONTROL_BYTES - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    control_frame(CLOSE, &[&code.to_be_bytes(), &reason.as_bytes()[..end]])
}

/// A ping without payload.
pub(crate) fn ping_frame() -> Bytes {
    Bytes::from_static(&[PING, 0])
}

/// A ping with a number, which comes back with the answer.
pub(crate) fn numbered_ping_frame(number: u64) -> Bytes {
    control_frame(PING, &[&number.to_be_bytes()])
}

/// The answer to a ping, with its payload.
pub(crate) fn pong_frame(payload: &[u8]) -> Bytes {
    control_frame(PONG, &[payload])
}

/// How many bytes of `bytes`, one or more whole frames of ours, must be written so that what was written begins with
/// `written` bytes and ends with a whole frame.
pub(crate) fn frame_boundary(bytes: &[u8], written: usize) -> usize {
    let mut end = 0;
    while end < written {
        let Some(&[_, length]) = bytes.get(end..end + 2) else { return bytes.len() };
        let number = |range: std::ops::Range<usize>| {
            bytes.get(range).map_or(0, |it| it.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)))
        };
        end += match length {
            126 => 4 + number(end + 2..end + 4),
            127 => 10 + number(end + 2..end + 10),
            length => 2 + usize::from(length),
        };
    }
    end.min(bytes.len())
}

/// The payload of a whole frame of ours.
pub(crate) fn payload(frame: &[u8]) -> Option<&[u8]> {
    frame.get(match frame.get(1)? {
        126 => 4..,
        127 => 10..,
        _ => 2..,
    })
}

fn control_frame(first: u8, parts: &[&[u8]]) -> Bytes {
    let mut bytes = Vec::with_capacity(2 + MAX_CONTROL_BYTES);
    bytes.extend_from_slice(&[first, 0]);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes.truncate(2 + MAX_CONTROL_BYTES);
    bytes[1] = u8::try_from(bytes.len() - 2).unwrap_or_default();
    bytes.into()
}

fn header(first: u8, payload_bytes: usize) -> ([u8; MAX_HEADER_BYTES], usize) {
    let mut header = [0; MAX_HEADER_BYTES];
    header[0] = first;
    let length = (payload_bytes as u64).to_be_bytes();
    let used = match payload_bytes {
        0..=125 => {
            header[1] = length[7];
            2
        }
        126..=65_535 => {
            header[1] = 126;
            header[2..4].copy_from_slice(&length[6..]);
            4
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&length);
            10
        }
    };
    (header, used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_shortest_form() {
        for (payload_bytes, expected) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 255, 255]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = FrameBuilder::new(0).raw(&"x".repeat(payload_bytes)).finish();
            assert_eq!(frame[..expected.len()], expected);
            assert_eq!(frame.len(), expected.len() + payload_bytes);
        }
    }

    #[test]
    fn a_boundary_is_found_in_joined_frames() {
        let frames: Vec<_> =
            [3, 200, 70_000].iter().map(|it| FrameBuilder::new(0).raw(&"x".repeat(*it)).finish()).collect();
        let joined = frames.concat();
        let ends = [5, 5 + 204, 5 + 204 + 70_010];
        for (written, end) in [(0, 0), (1, ends[0]), (5, ends[0]), (6, ends[1]), (209, ends[1]), (210, ends[2])] {
            assert_eq!(frame_boundary(&joined, written), end, "{written} bytes written");
        }
    }

    #[test]
    fn err_5_a_reason_is_cut_at_a_character() {
        let frame = close_frame(4100, &"ü".repeat(100));
        assert_eq!(frame[1], 124);
        assert_eq!(std::str::from_utf8(&frame[4..]), Ok("ü".repeat(61).as_str()));
    }
}
