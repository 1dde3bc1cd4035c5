use server::hub::HubSettings;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use server::application::Application;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{TestServer, application};

fn impatient() -> Application {
    Application { ping_interval: Duration::from_millis(100), pong_timeout: Duration::from_millis(200), ..application() }
}

#[tokio::test]
async fn liv_3_a_silent_client_is_pinged_and_then_closed_and_its_members_leave() {
    let server = TestServer::with_application(impatient()).await;
    let mut silent = server.connect().await;
    silent.join("presence-a", r#"{"user_id":1}"#).await;
    silent.expect(r#"{"event":"pusher:ping"}"#).await;
    silent.expect_error(4201, "Pong reply not received in time").await;
    assert_eq!(silent.expect_close(4201).await, "Pong reply not received in time");
    assert_eq!(server.hub.members(&application().id, &"presence-a".parse().unwrap()), []);
}

#[tokio::test]
async fn liv_2_any_frame_is_a_sign_of_life() {
    let server = TestServer::with_application(impatient()).await;
    let mut client = server.connect().await;
    for _ in 0..5 {
        client.expect(r#"{"event":"pusher:ping"}"#).await;
        client.send_text(r#"{"event":"pusher:pong","data":{}}"#).await;
    }
}

#[tokio::test]
async fn liv_4_clients_below_protocol_7_are_pinged_with_control_frames() {
    let server = TestServer::with_application(impatient()).await;
    let mut client = server.connect_with("?protocol=5&client=java-client").await;
    for _ in 0..3 {
        let ping = client.socket.next().await.unwrap().unwrap();
        assert_eq!(ping, Message::Ping(Vec::new().into()));
    }
}

#[tokio::test]
async fn err_5_a_client_that_never_answers_a_close_is_dropped() {
    let settings = HubSettings { close_timeout: Duration::from_millis(100), ..HubSettings::default() };
    let server = TestServer::with(impatient(), settings).await;
    let client = server.connect().await;
    let MaybeTlsStream::Plain(mut socket) = client.socket.into_inner() else { panic!("no plain socket") };
    let mut seen = Vec::new();
    socket.read_to_end(&mut seen).await.unwrap();
    assert!(seen.ends_with(b"\x10\x69Pong reply not received in time"));
}

#[tokio::test]
async fn liv_4_a_client_that_has_sent_a_control_ping_is_pinged_with_control_frames() {
    let server = TestServer::with_application(impatient()).await;
    let mut client = server.connect().await;
    client.expect(r#"{"event":"pusher:ping"}"#).await;
    client.socket.send(Message::Ping(b"x".to_vec().into())).await.unwrap();
    assert_eq!(client.socket.next().await.unwrap().unwrap(), Message::Pong(b"x".to_vec().into()));
    for _ in 0..3 {
        let ping = client.socket.next().await.unwrap().unwrap();
        assert_eq!(ping, Message::Ping(Vec::new().into()));
    }
}

#[tokio::test]
async fn liv_5_a_connection_without_a_subscription_is_pinged_and_pruned_too() {
    let server = TestServer::with_application(impatient()).await;
    let mut idle = server.connect().await;
    idle.expect(r#"{"event":"pusher:ping"}"#).await;
    idle.expect_error(4201, "Pong reply not received in time").await;
    idle.expect_close(4201).await;
    let metrics = server.hub.metrics().await;
    assert_eq!((metrics.pruned, metrics.applications[&application().id].pruned), (1, 1));
}
