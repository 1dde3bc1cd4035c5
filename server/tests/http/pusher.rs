//! The Pusher server as a deployment sets it up: behind a prefix, a proxy, and with limits of its own.

use futures_util::{SinkExt as _, StreamExt as _};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use server::clock::Clock;
use server::signature::sign;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::support::{KEY, SECRET, TestServer};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Path and query of a publish, signed over `signed_path`.
fn signed(path: &str, signed_path: &str, body: &str) -> String {
    let now_s = Clock::system().now().unix_ms() / 1_000;
    let md5 = hex::encode(Md5::digest(body));
    let query = format!("auth_key={KEY}&auth_timestamp={now_s}&auth_version=1.0&body_md5={md5}");
    let signature = sign(SECRET, format!("POST\n{signed_path}\n{query}").as_bytes());
    format!("{path}?{query}&auth_signature={signature}")
}

async fn connect(server: &TestServer, path: &str, headers: &[(&'static str, &str)]) -> Socket {
    let mut request = format!("{}{path}", server.url.replace("http", "ws")).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Value {
    match socket.next().await.unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("expected a text, got {other:?}"),
    }
}

async fn send(socket: &mut Socket, frame: Value) {
    socket.send(Message::text(frame.to_string())).await.unwrap();
}

async fn first_event(server: &TestServer, headers: &[(&'static str, &str)]) -> Value {
    next(&mut connect(server, &format!("/app/{KEY}"), headers).await).await
}

#[tokio::test]
async fn api_6_behind_a_prefix_both_paths_may_have_been_signed() {
    let server = TestServer::start_with(&[("REVERB_SERVER_PATH", "/ws")]).await;
    let client = reqwest::Client::new();
    let body = json!({"name": "a", "data": "1", "channel": "x"}).to_string();
    for (path, signed_path, status) in [
        ("/ws/apps/1/events", "/apps/1/events", 200),
        ("/ws/apps/1/events", "/ws/apps/1/events", 200),
        ("/ws/apps/1/events", "/other/apps/1/events", 401),
    ] {
        let url = format!("{}{}", server.url, signed(path, signed_path, &body));
        let answer = client.post(url).body(body.clone()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{signed_path}");
    }
    let up = client.get(format!("{}/ws/up", server.url)).send().await.unwrap();
    assert_eq!(up.text().await.unwrap(), r#"{"health":"OK"}"#);
    assert_eq!(
        next(&mut connect(&server, &format!("/ws/app/{KEY}"), &[]).await).await["event"],
        "pusher:connection_established"
    );
    server.stop().await;
}

#[tokio::test]
async fn lim_1_the_largest_request_is_a_setting_for_body_and_data() {
    let server = TestServer::start_with(&[("REVERB_MAX_REQUEST_SIZE", "300")]).await;
    let client = reqwest::Client::new();
    let publish = async |data: &str| {
        let body = json!({"name": "a", "data": data, "channel": "x"}).to_string();
        let url = format!("{}{}", server.url, signed("/apps/1/events", "/apps/1/events", &body));
        let answer = client.post(url).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(publish(&"x".repeat(200)).await, (200, "{}".to_owned()));
    assert_eq!(publish(&"x".repeat(300)).await, (413, "Payload too large.".to_owned()));
    server.stop().await;
}

#[tokio::test]
async fn con_6_a_trusted_proxy_s_word_for_tls_counts_and_nobody_else_s() {
    let refused = |event: &Value| event["data"].as_str().unwrap().contains("4000");
    let server = TestServer::start_with(&[("SMARTLINK_APP_TLS_ONLY", "true")]).await;
    assert!(refused(&first_event(&server, &[("x-forwarded-proto", "https")]).await));
    server.stop().await;
    let variables = [("SMARTLINK_APP_TLS_ONLY", "true"), ("SMARTLINK_TRUSTED_PROXIES", "127.0.0.1")];
    let server = TestServer::start_with(&variables).await;
    assert!(refused(&first_event(&server, &[]).await));
    let event = first_event(&server, &[("x-forwarded-proto", "https")]).await;
    assert_eq!(event["event"], "pusher:connection_established");
    server.stop().await;
}

#[tokio::test]
async fn cfg_5_the_address_that_counts_is_the_one_a_trusted_proxy_names() {
    let variables = [("SMARTLINK_APP_MAX_CONNECTIONS_PER_ADDRESS", "1"), ("SMARTLINK_TRUSTED_PROXIES", "127.0.0.1")];
    let server = TestServer::start_with(&variables).await;
    let path = format!("/app/{KEY}");
    let mut open = Vec::new();
    for (address, event) in [
        ("192.0.2.1", "pusher:connection_established"),
        ("192.0.2.1", "pusher:error"),
        ("192.0.2.2", "pusher:connection_established"),
        ("192.0.2.2, 192.0.2.3", "pusher:connection_established"),
        ("198.51.100.7, 192.0.2.3", "pusher:error"),
    ] {
        let mut socket = connect(&server, &path, &[("x-forwarded-for", address)]).await;
        assert_eq!(next(&mut socket).await["event"], event, "{address}");
        open.push(socket);
    }
    let metrics = reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap();
    for line in [
        "smartlink_connections{application=\"1\"} 3\n",
        "smartlink_limited_total{limit=\"connections_per_address\"} 2\n",
        "smartlink_connections_pruned_total{application=\"1\"} 0\n",
        "smartlink_channels_created_total 0\n",
        "smartlink_frames_sent_total ",
        "smartlink_errors_total{code=\"4100\"} 2\n",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
    server.stop().await;
}

#[tokio::test]
async fn api_3_http_1_0_is_spoken() {
    let server = TestServer::start().await;
    let body = json!({"name": "a", "data": "1", "channel": "x"}).to_string();
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let target = signed("/apps/1/events", "/apps/1/events", &body);
    let request = format!("POST {target} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-length: 2\r\n") && answer.ends_with("\r\n\r\n{}"), "{answer}");
    server.stop().await;
}

/// What comes until the server ends the connection.
async fn rest_of(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn connections_that_say_nothing_make_room_for_those_that_ask() {
    let variables = [("SMARTLINK_MAX_PENDING_HANDSHAKES", "2"), ("SMARTLINK_HANDSHAKE_TIMEOUT", "3600")];
    let server = TestServer::start_with(&variables).await;
    let address = server.url.trim_start_matches("http://");
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    for stream in &mut silent[..2] {
        assert_eq!(rest_of(stream).await, "");
    }
    // Who asks is served, and its connection is none of those any more.
    let metrics = reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("smartlink_handshakes_given_up_total 3\n"), "{metrics}");
    assert!(metrics.contains("smartlink_pending_handshakes 1\n"), "{metrics}");
    drop(silent);
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_never_asks_is_given_up_in_time() {
    let server = TestServer::start_with(&[("SMARTLINK_HANDSHAKE_TIMEOUT", "1")]).await;
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    assert_eq!(rest_of(&mut stream).await, "");
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_answered_with_408_on_every_route() {
    let server = TestServer::start_with(&[("SMARTLINK_BODY_TIMEOUT", "1")]).await;
    for path in ["/api/chat/messages", "/sign-in", "/broadcasting/auth", "/apps/1/events"] {
        let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na=b"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = rest_of(&mut stream).await;
        // Where nobody reads the body, it is refused before.
        let is_refused = answer.starts_with("HTTP/1.1 401 ") || answer.starts_with("HTTP/1.1 403 ");
        assert!(answer.starts_with("HTTP/1.1 408 ") || is_refused, "{path}: {answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_general_room_tells_strangers_nothing_of_its_past() {
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    ada.say("before").await;
    let position = ada.get("/api/chat/messages").await.json::<Value>().await.unwrap()["position"].clone();
    ada.say("missed").await;
    let recover = json!({"epoch": position["epoch"], "offset": position["offset"]});

    let mut stranger = connect(&server, &format!("/app/{KEY}"), &[]).await;
    next(&mut stranger).await;
    send(&mut stranger, json!({"event": "pusher:subscribe", "data": {"channel": "chat", "recover": recover}})).await;
    let answer: Value = serde_json::from_str(next(&mut stranger).await["data"].as_str().unwrap()).unwrap();
    assert_eq!((&answer["recovered"], &answer["offset"]), (&json!(false), &json!(2)));

    let mut person = connect(&server, &format!("/app/{KEY}"), &[]).await;
    let hello: Value = serde_json::from_str(next(&mut person).await["data"].as_str().unwrap()).unwrap();
    let fields = [("socket_id", hello["socket_id"].as_str().unwrap()), ("channel_name", "chat")];
    let auth: Value = ada.form("/broadcasting/auth", &fields).await.json().await.unwrap();
    let data = json!({"channel": "chat", "auth": auth["auth"], "recover": recover});
    send(&mut person, json!({"event": "pusher:subscribe", "data": data})).await;
    let answer: Value = serde_json::from_str(next(&mut person).await["data"].as_str().unwrap()).unwrap();
    assert_eq!(answer["recovered"], true);
    assert_eq!(next(&mut person).await["event"], "MessageSent");

    ada.say("live").await;
    for socket in [&mut stranger, &mut person] {
        assert_eq!(next(socket).await["event"], "MessageSent");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_private_general_room_lets_no_stranger_in() {
    let server = TestServer::start_with(&[("SMARTLINK_PRIVATE_GENERAL_CHAT", "true")]).await;
    let ada = server.sign_up("Ada").await;
    let mut socket = connect(&server, &format!("/app/{KEY}"), &[]).await;
    let hello: Value = serde_json::from_str(next(&mut socket).await["data"].as_str().unwrap()).unwrap();
    for auth in [Value::Null, json!("test-key:0123")] {
        let data = json!({"channel": "chat", "auth": auth});
        send(&mut socket, json!({"event": "pusher:subscribe", "data": data})).await;
        assert_eq!(next(&mut socket).await["event"], "pusher:error");
        assert_eq!(next(&mut socket).await["event"], "pusher:subscription_error");
    }
    let fields = [("socket_id", hello["socket_id"].as_str().unwrap())];
    let auth: Value = ada.form("/broadcasting/user-auth", &fields).await.json().await.unwrap();
    send(&mut socket, json!({"event": "pusher:signin", "data": auth})).await;
    assert_eq!(next(&mut socket).await["event"], "pusher:signin_success");
    send(&mut socket, json!({"event": "pusher:subscribe", "data": {"channel": "chat"}})).await;
    assert_eq!(next(&mut socket).await["event"], "pusher_internal:subscription_succeeded");
    server.stop().await;
}
