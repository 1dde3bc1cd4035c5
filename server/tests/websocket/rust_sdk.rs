//! The `pusher` crate: a server SDK in Rust that shares no code with this server.

use std::collections::HashMap;

use pusher::{Pusher, PusherBuilder};
use serde_json::{Value, json};

use crate::support::{KEY, SECRET, TestServer};

/// The client that the SDK makes by itself.
macro_rules! sdk {
    ($server:expr) => {
        sdk!($server, SECRET)
    };
    ($server:expr, $secret:expr) => {{
        let pusher: Pusher<_> =
            PusherBuilder::new("123456", KEY, $secret).host(&$server.address.to_string()).finalize();
        pusher
    }};
}

#[tokio::test]
async fn evt_1_what_it_triggers_arrives_and_its_exclusions_hold() {
    let server = TestServer::start().await;
    let sdk = sdk!(server);
    let (mut author, mut reader) = (server.subscribed(&["a", "b"]).await, server.subscribed(&["a", "b"]).await);
    sdk.trigger("a", "shipped", &json!({"name": "Zoë"})).await.unwrap();
    for client in [&mut author, &mut reader] {
        client.expect(r#"{"event":"shipped","data":"{\"name\":\"Zoë\"}","channel":"a"}"#).await;
    }
    sdk.trigger_multi_exclusive(&["a", "b"], "both", 5, &author.socket_id).await.unwrap();
    for channel in ["a", "b"] {
        reader.expect(&format!(r#"{{"event":"both","data":"5","channel":"{channel}"}}"#)).await;
    }
    author.assert_silent().await;
}

#[tokio::test]
async fn api_17_api_18_api_20_what_it_asks_is_answered_in_the_types_that_it_reads() {
    let server = TestServer::start().await;
    let sdk = sdk!(server);
    assert!(sdk.channels().await.unwrap().channels.is_empty());
    let mut member = server.subscribed(&["public"]).await;
    member.join("presence-room", r#"{"user_id":"ada"}"#).await;
    let parameters = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let list = sdk
        .channels_with_options(parameters(&[("filter_by_prefix", "presence-"), ("info", "user_count")]))
        .await
        .unwrap();
    assert_eq!(list.channels.len(), 1);
    assert_eq!(list.channels["presence-room"].user_count, Some(1));
    let channel =
        sdk.channel_with_options("public", parameters(&[("info", "user_count,subscription_count")])).await.unwrap();
    assert_eq!((channel.occupied, channel.subscription_count, channel.user_count), (Some(true), Some(1), None));
    let users = sdk.channel_users("presence-room").await.unwrap().users;
    assert_eq!(users.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["ada"]);
}

#[tokio::test]
async fn sub_2_its_signatures_open_private_and_presence_channels() {
    let server = TestServer::start().await;
    let sdk = sdk!(server);
    let mut client = server.connect().await;
    let private = sdk.authenticate_private_channel("private-a", &client.socket_id).unwrap();
    let private: Value = serde_json::from_str(&private).unwrap();
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "private-a", "auth": private["auth"]}})).await;
    client.succeeded("private-a").await;
    let member = pusher::Member { user_id: "ada", user_info: Some(HashMap::from([("name", "Ada")])) };
    let presence = sdk.authenticate_presence_channel("presence-a", &client.socket_id, &member).unwrap();
    let mut data: Value = serde_json::from_str(&presence).unwrap();
    data["channel"] = json!("presence-a");
    client.send(json!({"event": "pusher:subscribe", "data": data})).await;
    let answer = client.succeeded("presence-a").await;
    assert_eq!(answer, json!({"presence": {"count": 1, "ids": ["ada"], "hash": {"ada": {"name": "Ada"}}}}));
}

#[tokio::test]
async fn api_8_a_wrong_secret_is_an_error() {
    let server = TestServer::start().await;
    assert!(sdk!(server, "wrong").trigger("a", "b", "c").await.is_err());
}
