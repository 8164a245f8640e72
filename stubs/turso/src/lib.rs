//! The names that `cubecl-environment` takes from `turso`, over SQLite.
//!
//! cubecl keeps compiled kernels in a database file and asks turso for it, which is SQLite written
//! anew: 113 crates and minutes of compiling for a table of keys and values. The file and the statements are SQLite's, and
//! SQLite is built for reports anyway, so it answers here. What turso awaits is done at once; rows are read whole.

mod error;
mod params;
pub mod transaction;

use std::{collections::VecDeque, ops::Deref, path::PathBuf, time::Duration};

use rusqlite::{OpenFlags, types::FromSql};

pub use error::{Error, Result};
pub use params::IntoParams;
use transaction::{Transaction, TransactionBehavior};

/// How a file is opened.
pub struct Builder {
    path: PathBuf,
    read_only: bool,
}

impl Builder {
    pub fn new_local(path: &str) -> Self {
        Self { path: path.into(), read_only: false }
    }

    /// Several processes always may share a file of SQLite's.
    pub fn experimental_multiprocess_wal(self, _: bool) -> Self {
        self
    }

    /// SQLite can always compact.
    pub fn experimental_vacuum(self, _: bool) -> Self {
        self
    }

    pub fn read_only(self, read_only: bool) -> Self {
        Self { read_only, ..self }
    }

    /// # Errors
    /// Where the file cannot be opened as asked.
    pub async fn build(self) -> Result<Database> {
        let database = Database { path: self.path, read_only: self.read_only };
        let connection = database.connect()?;
        if !database.read_only {
            // As turso: readers and a writer beside each other. A folder that shares no memory stays with a journal.
            connection.pragma_query("journal_mode = WAL", |_| Ok(())).await?;
        }
        Ok(database)
    }
}

/// A file, to which connections are opened.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    read_only: bool,
}

impl Database {
    /// # Errors
    /// Where the file cannot be opened as asked.
    pub fn connect(&self) -> Result<Connection> {
        let access = if self.read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        Ok(Connection(rusqlite::Connection::open_with_flags(&self.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?))
    }
}

/// An open file.
#[derive(Debug)]
pub struct Connection(rusqlite::Connection);

impl Connection {
    /// # Errors
    /// SQLite's.
    pub fn busy_timeout(&self, timeout: Duration) -> Result<()> {
        Ok(self.0.busy_timeout(timeout)?)
    }

    /// How many rows a statement changed.
    ///
    /// # Errors
    /// SQLite's.
    pub async fn execute(&self, sql: impl AsRef<str>, params: impl IntoParams) -> Result<u64> {
        Ok(self.0.execute(sql.as_ref(), rusqlite::params_from_iter(params.into_params()))? as u64)
    }

    /// # Errors
    /// SQLite's.
    pub async fn query(&self, sql: impl AsRef<str>, params: impl IntoParams) -> Result<Rows> {
        let mut statement = self.0.prepare(sql.as_ref())?;
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row| (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<_>>();
        let rows = statement.query_map(rusqlite::params_from_iter(params.into_params()), row)?;
        Ok(Rows(rows.map(|row| row.map(Row)).collect::<rusqlite::Result<_>>()?))
    }

    /// Sets or asks a pragma, spelled `name = value` or `name(value)`, and shows the rows that it answers.
    ///
    /// # Errors
    /// SQLite's, and those of `see`.
    pub async fn pragma_query(&self, pragma: &str, mut see: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        let mut rows = self.query(format!("PRAGMA {pragma}"), ()).await?;
        while let Some(row) = rows.next().await? {
            see(&row)?;
        }
        Ok(())
    }

    /// Begins a transaction, which is rolled back where it is dropped without a commit.
    ///
    /// # Errors
    /// SQLite's, as where another process is writing.
    pub async fn transaction_with_behavior(&mut self, behavior: TransactionBehavior) -> Result<Transaction<'_>> {
        Transaction::begin(self, behavior)
    }
}

/// The answer to a query.
pub struct Rows(VecDeque<Row>);

impl Rows {
    /// # Errors
    /// None: rows were read whole.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        Ok(self.0.pop_front())
    }
}

pub struct Row(Vec<rusqlite::types::Value>);

impl Row {
    /// # Errors
    /// Where the column holds another type.
    pub fn get<T: FromSql>(&self, column: usize) -> Result<T> {
        let value = self.0.get(column).ok_or_else(|| Error::Error(format!("there is no column {column}")))?;
        T::column_result(value.into()).map_err(|error| Error::Error(error.to_string()))
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection()
    }
}
