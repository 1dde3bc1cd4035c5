//! WebSocket frames at the client's end: what the readers send, and where a server's frames begin and end.

/// A text frame of a client.
///
/// Masked with zeros, which leaves the text as it is: the mask protects from caches between the two ends, and there are none.
///
/// # Panics
/// For more than 65,535 bytes, which the benchmark never sends.
pub(super) fn client_text(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    if let Ok(length @ 0..=125) = u8::try_from(text.len()) {
        frame.push(0x80 | length);
    } else {
        let length = u16::try_from(text.len()).expect("a short text");
        frame.push(0xfe);
        frame.extend(length.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// A server's frame at the beginning of `bytes`: its length with header, and its payload. `None` while it is incomplete.
pub(super) fn first_frame(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (header, length) = match bytes.get(1)? & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => {
            let length = u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?);
            (10, usize::try_from(length).ok()?)
        }
        length => (2, usize::from(length)),
    };
    Some((header + length, bytes.get(header..header + length)?))
}

/// Cuts a stream of bytes into frames, whatever pieces it comes in.
#[derive(Debug, Default)]
pub(super) struct FrameCutter {
    /// The beginning of a frame whose end has not come yet.
    started: Vec<u8>,
}

impl FrameCutter {
    /// Takes the next piece and hands each payload that it completes to `each`.
    pub(super) fn cut(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) {
        if self.started.is_empty() {
            let used = cut_all(piece, &mut each);
            self.started.extend_from_slice(&piece[used..]);
        } else {
            self.started.extend_from_slice(piece);
            let used = cut_all(&self.started, &mut each);
            self.started.drain(..used);
        }
    }
}

/// Returns how many bytes were whole frames.
fn cut_all(bytes: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
    let mut used = 0;
    while let Some((length, payload)) = first_frame(&bytes[used..]) {
        each(payload);
        used += length;
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_in_pieces_of_any_size() {
        let texts = ["short".to_owned(), "x".repeat(300), String::new(), "y".repeat(70_000)];
        let stream: Vec<u8> = texts
            .iter()
            .flat_map(|text| {
                let header = match text.len() {
                    length @ 0..=125 => vec![0x81, u8::try_from(length).unwrap()],
                    length @ 126..=65_535 => [&[0x81, 126][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
                    length => [&[0x81, 127][..], &(length as u64).to_be_bytes()].concat(),
                };
                [header, text.clone().into_bytes()].concat()
            })
            .collect();
        for size in [1, 2, 3, 7, 100, stream.len()] {
            let (mut cutter, mut found) = (FrameCutter::default(), Vec::new());
            for piece in stream.chunks(size) {
                cutter.cut(piece, |payload| found.push(String::from_utf8(payload.to_vec()).unwrap()));
            }
            assert_eq!(found, texts, "in pieces of {size}");
        }
    }

    #[test]
    fn a_client_frame_is_masked_and_says_its_length() {
        assert_eq!(client_text("ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(client_text(&"x".repeat(200))[..4], [0x81, 0xfe, 0, 200]);
    }
}
