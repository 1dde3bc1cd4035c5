use crate::case::{Bench, case};
use crate::frame::{Frame, ping, pong};

const NO_TEXT: [u8; 8] = [0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff];

fn ten_pings() -> impl Iterator<Item = Frame> {
    (0..10).map(|number| ping(format!("payload-{number}")))
}

#[tokio::test]
async fn section_2_pings_are_answered_with_their_payload_and_pongs_are_not() {
    let mut ten = [case("2.10").sends_at_once(ten_pings()), case("2.11").sends_chopped(ten_pings(), 1)];
    for number in 0..10 {
        ten = ten.map(|it| it.pongs(format!("payload-{number}")));
    }
    let mut bench = Bench::start().await;
    bench
        .run([
            case("2.1").sends(ping("")).pongs(""),
            case("2.2").sends(ping("Hello, world!")).pongs("Hello, world!"),
            case("2.3").sends(ping(NO_TEXT)).pongs(NO_TEXT),
            case("2.4").sends(ping([0xfe; 125])).pongs([0xfe; 125]),
            case("2.5").sends(ping([0xfe; 126])).closes(1002),
            case("2.6").sends_chopped([ping([0xfe; 125])], 1).pongs([0xfe; 125]),
            case("2.7").sends(pong("")),
            case("2.8").sends(pong("unsolicited pong payload")),
            case("2.9").sends(pong("unsolicited pong payload")).sends(ping("ping payload")).pongs("ping payload"),
        ])
        .await;
    bench.run(ten).await;
}
