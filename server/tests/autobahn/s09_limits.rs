use crate::case::{Bench, Case, case};
use crate::frame::{BINARY, Frame, TEXT, echo_of, fragments, ping};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

#[tokio::test]
async fn sections_9_1_and_9_2_messages_of_up_to_16_mib_are_taken() {
    let mut bench = Bench::start().await;
    for (section, opcode) in [("9.1", TEXT), ("9.2", BINARY)] {
        for (number, bytes) in (1..).zip([64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB]) {
            let id = format!("{section}.{number}");
            bench.run([case(&id).sends(Frame::new(opcode, echo_of(&id, bytes))).echoes(&id)]).await;
        }
    }
}

#[tokio::test]
async fn sections_9_3_and_9_4_a_message_of_4_mib_is_taken_in_fragments_of_every_size() {
    let mut bench = Bench::start().await;
    for (section, opcode) in [("9.3", TEXT), ("9.4", BINARY)] {
        let sizes = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
        for (number, bytes) in (1..).zip(sizes) {
            let id = format!("{section}.{number}");
            let frames = fragments(opcode, &echo_of(&id, 4 * MIB), bytes);
            bench.run([case(&id).sends_at_once(frames).echoes(&id)]).await;
        }
    }
}

#[tokio::test]
async fn sections_9_5_and_9_6_a_message_of_1_mib_is_taken_in_chops_of_every_size() {
    let mut bench = Bench::start().await;
    for (section, opcode) in [("9.5", TEXT), ("9.6", BINARY)] {
        for (number, bytes) in (1..).zip([64, 128, 256, 512, KIB, 2 * KIB]) {
            let id = format!("{section}.{number}");
            let frame = Frame::new(opcode, echo_of(&id, MIB));
            bench.run([case(&id).sends_chopped([frame], bytes).echoes(&id)]).await;
        }
    }
}

/// A thousand messages at once, each with its number, so that order and number are seen.
fn thousand(id: &str, opcode: u8, bytes: usize) -> Case {
    let numbers = 0..1_000;
    let frames = numbers.clone().map(|number| {
        let data = number.to_string();
        let least = crate::frame::echo(&data).len();
        Frame::new(opcode, echo_of(&data, bytes.max(least)))
    });
    numbers.fold(case(id).sends_at_once(frames), |case, number| case.echoes(number.to_string()))
}

#[tokio::test]
async fn sections_9_7_and_9_8_a_thousand_messages_of_every_size_arrive_in_order() {
    let mut bench = Bench::start().await;
    for (section, opcode) in [("9.7", TEXT), ("9.8", BINARY)] {
        for (number, bytes) in (1..).zip([0, 16, 64, 256, KIB, 4 * KIB]) {
            bench.run([thousand(&format!("{section}.{number}"), opcode, bytes)]).await;
        }
    }
}

/// The limit that an application has as it comes, from below, and crossed in every way there is.
#[tokio::test]
async fn section_9_a_message_beyond_the_limit_closes_with_1009_as_early_as_it_can_be_told() {
    const LIMIT: usize = 10_000;
    let over = echo_of("unheard", LIMIT + 1);
    let mut fragmented = fragments(TEXT, &over, 3_000);
    fragmented.truncate(3);
    let fourth = fragments(TEXT, &over, 3_000).remove(3);
    let mut fourth = fourth.bytes();
    fourth.truncate(8);
    let whole = || Frame::new(TEXT, echo_of("limit", LIMIT));
    Bench::with_message_size(LIMIT)
        .await
        .run([
            case("9 at the limit").sends(whole()).echoes("limit"),
            case("9 at the limit in fragments")
                .sends_at_once(fragments(TEXT, &echo_of("limit", LIMIT), 999))
                .echoes("limit"),
            case("9 over it").sends(Frame::new(TEXT, &over)).closes(1009),
            case("9 over it, the header alone")
                .sends_bytes(Frame::new(TEXT, "").bytes_claiming(LIMIT + 1))
                .closes(1009),
            case("9 2^62 bytes").sends_bytes(Frame::new(BINARY, "").bytes_claiming(1 << 62)).closes(1009),
            case("9 2^63 bytes").sends_bytes(Frame::new(BINARY, "").bytes_claiming(1 << 63)).closes(1002),
            case("9 fragments that add up, at the header that crosses it")
                .sends_at_once(fragmented)
                .sends(ping("between"))
                .sends_bytes(fourth)
                .pongs("between")
                .closes(1009),
            case("9 a thousand empty fragments")
                .sends_at_once([Frame::new(TEXT, "").unfinished()])
                .sends_at_once(std::iter::repeat_n(Frame::new(0, "").unfinished(), 1_000))
                .sends_at_once(fragments(0, &crate::frame::echo("empty"), 1_000))
                .echoes("empty"),
        ])
        .await;
}
