//! What stands behind a signature: whoever holds the secret may still send nonsense (a backend signs what its users say).

use serde_json::{Value, json};
use server::signature::sign;

use crate::corpus::{Dice, lines, printed, rounds};
use crate::support::{KEY, SECRET, TestClient, TestServer};

const CHANNELS: [&str; 9] = [
    "presence-a",
    "presence-cache-a",
    "private-a",
    "private-cache-a",
    "private-encrypted-a",
    "cache-a",
    "a",
    "#server-to-user-1",
    "presence-",
];

/// The kinds that keep their last event (section 5.1 of the protocol).
const CACHES: [&str; 4] = ["private-encrypted-cache-", "private-cache-", "presence-cache-", "cache-"];

/// Subscribes with a signature over exactly what is sent, and looks whether the answer is one of those there are.
async fn subscribe(client: &mut TestClient, channel: &str, channel_data: &str) {
    let signed = match channel_data {
        "" => format!("{}:{channel}", client.socket_id),
        _ => format!("{}:{channel}:{channel_data}", client.socket_id),
    };
    let auth = format!("{KEY}:{}", sign(SECRET, signed.as_bytes()));
    let data = json!({"channel": channel, "auth": auth, "channel_data": channel_data});
    client.send(json!({"event": "pusher:subscribe", "data": data})).await;
    let answer = client.next().await;
    let data = parse(answer["data"].as_str().unwrap()).unwrap_or_default();
    match answer["event"].as_str().unwrap() {
        "pusher_internal:subscription_succeeded" => {
            assert_eq!(answer["channel"], channel);
            if channel.starts_with("presence-") && !data.is_null() {
                is_consistent(&data["presence"]);
                is_member(&data["presence"], channel_data);
            }
            if CACHES.iter().any(|prefix| channel.starts_with(prefix)) {
                assert_eq!(client.next().await["event"], "pusher:cache_miss");
            }
            client.unsubscribe(channel).await;
        }
        "pusher:error" if data["code"] == 4200 => assert!(serde_json::from_str::<Value>(channel_data).is_err()),
        "pusher:error" => {
            assert_eq!(data["code"], 4009);
            assert_eq!(client.next().await["event"], "pusher:subscription_error");
        }
        "pusher:subscription_error" => assert_eq!(data["type"], "InvalidChannelName"),
        other => panic!("{other}: {answer}"),
    }
}

/// JSON as its grammar has it. `None` for a number like `1e400`, which is JSON, and which this reader can't hold.
fn parse(json: &str) -> Option<Value> {
    match serde_json::from_str(json) {
        Ok(value) => Some(value),
        Err(error) if error.to_string().starts_with("number out of range") => None,
        Err(error) => panic!("{error}: {json}"),
    }
}

/// PRE-2: every member once.
fn is_consistent(presence: &Value) {
    let ids = presence["ids"].as_array().unwrap();
    let hash = presence["hash"].as_object().unwrap();
    assert_eq!(presence["count"].as_u64().unwrap(), ids.len() as u64, "{presence}");
    assert_eq!(hash.len(), ids.len(), "{presence}");
}

/// The new member is in the snapshot, under the id that it came with.
fn is_member(presence: &Value, channel_data: &str) {
    let Ok(member) = serde_json::from_str::<Value>(channel_data) else {
        panic!("accepted though it is no JSON: {channel_data}")
    };
    let id = &member["user_id"];
    assert!(id.is_number() || id.as_str().is_some_and(|it| !it.is_empty()), "accepted without an id: {channel_data}");
    assert!(presence["ids"].as_array().unwrap().contains(id), "{presence} lacks {id}");
}

#[tokio::test]
async fn frm_8_signed_subscriptions_to_anything_are_accepted_or_refused_and_nothing_else() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let mut observer = server.connect().await;
    observer.join("presence-a", r#"{"user_id":"observer"}"#).await;
    let corpus = lines("members.txt");
    let mut dice = Dice::new();
    let whole = corpus.iter().flat_map(|data| CHANNELS.map(|channel| (channel.to_owned(), data.clone())));
    let mut inputs: Vec<_> = whole.collect();
    for _ in 0..rounds(500) {
        let mut channel = (*dice.pick(&CHANNELS)).to_owned();
        if dice.below(5) == 0 {
            channel = String::from_utf8_lossy(&dice.broken(&[channel.into_bytes()])).into_owned();
        }
        inputs.push((channel, dice.broken(&corpus)));
    }
    for (channel, data) in inputs {
        let data = String::from_utf8_lossy(&data);
        if channel.len() + data.len() > 4_000 {
            continue;
        }
        println!("{channel} {}", printed(data.as_bytes()));
        subscribe(&mut client, &channel, &data).await;
    }
    // The observer has heard of everybody who came and went, each in good order.
    let mut here = std::collections::HashSet::new();
    observer.send(json!({"event": "pusher:subscribe", "data": {"channel": "the-end"}})).await;
    loop {
        let frame = observer.next().await;
        if frame["channel"] == "the-end" {
            break;
        }
        let Some(member) = parse(frame["data"].as_str().unwrap()) else { continue };
        let id = member["user_id"].to_string();
        match frame["event"].as_str().unwrap() {
            "pusher_internal:member_added" => assert!(here.insert(id), "came twice: {frame}"),
            "pusher_internal:member_removed" => assert!(here.remove(&id), "left without having come: {frame}"),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn frm_8_signed_sign_ins_with_anything_are_accepted_or_refused_and_nothing_else() {
    let server = TestServer::start().await;
    let corpus = lines("users.txt");
    let mut dice = Dice::new();
    let broken: Vec<_> = (0..rounds(200)).map(|_| dice.broken(&corpus)).collect();
    for input in corpus.iter().chain(&broken) {
        let data = String::from_utf8_lossy(input);
        if data.len() > 4_000 {
            continue;
        }
        println!("{}", printed(data.as_bytes()));
        let mut client = server.connect().await;
        client.sign_in(&data).await;
        let answer = client.next().await;
        let told: Value = serde_json::from_str(answer["data"].as_str().unwrap()).unwrap();
        match answer["event"].as_str().unwrap() {
            "pusher:signin_success" => assert_eq!(told["user_data"], *data),
            "pusher:error" => assert_eq!(told["code"], 4009),
            other => panic!("{other}"),
        }
        client.assert_silent().await;
    }
}
