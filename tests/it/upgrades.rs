//! Databases of earlier versions, opened by this one. `scripts/upgrade-fixture.sh` makes them with
//! the programs of their time; `tests/fixtures/schema` keeps them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use baton::app::Server;
use baton::clock::Clock;
use baton::demo::client::{Api, Refused, SignedIn};
use baton_protocol::account::{Me, Refresh, Session};
use baton_protocol::command::{CommandBody, Reply};
use baton_protocol::frame::ServerFrame;
use baton_protocol::outcome::Outcome;
use baton_protocol::page::LinesPage;
use baton_protocol::{Command, ConversationId, Cursor, Fact, LineRef, MessageId, OpId};
use baton_simulator::signature;
use baton_world::process::Installation;
use baton_world::world::{RunningClock, webhook};
use serde::Deserialize;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a team had when its server was stopped for the upgrade.
#[derive(Debug, Deserialize)]
struct Story {
    schema: i64,
    at_ms: i64,
    workspace: String,
    password: String,
    app: String,
    app_secret: String,
    number: String,
    /// Who writes last.
    customer: String,
    key: String,
    anchors: String,
    phones: BTreeMap<String, Session>,
    cursors: BTreeMap<String, Cursor>,
    lines: BTreeMap<ConversationId, Vec<(u64, MessageId, Option<String>)>>,
}

/// A database of an earlier version.
struct Earlier {
    /// The name of its store's files: `sqlite` or `postgres`.
    store: &'static str,
    story: Story,
    sql: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema")
}

/// The schemas of which there are databases, the oldest first.
fn schemas() -> Result<Vec<String>> {
    let names = fs::read_dir(folder())?.map(|entry| Ok(entry?.file_name()));
    let names = names.collect::<Result<Vec<_>>>()?;
    let mut names: Vec<_> = names.into_iter().filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    Ok(names)
}

impl Earlier {
    fn read(schema: &str, store: &'static str) -> Result<Self> {
        let place = folder().join(schema);
        let story = fs::read(place.join(format!("{store}.json")))?;
        let packed = fs::read(place.join(format!("{store}.sql.gz")))?;
        let mut sql = String::new();
        flate2::read::GzDecoder::new(&*packed).read_to_string(&mut sql)?;
        let story: Story = serde_json::from_slice(&story)?;
        ensure!(format!("{:04}", story.schema) == schema, "it is of schema {}", story.schema);
        Ok(Self { store, story, sql })
    }

    /// Fills a database of `SQLite` that is not there yet.
    async fn fill(&self, file: &Path) -> Result<()> {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let options = options.create_if_missing(true).foreign_keys(false);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(AssertSqlSafe(self.sql.clone())).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// A place with the key alone; none where there is no such store.
    async fn beside_its_key(&self) -> Result<Option<Installation>> {
        let place = match self.store {
            "sqlite" => Some(Installation::sqlite()?),
            _ => Installation::empty_postgres().await?,
        };
        let Some(mut place) = place else { return Ok(None) };
        // Nobody answers there: what is sent stays queued.
        place.set("BATON_WHATSAPP__GRAPH_URL", &"http://127.0.0.1:9");
        fs::DirBuilder::new().mode(0o700).create(place.data())?;
        fs::write(place.key(), BASE64.decode(&self.story.key)?)?;
        fs::set_permissions(place.key(), fs::Permissions::from_mode(0o600))?;
        Ok(Some(place))
    }

    /// The place as the earlier version left it.
    async fn place(&self) -> Result<Option<Installation>> {
        let Some(place) = self.beside_its_key().await? else { return Ok(None) };
        fs::write(place.data().join("anchors.log"), &self.story.anchors)?;
        match place.database()? {
            None => self.fill(&place.data().join("baton.db")).await?,
            Some(url) => {
                let mut connection = PgConnection::connect(&url).await?;
                sqlx::raw_sql(AssertSqlSafe(self.sql.clone())).execute(&mut connection).await?;
                connection.close().await?;
            }
        }
        Ok(Some(place))
    }

    /// A backup that the earlier version made.
    async fn backup(&self, place: &Installation) -> Result<PathBuf> {
        let file = place.log().with_file_name("backup");
        if self.store == "sqlite" {
            self.fill(&file).await?;
            return Ok(file);
        }
        let earlier = self.place().await?.context("a PostgreSQL")?;
        let url = earlier.database()?.context("a PostgreSQL")?;
        let mut dump = tokio::process::Command::new("pg_dump");
        let done = dump.args(["-Fc", "-d", &url, "-f"]).arg(&file).status().await?;
        ensure!(done.success(), "pg_dump: {done}");
        earlier.remove().await?;
        Ok(file)
    }
}

/// Plays a test on every database that there is.
async fn for_each(test: impl AsyncFn(&Earlier) -> Result<bool>) -> Result<()> {
    for schema in schemas()? {
        for store in ["sqlite", "postgres"] {
            let earlier = Earlier::read(&schema, store)?;
            let done = Box::pin(test(&earlier)).await;
            let done = done.with_context(|| format!("schema {schema} on {store}"))?;
            if !done {
                println!("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set");
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_stay_signed_in_and_resume_after_an_upgrade_and_the_team_works_on() -> Result<()> {
    for_each(async |earlier| {
        let Some(place) = earlier.place().await? else { return Ok(false) };
        let story = &earlier.story;
        // A minute later, whenever that was.
        let ahead = story.at_ms + 60_000 - Clock::system().now().ms();
        let running = RunningClock::begin(ahead);
        let server = place.server(running.clock()).await?;
        for (email, session) in &story.phones {
            let stays = stays_signed_in(&server, session).await;
            stays.with_context(|| format!("the phone of {email}"))?;
        }
        let ana = story.phones.get("ana@acme.example").context("Ana")?;
        let ana = refreshed(&server, ana).await?;
        keeps_what_was_said(&ana, story).await?;
        for (when, cursor) in &story.cursors {
            resumes(&ana, *cursor).await.with_context(|| format!("from the {when} cursor"))?;
        }
        // The customer who writes is Ben's.
        let ben = story.phones.get("ben@acme.example").context("Ben")?;
        works_on(&server, &refreshed(&server, ben).await?, story, &running).await?;
        server.stop().await;
        place.run(&["verify-log"]).await?;
        place.remove().await?;
        Ok(true)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_earlier_version_is_put_back_and_everybody_signs_in_again() -> Result<()> {
    for_each(async |earlier| {
        let Some(place) = earlier.beside_its_key().await? else { return Ok(false) };
        let backup = earlier.backup(&place).await?;
        let backup = backup.to_str().context("a path that is no text")?;
        let said = place.run(&["restore", "--from", backup]).await?;
        ensure!(said.contains("a new epoch has begun"), "{said}");
        ensure!(said.contains("Everybody has to sign in again"), "{said}");
        place.run(&["verify-log"]).await?;
        let story = &earlier.story;
        let ahead = story.at_ms + 60_000 - Clock::system().now().ms();
        let server = place.server(RunningClock::begin(ahead).clock()).await?;
        let api = Api::new(&server.url())?;
        for (email, session) in &story.phones {
            let refused = refresh(&server, session).await.expect_err("a session of the lost life");
            let refused = refused.downcast_ref::<Refused>().context("a problem")?;
            ensure!(refused.problem.code == "unauthenticated", "{refused:?}");
            api.sign_in(&story.workspace, email, &story.password).await?;
        }
        let ana = api.sign_in(&story.workspace, "ana@acme.example", &story.password).await?;
        keeps_what_was_said(&ana, story).await?;
        server.stop().await;
        place.run(&["verify-log"]).await?;
        place.remove().await?;
        Ok(true)
    })
    .await
}

#[test]
fn at_a_release_the_newest_schema_has_databases_for_later_versions() -> Result<()> {
    let changelog =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../CHANGELOG.md"))?;
    let known = baton::store::known_schema();
    let is_there = schemas()?.contains(&format!("{known:04}"));
    ensure!(
        is_there || !is_release(&changelog),
        "schema {known} is released without its databases: run scripts/upgrade-fixture.sh"
    );
    ensure!(!is_release("# Changelog\n\n## Unreleased\n\n## 0.1.0\n") && is_release("## 0.1.0\n"));
    Ok(())
}

/// Whether the newest section of the changelog is a version's.
fn is_release(changelog: &str) -> bool {
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## "));
    newest.is_some_and(|newest| newest != "Unreleased")
}

fn signed(server: &Server, session: &Session) -> Result<SignedIn> {
    Ok(SignedIn { api: Api::new(&server.url())?, session: session.clone() })
}

async fn refresh(server: &Server, session: &Session) -> Result<Session> {
    let refresh_token = session.refresh_token.clone();
    let refresh = Refresh { refresh_token, device_id: session.device_id };
    signed(server, session)?.post("/sessions/refresh", &refresh).await
}

async fn refreshed(server: &Server, session: &Session) -> Result<SignedIn> {
    signed(server, &refresh(server, session).await?)
}

/// Its tokens are as good as they were before the upgrade.
async fn stays_signed_in(server: &Server, session: &Session) -> Result<()> {
    let me: Me = signed(server, session)?.get("/me").await?;
    ensure!(me.agent.id == session.agent_id, "{me:?}");
    let next = refreshed(server, session).await?;
    // The answer may have been lost.
    let again = refresh(server, session).await?;
    ensure!(again.refresh_token == next.session.refresh_token, "another successor");
    Ok(())
}

async fn keeps_what_was_said(who: &SignedIn, story: &Story) -> Result<()> {
    for (conversation, lines) in &story.lines {
        let path = format!("/conversations/{conversation}/messages");
        let page: LinesPage = who.get(&path).await?;
        let found: Vec<_> =
            page.lines.iter().map(|line| (line.seq, line.id, line.content.text.clone())).collect();
        ensure!(found == *lines, "{found:?}, not {lines:?}");
    }
    Ok(())
}

/// Gets what it missed, and is not told to begin anew.
async fn resumes(who: &SignedIn, cursor: Cursor) -> Result<()> {
    let socket = who.connect(Some(cursor)).await?;
    let is_line = |fact: &Fact| matches!(fact, Fact::LineReceived { .. });
    let told = |frame: &ServerFrame| {
        let is_reset = matches!(frame, ServerFrame::Reset { .. });
        is_reset
            || matches!(frame, ServerFrame::Events { events, .. }
                if events.iter().any(|event| is_line(&event.fact)))
    };
    let received = socket.wait_for(told, PATIENCE).await?;
    ensure!(matches!(*received.frame, ServerFrame::Events { .. }), "{:?}", received.frame);
    Ok(())
}

/// The customer writes again, and gets an answer.
async fn works_on(
    server: &Server,
    who: &SignedIn,
    story: &Story,
    running: &RunningClock,
) -> Result<()> {
    let socket = who.connect(None).await?;
    let (id, seconds) = ("wamid.AFTER", running.now().ms() / 1_000);
    let value = json!({
        "messages": [{"from": story.customer, "id": id, "timestamp": seconds.to_string(),
            "type": "text", "text": {"body": "After the upgrade"}}],
        "contacts": [{"wa_id": story.customer, "profile": {"name": "Mateo"}}],
    });
    let body = webhook(&story.number, value).to_string();
    let url = format!("{}/webhooks/whatsapp/{}", server.url(), story.app);
    let request = reqwest::Client::builder().no_proxy().build()?.post(url);
    let signature = signature(&story.app_secret, body.as_bytes());
    let request = request.header("x-hub-signature-256", signature).body(body);
    let answer = request.header("content-type", "application/json").send().await?;
    ensure!(answer.status() == 200, "{answer:?}");
    let line_of = |frame: &ServerFrame| -> Option<(ConversationId, LineRef)> {
        let ServerFrame::Events { events, .. } = frame else { return None };
        events.iter().find_map(|event| {
            let Fact::LineReceived { line, .. } = event.fact else { return None };
            Some((event.conversation_id?, line))
        })
    };
    let received = socket.wait_for(|frame| line_of(frame).is_some(), PATIENCE).await?;
    let (conversation_id, seen) = line_of(&received.frame).context("a line")?;
    ensure!(story.lines.contains_key(&conversation_id), "the customer has a new conversation");
    let reply = Reply {
        text: "We are here".to_owned(),
        seen: Some(seen),
        quoted: None,
        replaces: None,
        ignore_lease: true,
        canned: None,
    };
    let (op_id, body) = (OpId(running.clock().uuid_v7()), CommandBody::Reply(reply));
    let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
    let result = who.command(command).await?;
    ensure!(matches!(result.outcome, Outcome::Accepted(_)), "{result:?}");
    Ok(())
}
