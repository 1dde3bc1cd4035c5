//! Which database the settings mean.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use super::choices::DatabaseKind;
use super::error::SettingProblem;
use super::settings::DatabaseSection;
use crate::store::{DatabaseSettings, PostgresSettings, SslMode};

/// Where SQLite's file is when nobody says.
const DEFAULT_SQLITE_FILE: &str = "data/smartlink.sqlite3";

/// Name of PostgreSQL's database when nobody says.
const DEFAULT_POSTGRES_DATABASE: &str = "smartlink";

/// The database that the settings mean; `None` if they contradict each other, which has been noted then.
pub(super) fn resolve(settings: &DatabaseSection, problems: &mut Vec<SettingProblem>) -> Option<DatabaseSettings> {
    let resolved = match &settings.url {
        Some(url) => from_url(settings, url.0.trim()),
        None => Ok(from_parts(settings)),
    };
    resolved.map_err(|text| problems.push(SettingProblem::Combination(text))).ok()
}

fn from_parts(settings: &DatabaseSection) -> DatabaseSettings {
    match settings.connection.unwrap_or(DatabaseKind::Sqlite) {
        DatabaseKind::Sqlite => {
            DatabaseSettings::Sqlite { path: settings.database.as_deref().unwrap_or(DEFAULT_SQLITE_FILE).into() }
        }
        DatabaseKind::Postgres => DatabaseSettings::Postgres(PostgresSettings {
            host: settings.host.clone(),
            port: settings.port,
            database: settings.database.clone().unwrap_or_else(|| DEFAULT_POSTGRES_DATABASE.to_owned()),
            username: settings.username.clone(),
            password: settings.password.as_ref().map(|it| it.0.clone()).unwrap_or_default(),
            max_connections: settings.max_connections.get(),
            ssl_mode: settings.ssl_mode,
            ssl_root_certificate: settings.ssl_root_certificate.clone(),
        }),
    }
}

/// An address stands over the parts, and what it leaves out comes from them.
fn from_url(settings: &DatabaseSection, url: &str) -> Result<DatabaseSettings, String> {
    const EXPECTED: &str = "expected sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME";
    let (scheme, rest) =
        url.split_once(':').ok_or_else(|| format!("database.url (not shown) has no scheme: {EXPECTED}"))?;
    let kind = match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => DatabaseKind::Sqlite,
        "postgres" | "postgresql" | "pgsql" => DatabaseKind::Postgres,
        _ => return Err(format!("database.url begins with {scheme:?}: {EXPECTED}")),
    };
    if settings.connection.is_some_and(|it| it != kind) {
        return Err(format!(
            "database.connection and database.url (which begins with {scheme:?}) name different databases: leave one out"
        ));
    }
    if kind == DatabaseKind::Sqlite {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if let Some((_, parameters)) = path.split_once('?') {
            return Err(format!("database.url has the parameters {parameters:?}: expected none for SQLite"));
        }
        if path.is_empty() || path == ":memory:" {
            return Err("database.url names no file: expected sqlite:PATH, since what is only in memory would be lost"
                .to_owned());
        }
        return Ok(DatabaseSettings::Sqlite { path: PathBuf::from(path) });
    }
    // A scheme that the parser knows nothing of, so that no port or path is assumed.
    let url = Url::parse(&format!("postgres:{rest}"))
        .map_err(|error| format!("database.url (not shown) is no address ({error}): {EXPECTED}"))?;
    let DatabaseSettings::Postgres(parts) =
        from_parts(&DatabaseSection { connection: Some(DatabaseKind::Postgres), ..settings.clone() })
    else {
        return Err(EXPECTED.to_owned());
    };
    let tls = TlsParameters::read(&url)?;
    let text = |it: &str| percent_decode_str(it).decode_utf8_lossy().into_owned();
    let given = |it: &str| (!it.is_empty()).then(|| text(it));
    Ok(DatabaseSettings::Postgres(PostgresSettings {
        host: url.host_str().and_then(given).unwrap_or(parts.host),
        port: url.port().unwrap_or(parts.port),
        database: given(url.path().trim_start_matches('/')).unwrap_or(parts.database),
        username: given(url.username()).unwrap_or(parts.username),
        password: url.password().map_or(parts.password, text),
        max_connections: parts.max_connections,
        ssl_mode: tls.ssl_mode.unwrap_or(parts.ssl_mode),
        ssl_root_certificate: tls.ssl_root_certificate.or(parts.ssl_root_certificate),
    }))
}

/// What an address says about TLS behind its question mark.
#[derive(Default)]
struct TlsParameters {
    ssl_mode: Option<SslMode>,
    ssl_root_certificate: Option<PathBuf>,
}

impl TlsParameters {
    /// Refuses what it does not know: a misspelt `sslmode` would else be a connection without TLS that nobody notices.
    fn read(url: &Url) -> Result<Self, String> {
        let mut parameters = Self::default();
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "sslmode" => {
                    let mode = value.parse().map_err(|error| format!("database.url has a wrong sslmode: {error}"))?;
                    parameters.ssl_mode = Some(mode);
                }
                "sslrootcert" => parameters.ssl_root_certificate = Some(PathBuf::from(value.as_ref())),
                _ => {
                    return Err(format!("database.url has the parameter {name:?}: expected sslmode or sslrootcert"));
                }
            }
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};

    fn target(url: &str) -> Result<DatabaseSettings, String> {
        let environment = [("DB_URL".to_owned(), url.to_owned()), ("DB_SSLROOTCERT".to_owned(), "ca.pem".to_owned())];
        let sources = Sources { environment: environment.into(), ..Sources::default() };
        Config::load(&sources).map(|it| it.database_target).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_says_whether_tls_is_spoken() {
        let tls = |url| match target(url) {
            Ok(DatabaseSettings::Postgres(it)) => (it.ssl_mode, it.ssl_root_certificate),
            other => panic!("{other:?}"),
        };
        assert_eq!(tls("postgres://u:p@h/d"), (SslMode::Prefer, Some("ca.pem".into())));
        assert_eq!(tls("postgres://u:p@h/d?sslmode=require"), (SslMode::Require, Some("ca.pem".into())));
        assert_eq!(
            tls("postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/etc/db.pem"),
            (SslMode::VerifyFull, Some("/etc/db.pem".into()))
        );
    }

    #[test]
    fn a_parameter_that_would_be_lost_is_refused_by_name() {
        for (url, named) in [
            ("postgres://u:hunter2@h/d?ssl_mode=require", "ssl_mode"),
            ("postgres://u:hunter2@h/d?sslmode=always", "always"),
            ("sqlite:data.sqlite3?mode=rwc", "mode=rwc"),
        ] {
            let refused = target(url).unwrap_err();
            assert!(
                refused.contains(named) && refused.contains("expected") && !refused.contains("hunter2"),
                "{refused}"
            );
        }
    }
}
