//! `baton backup`: one moment of the database as a file, made while servers write. The key is never
//! in it: whoever finds a backup must not find the tokens that it seals.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tempfile::NamedTempFile;

use super::dump;
use crate::app::serve::database_url;
use crate::cli::Backup;
use crate::config::{Config, Database};
use crate::store::{Store, copy, read};

/// Makes a backup; tells what it holds, and what it does not.
///
/// # Errors
/// Where there is no database or something in the way; then there is no file either.
pub(super) async fn run(backup: &Backup, config: &Config) -> anyhow::Result<String> {
    let to = &backup.to;
    // Asked first: a large database should not be copied in vain.
    anyhow::ensure!(!to.exists(), "{} is there already; nothing is overwritten", to.display());
    let wait = Duration::from_millis(config.store.acquire_time_out_ms);
    let store = Store::inspect(&database_url(config), wait).await.context("the database")?;
    let fresh = beside(to)?;
    let held = match config.store.database() {
        Database::Sqlite(_) => {
            store.copy_into(fresh.path()).await.context("copying the database")?;
            let url = format!("sqlite://{}", fresh.path().display());
            let copied = Store::inspect(&url, wait).await.context("the copy")?;
            copied.check_pages().await.context("the copy")?;
            let held = held(&copied, &mut copied.read().await?).await?;
            copied.close().await;
            held
        }
        Database::Postgres(url) => {
            let mut tx = store.read().await?;
            let held = held(&store, &mut tx).await?;
            let snapshot = copy::exported(&mut tx).await?;
            dump::write(url.expose(), &snapshot, fresh.reopen()?).await?;
            tx.rollback().await?;
            held
        }
    };
    store.close().await;
    let bytes = keep(fresh, to)?;
    let key = config.store.key_file();
    Ok(format!(
        "{} has {bytes} bytes\n{held}\
         Not in it: the key of the installation, {}. Keep a copy of it, apart from backups: \
         without it nobody can use the access tokens in them. Nor is anchors.log, which should \
         outlive the database.\n",
        to.display(),
        key.display()
    ))
}

/// What a backup is of, in lines for the operator.
async fn held(store: &Store, tx: &mut crate::store::Tx) -> anyhow::Result<String> {
    let mut text = format!("epoch {}\n", store.epoch());
    let heads = read::log_heads(tx).await?;
    for (workspace, slug) in read::workspaces(tx).await? {
        let head = heads.get(&workspace).copied().unwrap_or(0);
        writeln!(text, "workspace {slug}: up to position {head}")?;
    }
    Ok(text)
}

/// A file of nobody else's in the same directory, so that it can be renamed; it goes with the
/// value.
fn beside(to: &Path) -> anyhow::Result<NamedTempFile> {
    let directory = directory_of(to);
    let told = || format!("writing to {}", directory.display());
    tempfile::Builder::new().prefix(".baton-backup-").tempfile_in(&directory).with_context(told)
}

fn directory_of(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

/// On the disk and under its name, at once or not at all; tells how large it is.
fn keep(fresh: NamedTempFile, to: &Path) -> anyhow::Result<u64> {
    let file = fresh.as_file();
    file.sync_all().context("flushing the backup")?;
    let bytes = fresh.path().metadata()?.len();
    if let Err(refused) = fresh.persist_noclobber(to) {
        let is_taken = refused.error.kind() == ErrorKind::AlreadyExists;
        anyhow::ensure!(!is_taken, "{} is there already; nothing is overwritten", to.display());
        return Err(refused.error).with_context(|| format!("naming it {}", to.display()));
    }
    std::fs::File::open(directory_of(to))?.sync_all().context("flushing the directory")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    use sqlx::{Connection as _, PgConnection};

    use crate::config::{DatabaseUrl, Sources};
    use crate::store::testing::databases;

    fn config(url: &str, data: &Path) -> Config {
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = data.to_owned();
        match url.strip_prefix("sqlite://") {
            Some(file) => config.store.data = Path::new(file).parent().unwrap().to_owned(),
            None => {
                let url = serde_json::from_value::<DatabaseUrl>(url.into());
                config.store.database = url.unwrap();
            }
        }
        config
    }

    #[tokio::test]
    async fn a_backup_is_its_owners_alone_and_overwrites_nothing() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let config = config(&database.url, directory.path());
            let to = directory.path().join("first");
            let backup = Backup { to: to.clone() };
            let said = run(&backup, &config).await.unwrap();
            let bytes = to.metadata().unwrap().len();
            assert!(said.contains(&format!("{bytes} bytes")), "{said}");
            assert!(said.contains(&format!("epoch {}", database.store.epoch())), "{said}");
            assert_eq!(to.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            let before = std::fs::read(&to).unwrap();
            let error = run(&backup, &config).await.unwrap_err().to_string();
            assert!(error.contains("nothing is overwritten"), "{error}");
            assert_eq!(std::fs::read(&to).unwrap(), before);
            let fresh = beside(&to).unwrap();
            assert!(keep(fresh, &to).is_err(), "somebody else was faster");
            assert_eq!(std::fs::read(&to).unwrap(), before);
            let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().flatten().collect();
            assert!(
                left.iter().all(|left| !left.file_name().to_string_lossy().starts_with('.')),
                "{left:?}"
            );
            database.close().await;
        }
    }

    #[tokio::test]
    async fn a_backup_waits_for_no_restore_that_waits_for_it() {
        for database in databases().await {
            if !database.url.starts_with("postgres") {
                database.close().await;
                continue;
            }
            let directory = tempfile::tempdir().unwrap();
            let config = config(&database.url, directory.path());
            let to = directory.path().join("backup");
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            let mut changes = connection.begin().await.unwrap();
            let lock = "LOCK TABLE message IN ACCESS EXCLUSIVE MODE";
            sqlx::query(lock).execute(&mut *changes).await.unwrap();
            let error = run(&Backup { to: to.clone() }, &config).await.unwrap_err().to_string();
            assert!(error.contains("try again"), "{error}");
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
            changes.rollback().await.unwrap();
            run(&Backup { to }, &config).await.unwrap();
            database.close().await;
        }
    }

    #[tokio::test]
    async fn of_no_database_there_is_no_backup() {
        let directory = tempfile::tempdir().unwrap();
        let config = config("sqlite:///nowhere/baton.db", directory.path());
        let to = directory.path().join("backup");
        assert!(run(&Backup { to: to.clone() }, &config).await.is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
