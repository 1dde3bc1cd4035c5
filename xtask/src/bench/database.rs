//! A database for one run, of either kind, empty at first and gone afterwards.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::postgres::{Cluster, DATABASE, USER};
use crate::process;

/// Runs the statements on its input, by the library that comes with Python, which the tests need as well.
const SQLITE_RUNNER: &str = "\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.executescript(sys.stdin.read())
connection.close()
";

/// What runs the statements of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file.
    Sqlite,
    /// A server of our own.
    Postgres,
}

/// A database.
pub(super) enum Database {
    /// A file in a folder of its own.
    Sqlite(TempDir),
    /// A server of its own.
    Postgres(Cluster),
}

impl Database {
    /// An empty one.
    pub(super) fn new(kind: Kind) -> Result<Self> {
        match kind {
            Kind::Sqlite => Ok(Self::Sqlite(TempDir::with_prefix("smartlink-sqlite-")?)),
            Kind::Postgres => Cluster::start().map(Self::Postgres),
        }
    }

    /// Which kind it is.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    /// The settings by which the server uses it.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Sqlite(folder) => {
                vec![("DB_CONNECTION", "sqlite".to_owned()), ("DB_DATABASE", file(folder).display().to_string())]
            }
            Self::Postgres(cluster) => vec![
                ("DB_CONNECTION", "pgsql".to_owned()),
                ("DB_HOST", cluster.host()),
                ("DB_DATABASE", DATABASE.to_owned()),
                ("DB_USERNAME", USER.to_owned()),
            ],
        }
    }

    /// Runs statements, one after the other. No server may have the SQLite file open.
    pub(super) fn execute(&self, sql: &str) -> Result<()> {
        let mut command = match self {
            Self::Sqlite(folder) => {
                let mut command = Command::new("python3");
                command.args(["-c", SQLITE_RUNNER]).arg(file(folder));
                command
            }
            Self::Postgres(cluster) => cluster.psql(),
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} can't be started", command.get_program().display()))?;
        child.stdin.take().context("no input")?.write_all(sql.as_bytes())?;
        let status = child.wait()?;
        if !status.success() {
            bail!("statements for {:?} failed with {status}", self.kind());
        }
        Ok(())
    }

    /// Brings the schema up to date by the server's own command.
    pub(super) fn migrate(&self, binary: &std::path::Path) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(binary);
        command.arg("migrate").current_dir(&folder).envs(self.settings()).stdout(Stdio::null());
        process::run(&mut command)
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("bench.sqlite3")
}
