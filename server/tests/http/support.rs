//! A real server for each test, and people who speak to it over HTTP.

use std::collections::HashMap;
use std::net::SocketAddr;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use server::config::{Config, Sources};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const KEY: &str = "test-key";
pub(crate) const SECRET: &str = "test-secret";

/// A server on a port of its own, with a database of its own, in this process.
pub(crate) struct TestServer {
    pub(crate) url: String,
    pub(crate) directory: TempDir,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with more environment variables, which stand over those of the tests.
    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("smartlink.sqlite3");
        let mut environment: HashMap<String, String> = [
            ("DB_DATABASE", database.to_str().unwrap()),
            ("REVERB_APP_ID", "1"),
            ("REVERB_APP_KEY", KEY),
            ("REVERB_APP_SECRET", SECRET),
            ("SMARTLINK_DRAIN_WINDOW", "0"),
            ("LEPTOS_SITE_ROOT", directory.path().join("site").to_str().unwrap()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config = Config::load(&Sources { environment, ..Sources::default() }).unwrap();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(server::run(config, listener, shutdown.clone()));
        Self { url, directory, shutdown, running }
    }

    /// Stops in order, which must work.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }

    /// Somebody with cookies and without an account.
    pub(crate) fn visitor(&self) -> Person {
        let client = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Person { client, url: self.url.clone(), csrf_token: String::new() }
    }

    /// Somebody who has just signed up.
    pub(crate) async fn sign_up(&self, name: &str) -> Person {
        let mut person = self.visitor();
        person.load("/sign-up").await;
        let response = person.submit("/sign-up", &sign_up_form(name)).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        person
    }
}

pub(crate) fn sign_up_form(name: &str) -> Vec<(&'static str, String)> {
    let email = format!("{}@example.com", name.to_lowercase());
    vec![("name", name.to_owned()), ("email", email), ("password", PASSWORD.to_owned()), ("terms", "on".to_owned())]
}

/// A browser.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) csrf_token: String,
}

impl Person {
    /// Opens a page, and remembers the CSRF token that it brings.
    pub(crate) async fn load(&mut self, path: &str) -> Response {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        self.remember(&response);
        response
    }

    /// Sends a plain form with the token.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, String)]) -> Response {
        let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let token = self.csrf_token.clone();
        fields.push(("_token", &token));
        let response = self.form(path, &fields).await;
        self.remember(&response);
        response
    }

    /// Sends a form as it is.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.url)).body(body);
        request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap()
    }

    /// A request of a script, with the token in its header.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).header("X-XSRF-TOKEN", &self.csrf_token)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }

    pub(crate) async fn say(&self, body: &str) -> Value {
        let response = self.post("/api/chat/messages", json!({ "body": body })).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json().await.unwrap()
    }

    fn remember(&mut self, response: &Response) {
        if let Some(token) = cookie_of(response.headers(), "XSRF-TOKEN") {
            self.csrf_token = token;
        }
    }
}

/// The value of a cookie that an answer sets.
pub(crate) fn cookie_of(headers: &HeaderMap<HeaderValue>, name: &str) -> Option<String> {
    cookie_line(headers, name).map(|line| line.split(['=', ';']).nth(1).unwrap_or_default().to_owned())
}

/// The whole line that sets a cookie.
pub(crate) fn cookie_line(headers: &HeaderMap<HeaderValue>, name: &str) -> Option<String> {
    let lines = headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap().to_owned());
    lines.into_iter().find(|it| it.starts_with(&format!("{name}=")))
}

/// The problem document of an answer, with its media type checked.
pub(crate) async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.status().as_u16(), status);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    problem
}

/// The first field at fault.
pub(crate) fn field(problem: &Value) -> &str {
    problem["errors"][0]["field"].as_str().unwrap_or_default()
}
