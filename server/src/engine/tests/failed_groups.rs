//! What becomes of a group that could not be committed as one.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};

use baton_domain::fact::inbound::{InboundMessage, Sender};
use baton_protocol::{Content, ConversationId, LineKind};

use super::*;
use crate::engine::testing::NUMBER;
use crate::engine::work::FreshIds;
use crate::store::{Dialect, Sql, Tx};

/// What a member was told, in short.
type Told<'a> = BoxFuture<'a, Result<String, Unavailable>>;

impl Bench {
    fn claims(&self, at: MessageAt) -> Told<'_> {
        async move { Ok(format!("{:?}", self.engine.claim(at, 77, NODE).await?)) }.boxed()
    }

    /// Tells which revision of the conversation it became.
    fn notes(&self, conversation: ConversationId, text: &str) -> Told<'_> {
        let body = CommandBody::Note(NoteText::from(text.to_owned()));
        let op_id = OpId(self.clock.uuid_v7());
        let (after, retry_of) = (None, None);
        let command = Command { op_id, conversation_id: conversation, after, retry_of, body };
        async move {
            match self.engine.command(self.caller(1), command).await.outcome {
                Outcome::Accepted(accepted) => Ok(accepted.revision.to_string()),
                Outcome::Refused(refused) => {
                    if let Refusal::Unavailable { retry_after_ms } = refused.refusal {
                        return Err(Unavailable { retry_after_ms });
                    }
                    Ok(refused.refusal.code().to_owned())
                }
            }
        }
        .boxed()
    }

    /// The customer writes; the line gets this id.
    fn writes(&self, wamid: &str, id: MessageId) -> Told<'_> {
        self.writes_to(NUMBER, wamid, id)
    }

    fn writes_to(&self, number: &str, wamid: &str, id: MessageId) -> Told<'_> {
        let sender = Sender { wa_id: Some("16505551234".to_owned()), ..Sender::default() };
        let body = ElementBody::Message(InboundMessage {
            sender,
            wamid: wamid.to_owned(),
            at: self.clock.now(),
            kind: LineKind::Text,
            content: Content { text: Some("¿Hola?".to_owned()), ..Content::default() },
            participant: None,
            quoted_wamid: None,
            media: None,
            language: None,
        });
        let (mut element, fresh) = self.element(body);
        element.phone_number_id = Some(number.to_owned());
        let post = Post {
            meta_app: "app".to_owned(),
            digest: wamid.to_owned(),
            raw: wamid.to_owned(),
            received_at: self.clock.now(),
            id: self.clock.uuid_v4().to_string(),
            again: false,
            is_piece: false,
            elements: vec![(element, FreshIds { message: id, ..fresh })],
        };
        async move { self.engine.post(post).await.map(|()| "written".to_owned()) }.boxed()
    }

    /// Another workspace with a number of its own.
    async fn opens_another_workspace(&self, number: &str) {
        let [workspace, team, channel] = [4, 5, 6].map(Uuid::from_u128);
        let sql = format!(
            "INSERT INTO workspace VALUES ('{workspace}', 'other', 'Other', 0);
             INSERT INTO log_head (workspace) VALUES ('{workspace}');
             INSERT INTO team VALUES ('{workspace}', '{team}', 'Desk', 'owner', 'full', 0);
             INSERT INTO tally VALUES ('{workspace}', '{team}', 0, 0, 0);
             INSERT INTO channel VALUES ('{workspace}', '{channel}', 'Other', 'app', '{number}',
               '+2', '', '{team}', 80, NULL, NULL);"
        );
        self.database.tamper(&sql).await;
    }

    async fn has_stuck_workspaces(&self, count: i64) {
        while self.metrics.workspaces_stuck.get() != count {
            tokio::task::yield_now().await;
        }
    }

    /// All the committer's connections.
    async fn takes_all_connections(&self) -> Vec<Tx> {
        let store = &self.database.store;
        let mut taken = vec![store.begin_commit(Duration::ZERO).await.unwrap()];
        if store.dialect() == Dialect::Postgres {
            taken.push(store.begin_commit(Duration::ZERO).await.unwrap());
        }
        taken
    }
}

#[tokio::test]
async fn a_group_that_one_member_fails_keeps_the_order_in_which_groups_are_decided() {
    for database in databases().await {
        let bench = bench(database, 2).await;
        let at = bench.queued("16505551234").await;
        let before = bench.only_conversation().await;
        let id = before.head.id;
        let fresh = || MessageId(bench.clock.uuid_v4());
        let mut told = join_all([
            bench.claims(at),
            bench.notes(id, "one"),
            // An id that is taken: the database refuses the row.
            bench.writes("wamid.2", at.message),
            bench.notes(id, "two"),
            bench.writes("wamid.3", fresh()),
            bench.notes(id, "three"),
        ])
        .await;
        assert_eq!(bench.metrics.group_retries.get("split"), 1, "all were one group");
        assert!(told.remove(2).is_err(), "the guilty one alone fails");
        let told: Vec<String> = told.into_iter().map(Result::unwrap).collect();
        // The customer's line was the next event, and the notes those after it.
        let notes = [2, 3, 4].map(|n| (before.head.revision + n).to_string());
        let [one, two, three] = notes;
        assert_eq!(told, ["No".to_owned(), one, two, "written".to_owned(), three]);
        assert_eq!(bench.metrics.held.get("overtaken"), 1, "the customer had written");
        bench.close().await;
    }
}

#[tokio::test]
async fn a_group_that_one_lock_stalls_takes_in_what_customers_wrote_before_it_sends() {
    static LOCK: Sql = Sql::new("SELECT id FROM conversation WHERE id = $1 {lock}");
    for database in databases().await {
        if database.store.dialect() == Dialect::Sqlite {
            // Its writer is alone: there is no lock to wait for.
            database.close().await;
            continue;
        }
        let limits = Limits { answer_wait: Duration::from_secs(2), ..Limits::default() };
        let bench = bench_within(database, 2, limits).await;
        let at = bench.queued("16505551234").await;
        bench.says("16505550000", "wamid.2", "Hola").await;
        let mut tx = bench.database.store.begin().await.unwrap();
        let others = "SELECT id FROM conversation WHERE id <> $1";
        let mine = at.conversation.to_string();
        let others: Vec<(String,)> = tx.rows_of(others, &[&mine]).await.unwrap();
        let locked = others[0].0.clone();
        tx.rows::<(String,)>(&LOCK, &[&locked]).await.unwrap();
        let told = join_all([
            bench.claims(at),
            bench.notes(locked.parse().unwrap(), "stuck"),
            bench.writes("wamid.3", MessageId(bench.clock.uuid_v4())),
        ])
        .await;
        assert_eq!(bench.metrics.group_retries.get("split"), 1);
        assert_eq!(told[0].as_deref(), Ok("No"), "the customer had written");
        assert!(told[1].is_err(), "it is locked for longer than anybody waits");
        assert_eq!(told[2].as_deref(), Ok("written"), "its conversation is not");
        tx.rollback().await.unwrap();
        bench.close().await;
    }
}

static LOCK_HEAD: Sql =
    Sql::new("SELECT workspace AS id FROM log_head WHERE workspace = $1 {lock}");

#[tokio::test]
async fn a_workspace_that_is_locked_stalls_no_other_and_then_all_of_it_is_decided_in_order() {
    static WRITTEN: Sql = Sql::new("SELECT wamid FROM message WHERE workspace = $1 ORDER BY seq");
    const STUCK: usize = 30;
    for database in databases().await {
        if database.store.dialect() == Dialect::Sqlite {
            // Its writer is alone: there is no lock to wait for.
            database.close().await;
            continue;
        }
        let bench = bench(database, 2).await;
        bench.opens_another_workspace("7").await;
        let fresh = || MessageId(bench.clock.uuid_v4());
        let mut lock = bench.database.store.begin().await.unwrap();
        let mine = bench.workspace.to_string();
        lock.rows::<(String,)>(&LOCK_HEAD, &[&mine]).await.unwrap();
        let stuck = (0..STUCK).map(|n| bench.writes(&format!("wamid.{n:02}"), fresh()));
        let free = async {
            for n in 0..10 {
                let told = bench.writes_to("7", &format!("wamid.free.{n}"), fresh()).await;
                assert_eq!(told.as_deref(), Ok("written"));
            }
            bench.has_stuck_workspaces(1).await;
            assert_eq!(bench.metrics.group_retries.get("split"), 1, "the loop met the lock once");
            lock.rollback().await.unwrap();
        };
        let (told, ()) = tokio::join!(join_all(stuck), free);
        assert!(told.iter().all(|told| told.as_deref() == Ok("written")), "{told:?}");
        let mut tx = bench.database.store.read().await.unwrap();
        let written: Vec<(String,)> = tx.rows(&WRITTEN, &[&mine]).await.unwrap();
        tx.rollback().await.unwrap();
        let wamids: Vec<String> = (0..STUCK).map(|n| format!("wamid.{n:02}")).collect();
        assert_eq!(written.into_iter().map(|(wamid,)| wamid).collect::<Vec<_>>(), wamids);
        bench.writes("wamid.after", fresh()).await.unwrap();
        bench.has_stuck_workspaces(0).await;
        bench.close().await;
    }
}

#[tokio::test]
async fn of_a_workspace_that_is_locked_only_so_much_waits_and_workers_claims_hardly_at_all() {
    for database in databases().await {
        if database.store.dialect() == Dialect::Sqlite {
            database.close().await;
            continue;
        }
        let limits = Limits { answer_wait: Duration::from_secs(2), ..Limits::default() };
        let bench = bench_within(database, 2, limits).await;
        let at = bench.queued("16505551234").await;
        let id = at.conversation;
        let mut lock = bench.database.store.begin().await.unwrap();
        lock.rows::<(String,)>(&LOCK_HEAD, &[&bench.workspace.to_string()]).await.unwrap();
        let first = bench.notes(id, "the first");
        let refused = async {
            bench.has_stuck_workspaces(1).await;
            let claims = join_all((0..20).map(|_| bench.claims(at)));
            let notes = join_all((0..100).map(|n| bench.notes(id, &n.to_string())));
            let posts = (0..700)
                .map(|n| bench.writes(&format!("wamid.{n}"), MessageId(bench.clock.uuid_v4())));
            tokio::join!(claims, notes, join_all(posts))
        };
        let (first, (claims, notes, posts)) = tokio::join!(first, refused);
        let mut all = claims.iter().chain(&notes).chain(&posts).chain([&first]);
        assert!(all.all(Result::is_err), "it is locked for longer than anybody waits");
        // 4 claims wait, and 256 members in all.
        let refused_at_once = bench.metrics.group_retries.get("given_up");
        assert_eq!(refused_at_once, (20 - 4) + (4 + 100 + 700 - 256));
        lock.rollback().await.unwrap();
        bench.notes(id, "again").await.unwrap();
        bench.close().await;
    }
}

#[tokio::test]
async fn while_the_database_is_away_a_group_waits_for_it_once() {
    let once = crate::store::testing::PATIENCE;
    for database in databases().await {
        let limits = Limits { answer_wait: 3 * once, ..Limits::default() };
        let bench = bench_within(database, 2, limits).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let id = bench.only_conversation().await.head.id;
        let taken = bench.takes_all_connections().await;
        // Nothing is read or written from here on: time passes only where it is waited for.
        tokio::time::pause();
        let began = tokio::time::Instant::now();
        let wishes = (0..20).map(|n| bench.notes(id, &n.to_string()));
        let told = join_all(wishes).await;
        let took = began.elapsed();
        tokio::time::resume();
        assert!(told.iter().all(Result::is_err), "{told:?}");
        assert!(once <= took && took < once + once / 2, "{took:?} for one wait of {once:?}");
        assert_eq!(bench.metrics.group_retries.get("split"), 0);
        for tx in taken {
            tx.rollback().await.unwrap();
        }
        bench.notes(id, "back").await.unwrap();
        bench.close().await;
    }
}
