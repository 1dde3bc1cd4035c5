//! Requests as bytes, signed by rules that are written here a second time.

use md5::{Digest, Md5};
use server::clock::Clock;
use server::signature::sign;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{KEY, SECRET, TestServer};

/// An answer: status, body, and whether the server keeps the connection.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    keeps: bool,
}

/// One connection, opened anew when the server has ended it.
pub(crate) struct Http<'a> {
    server: &'a TestServer,
    stream: Option<TcpStream>,
}

impl<'a> Http<'a> {
    pub(crate) fn to(server: &'a TestServer) -> Self {
        Self { server, stream: None }
    }

    /// Sends a request with this target, of whatever bytes, and reads the answer.
    pub(crate) async fn send(&mut self, method: &str, target: &[u8], body: &[u8]) -> Answer {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.server.address).await.unwrap(),
        };
        let head = format!(" HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = [method.as_bytes(), b" ", target, head.as_bytes(), body].concat();
        // The server may refuse it before it has read everything.
        let _refused = stream.write_all(&request).await;
        let answer = read(&mut stream).await;
        if answer.keeps {
            self.stream = Some(stream);
        }
        answer
    }
}

async fn read(stream: &mut TcpStream) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer, whatever was asked"));
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let value = |name: &str| head.lines().find_map(|it| it.strip_prefix(name)).map(str::trim);
    let length = value("content-length:").unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let status = head[9..12].parse().unwrap();
    let keeps = value("connection:") != Some("close") && status != 400;
    Answer { status, body: String::from_utf8(body).unwrap(), keeps }
}

/// The parameters that every signed request has, for this body.
pub(crate) fn parameters(body: &[u8]) -> Vec<(String, String)> {
    let now_s = Clock::system().now().unix_ms() / 1_000;
    let mut parameters =
        vec![("auth_key", KEY.to_owned()), ("auth_timestamp", now_s.to_string()), ("auth_version", "1.0".to_owned())];
    if !body.is_empty() {
        parameters.push(("body_md5", hex::encode(Md5::digest(body))));
    }
    parameters.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The signature over parameters as they are given: keys in lower case and sorted.
pub(crate) fn signature(method: &str, path: &str, parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = parameters.iter().map(|(key, value)| (key.to_lowercase(), value)).collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let text: Vec<_> = sorted.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    sign(SECRET, format!("{method}\n{path}\n{}", text.join("&")).as_bytes())
}
