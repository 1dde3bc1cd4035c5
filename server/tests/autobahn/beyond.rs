//! What a client library never does, so that no case of Autobahn has it: frames without a mask, and sockets that end.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use crate::case::{Bench, case};
use crate::frame::{Frame, RawSocket, TEXT, close, echo, echo_raw, ping, text};
use crate::support::application;

#[tokio::test]
async fn unmasked_frames_close_with_1002() {
    Bench::start()
        .await
        .run([
            case("unmasked text").sends(text(echo("unheard")).unmasked()).closes(1002),
            case("unmasked ping").sends(ping("").unmasked()).closes(1002),
            case("unmasked close").sends(close(1000, "").unmasked()).closes(1002),
            case("unmasked after masked")
                .sends_at_once([text(echo("heard")), ping("").unmasked()])
                .echoes("heard")
                .closes(1002),
            case("unmasked, two bytes of it").sends_bytes(vec![0x81, 0x05]).closes(1002),
        ])
        .await;
}

/// Everything that comes until the server ends the connection.
async fn rest(mut socket: RawSocket) -> Vec<u8> {
    let mut seen = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(20), socket.stream.read_to_end(&mut seen)).await;
    end.expect("the server did not end the connection").unwrap();
    seen
}

#[tokio::test]
async fn a_socket_that_is_half_closed_at_any_byte_is_ended_and_its_place_is_free() {
    let bench = Bench::start().await;
    let mut bytes = ping("a").bytes();
    bytes.extend(text(echo_raw("κόσμε".as_bytes())).unfinished().bytes());
    for cut in 0..=bytes.len() {
        let mut socket = RawSocket::open(&bench.server).await;
        socket.write(&bytes[..cut]).await;
        socket.stream.shutdown().await.unwrap();
        let pong = [0x8a, 1, b'a'];
        let expected: &[u8] = if cut < ping("a").bytes().len() { &[] } else { &pong };
        assert_eq!(rest(socket).await, expected, "half-closed after {cut} bytes");
    }
    bench.server.until("all places are free", |hub| hub.connections(&application().id) == 1).await;
}

#[tokio::test]
async fn a_socket_that_is_half_closed_after_its_close_frame_still_gets_the_answer() {
    let bench = Bench::start().await;
    let mut socket = RawSocket::open(&bench.server).await;
    socket.write(&close(4999, "bye").bytes()).await;
    socket.stream.shutdown().await.unwrap();
    assert_eq!(rest(socket).await, [0x88, 2, 0x13, 0x87]);
}

#[tokio::test]
async fn a_socket_that_is_reset_in_the_middle_of_anything_frees_its_place() {
    let bench = Bench::start().await;
    let whole = [text(echo("heard by nobody in particular")).unfinished().bytes(), ping("x").bytes()].concat();
    for cut in 0..whole.len() {
        let mut socket = RawSocket::open(&bench.server).await;
        socket.write(&whole[..cut]).await;
        socket.stream.set_zero_linger().unwrap();
    }
    bench.server.until("all places are free", |hub| hub.connections(&application().id) == 1).await;
}

#[tokio::test]
async fn a_client_that_talks_on_after_it_was_closed_is_dropped_in_time() {
    let bench = Bench::start().await;
    let mut socket = RawSocket::open(&bench.server).await;
    socket.write(&Frame::new(0x3, "").bytes()).await;
    assert_eq!(socket.next().await.map(|it| it.0), Some(crate::frame::CLOSE));
    // Written until TCP refuses it: 5 s are the most that the server waits for a client's end.
    let flood = async { while socket.stream.write_all(&Frame::new(TEXT, [b'*'; 1_000]).bytes()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), flood).await.expect("the server reads on");
    bench.server.until("its place is free", |hub| hub.connections(&application().id) == 1).await;
}
