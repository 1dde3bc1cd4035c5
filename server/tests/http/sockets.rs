//! Sockets end with what let them in: a session, a token, an account.

use crate::support::{KEY, Person, TestServer};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use server::clock::Clock;
use server::domain::{Ability, AccountLimits, Accounts, Passwords, Tokens};
use server::store::{DatabaseSettings, Store};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A page's connection, subscribed to a private and a presence channel.
struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    id: String,
}

impl Socket {
    /// Opens a connection and subscribes, with signatures that `ask` is the request for.
    async fn open(server: &TestServer, user_id: i64, ask: impl Fn() -> RequestBuilder) -> Self {
        let url = format!("{}/app/{KEY}?protocol=7&client=js", server.url.replacen("http", "ws", 1));
        let (stream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut socket = Self { stream, id: String::new() };
        let hello = socket.event().await;
        let data: Value = serde_json::from_str(hello["data"].as_str().unwrap()).unwrap();
        data["socket_id"].as_str().unwrap().clone_into(&mut socket.id);
        for channel in [format!("private-user.{user_id}"), "presence-chat".to_owned()] {
            let body = json!({ "socket_id": socket.id, "channel_name": channel });
            let mut data: Value = ask().json(&body).send().await.unwrap().json().await.unwrap();
            data["channel"] = channel.clone().into();
            socket.send(&json!({ "event": "pusher:subscribe", "data": data })).await;
            let succeeded = socket.event_named("pusher_internal:subscription_succeeded").await;
            assert_eq!(succeeded["channel"], channel);
        }
        socket
    }

    async fn of(server: &TestServer, person: &Person) -> Self {
        let id = person.get("/api/user").await.json::<Value>().await.unwrap()["id"].as_i64().unwrap();
        Self::open(server, id, || person.request(reqwest::Method::POST, "/broadcasting/auth")).await
    }

    async fn send(&mut self, event: &Value) {
        self.stream.send(Message::text(event.to_string())).await.unwrap();
    }

    async fn event(&mut self) -> Value {
        loop {
            match self.stream.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    async fn event_named(&mut self, name: &str) -> Value {
        loop {
            let event = self.event().await;
            if event["event"] == name {
                return event;
            }
        }
    }

    /// A round trip: who is answered is still connected.
    async fn assert_answered(&mut self) {
        self.send(&json!({ "event": "pusher:ping", "data": {} })).await;
        self.event_named("pusher:pong").await;
    }

    /// Waits for the end, which must be the one that makes a client come back and ask again.
    async fn assert_terminated(mut self) {
        loop {
            if let Message::Close(frame) = self.stream.next().await.unwrap().unwrap() {
                let frame = frame.unwrap();
                assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4100, "Terminated by the application"));
                return;
            }
        }
    }
}

async fn store(server: &TestServer) -> Store {
    let path = server.directory.path().join("smartlink.sqlite3");
    Store::connect(&DatabaseSettings::Sqlite { path }).await.unwrap()
}

#[tokio::test]
async fn signing_out_ends_that_session_s_sockets_and_no_others() {
    let server = TestServer::start().await;
    let mut ada = server.sign_up("Ada").await;
    let mut at_home = server.visitor();
    at_home.load("/sign-in").await;
    let fields = [("email", "ada@example.com".into()), ("password", crate::support::PASSWORD.into())];
    at_home.submit("/sign-in", &fields).await;
    let (first, second) = (Socket::of(&server, &ada).await, Socket::of(&server, &ada).await);
    let (mut other_session, mut ben) =
        (Socket::of(&server, &at_home).await, Socket::of(&server, &server.sign_up("Ben").await).await);
    ada.submit("/sign-out", &[]).await;
    first.assert_terminated().await;
    second.assert_terminated().await;
    other_session.assert_answered().await;
    at_home.submit("/sign-out", &[]).await;
    other_session.assert_terminated().await;
    // She has no session left, so she has gone, and not only lost her line.
    assert_eq!(ben.event_named("pusher_internal:member_removed").await["channel"], "presence-chat");
    let left = ben.event_named("UserLeft").await;
    assert_eq!(serde_json::from_str::<Value>(left["data"].as_str().unwrap()).unwrap()["reason"], "signed_out");
    server.stop().await;
}

#[tokio::test]
async fn a_user_who_is_disabled_from_another_process_is_disconnected_and_not_let_in_again() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let socket = Socket::of(&server, &ada).await;
    let id = socket.id.clone();
    let store = store(&server).await;
    let accounts = Accounts::new(store.clone(), Clock::system(), Passwords::default(), AccountLimits::default());
    accounts.set_disabled("ada@example.com", true).await.unwrap();
    socket.assert_terminated().await;
    let body = json!({ "socket_id": id, "channel_name": "presence-chat" });
    assert_eq!(ada.post("/broadcasting/auth", body).await.status(), reqwest::StatusCode::FORBIDDEN);
    store.close().await;
    server.stop().await;
}

#[tokio::test]
async fn a_revoked_token_and_a_right_that_was_taken_back_end_their_sockets() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let user_id = ada.get("/api/user").await.json::<Value>().await.unwrap()["id"].as_i64().unwrap();
    let store = store(&server).await;
    let tokens = Tokens::new(store.clone(), Clock::system());
    let owner = app::ids::UserId(user_id);
    let token = tokens.create(owner, "test", &[Ability::Broadcasting], None).await.unwrap();
    let ask = || {
        let url = format!("{}/broadcasting/auth", server.url);
        reqwest::Client::new().post(url).bearer_auth(&token.plain_text)
    };
    let by_token = Socket::open(&server, user_id, ask).await;
    let mut by_session = Socket::of(&server, &ada).await;
    assert!(tokens.revoke(owner, token.id).await.unwrap());
    by_token.assert_terminated().await;
    by_session.assert_answered().await;
    let accounts = Accounts::new(store.clone(), Clock::system(), Passwords::default(), AccountLimits::default());
    accounts.set_role("ada@example.com", app::accounts::Role::Admin).await.unwrap();
    by_session.assert_terminated().await;
    store.close().await;
    server.stop().await;
}
