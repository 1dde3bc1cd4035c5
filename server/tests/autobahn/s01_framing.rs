use crate::case::{Answer, Bench, case};
use crate::frame::{BINARY, Frame, TEXT, binary, echo, echo_of, text};

/// 0, 125, 126, 127, 128, 65,535 and 65,536 bytes: each length where the header changes its form.
fn every_length(prefix: &str, opcode: u8) -> Vec<crate::case::Case> {
    let mut cases = vec![
        // Nothing is no event: it is taken as a message, and answered.
        case(format!("{prefix}.1")).sends(Frame::new(opcode, "")).answers_with(Answer::Error(4200)),
    ];
    for (number, bytes) in (2..).zip([125, 126, 127, 128, 65_535, 65_536]) {
        let data = format!("{prefix}.{number}");
        cases.push(case(&data).sends(Frame::new(opcode, echo_of(&data, bytes))).echoes(&data));
    }
    let data = format!("{prefix}.8");
    cases.push(case(&data).sends_chopped([Frame::new(opcode, echo_of(&data, 65_536))], 997).echoes(&data));
    cases
}

#[tokio::test]
async fn section_1_1_text_of_every_length_is_taken() {
    Bench::start().await.run(every_length("1.1", TEXT)).await;
}

#[tokio::test]
async fn section_1_2_binary_frames_of_every_length_are_taken_as_text() {
    Bench::start().await.run(every_length("1.2", BINARY)).await;
}

#[tokio::test]
async fn section_1_what_is_longer_than_its_header_needs_is_still_one_message() {
    let many: String = ('a'..='z').cycle().take(9_000).collect();
    Bench::start()
        .await
        .run([
            case("1.1 data of 9,000 characters").sends(text(echo(&many))).echoes(&many),
            case("1.2 bytes that are no text").sends(binary([0xff, 0x00, 0xfe])).answers_with(Answer::Error(4200)),
        ])
        .await;
}
