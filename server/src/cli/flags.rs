//! Flags that stand over settings.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::Failure;
use crate::config::{Sources, dotenv};

/// Flags of every command. Each stands for one setting, or says where they are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct SettingFlags {
    /// Settings file; without it `smartlink.toml`, if there is one
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// File with variables, such as Laravel's `.env`; the environment stands over it
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) env_file: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, global = true, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port to listen on
    #[arg(long, global = true)]
    port: Option<String>,
    /// Prefix of the Pusher server's routes
    #[arg(long, global = true)]
    path: Option<String>,
    /// Public host name
    #[arg(long, global = true, value_name = "NAME")]
    hostname: Option<String>,
    /// Database, such as `sqlite:data/smartlink.sqlite3`; rather set `DB_URL` if it holds a password
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Directory with the built pages' files
    #[arg(long, global = true, value_name = "DIRECTORY")]
    site_root: Option<String>,
    /// How much is logged: error, warning, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// How it is logged: text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Log in detail, and every frame from and to clients, cut at 200 characters
    #[arg(long, global = true)]
    debug: bool,
}

impl SettingFlags {
    /// Everything that was said before the program began.
    pub(super) fn sources(&self) -> Result<Sources, Failure> {
        let mut sources = Sources { file: self.config.clone(), flags: self.given(), ..Sources::from_process() };
        if let Some(path) = &self.env_file {
            let shown = path.display();
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::settings(anyhow!("the file {shown} (flag --env-file) can't be read: {error}"))
            })?;
            let variables = dotenv::parse(&text).map_err(|error| {
                Failure::settings(anyhow!("the file {shown} (flag --env-file) can't be understood: {error}"))
            })?;
            for (name, value) in variables {
                sources.environment.entry(name).or_insert(value);
            }
        }
        Ok(sources)
    }

    /// Setting, flag and value of those that were given; the later one counts.
    pub(super) fn given(&self) -> Vec<(&'static str, &'static str, String)> {
        let debug = self.debug.then(|| "debug".to_owned());
        let frames = self.debug.then(|| "true".to_owned());
        let all = [
            ("server.host", "--host", &self.host),
            ("server.port", "--port", &self.port),
            ("server.path", "--path", &self.path),
            ("reach.host", "--hostname", &self.hostname),
            ("database.url", "--database", &self.database),
            ("server.site_root", "--site-root", &self.site_root),
            ("log.level", "--debug", &debug),
            ("log.frames", "--debug", &frames),
            ("log.level", "--log-level", &self.log_level),
            ("log.format", "--log-format", &self.log_format),
        ];
        all.into_iter().filter_map(|(key, flag, value)| Some((key, flag, value.clone()?))).collect()
    }
}
