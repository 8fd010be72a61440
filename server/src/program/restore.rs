//! `baton restore`: puts a backup back if it is given one, and begins a new epoch. Clients of the
//! lost life would trust positions that come a second time, and what was on its way may have left
//! already.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context;

use super::put_back::{self, Begun};
use crate::app::lock::DataLock;
use crate::app::serve::{Foundation, database_url};
use crate::cli::Restore;
use crate::clock::Clock;
use crate::config::{Config, Database};
use crate::jobs::anchor::Anchors;
use crate::store::Store;
use crate::store::restore::Revived;

/// Puts a backup back, if one is named, and begins a new epoch; tells what that means.
///
/// # Errors
/// Where a server runs, or backup or database are not what they should be. The same command can
/// be given again, whenever it was broken off.
pub(super) async fn run(given: &Restore, config: &Config, clock: &Clock) -> anyhow::Result<String> {
    let wait = Duration::from_millis(config.store.acquire_time_out_ms);
    let backup = match &given.from {
        Some(from) => Some((from, put_back::check(config, from).await?)),
        None => {
            // An empty place is not restored, it is a mistake.
            let restored = Store::inspect(&database_url(config), wait).await;
            restored.context("the restored database")?.close().await;
            None
        }
    };
    let _lock = DataLock::take_alone(config).await?;
    let begun = match (backup, config.store.database()) {
        (None, _) => put_back::begin(config, clock).await?,
        (Some((from, _)), Database::Sqlite(place)) => {
            put_back::sqlite(config, clock, &place, from).await?
        }
        (Some((from, schema)), Database::Postgres(url)) => {
            put_back::postgres(config, clock, url.expose(), from, schema).await?
        }
    };
    Anchors::in_dir(&config.store.data).begin(begun.epoch)?;
    let foundation = Foundation::lay(config, clock).await?;
    foundation.store.close().await;
    Ok(told(&begun))
}

fn told(Begun { epoch, doubtful, revived, kept }: &Begun) -> String {
    let mut text = format!(
        "a new epoch has begun: {epoch}\n\
         messages that were on their way, now unconfirmed: {doubtful}\n\
         Everybody has to sign in again; what their phones had not sent yet is kept there.\n"
    );
    text.push_str(&lives_again(revived));
    if let Some(kept) = kept {
        // Writing to a string cannot fail.
        writeln!(text, "The database that was there is kept as {}", kept.display())
            .unwrap_or_default();
    }
    text
}

/// What was ended after the backup, and by this lives again: people have to end it once more.
fn lives_again(of: &Revived) -> String {
    let Some(upto) = of.upto else { return String::new() };
    let upto = baton_protocol::Timestamp::from_ms(upto);
    format!(
        "Everything is as it was at {upto}. What was ended after that lives again; look through:\n\
         - agents who may sign in, with the passwords of then: {}\n\
         - devices that are not revoked: {}. Their sessions and pushes are ended; revoke those \
         that were lost since\n\
         - customers who are blocked: {}, and who want no marketing: {}. Those who were blocked, \
         or said stop, since then are not among them\n\
         - saved views: {}\n\
         Invitations that were open then, ended now: {}. An admin may renew them.\n\
         Keys of programs that counted then, ended now: {}. Make new ones for those that are \
         still used.\n\
         Webhooks, paused now: {}. An admin lets each go on under Settings.\n",
        of.agents,
        of.devices,
        of.blocked,
        of.stopped,
        of.views,
        of.invitations,
        of.keys,
        of.webhooks
    )
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use baton_domain::group::RouteWork;
    use baton_protocol::command::{CommandBody, Reply};
    use baton_protocol::conversation::Snapshot;
    use baton_protocol::frame::{ResetReason, ServerFrame};
    use baton_protocol::invitation::{InvitationNew, InvitationsNew};
    use baton_protocol::outcome::Outcome;
    use baton_protocol::page::LinesPage;
    use baton_protocol::routing::RoutingHistory;
    use baton_protocol::{
        Command, ConversationId, Cursor, Epoch, Fact, HeldReason, LineRef, MessageStatus, OfferEnd,
        OfferId, OpId, Role, Trail, WorkspaceId,
    };
    use baton_simulator::Simulator;
    use reqwest::StatusCode;

    use super::*;
    use crate::accounts::join::LinkFault;
    use crate::accounts::{AccountError, Setter};
    use crate::app::Server;
    use crate::config::{DatabaseUrl, Sources};
    use crate::demo::Login;
    use crate::demo::client::{Api, Refused, SignedIn};
    use crate::program::demo::furnish;
    use crate::store::Sql;
    use crate::store::testing::databases;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A key of a program, a secret that the server signs with, and a webhook that is told.
    fn secrets(of: WorkspaceId) -> String {
        let id = "0198f2a0-0000-7000-8000-000000000001";
        format!(
            "INSERT INTO setting (workspace, kind, id, version, home_kind, home_id, content, rank,
               position, changed_at)
             VALUES ('{of}', 'later', '{id}', 1, 'workspace', '{of}', '{id}', 0, 0, 0);
             INSERT INTO setting_secret VALUES ('{of}', 'later', '{id}', '1', NULL, 'd', 0, NULL);
             INSERT INTO setting_secret VALUES ('{of}', 'later', '{id}', '2', 's', NULL, 0, NULL);
             INSERT INTO webhook_cursor (workspace, id, position) VALUES ('{of}', '{id}', 0);"
        )
    }

    /// Secrets that count still, and webhooks that a restore paused.
    async fn left(store: &Store) -> (i64, i64) {
        static COUNT: Sql = Sql::new(
            "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM setting_secret
               WHERE ended_at IS NULL),
               (SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_cursor
               WHERE paused_for = 'restored')",
        );
        store.rows_alone(&COUNT, &[""; 0]).await.unwrap()[0]
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn after_a_restore_nothing_old_is_sent_and_everybody_begins_anew() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let simulator = Simulator::start(baton_simulator::Config::default()).await.unwrap();
            let config = config(&database.url, directory.path(), &simulator);
            let clock = Clock::system();

            let server = Server::start(&config, clock.clone()).await.unwrap();
            let logins = furnish(&server, &simulator).await.unwrap();
            let ana = sign_in(&server, &logins).await;
            let (conversation, line, cursor) = hears(&simulator, &ana).await;
            let one = says(&ana, &clock, (conversation, line), "one").await;
            says(&ana, &clock, (conversation, one), "two").await;
            simulator.wait_reached(|sent| sent.text() == Some("one"), PATIENCE).await.unwrap();
            let epoch = server.store.epoch();
            let link = invite(&server, ana.session.workspace_id).await;
            server.stop().await;

            // The log had been further than it is.
            let lost = ana.session.workspace_id;
            database.tamper(&secrets(lost)).await;
            mark(&config, epoch, lost);
            let refused = Server::start(&config, clock.clone()).await.map(drop).unwrap_err();
            assert!(refused.to_string().contains("baton restore"), "{refused:#}");
            let said = run(&Restore { from: None }, &config, &clock).await.unwrap();
            assert!(said.contains("unconfirmed: 1\n"), "{said}");
            assert!(said.contains("open then, ended now: 1."), "{said}");
            assert!(said.contains("counted then, ended now: 1."), "{said}");
            for of in ["passwords of then: ", "not revoked: ", "want no marketing: 0", "views: 0"] {
                assert!(said.contains(of), "{of:?} is not told: {said}");
            }

            let server = Server::start(&config, clock.clone()).await.unwrap();
            assert_ne!(server.store.epoch(), epoch);
            assert_eq!(left(&server.store).await, (1, 1), "of the sealed one and the webhook");
            anew(&server, &ana, &logins, (conversation, cursor)).await;
            let read = server.accounts.read_invitation(&link, IpAddr::from([10, 0, 0, 1])).await;
            assert!(matches!(read, Err(AccountError::Link(LinkFault::Expired))), "{read:?}");
            let sent: Vec<_> = simulator.reached();
            assert_eq!(sent.iter().filter_map(|sent| sent.text()).collect::<Vec<_>>(), ["one"]);
            server.stop().await;
            simulator.stop().await;
            database.close().await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_offer_of_the_life_that_was_lost_is_withdrawn() {
        for database in databases().await {
            let directory = tempfile::tempdir().unwrap();
            let simulator = Simulator::start(baton_simulator::Config::default()).await.unwrap();
            let config = config(&database.url, directory.path(), &simulator);
            let clock = Clock::system();
            let server = Server::start(&config, clock.clone()).await.unwrap();
            let logins = furnish(&server, &simulator).await.unwrap();
            let ana = sign_in(&server, &logins).await;
            let (conversation, ..) = hears(&simulator, &ana).await;
            let path = format!("/conversations/{conversation}");
            let snapshot: Snapshot = ana.get(&path).await.unwrap();
            let Snapshot::Full { view: waits, .. } = snapshot else { panic!("{snapshot:?}") };
            let offer_id = OfferId(clock.uuid_v4());
            let route = RouteWork {
                workspace: ana.session.workspace_id,
                conversation,
                revision: waits.conversation.head.revision,
                team: waits.conversation.head.team_id,
                agent: Some(ana.session.agent_id),
                offer: Some((offer_id, clock.now().plus_ms(60_000))),
                trail: Trail::default(),
            };
            server.engine.route(route).await.unwrap();
            let (epoch, workspace) = (server.store.epoch(), ana.session.workspace_id);
            server.stop().await;
            mark(&config, epoch, workspace);
            run(&Restore { from: None }, &config, &clock).await.unwrap();

            let server = Server::start(&config, clock.clone()).await.unwrap();
            let ana = sign_in(&server, &logins).await;
            let decided: RoutingHistory = ana.get(&format!("{path}/routing")).await.unwrap();
            let [decision] = &decided.decisions[..] else { panic!("{decided:?}") };
            assert_eq!(decision.offer.map(|offer| offer.offer_id), Some(offer_id));
            assert_eq!(decision.end, Some(OfferEnd::Withdrawn));
            server.stop().await;
            simulator.stop().await;
            database.close().await;
        }
    }

    #[tokio::test]
    async fn an_empty_place_is_not_restored() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = directory.path().join("data");
        let nothing = Restore { from: None };
        assert!(run(&nothing, &config, &Clock::system()).await.is_err());
        assert!(!config.store.data.exists(), "it was made");
    }

    fn config(url: &str, directory: &std::path::Path, simulator: &Simulator) -> Config {
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = directory.to_owned();
        match url.strip_prefix("sqlite://") {
            Some(file) => {
                config.store.data = std::path::Path::new(file).parent().unwrap().to_owned();
            }
            None => {
                let url = serde_json::from_value::<DatabaseUrl>(url.into());
                config.store.database = url.unwrap();
            }
        }
        config.http.bind.set_port(0);
        config.whatsapp.graph_url = simulator.base_url();
        config.pace.recipient_burst = 1;
        config.pace.recipient_interval_ms = 60_000;
        config
    }

    /// Invites somebody; the secret of the link.
    async fn invite(server: &Server, workspace: WorkspaceId) -> String {
        let person = InvitationNew {
            email: "eva@acme.example".to_owned(),
            name: "Eva".to_owned(),
            role: Role::Agent,
            capacity: None,
            teams: Vec::new(),
        };
        let new = InvitationsNew { invitations: vec![person], valid_days: None, letter: None };
        let setter = Setter { workspace, by: None };
        let (made, work) = server.accounts.plan_invitations(setter, &new).await.unwrap();
        server.engine.setting(work).await.unwrap();
        made.first().unwrap().secret.clone()
    }

    fn mark(config: &Config, epoch: Epoch, workspace: WorkspaceId) {
        let anchors = Anchors::in_dir(&config.store.data);
        anchors.append(epoch, workspace, 10_000, &"ab".repeat(32)).unwrap();
    }

    async fn sign_in(server: &Server, logins: &[Login]) -> SignedIn {
        let ana = logins.iter().find(|login| login.name == "Ana").unwrap();
        let api = Api::new(&server.url()).unwrap();
        api.sign_in(&ana.workspace, &ana.email, &ana.password).await.unwrap()
    }

    /// Lucía writes; where, which line, and how far the log was.
    async fn hears(simulator: &Simulator, ana: &SignedIn) -> (ConversationId, LineRef, Cursor) {
        let socket = ana.connect(None).await.unwrap();
        simulator.customer("34600123456", "Lucía").sends("Hola").await;
        let is_line = |fact: &Fact| matches!(fact, Fact::LineReceived { .. });
        let told = |frame: &ServerFrame| {
            matches!(frame, ServerFrame::Events { events, .. }
                if events.iter().any(|event| is_line(&event.fact)))
        };
        let received = socket.wait_for(told, PATIENCE).await.unwrap();
        let ServerFrame::Events { events, .. } = received.frame.as_ref() else { panic!() };
        let event = events.iter().find(|event| is_line(&event.fact)).unwrap();
        let Fact::LineReceived { line, .. } = event.fact else { panic!() };
        let welcome = socket.frames_since(0).into_iter().find_map(|received| {
            let ServerFrame::Welcome { cursor, .. } = received.frame.as_ref() else { return None };
            Some(*cursor)
        });
        (event.conversation_id.unwrap(), line, welcome.unwrap())
    }

    async fn says(
        ana: &SignedIn,
        clock: &Clock,
        (conversation_id, seen): (ConversationId, LineRef),
        text: &str,
    ) -> LineRef {
        let reply = Reply {
            text: text.to_owned(),
            seen: Some(seen),
            quoted: None,
            replaces: None,
            ignore_lease: false,
            canned: None,
        };
        let op_id = OpId(clock.uuid_v7());
        let body = CommandBody::Reply(reply);
        let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
        let result = ana.command(command).await.unwrap();
        let Outcome::Accepted(accepted) = &result.outcome else { panic!("{result:?}") };
        accepted.line.unwrap()
    }

    /// The old session is over, not the device; the phone takes everything anew and finds what
    /// was on its way to be decided by people.
    async fn anew(
        server: &Server,
        old: &SignedIn,
        logins: &[Login],
        (conversation, cursor): (ConversationId, Cursor),
    ) {
        let mut old = old.clone();
        old.api = Api::new(&server.url()).unwrap();
        let error = old.get::<serde_json::Value>("/me").await.unwrap_err();
        let refused = error.downcast_ref::<Refused>().expect("a problem");
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_ne!(refused.problem.code, "device_revoked", "nothing is to be wiped");
        let ana = sign_in(server, logins).await;
        let socket = ana.connect(Some(cursor)).await.unwrap();
        let is_reset = |frame: &ServerFrame| {
            matches!(frame, ServerFrame::Reset { reason: ResetReason::OtherEpoch, .. })
        };
        socket.wait_for(is_reset, PATIENCE).await.unwrap();
        let path = format!("/conversations/{conversation}/messages");
        let page: LinesPage = ana.get(&path).await.unwrap();
        let two = page.lines.iter().find(|line| line.content.text.as_deref() == Some("two"));
        let two = two.expect("the second reply");
        assert_eq!(two.status, Some(MessageStatus::Unconfirmed));
        assert_eq!(two.held, Some(HeldReason::Restored));
    }
}
