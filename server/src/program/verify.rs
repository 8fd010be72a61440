//! `baton verify-log`: looks at the database as it is, without making, migrating or unsealing
//! anything, and fails wherever it finds nothing to look at. With the installation's key it checks
//! the stamp of every row.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use baton_protocol::WorkspaceId;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;

use crate::app::serve::database_url;
use crate::cli::VerifyLog;
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::anchor::Anchors;
use crate::secrets::Keys;
use crate::store::seal::hash_at;
use crate::store::stamped::{Rows, verify_rows};
use crate::store::verify::{Fault, Report, verify_log};
use crate::store::{Store, StoreError, read, settled};

/// Logs that are read at once. Beside the pages and the rows, more would only wait.
const LOGS_AT_ONCE: usize = 2;

type Markers = BTreeMap<WorkspaceId, (u64, String)>;

/// Verifies the logs that were asked for; `say` hears a line for each.
///
/// # Errors
/// Where there is no database or no workspace, or a log is not as it was written.
pub(super) async fn run(
    verify: &VerifyLog,
    config: &Config,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<()> {
    let wait = Duration::from_millis(config.store.acquire_time_out_ms);
    let store = Store::inspect(&database_url(config), wait).await.context("the log's database")?;
    let done = looked(&store, verify, config, say).await;
    store.close().await;
    anyhow::ensure!(done?, "the log is not as it was written");
    Ok(())
}

/// Whether everything is as it was written.
async fn looked(
    store: &Store,
    verify: &VerifyLog,
    config: &Config,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<bool> {
    let mut tell = |line: serde_json::Value, text: String| match verify.json {
        true => say(&format!("{line}\n")),
        false => say(&format!("{text}\n")),
    };
    let anchors = Anchors::in_dir(&config.store.data).newest(store.epoch())?;
    let key = Keys::look(&config.store.key_file(), store).await?;
    // Side by side: each of them reads most of the database.
    let pages = Looking::begin(store, |store| async move { Ok(store.check_pages_whole().await?) });
    let since = outcomes_since(config);
    let rows =
        Looking::begin(store, move |store| async move { Ok(verify_rows(&store, since).await?) });
    let only = verify.workspace.clone();
    let logs = Looking::begin(store, |store| logs(store, only, anchors));
    let pages = pages.end().await?;
    if let Some(what) = &pages {
        tell(serde_json::json!({ "pages": what }), format!("pages: {what}"));
    }
    for warning in warnings(config, store, key)? {
        tell(serde_json::json!({ "warning": warning }), format!("WARNING: {warning}"));
    }
    let rows = rows.end().await?;
    if let Some(rows) = &rows {
        tell(serde_json::json!({ "rows": rows }), told(rows));
    }
    let mut is_whole = pages.is_none() && rows.is_none_or(|rows| rows.faults.is_empty());
    for (workspace, report) in logs.end().await? {
        is_whole &= report.fault.is_none();
        let line = serde_json::json!({ "workspace": workspace, "report": report });
        tell(line, format!("{workspace}: {report}"));
    }
    Ok(is_whole)
}

/// What was not looked at, and why.
fn warnings(config: &Config, store: &Store, key: Option<bool>) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    match key {
        None => all.push(format!(
            "the installation's key is not at {}: only the log's chain and what it tells are \
             checked, and not whether Baton wrote them",
            config.store.key_file().display()
        )),
        Some(false) => all.push(
            "the key does not open installation.key_check: it is another installation's, or that \
             row was changed"
                .to_owned(),
        ),
        Some(true) => {}
    }
    if Anchors::in_dir(&config.store.data).newest(store.epoch())?.is_empty() {
        all.push(format!(
            "{} names nothing of this database: an older state of it would not be noticed",
            config.store.data.join("anchors.log").display()
        ));
    }
    Ok(all)
}

/// Since when outcomes must be there, in milliseconds.
fn outcomes_since(config: &Config) -> i64 {
    // The sweeper may be a little ahead, and clocks of nodes differ.
    let days = i64::from(config.store.outcome_days).saturating_sub(1);
    Clock::system().now().plus_ms(-days.saturating_mul(86_400_000)).ms()
}

/// A part of the work that goes on by itself, and ends with whoever waits for it.
struct Looking<T>(JoinSet<anyhow::Result<T>>);

impl<T: Send + 'static> Looking<T> {
    fn begin<F>(store: &Store, look: impl FnOnce(Store) -> F) -> Self
    where
        F: Future<Output = anyhow::Result<T>> + Send + 'static,
    {
        let mut task = JoinSet::new();
        task.spawn(look(store.clone()));
        Self(task)
    }

    async fn end(mut self) -> anyhow::Result<T> {
        self.0.join_next().await.context("nobody looked at the database")??
    }
}

fn told(rows: &Rows) -> String {
    let Rows { checked, faults } = rows;
    if faults.is_empty() {
        return format!("rows: {checked} are as Baton wrote them");
    }
    let faults: Vec<_> = faults.iter().map(|fault| format!("row: {fault}")).collect();
    faults.join("\n")
}

/// What was found of each workspace: all, or the one with this slug.
async fn logs(
    store: Store,
    only: Option<String>,
    anchors: Markers,
) -> anyhow::Result<Vec<(String, Report)>> {
    let mut tx = store.read().await?;
    let mut workspaces = read::workspaces(&mut tx).await?;
    tx.rollback().await?;
    let mut lost = anchors.clone();
    lost.retain(|workspace, _| workspaces.iter().all(|(there, _)| there != workspace));
    if let Some(slug) = only {
        workspaces.retain(|(_, name)| *name == slug);
        lost.clear();
        anyhow::ensure!(!workspaces.is_empty(), "there is no workspace {slug:?}");
    }
    anyhow::ensure!(
        !(workspaces.is_empty() && lost.is_empty()),
        "the database holds no workspace: there is no log to verify"
    );
    let each = stream::iter(workspaces).map(|(workspace, slug)| {
        let marker = anchors.get(&workspace).cloned();
        let log = Looking::begin(&store, move |store| async move {
            log(&store, workspace, marker.as_ref()).await
        });
        async move { Ok::<_, anyhow::Error>((slug, log.end().await?)) }
    });
    let mut reports: Vec<_> = each.buffered(LOGS_AT_ONCE).try_collect().await?;
    for (workspace, (position, _)) in lost {
        let what = "a marker outside the database tells of this workspace, and it is gone";
        let fault = Some(Fault { position, what: what.to_owned() });
        let report = Report { fault, ..Report::default() };
        reports.push((workspace.to_string(), report));
    }
    Ok(reports)
}

/// What was found of this workspace.
async fn log(
    store: &Store,
    workspace: WorkspaceId,
    marker: Option<&(u64, String)>,
) -> anyhow::Result<Report> {
    let mut report = readable(verify_log(store, workspace).await)?;
    if report.fault.is_none() {
        report.fault = against_anchor(store, workspace, marker).await?;
    }
    if report.fault.is_none() {
        let what = match settled::fault(store, workspace).await {
            Err(StoreError::Corrupt(what)) => Some(what),
            found => found?,
        };
        report.fault = what.map(|what| Fault { position: report.checked, what });
    }
    Ok(report)
}

/// What cannot be read is a fault as well.
fn readable(report: Result<Report, StoreError>) -> Result<Report, StoreError> {
    match report {
        Err(StoreError::Corrupt(what)) => {
            let fault = Some(Fault { position: 0, what });
            Ok(Report { fault, ..Report::default() })
        }
        report => report,
    }
}

/// The marker outside the database must be a hash of this very chain.
async fn against_anchor(
    store: &Store,
    workspace: WorkspaceId,
    marker: Option<&(u64, String)>,
) -> anyhow::Result<Option<Fault>> {
    let Some((position, hash)) = marker else { return Ok(None) };
    let mut tx = store.read().await?;
    let found = hash_at(&mut tx, workspace, *position).await?;
    tx.rollback().await?;
    let what = match found {
        Some(found) if found == *hash => return Ok(None),
        Some(_) => "the chain is another one than the marker outside the database says",
        None => "a marker outside the database says that the log was sealed up to here",
    };
    Ok(Some(Fault { position: *position, what: what.to_owned() }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::app::serve::{Foundation, Server};
    use crate::clock::Clock;
    use crate::config::{DatabaseUrl, Sources};
    use crate::store::testing::databases;

    async fn verified(config: &Config) -> (anyhow::Result<()>, String) {
        let mut said = String::new();
        let verify = VerifyLog { workspace: None, json: false };
        let done = run(&verify, config, &mut |text| said.push_str(text)).await;
        (done, said)
    }

    #[tokio::test]
    async fn a_log_is_verified_where_there_is_one_and_nothing_is_made_where_there_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = directory.path().join("data");
        config.http.bind.set_port(0);
        let (done, said) = verified(&config).await;
        assert!(format!("{:#}", done.unwrap_err()).contains("no database"));
        assert!(said.is_empty() && !config.store.data.exists(), "something was made: {said}");

        let foundation = Foundation::lay(&config, &Clock::system()).await.unwrap();
        foundation.store.close().await;
        let (done, _) = verified(&config).await;
        assert!(done.unwrap_err().to_string().contains("no workspace"));

        let server = Server::start(&config, Clock::system()).await.unwrap();
        server.accounts.first_admin(&server.engine).await.unwrap();
        let (done, said) = verified(&config).await;
        done.expect("a log can be verified while its server runs");
        assert!(said.contains("main: ") && said.contains("rows: "), "{said}");
        server.stop().await;
        let (_, said) = verified(&config).await;
        assert!(!said.contains("WARNING"), "{said}");
        // Whoever audits a log needs no secrets, and is told what was not looked at without them.
        std::fs::remove_file(config.store.data.join("key")).unwrap();
        let (done, said) = verified(&config).await;
        done.unwrap();
        assert!(said.contains("WARNING: the installation's key is not at"), "{said}");
        let markers = std::fs::read(config.store.data.join("anchors.log")).unwrap();
        std::fs::remove_file(config.store.data.join("anchors.log")).unwrap();
        let (_, said) = verified(&config).await;
        assert!(said.contains("names nothing of this database"), "{said}");
        std::fs::write(config.store.data.join("anchors.log"), markers).unwrap();
        assert!(!config.store.data.join("key").exists());

        let anchors = Anchors::in_dir(&config.store.data);
        let (epoch, gone) = (epoch(&config).await, WorkspaceId(uuid::Uuid::from_u128(7)));
        anchors.append(epoch, gone, 3, &"ab".repeat(32)).unwrap();
        let (done, said) = verified(&config).await;
        assert!(done.is_err() && said.contains("it is gone"), "{said}");
    }

    #[tokio::test]
    async fn a_log_head_that_is_gone_or_changed_is_named_and_no_start_leads_to_a_restore() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let mut config = Config::load(&Sources::default()).unwrap().config;
            config.http.bind.set_port(0);
            config.store.data = directory.path().to_owned();
            match database.url.strip_prefix("sqlite://") {
                Some(file) => config.store.data = Path::new(file).parent().unwrap().to_owned(),
                None => {
                    let url = serde_json::from_value::<DatabaseUrl>(database.url.clone().into());
                    config.store.database = url.unwrap();
                }
            }
            let server = Box::pin(Server::start(&config, Clock::system())).await.unwrap();
            server.accounts.first_admin(&server.engine).await.unwrap();
            server.stop().await;
            for edit in ["DELETE FROM log_head", "UPDATE log_head SET position = 1"] {
                database.tamper(edit).await;
                let (done, said) = verified(&config).await;
                assert!(done.is_err() && said.contains("log_head"), "{edit}: {said}");
                let refused = match Foundation::lay(&config, &Clock::system()).await {
                    Ok(_) => panic!("{edit}: it starts"),
                    Err(refused) => format!("{refused:#}"),
                };
                assert!(!refused.contains("baton restore"), "{refused}");
                let (_, remedy) = refused.split_once("start again: ").expect("a statement");
                database.tamper(remedy).await;
                verified(&config).await.0.expect("the row is right again");
            }
            database.tamper("UPDATE log_head SET feed_floor = 1").await;
            let (done, said) = verified(&config).await;
            assert!(done.is_err() && said.contains("feed_floor 1"), "{said}");
            database.tamper("UPDATE log_head SET feed_floor = 0").await;
            let server = Box::pin(Server::start(&config, Clock::system())).await.unwrap();
            server.stop().await;
            database.close().await;
        }
    }

    async fn epoch(config: &Config) -> baton_protocol::Epoch {
        let wait = Duration::from_secs(5);
        Store::inspect(&database_url(config), wait).await.unwrap().epoch()
    }
}
