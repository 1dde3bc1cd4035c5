use futures_util::SinkExt;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::TestServer;

/// JSON of any shape, at most a few levels deep.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|it| json!(it)),
        any::<i64>().prop_map(|it| json!(it)),
        any::<f64>().prop_map(|it| json!(it)),
        ".{0,20}".prop_map(|it| json!(it)),
        Just(json!("{\"channel\":5}")),
        Just(json!("presence-a")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|it| json!(it)),
            proptest::collection::hash_map("(channel|auth|channel_data|recover|user_data|epoch|offset)", inner, 0..4)
                .prop_map(|it| json!(it)),
        ]
    })
}

fn any_frame() -> impl Strategy<Value = serde_json::Value> {
    let event = "(pusher:(subscribe|unsubscribe|signin|ping|pong|x)|client-a|pusher_internal:x|)";
    (event, any_json(), any_json())
        .prop_map(|(event, data, channel)| json!({"event": event, "data": data, "channel": channel}))
}

#[tokio::test]
async fn frm_8_no_json_stops_the_server_or_anybody_else() {
    let server = TestServer::start().await;
    let mut bystander = server.subscribed(&["a"]).await;
    let mut runner = TestRunner::new(Config::default());
    let mut client = server.connect().await;
    for _ in 0..600 {
        let frame = any_frame().new_tree(&mut runner).unwrap().current();
        client.send_text(&frame.to_string()).await;
    }
    // It still answers: what the frames caused comes first, then the pong.
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "the-end"}})).await;
    while client.next().await["channel"] != "the-end" {}
    bystander.assert_silent().await;
}

#[tokio::test]
async fn frm_8_no_bytes_stop_the_server_or_anybody_else() {
    let server = TestServer::start().await;
    let mut bystander = server.subscribed(&["a"]).await;
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..100 {
        let bytes = proptest::collection::vec(any::<u8>(), 1..200).new_tree(&mut runner).unwrap().current();
        let client = server.connect().await;
        let MaybeTlsStream::Plain(mut socket) = client.socket.into_inner() else { panic!("no plain socket") };
        socket.write_all(&bytes).await.unwrap();
    }
    server.publish("a", "alive", "1").await;
    bystander.expect(r#"{"event":"alive","data":"1","channel":"a"}"#).await;
}

#[tokio::test]
async fn frm_8_deep_nesting_and_odd_characters_are_survived() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for text in [
        "[".repeat(9_000),
        "{\"a\":".repeat(1_800),
        format!(r#"{{"event":"client-x","channel":"a","data":{}1{}}}"#, "[".repeat(4_000), "]".repeat(4_000)),
        r#"{"event":"\ud800","channel":"a"}"#.to_owned(),
    ] {
        client.send_text(&text).await;
        client.expect_error(4200, "Invalid message format").await;
    }
    client.send_text("{\"event\":\"\\u0000\",\"channel\":\"\\u0000\",\"data\":1e999999}").await;
    client.socket.send(Message::binary(vec![0xff, 0xfe])).await.unwrap();
    client.expect_error(4200, "Invalid message format").await;
    client.assert_silent().await;
}
