use crate::case::{Answer, Bench, Case, case};
use crate::frame::{TEXT, continuation, echo, echo_raw, fragments, text};

const KOSME: &str = "κόσμε";
const MIXED: &str = "Hello-µ@ßöäüàá-UTF-8!!";

#[tokio::test]
async fn section_6_1_empty_fragments_are_fragments() {
    let unfinished = |payload: &[u8]| text(payload).unfinished();
    Bench::start()
        .await
        .run([
            case("6.1.1").sends(text("")).answers_with(Answer::Error(4200)),
            case("6.1.2")
                .sends_at_once([unfinished(b""), continuation("").unfinished(), continuation("")])
                .answers_with(Answer::Error(4200)),
            case("6.1.3")
                .sends_at_once([unfinished(b""), continuation(echo("6.1.3")).unfinished(), continuation("")])
                .echoes("6.1.3"),
        ])
        .await;
}

#[tokio::test]
async fn section_6_2_utf_8_is_taken_however_its_fragments_cut_it() {
    let message = echo_raw(MIXED.as_bytes());
    let middle = message.iter().rposition(|byte| *byte == 0xc3).unwrap();
    let halves = |at: usize| [text(&message[..at]).unfinished(), continuation(&message[at..])];
    Bench::start()
        .await
        .run([
            case("6.2.1").sends(text(&message)).echoes(MIXED),
            case("6.2.2").sends_at_once(halves(middle)).echoes(MIXED),
            case("6.2.2 within a character").sends_at_once(halves(middle + 1)).echoes(MIXED),
            case("6.2.3").sends_at_once(fragments(TEXT, &message, 1)).echoes(MIXED),
            case("6.2.4").sends_at_once(fragments(TEXT, &echo_raw(KOSME.as_bytes()), 1)).echoes(KOSME),
        ])
        .await;
}

/// Good Greek, and then a surrogate, which UTF-8 does not have.
fn with_surrogate() -> Vec<u8> {
    [KOSME.as_bytes(), b"\xed\xa0\x80", b"edited"].concat()
}

#[tokio::test]
async fn section_6_3_invalid_utf_8_closes_with_1007_whole_and_in_fragments() {
    let message = echo_raw(&with_surrogate());
    Bench::start()
        .await
        .run([
            case("6.3.1").sends(text(&message)).closes(1007),
            case("6.3.2").sends_at_once(fragments(TEXT, &message, 1)).closes(1007),
        ])
        .await;
}

/// Greek, and a character beyond the last one there is: its second byte already can't be.
#[tokio::test]
async fn section_6_4_invalid_utf_8_closes_before_the_message_or_even_the_frame_is_whole() {
    let beyond = b"\xf4\x90\x80\x80";
    let good = echo_raw(KOSME.as_bytes());
    let good = &good[..good.len() - 2];
    let whole = text([good, beyond, b"edited"].concat()).bytes();
    let in_frame = |payload: &[u8]| text(payload).bytes_claiming(good.len() + beyond.len() + 8);
    Bench::start()
        .await
        .run([
            case("6.4.1").sends(text(good).unfinished()).sends(continuation(beyond).unfinished()).closes(1007),
            case("6.4.2")
                .sends(text([good, &beyond[..1]].concat()).unfinished())
                .sends(continuation(&beyond[1..2]).unfinished())
                .closes(1007),
            case("6.4.3").sends_bytes(in_frame(&[good, beyond].concat())).closes(1007),
            case("6.4.4").sends_bytes(in_frame(&[good, &beyond[..2]].concat())).closes(1007),
            case("6.4.4 byte by byte").sends_bytes(whole[..whole.len() - 8].to_vec()).closes(1007),
        ])
        .await;
}

/// Bytes that are valid UTF-8, by the section of Markus Kuhn's collection that Autobahn numbers them after.
const VALID: &[(&str, &[u8])] = &[
    ("6.5.1", "κόσμε".as_bytes()),
    ("6.5.2", "κό".as_bytes()),
    ("6.5.3", b"\xce\xba"),
    ("6.7.1", b"\x7f"),
    ("6.7.2", b"\xc2\x80"),
    ("6.7.3", b"\xe0\xa0\x80"),
    ("6.7.4", b"\xf0\x90\x80\x80"),
    ("6.9.1", b"~"),
    ("6.9.2", b"\xdf\xbf"),
    ("6.9.3", b"\xef\xbf\xbf"),
    ("6.9.4", b"\xf4\x8f\xbf\xbf"),
    ("6.11.1", b"\xed\x9f\xbf"),
    ("6.11.2", b"\xee\x80\x80"),
    ("6.11.3", b"\xef\xbf\xbd"),
    ("6.11.4", b"\xf4\x8f\xbf\xbf"),
    ("6.22.1", b"\xef\xbf\xbe"),
    ("6.22.2", b"\xef\xbf\xbf"),
    ("6.22.3", b"\xf0\x9f\xbf\xbe"),
    ("6.22.4", b"\xf0\x9f\xbf\xbf"),
    ("6.22.5", b"\xf0\xaf\xbf\xbe"),
    ("6.22.6", b"\xf0\xaf\xbf\xbf"),
    ("6.22.33", b"\xf4\x8f\xbf\xbe"),
    ("6.22.34", b"\xf4\x8f\xbf\xbf"),
    ("6.23.1", b"\xef\xbf\xb0"),
    ("6.23.7", b"\xef\xbf\xbd"),
];

/// Bytes that are not, and in which of them it shows.
const INVALID: &[(&str, &[u8], usize)] = &[
    ("6.8.1, five bytes", b"\xf8\x88\x80\x80\x80", 1),
    ("6.8.2, six bytes", b"\xfc\x84\x80\x80\x80\x80", 1),
    ("6.10.1, beyond the last", b"\xf7\xbf\xbf\xbf", 1),
    ("6.10.2, the last of five", b"\xfb\xbf\xbf\xbf\xbf", 1),
    ("6.10.3, the last of six", b"\xfd\xbf\xbf\xbf\xbf\xbf", 1),
    ("6.11.5, one beyond the last", b"\xf4\x90\x80\x80", 2),
    ("6.12.1, the first continuation alone", b"\x80", 1),
    ("6.12.2, the last continuation alone", b"\xbf", 1),
    ("6.12.3, two continuations", b"\x80\xbf", 1),
    ("6.12.8, all continuations", b"\x80\x81\x82\x83\x84\x85\x86\x87", 1),
    ("6.13.1, starts of two bytes alone", b"\xc2 \xc3 \xc4 ", 2),
    ("6.13.2, starts of three bytes alone", b"\xe0 \xe1 \xe2 ", 2),
    ("6.13.3, starts of four bytes alone", b"\xf0 \xf1 \xf2 ", 2),
    ("6.13.4, starts of five bytes alone", b"\xf8 \xf9 ", 1),
    ("6.13.5, starts of six bytes alone", b"\xfc \xfd ", 1),
    ("6.14.1, two bytes less the last", b"\xc2\"", 2),
    ("6.14.2, three bytes less the last", b"\xe0\xa0\"", 3),
    ("6.14.3, four bytes less the last", b"\xf0\x90\x80\"", 4),
    ("6.14.6, the end of two less the last", b"\xdf\"", 2),
    ("6.14.7, the end of three less the last", b"\xef\xbf\"", 3),
    ("6.14.8, the end of four less the last", b"\xf4\x8f\xbf\"", 4),
    ("6.15.1, all of them together", b"\xc2\xe0\xa0\xf0\x90\x80", 2),
    ("6.16.1, impossible", b"\xfe", 1),
    ("6.16.2, impossible", b"\xff", 1),
    ("6.16.3, impossible", b"\xfe\xfe\xff\xff", 1),
    ("6.17.1, a slash in two", b"\xc0\xaf", 1),
    ("6.17.2, a slash in three", b"\xe0\x80\xaf", 2),
    ("6.17.3, a slash in four", b"\xf0\x80\x80\xaf", 2),
    ("6.17.4, a slash in five", b"\xf8\x80\x80\x80\xaf", 1),
    ("6.17.5, a slash in six", b"\xfc\x80\x80\x80\x80\xaf", 1),
    ("6.18.1, the longest that two hold in vain", b"\xc1\xbf", 1),
    ("6.18.2, the longest that three hold in vain", b"\xe0\x9f\xbf", 2),
    ("6.18.3, the longest that four hold in vain", b"\xf0\x8f\xbf\xbf", 2),
    ("6.19.1, NUL in two", b"\xc0\x80", 1),
    ("6.19.2, NUL in three", b"\xe0\x80\x80", 2),
    ("6.19.3, NUL in four", b"\xf0\x80\x80\x80", 2),
    ("6.20.1, the first surrogate", b"\xed\xa0\x80", 2),
    ("6.20.2, the last high surrogate", b"\xed\xaf\xbf", 2),
    ("6.20.4, the first low surrogate", b"\xed\xb0\x80", 2),
    ("6.20.7, the last surrogate", b"\xed\xbf\xbf", 2),
    ("6.21.1, a pair of surrogates", b"\xed\xa0\x80\xed\xb0\x80", 2),
    ("6.21.8, the last pair of surrogates", b"\xed\xaf\xbf\xed\xbf\xbf", 2),
];

#[tokio::test]
async fn sections_6_5_to_6_23_every_valid_sequence_is_echoed_whole_in_fragments_and_in_pieces() {
    let mut bench = Bench::start().await;
    for (id, bytes) in VALID {
        let (data, message) = (std::str::from_utf8(bytes).unwrap(), echo_raw(bytes));
        bench
            .run([
                case(*id).sends(text(&message)).echoes(data),
                case(format!("{id} in fragments")).sends_at_once(fragments(TEXT, &message, 1)).echoes(data),
                case(format!("{id} in pieces")).sends_chopped([text(&message)], 1).echoes(data),
            ])
            .await;
    }
}

#[tokio::test]
async fn sections_6_8_to_6_21_every_invalid_sequence_closes_at_the_byte_that_shows_it() {
    let mut bench = Bench::start().await;
    for (id, bytes, shows_in) in INVALID {
        let whole = echo_raw(bytes);
        let start = whole.len() - 2 - bytes.len();
        let begun = &whole[..start + shows_in];
        bench
            .run([
                case(*id).sends(text(&whole)).closes(1007),
                case(format!("{id}, in fragments")).sends_at_once(fragments(TEXT, &whole, 1)).closes(1007),
                case(format!("{id}, as early as it shows"))
                    .sends_bytes(text(begun).bytes_claiming(whole.len()))
                    .closes(1007),
                // One byte less may still become good, so nothing is said.
                earlier(id, &begun[..begun.len() - 1]),
            ])
            .await;
    }
}

/// An unfinished fragment, and that the connection is still open: it answers a control frame.
fn earlier(id: &str, begun: &[u8]) -> Case {
    case(format!("{id}, before it shows"))
        .sends(text(begun).unfinished())
        .sends(crate::frame::ping("open"))
        .pongs("open")
        .sends(crate::frame::close(1000, ""))
        .closes(1000)
}

#[tokio::test]
async fn section_6_6_a_text_that_ends_within_a_character_closes_with_1007() {
    let mut bench = Bench::start().await;
    for end in 1..KOSME.len() {
        let piece = &KOSME.as_bytes()[..end];
        let id = format!("6.6.{end}");
        // The end of the message is what shows it, so nothing may stand behind.
        let message = [b"\"", piece].concat();
        let is_whole = std::str::from_utf8(piece).is_ok();
        let expected = if is_whole { Answer::Error(4200) } else { Answer::Close(1007) };
        bench.run([case(id).sends(text(message)).answers_with(expected)]).await;
    }
}
