//! SIGHUP: other applications, without a connection lost.

use rustix::process::Signal;

use crate::process::Place;
use crate::support::{KEY, SECRET};

const OTHER: &str = "\
    [[applications]]\nid = \"2\"\nkey = \"other-key\"\nsecret = \"other-secret\"\n\
    [[applications]]\nid = \"3\"\nkey = \"third-key\"\nsecret = \"third-secret\"\n";

#[tokio::test]
async fn an_application_comes_and_another_goes_while_the_sockets_of_the_rest_stay() {
    let place = Place::new("");
    let mut server = place.serve().await;
    let mut ours = server.greeted(KEY).await;
    assert_eq!(server.connect("other-key").await.closed().await, 4001);

    place.set(OTHER);
    server.signal(Signal::HUP);
    server.line("the settings were read again").await;
    let (mut second, mut third) = (server.greeted("other-key").await, server.greeted("third-key").await);

    place.set("[[applications]]\nid = \"3\"\nkey = \"third-key\"\nsecret = \"third-secret\"\nenabled = false\n");
    server.signal(Signal::HUP);
    assert_eq!(second.closed().await, 4001);
    assert_eq!(third.closed().await, 4003);
    assert_eq!(server.connect("third-key").await.closed().await, 4003);
    ours.ping().await;
    server.stop().await;
}

#[tokio::test]
async fn open_sockets_are_asked_for_the_new_secret() {
    let place = Place::new(OTHER);
    let mut server = place.serve().await;
    let mut socket = server.greeted("other-key").await;
    place.set(&OTHER.replace("other-secret", "rotated"));
    server.signal(Signal::HUP);
    server.line("the settings were read again").await;
    assert_eq!(socket.subscribe("private-a", "rotated").await["event"], "pusher_internal:subscription_succeeded");
    assert_eq!(socket.subscribe("private-b", "other-secret").await["event"], "pusher:error");
    server.stop().await;
}

#[tokio::test]
async fn wrong_settings_change_nothing_and_are_named() {
    let place = Place::new(OTHER);
    let mut server = place.serve().await;
    let mut socket = server.greeted("other-key").await;
    place.set(&OTHER.replace("secret = \"third-secret\"", "ping_interval = \"soon\""));
    server.signal(Signal::HUP);
    server.line("the old settings stay in force").await;
    server.line("applications[1].ping_interval (file smartlink.toml) is \"soon\"").await;
    socket.ping().await;
    server.greeted("third-key").await;
    server.stop().await;
}

#[tokio::test]
async fn what_waits_for_the_next_start_is_named() {
    let place = Place::new("");
    let mut server = place.serve().await;
    place.set("[server]\nmax_clock_skew = 30\n");
    server.signal(Signal::HUP);
    let line = server.line("these count from the next start on").await;
    assert!(line.contains("server.max_clock_skew"), "{line}");
    assert_eq!(server.greeted(KEY).await.subscribe("private-a", SECRET).await["channel"], "private-a");
    server.stop().await;
}
