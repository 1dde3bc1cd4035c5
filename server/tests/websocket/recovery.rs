use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use server::hub::HubSettings;

use crate::support::{TestServer, application};

#[tokio::test]
async fn recover_true_tells_the_position_and_then_every_event() {
    let server = TestServer::start().await;
    server.publish_logged("logged", "1").await;
    let mut client = server.connect().await;
    let answer = client.recover("logged", json!(true)).await;
    assert_eq!(answer, json!({"epoch": "first", "offset": 1, "recovered": false}));
    server.publish_logged("logged", "2").await;
    client
        .expect(r#"{"event":"event","data":"2","channel":"logged","offset":2,"event_id":"00000000-0000-0000-0000-000000000000"}"#)
        .await;
}

#[tokio::test]
async fn a_position_brings_what_came_since_and_nothing_else() {
    let server = TestServer::start().await;
    for number in 1..=5 {
        server.publish_logged("private-logged", &number.to_string()).await;
    }
    let mut client = server.connect().await;
    let answer = client.recover("private-logged", json!({"epoch": "first", "offset": 3})).await;
    assert_eq!(answer, json!({"epoch": "first", "offset": 5, "recovered": true}));
    assert_eq!(client.next().await["offset"], 4);
    assert_eq!(client.next().await["offset"], 5);
    client.assert_silent().await;
}

#[tokio::test]
async fn another_epoch_or_a_position_past_the_retention_recovers_nothing() {
    let server = TestServer::start().await;
    for number in 1..=5 {
        server.publish_logged("logged", &number.to_string()).await;
    }
    *server.history.first_kept.lock().unwrap() = 4;
    for recover in [
        json!({"epoch": "other", "offset": 5}),
        json!({"epoch": "first", "offset": 2}),
        json!({"epoch": "first", "offset": 9}),
    ] {
        let mut client = server.connect().await;
        let answer = client.recover("logged", recover).await;
        assert_eq!(answer, json!({"epoch": "first", "offset": 5, "recovered": false}));
        client.assert_silent().await;
    }
}

#[tokio::test]
async fn a_channel_without_a_log_and_a_broken_log_are_told_apart() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    assert_eq!(client.recover("plain", json!(true)).await, json!({}));
    let answer = client.recover("broken", json!({"epoch": "first", "offset": 2})).await;
    assert_eq!(answer, json!({"epoch": "", "offset": 0, "recovered": false}));
    server.publish("broken", "live", "1").await;
    client.expect(r#"{"event":"live","data":"1","channel":"broken"}"#).await;
}

#[tokio::test]
async fn what_is_told_while_the_history_is_read_comes_after_it() {
    let server = TestServer::start().await;
    server.publish_logged("presence-logged", "1").await;
    server.history.gate.forget_permits(1_000);
    let (mut client, mut other) = (server.connect().await, server.connect().await);
    let channel_data = r#"{"user_id":"me"}"#;
    let auth = client.auth("presence-logged", Some(channel_data));
    let recover = json!({"epoch": "first", "offset": 0});
    let data = json!({"channel": "presence-logged", "auth": auth, "channel_data": channel_data, "recover": recover});
    client.send(json!({"event": "pusher:subscribe", "data": data})).await;
    client.assert_silent().await;
    other.join("presence-logged", r#"{"user_id":"other"}"#).await;
    // In the history and told live, so seen once; the last one live alone.
    server.publish_logged("presence-logged", "2").await;
    server.publish("presence-logged", "unlogged", "x").await;
    server.history.gate.add_permits(1);
    let answer = client.succeeded("presence-logged").await;
    assert_eq!(answer["presence"]["ids"], json!(["me"]));
    assert_eq!((&answer["offset"], &answer["recovered"]), (&json!(2), &json!(true)));
    assert_eq!(client.next().await["offset"], 1);
    assert_eq!(client.next().await["offset"], 2);
    assert_eq!(client.next().await["event"], "pusher_internal:member_added");
    assert_eq!(client.next().await["event"], "unlogged");
    assert_eq!(server.publish_logged("presence-logged", "3").await, 3);
    assert_eq!(client.next().await["offset"], 3);
    client.assert_silent().await;
}

#[tokio::test]
async fn an_event_that_the_relay_repeats_is_told_once() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    client.recover("logged", json!(true)).await;
    let event = server.history.append("logged", "1");
    server.broker.publish(vec![event.clone(), event.clone()]).await.unwrap();
    server.broker.publish(vec![event]).await.unwrap();
    assert_eq!(client.next().await["offset"], 1);
    client.assert_silent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_while_publishing_goes_on() {
    const EVENTS: u64 = 3_000;
    let server = Arc::new(TestServer::start().await);
    let publisher = {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            // As the relay: written first, published later, several at once, and some of them twice.
            let (mut waiting, mut last) = (Vec::new(), None);
            for number in 0..EVENTS {
                waiting.push(server.history.append("logged", &number.to_string()));
                if number % 7 == 0 {
                    waiting.splice(0..0, last.take());
                    last = waiting.last().cloned();
                    server.broker.publish(std::mem::take(&mut waiting)).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
            server.broker.publish(waiting).await.unwrap();
        })
    };
    let mut clients = Vec::new();
    for _ in 0..6 {
        let server = Arc::clone(&server);
        clients.push(tokio::spawn(async move {
            let mut position = 0;
            let mut reconnects = 0;
            while position < EVENTS {
                let mut client = server.connect().await;
                let answer = client.recover("logged", json!({"epoch": "first", "offset": position})).await;
                assert_eq!(answer["recovered"], true);
                reconnects += 1;
                for _ in 0..200 {
                    if position == EVENTS {
                        break;
                    }
                    let event = client.next().await;
                    assert_eq!(event["offset"], position + 1);
                    assert_eq!(event["data"], position.to_string());
                    position += 1;
                }
            }
            reconnects
        }));
    }
    publisher.await.unwrap();
    for client in clients {
        assert!(client.await.unwrap() > 10);
    }
}

#[tokio::test]
async fn more_than_a_queue_holds_can_be_recovered() {
    let settings = HubSettings { shards: 1, max_queue_bytes: 10_000, ..HubSettings::default() };
    let server = TestServer::with(application(), settings).await;
    for _ in 0..2_000 {
        server.history.append("logged", &"x".repeat(1_000));
    }
    let mut client = server.connect().await;
    let answer = client.recover("logged", json!({"epoch": "first", "offset": 0})).await;
    assert_eq!(answer["recovered"], true);
    for offset in 1..=2_000 {
        assert_eq!(client.next().await["offset"], offset);
    }
}

#[tokio::test]
async fn whoever_subscribes_anew_is_not_answered_with_what_was_asked_before() {
    let server = TestServer::start().await;
    for number in 1..=5 {
        server.publish_logged("logged", &number.to_string()).await;
    }
    server.history.gate.forget_permits(1_000);
    let mut client = server.connect().await;
    for offset in [0, 3] {
        let recover = json!({"epoch": "first", "offset": offset});
        client.send(json!({"event": "pusher:subscribe", "data": {"channel": "logged", "recover": recover}})).await;
        if offset == 0 {
            client.unsubscribe("logged").await;
        }
    }
    client.assert_silent().await;
    server.history.gate.add_permits(1);
    assert_eq!(client.succeeded("logged").await, json!({"epoch": "first", "offset": 5, "recovered": true}));
    assert_eq!(client.next().await["offset"], 4);
    assert_eq!(client.next().await["offset"], 5);
    client.assert_silent().await;
}

#[tokio::test]
async fn however_often_a_client_asks_few_histories_are_read_for_it_at_once() {
    let server = TestServer::start().await;
    server.publish_logged("logged", "1").await;
    server.history.gate.forget_permits(1_000);
    let mut client = server.connect().await;
    for _ in 0..100 {
        client.send(json!({"event": "pusher:subscribe", "data": {"channel": "logged", "recover": true}})).await;
        client.unsubscribe("logged").await;
    }
    client.assert_silent().await;
    server.until("a history is read", |_| server.history.readings.load(Ordering::SeqCst) > 0).await;
    assert!(server.history.readings.load(Ordering::SeqCst) <= 4);
    server.history.gate.add_permits(1);
    assert_eq!(client.recover("logged", json!(true)).await["offset"], 1);
    client.assert_silent().await;
}

#[tokio::test]
async fn sub_7_a_repeated_subscription_that_recovers_hears_of_each_member_once() {
    let server = TestServer::start().await;
    let mut watcher = server.connect().await;
    watcher.join("presence-logged", r#"{"user_id":"watcher"}"#).await;
    let mut guests = Vec::new();
    for number in 0..4 {
        let mut guest = server.connect().await;
        guests.push(tokio::spawn(async move {
            for _ in 0..100 {
                guest.send_join("presence-logged", &format!(r#"{{"user_id":"{number}"}}"#)).await;
                guest.unsubscribe("presence-logged").await;
                guest.ping_until_pong().await;
            }
        }));
    }
    let auth = watcher.auth("presence-logged", Some(r#"{"user_id":"watcher"}"#));
    let data = json!({"channel": "presence-logged", "auth": auth, "channel_data": r#"{"user_id":"watcher"}"#, "recover": true});
    // Whatever the watcher was told before does not matter: from each answer on, its members are those of the channel.
    let mut members: Option<HashSet<String>> = None;
    for _ in 0..200 {
        watcher.send(json!({"event": "pusher:subscribe", "data": data})).await;
        loop {
            let event = watcher.next().await;
            let data: Value = serde_json::from_str(event["data"].as_str().unwrap()).unwrap();
            let user_id = || data["user_id"].as_str().unwrap().to_owned();
            match (event["event"].as_str().unwrap(), &mut members) {
                ("pusher_internal:subscription_succeeded", _) => {
                    let ids = data["presence"]["ids"].as_array().unwrap();
                    members = Some(ids.iter().map(|it| it.as_str().unwrap().to_owned()).collect());
                    break;
                }
                ("pusher_internal:member_added", Some(members)) => assert!(members.insert(user_id()), "told twice"),
                ("pusher_internal:member_removed", Some(members)) => assert!(members.remove(&user_id()), "told twice"),
                _ => {}
            }
        }
    }
    for guest in guests {
        guest.await.unwrap();
    }
}
