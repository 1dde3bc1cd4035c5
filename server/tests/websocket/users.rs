use std::sync::Arc;

use serde_json::json;
use server::application::Application;

use crate::support::{TestServer, application};

#[tokio::test]
async fn usr_2_and_usr_5_a_signed_in_client_hears_what_is_sent_to_its_user() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let user_data = r#"{"id":"42","user_info":{"name":"Ada"}}"#;
    client.sign_in(user_data).await;
    let answer = client.next().await;
    assert_eq!(answer["event"], "pusher:signin_success");
    let data: serde_json::Value = serde_json::from_str(answer["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["user_data"], user_data);
    server.publish("#server-to-user-42", "greeting", "{\"hi\":1}").await;
    client.expect(r##"{"event":"greeting","data":"{\"hi\":1}","channel":"#server-to-user-42"}"##).await;
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "#server-to-user-42"}})).await;
    client.succeeded("#server-to-user-42").await;
    assert_eq!(server.hub.channels(&application().id, "").len(), 0);
    assert_eq!(server.hub.channels(&application().id, "#server-to-user-").len(), 1);
}

#[tokio::test]
async fn usr_3_a_failed_sign_in_is_told_and_the_connection_stays() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for data in [
        json!({}),
        json!(null),
        json!({"auth": "x", "user_data": "{\"id\":\"1\"}"}),
        json!({"auth": 1, "user_data": 2}),
    ] {
        client.send(json!({"event": "pusher:signin", "data": data})).await;
        client.expect_error(4009, "Connection is unauthorized").await;
    }
    client.sign_in("{}").await;
    client.expect_error(4009, "Connection is unauthorized").await;
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "#server-to-user-1"}})).await;
    client.expect_error(4009, "Connection is unauthorized").await;
}

#[tokio::test]
async fn usr_4_another_user_is_refused_and_the_first_stays() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.sign_in(r#"{"id":"1"}"#).await;
    client.next().await;
    client.sign_in(r#"{"id":"2"}"#).await;
    client.expect_error(4009, "Connection is unauthorized").await;
    client.sign_in(r#"{"id":1}"#).await;
    assert_eq!(client.next().await["event"], "pusher:signin_success");
}

#[tokio::test]
async fn pre_7_a_signed_in_user_joins_without_channel_data() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.sign_in(r#"{"id":"42","user_info":{"name":"Ada"}}"#).await;
    client.next().await;
    let members = client.subscribe("presence-room").await;
    assert_eq!(members["presence"]["hash"], json!({"42": {"name": "Ada"}}));
}

#[tokio::test]
async fn usr_7_a_watchlist_tells_who_comes_and_goes() {
    let watching = Application { watchlist_events: true, ..application() };
    let server = TestServer::with_application(watching).await;
    let (mut ada, mut ben) = (server.connect().await, server.connect().await);
    ben.sign_in(r#"{"id":"ben"}"#).await;
    ben.next().await;
    ada.sign_in(r#"{"id":"ada","watchlist":["ben","cy"]}"#).await;
    ada.next().await;
    let events = |it: &str| format!(r#"{{"event":"pusher_internal:watchlist_events","data":"{{\"events\":[{it}]}}"}}"#);
    let group = |name: &str, id: &str| format!(r#"{{\"name\":\"{name}\",\"user_ids\":[\"{id}\"]}}"#);
    ada.expect(&events(&format!("{},{}", group("online", "ben"), group("offline", "cy")))).await;
    drop(ben);
    ada.expect(&events(&group("offline", "ben"))).await;
    let mut cy = server.connect().await;
    cy.sign_in(r#"{"id":"cy"}"#).await;
    ada.expect(&events(&group("online", "cy"))).await;
}

#[tokio::test]
async fn usr_10_terminating_closes_signed_in_and_member_connections_with_4100() {
    let server = TestServer::start().await;
    let (mut signed_in, mut member, mut other) =
        (server.connect().await, server.connect().await, server.connect().await);
    signed_in.sign_in(r#"{"id":"42"}"#).await;
    signed_in.next().await;
    member.subscribe("orders").await;
    member.join("presence-room", r#"{"user_id":42}"#).await;
    other.join("presence-other", r#"{"user_id":"43"}"#).await;
    let answer = server.api("POST", "/users/42/terminate_connections", &[], "{}").await;
    assert_eq!(answer, (200, json!({})));
    for client in [&mut signed_in, &mut member] {
        client.expect_error(4100, "Terminated by the application").await;
        assert_eq!(client.expect_close(4100).await, "Terminated by the application");
    }
    other.assert_silent().await;
}

#[tokio::test]
async fn usr_5_an_unsubscribe_from_the_user_s_channel_holds_until_the_next_subscribe() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.next().await;
    client.unsubscribe("#server-to-user-42").await;
    client.assert_silent().await;
    server.publish("#server-to-user-42", "missed", "1").await;
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "#server-to-user-42"}})).await;
    client.succeeded("#server-to-user-42").await;
    server.publish("#server-to-user-42", "heard", "1").await;
    client.expect(r##"{"event":"heard","data":"1","channel":"#server-to-user-42"}"##).await;
}

#[tokio::test]
async fn sub_9_the_channel_of_another_user_is_refused_in_both_ways() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.sign_in(r#"{"id":"42"}"#).await;
    client.next().await;
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "#server-to-user-43"}})).await;
    client.expect_error(4009, "Connection is unauthorized").await;
    client.expect_subscription_error("#server-to-user-43", "AuthError", 401).await;
}

fn watching() -> Application {
    Application { watchlist_events: true, ..application() }
}

/// The groups of the watchlist event that must come next.
async fn watchlist_events(client: &mut crate::support::TestClient) -> serde_json::Value {
    let frame = client.next().await;
    assert_eq!(frame["event"], "pusher_internal:watchlist_events", "{frame}");
    let data: serde_json::Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
    data["events"].clone()
}

#[tokio::test]
async fn usr_7_a_second_tab_neither_comes_nor_goes() {
    let server = TestServer::with_application(watching()).await;
    let mut ada = server.connect().await;
    ada.sign_in(r#"{"id":"ada","watchlist":["ben"]}"#).await;
    ada.next().await;
    assert_eq!(watchlist_events(&mut ada).await, json!([{"name": "offline", "user_ids": ["ben"]}]));
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.sign_in(r#"{"id":"ben"}"#).await;
    first.next().await;
    assert_eq!(watchlist_events(&mut ada).await, json!([{"name": "online", "user_ids": ["ben"]}]));
    second.sign_in(r#"{"id":"ben"}"#).await;
    second.next().await;
    drop(first);
    server.until("the first tab is gone", |hub| hub.connections(&application().id) == 2).await;
    ada.assert_silent().await;
    drop(second);
    assert_eq!(watchlist_events(&mut ada).await, json!([{"name": "offline", "user_ids": ["ben"]}]));
}

#[tokio::test]
async fn usr_7_signing_in_again_replaces_the_list() {
    let server = TestServer::with_application(watching()).await;
    let (mut ada, mut ben) = (server.connect().await, server.connect().await);
    ada.sign_in(r#"{"id":"ada","watchlist":["ben"]}"#).await;
    ada.next().await;
    ada.next().await;
    ada.sign_in(r#"{"id":"ada"}"#).await;
    assert_eq!(ada.next().await["event"], "pusher:signin_success");
    ben.sign_in(r#"{"id":"ben"}"#).await;
    ben.next().await;
    ada.assert_silent().await;
}

#[tokio::test]
async fn usr_9_the_first_hundred_of_a_list_count_and_the_rest_is_told() {
    let server = TestServer::with_application(watching()).await;
    let (mut ada, mut last, mut beyond) = (server.connect().await, server.connect().await, server.connect().await);
    let watchlist: Vec<_> = (1..=101).map(|it| format!("u{it}")).collect();
    ada.sign_in(&json!({"id": "ada", "watchlist": watchlist}).to_string()).await;
    assert_eq!(ada.next().await["event"], "pusher:signin_success");
    let events = watchlist_events(&mut ada).await;
    assert_eq!(events[0]["user_ids"].as_array().unwrap().len(), 100);
    ada.expect_error(4302, "Watchlist limit exceeded").await;
    beyond.sign_in(r#"{"id":"u101"}"#).await;
    beyond.next().await;
    last.sign_in(r#"{"id":"u100"}"#).await;
    last.next().await;
    assert_eq!(watchlist_events(&mut ada).await, json!([{"name": "online", "user_ids": ["u100"]}]));
    ada.assert_silent().await;
}

#[tokio::test]
async fn api_21_the_user_s_id_in_the_path_is_decoded_once() {
    let server = TestServer::start().await;
    let (mut named, mut other) = (server.connect().await, server.connect().await);
    named.sign_in(r#"{"id":"a/ä %41"}"#).await;
    named.next().await;
    other.sign_in(r#"{"id":"a/ä A"}"#).await;
    other.next().await;
    let path = "/users/a%2F%C3%A4%20%2541/terminate_connections";
    assert_eq!(server.api("POST", path, &[], "{}").await, (200, json!({})));
    named.expect_error(4100, "Terminated by the application").await;
    other.assert_silent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_7_a_watcher_hears_of_comings_and_goings_in_their_order() {
    let watching = Application { watchlist_events: true, ..application() };
    let server = Arc::new(TestServer::with_application(watching).await);
    let mut watcher = server.connect().await;
    watcher.sign_in(r#"{"id":"ada","watchlist":["ben"]}"#).await;
    watcher.next().await;
    assert!(watcher.next_text().await.contains("offline"));
    let visits: Vec<_> = (0..3)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                for _ in 0..60 {
                    let mut ben = server.connect().await;
                    ben.sign_in(r#"{"id":"ben"}"#).await;
                    ben.next().await;
                }
            })
        })
        .collect();
    for visit in visits {
        visit.await.unwrap();
    }
    server.until("everybody else has left", |hub| hub.connections(&application().id) == 1).await;
    let mut events = watcher.ping_until_pong().await;
    events.extend(watcher.ping_until_pong().await); // what was on its way inside at the first answer
    for (index, event) in events.iter().enumerate() {
        let expected = if index % 2 == 0 { "online" } else { "offline" };
        assert!(event["data"].as_str().unwrap().contains(expected), "{index}: {event}");
    }
    assert!(events.len() % 2 == 0, "ben has gone, and his watcher was not told");
}
