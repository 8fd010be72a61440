//! A consistent copy of the database, made while servers write to it; and what the programs of
//! PostgreSQL have to be told to find it.

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use url::Url;

use crate::{Pools, Sql, Store, StoreError, Tx};

impl Store {
    /// SQLite: copies one moment of everything into a file that is empty so far.
    ///
    /// # Errors
    /// Where the file cannot be written, and on PostgreSQL, whose own program copies it.
    pub async fn copy_into(&self, path: &Path) -> Result<(), StoreError> {
        let Pools::Sqlite { reader, .. } = &self.opened.pools else {
            return Err(StoreError::Invalid("only SQLite copies itself".to_owned()));
        };
        let path = path
            .to_str()
            .ok_or_else(|| invalid("the file's name is not UTF-8: choose another one"))?;
        sqlx::query("VACUUM INTO $1").bind(path).execute(reader).await?;
        Ok(())
    }

    /// Reads every page and every index, as far as the database can. SQLite does so by itself,
    /// PostgreSQL if its extension `amcheck` is there and may be used. Returns what is wrong, if
    /// anything is.
    pub async fn check_pages_whole(&self) -> Result<Option<String>, StoreError> {
        static CAN: Sql = Sql::new(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_catalog.pg_extension
             WHERE extname = 'amcheck'",
        );
        static INDEXES: Sql = Sql::new(
            "SELECT CAST(c.relname AS TEXT), CAST(bt_index_check(c.oid, true) AS TEXT)
             FROM pg_catalog.pg_index AS i
             JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
             JOIN pg_catalog.pg_am AS a ON a.oid = c.relam AND a.amname = 'btree'
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = current_schema() AND i.indisvalid",
        );
        if let Pools::Sqlite { reader, .. } = &self.opened.pools {
            let found = sqlx::query_as::<_, (String,)>("PRAGMA integrity_check(10)");
            return Ok(match found.fetch_all(reader).await.map_err(StoreError::from) {
                Ok(rows) if matches!(&*rows, [(ok,)] if ok == "ok") => None,
                Ok(rows) => Some(rows.into_iter().map(|(row,)| row).collect::<Vec<_>>().join("; ")),
                Err(StoreError::Corrupt(what)) => Some(what),
                Err(error) => return Err(error),
            });
        }
        let mut tx = self.read().await?;
        let found = match tx.row::<(i64,)>(&CAN, &[]).await? {
            Some((1..,)) => tx.rows::<(String, Option<String>)>(&INDEXES, &[]).await.map(drop),
            _ => Ok(()),
        };
        drop(tx);
        match found {
            Err(StoreError::Corrupt(what)) => Ok(Some(what)),
            // An extension that this user may not use looks at nothing.
            Ok(()) | Err(StoreError::Other(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// SQLite: reads every page, and fails where something is not as it should be. PostgreSQL
    /// checks its pages itself.
    pub async fn check_pages(&self) -> Result<(), StoreError> {
        let Pools::Sqlite { reader, .. } = &self.opened.pools else { return Ok(()) };
        let (found,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(reader).await?;
        if found == "ok" { Ok(()) } else { Err(StoreError::corrupt(found)) }
    }
}

/// SQLite: moves everything from the write-ahead log of a file that nobody else uses into it.
pub async fn fold_log(path: &Path) -> Result<(), StoreError> {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// PostgreSQL: a name under which others can read the snapshot of this transaction, for as long as
/// it is open.
pub async fn exported(tx: &mut Tx) -> Result<String, StoreError> {
    static EXPORT: Sql = Sql::new("SELECT pg_export_snapshot()");
    let (name,) = tx.row::<(String,)>(&EXPORT, &[]).await?.ok_or_else(|| invalid("no snapshot"))?;
    Ok(name)
}

/// Returns the environment in which PostgreSQL's own programs find the database of an address and
/// are let in. Others of the machine see arguments, but not that.
///
/// # Errors
/// Where the address cannot be read; the message does not show it.
pub fn client_environment(url: &str) -> Result<Vec<(&'static str, String)>, StoreError> {
    let options: PgConnectOptions =
        url.parse().map_err(|error| invalid(&format!("the database's address: {error}")))?;
    let parsed =
        Url::parse(url).map_err(|error| invalid(&format!("the database's address: {error}")))?;
    let host = options.get_socket().map(|path| path.display().to_string());
    let mut all = vec![
        ("PGHOST", host.unwrap_or_else(|| options.get_host().to_owned())),
        ("PGPORT", options.get_port().to_string()),
        ("PGUSER", options.get_username().to_owned()),
        ("PGDATABASE", options.get_database().unwrap_or(options.get_username()).to_owned()),
        ("PGSSLMODE", ssl_mode(options.get_ssl_mode()).to_owned()),
        ("PGAPPNAME", "baton backup".to_owned()),
    ];
    all.extend(parsed.password().map(|password| ("PGPASSWORD", decoded(password))));
    for (name, value) in parsed.query_pairs() {
        let variable = match &*name {
            "password" => "PGPASSWORD",
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => "PGSSLROOTCERT",
            "sslcert" | "ssl-cert" => "PGSSLCERT",
            "sslkey" | "ssl-key" => "PGSSLKEY",
            _ => continue,
        };
        all.push((variable, value.into_owned()));
    }
    Ok(all)
}

fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// Undoes the percent signs of a part of an address.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        let (byte, after) = match (first, byte) {
            (b'%', Some(byte)) => (byte, after.get(2..).unwrap_or_default()),
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn invalid(what: &str) -> StoreError {
    StoreError::Invalid(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_postgresql_are_told_everything_by_their_environment() {
        let url = "postgres://ba%74on:p%40ss+%C3%A9%25@db.example:6432/team?sslmode=verify-full\
                   &sslrootcert=ca.pem&statement-cache-capacity=5";
        let all = client_environment(url).unwrap();
        let of = |name| all.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        assert_eq!(of("PGHOST"), Some("db.example"));
        assert_eq!(of("PGPORT"), Some("6432"));
        assert_eq!(of("PGUSER"), Some("baton"));
        assert_eq!(of("PGPASSWORD"), Some("p@ss+é%"));
        assert_eq!(of("PGDATABASE"), Some("team"));
        assert_eq!(of("PGSSLMODE"), Some("verify-full"));
        assert_eq!(of("PGSSLROOTCERT"), Some("ca.pem"));
        let error = client_environment("postgres://u:secret@h:port/x").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_percent_sign_that_means_nothing_stays() {
        assert_eq!(decoded("5%"), "5%");
        assert_eq!(decoded("%zz%4"), "%zz%4");
        assert_eq!(decoded("%41%42"), "AB");
    }
}
