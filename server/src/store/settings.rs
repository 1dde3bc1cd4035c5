//! Which database, and how to reach it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Which database, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseSettings {
    /// `DB_CONNECTION=sqlite`: a file that the first start creates, with its folder.
    Sqlite {
        /// `DB_DATABASE`: the file.
        path: PathBuf,
    },
    /// `DB_CONNECTION=pgsql`: a server.
    Postgres(PostgresSettings),
}

/// How to reach a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// `DB_HOST`: a name or an address; an absolute path is the folder of a Unix socket.
    pub host: String,
    /// `DB_PORT`: 5432 usually.
    pub port: u16,
    /// `DB_DATABASE`: must exist.
    pub database: String,
    /// `DB_USERNAME`.
    pub username: String,
    /// `DB_PASSWORD`; never shown.
    pub password: String,
    /// The most connections that are open at once.
    pub max_connections: u32,
    /// `DB_SSLMODE`: whether TLS is spoken.
    pub ssl_mode: SslMode,
    /// `DB_SSLROOTCERT`: who may have signed the server's certificate; the system's authorities without it.
    pub ssl_root_certificate: Option<PathBuf>,
}

/// Whether a PostgreSQL server is spoken to by TLS, and what is checked then. Source: PostgreSQL, "SSL Support".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Never.
    Disable,
    /// If the server wants it.
    Allow,
    /// If the server can.
    Prefer,
    /// Always; whoever answers is believed.
    Require,
    /// Always, and an authority we trust has signed the certificate.
    VerifyCa,
    /// The same, and the certificate is this host's.
    VerifyFull,
}

/// A text that names no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no TLS mode: expected disable, allow, prefer, require, verify-ca or verify-full")]
pub struct SslModeError(String);

const SSL_MODES: [(SslMode, &str); 6] = [
    (SslMode::Disable, "disable"),
    (SslMode::Allow, "allow"),
    (SslMode::Prefer, "prefer"),
    (SslMode::Require, "require"),
    (SslMode::VerifyCa, "verify-ca"),
    (SslMode::VerifyFull, "verify-full"),
];

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SSL_MODES.iter().find(|it| it.0 == *self).map_or("", |it| it.1))
    }
}

impl FromStr for SslMode {
    type Err = SslModeError;

    fn from_str(text: &str) -> Result<Self, SslModeError> {
        let mode = SSL_MODES.iter().find(|it| it.1.eq_ignore_ascii_case(text)).map(|it| it.0);
        mode.ok_or_else(|| SslModeError(text.chars().take(100).collect()))
    }
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("username", &self.username)
            .field("max_connections", &self.max_connections)
            .field("ssl_mode", &self.ssl_mode)
            .finish_non_exhaustive()
    }
}

/// For people: without the password.
impl fmt::Display for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path } => write!(f, "SQLite file {}", path.display()),
            Self::Postgres(it) => {
                write!(f, "PostgreSQL database {} of {} at {}:{}", it.database, it.username, it.host, it.port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let settings = DatabaseSettings::Postgres(PostgresSettings {
            host: "db".into(),
            port: 5432,
            database: "smartlink".into(),
            username: "ada".into(),
            password: "hunter2".into(),
            max_connections: 10,
            ssl_mode: SslMode::Prefer,
            ssl_root_certificate: None,
        });
        assert_eq!(settings.to_string(), "PostgreSQL database smartlink of ada at db:5432");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
