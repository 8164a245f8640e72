use crate::{Connection, Result};

/// When a transaction asks to be the one that writes.
#[derive(Clone, Copy, Debug)]
pub enum TransactionBehavior {
    Deferred,
    Immediate,
}

/// Statements that take place together or not at all.
pub struct Transaction<'a> {
    connection: &'a Connection,
    open: bool,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(connection: &'a Connection, behavior: TransactionBehavior) -> Result<Self> {
        connection.0.execute_batch(match behavior {
            TransactionBehavior::Deferred => "BEGIN DEFERRED",
            TransactionBehavior::Immediate => "BEGIN IMMEDIATE",
        })?;
        Ok(Self { connection, open: true })
    }

    pub(crate) fn connection(&self) -> &Connection {
        self.connection
    }

    /// # Errors
    /// SQLite's.
    pub async fn commit(mut self) -> Result<()> {
        self.connection.0.execute_batch("COMMIT")?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // Nobody is left to tell; SQLite rolls back when the file is closed, too.
            let _ = self.connection.0.execute_batch("ROLLBACK");
        }
    }
}
