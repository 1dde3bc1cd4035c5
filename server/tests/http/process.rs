//! The binary as a process that serves: its output line by line, signals, and how it ends.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use server::signature::sign_channel;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::support::{KEY, SECRET};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A directory with a settings file and the data of its server.
pub(crate) struct Place {
    pub(crate) directory: TempDir,
    environment: HashMap<String, String>,
}

impl Place {
    /// With this settings file.
    pub(crate) fn new(settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ours = [
            ("REVERB_APP_ID", "1"),
            ("REVERB_APP_KEY", KEY),
            ("REVERB_APP_SECRET", SECRET),
            ("SMARTLINK_DRAIN_WINDOW", "0"),
            ("RUST_BACKTRACE", "0"),
        ];
        let environment = ours.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let place = Self { directory, environment };
        place.set(settings);
        place
    }

    /// With nothing set at all.
    pub(crate) fn bare() -> Self {
        Self { environment: HashMap::new(), ..Self::new("") }
    }

    /// With this variable too.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes the settings file anew.
    pub(crate) fn set(&self, settings: &str) {
        std::fs::write(self.path("smartlink.toml"), settings).unwrap();
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The binary, here.
    pub(crate) fn smartlink(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smartlink"));
        command.current_dir(self.directory.path()).env_clear().envs(&self.environment).args(arguments);
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }

    /// Runs a command that must work; what it printed.
    pub(crate) async fn run(&self, arguments: &[&str]) -> String {
        let output = self.smartlink(arguments).output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail; its status and complaint.
    pub(crate) async fn fail(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.smartlink(arguments).output().await.unwrap();
        assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Serves on a free port.
    pub(crate) async fn serve(&self) -> Running {
        self.serve_with(&["serve", "--port", "0"]).await
    }

    /// Serves, and returns once it is ready.
    pub(crate) async fn serve_with(&self, arguments: &[&str]) -> Running {
        Running::start(self.smartlink(arguments)).await
    }
}

/// A server that runs.
pub(crate) struct Running {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    /// As the server printed it.
    pub(crate) url: String,
    /// Host and port.
    pub(crate) address: String,
}

impl Running {
    pub(crate) async fn start(command: Command) -> Self {
        let mut running = Self::begin(command);
        let ready = running.line("SmartLink is ready on ").await;
        let url = ready.split(' ').find(|it| it.starts_with("http")).unwrap();
        url.clone_into(&mut running.url);
        url.split("://").nth(1).unwrap().trim_end_matches('.').clone_into(&mut running.address);
        running
    }

    /// Any command that goes on until it is told to end.
    pub(crate) fn begin(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::unbounded_channel();
        let outputs: [Box<dyn tokio::io::AsyncRead + Send + Unpin>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut lines = BufReader::new(output).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Self { child, lines, url: String::new(), address: String::new() }
    }

    /// The next line of its output that holds this text.
    pub(crate) async fn line(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            let next = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
            match next.ok().flatten() {
                Some(line) if line.contains(text) => return line,
                Some(line) => seen.push(line),
                None => panic!("no line with {text:?} came, but these:\n{}", seen.join("\n")),
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id().expect("it runs")).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// How it ends.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not end").unwrap()
    }

    /// Ends it in order.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.ended().await.code(), Some(0));
    }

    pub(crate) async fn connect(&self, key: &str) -> Socket {
        let (stream, _) = tokio_tungstenite::connect_async(format!("ws://{}/app/{key}?protocol=7", self.address))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.address));
        Socket { stream, socket_id: String::new() }
    }

    /// Connects, and takes the first frame.
    pub(crate) async fn greeted(&self, key: &str) -> Socket {
        let mut socket = self.connect(key).await;
        let hello = socket.next().await;
        assert_eq!(hello["event"], "pusher:connection_established", "{hello}");
        let data: Value = serde_json::from_str(hello["data"].as_str().unwrap()).unwrap();
        data["socket_id"].as_str().unwrap().clone_into(&mut socket.socket_id);
        socket
    }
}

/// A WebSocket.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) socket_id: String,
}

impl Socket {
    async fn next_message(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("nothing came").unwrap().unwrap()
    }

    pub(crate) async fn next(&mut self) -> Value {
        match self.next_message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected a text, got {other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.stream.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// Subscribes to a channel that is signed with this secret.
    pub(crate) async fn subscribe(&mut self, channel: &str, secret: &str) -> Value {
        let signature = sign_channel(secret, self.socket_id.parse().unwrap(), &channel.parse().unwrap(), None);
        let data = json!({"channel": channel, "auth": format!("key:{signature}")});
        self.send(json!({"event": "pusher:subscribe", "data": data})).await;
        self.next().await
    }

    /// Whether it still answers.
    pub(crate) async fn ping(&mut self) {
        self.send(json!({"event": "pusher:ping"})).await;
        assert_eq!(self.next().await, json!({"event": "pusher:pong"}));
    }

    /// The code with which it is closed, after an error frame with the same.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next_message().await {
                return frame.unwrap().code.into();
            }
        }
    }
}
