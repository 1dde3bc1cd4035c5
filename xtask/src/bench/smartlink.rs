//! The server under test: started on a free port with an empty database, and gone afterwards with all it wrote.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// The application that everything is published to.
pub(super) const APPLICATION: &str = "bench";
/// Its key.
pub(super) const KEY: &str = "bench-key";
/// Its secret.
pub(super) const SECRET: &str = "bench-secret";

/// A running `smartlink serve`.
pub(super) struct Smartlink {
    child: Child,
    pub(super) port: u16,
    directory: TempDir,
}

impl Smartlink {
    /// Starts it with these settings besides its own, and waits until it answers.
    pub(super) fn start(binary: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = File::create(directory.path().join("log"))?;
        let child = Command::new(binary)
            .arg("serve")
            .current_dir(directory.path())
            .env("REVERB_SERVER_HOST", "127.0.0.1")
            .env("REVERB_SERVER_PORT", port.to_string())
            .envs([("REVERB_APP_ID", APPLICATION), ("REVERB_APP_KEY", KEY), ("REVERB_APP_SECRET", SECRET)])
            .env("DB_CONNECTION", "sqlite")
            .env("DB_DATABASE", directory.path().join("bench.sqlite3"))
            .env("SMARTLINK_DRAIN_WINDOW", "0")
            .env("SMARTLINK_APP_PRESENCE_LEAVE_GRACE", "0")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} can't be started", binary.display()))?;
        let mut server = Self { child, port, directory };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.directory.path().join("log"))?;
                bail!("the server did not start\n{log}");
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Smartlink {
    fn drop(&mut self) {
        // Nothing is lost if it is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
