use std::time::Duration;

use server::hub::HubSettings;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{TestClient, TestServer, application};

const QUEUE_BYTES: usize = 256 * 1024;

async fn server() -> TestServer {
    let settings = HubSettings { shards: 1, max_queue_bytes: QUEUE_BYTES, ..HubSettings::default() };
    TestServer::with(application(), settings).await
}

/// Publishes numbered events of 8 KiB and has `reader` read each, until a slow reader was closed.
async fn publish_until_slow(server: &TestServer, reader: &mut TestClient) -> usize {
    let mut number = 0;
    while server.hub.metrics().await.slow_closes == 0 {
        server.hub.broadcast(&crate::support::publication("a", &format!("{number:08192}")));
        reader.next_text().await;
        number += 1;
        assert!(number < 20_000, "the slow reader was never closed");
        let queued = server.hub.metrics().await.queue_bytes;
        assert!(queued < QUEUE_BYTES * 2, "{queued} bytes wait");
    }
    number
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_closed_with_4100_and_harms_nobody() {
    let server = server().await;
    let (mut slow, mut reader) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    let published = publish_until_slow(&server, &mut reader).await;
    // What it got is a gapless beginning; then it is told why, if it reads in time.
    for number in 0..published {
        match slow.next_message().await {
            Message::Text(text) if text.contains("pusher:error") => {
                assert!(text.contains("4100"), "{text}");
                slow.expect_close(4100).await;
                break;
            }
            Message::Text(text) => assert!(text.contains(&format!("\"{number:08192}\"")), "event {number} is missing"),
            other => panic!("unexpected {other:?}"),
        }
    }
    reader.assert_silent().await;
    server.until("its place is free", |hub| hub.connections(&application().id) == 1).await;
}

#[tokio::test]
async fn a_reader_that_never_reads_is_dropped_within_the_bound() {
    let server = server().await;
    let (_slow, mut reader) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    publish_until_slow(&server, &mut reader).await;
    let closed_at = std::time::Instant::now();
    server.until("it is dropped", |hub| hub.connections(&application().id) == 1).await;
    assert!(closed_at.elapsed() < Duration::from_secs(2));
    assert_eq!(server.hub.metrics().await.queue_bytes, 0);
}

#[tokio::test]
async fn a_burst_larger_than_the_bound_closes_nobody_whose_socket_takes_it() {
    let server = server().await;
    let mut readers = [server.subscribed(&["a"]).await, server.subscribed(&["a"]).await];
    let burst: Vec<_> = (0..150).map(|it| crate::support::publication("a", &format!("{it:08192}"))).collect();
    assert!(burst.len() * 8_192 > 4 * QUEUE_BYTES);
    server.hub.broadcast_all(&burst);
    for reader in &mut readers {
        for number in 0..burst.len() {
            let event = reader.next().await;
            assert_eq!(event["data"], format!("{number:08192}"));
        }
        reader.assert_silent().await;
    }
    assert_eq!(server.hub.metrics().await.slow_closes, 0);
}
