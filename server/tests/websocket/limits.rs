use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use server::application::{Application, ClientEventPolicy, Limits, RateLimit};
use server::hub::HubSettings;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{KEY, TestServer, application};

fn limited(limits: Limits) -> Application {
    Application { limits, ..application() }
}

fn client_event(number: u32) -> Value {
    json!({"event": "client-x", "channel": "a", "data": number})
}

fn subscribe(channel: &str) -> Value {
    json!({"event": "pusher:subscribe", "data": {"channel": channel}})
}

async fn limited_count(server: &TestServer, limit: &str) -> u64 {
    server.hub.metrics().await.limited[limit]
}

#[tokio::test]
async fn cle_5_client_events_beyond_a_second_s_allowance_are_told_and_dropped() {
    let limits = Limits { client_events_per_second: NonZeroU32::new(2), ..Limits::default() };
    let server = TestServer::with_application(limited(limits)).await;
    let (mut sender, mut other) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    sender.send_together(&[client_event(1), client_event(2), client_event(3)]).await;
    sender.expect_error(4301, "More client events in a second than may be.").await;
    for number in 1..=2 {
        assert_eq!(other.next().await["data"], number);
    }
    other.assert_silent().await;
    assert_eq!(limited_count(&server, "client_events").await, 1);
}

#[tokio::test]
async fn cle_5_data_and_names_beyond_the_settings_are_told_and_dropped() {
    let limits = Limits { max_client_event_data_bytes: 10, max_event_name_chars: 12, ..Limits::default() };
    let server = TestServer::with_application(limited(limits)).await;
    let (mut sender, mut other) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    sender.send(json!({"event": "client-x", "channel": "a", "data": "123456789"})).await;
    sender.expect_error(4301, "The event data is larger than 10 bytes.").await;
    sender.send(json!({"event": "client-long-name", "channel": "a"})).await;
    sender.expect_error(4301, "The event name is longer than 12 characters.").await;
    other.assert_silent().await;
}

#[tokio::test]
async fn one_connection_cannot_use_up_the_client_events_of_all() {
    let limits = Limits { total_client_events_per_second: NonZeroU32::new(20), ..Limits::default() };
    let server = TestServer::with_application(limited(limits)).await;
    let (mut greedy, mut modest) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    greedy.send_together(&(1..=50).map(client_event).collect::<Vec<_>>()).await;
    let mut refused = 0;
    while refused < 48 {
        greedy.expect_error(4301, "More client events in a second than may be.").await;
        refused += 1;
    }
    greedy.assert_silent().await;
    modest.send(client_event(51)).await;
    assert_eq!(greedy.next().await["data"], 51);
}

#[tokio::test]
async fn sub_9_subscriptions_beyond_a_second_s_allowance_are_refused_and_the_connection_stays() {
    let limits = Limits { subscribes_per_second: NonZeroU32::new(1), ..Limits::default() };
    let server = TestServer::with_application(limited(limits)).await;
    let mut client = server.connect().await;
    client.send_together(&[subscribe("a"), subscribe("b")]).await;
    client.succeeded("a").await;
    client.expect_subscription_error("b", "LimitReached", 4301).await;
    client.assert_silent().await;
    assert_eq!(limited_count(&server, "subscribes").await, 1);
}

#[tokio::test]
async fn chn_3_a_name_beyond_the_setting_is_a_bad_name() {
    let server = TestServer::with_application(limited(Limits { max_channel_name_chars: 5, ..Limits::default() })).await;
    let mut client = server.subscribed(&["abcde"]).await;
    client.send(subscribe("abcdef")).await;
    client.expect_subscription_error("abcdef", "InvalidChannelName", 4009).await;
    let body = json!({"name": "x", "data": "1", "channel": "abcdef"}).to_string();
    assert_eq!(server.api("POST", "/events", &[], &body).await.0, 400);
}

#[tokio::test]
async fn pre_9_a_member_s_id_has_a_bounded_length() {
    let server =
        TestServer::with_application(limited(Limits { max_member_id_chars: Some(2), ..Limits::default() })).await;
    let mut client = server.connect().await;
    client.send_join("presence-a", r#"{"user_id":123}"#).await;
    client.expect_subscription_error("presence-a", "LimitReached", 4301).await;
    client.join("presence-a", r#"{"user_id":12}"#).await;
}

#[tokio::test]
async fn usr_3_an_id_beyond_the_setting_cannot_sign_in() {
    let server = TestServer::with_application(limited(Limits { max_user_id_chars: 3, ..Limits::default() })).await;
    let mut client = server.connect().await;
    client.sign_in(r#"{"id":"1234"}"#).await;
    client.expect_error(4009, "Connection is unauthorized").await;
    client.sign_in(r#"{"id":"123"}"#).await;
    assert_eq!(client.next().await["event"], "pusher:signin_success");
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_connections_and_gives_them_back() {
    let server =
        TestServer::with_application(limited(Limits { max_connections_per_user: Some(1), ..Limits::default() })).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.sign_in(r#"{"id":"ada"}"#).await;
    first.next().await;
    first.join("presence-a", r#"{"user_id":"ada"}"#).await;
    second.sign_in(r#"{"id":"ada"}"#).await;
    second.expect_error(4301, "The user has as many connections as it may have.").await;
    second.send_join("presence-a", r#"{"user_id":"ada"}"#).await;
    second.expect_subscription_error("presence-a", "LimitReached", 4301).await;
    second.join("presence-a", r#"{"user_id":"ben"}"#).await;
    assert_eq!(limited_count(&server, "connections_per_user").await, 2);
    drop(first);
    server.until("the first is gone", |hub| hub.connections(&application().id) == 1).await;
    second.sign_in(r#"{"id":"ada"}"#).await;
    while second.next().await["event"] != "pusher:signin_success" {}
}

#[tokio::test]
async fn an_address_has_a_bounded_number_of_connections_and_the_others_have_theirs() {
    let limits = Limits { max_connections_per_address: Some(1), ..Limits::default() };
    let server = TestServer::with_application(limited(limits)).await;
    let _first = server.connect().await;
    let mut second = server.open(KEY, "").await;
    second.expect_error(4100, "Too many connections from this address").await;
    second.expect_close(4100).await;
    let elsewhere = Ipv4Addr::new(192, 0, 2, 1).into();
    let application = server.hub.applications().by_key(KEY).cloned().unwrap();
    assert!(server.hub.admit(Arc::clone(&application), elsewhere).is_ok());
    assert_eq!(limited_count(&server, "connections_per_address").await, 1);
}

#[tokio::test]
async fn con_6_a_flood_of_refused_sockets_leaves_room_for_the_others() {
    let settings =
        HubSettings { shards: 1, max_connections: Some(2), max_refused_connections: 3, ..HubSettings::default() };
    let server = TestServer::with(application(), settings).await;
    let mut flood = Vec::new();
    for _ in 0..12 {
        let mut refused = server.open("unknown", "").await;
        refused.expect_error(4001, "Application does not exist").await;
        flood.push(refused);
    }
    // None of them has answered its close, and still both places are free.
    let (mut one, mut other) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    one.assert_silent().await;
    other.assert_silent().await;
    assert_eq!(limited_count(&server, "refused_connections").await, 9);
    assert_eq!(server.hub.metrics().await.refused, 3);
    for mut refused in flood {
        refused.expect_close(4001).await;
    }
}

#[tokio::test]
async fn lim_2_binary_messages_count_too() {
    let limit = RateLimit { max_attempts: 1, decay: std::time::Duration::from_mins(1), terminate: false };
    let server = TestServer::with_application(Application { rate_limit: Some(limit), ..application() }).await;
    let mut client = server.connect().await;
    client.socket.send(Message::binary(vec![0xff])).await.unwrap();
    client.expect_error(4200, "Invalid message format").await;
    client.socket.send(Message::binary(vec![0xff])).await.unwrap();
    client.expect_error(4301, "Rate limit exceeded").await;
    assert_eq!(limited_count(&server, "messages").await, 1);
    client.socket.send(Message::Ping(Vec::new().into())).await.unwrap();
    assert!(matches!(client.socket.next().await, Some(Ok(Message::Pong(_)))), "control frames do not count");
}

#[tokio::test]
async fn lim_3_a_ping_counts_as_any_message_does() {
    let limit = RateLimit { max_attempts: 5, decay: std::time::Duration::from_mins(1), terminate: false };
    let server = TestServer::with_application(Application { rate_limit: Some(limit), ..application() }).await;
    let mut client = server.connect().await;
    for _ in 0..5 {
        client.assert_silent().await;
    }
    client.send(json!({"event": "pusher:ping", "data": {}})).await;
    client.expect_error(4301, "Rate limit exceeded").await;
}

#[tokio::test]
async fn api_1_publishing_beyond_a_second_s_allowance_is_answered_with_429() {
    let limits = Limits { publishes_per_second: NonZeroU32::new(2), ..Limits::default() };
    let server = TestServer::with_application(limited(limits)).await;
    let mut client = server.subscribed(&["a"]).await;
    let batch = |events: usize| {
        let batch: Vec<_> = (0..events).map(|_| json!({"name": "x", "data": "1", "channel": "a"})).collect();
        json!({"batch": batch}).to_string()
    };
    // What comes together passes together; the next waits until that is paid for, which takes five seconds.
    assert_eq!(server.api("POST", "/batch_events", &[], &batch(10)).await.0, 200);
    for path in ["/batch_events", "/events"] {
        let body =
            if path == "/events" { json!({"name": "x", "data": "1", "channel": "a"}).to_string() } else { batch(1) };
        let (status, text) = server.api("POST", path, &[], &body).await;
        assert_eq!((status, text), (429, json!("The application publishes more events in a second than it may.")));
    }
    for _ in 0..10 {
        client.next().await;
    }
    client.assert_silent().await;
    assert_eq!(limited_count(&server, "publishes").await, 2);
}

#[tokio::test]
async fn api_12_a_batch_and_a_publish_are_as_large_as_the_settings_say() {
    let limits = Limits { max_events_per_batch: 1, max_channels_per_event: 1, ..Limits::default() };
    let server = TestServer::with_application(limited(limits)).await;
    let event = json!({"name": "x", "data": "1", "channel": "a"});
    let answer = server.api("POST", "/batch_events", &[], &json!({"batch": [event, event]}).to_string()).await;
    assert_eq!(answer, (400, json!("Batch too large (2 > 1)")));
    let event = json!({"name": "x", "data": "1", "channels": ["a", "b"]}).to_string();
    assert_eq!(
        server.api("POST", "/events", &[], &event).await,
        (400, json!("Cannot trigger on more than 1 channels"))
    );
}

#[tokio::test]
async fn usr_6_client_events_do_not_exist_on_a_user_s_channel() {
    let open = Application { accept_client_events_from: ClientEventPolicy::All, ..application() };
    let server = TestServer::with_application(open).await;
    let (mut ada, mut other) = (server.connect().await, server.connect().await);
    ada.sign_in(r#"{"id":"ada"}"#).await;
    ada.next().await;
    other.send(json!({"event": "client-x", "channel": "#server-to-user-ada", "data": {}})).await;
    other.assert_silent().await;
    ada.assert_silent().await;
    let path = "/channels/%23server-to-user-ada";
    let answer = server.api("GET", path, &[("info", "subscription_count,user_count,cache")], "").await;
    assert_eq!(answer, (200, json!({"occupied": true})));
}
