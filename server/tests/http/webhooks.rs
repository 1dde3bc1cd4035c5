//! Webhooks, from a socket to a receiver that speaks plain HTTP and hides nothing (section 16 of the protocol).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use server::config::{Config, Sources};
use server::signature::{sign, sign_channel};
use server::store::{DatabaseSettings, Store};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use crate::support::{KEY, SECRET};

const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    head: String,
    body: String,
}

impl Request {
    /// The value of the header that is spelled like this.
    fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|it| it.strip_prefix(&prefix)).unwrap_or_else(|| panic!("{name}: {}", self.head))
    }

    fn events(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert!(body["time_ms"].as_i64().unwrap() > 1_700_000_000_000);
        body["events"].as_array().unwrap().clone()
    }
}

/// A receiver of webhooks.
struct Receiver {
    url: String,
    requests: mpsc::UnboundedReceiver<Request>,
    /// Events of requests that were not looked at yet.
    events: Vec<Value>,
}

impl Receiver {
    /// Answers 200.
    async fn start() -> Self {
        Self::answering(|_| Some("200 OK")).await
    }

    /// Answers its first, second, … request as told; not at all with `None`.
    async fn answering(answer: impl Fn(usize) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, answer)
    }

    fn on(listener: TcpListener, answer: impl Fn(usize) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let url = format!("http://{}/hook?from=smartlink", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::unbounded_channel();
        let (answer, count) = (Arc::new(answer), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (sender, answer, count) = (sender.clone(), Arc::clone(&answer), Arc::clone(&count));
                tokio::spawn(async move {
                    while let Some(request) = read_request(&mut stream).await {
                        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        let answered = answer(number);
                        if sender.send(request).is_err() {
                            return;
                        }
                        let Some(status) = answered else { std::future::pending().await };
                        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
                        if stream.write_all(text.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, requests, events: Vec::new() }
    }

    async fn next(&mut self) -> Request {
        tokio::time::timeout(PATIENCE, self.requests.recv()).await.expect("no webhook came").unwrap()
    }

    /// The next event, whichever request it is in.
    async fn next_event(&mut self) -> Value {
        while self.events.is_empty() {
            self.events = self.next().await.events();
        }
        self.events.remove(0)
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let request = Request { head: head.to_owned(), body: body.to_owned() };
            if body.len() == request.header("Content-Length").parse::<usize>().unwrap() {
                return Some(request);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A server with webhooks.
struct TestServer {
    address: String,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl TestServer {
    /// `webhooks` are the tables of the settings file; the data are in `directory`, also those of an earlier server.
    async fn start(directory: &Path, webhooks: &str, variables: &[(&str, &str)]) -> Self {
        let file = directory.join("smartlink.toml");
        std::fs::write(&file, webhooks).unwrap();
        let environment = environment(directory, variables);
        let config = Config::load(&Sources { file: Some(file), environment, ..Sources::default() }).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(server::run(config, listener, shutdown.clone()));
        Self { address, shutdown, running }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }

    async fn connect(&self) -> Client {
        let url = format!("ws://{}/app/{KEY}?protocol=7&client=js&version=8.6.0", self.address);
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut client = Client { socket, socket_id: String::new() };
        let hello = client.next().await;
        let data: Value = serde_json::from_str(hello["data"].as_str().unwrap()).unwrap();
        data["socket_id"].as_str().unwrap().clone_into(&mut client.socket_id);
        client
    }

    async fn metrics(&self) -> String {
        reqwest::get(format!("http://{}/metrics", self.address)).await.unwrap().text().await.unwrap()
    }
}

fn environment(directory: &Path, variables: &[(&str, &str)]) -> HashMap<String, String> {
    let database = directory.join("smartlink.sqlite3");
    let site = directory.join("site");
    let ours = [
        ("DB_DATABASE", database.to_str().unwrap()),
        ("REVERB_APP_ID", "1"),
        ("REVERB_APP_KEY", KEY),
        ("REVERB_APP_SECRET", SECRET),
        ("SMARTLINK_DRAIN_WINDOW", "0"),
        ("SMARTLINK_APP_PRESENCE_LEAVE_GRACE", "0"),
        ("SMARTLINK_WEBHOOKS_DEPARTURE_DELAY", "0"),
        ("LEPTOS_SITE_ROOT", site.to_str().unwrap()),
    ];
    ours.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    socket_id: String,
}

impl Client {
    async fn next(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap().unwrap().unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    async fn send(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, channel: &str, channel_data: Option<&str>) {
        let name = channel.parse().unwrap();
        let auth = format!("{KEY}:{}", sign_channel(SECRET, self.socket_id.parse().unwrap(), &name, channel_data));
        let data = json!({"channel": channel, "auth": auth, "channel_data": channel_data});
        self.send(json!({"event": "pusher:subscribe", "data": data})).await;
        assert_eq!(self.next().await["event"], "pusher_internal:subscription_succeeded");
    }

    async fn unsubscribe(&mut self, channel: &str) {
        self.send(json!({"event": "pusher:unsubscribe", "data": {"channel": channel}})).await;
    }
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn to(receiver: &Receiver) -> String {
    format!("[[application.webhooks]]\nurl = \"{}\"\n", receiver.url)
}

#[tokio::test]
async fn whk_1_and_2_a_request_is_signed_and_has_exactly_these_headers() {
    let (directory, mut receiver) = (directory(), Receiver::start().await);
    let webhooks = format!("{}headers = {{ Authorization = \"Bearer x\" }}\n", to(&receiver));
    let server = TestServer::start(directory.path(), &webhooks, &[]).await;
    let mut client = server.connect().await;
    client.subscribe("orders", None).await;
    let request = receiver.next().await;
    assert!(request.head.starts_with("POST /hook?from=smartlink HTTP/1.1\r\n"), "{}", request.head);
    assert_eq!(request.header("Content-Type"), "application/json");
    assert_eq!(request.header("X-Pusher-Key"), KEY);
    assert_eq!(request.header("X-Pusher-Signature"), sign(SECRET, request.body.as_bytes()));
    assert_eq!(request.header("Authorization"), "Bearer x");
    assert!(receiver.url.contains(request.header("Host")));
    assert_eq!(request.events(), [json!({"name": "channel_occupied", "channel": "orders"})]);
    server.stop().await;
}

#[tokio::test]
async fn cle_6_every_kind_of_event_is_told_but_client_events_of_public_channels() {
    let (directory, mut receiver) = (directory(), Receiver::start().await);
    let variables = [("SMARTLINK_APP_SUBSCRIPTION_COUNT", "true")];
    let server = TestServer::start(directory.path(), &to(&receiver), &variables).await;
    let mut client = server.connect().await;

    client.subscribe("presence-room.1", Some(r#"{"user_id":42}"#)).await;
    assert_eq!(receiver.next_event().await, json!({"name": "channel_occupied", "channel": "presence-room.1"}));
    let added = json!({"name": "member_added", "channel": "presence-room.1", "user_id": "42"});
    assert_eq!(receiver.next_event().await, added);

    client.subscribe("orders", None).await;
    assert_eq!(client.next().await["event"], "pusher_internal:subscription_count");
    assert_eq!(receiver.next_event().await, json!({"name": "channel_occupied", "channel": "orders"}));
    let count = json!({"name": "subscription_count", "channel": "orders", "subscription_count": 1});
    assert_eq!(receiver.next_event().await, count);
    client.send(json!({"event": "client-typing", "channel": "orders", "data": {"n": 1}})).await;

    client.send(json!({"event": "client-typing", "channel": "presence-room.1", "data": {"n": 1}})).await;
    let told = json!({
        "name": "client_event", "channel": "presence-room.1", "event": "client-typing", "data": "{\"n\":1}",
        "socket_id": client.socket_id, "user_id": "42",
    });
    assert_eq!(receiver.next_event().await, told);

    client.unsubscribe("presence-room.1").await;
    let removed = json!({"name": "member_removed", "channel": "presence-room.1", "user_id": "42"});
    assert_eq!(receiver.next_event().await, removed);
    assert_eq!(receiver.next_event().await, json!({"name": "channel_vacated", "channel": "presence-room.1"}));

    client.subscribe("cache-a", None).await;
    assert_eq!(receiver.next_event().await, json!({"name": "channel_occupied", "channel": "cache-a"}));
    assert_eq!(receiver.next_event().await, json!({"name": "cache_miss", "channel": "cache-a"}));
    let count = json!({"name": "subscription_count", "channel": "cache-a", "subscription_count": 1});
    assert_eq!(receiver.next_event().await, count);
    server.stop().await;
}

#[tokio::test]
async fn whk_5_what_was_not_taken_is_sent_again_unchanged() {
    let directory = directory();
    let answer = |number| Some(if number == 0 { "500 Internal Server Error" } else { "204 No Content" });
    let mut receiver = Receiver::answering(answer).await;
    let server = TestServer::start(directory.path(), &to(&receiver), &[]).await;
    let mut client = server.connect().await;
    client.subscribe("orders", None).await;
    let first = receiver.next().await;
    let second = receiver.next().await;
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("X-Pusher-Signature"), second.header("X-Pusher-Signature"));
    server.stop().await;
}

#[tokio::test]
async fn whk_5_what_nobody_takes_becomes_a_dead_letter_that_can_be_sent_again() {
    let directory = directory();
    let answer = |number| Some(if number == 0 { "503 Service Unavailable" } else { "200 OK" });
    let mut receiver = Receiver::answering(answer).await;
    let variables = [("SMARTLINK_WEBHOOKS_RETRY_FOR", "0")];
    let server = TestServer::start(directory.path(), &to(&receiver), &variables).await;
    let mut client = server.connect().await;
    client.subscribe("orders", None).await;
    let first = receiver.next().await;
    let wait = async { while !server.metrics().await.contains("smartlink_webhooks_given_up_total 1\n") {} };
    tokio::time::timeout(PATIENCE, wait).await.expect("the webhook is given up");

    let list = smartlink(directory.path(), &["webhooks", "list"]).await;
    assert!(list.starts_with("1\t1\thttp://127.0.0.1:"), "{list}");
    assert!(list.trim_end().ends_with("\t1\tit answered with status 503"), "{list}");
    assert_eq!(smartlink(directory.path(), &["webhooks", "resend", "1"]).await, "1 will be sent again.\n");
    assert_eq!(receiver.next().await.body, first.body);
    assert_eq!(smartlink(directory.path(), &["webhooks", "list"]).await, "");
    server.stop().await;
}

#[tokio::test]
async fn whk_8_a_receiver_that_never_answers_holds_nobody_up() {
    let directory = directory();
    let (mut dead, mut good) = (Receiver::answering(|_| None).await, Receiver::start().await);
    let server = TestServer::start(directory.path(), &format!("{}{}", to(&dead), to(&good)), &[]).await;
    let mut client = server.connect().await;
    client.subscribe("a", None).await;
    dead.next().await;
    good.next().await;
    for channel in ["b", "c", "d"] {
        client.subscribe(channel, None).await;
        assert_eq!(good.next_event().await["channel"], channel);
    }
    server.stop().await;
}

#[tokio::test]
async fn what_was_not_sent_is_sent_after_a_restart() {
    let directory = directory();
    let place = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let webhooks = format!("[[application.webhooks]]\nurl = \"http://{address}/hook?from=smartlink\"\n");
    let server = TestServer::start(directory.path(), &webhooks, &[]).await;
    let mut client = server.connect().await;
    client.subscribe("orders", None).await;
    let wait = async { while server.metrics().await.contains("smartlink_webhooks_failed_total 0\n") {} };
    tokio::time::timeout(PATIENCE, wait).await.expect("the webhook fails at first");
    server.stop().await;

    let mut receiver = Receiver::on(TcpListener::bind(address).await.unwrap(), |_| Some("200 OK"));
    let server = TestServer::start(directory.path(), &webhooks, &[]).await;
    assert_eq!(receiver.next_event().await, json!({"name": "channel_occupied", "channel": "orders"}));
    server.stop().await;
}

#[tokio::test]
async fn whk_6_a_server_that_stops_leaves_its_departures_to_the_next() {
    let (directory, mut receiver) = (directory(), Receiver::start().await);
    let variables = [("SMARTLINK_WEBHOOKS_DEPARTURE_DELAY", "3600")];
    let server = TestServer::start(directory.path(), &to(&receiver), &variables).await;
    let mut client = server.connect().await;
    for channel in ["left", "kept"] {
        client.subscribe(channel, None).await;
        assert_eq!(receiver.next_event().await["channel"], channel);
    }
    server.stop().await;
    let settings = DatabaseSettings::Sqlite { path: directory.path().join("smartlink.sqlite3") };
    let store = Store::connect(&settings).await.unwrap();
    let mut departures = store.take_departures(10).await.unwrap();
    departures.sort_by(|a, b| a.channel.cmp(&b.channel));
    assert_eq!(departures.iter().map(|it| it.channel.as_str()).collect::<Vec<_>>(), ["kept", "left"]);

    // The next server's clients may be there before the last one has stopped.
    let server = TestServer::start(directory.path(), &to(&receiver), &[]).await;
    let mut client = server.connect().await;
    client.subscribe("kept", None).await;
    assert_eq!(receiver.next_event().await, json!({"name": "channel_occupied", "channel": "kept"}));
    let mut tx = store.begin().await.unwrap();
    for departure in &departures {
        tx.insert_departure(departure).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(receiver.next_event().await, json!({"name": "channel_vacated", "channel": "left"}));
    server.stop().await;
}

/// Runs a command of the binary on the data of the test; what it printed.
async fn smartlink(directory: &Path, arguments: &[&str]) -> String {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_smartlink"));
    command.current_dir(directory).env_clear().envs(environment(directory, &[])).args(arguments);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
