use std::time::Duration;

use serde_json::json;
use server::application::Application;

use crate::support::{TestServer, application};

#[tokio::test]
async fn cac_1_a_new_subscriber_gets_the_last_published_event() {
    let server = TestServer::start().await;
    for channel in ["cache-a", "private-cache-a", "private-encrypted-cache-a"] {
        let mut first = server.connect().await;
        first.subscribe(channel).await;
        first.expect(&format!(r#"{{"event":"pusher:cache_miss","channel":"{channel}"}}"#)).await;
        server.publish(channel, "old", "1").await;
        server.publish_except(channel, "new", "2", Some(&first.socket_id.clone())).await;
        first.send(json!({"event": "client-x", "channel": channel, "data": {}})).await;
        first.expect(&format!(r#"{{"event":"old","data":"1","channel":"{channel}"}}"#)).await;
        let mut second = server.connect().await;
        second.subscribe(channel).await;
        second.expect(&format!(r#"{{"event":"new","data":"2","channel":"{channel}"}}"#)).await;
        second.assert_silent().await;
    }
}

#[tokio::test]
async fn cac_2_an_event_outlives_its_subscribers_but_not_its_time() {
    let short = Application { cache_ttl: Duration::from_millis(300), ..application() };
    let server = TestServer::with_application(short).await;
    server.publish("cache-a", "kept", "1").await;
    let mut client = server.subscribed(&["cache-a"]).await;
    client.expect(r#"{"event":"kept","data":"1","channel":"cache-a"}"#).await;
    let id = application().id;
    server.until("the event expires", |hub| hub.cached_event(&id, &"cache-a".parse().unwrap()).is_none()).await;
    client.subscribe("cache-a").await;
    client.expect(r#"{"event":"pusher:cache_miss","channel":"cache-a"}"#).await;
}

#[tokio::test]
async fn sub_7_the_cached_event_comes_before_live_ones_and_never_twice() {
    let server = TestServer::start().await;
    let publisher = {
        let broker = std::sync::Arc::clone(&server.broker);
        tokio::spawn(async move {
            for number in 0..2_000 {
                broker.publish(vec![crate::support::publication("cache-a", &number.to_string())]).await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    };
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(server.subscribed(&["cache-a"]).await);
    }
    publisher.await.unwrap();
    for client in &mut clients {
        let first = client.next().await;
        let mut last: i32 =
            if first["event"] == "pusher:cache_miss" { -1 } else { first["data"].as_str().unwrap().parse().unwrap() };
        while last < 1_999 {
            let number: i32 = client.next().await["data"].as_str().unwrap().parse().unwrap();
            assert_eq!(number, last + 1);
            last = number;
        }
        client.assert_silent().await;
    }
}

#[tokio::test]
async fn cac_5_the_http_api_shows_the_cached_event() {
    let server = TestServer::start().await;
    let mut client = server.subscribed(&["cache-a"]).await;
    client.expect(r#"{"event":"pusher:cache_miss","channel":"cache-a"}"#).await;
    server.publish("cache-a", "kept", "1").await;
    let (status, body) = server.api("GET", "/channels/cache-a", &[("info", "cache,subscription_count")], "").await;
    assert_eq!(status, 200);
    assert_eq!(body["subscription_count"], 1);
    assert_eq!(body["cache"]["event"], "kept");
}
