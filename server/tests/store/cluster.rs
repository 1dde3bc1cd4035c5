//! A PostgreSQL server of our own, started once and ended with this program, however that ends.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

const PASSWORD: &str = "known only to these tests";

/// Waits until its input ends, which is when this program is gone, then ends the server and removes its files. Nothing
/// that this program does itself at its end would survive being killed.
const WARDEN: &str = r#"
    cat >/dev/null
    "$1/pg_ctl" --pgdata "$2/data" --mode immediate stop >/dev/null 2>&1
    rm -rf "$2"
"#;

/// A running server.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The folder of its Unix socket.
    pub(crate) socket_folder: PathBuf,
    /// Of the user `smartlink`, who may do everything.
    pub(crate) password: &'static str,
    /// Held with its input open as long as this program runs.
    _warden: Child,
}

/// The one server of this program.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

fn start() -> Cluster {
    let binaries = binaries();
    // In /tmp, since a socket's path has at most 107 bytes.
    let folder = TempDir::with_prefix_in("smartlink-postgres-", "/tmp").unwrap().keep();
    let user = if is_root() { Some("postgres") } else { None };
    let password_file = folder.join("password");
    std::fs::write(&password_file, PASSWORD).unwrap();
    if let Some(user) = user {
        run(Command::new("chown").arg("-R").arg(user).arg(&folder));
    }
    let data = folder.join("data");
    run(as_user(user, &binaries.join("initdb"))
        .arg("--pgdata")
        .arg(&data)
        .args(["--username=smartlink", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"])
        .args(["--no-sync", "--no-instructions", "--pwfile"])
        .arg(&password_file));
    let warden = guard(user, &binaries, &folder);
    let options = format!(
        "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off -c synchronous_commit=off \
         -c full_page_writes=off -c max_connections=500",
        folder.display()
    );
    run(as_user(user, &binaries.join("pg_ctl"))
        .arg("--pgdata")
        .arg(&data)
        .arg("--log")
        .arg(folder.join("log"))
        .args(["--wait", "--timeout=60", "--options", &options, "start"]));
    Cluster { socket_folder: folder, password: PASSWORD, _warden: warden }
}

/// Leaves a process behind that ends the server when this program has ended.
fn guard(user: Option<&str>, binaries: &Path, folder: &Path) -> Child {
    as_user(user, Path::new("/bin/sh"))
        .args(["-c", WARDEN, "warden"])
        .arg(binaries)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not in our group, so that Ctrl+C at a terminal ends us and not the one who tidies up.
        .process_group(0)
        .spawn()
        .unwrap()
}

/// The folder of `initdb`: as `pg_config` says, or of the newest version that Debian has put beside the path.
fn binaries() -> PathBuf {
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|it| PathBuf::from(String::from_utf8(it.stdout).unwrap().trim()));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|it| it.path().join("bin")).collect();
    folders.sort();
    folders.extend(configured);
    let found = folders.into_iter().rev().find(|it| it.join("initdb").exists());
    found.expect("PostgreSQL is needed for these tests: install it (`apt-get install postgresql`)")
}

/// PostgreSQL refuses to run as root.
fn as_user(user: Option<&str>, program: &Path) -> Command {
    let mut command = match user {
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.current_dir("/tmp");
    command
}

fn is_root() -> bool {
    let output = Command::new("id").arg("--user").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    // A file and not a pipe: the server keeps what it is given open, and a pipe would be read without end.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?} failed");
}
