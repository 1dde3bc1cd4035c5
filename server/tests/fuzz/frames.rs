//! Bytes in place of frames.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::corpus::{Dice, hex_lines, rounds};
use crate::frame::{CLOSE, RawSocket, text};
use crate::support::{TestServer, application};

/// Sends the bytes, says that there is no more, and reads all that comes until the server has ended the connection.
/// The reader of the answers fails on a frame that is malformed.
async fn end_with(server: &TestServer, bytes: &[u8]) {
    let mut socket = RawSocket::open(server).await;
    // The server may have ended the connection before it has read everything.
    let _refused = socket.stream.write_all(bytes).await;
    let _refused = socket.stream.shutdown().await;
    let mut is_closed = false;
    while let Some((opcode, payload)) = socket.next().await {
        assert!(!is_closed, "a frame after the close frame");
        if opcode == CLOSE {
            is_closed = true;
            let code = u16::from_be_bytes([payload[0], payload[1]]);
            assert!(matches!(code, 1000..=1014 | 3000..=4999), "closed with {code}");
        }
    }
}

#[tokio::test]
async fn frm_8_no_bytes_on_a_socket_stop_the_server_or_anybody_else() {
    let server = TestServer::start().await;
    let mut bystander = RawSocket::open(&server).await;
    let corpus = hex_lines("frames.hex");
    let mut dice = Dice::new();
    let broken: Vec<_> = (0..rounds(400)).map(|_| dice.broken(&corpus)).collect();
    for input in corpus.iter().chain(&broken) {
        let outcome = tokio::time::timeout(Duration::from_secs(20), end_with(&server, input)).await;
        assert!(outcome.is_ok(), "the connection does not end after hex {}", hex::encode(input));
        bystander.write(&text(r#"{"event":"pusher:ping"}"#).bytes()).await;
        // Some of the corpus are client events, which the bystander hears like everybody on the channel.
        while bystander.next_text().await != r#"{"event":"pusher:pong"}"# {}
    }
    server.until("all places are free", |hub| hub.connections(&application().id) == 1).await;
}
