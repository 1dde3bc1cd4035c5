//! What an operator asks of a running server: status, restart, install, frames in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::process::{Place, Running};
use crate::support::{KEY, SECRET};

/// A free port, which the test's server is told to take, so that commands find it by the settings.
fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

#[tokio::test]
async fn the_status_tells_of_connections_channels_and_health() {
    let place = Place::new("").with("REVERB_SERVER_PORT", &free_port());
    let server = place.serve_with(&["serve"]).await;
    let mut socket = server.greeted(KEY).await;
    socket.subscribe("orders", SECRET).await;
    let status: Value = serde_json::from_str(&place.run(&["status", "--json"]).await).unwrap();
    assert_eq!(status["connections"], 1);
    assert_eq!(status["applications"]["1"]["connections"], 1);
    assert_eq!(status["channels"], json!({"public": 1}));
    assert_eq!(status["state"], "serving");
    assert_eq!(status["health"]["database"], true);
    assert!(status["rates"]["frames_out"].is_u64() && status["memory_bytes"].as_u64().unwrap() > 1_000_000);
    let text = place.run(&["status"]).await;
    assert!(text.contains("connections   1\n") && text.contains("channels      1 (1 public)\n"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn without_a_server_or_with_another_s_secret_there_is_no_status() {
    let place = Place::new("").with("REVERB_SERVER_PORT", &free_port());
    let (status, text) = place.fail(&["status"]).await;
    assert_eq!(status, 7, "{text}");
    assert!(text.contains("there is no server at http://127.0.0.1:"), "{text}");

    let server = place.serve_with(&["serve"]).await;
    let stranger = Place::new("").with("REVERB_APP_SECRET", "another-secret");
    let (status, text) = stranger.fail(&["status", "--url", &server.url]).await;
    assert_eq!(status, 6, "{text}");
    assert!(text.contains("does not know the secret"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn err_7_a_restart_turns_nobody_away() {
    let place = Place::new("").with("REVERB_SERVER_PORT", &free_port()).with("SMARTLINK_DRAIN_WINDOW", "1");
    let mut server = place.serve_with(&["serve"]).await;
    let mut before = server.greeted(KEY).await;
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (address, over) = (server.address.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut connects = 0;
                while !over.load(Ordering::SeqCst) {
                    let url = format!("ws://{address}/app/{KEY}?protocol=7");
                    let (stream, _) = tokio_tungstenite::connect_async(url).await.expect("everybody is let in");
                    drop(stream);
                    connects += 1;
                }
                connects
            })
        })
        .collect();
    let text = place.run(&["restart"]).await;
    assert!(text.contains("has started anew"), "{text}");
    server.line("SmartLink begins anew.").await;
    server.line("SmartLink is ready on ").await;
    assert_eq!(before.closed().await, 4100);
    server.greeted(KEY).await;
    over.store(true, Ordering::SeqCst);
    for client in clients {
        assert!(client.await.unwrap() > 0);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_restart_that_would_fail_is_refused_and_the_server_goes_on() {
    let place = Place::new("").with("REVERB_SERVER_PORT", &free_port());
    let server = place.serve_with(&["serve"]).await;
    let outside = Place::new("");
    place.set("[server]\nshards = \"many\"\n");
    let (status, text) = outside.fail(&["restart", "--url", &server.url]).await;
    assert_eq!(status, 6, "{text}");
    assert!(text.contains("server.shards") && text.contains("nothing was done"), "{text}");
    server.greeted(KEY).await.ping().await;
    server.stop().await;
}

#[tokio::test]
async fn cmd_2_a_second_signal_ends_at_once() {
    let place = Place::new("").with("SMARTLINK_DRAIN_WINDOW", "3600");
    let mut server = place.serve().await;
    let _sockets = [server.greeted(KEY).await, server.greeted(KEY).await];
    server.signal(Signal::TERM);
    server.line("a second signal ends at once").await;
    server.signal(Signal::TERM);
    assert_eq!(server.ended().await.code(), Some(130));
}

#[tokio::test]
async fn cmd_1_the_start_takes_reverb_s_options_over_its_settings() {
    let place = Place::new("").with("REVERB_SERVER_HOST", "192.0.2.1").with("REVERB_SERVER_PATH", "/elsewhere");
    let server = place.serve_with(&["serve", "--host", "127.0.0.1", "--port", "0", "--path", "/ws"]).await;
    let status =
        async |path| reqwest::get(format!("{}{path}", server.url.trim_end_matches('.'))).await.unwrap().status();
    assert_eq!(status("/ws/up").await, 200);
    assert_eq!(status("/elsewhere/up").await, 404);
    server.stop().await;

    let named =
        place.serve_with(&["serve", "--host", "127.0.0.1", "--port", "0", "--hostname", "chat.example.com"]).await;
    assert!(named.url.contains("chat.example.com"), "{}", named.url);
    named.stop().await;
}

#[tokio::test]
async fn cmd_1_debug_shows_frames_cut_at_200_characters() {
    let place = Place::new("");
    let mut server = place.serve_with(&["serve", "--port", "0", "--debug"]).await;
    let mut socket = server.greeted(KEY).await;
    server.line("sent {\"event\":\"pusher:connection_established\"").await;
    socket.send(json!({"event": "pusher:ping", "data": "x".repeat(500)})).await;
    let line = server.line("received {").await;
    assert!(line.contains("xxx") && !line.contains(&"x".repeat(200)), "{line}");
    server.stop().await;
}

#[tokio::test]
async fn cmd_1_install_adds_what_is_missing_and_serve_reads_it() {
    let place = Place::new("");
    std::fs::write(place.path(".env"), "APP_NAME=Shop\nREVERB_APP_KEY=mine").unwrap();
    let text = place.run(&["install"]).await;
    assert!(text.contains("REVERB_APP_ID, REVERB_APP_SECRET"), "{text}");
    let file = std::fs::read_to_string(place.path(".env")).unwrap();
    assert!(file.starts_with("APP_NAME=Shop\nREVERB_APP_KEY=mine\n"), "{file}");
    assert!(
        file.contains("\nREVERB_PORT=8080\n") && file.contains("\nVITE_REVERB_APP_KEY=\"${REVERB_APP_KEY}\"\n"),
        "{file}"
    );
    assert!(place.run(&["install"]).await.contains("nothing was changed"));
    assert_eq!(std::fs::read_to_string(place.path(".env")).unwrap(), file);

    // What is printed is where others reach the server, so that has to be true here.
    let port = free_port();
    let other = Place::bare();
    std::fs::write(other.path(".env"), file.replace("REVERB_PORT=8080", &format!("REVERB_PORT={port}"))).unwrap();
    let server = other.serve_with(&["serve", "--port", &port, "--env-file", ".env"]).await;
    server.greeted("mine").await;
    server.stop().await;
}

#[tokio::test]
async fn the_tap_shows_the_frames_that_fit_as_they_pass() {
    let place = Place::new("").with("REVERB_SERVER_PORT", &free_port());
    let server = place.serve_with(&["serve"]).await;
    let mut socket = server.greeted(KEY).await;
    let asked = ["tap", "--json", "--channel", "orders*", "--direction", "in", "--count", "2"];
    let mut tap = Running::begin(place.smartlink(&asked));
    tap.line("Listening at ").await;
    socket.subscribe("invoices", SECRET).await;
    socket.subscribe("orders", SECRET).await;
    socket.send(json!({"event": "client-typing", "channel": "orders", "data": {}})).await;
    for event in ["pusher:subscribe", "client-typing"] {
        let frame: Value = serde_json::from_str(&tap.line("{").await).unwrap();
        assert_eq!((&frame["event"], &frame["channel"]), (&json!(event), &json!("orders")), "{frame}");
        assert_eq!((&frame["application"], &frame["direction"]), (&json!("1"), &json!("in")), "{frame}");
        assert_eq!(frame["socket_id"], socket.socket_id.as_str());
    }
    assert_eq!(tap.ended().await.code(), Some(0));

    let mut sample = Running::begin(place.smartlink(&["tap", "--event", "pusher:pong", "--one-in", "3"]));
    sample.line("Listening at ").await;
    for _ in 0..4 {
        socket.ping().await;
    }
    for _ in 0..2 {
        assert!(sample.line("pusher:pong").await.contains(&format!(" 1 {} ←", socket.socket_id)));
    }
    // It ends with the server.
    server.stop().await;
    assert_eq!(sample.ended().await.code(), Some(0));
}

#[tokio::test]
async fn the_tap_is_opened_for_the_operator_alone_and_a_wrong_filter_is_named() {
    let place = Place::new("").with("REVERB_SERVER_PORT", &free_port());
    let server = place.serve_with(&["serve"]).await;
    let stranger = Place::new("").with("REVERB_APP_SECRET", "another-secret");
    let (status, text) = stranger.fail(&["tap", "--url", &server.url]).await;
    assert_eq!(status, 6, "{text}");
    assert!(text.contains("does not know the secret"), "{text}");
    for (flag, value) in [("--socket-id", "7"), ("--one-in", "0")] {
        let (status, text) = place.fail(&["tap", flag, value]).await;
        assert_eq!(status, 6, "{text}");
        assert!(text.contains(&format!("is \"{value}\": expected ")), "{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_logged_of_a_connection_bears_its_socket_id_and_application() {
    let place = Place::new("");
    let arguments = ["serve", "--port", "0", "--log-level", "debug", "--log-format", "json"];
    let mut server = place.serve_with(&arguments).await;
    let mut socket = server.greeted(KEY).await;
    socket.subscribe("orders", SECRET).await;
    for what in ["\"connected\"", "\"subscribed\""] {
        let line: Value = serde_json::from_str(&server.line(what).await).unwrap();
        assert_eq!(line["span"]["socket_id"], socket.socket_id.as_str(), "{line}");
        assert_eq!(line["span"]["application"], "1", "{line}");
    }
    server.stop().await;
}
