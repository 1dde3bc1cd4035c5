//! The server under test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::server::application::{Application, Applications};
use ::server::broker::{Broker, History, LocalBroker};
use ::server::clock::Clock;
use ::server::http::pusher::{self, PusherApi, PusherApiLimits};
use ::server::hub::{Hub, HubSettings};
use ::server::signature::sign;
use ::server::websocket;
use axum::extract::FromRef;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{KEY, MemoryHistory, PATIENCE, SECRET, TestClient, application};

#[derive(Clone)]
struct ServerState {
    hub: Arc<Hub>,
    pusher: PusherApi,
}

impl FromRef<ServerState> for Arc<Hub> {
    fn from_ref(state: &ServerState) -> Self {
        Arc::clone(&state.hub)
    }
}

impl FromRef<ServerState> for PusherApi {
    fn from_ref(state: &ServerState) -> Self {
        state.pusher.clone()
    }
}

pub(crate) struct TestServer {
    pub(crate) hub: Arc<Hub>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) history: Arc<MemoryHistory>,
    pub(crate) address: SocketAddr,
    http: reqwest::Client,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(application(), HubSettings { shards: 3, ..HubSettings::default() }).await
    }

    pub(crate) async fn with_application(application: Application) -> Self {
        Self::with(application, HubSettings { shards: 3, ..HubSettings::default() }).await
    }

    pub(crate) async fn with(application: Application, settings: HubSettings) -> Self {
        let history = Arc::new(MemoryHistory::default());
        let hub = Hub::start(
            settings,
            Applications::new([application]),
            Arc::clone(&history) as Arc<dyn History>,
            Clock::system(),
            tokio::runtime::Handle::current(),
        )
        .unwrap();
        let broker = Arc::new(LocalBroker::new(Arc::clone(&hub)));
        Self::serve(hub, broker, history).await
    }

    /// Serves a hub that has been started, publishing by this broker.
    pub(crate) async fn serve(hub: Arc<Hub>, broker: Arc<dyn Broker>, history: Arc<MemoryHistory>) -> Self {
        let pusher = PusherApi {
            hub: Arc::clone(&hub),
            broker: Arc::clone(&broker),
            clock: Clock::system(),
            limits: PusherApiLimits::default(),
            path_prefix: "".into(),
        };
        let router = websocket::router::<ServerState>().merge(pusher::router::<ServerState>());
        let state = ServerState { hub: Arc::clone(&hub), pusher };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router.with_state(state)).await });
        Self { hub, broker, history, address, http: reqwest::Client::new() }
    }

    /// A connected client.
    pub(crate) async fn connect(&self) -> TestClient {
        self.connect_with("?protocol=7&client=js&version=8.6.0&flash=false").await
    }

    /// A connected client with this query.
    pub(crate) async fn connect_with(&self, query: &str) -> TestClient {
        let mut client = self.open(KEY, query).await;
        let hello = client.next().await;
        assert_eq!(hello["event"], "pusher:connection_established", "{hello}");
        let data: Value = serde_json::from_str(hello["data"].as_str().unwrap()).unwrap();
        data["socket_id"].as_str().unwrap().clone_into(&mut client.socket_id);
        client
    }

    /// An upgraded connection, before its first frame.
    pub(crate) async fn open(&self, key: &str, query: &str) -> TestClient {
        let url = format!("ws://{}/app/{key}{query}", self.address);
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        TestClient::new(socket)
    }

    /// A client subscribed to these public channels.
    pub(crate) async fn subscribed(&self, channels: &[&str]) -> TestClient {
        let mut client = self.connect().await;
        for channel in channels {
            client.subscribe(channel).await;
        }
        client
    }

    /// A signed request of the HTTP API; status and body.
    pub(crate) async fn api(&self, method: &str, path: &str, query: &[(&str, &str)], body: &str) -> (u16, Value) {
        let path = format!("/apps/123456{path}");
        let timestamp = (Clock::system().now().unix_ms() / 1_000).to_string();
        let mut parameters: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parameters.push(("auth_key".into(), KEY.into()));
        parameters.push(("auth_timestamp".into(), timestamp));
        parameters.push(("auth_version".into(), "1.0".into()));
        if !body.is_empty() {
            use md5::Digest;
            parameters.push(("body_md5".into(), hex::encode(md5::Md5::digest(body))));
        }
        parameters.sort();
        let text: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let signature = sign(SECRET, format!("{method}\n{path}\n{}", text.join("&")).as_bytes());
        let url = format!("http://{}{path}?{}&auth_signature={signature}", self.address, text.join("&"));
        let request = self.http.request(method.parse().unwrap(), url).body(body.to_owned());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Publishes over HTTP.
    pub(crate) async fn publish(&self, channel: &str, event: &str, data: &str) {
        self.publish_except(channel, event, data, None).await;
    }

    pub(crate) async fn publish_except(&self, channel: &str, event: &str, data: &str, socket_id: Option<&str>) {
        let body = json!({"name": event, "data": data, "channel": channel, "socket_id": socket_id});
        let mut body = body;
        if socket_id.is_none() {
            body.as_object_mut().unwrap().remove("socket_id");
        }
        assert_eq!(self.api("POST", "/events", &[], &body.to_string()).await, (200, json!({})));
    }

    /// Appends to the history, then publishes, as the relay does.
    pub(crate) async fn publish_logged(&self, channel: &str, data: &str) -> u64 {
        let publication = self.history.append(channel, data);
        let offset = publication.logged.unwrap().offset;
        self.broker.publish(vec![publication]).await.unwrap();
        offset
    }

    /// Waits until something is true; it is asked again at each turn of the runtime and at most for [`PATIENCE`].
    pub(crate) async fn until(&self, what: &str, mut is_true: impl FnMut(&Hub) -> bool) {
        let wait = async {
            while !is_true(&self.hub) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "{what} did not happen");
    }
}
