use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{KEY, TestServer};

/// The request for an upgrade.
fn upgrade(key: &str) -> Vec<u8> {
    let request = format!(
        "GET /app/{key} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    request.into_bytes()
}

/// A socket that is upgraded and has read the first frame.
async fn raw(server: &TestServer) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(&upgrade(KEY)).await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(br#"30}"}"#) {
        assert_ne!(socket.read_buf(&mut seen).await.unwrap(), 0);
    }
    socket
}

/// A client's frame, under a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    if let Ok(length @ 0..=125) = u8::try_from(payload.len()) {
        bytes.push(0x80 | length);
    } else {
        bytes.push(0xfe);
        bytes.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

/// Sends bytes; everything that comes until the server ends the connection.
async fn answer_to(server: &TestServer, bytes: &[u8]) -> Vec<u8> {
    let mut socket = raw(server).await;
    socket.write_all(bytes).await.unwrap();
    let mut seen = Vec::new();
    socket.read_to_end(&mut seen).await.unwrap();
    seen
}

#[tokio::test]
async fn frm_1_breaches_of_the_websocket_protocol_close_with_1002() {
    let server = TestServer::start().await;
    for bytes in [
        frame(0xc1, b"{}"),
        frame(0x83, b"{}"),
        frame(0x09, b""),
        frame(0x80, b"{}"),
        vec![0x81, 0x02, b'{', b'}'],
        frame(0x89, &[0; 126]),
        frame(0x88, &[1]),
    ] {
        let seen = answer_to(&server, &bytes).await;
        assert_eq!(seen[0], 0x88, "{bytes:?}");
        assert_eq!(seen[2..4], 1002_u16.to_be_bytes(), "{bytes:?}");
    }
}

#[tokio::test]
async fn frm_1_invalid_utf_8_closes_with_1007_before_the_frame_is_whole() {
    let server = TestServer::start().await;
    let mut begun = frame(0x81, &[0xff; 20]);
    begun.truncate(10);
    assert_eq!(answer_to(&server, &begun).await[2..4], 1007_u16.to_be_bytes());
}

#[tokio::test]
async fn frm_7_a_message_beyond_the_limit_closes_with_1009_and_the_reason() {
    let server = TestServer::start().await;
    let seen = answer_to(&server, &frame(0x81, &[b' '; 10_001])[..8]).await;
    assert_eq!(seen[2..4], 1009_u16.to_be_bytes());
    assert_eq!(&seen[4..], b"Maximum message size exceeded");
}

#[tokio::test]
async fn frm_1_fragments_and_binary_frames_are_taken() {
    let server = TestServer::start().await;
    let mut socket = raw(&server).await;
    let text = br#"{"event":"pusher:ping"}"#;
    let parts = [frame(0x01, &text[..5]), frame(0x89, b"x"), frame(0x80, &text[5..]), frame(0x82, text)].concat();
    for byte in parts {
        socket.write_all(&[byte]).await.unwrap();
    }
    let pong = [&[0x81, 23], &br#"{"event":"pusher:pong"}"#[..]].concat();
    let expected = [&[0x8a, 1, b'x'], &pong[..], &pong].concat();
    let mut seen = vec![0; expected.len()];
    socket.read_exact(&mut seen).await.unwrap();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn err_4_a_close_is_echoed_and_the_connection_ended() {
    let server = TestServer::start().await;
    assert_eq!(answer_to(&server, &frame(0x88, &1000_u16.to_be_bytes())).await, [0x88, 2, 0x03, 0xe8]);
    assert_eq!(answer_to(&server, &frame(0x88, &4123_u16.to_be_bytes())).await[2..4], 4123_u16.to_be_bytes());
    assert_eq!(answer_to(&server, &frame(0x88, b"")).await, [0x88, 2, 0x03, 0xe8]);
}

#[tokio::test]
async fn a_half_closed_client_still_gets_what_it_asked_for() {
    let server = TestServer::start().await;
    let mut socket = raw(&server).await;
    socket.write_all(&frame(0x81, br#"{"event":"pusher:ping"}"#)).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut seen = Vec::new();
    socket.read_to_end(&mut seen).await.unwrap();
    assert_eq!(&seen[2..], br#"{"event":"pusher:pong"}"#);
}

#[tokio::test]
async fn frm_5_what_cannot_be_understood_is_answered_and_the_connection_stays() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for text in [
        "Hi",
        "[]",
        "{}",
        r#"{"event":5,"channel":"a"}"#,
        r#"{"event":"pusher:nothing"}"#,
        r#"{"event":"pusher:subscribe"}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":["a"]}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"a","recover":"yes"}}"#,
        r#"{"event":"client-x"}"#,
    ] {
        client.send_text(text).await;
        client.expect_error(4200, "Invalid message format").await;
    }
    client.assert_silent().await;
}

#[tokio::test]
async fn frm_6_foreign_events_are_dropped_without_an_answer() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.send(json!({"event": "pusher_internal:member_added", "channel": "a", "data": "{}"})).await;
    client.send(json!({"event": "hello", "channel": "a"})).await;
    client.assert_silent().await;
}

#[tokio::test]
async fn liv_1_pings_of_both_kinds_are_answered() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for frame in
        [r#"{"event":"pusher:ping"}"#, r#"{"event":"pusher:ping","data":""}"#, r#"{"event":"pusher:ping","data":{}}"#]
    {
        client.send_text(frame).await;
        client.expect(r#"{"event":"pusher:pong"}"#).await;
    }
    client.socket.send(Message::Ping(b"payload".to_vec().into())).await.unwrap();
    assert_eq!(client.socket.next().await.unwrap().unwrap(), Message::Pong(b"payload".to_vec().into()));
}

#[tokio::test]
async fn a_burst_of_messages_is_answered_to_the_last_one() {
    const PINGS: usize = 10_500;
    let server = TestServer::start().await;
    let (mut reading, mut writing) = raw(&server).await.into_split();
    // More than one turn reads: the kernel tells of it once, and the client sends nothing more.
    let burst = frame(0x81, br#"{"event":"pusher:ping"}"#).repeat(PINGS);
    assert!(burst.len() > 300_000);
    let sent = tokio::spawn(async move {
        writing.write_all(&burst).await.unwrap();
        writing
    });
    let mut answers = vec![0; PINGS * (2 + br#"{"event":"pusher:pong"}"#.len())];
    let read = tokio::time::timeout(Duration::from_secs(20), reading.read_exact(&mut answers)).await;
    read.expect("the server has ceased to read").unwrap();
    assert!(answers.ends_with(br#"{"event":"pusher:pong"}"#));
    sent.await.unwrap();
}

#[tokio::test]
async fn err_5_a_refused_client_gets_one_close_frame_whatever_it_has_sent() {
    let server = TestServer::start().await;
    for sent in [frame(0x81, br#"{"event":"pusher:ping"}"#), frame(0x81, &vec![b' '; 20_000]), frame(0x83, b"")] {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let close = frame(0x88, &4001_u16.to_be_bytes());
        socket.write_all(&[upgrade("unknown"), sent, close].concat()).await.unwrap();
        let mut seen = Vec::new();
        socket.read_to_end(&mut seen).await.unwrap();
        let closes: Vec<_> = seen.windows(4).filter(|it| it[0] == 0x88 && it[1] < 126 && it[2] < 0x20).collect();
        assert_eq!(closes.len(), 1, "{}", String::from_utf8_lossy(&seen));
        assert_eq!(closes[0][2..], 4001_u16.to_be_bytes());
        assert!(seen.ends_with(b"Application does not exist"));
    }
}
