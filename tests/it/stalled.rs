//! A workspace whose rows somebody has locked stalls only itself.

use std::sync::Arc;

use baton::demo::{Seeds, seed};
use baton_protocol::command::NoteText;
use baton_protocol::conversation::Snapshot;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::{CommandBody, ConversationId, WorkspaceId};
use baton_world::world::{
    Agent, Answered as _, NUMBER, Setup, World, eventually, webhook, with_nodes,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Workspaces besides the one that is locked.
const FREE: usize = 3;
/// What each of them does meanwhile; all of it takes less than the 10 s that askers wait.
const ROUNDS: usize = 2;
/// Messages and notes of the locked one.
const STUCK: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_whose_rows_are_locked_stalls_only_itself() {
    with_nodes(Setup::usual(), &[1, 2], async |world| {
        let locked = Desk::open(world, "acme", NUMBER).await;
        let mut free = Vec::new();
        for n in 0..FREE {
            let (slug, number) = (format!("free-{n}"), format!("90654035224292{n}"));
            add_workspace(world, &slug, &number).await;
            free.push(Desk::open(world, &slug, &number).await);
        }
        let lock = Lock::take(world, world.cast.workspace).await;
        let asked = locked.is_asked_much();
        let others = async {
            eventually("the locked one waits", async || is_stuck(world).then_some(())).await;
            for round in 0..ROUNDS {
                let text = format!("round {round}");
                join_all(free.iter().map(|desk| desk.works(&text))).await;
            }
            assert!(is_stuck(world), "the others went on while it was locked");
            lock.release().await;
        };
        tokio::join!(asked, others);
        eventually("nothing is stuck", async || (!is_stuck(world)).then_some(())).await;
        locked.works("again").await;
        locked.has_all_of_it_once_and_in_order().await;
    })
    .await;
}

/// Somebody who works in a workspace, and the one customer who writes to it.
struct Desk<'w> {
    world: &'w World,
    admin: Arc<Agent>,
    number: String,
    conversation: ConversationId,
}

impl<'w> Desk<'w> {
    async fn open(world: &'w World, slug: &str, number: &str) -> Self {
        let admin = world.agent_of(slug, "Admin").await;
        posted(world, number, &["Hola".to_owned()]).await;
        let page: ConversationPage = admin.signed.get("/conversations").await.expect("the inbox");
        let conversation = match page.conversations.first().expect("a conversation") {
            ConversationRow::Full { view, .. } => view.conversation.head.id,
            ConversationRow::Head { head } => head.id,
        };
        Self { world, admin, number: number.to_owned(), conversation }
    }

    /// The customer writes, and somebody notes something.
    async fn works(&self, text: &str) {
        posted(self.world, &self.number, &[text.to_owned()]).await;
        self.admin.notes(self.conversation, text).await;
    }

    /// Messages in one webhook, and notes in one request.
    async fn is_asked_much(&self) {
        let texts = texts();
        let posted = posted(self.world, &self.number, &texts);
        let notes: Vec<_> = texts
            .iter()
            .map(|text| {
                let note = CommandBody::Note(NoteText::from(text.clone()));
                self.admin.command(self.conversation, note)
            })
            .collect();
        let noted = async {
            for result in self.admin.signed.commands(&notes).await.expect("answers") {
                result.accepted();
            }
        };
        tokio::join!(posted, noted);
    }

    async fn has_all_of_it_once_and_in_order(&self) {
        let Some(Snapshot::Full { lines, notes, .. }) = self.admin.sees(self.conversation).await
        else {
            panic!("an admin sees all of it")
        };
        let lines: Vec<String> = lines.into_iter().filter_map(|line| line.content.text).collect();
        let first = ["Hola".to_owned()].into_iter();
        let last = ["again".to_owned()].into_iter();
        assert_eq!(lines, first.chain(texts()).chain(last.clone()).collect::<Vec<_>>());
        let notes: Vec<_> = notes.into_iter().filter_map(|note| note.text).collect();
        assert_eq!(notes, texts().into_iter().chain(last).collect::<Vec<_>>());
    }
}

fn texts() -> Vec<String> {
    (0..STUCK).map(|n| format!("stuck {n}")).collect()
}

/// One webhook with these messages of the number's one customer; it is taken.
async fn posted(world: &World, number: &str, texts: &[String]) {
    let message = |text: &String| {
        json!({
            "id": format!("wamid.{number}.{text}"), "from": "34600000009",
            "timestamp": "1700000000", "type": "text", "text": {"body": text},
        })
    };
    let said = json!({
        "contacts": [{"wa_id": "34600000009", "profile": {"name": "Eva"}}],
        "messages": texts.iter().map(message).collect::<Vec<Value>>(),
    });
    let answer = world.posts(&webhook(number, said)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn add_workspace(world: &World, slug: &str, number: &str) {
    let platform = world.simulator.config();
    let seeds = Seeds {
        slug: slug.to_owned(),
        agents: Vec::new(),
        meta_app_id: platform.meta_app_id.clone(),
        app_secret: platform.app_secret.clone(),
        verify_token: platform.verify_token.clone(),
        phone_number_id: number.to_owned(),
        display_number: number.to_owned(),
        access_token: platform.access_token.clone(),
    };
    seed(&world.server.accounts, &world.server.engine, &seeds).await.expect("a workspace");
}

fn is_stuck(world: &World) -> bool {
    world.nodes().any(|node| node.metrics.workspaces_stuck.get() > 0)
}

/// A session of somebody else that has locked the head of a workspace's log. A node does that if it
/// is stopped in the middle of a group.
struct Lock(PgConnection);

impl Lock {
    async fn take(world: &World, workspace: WorkspaceId) -> Self {
        let mut session = PgConnection::connect(&world.database.url).await.expect("a session");
        let lock = format!("SELECT 1 FROM log_head WHERE workspace = '{workspace}' FOR UPDATE");
        for statement in ["BEGIN".to_owned(), lock] {
            session.execute(AssertSqlSafe(statement)).await.expect("the lock");
        }
        Self(session)
    }

    async fn release(mut self) {
        self.0.execute("ROLLBACK").await.expect("the end of the lock");
    }
}
