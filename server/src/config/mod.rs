//! The configuration: defaults, under the settings file, under the environment, under the flags.
//!
//! Each setting is declared once, in `settings`. A wrong one stops the start, and all wrong ones are told at once.

mod choices;
mod database;
mod document;
pub mod dotenv;
mod error;
mod network;
mod reader;
mod secrets;
mod section;
mod settings;
mod sources;
mod tenants;
mod unknown;
mod value;
mod webhooks;

#[cfg(test)]
mod tests;

pub use choices::{Broadcaster, ClientEvents, DatabaseKind, LogFormat, LogLevel, ReverbServer, Scheme};
pub use document::document;
pub use error::{ConfigError, Origin, SettingProblem};
pub use network::Network;
pub use reader::EffectiveSetting;
pub use secrets::{Secrets, SecretsError};
pub use settings::{
    AppSettings, ApplicationSettings, BroadcastSettings, DatabaseSection, LimitSettings, LogSettings, ReachSettings,
    RedisSettings, ServerSettings, TlsSettings, WebhookSection,
};
pub use sources::{DEFAULT_FILE, Sources};
pub use value::{DecimalSeconds, List, PositiveSeconds, Seconds, Secret};

use std::collections::BTreeMap;
use std::path::PathBuf;

use reader::Reader;
use section::Section;
use sources::RawValue;

use crate::webhooks::Webhook;

/// Everything that can be set, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the server listens.
    pub server: ServerSettings,
    /// What one process takes on.
    pub limits: LimitSettings,
    /// TLS spoken by the server itself.
    pub tls: TlsSettings,
    /// The app as the world sees it.
    pub app: AppSettings,
    /// The database's settings as given.
    pub database: DatabaseSection,
    /// The database that they mean.
    pub database_target: crate::store::DatabaseSettings,
    /// The app's own tenant.
    pub application: ApplicationSettings,
    /// Further tenants, each with id, key and secret.
    pub more_applications: Vec<ApplicationSettings>,
    /// Receivers of webhooks: the app's own, then those of the further tenants.
    pub webhook_receivers: Vec<Vec<Webhook>>,
    /// How webhooks are delivered.
    pub webhooks: WebhookSection,
    /// Where others reach the server.
    pub reach: ReachSettings,
    /// How events are broadcast.
    pub broadcast: BroadcastSettings,
    /// Redis.
    pub redis: RedisSettings,
    /// Logs.
    pub log: LogSettings,
    /// Every setting with its value and origin, secrets masked, in the order of the declaration.
    pub effective: Vec<EffectiveSetting>,
    /// Environment variables that change nothing and look like slips of the finger, each with the name that was meant.
    pub misspelt: Vec<(String, &'static str)>,
}

impl Config {
    /// Reads and checks everything. Writes nothing.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let file = sources.read_file(&mut problems);
        if let Some((path, table)) = &file {
            unknown::check(path, table, &mut problems);
        }
        let mut loading = Loading { sources, file, effective: Vec::new(), problems };
        let server = loading.section::<ServerSettings>();
        let limits = loading.section::<LimitSettings>();
        let tls = loading.section::<TlsSettings>();
        let app = loading.section::<AppSettings>();
        let database = loading.section::<DatabaseSection>();
        let application = loading.section::<ApplicationSettings>();
        let more_applications = loading.more_applications();
        let webhook_receivers = loading.webhook_receivers();
        let webhooks = loading.section::<WebhookSection>();
        let reach = loading.section::<ReachSettings>();
        let broadcast = loading.section::<BroadcastSettings>();
        let redis = loading.section::<RedisSettings>();
        let log = loading.section::<LogSettings>();
        let Loading { mut problems, effective, .. } = loading;
        let database_target = database.as_ref().and_then(|it| database::resolve(it, &mut problems));
        if let (Some(server), Some(tls)) = (&server, &tls) {
            check_tls(server, tls, &mut problems);
        }
        if let (Some(server), Some(app)) = (&server, &app) {
            check_addresses(server, app, &mut problems);
        }
        if let Some(application) = &application {
            tenants::check(application, &more_applications, &mut problems);
        }
        if broadcast.as_ref().is_some_and(|it| it.scaling) {
            let text = "broadcast.scaling is true: this version runs as one node, expected false";
            problems.push(SettingProblem::Combination(text.to_owned()));
        }
        let config = (|| {
            Some(Self {
                server: server?,
                limits: limits?,
                tls: tls?,
                app: app?,
                database: database?,
                database_target: database_target?,
                application: application?,
                more_applications,
                webhook_receivers,
                webhooks: webhooks?,
                reach: reach?,
                broadcast: broadcast?,
                redis: redis?,
                log: log?,
                effective,
                misspelt: unknown::misspelt(&sources.environment),
            })
        })();
        config.filter(|_| problems.is_empty()).ok_or(ConfigError(problems))
    }

    /// Largest body of a request, in bytes (rule LIM-1).
    pub fn max_body_bytes(&self) -> usize {
        self.server.max_request_size.map_or(128 * 1024, Into::into)
    }

    /// Largest `data` of an event that is published over HTTP, in bytes (rule LIM-1).
    pub fn max_event_data_bytes(&self) -> usize {
        self.server.max_event_data_size.or(self.server.max_request_size).map_or(10_240, Into::into)
    }

    /// Where the built pages' files are.
    pub fn site_root(&self) -> PathBuf {
        if let Some(path) = &self.server.site_root {
            return path.clone();
        }
        let built = PathBuf::from("target/site");
        let beside = std::env::current_exe().ok().and_then(|it| Some(it.parent()?.join("site")));
        match beside {
            Some(beside) if !built.is_dir() && beside.is_dir() => beside,
            _ => built,
        }
    }

    /// Where people reach the app, if the settings tell: `app.url`, or else the parts under `reach`.
    pub fn public_url(&self) -> Option<String> {
        if let Some(url) = &self.app.url {
            return Some(url.trim_end_matches('/').to_owned());
        }
        let host = self.reach.host.as_ref()?;
        let scheme = self.reach.scheme.unwrap_or(Scheme::Https);
        let (name, usual_port) = match scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
        };
        let port = self.reach.port.filter(|it| *it != usual_port).map(|it| format!(":{it}")).unwrap_or_default();
        Some(format!("{name}://{host}{port}"))
    }

    /// Whether the world reaches the app by TLS, as far as the settings tell.
    pub fn is_https(&self) -> bool {
        self.app.url.as_ref().is_some_and(|it| it.starts_with("https://"))
    }
}

/// The names, defaults and meanings of all settings, section by section.
pub fn all_sections() -> [(&'static str, &'static str, &'static [section::Setting]); 11] {
    const fn of<S: Section>() -> (&'static str, &'static str, &'static [section::Setting]) {
        (S::NAME, S::DOC, S::SETTINGS)
    }
    [
        of::<ServerSettings>(),
        of::<LimitSettings>(),
        of::<TlsSettings>(),
        of::<AppSettings>(),
        of::<DatabaseSection>(),
        of::<ApplicationSettings>(),
        of::<WebhookSection>(),
        of::<ReachSettings>(),
        of::<BroadcastSettings>(),
        of::<RedisSettings>(),
        of::<LogSettings>(),
    ]
}

/// The state of reading.
struct Loading<'a> {
    sources: &'a Sources,
    file: Option<(PathBuf, toml::Table)>,
    effective: Vec<EffectiveSetting>,
    problems: Vec<SettingProblem>,
}

impl Loading<'_> {
    fn section<S: Section>(&mut self) -> Option<S> {
        let values = self
            .file
            .as_ref()
            .and_then(|(path, table)| Some(file_values(path, S::NAME, table.get(S::NAME)?.as_table()?)));
        let values = self.sources.layers(S::SETTINGS, values.unwrap_or_default());
        let Self { effective, problems, .. } = self;
        S::read(&mut Reader { section: S::NAME.to_owned(), values: &values, effective, problems })
    }

    /// The receivers of webhooks of the app itself, then of each further tenant.
    fn webhook_receivers(&mut self) -> Vec<Vec<Webhook>> {
        let Self { file, effective, problems, .. } = self;
        let Some((path, table)) = file else { return Vec::new() };
        let empty = toml::Table::new();
        let own = table.get(ApplicationSettings::NAME).and_then(toml::Value::as_table).unwrap_or(&empty);
        let mut receivers = vec![webhooks::read(path, ApplicationSettings::NAME, own, effective, problems)];
        let more = table.get(unknown::MORE_APPLICATIONS).and_then(toml::Value::as_array).into_iter().flatten();
        for (index, application) in more.enumerate() {
            let section = format!("{}[{index}]", unknown::MORE_APPLICATIONS);
            let application = application.as_table().unwrap_or(&empty);
            receivers.push(webhooks::read(path, &section, application, effective, problems));
        }
        receivers
    }

    /// The array of tables `[[applications]]`.
    fn more_applications(&mut self) -> Vec<ApplicationSettings> {
        let Some((path, table)) = &self.file else { return Vec::new() };
        let tables = table.get(unknown::MORE_APPLICATIONS).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let mut applications = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let Some(table) = table.as_table() else { continue };
            let section = format!("{}[{index}]", unknown::MORE_APPLICATIONS);
            let values = file_values(path, &section, table);
            let Self { effective, problems, .. } = self;
            let mut reader = Reader { section, values: &values, effective, problems };
            applications.extend(ApplicationSettings::read(&mut reader));
        }
        applications
    }
}

fn file_values(path: &std::path::Path, section: &str, table: &toml::Table) -> BTreeMap<String, RawValue> {
    let values = table.iter().filter_map(|(key, value)| {
        let origin = Origin::File(path.to_owned());
        Some((format!("{section}.{key}"), RawValue { text: sources::text_of(value)?, origin }))
    });
    values.collect()
}

fn check_tls(server: &ServerSettings, tls: &TlsSettings, problems: &mut Vec<SettingProblem>) {
    let mut note = |text: String| problems.push(SettingProblem::Combination(text));
    match (&tls.certificate, &tls.key) {
        (Some(_), None) => {
            note("tls.key is missing: expected the file of the key that tls.certificate belongs to".to_owned());
        }
        (None, Some(_)) => {
            note("tls.certificate is missing: expected the file of the certificate of tls.key".to_owned());
        }
        (None, None) if tls.port.is_some() => {
            note("tls.port is set without tls.certificate and tls.key: expected all three, or no port".to_owned());
        }
        _ => {}
    }
    if tls.port.is_some_and(|it| it == server.port && it != 0) {
        note(format!(
            "tls.port is {}, as server.port: expected another port, or none to speak TLS on server.port alone",
            server.port
        ));
    }
}

fn check_addresses(server: &ServerSettings, app: &AppSettings, problems: &mut Vec<SettingProblem>) {
    if let Some(path) = &server.path
        && (!path.starts_with('/') || path.ends_with('/') || path.contains(['{', '}', '?', '#', ' ']))
    {
        let text = format!(
            "server.path is {path:?}: expected a path such as /ws, with a slash at its start and none at its end"
        );
        problems.push(SettingProblem::Combination(text));
    }
    if let Some(url) = &app.url {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|it| it.is_empty() || it.starts_with('/')) {
            let text = format!("app.url is {url:?}: expected an address such as https://chat.example.com");
            problems.push(SettingProblem::Combination(text));
        }
    }
    if let Some(key) = &app.key
        && key.0.len() < 32
    {
        let text =
            "app.key (not shown) is too short: expected at least 32 characters, e.g. from `openssl rand -base64 32`";
        problems.push(SettingProblem::Combination(text.to_owned()));
    }
}
