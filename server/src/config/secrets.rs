//! Secrets that nobody gave: made by the first start, kept beside the database, used by every later one.
//!
//! So no two installations share a secret, and none runs with one that stands in a manual.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::Config;
use crate::store::DatabaseSettings;

/// Where the file is if the database is none.
const DEFAULT_FILE: &str = "data/secrets.toml";

/// What the server signs with. Never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Id of the app's own application.
    pub application_id: String,
    /// Its public key.
    pub application_key: String,
    /// Its secret.
    pub application_secret: String,
    /// Signs cookies and CSRF tokens.
    pub cookie_secret: String,
}

/// The file of secrets can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Reading or writing failed.
    #[error("the file of secrets {} can't be {doing}: {source}; make its directory writable or set SMARTLINK_SECRETS_FILE", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What happened.
        source: io::Error,
    },
    /// What is in it is not what was written.
    #[error("the file of secrets {} is damaged: {reason}; restore it, or delete it to have new secrets made (everybody is signed out then)", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The machine gave no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl Config {
    /// The file that holds made secrets.
    pub fn secrets_file(&self) -> PathBuf {
        if let Some(path) = &self.server.secrets_file {
            return path.clone();
        }
        match &self.database_target {
            DatabaseSettings::Sqlite { path } => path.with_file_name("secrets.toml"),
            DatabaseSettings::Postgres(_) => PathBuf::from(DEFAULT_FILE),
        }
    }

    /// The secrets given by settings, over those of the file; what neither has is made and written.
    ///
    /// The second value is the file if this call made it.
    ///
    /// # Errors
    /// If the file can't be read, written or understood. Nothing half-written stays behind.
    pub fn secrets(&self) -> Result<(Secrets, Option<PathBuf>), SecretsError> {
        if let Some(given) = self.given_secrets() {
            return Ok((given, None));
        }
        let path = self.secrets_file();
        let (stored, is_new) = match read(&path)? {
            Some(stored) => (stored, false),
            None => create(&path)?,
        };
        Ok((self.with_given(stored), is_new.then_some(path)))
    }

    /// The secrets as far as settings and file have them; makes nothing.
    ///
    /// # Errors
    /// If the file is there and can't be read or understood.
    pub fn existing_secrets(&self) -> Result<Option<Secrets>, SecretsError> {
        if let Some(given) = self.given_secrets() {
            return Ok(Some(given));
        }
        Ok(read(&self.secrets_file())?.map(|stored| self.with_given(stored)))
    }

    /// Identity and secret of the app's own application, if the settings give them: all that a request is signed with.
    pub fn application_secrets(&self) -> Option<Secrets> {
        Some(Secrets {
            application_id: self.application.id.clone()?,
            application_key: self.application.key.clone()?,
            application_secret: self.application.secret.clone()?.0,
            cookie_secret: String::new(),
        })
    }

    /// The secrets, if the settings give them all.
    fn given_secrets(&self) -> Option<Secrets> {
        Some(Secrets {
            application_id: self.application.id.clone()?,
            application_key: self.application.key.clone()?,
            application_secret: self.application.secret.clone()?.0,
            cookie_secret: self.app.key.clone()?.0,
        })
    }

    fn with_given(&self, stored: Secrets) -> Secrets {
        let own = &self.application;
        Secrets {
            application_id: own.id.clone().unwrap_or(stored.application_id),
            application_key: own.key.clone().unwrap_or(stored.application_key),
            application_secret: own.secret.clone().map_or(stored.application_secret, |it| it.0),
            cookie_secret: self.app.key.clone().map_or(stored.cookie_secret, |it| it.0),
        }
    }
}

fn read(path: &Path) -> Result<Option<Secrets>, SecretsError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SecretsError::Io { path: path.to_owned(), doing: "read", source }),
    };
    let damaged = |reason: String| SecretsError::Damaged { path: path.to_owned(), reason };
    // Not the parser's own text, which would print the line with the secret.
    let secrets: Secrets = toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
    let shortest =
        [&secrets.application_id, &secrets.application_key, &secrets.application_secret, &secrets.cookie_secret];
    if shortest.into_iter().any(String::is_empty) {
        return Err(damaged("a value is empty".to_owned()));
    }
    Ok(Some(secrets))
}

/// Writes new secrets beside, then gives the file its name, which fails if another process was first; then those count.
fn create(path: &Path) -> Result<(Secrets, bool), SecretsError> {
    let failed = |doing| move |source| SecretsError::Io { path: path.to_owned(), doing, source };
    if let Some(directory) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed("written"))?;
    }
    let secrets = Secrets::generate();
    let unfinished = path.with_extension(format!("{}.new", std::process::id()));
    let written = write(&unfinished, &secrets).and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    match written {
        Ok(()) => removed.map(|()| (secrets, true)).map_err(failed("written")),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let first = read(path)?.ok_or_else(|| failed("read")(io::ErrorKind::NotFound.into()))?;
            Ok((first, false))
        }
        Err(source) => Err(failed("written")(source)),
    }
}

fn write(path: &Path, secrets: &Secrets) -> io::Result<()> {
    const HEAD: &str = "# Made by the first start of smartlink. Keep it secret, and keep it: with other secrets everybody is signed out.\n";
    let text = toml::to_string(secrets).map_err(io::Error::other)?;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(HEAD.as_bytes())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

impl Secrets {
    /// New ones, in the shapes that Laravel's installer uses, only longer.
    fn generate() -> Self {
        let mut random = rand::rng();
        let mut letters = |count: usize| -> String {
            std::iter::repeat_with(|| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[random.random_range(0..36)]))
                .take(count)
                .collect()
        };
        let (application_key, application_secret, cookie_secret) = (letters(20), letters(40), letters(64));
        let application_id = random.random_range(100_000..1_000_000).to_string();
        Self { application_id, application_key, application_secret, cookie_secret }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_readable_by_their_owner_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("data/secrets.toml");
        let (made, is_new) = create(&path).expect("made");
        assert!(is_new);
        let bits = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((bits(&path), bits(&directory.path().join("data"))), (0o600, 0o700));
        assert!(read(&path).expect("read").is_some_and(|it| it == made));
        let (found, is_new) = create(&path).expect("found");
        assert!(!is_new && found == made, "the first start's secrets stay");
        assert_eq!(
            fs::read_dir(path.parent().expect("data")).expect("listed").count(),
            1,
            "nothing half-written is left"
        );
    }

    #[test]
    fn a_damaged_file_is_told_without_its_secrets() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secrets.toml");
        fs::write(&path, "application_secret = \"hunter2\nx").expect("written");
        let Err(error) = read(&path) else { panic!("a damaged file was read") };
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
