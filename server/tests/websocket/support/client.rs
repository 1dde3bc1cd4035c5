//! A client, frame by frame.

use ::server::signature::{sign_channel, sign_user};
use app::realtime::{ChannelName, SocketId};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{KEY, PATIENCE, SECRET};

pub(crate) struct TestClient {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) socket_id: String,
}

impl TestClient {
    pub(crate) fn new(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self { socket, socket_id: String::new() }
    }

    pub(crate) fn id(&self) -> SocketId {
        self.socket_id.parse().unwrap()
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends several frames in one write, so that they arrive in the same instant.
    pub(crate) async fn send_together(&mut self, frames: &[Value]) {
        for frame in frames {
            self.socket.feed(Message::text(frame.to_string())).await.unwrap();
        }
        self.socket.flush().await.unwrap();
    }

    /// `subscription_error` with this type and status must come next.
    pub(crate) async fn expect_subscription_error(&mut self, channel: &str, kind: &str, status: u16) {
        let error = self.next().await;
        assert_eq!(error["event"], "pusher:subscription_error", "{error}");
        assert_eq!(error["channel"], channel);
        let data: Value = serde_json::from_str(error["data"].as_str().unwrap()).unwrap();
        assert_eq!((&data["type"], &data["status"]), (&json!(kind), &json!(status)), "{error}");
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message of any kind; control frames are left out but for the close.
    pub(crate) async fn next_message(&mut self) -> Message {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came");
            match next.expect("the connection has ended").expect("the connection is broken") {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    /// The next frame's text.
    pub(crate) async fn next_text(&mut self) -> String {
        match self.next_message().await {
            Message::Text(text) => text.to_string(),
            other => panic!("expected a text, got {other:?}"),
        }
    }

    pub(crate) async fn next(&mut self) -> Value {
        let text = self.next_text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub(crate) async fn expect(&mut self, text: &str) {
        assert_eq!(self.next_text().await, text);
    }

    pub(crate) async fn expect_error(&mut self, code: u16, message: &str) {
        let data = format!(r#"{{\"code\":{code},\"message\":\"{message}\"}}"#);
        self.expect(&format!(r#"{{"event":"pusher:error","data":"{data}"}}"#)).await;
    }

    /// The close frame that must come next.
    pub(crate) async fn expect_close(&mut self, code: u16) -> String {
        match self.next_message().await {
            Message::Close(Some(CloseFrame { code: found, reason })) => {
                assert_eq!(u16::from(found), code);
                reason.to_string()
            }
            other => panic!("expected a close with {code}, got {other:?}"),
        }
    }

    /// Nothing waits for this client: what it asks for next is answered next.
    pub(crate) async fn assert_silent(&mut self) {
        self.send(json!({"event": "pusher:ping", "data": {}})).await;
        self.expect(r#"{"event":"pusher:pong"}"#).await;
    }

    /// Sends a ping; what comes before its answer.
    pub(crate) async fn ping_until_pong(&mut self) -> Vec<Value> {
        self.send(json!({"event": "pusher:ping", "data": {}})).await;
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            if event["event"] == "pusher:pong" {
                return events;
            }
            events.push(event);
        }
    }

    /// Subscribes to a channel of any kind but presence.
    pub(crate) async fn subscribe(&mut self, channel: &str) -> Value {
        let auth = self.auth(channel, None);
        self.send(json!({"event": "pusher:subscribe", "data": {"channel": channel, "auth": auth}})).await;
        self.succeeded(channel).await
    }

    /// Subscribes to a logged channel.
    pub(crate) async fn recover(&mut self, channel: &str, recover: Value) -> Value {
        let auth = self.auth(channel, None);
        let data = json!({"channel": channel, "auth": auth, "recover": recover});
        self.send(json!({"event": "pusher:subscribe", "data": data})).await;
        self.succeeded(channel).await
    }

    /// Joins a presence channel; the data of the answer.
    pub(crate) async fn join(&mut self, channel: &str, channel_data: &str) -> Value {
        self.send_join(channel, channel_data).await;
        self.succeeded(channel).await
    }

    pub(crate) async fn send_join(&mut self, channel: &str, channel_data: &str) {
        let auth = self.auth(channel, Some(channel_data));
        let data = json!({"channel": channel, "auth": auth, "channel_data": channel_data});
        self.send(json!({"event": "pusher:subscribe", "data": data})).await;
    }

    pub(crate) async fn unsubscribe(&mut self, channel: &str) {
        self.send(json!({"event": "pusher:unsubscribe", "data": {"channel": channel}})).await;
    }

    pub(crate) async fn succeeded(&mut self, channel: &str) -> Value {
        let answer = self.next().await;
        assert_eq!(answer["event"], "pusher_internal:subscription_succeeded", "{answer}");
        assert_eq!(answer["channel"], channel);
        serde_json::from_str(answer["data"].as_str().unwrap()).unwrap()
    }

    pub(crate) fn auth(&self, channel: &str, channel_data: Option<&str>) -> String {
        let channel: ChannelName = channel.parse().unwrap();
        format!("{KEY}:{}", sign_channel(SECRET, self.id(), &channel, channel_data))
    }

    pub(crate) async fn sign_in(&mut self, user_data: &str) {
        let auth = format!("{KEY}:{}", sign_user(SECRET, self.id(), user_data));
        self.send(json!({"event": "pusher:signin", "data": {"auth": auth, "user_data": user_data}})).await;
    }
}
