//! Puts a backup in the place of the database, wholly or not at all. If it is stopped in the
//! middle, no server goes on with the epoch that the backup holds.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use baton_protocol::Epoch;

use super::dump;
use crate::app::private::make_directory;
use crate::app::serve::{open_store, store_options};
use crate::clock::Clock;
use crate::config::{Config, Database};
use crate::jobs::anchor::Anchors;
use crate::secrets::Keys;
use crate::store::restore::Revived;
use crate::store::{Store, copy, known_schema, read, restore, schema_of};

/// What a new epoch begins with.
pub(super) struct Begun {
    pub(super) epoch: Epoch,
    /// Messages that were on their way.
    pub(super) doubtful: usize,
    /// What lives again, although it may have been ended since.
    pub(super) revived: Revived,
    /// Where the database is that was there before.
    pub(super) kept: Option<PathBuf>,
}

/// Looks at a backup before anything is touched: one of Baton's, that this program can read.
pub(super) async fn check(config: &Config, from: &Path) -> anyhow::Result<i64> {
    let wait = Duration::from_millis(config.store.acquire_time_out_ms);
    anyhow::ensure!(from.is_file(), "there is no backup {}", from.display());
    let told = || format!("the backup {}", from.display());
    let found = match config.store.database() {
        Database::Sqlite(_) => {
            schema_of(&format!("sqlite://{}", from.display()), wait).await.with_context(told)?
        }
        Database::Postgres(_) => dump::schema_in(from).await.with_context(told)?,
    };
    anyhow::ensure!(found > 0, "{} holds nothing of Baton's", from.display());
    let known = known_schema();
    anyhow::ensure!(
        found <= known,
        "{} has schema {found}, this program knows up to {known}: use the newer program",
        from.display()
    );
    Ok(found)
}

/// Begins a new epoch of the database that is in its place.
pub(super) async fn begin(config: &Config, clock: &Clock) -> anyhow::Result<Begun> {
    let store = open_store(config, clock).await?;
    let begun = async {
        // The rows that a restore changes need new stamps.
        Keys::open(&config.store.key_file(), &store, clock).await?;
        begin_in(&store, config, clock).await
    };
    let begun = begun.await;
    store.close().await;
    begun
}

async fn begin_in(store: &Store, config: &Config, clock: &Clock) -> anyhow::Result<Begun> {
    let known = Anchors::in_dir(&config.store.data).epochs()?;
    let mut tx = store.begin().await?;
    let doubtful = read::on_their_way(&mut tx).await?.len();
    let revived = restore::revived(&mut tx).await?;
    let epoch = Epoch(clock.uuid_v4());
    restore::begin(&mut tx, epoch, &known, clock.now()).await?;
    tx.commit().await?;
    Ok(Begun { epoch, doubtful, revived, kept: None })
}

/// PostgreSQL: the note that a restore is under way is there before anything else is, and goes with
/// the beginning of the new epoch.
pub(super) async fn postgres(
    config: &Config,
    clock: &Clock,
    url: &str,
    from: &Path,
    schema: i64,
) -> anyhow::Result<Begun> {
    let wait = Duration::from_millis(config.store.acquire_time_out_ms);
    let found = schema_of(url, wait).await.context("the database")?;
    // What a newer schema has besides would stay, and be in the way of its own migration.
    anyhow::ensure!(
        found <= schema,
        "the database has schema {found} and the backup {schema}: make an empty database and \
         restore into that (--database)"
    );
    restore::announce(url).await.context("the database")?;
    dump::put_back(url, from).await?;
    begin(config, clock).await
}

/// SQLite: everything is done to a copy of the backup, which then takes the database's place in one
/// step. The database that was there is kept beside it.
pub(super) async fn sqlite(
    config: &Config,
    clock: &Clock,
    place: &Path,
    from: &Path,
) -> anyhow::Result<Begun> {
    let data = &config.store.data;
    make_directory(data)?;
    let mut fresh = tempfile::Builder::new().prefix(".baton-restore-").tempfile_in(data)?;
    let mut source = std::fs::File::open(from).context("the backup")?;
    std::io::copy(&mut source, fresh.as_file_mut()).context("copying the backup")?;
    let url = format!("sqlite://{}", fresh.path().display());
    let store = Store::open(&url, &store_options(config, clock)).await.context("the backup")?;
    let begun = async {
        store.check_pages().await.context("the backup")?;
        // A key that does not fit is found out while the old database is in its place.
        Keys::open(&config.store.key_file(), &store, clock).await?;
        begin_in(&store, config, clock).await
    };
    let begun = begun.await;
    store.close().await;
    let mut begun = begun?;
    anyhow::ensure!(!beside(fresh.path(), "-wal").exists(), "the copy was not closed");
    fresh.as_file().sync_all().context("flushing the copy")?;
    begun.kept = set_aside(place, begun.epoch).await?;
    fresh.persist(place).context("putting the copy in its place")?;
    std::fs::File::open(data)?.sync_all().context("flushing the directory")?;
    Ok(begun)
}

/// Keeps the database under another name as well; the one that takes its place must not find what
/// belongs to its predecessor.
async fn set_aside(place: &Path, epoch: Epoch) -> anyhow::Result<Option<PathBuf>> {
    if !place.exists() {
        return Ok(None);
    }
    // What is in the write-ahead log goes into the file. One that is broken keeps it.
    copy::fold_log(place).await.unwrap_or_default();
    let kept = beside(place, &format!(".before-{epoch}"));
    std::fs::hard_link(place, &kept).with_context(|| format!("keeping {}", kept.display()))?;
    for suffix in ["-wal", "-shm"] {
        match std::fs::rename(beside(place, suffix), beside(&kept, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).context("keeping its write-ahead log");
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(Some(kept))
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::known::accept;
    use crate::app::lock::DataLock;
    use crate::app::serve::{Foundation, Server, database_url};
    use crate::cli::{Backup, Restore};
    use crate::config::{DatabaseUrl, Sources};
    use crate::program::backup;
    use crate::program::restore::run;
    use crate::store::testing::{TestDatabase, databases};
    use crate::store::{Company, Dialect, Seat, identity_of};

    fn config(database: &TestDatabase, data: &Path) -> Config {
        let mut config = at(data);
        if let Some(file) = database.url.strip_prefix("sqlite://") {
            config.store.data = Path::new(file).parent().unwrap().to_owned();
        } else {
            config.store.database = of(&database.url);
        }
        config
    }

    fn at(data: &Path) -> Config {
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = data.to_owned();
        config.http.bind.set_port(0);
        config
    }

    fn of(url: &str) -> DatabaseUrl {
        serde_json::from_value(url.into()).unwrap()
    }

    /// Lays the foundation once, as a start does, and makes a backup.
    async fn backed_up(config: &Config, to: &Path) -> Restore {
        laid(config).await.unwrap();
        backup::run(&Backup { to: to.to_owned() }, config).await.unwrap();
        Restore { from: Some(to.to_owned()) }
    }

    async fn laid(config: &Config) -> anyhow::Result<()> {
        let foundation = Foundation::lay(config, &Clock::system()).await?;
        foundation.store.close().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_restore_that_was_broken_off_keeps_servers_away_until_it_is_done() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let (config, clock) = (config(&database, directory.path()), Clock::system());
            let given = backed_up(&config, &directory.path().join("backup")).await;
            if database.store.dialect() == Dialect::Postgres {
                restore::announce(&database.url).await.unwrap();
                let refused = laid(&config).await.unwrap_err().to_string();
                assert!(refused.contains("broken off"), "{refused}");
            }
            for _ in 0..2 {
                run(&given, &config, &clock).await.unwrap();
                laid(&config).await.unwrap();
            }
            database.close().await;
        }
    }

    #[tokio::test]
    async fn nothing_is_put_back_under_a_server_nor_under_nodes_that_share_their_database() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let (mut config, clock) = (config(&database, directory.path()), Clock::system());
            let given = backed_up(&config, &directory.path().join("backup")).await;
            let server = DataLock::take(&config).await.unwrap();
            assert!(run(&given, &config, &clock).await.is_err(), "a server runs");
            drop(server);
            if database.store.dialect() == Dialect::Postgres {
                let node = Seat::take(&database.url, Company::Nodes).await.unwrap();
                config.redis.url = of("redis://127.0.0.1:1");
                for given in [&given, &Restore { from: None }] {
                    let refused = run(given, &config, &clock).await.unwrap_err().to_string();
                    assert!(refused.contains("stop every node"), "{refused}");
                }
                drop(node);
            }
            database.close().await;
        }
    }

    #[tokio::test]
    async fn the_database_that_was_there_is_kept_with_what_was_in_its_log() {
        let database = databases().await.swap_remove(0);
        let directory = tempfile::tempdir().unwrap();
        let (config, clock) = (config(&database, directory.path()), Clock::system());
        let given = backed_up(&config, &directory.path().join("backup")).await;
        let place = config.store.data.join("baton.db");
        let put = "INSERT INTO installation (name, value) VALUES ('later', 'x')";
        database.tamper(put).await;
        assert!(beside(&place, "-wal").metadata().unwrap().len() > 0, "it is in the log alone");
        let said = run(&given, &config, &clock).await.unwrap();
        let kept = said.rsplit_once("kept as ").unwrap().1.trim_end();
        for (file, count) in [(Path::new(kept), 1), (&*place, 0)] {
            let url = format!("sqlite://{}", file.display());
            let store = Store::inspect(&url, Duration::from_secs(5)).await.unwrap();
            assert_eq!(laters(&store).await, count, "{}", file.display());
            store.close().await;
        }
        database.close().await;
    }

    async fn laters(store: &Store) -> i64 {
        use crate::store::Sql;
        static COUNT: Sql =
            Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM installation WHERE name = 'later'");
        let mut tx = store.read().await.unwrap();
        tx.row::<(i64,)>(&COUNT, &[]).await.unwrap().unwrap().0
    }

    #[tokio::test]
    async fn what_is_no_backup_is_refused_and_nothing_is_touched() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let (config, clock) = (config(&database, directory.path()), Clock::system());
            laid(&config).await.unwrap();
            let epoch = database.store.epoch();
            let file = directory.path().join("file");
            for text in ["", "no database at all"] {
                std::fs::write(&file, text).unwrap();
                let given = Restore { from: Some(file.clone()) };
                assert!(run(&given, &config, &clock).await.is_err(), "{text:?}");
            }
            let given = Restore { from: Some(directory.path().join("nowhere")) };
            assert!(run(&given, &config, &clock).await.is_err());
            let store = Store::inspect(&database.url, Duration::from_secs(5)).await.unwrap();
            assert_eq!(store.epoch(), epoch);
            store.close().await;
            database.close().await;
        }
    }

    #[tokio::test]
    async fn the_life_that_a_restore_has_ended_is_refused_also_when_its_file_is_put_back() {
        let directory = tempfile::tempdir().unwrap();
        let config = at(directory.path());
        // A life in which something happened.
        let server = Box::pin(Server::start(&config, Clock::system())).await.unwrap();
        server.accounts.first_admin(&server.engine).await.unwrap();
        server.stop().await;
        let file = directory.path().join("baton.db");
        let old = std::fs::read(&file).unwrap();
        // Another node, that hears of the restore only at its start.
        let node = tempfile::tempdir().unwrap();
        std::fs::copy(directory.path().join("anchors.log"), node.path().join("anchors.log"))
            .unwrap();
        run(&Restore { from: None }, &config, &Clock::system()).await.unwrap();
        let anchors = Anchors::in_dir(node.path());
        let url = database_url(&config);
        let found = identity_of(&url, Duration::from_secs(5)).await.unwrap();
        anchors.check_life(found.as_ref()).expect("it came after the one that is known there");
        std::fs::write(&file, old).unwrap();
        let refused = format!("{:#}", laid(&config).await.unwrap_err());
        assert!(refused.contains("a restore has ended"), "{refused}");
        assert!(accept(&config, &Clock::system()).await.is_err(), "a restore is needed");
        run(&Restore { from: None }, &config, &Clock::system()).await.unwrap();
        laid(&config).await.unwrap();
    }
}
