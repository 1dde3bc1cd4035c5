//! Every frame for whoever looks for a fault: in the log (`serve --debug`), and through the tap.

use crate::hub::shard::Connection;
use crate::hub::shared::Shared;
use crate::hub::tap::Direction;

/// As much of a frame as is shown.
const SHOWN_CHARACTERS: usize = 200;

/// Opcode of a text frame that is whole.
const WHOLE_TEXT: u8 = 0x81;

/// Shows a text from a client.
pub(super) fn received(shared: &Shared, connection: &Connection, text: &str) {
    show(shared, connection, Direction::In, text);
}

/// Shows the texts in a piece of encoded frames.
pub(super) fn sent(shared: &Shared, connection: &Connection, piece: &[u8]) {
    let mut rest = piece;
    while let Some((opcode, payload, more)) = split(rest) {
        if opcode == WHOLE_TEXT {
            show(shared, connection, Direction::Out, &String::from_utf8_lossy(payload));
        }
        rest = more;
    }
}

fn show(shared: &Shared, connection: &Connection, direction: Direction, text: &str) {
    let application = connection.application().map(|it| &it.id);
    if shared.taps.is_open() {
        shared.taps.pass(&shared.clock, direction, application, connection.socket_id, text);
    }
    if shared.settings.logs_frames {
        let end = text.char_indices().nth(SHOWN_CHARACTERS).map_or(text.len(), |(index, _)| index);
        let what = match direction {
            Direction::In => "received",
            Direction::Out => "sent",
        };
        let application = application.map_or("", |it| &it.0);
        tracing::debug!(socket_id = %connection.socket_id, application, "{what} {}", &text[..end]);
    }
}

/// The first frame of a piece, its payload, and what follows. Frames of a server are not masked.
fn split(piece: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&opcode, rest) = piece.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        126 => {
            let (bytes, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*bytes)), rest)
        }
        127 => {
            let (bytes, rest) = rest.split_first_chunk::<8>()?;
            (usize::try_from(u64::from_be_bytes(*bytes)).ok()?, rest)
        }
        short => (usize::from(short), rest),
    };
    let (payload, more) = rest.split_at_checked(length)?;
    Some((opcode, payload, more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_split_into_its_frames() {
        let long = vec![b'x'; 300];
        let mut piece = vec![0x81, 2, b'h', b'i', 0x8a, 0, 0x81, 126, 1, 44];
        piece.extend_from_slice(&long);
        let (opcode, payload, rest) = split(&piece).unwrap();
        assert_eq!((opcode, payload), (0x81, &b"hi"[..]));
        let (opcode, payload, rest) = split(rest).unwrap();
        assert_eq!((opcode, payload.len()), (0x8a, 0));
        let (_, payload, rest) = split(rest).unwrap();
        assert_eq!(payload, long);
        assert!(split(rest).is_none());
        assert!(split(&piece[..20]).is_some() && split(&[0x81, 5, b'a']).is_none());
    }
}
