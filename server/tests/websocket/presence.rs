use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use server::application::Application;
use server::hub::{LeaveReason, PresenceChange};

use crate::support::{TestClient, TestServer, application};

#[tokio::test]
async fn pre_2_and_pre_3_joins_and_leaves_are_told_as_the_protocol_says() {
    let server = TestServer::start().await;
    let (mut ada, mut ben) = (server.connect().await, server.connect().await);
    ada.send_join("presence-room", r#"{"user_id":1,"user_info":{"name":"Ada"}}"#).await;
    ada.expect(
        r#"{"event":"pusher_internal:subscription_succeeded","data":"{\"presence\":{\"count\":1,\"ids\":[1],\"hash\":{\"1\":{\"name\":\"Ada\"}}}}","channel":"presence-room"}"#,
    )
    .await;
    ben.send_join("presence-room", r#"{"user_id":2,"user_info":{"name":"Ben"},"x":[]}"#).await;
    ben.expect(
        r#"{"event":"pusher_internal:subscription_succeeded","data":"{\"presence\":{\"count\":2,\"ids\":[1,2],\"hash\":{\"1\":{\"name\":\"Ada\"},\"2\":{\"name\":\"Ben\"}}}}","channel":"presence-room"}"#,
    )
    .await;
    ada.expect(
        r#"{"event":"pusher_internal:member_added","data":"{\"user_id\":2,\"user_info\":{\"name\":\"Ben\"},\"x\":[]}","channel":"presence-room"}"#,
    )
    .await;
    let users = server.api("GET", "/channels/presence-room/users", &[], "").await;
    assert_eq!(users, (200, json!({"users": [{"id": 1}, {"id": 2}]})));
    drop(ben);
    ada.expect(r#"{"event":"pusher_internal:member_removed","data":"{\"user_id\":2}","channel":"presence-room"}"#)
        .await;
}

#[tokio::test]
async fn pre_3_and_pre_4_a_second_tab_neither_joins_nor_leaves() {
    let server = TestServer::start().await;
    let mut watcher = server.connect().await;
    watcher.join("presence-room", r#"{"user_id":"w"}"#).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.join("presence-room", r#"{"user_id":1}"#).await;
    assert_eq!(watcher.next().await["event"], "pusher_internal:member_added");
    second.join("presence-room", r#"{"user_id":"1"}"#).await;
    first.unsubscribe("presence-room").await;
    first.assert_silent().await;
    watcher.assert_silent().await;
    second.unsubscribe("presence-room").await;
    watcher
        .expect(r#"{"event":"pusher_internal:member_removed","data":"{\"user_id\":1}","channel":"presence-room"}"#)
        .await;
}

#[tokio::test]
async fn sub_4_joining_again_shows_the_members_and_joins_nobody() {
    let server = TestServer::start().await;
    let (mut ada, mut ben) = (server.connect().await, server.connect().await);
    ada.join("presence-room", r#"{"user_id":1}"#).await;
    ben.join("presence-room", r#"{"user_id":2}"#).await;
    ada.next().await;
    let again = ben.join("presence-room", r#"{"user_id":3}"#).await;
    assert_eq!(again["presence"]["ids"], json!([1, 2]));
    ada.assert_silent().await;
}

#[tokio::test]
async fn sub_9_presence_without_a_member_is_refused() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for channel_data in ["{}", r#"{"user_id":""}"#, r#"{"user_id":null}"#, r#"{"user_id":[1]}"#] {
        client.send_join("presence-room", channel_data).await;
        client.expect_error(4009, "Connection is unauthorized").await;
        assert!(client.next().await["data"].as_str().unwrap().contains("AuthError"));
    }
    let auth = client.auth("presence-room", None);
    client.send(json!({"event": "pusher:subscribe", "data": {"channel": "presence-room", "auth": auth}})).await;
    client.expect_error(4009, "Connection is unauthorized").await;
}

#[tokio::test]
async fn pre_9_a_full_channel_and_a_large_member_are_refused() {
    let limited = Application { max_presence_members: Some(1), max_presence_member_bytes: Some(40), ..application() };
    let server = TestServer::with_application(limited).await;
    let (mut ada, mut ben) = (server.connect().await, server.connect().await);
    ada.join("presence-room", r#"{"user_id":1}"#).await;
    ben.send_join("presence-room", r#"{"user_id":2}"#).await;
    assert!(ben.next().await["data"].as_str().unwrap().contains(r#""status":4100"#));
    ben.send_join("presence-other", &format!(r#"{{"user_id":"{}"}}"#, "x".repeat(40))).await;
    assert!(ben.next().await["data"].as_str().unwrap().contains(r#""status":4301"#));
    ben.join("presence-room", r#"{"user_id":"1"}"#).await;
}

#[tokio::test]
async fn pre_8_a_lost_member_that_is_back_in_time_never_left() {
    let patient = Application { presence_leave_grace: Duration::from_millis(400), ..application() };
    let server = TestServer::with_application(patient).await;
    let (mut watcher, mut ada) = (server.connect().await, server.connect().await);
    watcher.join("presence-room", r#"{"user_id":"w"}"#).await;
    ada.join("presence-room", r#"{"user_id":"ada"}"#).await;
    watcher.next().await;
    drop(ada);
    let count = |hub: &server::hub::Hub| hub.counts(&application().id, &"presence-room".parse().unwrap());
    server.until("the socket is gone", |hub| count(hub).subscriptions == 1).await;
    assert_eq!(count(&server.hub).users, 2);
    let mut ada = server.connect().await;
    ada.join("presence-room", r#"{"user_id":"ada"}"#).await;
    watcher.assert_silent().await;
    // An explicit leave never waits; a loss is told when the grace is over.
    ada.unsubscribe("presence-room").await;
    assert_eq!(watcher.next().await["event"], "pusher_internal:member_removed");
    ada.join("presence-room", r#"{"user_id":"ada"}"#).await;
    watcher.next().await;
    drop(ada);
    assert_eq!(watcher.next().await["event"], "pusher_internal:member_removed");
}

#[tokio::test]
async fn the_domain_hears_of_joins_and_leaves() {
    let server = TestServer::start().await;
    let mut changes = server.hub.presence_changes(&application().id, &"presence-chat".parse().unwrap());
    let mut ada = server.connect().await;
    ada.join("presence-chat", r#"{"user_id":"ada","user_info":{"n":1}}"#).await;
    let joined = PresenceChange::Joined { user_id: "ada".into(), user_info: Some(r#"{"n":1}"#.into()) };
    assert_eq!(changes.next().await, Some(joined));
    drop(ada);
    let left = PresenceChange::Left { user_id: "ada".into(), reason: LeaveReason::Closed };
    assert_eq!(changes.next().await, Some(left));
}

/// Applies the frames of one socket to its picture of the members, as pusher-js does, and complains of anything that is
/// not exact. Ends with the frame `end`.
async fn watch(client: &mut TestClient, mut members: BTreeSet<String>) -> BTreeSet<String> {
    loop {
        let frame = client.next().await;
        let data: Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
        match frame["event"].as_str().unwrap() {
            "pusher_internal:member_added" => {
                let id = data["user_id"].as_str().unwrap().to_owned();
                assert!(members.insert(id.clone()), "{id} was added twice");
            }
            "pusher_internal:member_removed" => {
                let id = data["user_id"].as_str().unwrap();
                assert!(members.remove(id), "{id} was removed, but was not there");
            }
            "end" => return members,
            other => panic!("unexpected {other}"),
        }
    }
}

fn ids(presence: &Value) -> BTreeSet<String> {
    let ids = presence["presence"]["ids"].as_array().unwrap();
    ids.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_7_and_pre_6_members_are_exact_while_many_come_and_go_over_all_shards() {
    let server = std::sync::Arc::new(TestServer::start().await);
    let mut early = server.connect().await;
    let snapshot = ids(&early.join("presence-room", r#"{"user_id":"early"}"#).await);
    let early = tokio::spawn(async move { watch(&mut early, snapshot).await });
    let mut visitors = Vec::new();
    for visitor in 0..8 {
        let server = std::sync::Arc::clone(&server);
        visitors.push(tokio::spawn(async move {
            // Two visitors a user, so that second tabs are among them.
            let channel_data = format!(r#"{{"user_id":"u{}"}}"#, visitor / 2);
            let mut client = server.connect().await;
            for round in 0..25 {
                client.send_join("presence-room", &channel_data).await;
                loop {
                    let frame = client.next().await;
                    if frame["event"] == "pusher_internal:subscription_succeeded" {
                        break;
                    }
                }
                if round % 5 == 4 {
                    client = server.connect().await;
                } else {
                    client.unsubscribe("presence-room").await;
                }
            }
            client
        }));
    }
    let mut late = Vec::new();
    for number in 0..4 {
        let mut client = server.connect().await;
        let snapshot = ids(&client.join("presence-room", &format!(r#"{{"user_id":"late{number}"}}"#)).await);
        late.push(tokio::spawn(async move { watch(&mut client, snapshot).await }));
    }
    for visitor in visitors {
        drop(visitor.await.unwrap());
    }
    let rest: BTreeSet<String> = (0..4).map(|it| format!("late{it}")).chain(["early".to_owned()]).collect();
    let channel = "presence-room".parse().unwrap();
    server
        .until("all visitors are gone", |hub| {
            let members = hub.members(&application().id, &channel);
            members.iter().map(|it| it.user_id.to_string()).collect::<BTreeSet<_>>() == rest
        })
        .await;
    server.publish("presence-room", "end", "{}").await;
    for watcher in late.into_iter().chain([early]) {
        assert_eq!(watcher.await.unwrap(), rest);
    }
}

#[tokio::test]
async fn pre_5_the_user_info_shown_is_that_of_the_socket_that_joined_first() {
    let server = TestServer::start().await;
    let (mut first, mut second, mut other) = (server.connect().await, server.connect().await, server.connect().await);
    first.join("presence-room", r#"{"user_id":1,"user_info":"first"}"#).await;
    let members = second.join("presence-room", r#"{"user_id":1,"user_info":"second"}"#).await;
    assert_eq!(members["presence"], json!({"count": 1, "ids": [1], "hash": {"1": "first"}}));
    let members = other.join("presence-room", r#"{"user_id":2}"#).await;
    assert_eq!(members["presence"]["hash"], json!({"1": "first", "2": null}));
}
