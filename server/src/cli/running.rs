//! The running server, as commands ask it: over its own address, signed with its secret.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::de::DeserializeOwned;
use tokio_rustls::TlsConnector;
use url::Url;

use super::Failure;
use crate::clock::Clock;
use crate::config::{Config, Secrets};
use crate::http_client;
use crate::signature::sign;
use crate::tls;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// As much of a refusal as is read.
const MAX_COMPLAINT_BYTES: usize = 64 * 1024;

/// A server that should be running.
pub(super) struct RunningServer {
    url: Url,
    secrets: Secrets,
    tls: Option<TlsConnector>,
}

impl RunningServer {
    /// The server of these settings, on this machine, unless another address is given.
    pub(super) fn of(config: &Config, url: Option<&str>) -> Result<Self, Failure> {
        let given = config.application_secrets();
        let stored = if given.is_some() { given } else { config.existing_secrets().map_err(Failure::settings)? };
        let secrets = stored.ok_or_else(|| {
            Failure::unreachable(anyhow!(
                "no server has been started with these settings yet, so there is no secret to ask it with"
            ))
        })?;
        let speaks_tls = config.tls.certificate.is_some() && config.tls.port.is_none();
        let url = match url {
            Some(url) => url.to_owned(),
            None => format!(
                "{}://{}",
                if speaks_tls { "https" } else { "http" },
                std::net::SocketAddr::from((reachable(config.server.host), config.server.port))
            ),
        };
        let url = Url::parse(&url).map_err(|error| Failure::refused(format!("{url} is no address: {error}")))?;
        let tls = if url.scheme() == "https" { Some(connector(config)?) } else { None };
        Ok(Self { url, secrets, tls })
    }

    /// Where it is asked.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Asks, and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, Failure> {
        let asked = tokio::time::timeout(PATIENCE, self.try_ask(method, path));
        let answer = asked.await.map_err(|_| self.silent("it did not answer within 10 s"))?;
        let answer = answer.map_err(|error| self.silent(&error.to_string()))?;
        if answer.status != StatusCode::OK {
            return Err(self.refused(answer.status, &answer.body));
        }
        serde_json::from_slice(&answer.body).context("the server's answer can't be understood").map_err(Failure::other)
    }

    /// Asks for lines that come as things happen.
    pub(super) async fn listen(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Lines, Failure> {
        let asked = tokio::time::timeout(PATIENCE, self.try_listen(path, parameters));
        let answer = asked.await.map_err(|_| self.silent("it did not answer within 10 s"))?;
        let (connection, answer) = answer.map_err(|error| self.silent(&error.to_string()))?;
        let (status, body) = (answer.status(), Body::new(answer.into_body()));
        if status != StatusCode::OK {
            let text = axum::body::to_bytes(body, MAX_COMPLAINT_BYTES).await.unwrap_or_default();
            return Err(self.refused(status, &text));
        }
        Ok(Lines { _connection: connection, body, received: Vec::new() })
    }

    async fn try_ask(&self, method: Method, path: &str) -> Result<http_client::Answer, http_client::HttpError> {
        let url = self.signed(&method, path, &[]);
        http_client::send(&url, method, HeaderMap::new(), String::new(), self.tls.as_ref()).await
    }

    async fn try_listen(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<(SendRequest<Body>, Response<Incoming>), http_client::HttpError> {
        let url = self.signed(&Method::GET, path, parameters);
        let mut connection = http_client::connect(&url, self.tls.as_ref()).await?;
        let request = http_client::request(&url, Method::GET, HeaderMap::new(), String::new())?;
        let answer = connection.send_request(request).await?;
        Ok((connection, answer))
    }

    /// The address of a request that bears these parameters and a signature (section 15.2 of the protocol).
    fn signed(&self, method: &Method, path: &str, parameters: &[(&str, &str)]) -> Url {
        let timestamp = (Clock::system().now().unix_ms() / 1_000).to_string();
        let mut all = vec![
            ("auth_key", self.secrets.application_key.as_str()),
            ("auth_timestamp", &timestamp),
            ("auth_version", "1.0"),
        ];
        all.extend_from_slice(parameters);
        all.sort_unstable();
        let text: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text = format!("{method}\n{path}\n{}", text.join("&"));
        let signature = sign(&self.secrets.application_secret, text.as_bytes());
        let mut url = self.url.clone();
        url.set_path(path);
        url.query_pairs_mut().clear().extend_pairs(all).append_pair("auth_signature", &signature);
        url
    }

    fn refused(&self, status: StatusCode, answer: &[u8]) -> Failure {
        if status == StatusCode::UNAUTHORIZED {
            return Failure::refused(format!(
                "the server at {} does not know the secret of these settings: run the command where the server runs, with the same settings",
                self.url
            ));
        }
        let text = String::from_utf8_lossy(answer).chars().take(200).collect::<String>();
        Failure::refused(format!("{} answered with status {}: {text}", self.url, status.as_u16()))
    }

    fn silent(&self, reason: &str) -> Failure {
        Failure::unreachable(anyhow!("there is no server at {}: {reason}", self.url))
    }
}

/// An answer that goes on, line by line.
pub(super) struct Lines {
    /// The connection ends with it.
    _connection: SendRequest<Body>,
    body: Body,
    received: Vec<u8>,
}

impl Lines {
    /// The next line; `None` once the server has stopped.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            if let Some(end) = self.received.iter().position(|it| *it == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
            let Some(frame) = frame.transpose().map_err(|error| Failure::unreachable(error.into()))? else {
                return Ok(None);
            };
            self.received.extend(frame.into_data().unwrap_or_default());
        }
    }
}

/// An address of this machine under which a server that listens there is reached.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// TLS to the server of these settings, which is known by its certificate whatever name it was asked under.
fn connector(config: &Config) -> Result<TlsConnector, Failure> {
    let known = match &config.tls.certificate {
        Some(path) => Some(CertificateDer::from_pem_file(path).map_err(Failure::settings)?),
        None => None,
    };
    tls::client_connector(known).map_err(Failure::other)
}
