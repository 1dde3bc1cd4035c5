use reqwest::StatusCode;
use server::application::Application;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{KEY, TestServer, application};

#[tokio::test]
async fn con_3_the_answer_is_the_one_of_reverb() {
    let server = TestServer::start().await;
    let mut request = format!("ws://{}/app/{KEY}", server.address).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".parse().unwrap());
    request.headers_mut().insert("sec-websocket-extensions", "permessage-deflate".parse().unwrap());
    let (_, answer) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(answer.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(answer.headers()["x-powered-by"], "Laravel Reverb");
    assert!(answer.headers().get("sec-websocket-extensions").is_none());
    assert!(answer.headers().get("sec-websocket-protocol").is_none());
}

#[tokio::test]
async fn con_4_a_plain_request_is_told_to_upgrade() {
    let server = TestServer::start().await;
    let answer = reqwest::get(format!("http://{}/app/{KEY}", server.address)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UPGRADE_REQUIRED);
    assert_eq!(answer.headers()["upgrade"], "websocket");
}

#[tokio::test]
async fn con_9_the_first_frame_bears_a_socket_id_of_its_own() {
    let server = TestServer::start().await;
    let mut first = server.open(KEY, "").await;
    let hello = first.next_text().await;
    let socket_id = server.connect().await.socket_id;
    let prefix = r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\""#;
    assert!(hello.starts_with(prefix), "{hello}");
    assert!(hello.ends_with(r#"\",\"activity_timeout\":30}"}"#), "{hello}");
    assert!(!hello.contains(&socket_id));
}

#[tokio::test]
async fn con_10_a_frame_sent_before_the_first_answer_is_handled_afterwards() {
    let server = TestServer::start().await;
    let mut socket = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let mut request = format!(
        "GET /app/{KEY} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes();
    let ping = br#"{"event":"pusher:ping","data":""}"#;
    request.extend_from_slice(&[0x81, 0x80 | u8::try_from(ping.len()).unwrap(), 0, 0, 0, 0]);
    request.extend_from_slice(ping);
    socket.write_all(&request).await.unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).ends_with(r#"{"event":"pusher:pong"}"#) {
        assert_ne!(socket.read_buf(&mut seen).await.unwrap(), 0);
    }
    let seen = String::from_utf8_lossy(&seen);
    assert!(seen.find("connection_established") < seen.find("pusher:pong"));
}

#[tokio::test]
async fn con_6_a_refusal_is_told_after_the_upgrade_and_closes_with_its_code() {
    let disabled = Application { is_enabled: false, ..application() };
    let secure = Application { tls_only: true, ..application() };
    let full = Application { max_connections: Some(0), ..application() };
    let guarded = Application { allowed_origins: vec!["laravel.com".to_owned()], ..application() };
    for (application, key, code, message) in [
        (application(), "unknown", 4001, "Application does not exist"),
        (disabled, KEY, 4003, "Application disabled"),
        (secure, KEY, 4000, "Application only accepts SSL connections, reconnect using wss://"),
        (full, KEY, 4004, "Application is over connection quota"),
        (guarded, KEY, 4009, "Origin not allowed"),
    ] {
        let server = TestServer::with_application(application).await;
        let mut client = server.open(key, "?client=js").await;
        client.expect_error(code, message).await;
        client.expect_close(code).await;
    }
}

#[tokio::test]
async fn con_7_the_quota_counts_sockets_without_a_subscription_and_gives_places_back() {
    let server = TestServer::with_application(Application { max_connections: Some(1), ..application() }).await;
    let first = server.connect().await;
    let mut second = server.open(KEY, "").await;
    second.expect_error(4004, "Application is over connection quota").await;
    drop(first);
    server.until("the first place is given back", |hub| hub.connections(&application().id) == 0).await;
    server.connect().await.assert_silent().await;
}

#[tokio::test]
async fn err_2_other_clients_get_errors_as_objects() {
    let server = TestServer::start().await;
    let mut closing = server.open("unknown", "?client=pusher-dotnet-client").await;
    closing.expect(r#"{"event":"pusher:error","data":{"code":4001,"message":"Application does not exist"}}"#).await;
    let mut open = server.connect_with("?client=java-client&protocol=5").await;
    open.send_text("x").await;
    open.expect(r#"{"event":"pusher:error","data":{"code":null,"message":"Invalid message format"}}"#).await;
}

#[tokio::test]
async fn api_22_connections_counts_every_socket() {
    let server = TestServer::start().await;
    let _clients = [server.connect().await, server.connect().await];
    let answer = server.api("GET", "/connections", &[], "").await;
    assert_eq!(answer, (200, serde_json::json!({"connections": 2})));
}

#[tokio::test]
async fn mon_1_channels_created_and_removed_are_counted() {
    let server = TestServer::start().await;
    let (mut one, mut other) = (server.subscribed(&["a", "b"]).await, server.subscribed(&["a"]).await);
    one.unsubscribe("b").await;
    one.unsubscribe("a").await;
    one.assert_silent().await;
    let metrics = server.hub.metrics().await;
    assert_eq!((metrics.channels_created, metrics.channels_removed), (2, 1));
    other.unsubscribe("a").await;
    other.assert_silent().await;
    assert_eq!(server.hub.metrics().await.channels_removed, 2);
}
