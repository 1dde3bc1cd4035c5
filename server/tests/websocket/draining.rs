use server::hub::HubSettings;
use std::time::Duration;

use futures_util::StreamExt;

use crate::support::{KEY, TestServer, application};

#[tokio::test]
async fn err_6_draining_releases_all_with_4100_and_refuses_new_ones() {
    let server = TestServer::start().await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(server.subscribed(&["a"]).await);
    }
    let draining = {
        let hub = std::sync::Arc::clone(&server.hub);
        tokio::spawn(async move { hub.drain(Duration::from_millis(300)).await })
    };
    for mut client in clients {
        client.expect_error(4100, "Server is shutting down").await;
        client.expect_close(4100).await;
        // Reading on sends the answer to the close.
        while client.socket.next().await.is_some_and(|it| it.is_ok()) {}
    }
    draining.await.unwrap();
    assert_eq!(server.hub.connections(&application().id), 0);
    let mut late = server.open(KEY, "").await;
    late.expect_error(4100, "Over capacity").await;
    late.expect_close(4100).await;
}

#[tokio::test]
async fn a_node_without_room_refuses_politely() {
    let settings = HubSettings { max_connections: Some(1), ..HubSettings::default() };
    let server = TestServer::with(application(), settings).await;
    let mut first = server.connect().await;
    let mut second = server.open(KEY, "").await;
    second.expect_error(4100, "Over capacity").await;
    second.expect_close(4100).await;
    first.assert_silent().await;
}
