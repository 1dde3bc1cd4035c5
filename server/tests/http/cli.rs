//! The binary as an operator meets it: what it says, and what it ends with.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use server::store::{DatabaseSettings, Store};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

use crate::support::{PASSWORD, TestServer};

/// The binary in a directory of its own, with nothing of the tests' environment.
fn smartlink(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smartlink"));
    command.current_dir(directory).env_clear().env("RUST_BACKTRACE", "0");
    command
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    smartlink(directory).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Runs with a text on standard input.
fn run_with_input(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = smartlink(directory)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complaint(output: &Output, status: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{text}");
    text
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_wrong_setting_stops_the_start_with_its_name_and_what_would_be_right() {
    let directory = directory();
    for command in ["serve", "check-config", "migrate"] {
        let output = run(directory.path(), &[command, "--port", "http"]);
        let text = complaint(&output, 3);
        assert!(text.contains("server.port (flag --port) is \"http\": expected a whole number"), "{text}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn check_config_prints_what_counts_and_no_secret() {
    let directory = directory();
    std::fs::write(
        directory.path().join("smartlink.toml"),
        "[server]\nport = 9000\n[database]\npassword = \"hunter2\"",
    )
    .unwrap();
    let output = smartlink(directory.path()).arg("check-config").env("LOG_LEVEL", "debug").output().unwrap();
    let text = out(&output);
    assert!(output.status.success(), "{}", complaint(&output, 0));
    assert!(text.contains("server.port = 9000  (file smartlink.toml)"), "{text}");
    assert!(text.contains("log.level = debug  (environment LOG_LEVEL)"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing was written");
}

#[test]
fn an_unknown_key_of_the_file_is_told_with_the_nearest() {
    let directory = directory();
    std::fs::write(directory.path().join("smartlink.toml"), "[server]\nprot = 9000").unwrap();
    let text = complaint(&run(directory.path(), &["check-config"]), 3);
    assert!(text.contains("did you mean server.port?"), "{text}");
}

#[test]
fn a_taken_port_is_told_and_nothing_is_written() {
    let directory = directory();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let text = complaint(&run(directory.path(), &["serve", "--port", &port]), 4);
    assert!(text.contains(&port) && text.contains("choose another port with --port"), "{text}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_no_database_is_told_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("broken.sqlite3");
    let content = "this is no database, and more than a hundred bytes of it: ".repeat(40);
    std::fs::write(&path, &content).unwrap();
    for command in ["serve", "migrate"] {
        let output = run(directory.path(), &[command, "--port", "0", "--database", "sqlite:broken.sqlite3"]);
        let text = complaint(&output, 5);
        assert!(text.contains("broken.sqlite3") && text.contains("restore it from a backup"), "{text}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
}

#[test]
fn damaged_secrets_stop_the_start_and_are_not_shown() {
    let directory = directory();
    std::fs::create_dir(directory.path().join("data")).unwrap();
    std::fs::write(directory.path().join("data/secrets.toml"), "cookie_secret = \"hunter2").unwrap();
    let text = complaint(&run(directory.path(), &["serve", "--port", "0"]), 3);
    assert!(text.contains("data/secrets.toml") && !text.contains("hunter2"), "{text}");
}

#[test]
fn what_is_there_is_not_looked_for_in_a_new_database() {
    let directory = directory();
    for command in [
        &["user", "promote", "ada@example.com"][..],
        &["user", "list"],
        &["token", "list", "--email", "ada@example.com"],
        &["webhooks", "list"],
    ] {
        let text = complaint(&run(directory.path(), command), 6);
        assert!(text.contains("there is no database") && text.contains("DB_DATABASE"), "{command:?}: {text}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn accounts_are_opened_promoted_and_kept_out() {
    let directory = directory();
    let create = ["user", "create", "Ada@example.com", "--name", "Ada", "--password-stdin"];
    let output = run_with_input(directory.path(), &create, "correct horse battery\n");
    assert!(output.status.success(), "{}", complaint(&output, 0));
    assert!(
        complaint(&run_with_input(directory.path(), &create, "correct horse battery\n"), 6).contains("has an account")
    );
    let short = ["user", "create", "ben@example.com", "--password-stdin"];
    assert!(complaint(&run_with_input(directory.path(), &short, "short\n"), 6).contains("password"));
    assert!(run(directory.path(), &["user", "promote", "ada@example.com"]).status.success());
    assert!(run(directory.path(), &["user", "disable", "ada@example.com"]).status.success());
    let list = out(&run(directory.path(), &["user", "list"]));
    assert!(list.contains("ada@example.com\tadmin\tdisabled\tAda"), "{list}");
    assert!(
        complaint(&run(directory.path(), &["user", "promote", "nobody@example.com"]), 6).contains("nobody@example.com")
    );
}

#[tokio::test]
async fn who_has_forgotten_the_password_is_given_another_and_is_signed_out_everywhere() {
    const NEW: &str = "another horse battery";
    let server = TestServer::start().await;
    let ada = server.sign_up("Ada").await;
    let set = |email: &str, password: &str| {
        let database = format!("sqlite:{}", server.directory.path().join("smartlink.sqlite3").display());
        let arguments = ["user", "set-password", email, "--password-stdin", "--database", &database];
        run_with_input(server.directory.path(), &arguments, &format!("{password}\n"))
    };
    assert!(complaint(&set("ada@example.com", "short"), 6).contains("password"));
    assert!(complaint(&set("nobody@example.com", NEW), 6).contains("nobody@example.com"));
    assert_eq!(ada.get("/api/user").await.status().as_u16(), 200, "nothing has changed yet");
    let output = set("ADA@example.com", NEW);
    assert!(out(&output).contains("has the new password"), "{}", complaint(&output, 0));
    assert_eq!(ada.get("/api/user").await.status().as_u16(), 401);
    let mut again = server.visitor();
    again.load("/sign-in").await;
    for (password, place) in [(PASSWORD, "/sign-in"), (NEW, "/")] {
        let fields = [("email", "ada@example.com".into()), ("password", password.into())];
        assert_eq!(again.submit("/sign-in", &fields).await.headers()["location"], place);
    }
    server.stop().await;
}

#[test]
fn a_token_is_shown_once_listed_without_itself_and_revoked() {
    let directory = directory();
    let create = ["user", "create", "ada@example.com", "--password-stdin"];
    assert!(run_with_input(directory.path(), &create, "correct horse battery\n").status.success());
    let output = run(
        directory.path(),
        &["token", "create", "--email", "ada@example.com", "--abilities", "chat:read,broadcasting"],
    );
    let token = out(&output).trim().to_owned();
    assert!(token.starts_with("smartlink_") && !token.contains(char::is_whitespace), "{token}");
    let list = out(&run(directory.path(), &["token", "list", "--email", "ada@example.com"]));
    assert!(list.contains("chat:read broadcasting\tnever\tnever") && !list.contains(&token), "{list}");
    assert!(
        complaint(&run(directory.path(), &["token", "create", "--email", "ada@example.com", "--abilities", "fly"]), 6)
            .contains("fly")
    );
    assert!(run(directory.path(), &["token", "revoke", "--email", "ada@example.com", "1"]).status.success());
    assert!(
        complaint(&run(directory.path(), &["token", "revoke", "--email", "ada@example.com", "1"]), 6)
            .contains("no token 1")
    );
    assert_eq!(out(&run(directory.path(), &["token", "list", "--email", "ada@example.com"])), "");
}

#[test]
fn migrate_says_what_it_did_and_does_it_once() {
    let directory = directory();
    let first = out(&run(directory.path(), &["migrate"]));
    assert!(first.contains("0001 create accounts") && first.contains("up to date"), "{first}");
    let second = out(&run(directory.path(), &["migrate"]));
    assert!(second.contains("nothing was done"), "{second}");
}

/// With room for `kib` in each file, as a full disk or a quota leaves it.
fn run_without_room(directory: &Path, arguments: &str, kib: u32) -> Output {
    // The shell counts blocks of 512 bytes; a write beyond them fails, as the signal that would come first is ignored.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec {} {arguments}", kib * 2, env!("CARGO_BIN_EXE_smartlink"));
    let mut shell = Command::new("sh");
    shell.current_dir(directory).env_clear().env("RUST_BACKTRACE", "0").args(["-c", &script]).output().unwrap()
}

#[test]
fn a_full_disk_is_told_and_the_next_start_with_room_goes_on() {
    let directory = directory();
    for (command, kib) in [("migrate", 48), ("serve --port 0", 48), ("migrate", 1)] {
        let text = complaint(&run_without_room(directory.path(), command, kib), 5);
        assert!(text.contains("make room"), "{text}");
    }
    assert!(out(&run(directory.path(), &["migrate"])).contains("up to date"));
    let text = complaint(&run_without_room(directory.path(), "serve --port 0", 1), 5);
    assert!(text.contains("make room"), "a full disk shows at the start: {text}");
}

#[test]
fn a_locked_file_is_told_with_what_to_do() {
    let directory = directory();
    assert!(run(directory.path(), &["migrate"]).status.success());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let path = directory.path().join("data/smartlink.sqlite3");
    let lock = async {
        let mut other = sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        other.execute("begin immediate").await.unwrap();
        other
    };
    let _other = runtime.block_on(lock);
    for command in ["serve", "migrate"] {
        let text = complaint(&run(directory.path(), &[command, "--port", "0"]), 5);
        assert!(text.contains("holds a lock") && text.contains("end that program"), "{text}");
    }
}

#[test]
fn a_second_server_on_one_database_is_refused() {
    let directory = directory();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lease = async {
        let path = directory.path().join("data/smartlink.sqlite3");
        let store = Store::connect(&DatabaseSettings::Sqlite { path }).await.unwrap();
        store.lease(Duration::ZERO).await.unwrap()
    };
    let _first = runtime.block_on(lease);
    let mut second = smartlink(directory.path());
    second.args(["serve", "--port", "0"]).env("SMARTLINK_DB_TAKEOVER_PATIENCE", "0");
    let text = complaint(&second.output().unwrap(), 5);
    assert!(text.contains("another SmartLink server") && text.contains("DB_DATABASE"), "{text}");
    // Commands that only change what is stored go on beside it.
    let create = ["user", "create", "ada@example.com", "--password-stdin"];
    assert!(run_with_input(directory.path(), &create, "correct horse battery\n").status.success());
}

#[test]
fn the_command_line_itself_is_checked() {
    let directory = directory();
    assert!(complaint(&run(directory.path(), &["fly"]), 2).contains("fly"));
    assert!(out(&run(directory.path(), &["version"])).starts_with("smartlink "));
    assert!(out(&run(directory.path(), &["--help"])).contains("Exit status"));
}

#[tokio::test]
async fn a_first_start_makes_secrets_says_where_it_is_and_stops_on_a_signal() {
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
    let directory = directory();
    let mut child = tokio::process::Command::from(smartlink(directory.path()))
        .args(["serve", "--port", "0"])
        .env("SMARTLINK_DRAIN_WINDOW", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let made = lines.next_line().await.unwrap().unwrap();
    assert!(made.contains("data/secrets.toml"), "{made}");
    let ready = lines.next_line().await.unwrap().unwrap();
    let url = ready.split_whitespace().find(|it| it.starts_with("http://")).unwrap().to_owned();
    let health = reqwest::get(format!("{url}/up")).await.unwrap().text().await.unwrap();
    assert_eq!(health, r#"{"health":"OK"}"#);
    let pid = rustix::process::Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
    assert!(!log.contains("ERROR"), "{log}");
    let warnings: Vec<&str> = log.lines().filter(|it| it.contains("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("LEPTOS_SITE_ROOT"), "the start was in a directory without the pages' files: {log}");
}

#[tokio::test]
async fn cmd_2_a_second_signal_ends_at_once() {
    use futures_util::StreamExt as _;
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let directory = directory();
    let mut child = tokio::process::Command::from(smartlink(directory.path()))
        .args(["serve", "--port", "0"])
        .envs([("SMARTLINK_DRAIN_WINDOW", "3600"), ("REVERB_APP_ID", "1"), ("REVERB_APP_KEY", "key")])
        .env("REVERB_APP_SECRET", "secret")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some(url) = line.split_whitespace().find(|it| it.starts_with("http://")) {
            break url.to_owned();
        }
    };
    // Two open sockets, of which the second is released at the end of the long window.
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let (mut socket, _) =
            tokio_tungstenite::connect_async(format!("{}/app/key", url.replace("http", "ws"))).await.unwrap();
        socket.next().await.unwrap().unwrap();
        sockets.push(socket);
    }
    let pid = rustix::process::Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    while !log.next_line().await.unwrap().unwrap().contains("a second signal ends at once") {}
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
}
#[tokio::test]
async fn cmd_2_a_server_whose_log_nobody_reads_any_more_still_stops() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let directory = directory();
    let mut child = tokio::process::Command::from(smartlink(directory.path()))
        .args(["serve", "--port", "0"])
        .env("SMARTLINK_DRAIN_WINDOW", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().unwrap().starts_with("Then:") {}
    // What supervised it, or stood behind its pipe, is gone: every line of the log is now an error.
    drop((lines, child.stderr.take()));
    let pid = rustix::process::Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), child.wait()).await;
    assert_eq!(ended.expect("it does not stop").unwrap().code(), Some(0));
}
