//! How a command ends when it fails: a sentence for people, a status for scripts.

use std::fmt;
use std::process::ExitCode;

use app::error::AppError;

use crate::store::StoreError;

/// The statuses, as `--help` tells them.
pub(super) const HELP: &str = "\
Exit status:
  0  done
  1  something unforeseen
  2  the command line is wrong
  3  a setting is wrong
  4  the address can't be listened on
  5  the database can't be used
  6  refused: no such account, a password too short, and the like
  7  no server answers, or the one that does is not well";

/// Exit statuses other than 0 and clap's 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Something unforeseen.
    Other = 1,
    /// A setting is wrong.
    Settings = 3,
    /// The address can't be listened on.
    Address = 4,
    /// The database can't be used.
    Database = 5,
    /// The command asks for what can't be.
    Refused = 6,
    /// No server answers, or the one that does is not well.
    Unreachable = 7,
}

/// A command that failed.
#[derive(Debug)]
pub struct Failure {
    status: ExitStatus,
    error: anyhow::Error,
}

impl Failure {
    /// A setting is wrong.
    pub fn settings(error: impl Into<anyhow::Error>) -> Self {
        Self { status: ExitStatus::Settings, error: error.into() }
    }

    /// The address can't be listened on.
    pub fn address(error: anyhow::Error) -> Self {
        Self { status: ExitStatus::Address, error }
    }

    /// The command asks for what can't be.
    pub fn refused(text: impl fmt::Display) -> Self {
        Self { status: ExitStatus::Refused, error: anyhow::anyhow!("{text}") }
    }

    /// No server answers, or the one that does is not well.
    pub fn unreachable(error: anyhow::Error) -> Self {
        Self { status: ExitStatus::Unreachable, error }
    }

    /// What the domain refused, or could not do.
    pub fn from_app(error: AppError) -> Self {
        match error {
            AppError::Internal => {
                Self { status: ExitStatus::Database, error: anyhow::anyhow!("{error}: the log says what") }
            }
            error => Self::refused(error),
        }
    }

    /// Anything else; what came from the database keeps its status.
    pub fn other(error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        let is_database = error.chain().any(<dyn std::error::Error>::is::<StoreError>);
        Self { status: if is_database { ExitStatus::Database } else { ExitStatus::Other }, error }
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status as u8)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { status: ExitStatus::Database, error: error.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&words(&self.error))
    }
}

/// An error and what caused it, each said once: some errors tell of their cause themselves.
pub(super) fn words(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            let link = if text.is_empty() { "" } else { ": " };
            text = [&text, link, &cause].concat();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        let error = anyhow::anyhow!("Permission denied (os error 13)")
            .context("can't write x (Permission denied (os error 13)); free it");
        assert_eq!(words(&error), "can't write x (Permission denied (os error 13)); free it");
        assert_eq!(
            words(&anyhow::anyhow!("the disk is full").context("the relay failed")),
            "the relay failed: the disk is full"
        );
    }
}
