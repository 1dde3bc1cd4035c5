//! Frames that are in order and hold what is not.

use serde_json::{Value, json};

use crate::corpus::{Dice, lines, printed, rounds};
use crate::frame::{CHANNEL, RawSocket, binary, text};
use crate::support::TestServer;

/// As many messages at a time as are sent before the answers are read.
const BATCH: usize = 20;

/// Sends messages and reads what they cause, up to an answer that only the last one has.
async fn survive(socket: &mut RawSocket, messages: &[Vec<u8>], number: usize) {
    for message in messages {
        let frame = if std::str::from_utf8(message).is_ok() { text(message) } else { binary(message) };
        socket.write(&frame.bytes()).await;
    }
    let marker = format!("marker-{number}");
    socket.write(&text(json!({"event": "pusher:subscribe", "data": {"channel": marker}}).to_string()).bytes()).await;
    loop {
        let shown = || messages.iter().map(|it| printed(it)).collect::<Vec<_>>().join("\n");
        let Some((opcode, payload)) = socket.next().await else {
            panic!("the connection ended after one of\n{}", shown())
        };
        assert_eq!(opcode, crate::frame::TEXT, "after one of\n{}", shown());
        let frame: Value = serde_json::from_slice(&payload).unwrap();
        assert!(frame["event"].as_str().is_some_and(|it| !it.is_empty()), "FRM-2 {frame} after one of\n{}", shown());
        if frame["channel"] == *marker {
            break;
        }
    }
    socket.write(&text(json!({"event": "pusher:unsubscribe", "data": {"channel": marker}}).to_string()).bytes()).await;
}

#[tokio::test]
async fn frm_8_no_message_stops_the_server_or_ends_the_connection() {
    let server = TestServer::start().await;
    let mut bystander = RawSocket::open(&server).await;
    let corpus = lines("messages.txt");
    let mut dice = Dice::new();
    let mut inputs = corpus.clone();
    // Larger ones are another rule's: FRM-7 closes them.
    inputs.extend((0..rounds(2_000)).map(|_| dice.broken(&corpus)).filter(|it| it.len() <= 10_000));
    let mut socket = RawSocket::open(&server).await;
    for (number, messages) in inputs.chunks(BATCH).enumerate() {
        survive(&mut socket, messages, number).await;
    }
    let alive = json!({"event": "client-alive", "channel": CHANNEL, "data": "yes"}).to_string();
    bystander.write(&text(json!({"event": "pusher:ping"}).to_string()).bytes()).await;
    while bystander.next_text().await != r#"{"event":"pusher:pong"}"# {}
    // The sender may have left the channel by one of its own messages.
    let mut other = RawSocket::open(&server).await;
    other.write(&text(alive).bytes()).await;
    while !bystander.next_text().await.contains("client-alive") {}
}

/// JSON of this many arrays in one another.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[tokio::test]
async fn frm_8_nesting_of_64_passes_and_of_65_is_no_message() {
    let server = TestServer::start().await;
    let mut sender = server.subscribed(&["deep"]).await;
    let mut reader = server.subscribed(&["deep"]).await;
    let event = |depth: usize| format!(r#"{{"event":"client-deep","channel":"deep","data":{}}}"#, nested(depth));
    // The frame itself is the first level.
    sender.send_text(&event(63)).await;
    reader.expect(&format!(r#"{{"event":"client-deep","channel":"deep","data":{}}}"#, nested(63))).await;
    sender.send_text(&event(64)).await;
    sender.expect_error(4200, "Invalid message format").await;
    reader.assert_silent().await;
}

#[tokio::test]
async fn cle_3_numbers_of_any_size_and_nul_pass_as_they_are() {
    let server = TestServer::start().await;
    let mut sender = server.subscribed(&["numbers"]).await;
    let mut reader = server.subscribed(&["numbers"]).await;
    for data in ["1e999999", "-1e-999999", "123456789012345678901234567890", "9007199254740993", "-0.0", r#""\u0000""#]
    {
        let event = format!(r#"{{"event":"client-number","channel":"numbers","data":{data}}}"#);
        sender.send_text(&event).await;
        reader.expect(&event).await;
    }
}
