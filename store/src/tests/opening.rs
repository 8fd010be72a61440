//! Opening, migrating, refusing.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::Duration;

use baton_protocol::Epoch;
use uuid::Uuid;

use crate::database::testing::{databases, open};
use crate::{Options, Sql, Store, StoreError, named};

#[tokio::test]
async fn an_epoch_is_made_once_and_stays() {
    for database in databases().await {
        let epoch = database.store.epoch();
        let again = open(&database.url).await;
        assert_eq!(again.epoch(), epoch);
        again.close().await;
        database.close().await;
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_name() {
    for database in databases().await {
        super::seed::script(&database.store, "INSERT INTO schema_version VALUES (999, 'future')")
            .await
            .unwrap();
        let refused = Store::open(&database.url, &Options::new(Epoch(Uuid::new_v4()))).await;
        let error = refused.expect_err("opened a newer schema");
        assert!(matches!(error, StoreError::NewerSchema { found: 999, .. }), "{error}");
        assert!(error.to_string().contains("999"), "{error}");
        database.close().await;
    }
}

#[tokio::test]
async fn starts_at_the_same_time_agree_on_schema_and_epoch() {
    for database in databases().await {
        // Back to nothing, as far as the schema's version says.
        let drop_all = match database.store.dialect() {
            crate::Dialect::Postgres => {
                "DROP SCHEMA public CASCADE; CREATE SCHEMA public".to_owned()
            }
            crate::Dialect::Sqlite => String::new(),
        };
        let url = if drop_all.is_empty() {
            format!("{}.fresh", database.url)
        } else {
            database.tamper(&drop_all).await;
            database.url.clone()
        };
        let starts = (0..4).map(|_| open(&url));
        let stores = futures_util::future::join_all(starts).await;
        for store in &stores {
            assert_eq!(store.epoch(), stores[0].epoch());
        }
        for store in stores {
            store.close().await;
        }
        database.close().await;
    }
}

#[tokio::test]
async fn an_address_of_no_database_is_refused() {
    let refused = Store::open("mysql://x", &Options::new(Epoch(Uuid::new_v4()))).await;
    assert!(matches!(refused, Err(StoreError::Invalid(text)) if text.contains("mysql")));
}

#[tokio::test]
async fn a_database_is_looked_at_without_being_made_or_changed() {
    for database in databases().await {
        let wait = Duration::from_secs(5);
        let looked = Store::inspect(&database.url, wait).await.unwrap();
        assert_eq!(looked.epoch(), database.store.epoch());
        let write = "CREATE TABLE made_by_a_reader (a BIGINT)";
        assert!(super::seed::script(&looked, write).await.is_err(), "it can be written to");
        looked.close().await;

        let version = |sql| super::seed::script(&database.store, sql);
        version("INSERT INTO schema_version VALUES (999, 'future')").await.unwrap();
        let newer = Store::inspect(&database.url, wait).await.unwrap_err();
        assert!(matches!(newer, StoreError::NewerSchema { found: 999, .. }), "{newer}");
        version("DELETE FROM schema_version WHERE version > 0").await.unwrap();
        version("INSERT INTO schema_version VALUES (0, 'past')").await.unwrap();
        let older = Store::inspect(&database.url, wait).await.unwrap_err();
        assert!(matches!(older, StoreError::Invalid(_)), "{older}");
        version("DROP TABLE schema_version").await.unwrap();
        let nothing = Store::inspect(&database.url, wait).await.unwrap_err();
        assert!(nothing.to_string().contains("nothing of Baton"), "{nothing}");

        if let Some(path) = database.url.strip_prefix("sqlite://") {
            let other = format!("{path}.other");
            let missing = Store::inspect(&format!("sqlite://{other}"), wait).await.unwrap_err();
            assert!(missing.to_string().contains("no database"), "{missing}");
            assert!(!std::path::Path::new(&other).exists(), "it was made");
        }
        database.close().await;
    }
}

#[tokio::test]
async fn a_damaged_page_is_found_by_who_looks_and_told_by_who_stumbles_over_it() {
    static PAGE: Sql = Sql::new("SELECT rootpage FROM sqlite_master WHERE name = 'contact'");
    static NAMES: Sql = Sql::new("SELECT COALESCE(name, '') FROM contact");
    for database in databases().await {
        super::seed::seed(&database).await;
        assert_eq!(database.store.check_pages_whole().await.unwrap(), None);
        let Some(file) = database.url.strip_prefix("sqlite://").map(str::to_owned) else {
            database.close().await;
            continue;
        };
        let page = database.store.rows_alone::<(i64,)>(&PAGE, &[]).await.unwrap()[0].0;
        // The last connection moves everything into the file.
        database.store.close().await;
        let mut open = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
        let offset = (u64::try_from(page).unwrap() - 1) * 4096;
        open.seek(SeekFrom::Start(offset)).unwrap();
        open.write_all(&[0xff; 4096]).unwrap();
        let store = Store::inspect(&database.url, Duration::from_secs(5)).await.unwrap();
        assert!(store.check_pages_whole().await.unwrap().is_some());
        assert!(!store.is_damaged());
        assert!(store.rows_alone::<(String,)>(&NAMES, &[]).await.is_err());
        assert!(store.is_damaged());
        let refused = store.begin().await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
        store.close().await;
        database.close().await;
    }
}

#[test]
fn an_error_names_a_database_without_its_password() {
    let told = |url| named(url).replace("the database", "-");
    assert_eq!(told("postgres://ana:se@cret@db.local/baton"), "- db.local:5432/baton");
    assert_eq!(
        told("postgresql://[::1]/baton?port=5433&user=ana&password=se@cret"),
        "- [::1]:5433/baton"
    );
    assert_eq!(told("postgres:///baton?host=db.local&password=secret"), "- db.local:5432/baton");
    assert_eq!(told("postgres://ana:se/cret@db.local/baton"), "-");
    assert_eq!(told("postgres://ana:12/34@db.local/baton"), "-");
    assert_eq!(told("sqlite://data/baton.db"), "- data/baton.db");
}

#[tokio::test]
async fn each_database_is_a_log_of_its_own() {
    let (first, second) = (databases().await, databases().await);
    for (one, other) in first.iter().zip(&second) {
        assert_ne!(one.store.epoch(), other.store.epoch());
    }
    for database in first.into_iter().chain(second) {
        database.close().await;
    }
}
