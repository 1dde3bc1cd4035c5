//! A server of the simulated world: channels with logs, sockets with subscriptions, answers as the protocol has them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::realtime::connection::AttemptId;

/// What the server knows; it outlives restarts, as a database does.
#[derive(Default)]
pub(in crate::realtime) struct Server {
    logs: BTreeMap<String, Log>,
    sockets: BTreeMap<AttemptId, BTreeSet<String>>,
    socket_ids: BTreeMap<AttemptId, String>,
    next_socket: u64,
    /// The next live events that reach no socket, as a faulty server or proxy would lose them.
    pub(in crate::realtime) swallow: u32,
    /// Subscriptions whose history can't be read: answered without a position.
    pub(in crate::realtime) unreadable: u32,
    pub(in crate::realtime) subscribes: u32,
}

struct Log {
    epoch: u64,
    /// Every event since the numbering began; number `n` at index `n - 1`.
    events: Vec<String>,
    /// Events up to here are no longer kept.
    forgotten: usize,
}

impl Server {
    pub(in crate::realtime) fn connect(&mut self, attempt: AttemptId) -> String {
        self.next_socket += 1;
        let socket_id = format!("{}.{}", self.next_socket, attempt.0);
        self.sockets.insert(attempt, BTreeSet::new());
        self.socket_ids.insert(attempt, socket_id.clone());
        let data = json!({ "socket_id": socket_id, "activity_timeout": 30 }).to_string();
        json!({ "event": "pusher:connection_established", "data": data }).to_string()
    }

    pub(in crate::realtime) fn disconnect(&mut self, attempt: AttemptId) {
        self.sockets.remove(&attempt);
        self.socket_ids.remove(&attempt);
    }

    pub(in crate::realtime) fn connected(&self) -> Vec<AttemptId> {
        self.sockets.keys().copied().collect()
    }

    /// Adds an event to a channel's log and gives the frames that go out.
    pub(in crate::realtime) fn publish(&mut self, channel: &str, data: &str) -> Vec<(AttemptId, String)> {
        let log = self.log(channel);
        log.events.push(data.to_owned());
        let offset = log.events.len();
        if self.swallow > 0 {
            self.swallow -= 1;
            return Vec::new();
        }
        let frame = event(channel, data, offset);
        let subscribed = self.sockets.iter().filter(|(_, channels)| channels.contains(channel));
        subscribed.map(|(attempt, _)| (*attempt, frame.clone())).collect()
    }

    /// The data of all events of a channel after `offset`.
    pub(in crate::realtime) fn events_after(&mut self, channel: &str, offset: usize) -> Vec<String> {
        self.log(channel).events[offset..].to_vec()
    }

    pub(in crate::realtime) fn position(&mut self, channel: &str) -> (String, u64) {
        let log = self.log(channel);
        (format!("epoch-{}", log.epoch), log.events.len() as u64)
    }

    /// Keeps only a channel's last `count` events.
    pub(in crate::realtime) fn forget(&mut self, channel: &str, count: usize) {
        let log = self.log(channel);
        log.forgotten = log.events.len().saturating_sub(count);
    }

    /// Answers a frame of a socket.
    pub(in crate::realtime) fn receive(&mut self, attempt: AttemptId, text: &str) -> Vec<String> {
        if !self.sockets.contains_key(&attempt) {
            return Vec::new();
        }
        let frame: Value = serde_json::from_str(text).expect("clients send JSON");
        let data = &frame["data"];
        match frame["event"].as_str().expect("a frame has an event") {
            "pusher:ping" => vec![json!({ "event": "pusher:pong" }).to_string()],
            "pusher:pong" => Vec::new(),
            "pusher:subscribe" => self.subscribe(attempt, data),
            "pusher:unsubscribe" => {
                if let Some(channels) = self.sockets.get_mut(&attempt) {
                    channels.remove(data["channel"].as_str().expect("a channel"));
                }
                Vec::new()
            }
            other => panic!("the client sent {other}"),
        }
    }

    fn subscribe(&mut self, attempt: AttemptId, data: &Value) -> Vec<String> {
        let channel = data["channel"].as_str().expect("a channel").to_owned();
        let Some(socket_id) = self.socket_ids.get(&attempt) else { return Vec::new() };
        if channel.starts_with("private-") && data["auth"] != json!(format!("signed:{socket_id}:{channel}")) {
            let data = json!({ "type": "AuthError", "error": "unauthorized", "status": 401 }).to_string();
            return vec![json!({ "event": "pusher:subscription_error", "data": data, "channel": channel }).to_string()];
        }
        self.subscribes += 1;
        self.sockets.entry(attempt).or_default().insert(channel.clone());
        let succeeded = |data: Value| {
            let event = "pusher_internal:subscription_succeeded";
            json!({ "event": event, "data": data.to_string(), "channel": channel }).to_string()
        };
        if self.unreadable > 0 {
            self.unreadable -= 1;
            return vec![succeeded(json!({ "epoch": "", "offset": 0, "recovered": false }))];
        }
        let (epoch, head) = self.position(&channel);
        let log = self.log(&channel);
        let missed = data["recover"]["offset"].as_u64().and_then(|offset| {
            let offset = usize::try_from(offset).expect("small");
            let is_kept =
                data["recover"]["epoch"] == json!(epoch) && (log.forgotten..=log.events.len()).contains(&offset);
            is_kept.then_some(offset)
        });
        let mut frames = vec![succeeded(json!({ "epoch": epoch, "offset": head, "recovered": missed.is_some() }))];
        if let Some(offset) = missed {
            let events = log.events.iter().enumerate().skip(offset);
            frames.extend(events.map(|(index, data)| event(&channel, data, index + 1)));
        }
        frames
    }

    fn log(&mut self, channel: &str) -> &mut Log {
        self.logs.entry(channel.to_owned()).or_insert_with(|| Log { epoch: 7, events: Vec::new(), forgotten: 0 })
    }
}

fn event(channel: &str, data: &str, offset: usize) -> String {
    json!({ "event": "Happened", "data": data, "channel": channel, "offset": offset }).to_string()
}
