use crate::case::{Answer, Bench, Case, case};
use crate::frame::{CLOSE, Frame, close, continuation, echo, echo_of, ping, text};

#[tokio::test]
async fn section_7_1_after_a_close_nothing_is_done_any_more() {
    let bytes = 256 * 1024;
    Bench::start()
        .await
        .run([
            case("7.1.1").sends_at_once([text(echo("7.1.1")), close(1000, "")]).echoes("7.1.1").closes(1000),
            case("7.1.2").sends_at_once([close(1000, ""), close(1000, "")]).closes(1000),
            case("7.1.3").sends_at_once([close(1000, ""), ping("")]).closes(1000),
            case("7.1.4").sends_at_once([close(1000, ""), text(echo("unheard"))]).closes(1000),
            case("7.1.5")
                .sends_at_once([text("fragment1").unfinished(), close(1000, ""), continuation("fragment2")])
                .closes(1000),
            case("7.1.6")
                .sends_at_once([text(echo_of("7.1.6", bytes)), close(1000, ""), ping("")])
                .echoes("7.1.6")
                .closes(1000),
        ])
        .await;
}

#[tokio::test]
async fn section_7_3_a_close_with_any_payload_that_is_allowed_is_answered_with_its_code() {
    Bench::start()
        .await
        .run([
            case("7.3.1").sends(Frame::new(CLOSE, "")).closes(1000),
            case("7.3.2").sends(Frame::new(CLOSE, "a")).closes(1002),
            case("7.3.3").sends(close(1000, "")).closes(1000),
            case("7.3.4").sends(close(1000, "Hello World!")).closes(1000),
            case("7.3.5").sends(close(1000, [b'*'; 123])).closes(1000),
            case("7.3.6").sends(close(1000, [b'*'; 124])).closes(1002),
        ])
        .await;
}

#[tokio::test]
async fn section_7_5_a_reason_that_is_no_utf_8_closes_with_1007() {
    let reason = [&b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"[..], b"\xed\xa0\x80", b"edited"].concat();
    Bench::start().await.run([case("7.5.1").sends(close(1000, reason)).closes(1007)]).await;
}

fn each_code(prefix: &'static str, codes: &[u16], answer: impl Fn(u16) -> u16) -> Vec<Case> {
    let numbered = (1..).zip(codes);
    numbered
        .flat_map(|(number, code)| {
            let id = format!("{prefix}.{number}, code {code}");
            [case(&id).sends(close(*code, "")), case(id).sends_chopped([close(*code, "with a reason")], 1)]
                .map(|case| case.answers_with(Answer::Close(answer(*code))))
        })
        .collect()
}

#[tokio::test]
async fn section_7_7_every_code_that_a_client_may_send_is_echoed() {
    let codes =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4100, 4200, 4999];
    Bench::start().await.run(each_code("7.7", &codes, |code| code)).await;
}

#[tokio::test]
async fn section_7_9_codes_that_nobody_may_send_are_answered_with_1002() {
    let codes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999];
    Bench::start().await.run(each_code("7.9", &codes, |_| 1002)).await;
}

#[tokio::test]
async fn section_7_13_codes_out_of_every_range_are_answered_with_1002() {
    Bench::start().await.run(each_code("7.13", &[5000, 65_535], |_| 1002)).await;
}
