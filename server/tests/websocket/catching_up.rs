//! Clients that know nothing of recovery, and get what their user missed nevertheless.

use std::time::Duration;

use serde_json::json;
use server::application::{Application, KeptChannels};
use server::hub::HubSettings;

use crate::support::{TestClient, TestServer, application};

async fn server() -> TestServer {
    let kept_channels = KeptChannels { patterns: vec!["*".to_owned()], has_log: None };
    let catching_up = Application { kept_channels, catch_up: true, ..application() };
    let settings = HubSettings { shards: 2, confirm_pause: Duration::from_millis(1), ..HubSettings::default() };
    TestServer::with(catching_up, settings).await
}

async fn signed_in(server: &TestServer, id: &str) -> TestClient {
    let mut client = server.connect().await;
    client.sign_in(&json!({"id": id}).to_string()).await;
    assert_eq!(client.next().await["event"], "pusher:signin_success");
    client
}

/// Publishes an event and has the client get it; returns once the client's answer to the ping behind it is noted.
async fn publish_confirmed(server: &TestServer, client: &mut TestClient, channel: &str, data: &str) {
    server.publish(channel, "x", data).await;
    assert_eq!(client.next().await["data"], data);
    let before = server.hub.metrics().await.confirmed;
    while server.hub.metrics().await.confirmed == before {
        // Reading answers the ping.
        client.assert_silent().await;
    }
}

async fn gone(server: &TestServer, client: TestClient) {
    drop(client);
    server.until("the client is gone", |hub| hub.connections(&application().id) == 0).await;
}

#[tokio::test]
async fn a_signed_in_user_gets_what_it_missed_with_the_next_subscription() {
    let server = server().await;
    let mut client = signed_in(&server, "ada").await;
    assert_eq!(client.subscribe("private-a").await, json!({}));
    publish_confirmed(&server, &mut client, "private-a", "1").await;
    gone(&server, client).await;
    for data in ["2", "3"] {
        server.publish("private-a", "x", data).await;
    }
    let mut client = signed_in(&server, "ada").await;
    assert_eq!(client.subscribe("private-a").await, json!({}));
    for data in ["2", "3"] {
        assert_eq!(client.next().await["data"], data);
    }
    client.assert_silent().await;
    // Somebody else has missed nothing.
    let mut other = signed_in(&server, "ben").await;
    other.subscribe("private-a").await;
    other.assert_silent().await;
}

#[tokio::test]
async fn what_was_never_confirmed_is_told_again() {
    let server = server().await;
    let mut client = signed_in(&server, "ada").await;
    client.subscribe("private-a").await;
    server.publish("private-a", "x", "1").await;
    // Nothing is read, so nothing is answered.
    gone(&server, client).await;
    let mut client = signed_in(&server, "ada").await;
    client.subscribe("private-a").await;
    assert_eq!(client.next().await["data"], "1");
    client.assert_silent().await;
}

#[tokio::test]
async fn a_member_of_a_presence_channel_catches_up_without_signing_in() {
    let server = server().await;
    let mut client = server.connect().await;
    client.join("presence-a", r#"{"user_id":7}"#).await;
    publish_confirmed(&server, &mut client, "presence-a", "1").await;
    gone(&server, client).await;
    server.publish("presence-a", "x", "2").await;
    let mut client = server.connect().await;
    let answer = client.join("presence-a", r#"{"user_id":7}"#).await;
    assert_eq!(answer, json!({"presence": {"count": 1, "ids": [7], "hash": {"7": null}}}));
    assert_eq!(client.next().await["data"], "2");
    client.assert_silent().await;
}

#[tokio::test]
async fn who_signs_in_after_subscribing_catches_up_then() {
    let server = server().await;
    let mut client = signed_in(&server, "ada").await;
    client.subscribe("news").await;
    publish_confirmed(&server, &mut client, "news", "1").await;
    gone(&server, client).await;
    server.publish("news", "x", "2").await;
    // As pusher-js does: public channels at once, the sign-in when the application has signed it.
    let mut client = server.connect().await;
    client.subscribe("news").await;
    client.assert_silent().await;
    client.sign_in(r#"{"id":"ada"}"#).await;
    assert_eq!(client.next().await["event"], "pusher:signin_success");
    assert_eq!(client.next().await["data"], "2");
    client.assert_silent().await;
}

#[tokio::test]
async fn strangers_and_those_who_left_on_purpose_get_nothing() {
    let server = server().await;
    let mut client = signed_in(&server, "ada").await;
    client.subscribe("news").await;
    publish_confirmed(&server, &mut client, "news", "1").await;
    client.unsubscribe("news").await;
    client.assert_silent().await;
    server.publish("news", "x", "2").await;
    client.subscribe("news").await;
    client.assert_silent().await;
    let mut stranger = server.connect().await;
    stranger.subscribe("news").await;
    stranger.assert_silent().await;
}
