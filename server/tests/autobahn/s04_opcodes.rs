use crate::case::{Bench, Case, case};
use crate::frame::{Frame, echo, ping, text};

/// The five cases of a section: alone, with a payload, and after a good message in one piece, frame by frame, byte by byte.
fn unknown(prefix: &str, opcodes: [u8; 5]) -> [Case; 5] {
    let [alone, loaded, first, second, third] = opcodes;
    let after = |number: u8, opcode: u8, payload: &str| {
        let id = format!("{prefix}.{number}");
        ([text(echo(&id)), Frame::new(opcode, payload), ping("")], id)
    };
    let (at_once, third_id) = after(3, first, "");
    let (frame_wise, fourth_id) = after(4, second, "unheard");
    let (chopped, fifth_id) = after(5, third, "unheard");
    [
        case(format!("{prefix}.1")).sends(Frame::new(alone, "")).closes(1002),
        case(format!("{prefix}.2")).sends(Frame::new(loaded, "reserved opcode payload")).closes(1002),
        case(&third_id).sends_at_once(at_once).echoes(third_id).closes(1002),
        frame_wise.into_iter().fold(case(&fourth_id), Case::sends).echoes(fourth_id).closes(1002),
        case(&fifth_id).sends_chopped(chopped, 1).echoes(fifth_id).closes(1002),
    ]
}

#[tokio::test]
async fn section_4_1_unknown_opcodes_of_data_close_with_1002() {
    Bench::start().await.run(unknown("4.1", [0x3, 0x4, 0x5, 0x6, 0x7])).await;
}

#[tokio::test]
async fn section_4_2_unknown_opcodes_of_control_close_with_1002() {
    Bench::start().await.run(unknown("4.2", [0xb, 0xc, 0xd, 0xe, 0xf])).await;
}
