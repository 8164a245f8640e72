use std::{fmt, io};

use rusqlite::ErrorCode;

pub type Result<T> = std::result::Result<T, Error>;

/// What cubecl tells apart: somebody else is writing, or anything else.
#[derive(Clone, Debug)]
pub enum Error {
    Busy(String),
    BusySnapshot(String),
    IoError(io::ErrorKind, &'static str),
    Error(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Busy(text) | Self::BusySnapshot(text) | Self::Error(text) => f.write_str(text),
            Self::IoError(kind, doing) => write!(f, "{doing}: {kind}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.to_string()),
            _ => Self::Error(error.to_string()),
        }
    }
}
