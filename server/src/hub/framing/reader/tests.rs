use proptest::prelude::*;

use super::*;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length => {
            bytes.push(0xfe);
            bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    unmask(&mut bytes[start..], MASK, 0);
    bytes
}

/// What the reader makes of the input, cut into pieces of `step` bytes.
fn read(input: &[u8], step: usize) -> Result<Vec<String>, ReadError> {
    let mut reader = FrameReader::default();
    let mut messages = Vec::new();
    for piece in input.chunks(step.max(1)) {
        let (mut piece, mut at) = (piece.to_vec(), 0);
        while let Some(message) = reader.next(&mut piece, &mut at, 10_000)? {
            messages.push(format!("{message:?}"));
        }
        assert_eq!(at, piece.len(), "input was left over");
    }
    Ok(messages)
}

#[test]
fn a_message_is_the_same_however_it_is_cut() {
    let input = [frame(0x81, "Zoë 東京".as_bytes()), frame(0x89, b"hi"), frame(0x82, b"{}"), frame(0x88, &[3, 232])];
    let input = input.concat();
    let whole = read(&input, input.len()).unwrap();
    assert_eq!(whole, ["Text(\"Zoë 東京\")", "Ping([104, 105])", "Text(\"{}\")", "Close(Some(1000))"]);
    for step in 1..input.len() {
        assert_eq!(read(&input, step).unwrap(), whole, "in pieces of {step}");
    }
}

#[test]
fn control_frames_may_stand_between_fragments() {
    let input = [
        frame(0x01, "Z\u{f6}".as_bytes().split_at(2).0),
        frame(0x89, b"1"),
        frame(0x00, b"\xb6"),
        frame(0x8a, b""),
        frame(0x80, b"!"),
    ];
    for step in [1, 3, 100] {
        assert_eq!(read(&input.concat(), step).unwrap(), ["Ping([49])", "Pong([])", "Text(\"Zö!\")"]);
    }
}

#[test]
fn frm_1_what_breaks_the_protocol_is_refused() {
    for (name, input) in [
        ("reserved bit", frame(0xc1, b"")),
        ("opcode 3", frame(0x83, b"")),
        ("opcode 11", frame(0x8b, b"")),
        ("fragmented ping", frame(0x09, b"")),
        ("long ping", frame(0x89, &[0; 126])),
        ("continuation of nothing", frame(0x80, b"")),
        ("two beginnings", [frame(0x01, b"a"), frame(0x01, b"b")].concat()),
        ("no mask", vec![0x81, 0x01, b'a']),
        ("half a close code", frame(0x88, &[3])),
        ("close code 1005", frame(0x88, &1005_u16.to_be_bytes())),
        ("close code 999", frame(0x88, &999_u16.to_be_bytes())),
        ("length beyond 2^63", [&[0x81, 0xff, 0x80][..], &[0; 11]].concat()),
    ] {
        for step in [1, 1_000] {
            assert!(matches!(read(&input, step), Err(ReadError::Protocol(_))), "{name} was taken");
        }
    }
}

#[test]
fn invalid_utf_8_is_refused_as_early_as_it_can_be_told() {
    // The third byte can't follow the first two, although the frame announces more.
    let mut input = frame(0x81, b"\xce\xba\xf4\x90\x80\x80 and more");
    input.truncate(6 + 4);
    assert_eq!(read(&input, 1), Err(ReadError::Utf8));
    assert_eq!(read(&frame(0x81, b"\xce"), 100), Err(ReadError::Utf8));
    assert_eq!(read(&frame(0x88, b"\x03\xe8\xff"), 100), Err(ReadError::Utf8));
    assert_eq!(read(&frame(0x82, b"\xff"), 100).unwrap(), ["Binary"]);
}

#[test]
fn frm_7_a_message_beyond_the_limit_is_refused_by_its_header() {
    assert!(read(&frame(0x81, &[b'a'; 10_000]), 1_000).is_ok());
    assert_eq!(read(&frame(0x81, &[b'a'; 10_001])[..8], 100), Err(ReadError::TooLarge));
    let fragments = [frame(0x01, &[b'a'; 6_000]), frame(0x80, &[b'a'; 4_001])].concat();
    assert_eq!(read(&fragments, 100), Err(ReadError::TooLarge));
}

#[test]
fn nothing_is_held_between_messages() {
    let mut reader = FrameReader::default();
    let mut input = frame(0x81, b"hello");
    let mut tail = input.split_off(8);
    assert_eq!(reader.next(&mut input, &mut 0, 100), Ok(None));
    assert!(reader.held_bytes() > 0);
    let mut at = 0;
    assert_eq!(reader.next(&mut tail, &mut at, 100), Ok(Some(Message::Text("hello"))));
    assert_eq!(reader.next(&mut tail, &mut at, 100), Ok(None));
    assert_eq!(reader.held_bytes(), 0);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(input: Vec<u8>, step in 1_usize..50) {
        let _ = read(&input, step);
    }

    #[test]
    fn text_in_fragments_arrives_whole(text in "\\PC{0,200}", cuts in proptest::collection::vec(0_usize..200, 0..5), step in 1_usize..50) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|it| it.min(text.len())).collect();
        cuts.sort_unstable();
        cuts.push(text.len());
        let (mut input, mut from) = (Vec::new(), 0);
        for (index, cut) in cuts.iter().enumerate() {
            let first = u8::from(index == 0) | if index + 1 == cuts.len() { 0x80 } else { 0 };
            input.extend(frame(first, &text.as_bytes()[from..*cut]));
            from = *cut;
        }
        prop_assert_eq!(read(&input, step).unwrap(), vec![format!("{:?}", Message::Text(&text))]);
    }
}
