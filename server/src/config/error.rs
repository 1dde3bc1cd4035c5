//! What is wrong with the settings: all of it at once, each with its place, its value and what would be right.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The table of defaults.
    Default,
    /// The settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
    /// The file of secrets that the first start made.
    Secrets(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Secrets(path) => write!(f, "secrets {}", path.display()),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingProblem {
    /// The value is not of the setting's type.
    #[error("{key} ({origin}) is {value}: expected {expected}")]
    Value {
        /// The setting.
        key: String,
        /// Who said so.
        origin: Origin,
        /// What was said, or a note that it is a secret.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// The file has a key that is no setting.
    #[error("{key} (file {}) is no setting{}", path.display(), nearest.as_ref().map(|it| format!(": did you mean {it}?")).unwrap_or_default())]
    UnknownKey {
        /// The key.
        key: String,
        /// The file.
        path: PathBuf,
        /// The setting whose key is most like it.
        nearest: Option<String>,
    },
    /// The file can't be read.
    #[error("the settings file {} can't be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why, with line and column where there is one.
        reason: String,
    },
    /// Settings that contradict each other, or ask for what this version does not do.
    #[error("{0}")]
    Combination(String),
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<SettingProblem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "a setting is wrong:" } else { "some settings are wrong:" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigError {}
