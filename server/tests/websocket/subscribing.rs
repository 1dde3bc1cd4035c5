use std::time::Duration;

use serde_json::json;
use server::application::{Application, RateLimit};
use server::hub::HubSettings;

use crate::support::{KEY, TestServer, application};

#[tokio::test]
async fn sub_6_a_public_channel_needs_no_signature() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for data in [json!({"channel": "orders"}), json!({"channel": "orders", "auth": "", "channel_data": "[]"})] {
        client.send(json!({"event": "pusher:subscribe", "data": data})).await;
        client.expect(r#"{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"orders"}"#).await;
    }
}

#[tokio::test]
async fn sub_8_a_failed_signature_is_told_twice_and_nothing_else_changes() {
    let server = TestServer::start().await;
    let mut client = server.subscribed(&["orders"]).await;
    for auth in [json!(null), json!("reverb-key:0123"), json!("")] {
        let data = json!({"channel": "private-orders.7", "auth": auth});
        client.send(json!({"event": "pusher:subscribe", "data": data})).await;
        client.expect_error(4009, "Connection is unauthorized").await;
        client
            .expect(
                r#"{"event":"pusher:subscription_error","data":"{\"type\":\"AuthError\",\"error\":\"The connection is unauthorized.\",\"status\":401}","channel":"private-orders.7"}"#,
            )
            .await;
    }
    server.publish("private-orders.7", "secret", "1").await;
    server.publish("orders", "open", "1").await;
    client.expect(r#"{"event":"open","data":"1","channel":"orders"}"#).await;
}

#[tokio::test]
async fn sub_2_only_the_signature_counts_not_the_key_before_it() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for channel in ["private-a", "private-encrypted-a", "private-encrypted-a.b"] {
        client.subscribe(channel).await;
    }
    let auth = client.auth("private-b", None).replace(KEY, "another-key");
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "private-b", "auth": auth}})).await;
    client.succeeded("private-b").await;
}

#[tokio::test]
async fn sub_3_channel_data_is_signed_on_private_channels_too() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let channel_data = r#"{"a":"Zoë \/"}"#;
    let auth = client.auth("private-a", Some(channel_data));
    let data = json!({"channel": "private-a", "auth": auth, "channel_data": channel_data});
    client.send(json!({"event": "pusher:subscribe", "data": data})).await;
    client.succeeded("private-a").await;
}

#[tokio::test]
async fn sub_4_subscribing_again_is_acknowledged_and_changes_nothing() {
    let server = TestServer::start().await;
    let mut client = server.subscribed(&["orders", "orders"]).await;
    server.publish("orders", "open", "1").await;
    client.expect(r#"{"event":"open","data":"1","channel":"orders"}"#).await;
    client.assert_silent().await;
    let counts = server.hub.counts(&application().id, &"orders".parse().unwrap());
    assert_eq!(counts.subscriptions, 1);
}

#[tokio::test]
async fn sub_5_a_connection_has_a_bounded_number_of_channels() {
    let limited = Application { max_channels_per_connection: 1, ..application() };
    let server = TestServer::with_application(limited).await;
    let mut client = server.subscribed(&["a"]).await;
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "b"}})).await;
    let error = client.next().await;
    assert_eq!(error["event"], "pusher:subscription_error");
    assert!(error["data"].as_str().unwrap().contains(r#""type":"LimitReached""#));
    assert!(error["data"].as_str().unwrap().contains(r#""status":4301"#));
    client.unsubscribe("a").await;
    client.subscribe("b").await;
}

#[tokio::test]
async fn chn_3_a_bad_name_is_told_with_the_name_as_it_was() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for name in ["", "a b", "ä", "#orders"] {
        client.send(json!({"event": "pusher:subscribe", "data": {"channel": name}})).await;
        let error = client.next().await;
        assert_eq!(error["event"], "pusher:subscription_error");
        assert_eq!(error["channel"], name);
        assert!(error["data"].as_str().unwrap().contains(r#""type":"InvalidChannelName""#));
    }
}

#[tokio::test]
async fn sub_10_unsubscribing_has_no_answer_and_empties_the_channel() {
    let server = TestServer::start().await;
    let mut client = server.subscribed(&["a", "b", "c"]).await;
    client.unsubscribe("b").await;
    client.unsubscribe("never").await;
    client.assert_silent().await;
    let answer = server.api("GET", "/channels", &[], "").await;
    assert_eq!(answer, (200, json!({"channels": {"a": {}, "c": {}}})));
    server.publish("b", "gone", "1").await;
    server.publish("c", "here", "1").await;
    client.expect(r#"{"event":"here","data":"1","channel":"c"}"#).await;
    drop(client);
    server.until("all channels vanish", |hub| hub.channels(&application().id, "").is_empty()).await;
}

#[tokio::test]
async fn evt_1_every_subscriber_on_every_shard_gets_the_string_as_published() {
    let server = TestServer::start().await;
    let mut clients = Vec::new();
    for _ in 0..7 {
        clients.push(server.subscribed(&["orders"]).await);
    }
    server.publish("orders", "App\\Events\\OrderShipped", "{\"id\": 1, \"s\":\"a/b\\u00e9\"}").await;
    for client in &mut clients {
        let event = client.next().await;
        assert_eq!(event["event"], "App\\Events\\OrderShipped");
        assert_eq!(event["data"], "{\"id\": 1, \"s\":\"a/b\\u00e9\"}");
    }
}

#[tokio::test]
async fn evt_2_each_channel_has_a_frame_of_its_own() {
    let server = TestServer::start().await;
    let mut client = server.subscribed(&["a", "b"]).await;
    let body = json!({"name": "x", "data": "1", "channels": ["a", "b", "a"]}).to_string();
    assert_eq!(server.api("POST", "/events", &[], &body).await.0, 200);
    client.expect(r#"{"event":"x","data":"1","channel":"a"}"#).await;
    client.expect(r#"{"event":"x","data":"1","channel":"b"}"#).await;
    client.assert_silent().await;
}

#[tokio::test]
async fn evt_3_the_excluded_socket_gets_nothing_and_an_unknown_one_changes_nothing() {
    let server = TestServer::start().await;
    let (mut sender, mut other) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    server.publish_except("a", "first", "1", Some(&sender.socket_id.clone())).await;
    server.publish_except("a", "second", "1", Some("1.1")).await;
    other.expect(r#"{"event":"first","data":"1","channel":"a"}"#).await;
    other.expect(r#"{"event":"second","data":"1","channel":"a"}"#).await;
    sender.expect(r#"{"event":"second","data":"1","channel":"a"}"#).await;
}

#[tokio::test]
async fn evt_4_events_keep_their_order_through_batches_and_single_ones() {
    let server = TestServer::start().await;
    let mut client = server.subscribed(&["a"]).await;
    let mut number = 0;
    for round in 0..20 {
        let mut batch = Vec::new();
        for _ in 0..=round % 10 {
            batch.push(json!({"name": "n", "data": number.to_string(), "channel": "a"}));
            number += 1;
        }
        let body = json!({"batch": batch}).to_string();
        assert_eq!(server.api("POST", "/batch_events", &[], &body).await.0, 200);
    }
    for expected in 0..number {
        assert_eq!(client.next().await["data"], expected.to_string());
    }
}

#[tokio::test]
async fn cnt_1_subscribers_are_told_how_many_they_are() {
    let counting = Application { subscription_count: true, ..application() };
    let server = TestServer::with_application(counting).await;
    let count = |number: usize| {
        format!(
            r#"{{"event":"pusher_internal:subscription_count","data":"{{\"subscription_count\":{number}}}","channel":"a"}}"#
        )
    };
    let mut first = server.subscribed(&["a"]).await;
    first.expect(&count(1)).await;
    let mut second = server.subscribed(&["a"]).await;
    second.expect(&count(2)).await;
    first.expect(&count(2)).await;
    second.unsubscribe("a").await;
    first.expect(&count(1)).await;
    second.assert_silent().await;
}

#[tokio::test]
async fn lim_2_messages_beyond_the_rate_are_refused() {
    let limit = RateLimit { max_attempts: 2, decay: Duration::from_mins(1), terminate: false };
    let server = TestServer::with_application(Application { rate_limit: Some(limit), ..application() }).await;
    let mut client = server.subscribed(&["a", "b"]).await;
    client.send(json!({"event": "pusher:ping"})).await;
    client.expect_error(4301, "Rate limit exceeded").await;
    let limit = RateLimit { max_attempts: 0, terminate: true, ..limit };
    let server = TestServer::with_application(Application { rate_limit: Some(limit), ..application() }).await;
    let mut client = server.connect().await;
    client.send(json!({"event": "pusher:ping"})).await;
    client.expect_error(4301, "Rate limit exceeded").await;
    client.expect_close(4100).await;
}

#[tokio::test]
async fn cnt_1_above_a_hundred_subscribers_the_count_is_told_less_often_and_in_the_end_right() {
    let counting = Application { subscription_count: true, ..application() };
    let settings = HubSettings { shards: 3, count_pause: Duration::from_secs(1), ..HubSettings::default() };
    let server = TestServer::with(counting, settings).await;
    let mut first = server.subscribed(&["a"]).await;
    let mut others = Vec::new();
    for _ in 0..120 {
        others.push(server.subscribed(&["a"]).await);
    }
    let mut counts = Vec::new();
    while counts.last() != Some(&121) {
        let frame = first.next().await;
        assert_eq!(frame["event"], "pusher_internal:subscription_count");
        let data: serde_json::Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
        counts.push(data["subscription_count"].as_u64().unwrap());
    }
    assert!((1..=100).all(|it| counts.contains(&it)), "{counts:?}");
    assert!(counts.is_sorted() && counts.len() < 115, "{counts:?}");
    first.assert_silent().await;
}
