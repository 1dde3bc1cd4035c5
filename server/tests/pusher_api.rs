//! Pusher's HTTP API over real HTTP, with real subscribers (section 15 of the protocol).

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::sync::Arc;
use std::time::Duration;

use app::time::Timestamp;
use axum::Router;
use axum::extract::FromRef;
use futures_util::{SinkExt, StreamExt};
use md5::{Digest, Md5};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use server::application::{Application, Applications};
use server::broker::{Broker, BrokerError, LocalBroker, NoHistory, Publication};
use server::clock::Clock;
use server::http::pusher::{PusherApi, PusherApiLimits};
use server::hub::{Hub, HubSettings};
use server::signature;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const NOW_S: i64 = 1_700_000_000;

#[derive(Clone)]
struct TestState {
    hub: Arc<Hub>,
    api: PusherApi,
}

impl FromRef<TestState> for Arc<Hub> {
    fn from_ref(state: &TestState) -> Self {
        Self::clone(&state.hub)
    }
}

impl FromRef<TestState> for PusherApi {
    fn from_ref(state: &TestState) -> Self {
        state.api.clone()
    }
}

/// A hub, the HTTP API and the WebSocket on a free port.
struct Server {
    address: String,
    client: Client,
}

impl Server {
    async fn start() -> Self {
        Self::start_with(|hub| Arc::new(LocalBroker::new(hub)), PusherApiLimits::default()).await
    }

    async fn start_with(broker: impl FnOnce(Arc<Hub>) -> Arc<dyn Broker>, limits: PusherApiLimits) -> Self {
        let mut disabled = Application::new("2", "off-key", "off-secret");
        disabled.is_enabled = false;
        let applications = Applications::new([Application::new("123456", "reverb-key", "reverb-secret"), disabled]);
        let clock = Clock::fixed(Timestamp::from_unix_ms(NOW_S * 1_000));
        let runtime = tokio::runtime::Handle::current();
        let settings = HubSettings { shards: 2, ..HubSettings::default() };
        let hub = Hub::start(settings, applications, Arc::new(NoHistory), clock.clone(), runtime).unwrap();
        let broker = broker(Arc::clone(&hub));
        let api = PusherApi { hub: Arc::clone(&hub), broker, clock, limits, path_prefix: "".into() };
        let router = Router::new().merge(server::http::pusher::router()).merge(server::websocket::router());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router.with_state(TestState { hub, api })).await });
        Self { address, client: Client::new() }
    }

    /// Sends a request signed as SDKs do; status and body.
    async fn call(&self, method: Method, path: &str, query: &str, body: &str) -> (StatusCode, String) {
        let query = signed_query(method.as_str(), path, query, body);
        self.send(method, &format!("{path}?{query}"), body).await
    }

    async fn send(&self, method: Method, path_and_query: &str, body: &str) -> (StatusCode, String) {
        let url = format!("http://{}{path_and_query}", self.address);
        let response = self.client.request(method, url).body(body.to_owned()).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    async fn publish(&self, body: Value) -> (StatusCode, String) {
        self.call(Method::POST, "/apps/123456/events", "", &body.to_string()).await
    }

    async fn get(&self, path: &str, query: &str) -> (StatusCode, String) {
        self.call(Method::GET, &format!("/apps/123456{path}"), query, "").await
    }

    async fn connect(&self) -> Socket {
        let url = format!("ws://{}/app/reverb-key", self.address);
        let (stream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut socket = Socket { stream, id: String::new() };
        let hello: Value = serde_json::from_str(socket.next().await["data"].as_str().unwrap()).unwrap();
        hello["socket_id"].as_str().unwrap().clone_into(&mut socket.id);
        socket
    }

    async fn subscribe(&self, channel: &str, channel_data: Option<&str>) -> Socket {
        let mut socket = self.connect().await;
        let name = channel.parse().unwrap();
        let hex = signature::sign_channel("reverb-secret", socket.id.parse().unwrap(), &name, channel_data);
        let data = json!({"channel": channel, "auth": format!("reverb-key:{hex}"), "channel_data": channel_data});
        socket.send(json!({"event": "pusher:subscribe", "data": data})).await;
        assert_eq!(socket.next().await["event"], "pusher_internal:subscription_succeeded");
        socket
    }
}

/// The query of a request, signed as SDKs do.
fn signed_query(method: &str, path: &str, query: &str, body: &str) -> String {
    let mut parameters = vec![
        "auth_key=reverb-key".to_owned(),
        format!("auth_timestamp={NOW_S}"),
        "auth_version=1.0".to_owned(),
        format!("body_md5={}", hex::encode(Md5::digest(body))),
    ];
    parameters.extend(query.split('&').filter(|it| !it.is_empty()).map(str::to_owned));
    parameters.sort();
    let text = parameters.join("&");
    let signature = signature::sign("reverb-secret", format!("{method}\n{path}\n{text}").as_bytes());
    format!("{text}&auth_signature={signature}")
}

struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    id: String,
}

impl Socket {
    async fn send(&mut self, frame: Value) {
        self.stream.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let deadline = Duration::from_secs(10);
        let message = tokio::time::timeout(deadline, self.stream.next()).await.expect("no frame came in 10 s");
        serde_json::from_str(message.unwrap().unwrap().to_text().unwrap()).unwrap()
    }

    /// Nothing has come: the answer to a ping is the next frame.
    async fn assert_silent(&mut self) {
        self.send(json!({"event": "pusher:ping"})).await;
        assert_eq!(self.next().await, json!({"event": "pusher:pong"}));
    }
}

#[tokio::test]
async fn evt_1_and_evt_3_an_event_reaches_all_but_the_socket_that_is_excluded() {
    let server = Server::start().await;
    let (mut one, mut other) = (server.subscribe("orders", None).await, server.subscribe("orders", None).await);
    let event = json!({"name": "App\\Events\\OrderShipped", "data": "{\"id\":1}", "channel": "orders"});
    assert_eq!(server.publish(event).await, (StatusCode::OK, "{}".to_owned()));
    for socket in [&mut one, &mut other] {
        let expected = json!({"event": "App\\Events\\OrderShipped", "data": "{\"id\":1}", "channel": "orders"});
        assert_eq!(socket.next().await, expected);
    }
    let event = json!({"name": "b", "data": "plain", "channels": ["orders", "orders"], "socket_id": one.id});
    assert_eq!(server.publish(event).await.0, StatusCode::OK);
    assert_eq!(other.next().await["data"], "plain");
    one.assert_silent().await;
    other.assert_silent().await;
}

#[tokio::test]
async fn api_10_the_answer_tells_what_was_asked_in_the_order_of_the_request() {
    let server = Server::start().await;
    let _orders = server.subscribe("orders", None).await;
    let _room = server.subscribe("presence-room.1", Some(r#"{"user_id":7}"#)).await;
    let body = json!({"name": "a", "data": "1", "channels": ["presence-room.1", "orders", "empty"],
        "info": "user_count,subscription_count,unknown"});
    let expected = r#"{"channels":{"presence-room.1":{"user_count":1},"orders":{"subscription_count":1},"empty":{}}}"#;
    assert_eq!(server.publish(body).await, (StatusCode::OK, expected.to_owned()));
}

#[tokio::test]
async fn api_11_each_field_at_fault_is_named_in_laravels_words() {
    let server = Server::start().await;
    let missing = "The channels field is required when channel is not present.";
    let also = "The channel field is required when channels is not present.";
    for (body, expected) in [
        (json!({"name": "a", "channel": "x"}), json!({"data": ["The data field is required."]})),
        (json!({"name": 1, "data": "1", "channel": "x"}), json!({"name": ["The name field must be a string."]})),
        (json!({"name": "a", "data": "1"}), json!({"channels": [missing], "channel": [also]})),
        (
            json!({"name": "a", "data": "1", "channels": "x"}),
            json!({"channels": ["The channels field must be an array."]}),
        ),
        (
            json!({"name": "a", "data": "1", "channels": [1]}),
            json!({"channels.0": ["The channels.0 field must be a string."]}),
        ),
        (
            json!({"name": "a", "data": "1", "channel": "x", "socket_id": 1}),
            json!({"socket_id": ["The socket id field must be a string."]}),
        ),
        (
            json!({"name": "a", "data": "1", "channel": "x", "info": []}),
            json!({"info": ["The info field must be a string."]}),
        ),
    ] {
        let (status, text) = server.publish(body.clone()).await;
        assert_eq!(
            (status, serde_json::from_str(&text).ok()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some(expected)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn api_1_names_counts_and_sizes_are_refused_in_one_sentence() {
    let server = Server::start().await;
    let many: Vec<_> = (0..101).map(|it| format!("c{it}")).collect();
    for (body, status, words) in [
        (json!({"name": "a", "data": "1", "channels": many}), 400, "Cannot trigger on more than 100 channels"),
        (json!({"name": "a", "data": "1", "channel": "a b"}), 400, "`a b` is no channel name"),
        (json!({"name": "pusher:a", "data": "1", "channel": "x"}), 400, "must not begin with pusher:"),
        (json!({"name": "n".repeat(201), "data": "1", "channel": "x"}), 400, "has 201 characters"),
        (json!({"name": "a", "data": "d".repeat(10_241), "channel": "x"}), 413, "content of this event exceeds"),
        (json!({"name": "a", "data": "d".repeat(200_000), "channel": "x"}), 413, "Payload too large."),
        (json!([]), 400, "The request body must be a JSON object."),
    ] {
        let (got, text) = server.publish(body).await;
        assert!(got.as_u16() == status && text.contains(words), "expected {status} {words}, got {got} {text}");
    }
    assert_eq!(
        server.publish(json!({"name": "a", "data": "d".repeat(10_240), "channel": "x"})).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn api_12_a_batch_is_published_whole_or_not_at_all() {
    let server = Server::start().await;
    let mut socket = server.subscribe("x", None).await;
    let post = async |body: Value| server.call(Method::POST, "/apps/123456/batch_events", "", &body.to_string()).await;
    let (status, text) =
        post(json!({"batch": [{"name": "a", "data": "1", "channel": "x"}, {"data": "2", "channel": "x"}]})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(text, r#"{"batch.1.name":["The batch.1.name field is required."]}"#);
    socket.assert_silent().await;
    let eleven: Vec<_> = (0..11).map(|_| json!({"name": "a", "data": "1", "channel": "x"})).collect();
    assert_eq!(post(json!({"batch": eleven})).await, (StatusCode::BAD_REQUEST, "Batch too large (11 > 10)".to_owned()));
    let two =
        json!({"batch": [{"name": "a", "data": "1", "channel": "x"}, {"name": "b", "data": "2", "channel": "x"}]});
    assert_eq!(post(two).await, (StatusCode::OK, "{}".to_owned()));
    assert_eq!(socket.next().await["event"], "a");
    assert_eq!(socket.next().await["event"], "b");
    let asked = json!({"batch": [{"name": "a", "data": "1", "channel": "y"},
        {"name": "b", "data": "2", "channel": "x", "info": "subscription_count"}]});
    assert_eq!(post(asked).await, (StatusCode::OK, r#"{"batch":[{},{"subscription_count":1}]}"#.to_owned()));
    assert_eq!(post(json!({"batch": []})).await.1, r#"{"batch":["The batch field is required."]}"#);
}

#[tokio::test]
async fn api_17_only_occupied_channels_are_listed() {
    let server = Server::start().await;
    let ok = |text: &str| (StatusCode::OK, text.to_owned());
    assert_eq!(server.get("/channels", "").await, ok(r#"{"channels":{}}"#));
    let _orders = server.subscribe("orders", None).await;
    let _room = server.subscribe("presence-room.1", Some(r#"{"user_id":"42"}"#)).await;
    let expected = r#"{"channels":{"orders":{},"presence-room.1":{"user_count":1}}}"#;
    assert_eq!(server.get("/channels", "info=user_count").await, ok(expected));
    let expected = r#"{"channels":{"presence-room.1":{}}}"#;
    assert_eq!(server.get("/channels", "filter_by_prefix=presence-").await, ok(expected));
    let expected = r#"{"occupied":true,"user_count":1}"#;
    assert_eq!(server.get("/channels/presence-room.1", "info=user_count,subscription_count").await, ok(expected));
    assert_eq!(server.get("/channels/nobody", "info=subscription_count").await, ok(r#"{"occupied":false}"#));
    assert_eq!(server.get("/channels/a%20b", "").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(server.get("/connections", "").await, ok(r#"{"connections":2}"#));
}

#[tokio::test]
async fn api_18_a_cached_event_is_shown_with_the_time_it_still_has() {
    let server = Server::start().await;
    server.publish(json!({"name": "Price", "data": "{\"eur\":12}", "channel": "cache-prices"})).await;
    let expected =
        r#"{"occupied":false,"cache":{"event":"Price","data":"{\"eur\":12}","channel":"cache-prices","ttl":1800}}"#;
    assert_eq!(server.get("/channels/cache-prices", "info=cache").await, (StatusCode::OK, expected.to_owned()));
}

#[tokio::test]
async fn api_20_users_keep_the_type_and_order_in_which_they_joined() {
    let server = Server::start().await;
    let _one = server.subscribe("presence-room.1", Some(r#"{"user_id":2}"#)).await;
    let _two = server.subscribe("presence-room.1", Some(r#"{"user_id":"1"}"#)).await;
    let _again = server.subscribe("presence-room.1", Some(r#"{"user_id":2}"#)).await;
    let expected = r#"{"users":[{"id":2},{"id":"1"}]}"#;
    assert_eq!(server.get("/channels/presence-room.1/users", "").await, (StatusCode::OK, expected.to_owned()));
    assert_eq!(server.get("/channels/presence-none/users", "").await, (StatusCode::NOT_FOUND, "{}".to_owned()));
    assert_eq!(server.get("/channels/orders/users", "").await, (StatusCode::BAD_REQUEST, "{}".to_owned()));
}

#[tokio::test]
async fn usr_10_terminating_closes_every_connection_of_a_member_with_4100() {
    let server = Server::start().await;
    let mut member = server.subscribe("presence-room.1", Some(r#"{"user_id":42}"#)).await;
    let mut other = server.subscribe("presence-room.1", Some(r#"{"user_id":7}"#)).await;
    assert_eq!(member.next().await["event"], "pusher_internal:member_added");
    for path in ["/apps/123456/users/42/terminate_connections", "/users/nobody/terminate_connections"] {
        assert_eq!(server.call(Method::POST, path, "", "{}").await, (StatusCode::OK, "{}".to_owned()));
    }
    loop {
        if let Message::Close(frame) = member.stream.next().await.expect("closed without a close frame").unwrap() {
            assert_eq!(u16::from(frame.unwrap().code), 4100);
            break;
        }
    }
    assert_eq!(other.next().await["event"], "pusher_internal:member_removed");
}

#[tokio::test]
async fn api_1_what_is_not_signed_or_not_there_is_refused() {
    let server = Server::start().await;
    for (method, path, status, words) in [
        (Method::GET, "/apps/123456/channels", 401, "Authentication signature invalid."),
        (Method::GET, "/apps/9/channels", 404, "No matching application for ID [9]."),
        (Method::GET, "/apps/2/channels", 403, "Application disabled"),
        (Method::GET, "/apps/123456/nothing", 404, "Not found."),
        (Method::GET, "/apps/123456/events", 405, "Method not allowed."),
    ] {
        let (got, text) = server.send(method, path, "").await;
        assert_eq!((got.as_u16(), text.as_str()), (status, words), "{path}");
    }
    let stale = "auth_key=reverb-key&auth_timestamp=1&auth_version=1.0";
    let text = format!("GET\n/apps/123456/channels\n{stale}");
    let signature = signature::sign("reverb-secret", text.as_bytes());
    let (status, text) =
        server.send(Method::GET, &format!("/apps/123456/channels?{stale}&auth_signature={signature}"), "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(text.starts_with("Timestamp expired: the given timestamp (1) is not within 600s"), "{text}");
}

/// Serves this node's subscribers and can't reach the others.
struct CutOffBroker(LocalBroker);

#[async_trait::async_trait]
impl Broker for CutOffBroker {
    async fn publish(&self, publications: Vec<Publication>) -> Result<(), BrokerError> {
        self.0.publish(publications).await?;
        Err(BrokerError("the other nodes can't be reached".to_owned()))
    }
}

#[tokio::test]
async fn api_4_and_nod_6_an_event_is_accepted_although_the_broker_is_away() {
    let cut_off = |hub| Arc::new(CutOffBroker(LocalBroker::new(hub))) as Arc<dyn Broker>;
    let server = Server::start_with(cut_off, PusherApiLimits::default()).await;
    let mut socket = server.subscribe("orders", None).await;
    let event = json!({"name": "a", "data": "1", "channel": "orders"});
    assert_eq!(server.publish(event).await, (StatusCode::OK, "{}".to_owned()));
    assert_eq!(socket.next().await["event"], "a");
}

#[tokio::test]
async fn api_3_nobody_looks_at_the_content_type() {
    let server = Server::start().await;
    let body = r#"{"name":"a","data":"1","channel":"x"}"#;
    for content_type in ["", "text/plain", "application/x-www-form-urlencoded", "nonsense"] {
        let query = signed_query("POST", "/apps/123456/events", "", body);
        let request = server.client.post(format!("http://{}/apps/123456/events?{query}", server.address));
        let response = request.header("content-type", content_type).body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{content_type:?}");
    }
}

#[tokio::test]
async fn api_1_a_body_that_never_ends_is_given_up_with_408() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let limits = PusherApiLimits { body_timeout: Duration::from_millis(50), ..PusherApiLimits::default() };
    let server = Server::start_with(|hub| Arc::new(LocalBroker::new(hub)), limits).await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    let head = "POST /apps/123456/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close"), "{answer}");
}
