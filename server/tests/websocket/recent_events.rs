use serde_json::{Value, json};
use server::application::{Application, KeptChannels};
use server::hub::HubSettings;

use crate::support::{TestClient, TestServer, application};

fn keeping(patterns: &[&str]) -> Application {
    let patterns = patterns.iter().map(|it| (*it).to_owned()).collect();
    Application { kept_channels: KeptChannels { patterns, has_log: None }, ..application() }
}

async fn position(client: &mut TestClient, channel: &str) -> Value {
    let answer = client.recover(channel, json!(true)).await;
    assert_eq!(answer["recovered"], false);
    json!({"epoch": answer["epoch"], "offset": answer["offset"]})
}

async fn expect_events(client: &mut TestClient, offsets: std::ops::RangeInclusive<u64>) {
    for offset in offsets {
        let event = client.next().await;
        assert_eq!((&event["offset"], &event["data"]), (&json!(offset), &json!(offset.to_string())), "{event}");
        assert_eq!(event["event_id"].as_str().unwrap().len(), 36);
    }
    client.assert_silent().await;
}

#[tokio::test]
async fn a_foreign_channel_is_recovered_by_the_same_extension() {
    let server = TestServer::with_application(keeping(&["orders.*"])).await;
    let mut client = server.connect().await;
    let start = position(&mut client, "orders.7").await;
    assert_eq!(start["offset"], 0);
    for number in 1..=3 {
        server.publish("orders.7", "x", &number.to_string()).await;
    }
    expect_events(&mut client, 1..=3).await;
    drop(client);
    server.until("nobody is there", |hub| hub.channels(&application().id, "").is_empty()).await;
    // Kept also while nobody listens, and published by the batch as by the single event.
    let batch: Vec<_> = (4..=5).map(|it| json!({"name": "x", "data": it.to_string(), "channel": "orders.7"})).collect();
    assert_eq!(server.api("POST", "/batch_events", &[], &json!({"batch": batch}).to_string()).await.0, 200);
    let mut client = server.connect().await;
    let known = json!({"epoch": start["epoch"], "offset": 3});
    let answer = client.recover("orders.7", known).await;
    assert_eq!(answer, json!({"epoch": start["epoch"], "offset": 5, "recovered": true}));
    expect_events(&mut client, 4..=5).await;
}

#[tokio::test]
async fn only_channels_that_a_pattern_names_are_kept() {
    let server = TestServer::with_application(keeping(&["orders.*"])).await;
    let mut client = server.connect().await;
    assert_eq!(client.recover("news", json!(true)).await, json!({}));
    server.publish("news", "x", "1").await;
    client.expect(r#"{"event":"x","data":"1","channel":"news"}"#).await;
}

#[tokio::test]
async fn who_missed_more_than_is_kept_is_told_so() {
    let settings = HubSettings { shards: 1, max_recent_events: 3, ..HubSettings::default() };
    let server = TestServer::with(keeping(&["*"]), settings).await;
    let mut client = server.connect().await;
    let start = position(&mut client, "a").await;
    client.unsubscribe("a").await;
    for number in 1..=5 {
        server.publish("a", "x", &number.to_string()).await;
    }
    let answer = client.recover("a", start.clone()).await;
    assert_eq!(answer, json!({"epoch": start["epoch"], "offset": 5, "recovered": false}));
    client.unsubscribe("a").await;
    let answer = client.recover("a", json!({"epoch": start["epoch"], "offset": 2})).await;
    assert_eq!(answer["recovered"], true);
    expect_events(&mut client, 3..=5).await;
}

#[tokio::test]
async fn memory_is_bounded_and_who_listens_to_a_forgotten_channel_goes_on() {
    let settings = HubSettings { shards: 1, max_recent_bytes: 64_000, ..HubSettings::default() };
    let server = TestServer::with(keeping(&["*"]), settings).await;
    let mut client = server.connect().await;
    let start = position(&mut client, "a").await;
    server.publish("a", "x", "1").await;
    expect_events(&mut client, 1..=1).await;
    for number in 0..1_000 {
        server.hub.broadcast(&crate::support::publication(&format!("b{number}"), &"x".repeat(500)));
    }
    server.publish("a", "x", "again").await;
    let event = client.next().await;
    assert_eq!(event["data"], "again");
    assert!(event["offset"].as_u64() > Some(1), "{event}");
    let answer = client.recover("a", json!({"epoch": start["epoch"], "offset": 1})).await;
    assert_eq!(answer["recovered"], false);
    assert_ne!(answer["epoch"], start["epoch"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_while_publishing_goes_on() {
    const EVENTS: u64 = 800;
    let server = std::sync::Arc::new(TestServer::with_application(keeping(&["*"])).await);
    let start = position(&mut server.connect().await, "a").await;
    let publisher = {
        let server = std::sync::Arc::clone(&server);
        tokio::spawn(async move {
            for number in 1..=EVENTS {
                server.hub.broadcast(&crate::support::publication("a", &number.to_string()));
                tokio::task::yield_now().await;
            }
        })
    };
    let mut offset = 0;
    while offset < EVENTS {
        let mut client = server.connect().await;
        let known = json!({"epoch": start["epoch"], "offset": offset});
        assert_eq!(client.recover("a", known).await["recovered"], true);
        for _ in 0..97.min(EVENTS - offset) {
            let event = client.next().await;
            offset += 1;
            assert_eq!((&event["offset"], &event["data"]), (&json!(offset), &json!(offset.to_string())));
        }
    }
    publisher.await.unwrap();
}
