//! A PostgreSQL server for one run: in a temporary folder, spoken to over its Unix socket alone, and ended with the run,
//! however that ends.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process;

/// The one user, who may do everything and needs no password: nobody else gets into the folder of the socket.
pub(super) const USER: &str = "smartlink";
/// The database that the server of each cluster begins with.
pub(super) const DATABASE: &str = "postgres";

/// Waits until its input ends, which is when the run is over or this program is gone, then ends the server and removes
/// its files. Nothing that this program does itself at its end would survive being killed.
const WARDEN: &str = r#"
    cat >/dev/null
    "$1/pg_ctl" --pgdata "$2/data" --mode immediate stop >/dev/null 2>&1
    rm -rf "$2"
"#;

/// A running server with the settings that PostgreSQL has by default: what is committed is on the disk.
pub(super) struct Cluster {
    /// Of its socket, its data and its log.
    folder: PathBuf,
    binaries: PathBuf,
    warden: Child,
}

impl Cluster {
    /// Makes one and waits until it answers.
    pub(super) fn start() -> Result<Self> {
        let binaries = binaries()?;
        // In /tmp, since a socket's path has at most 107 bytes.
        let folder = TempDir::with_prefix_in("smartlink-postgres-", "/tmp")?.keep();
        let user = is_root()?.then_some("postgres");
        if let Some(user) = user {
            process::run(Command::new("chown").arg(user).arg(&folder))?;
        }
        // From here on the folder has somebody who removes it.
        let warden = guard(user, &binaries, &folder)?;
        let cluster = Self { folder, binaries, warden };
        let (folder, data) = (&cluster.folder, cluster.folder.join("data"));
        run(as_user(user, &cluster.binaries.join("initdb")).arg("--pgdata").arg(&data).args([
            "--username",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        ]))?;
        let options = format!("-c listen_addresses='' -c unix_socket_directories='{}'", folder.display());
        run(as_user(user, &cluster.binaries.join("pg_ctl"))
            .arg("--pgdata")
            .arg(&data)
            .arg("--log")
            .arg(folder.join("log"))
            .args(["--wait", "--timeout=60", "--options", &options, "start"]))?;
        Ok(cluster)
    }

    /// The folder of its socket, which stands in place of a host.
    pub(super) fn host(&self) -> String {
        self.folder.display().to_string()
    }

    /// `psql`, ready for statements on its standard input; the first that fails ends it.
    pub(super) fn psql(&self) -> Command {
        let mut command = Command::new(self.binaries.join("psql"));
        command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--host"]).arg(&self.folder);
        command.args(["--username", USER, "--dbname", DATABASE]);
        command
    }

    /// The process that all others of the server descend from.
    pub(super) fn pid(&self) -> Result<u32> {
        let path = self.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(&path)?;
        let line = text.lines().next().unwrap_or_default();
        line.parse().with_context(|| format!("{} begins with {line:?}: expected a process id", path.display()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.warden.stdin.take());
        // Nothing is lost if it is gone already.
        drop(self.warden.wait());
    }
}

fn guard(user: Option<&str>, binaries: &Path, folder: &Path) -> Result<Child> {
    let warden = as_user(user, Path::new("/bin/sh"))
        .args(["-c", WARDEN, "warden"])
        .arg(binaries)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not in our group, so that Ctrl+C at a terminal ends us and not the one who tidies up.
        .process_group(0)
        .spawn()?;
    Ok(warden)
}

/// The folder of `initdb`: as `pg_config` says, or of the newest version that Debian has put beside the path.
fn binaries() -> Result<PathBuf> {
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|it| PathBuf::from(String::from_utf8_lossy(&it.stdout).trim()));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|it| it.path().join("bin")).collect();
    folders.sort();
    folders.extend(configured);
    let found = folders.into_iter().rev().find(|it| it.join("initdb").exists());
    found.context("PostgreSQL's initdb is not there: install PostgreSQL (`apt-get install postgresql`)")
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

fn is_root() -> Result<bool> {
    Ok(process::read(Command::new("id").arg("--user"))?.trim_ascii() == b"0")
}

/// Without its output: the server keeps what it is given open.
fn run(command: &mut Command) -> Result<()> {
    process::run(command.stdin(Stdio::null()).stdout(Stdio::null()))
}
