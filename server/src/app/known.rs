//! Whether the database is the one that its directory knows. No start begins anew in silence
//! because a file is gone or an address is wrong.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::lock::DataLock;
use super::serve::{database_url, open_with, store_options};
use crate::clock::Clock;
use crate::config::{Config, Database};
use crate::jobs::anchor::{AnchorError, Anchors};
use crate::store::{Store, identity_of, named};

/// Opens the database that the directory knows; makes one where the directory knows of none.
pub(crate) async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Store> {
    let mut options = store_options(config, clock);
    if Anchors::in_dir(&config.store.data).name_events()? {
        check(config).await??;
    } else if let Database::Sqlite(file) = config.store.database() {
        refuse_half_gone(&file)?;
        options.may_create = true;
    }
    open_with(config, &options).await
}

/// `--accept-database`: puts the markers aside where they are of another database, or of one that
/// is gone. One that was put back to an earlier state needs a restore.
pub(crate) async fn accept(config: &Config, clock: &Clock) -> anyhow::Result<()> {
    let _lock = Box::pin(DataLock::take(config)).await?;
    match check(config).await? {
        Ok(()) => Ok(()),
        Err(AnchorError::Absent { .. } | AnchorError::Other { .. }) => {
            let name = clock.now().ms().to_string();
            let aside = Anchors::in_dir(&config.store.data).set_aside(&name)?;
            tracing::warn!(
                kept = %aside.display(),
                "the database is accepted as asked; what told of the one before is kept"
            );
            Ok(())
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn check(config: &Config) -> anyhow::Result<Result<(), AnchorError>> {
    let wait = Duration::from_millis(config.store.acquire_time_out_ms);
    let url = database_url(config);
    let found =
        identity_of(&url, wait).await.with_context(|| format!("reading {}", named(&url)))?;
    Ok(Anchors::in_dir(&config.store.data).check_life(found.as_ref()))
}

/// A write-ahead log without its database is what a lost file leaves behind.
fn refuse_half_gone(file: &Path) -> anyhow::Result<()> {
    let log = file.with_extension("db-wal");
    let is_filled = log.metadata().is_ok_and(|found| found.len() > 0);
    anyhow::ensure!(
        file.exists() || !is_filled,
        "{} is gone, and its write-ahead log {} is there: put the database back, or remove the log",
        file.display(),
        log.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::serve::{Foundation, Server};
    use crate::config::{DatabaseUrl, Sources};
    use crate::store::testing::databases;

    fn config(url: &str, data: &Path) -> Config {
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = data.to_owned();
        config.http.bind.set_port(0);
        if !url.starts_with("sqlite://") {
            config.store.database = serde_json::from_value::<DatabaseUrl>(url.into()).unwrap();
        }
        config
    }

    /// A life in which something happened.
    async fn lived(config: &Config) {
        let server = Box::pin(Server::start(config, Clock::system())).await.unwrap();
        server.accounts.first_admin(&server.engine).await.unwrap();
        server.stop().await;
    }

    async fn laid(config: &Config) -> Result<(), String> {
        match Foundation::lay(config, &Clock::system()).await {
            Ok(foundation) => {
                foundation.store.close().await;
                Ok(())
            }
            Err(refused) => Err(format!("{refused:#}")),
        }
    }

    #[tokio::test]
    async fn a_database_that_is_gone_or_empty_is_refused_and_none_is_made_in_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let config = config("sqlite://", directory.path());
        Box::pin(lived(&config)).await;
        let file = directory.path().join("baton.db");
        let whole = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let refused = laid(&config).await.unwrap_err();
        assert!(refused.contains("there is no database") && refused.contains("baton restore"));
        assert!(!file.exists(), "it was made");
        std::fs::write(&file, "").unwrap();
        assert!(laid(&config).await.unwrap_err().contains("it is empty"));
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 0, "it was filled");
        std::fs::write(&file, whole).unwrap();
        laid(&config).await.unwrap();

        std::fs::remove_file(&file).unwrap();
        accept(&config, &Clock::system()).await.unwrap();
        laid(&config).await.unwrap();
        Box::pin(lived(&config)).await;
        accept(&config, &Clock::system()).await.expect("given again, it changes nothing");
        assert!(Anchors::in_dir(directory.path()).name_events().unwrap());
    }

    #[tokio::test]
    async fn another_database_than_the_one_that_was_served_is_refused() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let mine = config("sqlite://", directory.path());
            Box::pin(lived(&mine)).await;
            let mut wrong = config(&database.url, directory.path());
            if let Some(file) = database.url.strip_prefix("sqlite://") {
                // Another file in the place of the one that was served.
                let other = directory.path().join("other");
                std::fs::create_dir(&other).unwrap();
                std::fs::copy(directory.path().join("anchors.log"), other.join("anchors.log"))
                    .unwrap();
                database.store.close().await;
                std::fs::copy(file, other.join("baton.db")).unwrap();
                wrong.store.data = other;
            }
            let refused = laid(&wrong).await.unwrap_err();
            assert!(refused.contains("another database"), "{refused}");
            accept(&wrong, &Clock::system()).await.unwrap();
            // What it is sealed with is another question.
            wrong.store.key_file = directory.path().join("another-key");
            laid(&wrong).await.unwrap();
            database.close().await;
        }
    }

    #[tokio::test]
    async fn a_write_ahead_log_whose_database_is_gone_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let config = config("sqlite://", directory.path());
        let log = directory.path().join("baton.db-wal");
        std::fs::write(&log, "x").unwrap();
        assert!(laid(&config).await.unwrap_err().contains("is gone"));
        assert!(log.exists() && !directory.path().join("baton.db").exists());
    }
}
