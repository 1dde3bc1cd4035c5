//! TLS spoken by the server itself, with real clients (rule CFG-4).

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use rustix::process::Signal;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::process::{PATIENCE, Place, Running};
use crate::support::KEY;

/// Writes a new certificate for `localhost` and its key; the certificate.
fn issue(place: &Place) -> CertificateDer<'static> {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(place.path("key.pem"), issued.signing_key.serialize_pem()).unwrap();
    std::fs::write(place.path("certificate.pem"), issued.cert.pem()).unwrap();
    issued.cert.der().clone()
}

fn place(settings: &str) -> (Place, CertificateDer<'static>) {
    let place = Place::new(&format!("[tls]\ncertificate = \"certificate.pem\"\nkey = \"key.pem\"\n{settings}"));
    let certificate = issue(&place);
    (place, certificate)
}

/// A TLS connection of a client that trusts this certificate alone.
async fn connect(address: &str, trusted: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

struct Socket(WebSocketStream<TlsStream<TcpStream>>);

impl Socket {
    async fn open(address: &str, trusted: &CertificateDer<'static>) -> Self {
        let stream = connect(address, trusted).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let url = format!("wss://localhost/app/{KEY}?protocol=7");
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let mut socket = Self(socket);
        assert_eq!(socket.next().await["event"], "pusher:connection_established");
        socket
    }

    async fn next(&mut self) -> Value {
        let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing came").unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn ping(&mut self) {
        self.send(json!({"event": "pusher:ping"})).await;
        assert_eq!(self.next().await, json!({"event": "pusher:pong"}));
    }
}

async fn get(address: &str, path: &str, trusted: &CertificateDer<'static>) -> String {
    let mut stream = connect(address, trusted).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn cfg_4_one_port_speaks_tls_to_pages_the_api_and_sockets() {
    let (place, certificate) = place("");
    let server = place.serve().await;
    assert!(server.url.starts_with("https://"), "{}", server.url);
    assert!(get(&server.address, "/up", &certificate).await.contains("{\"health\":\"OK\"}"));
    let [mut ana, mut ben] =
        [Socket::open(&server.address, &certificate).await, Socket::open(&server.address, &certificate).await];
    for socket in [&mut ana, &mut ben] {
        socket.send(json!({"event": "pusher:subscribe", "data": {"channel": "a"}})).await;
        assert_eq!(socket.next().await["event"], "pusher_internal:subscription_succeeded");
    }
    // Longer than a record of TLS, each way, several times.
    for number in 0..20 {
        let data = json!({"number": number, "text": "x".repeat(9_000)});
        ana.send(json!({"event": "client-long", "channel": "a", "data": data})).await;
        assert_eq!(ben.next().await["data"]["number"], number);
    }
    ana.ping().await;
    // Whoever speaks no TLS gets none of it, and hurts nobody.
    let mut plain = TcpStream::connect(&server.address).await.unwrap();
    plain.write_all(b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _reset_or_alert = plain.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("OK"));
    ben.ping().await;
    server.stop().await;
}

#[tokio::test]
async fn tls_may_have_a_port_of_its_own() {
    let (place, certificate) = place("port = 0\n");
    let mut server = place.serve().await;
    let line = server.line("TLS is spoken on ").await;
    let address = line.trim_start_matches("TLS is spoken on ").trim_end_matches('.').to_owned();
    Socket::open(&address, &certificate).await.ping().await;
    server.greeted(KEY).await.ping().await;
    server.stop().await;
}

#[tokio::test]
async fn cfg_4_a_renewed_certificate_is_shown_while_connections_stay() {
    let (place, old) = place("");
    let mut server = place.serve().await;
    let mut socket = Socket::open(&server.address, &old).await;
    let new = issue(&place);
    server.line("a new certificate is shown from now on").await;
    assert!(connect(&server.address, &old).await.is_err());
    Socket::open(&server.address, &new).await.ping().await;
    socket.ping().await;

    std::fs::write(place.path("certificate.pem"), "nonsense").unwrap();
    server.line("the old certificate is still shown").await;
    Socket::open(&server.address, &new).await.ping().await;
    server.stop().await;
}

#[tokio::test]
async fn a_stop_tells_tls_clients_to_come_back() {
    let (place, certificate) = place("");
    let mut server: Running = place.serve().await;
    let mut socket = Socket::open(&server.address, &certificate).await;
    server.signal(Signal::TERM);
    assert_eq!(socket.next().await["event"], "pusher:error");
    let close = tokio::time::timeout(PATIENCE, socket.0.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(&close, Message::Close(Some(frame)) if u16::from(frame.code) == 4100), "{close:?}");
    drop(socket);
    assert_eq!(server.ended().await.code(), Some(0));
}

#[tokio::test]
async fn commands_know_the_server_by_its_certificate() {
    let (place, _) = place("");
    let server = place.serve().await;
    let status = place.run(&["status", "--json", "--url", &server.url]).await;
    assert_eq!(serde_json::from_str::<Value>(&status).unwrap()["state"], "serving");
    server.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_files_is_said_at_the_start() {
    let (place, _) = place("");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(place.path("key.pem"), other.signing_key.serialize_pem()).unwrap();
    let (status, text) = place.fail(&["serve", "--port", "0"]).await;
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("the certificate certificate.pem can't be used with the key key.pem"), "{text}");
    std::fs::remove_file(place.path("certificate.pem")).unwrap();
    let (status, text) = place.fail(&["serve", "--port", "0"]).await;
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("certificate.pem can't be used for TLS"), "{text}");
    place.set("[tls]\nkey = \"key.pem\"\n");
    let (status, text) = place.fail(&["serve", "--port", "0"]).await;
    assert_eq!(status, 3, "{text}");
    assert!(text.contains("tls.certificate is missing"), "{text}");
}
