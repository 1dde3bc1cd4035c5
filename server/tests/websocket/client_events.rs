use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use server::application::{Application, ClientEventPolicy};
use server::hub::HubSettings;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{TestServer, application};

#[tokio::test]
async fn cle_1_a_client_event_reaches_all_others_and_not_its_sender() {
    let server = TestServer::start().await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(server.connect().await);
    }
    for client in &mut clients {
        client.subscribe("private-a").await;
    }
    let data = json!({"event": "client-typing", "channel": "private-a", "data": {"n": 1}, "user_id": "7", "x": 1});
    clients[0].send(data).await;
    for client in &mut clients[1..] {
        client.expect(r#"{"event":"client-typing","channel":"private-a","data":{"n":1}}"#).await;
    }
    clients[0].assert_silent().await;
}

#[tokio::test]
async fn cle_2_whoever_is_not_subscribed_may_not_send() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    for channel in ["a", "private-a", "not a name"] {
        client.send(json!({"event": "client-x", "channel": channel, "data": {}})).await;
        client.expect_error(4009, "The client is not a member of the specified channel.").await;
    }
}

#[tokio::test]
async fn cle_2_nobody_may_send_where_it_is_switched_off() {
    let silent = Application { accept_client_events_from: ClientEventPolicy::None, ..application() };
    let server = TestServer::with_application(silent).await;
    let mut client = server.subscribed(&["a"]).await;
    client.send(json!({"event": "client-x", "channel": "a", "data": {}})).await;
    client.expect_error(4301, "The app does not have client messaging enabled.").await;
}

#[tokio::test]
async fn cle_2_all_lets_strangers_send_frames_as_they_came() {
    let open = Application { accept_client_events_from: ClientEventPolicy::All, ..application() };
    let server = TestServer::with_application(open).await;
    let (mut stranger, mut member) = (server.connect().await, server.subscribed(&["a"]).await);
    let frame = r#"{ "event":"client-x", "channel":"a", "extra":1 }"#;
    stranger.send_text(frame).await;
    member.expect(frame).await;
}

#[tokio::test]
async fn cle_3_data_is_passed_on_as_the_json_it_was() {
    let server = TestServer::start().await;
    let (mut sender, mut other) = (server.subscribed(&["a"]).await, server.subscribed(&["a"]).await);
    for (sent, expected) in [
        (r#"{"event":"client-x","channel":"a"}"#, "null"),
        (r#"{"event":"client-x","channel":"a","data":null}"#, "null"),
        (r#"{"event":"client-x","channel":"a","data":"{\"n\":1}"}"#, r#"{"n":1}"#),
        (r#"{"event":"client-x","channel":"a","data":"abc"}"#, r#""abc""#),
        (r#"{"event":"client-x","channel":"a","data":1e400}"#, "1e400"),
    ] {
        sender.send_text(sent).await;
        other.expect(&format!(r#"{{"event":"client-x","channel":"a","data":{expected}}}"#)).await;
    }
}

#[tokio::test]
async fn cle_4_the_server_says_who_sent_it_in_the_type_of_the_membership() {
    let server = TestServer::start().await;
    let (mut sender, mut other) = (server.connect().await, server.connect().await);
    sender.join("presence-a", r#"{"user_id":42}"#).await;
    other.join("presence-a", r#"{"user_id":"7"}"#).await;
    sender.next().await; // the other joins
    sender.send(json!({"event": "client-x", "channel": "presence-a", "data": {}, "user_id": "7"})).await;
    other.expect(r#"{"event":"client-x","channel":"presence-a","data":{},"user_id":42}"#).await;
    other.send(json!({"event": "client-y", "channel": "presence-a", "data": {}})).await;
    sender.expect(r#"{"event":"client-y","channel":"presence-a","data":{},"user_id":"7"}"#).await;
}

#[tokio::test]
async fn cle_5_names_are_bounded() {
    let server = TestServer::start().await;
    let mut client = server.subscribed(&["a"]).await;
    client.send(json!({"event": format!("client-{}", "x".repeat(200)), "channel": "a"})).await;
    client.expect_error(4301, "The event name is longer than 200 characters.").await;
}

#[tokio::test]
async fn while_a_shard_has_too_much_to_do_clients_wait_and_nothing_is_lost() {
    const EVENTS: usize = 2_000;
    let settings = HubSettings { shards: 3, max_inbox_bytes: 5_000, ..HubSettings::default() };
    let server = TestServer::with(application(), settings).await;
    let mut reader = server.subscribed(&["a"]).await;
    let mut senders = Vec::new();
    for sender in 0..6 {
        let client = server.subscribed(&["a"]).await;
        senders.push(tokio::spawn(async move {
            let (mut sink, mut stream) = client.socket.split();
            let reading = tokio::spawn(async move { while stream.next().await.is_some_and(|it| it.is_ok()) {} });
            for number in 0..EVENTS {
                let event = json!({"event": "client-x", "channel": "a", "data": [sender, number]});
                sink.feed(Message::text(event.to_string())).await.unwrap();
            }
            sink.flush().await.unwrap();
            (sink, reading)
        }));
    }
    let mut next = [0; 6];
    for _ in 0..6 * EVENTS {
        let event = reader.next().await;
        let sender = usize::try_from(event["data"][0].as_u64().unwrap()).unwrap();
        assert_eq!(event["data"][1], next[sender]);
        next[sender] += 1;
    }
    for sender in senders {
        let (_sink, reading) = sender.await.unwrap();
        reading.abort();
    }
}
