//! What can go wrong with the database, in words that say what to do.

use std::error::Error;
use std::path::PathBuf;

use app::error::AppError;
use sqlx::error::DatabaseError;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Opening failed; `database` says which, `source` why and what to do.
    #[error("cannot use the {database}: {source}")]
    Connect {
        /// The database in words, without its password.
        database: String,
        /// What went wrong.
        source: Box<StoreError>,
    },
    /// The folder of the SQLite file could not be made.
    #[error("cannot create the folder {folder}: {source}; make it by hand, or set DB_DATABASE to another file", folder = folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The SQLite file can't be opened or written.
    #[error(
        "the file cannot be opened for writing ({0}): give this user the right to write to it and to its folder, or set DB_DATABASE to another file"
    )]
    Unwritable(String),
    /// Another process holds the SQLite file for itself.
    #[error(
        "another program holds a lock on the file ({0}): end that program (is a second server or a backup running?), or set DB_DATABASE to another file"
    )]
    Locked(String),
    /// The SQLite file is something else, or damaged.
    #[error(
        "the file is damaged or no SQLite database ({0}): restore it from a backup, or move it away to begin with an empty one"
    )]
    Corrupt(String),
    /// No room to write.
    #[error("the disk of the database is full, or a quota is used up ({0}): make room on it; nothing was half-written")]
    DiskFull(String),
    /// Nobody answers.
    #[error("no answer from the server ({0}): see that it runs, and that DB_HOST and DB_PORT are right")]
    Unreachable(String),
    /// The server does not let us in.
    #[error("the server refused the user ({0}): see that DB_USERNAME and DB_PASSWORD are right")]
    Refused(String),
    /// There is no such database.
    #[error("{0}: create it (`createdb`), or set DB_DATABASE to one that exists")]
    NoDatabase(String),
    /// All connections are in use, ours or the server's.
    #[error("no free connection ({0}): raise the limit of connections, or look for what holds them")]
    Busy(String),
    /// Another process relays this database's events.
    #[error(
        "another SmartLink server uses this database ({0}): end it, or give this one a database of its own (DB_DATABASE); several nodes can't share one yet"
    )]
    InUse(String),
    /// The schema could not be brought up to date.
    #[error("cannot bring the schema up to date: {0}")]
    Migration(String),
    /// What is stored can't be understood.
    #[error("what is stored is not what it must be: {0}")]
    Malformed(String),
    /// A row with the same unique value exists.
    #[error("there is such a row already ({0})")]
    Duplicate(String),
    /// Anything else that the driver says.
    #[error("the database call failed: {0}")]
    Driver(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether trying again later can help without anybody changing a program or a setting.
    pub fn is_temporary(&self) -> bool {
        self.temporary().is_some()
    }

    /// The same once more, for another one whom it concerns too, if it [`is_temporary`](Self::is_temporary).
    pub fn temporary(&self) -> Option<Self> {
        Some(match self {
            Self::Locked(detail) => Self::Locked(detail.clone()),
            Self::DiskFull(detail) => Self::DiskFull(detail.clone()),
            Self::Unreachable(detail) => Self::Unreachable(detail.clone()),
            Self::Busy(detail) => Self::Busy(detail.clone()),
            Self::Refused(detail) => Self::Refused(detail.clone()),
            _ => return None,
        })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database_error) => {
                let detail = database_error.message().to_owned();
                classify(database_error.as_ref(), detail).unwrap_or(Self::Driver(error))
            }
            sqlx::Error::Io(source) if source.kind() == std::io::ErrorKind::StorageFull => {
                Self::DiskFull(source.to_string())
            }
            sqlx::Error::Io(source) => Self::Unreachable(source.to_string()),
            sqlx::Error::Tls(source) => Self::Unreachable(source.to_string()),
            sqlx::Error::PoolTimedOut => Self::Busy("waited too long for a connection".to_owned()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Unreachable(error.to_string()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Malformed(error.to_string()),
            _ => Self::Driver(error),
        }
    }
}

/// SQLite's extended codes of writes that the system refused.
const IOERR_WRITE: u32 = 778;
const IOERR_FSYNC: u32 = 1034;
const IOERR_TRUNCATE: u32 = 1546;
const IOERR_SHMSIZE: u32 = 4874;

/// The failures that say what to do, by the databases' codes.
///
/// Sources: SQLite, "Result and Error Codes"; PostgreSQL, appendix A.
fn classify(error: &dyn DatabaseError, detail: String) -> Option<StoreError> {
    if error.is_unique_violation() {
        return Some(StoreError::Duplicate(detail));
    }
    let code = error.code()?;
    // SQLite's are decimal numbers, with the kind of error in the lowest byte. PostgreSQL's have five characters.
    if let (true, Ok(number)) = (code.len() < 5, code.parse::<u32>()) {
        return match number & 0xff {
            5 | 6 => Some(StoreError::Locked(detail)),
            // Writing, syncing or growing a file failed in another way than for want of room: a quota, or a broken disk.
            10 if matches!(number, IOERR_WRITE | IOERR_FSYNC | IOERR_TRUNCATE | IOERR_SHMSIZE) => {
                Some(StoreError::DiskFull(detail))
            }
            3 | 8 | 14 | 23 => Some(StoreError::Unwritable(detail)),
            11 | 26 => Some(StoreError::Corrupt(detail)),
            13 => Some(StoreError::DiskFull(detail)),
            _ => None,
        };
    }
    match code.as_ref() {
        "28000" | "28P01" => Some(StoreError::Refused(detail)),
        "3D000" => Some(StoreError::NoDatabase(detail)),
        "53100" => Some(StoreError::DiskFull(detail)),
        "53300" => Some(StoreError::Busy(detail)),
        "57P01" | "57P02" | "57P03" => Some(StoreError::Unreachable(detail)),
        _ => None,
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn Error, "database call failed");
        if error.is_temporary() {
            Self::Unavailable("the database does not answer at the moment: try again soon".to_owned())
        } else {
            Self::Internal // the reader learns nothing of our tables
        }
    }
}
