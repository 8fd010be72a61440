//! Programs with keys: what a key that only reads may, by every frame and every address, and when
//! a socket ends that a key opened.

use std::time::Duration;

use baton::demo::client::{Received, SignedIn, Socket};
use baton_protocol::frame::{Ack, Compose, PresenceWish, close};
use baton_protocol::outcome::Outcome;
use baton_protocol::setting::{SecretNew, Setting};
use baton_protocol::{CommandResult, ConversationId, DeviceId};
use baton_world::world::{PATIENCE, RunningClock, eventually};

use super::*;

/// Sockets of one agent, or of one key, on a node.
const SOCKETS_MAX: usize = 10;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A key of an agent.
struct Key {
    id: SettingId,
    of: Arc<Agent>,
    body: Value,
}

impl Key {
    async fn made(world: &World, name: &str, more: Value) -> Self {
        let of = world.agent(name).await;
        let id = SettingId(world.clock.uuid_v7());
        let mut body = json!({"name": format!("Key {id}"), "agent": of.id});
        let (Value::Object(all), Value::Object(more)) = (&mut body, more) else {
            panic!("no object")
        };
        all.extend(more);
        let key = Self { id, of, body };
        key.set(world, Some(key.body.clone())).await;
        key
    }

    /// Sets the key, or ends it.
    async fn set(&self, world: &World, body: Option<Value>) {
        let home = json!({"kind": "workspace"});
        let mut change = json!({"kind": "api_key", "id": self.id, "anyway": true});
        let read: Option<Setting> =
            world.admin().await.signed.get(&format!("/api-keys/{}", self.id)).await.ok();
        if let (Some(before), Some(change)) = (read, change.as_object_mut()) {
            change.insert("expect".to_owned(), json!(before.version));
        }
        if let (Some(body), Some(change)) = (body, change.as_object_mut()) {
            change.insert("put".to_owned(), json!({"home": home, "body": body}));
        }
        let changes = json!([change]);
        let _set: Vec<Setting> =
            world.admin().await.signed.post("/settings", &changes).await.expect("a key");
    }

    /// A program with a new secret.
    async fn program(&self, world: &World) -> SignedIn {
        let path = format!("/api-keys/{}/secrets", self.id);
        let made: SecretNew =
            world.admin().await.signed.post(&path, &json!({})).await.expect("a secret");
        let mut program = self.of.signed.clone();
        program.session.access_token = made.secret;
        program.session.device_id = DeviceId(self.id.0);
        program
    }

    async fn ends_secret(&self, world: &World, n: u32) {
        let admin = world.admin().await;
        let token = Some(admin.signed.session.access_token.as_str());
        let path = format!("/api/v1/api-keys/{}/secrets/{n}", self.id);
        assert_eq!(world.asks(Method::DELETE, &path, token, None).await.status, 204);
    }
}

async fn patches(world: &World, of: &Agent, change: Value) {
    let admin = world.admin().await;
    let token = Some(admin.signed.session.access_token.as_str());
    let path = format!("/api/v1/agents/{}", of.id);
    let body = Some(("application/json", change.to_string().into_bytes()));
    let answer = world.asks(Method::PATCH, &path, token, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// What somebody did, and what is kept of them beside the log.
async fn written(stage: &Stage) -> Vec<Value> {
    let [ana, .., admin] = &*stage.insiders else { panic!("Ana and an admin") };
    let conversation = stage.about.conversation;
    let mut all = Vec::new();
    let log: Value =
        admin.signed.get(&format!("/log?agent={}&limit=200", ana.id)).await.expect("the log");
    all.push(log);
    for path in ["/saved-views", "/me/push", "/uploads"] {
        all.push(ana.signed.get(path).await.expect(path));
    }
    let drafts = format!("/conversations/{conversation}/drafts");
    all.push(ana.signed.get(&drafts).await.expect("drafts"));
    all
}

async fn forbidden(socket: &Socket, frame: &ClientFrame, name: &str) {
    let mark = socket.heard();
    socket.send(frame).await.expect("sent");
    let is_answer = |heard: &ServerFrame| {
        matches!(heard, ServerFrame::Error { of: Some(of), .. } if of == name)
            || matches!(heard, ServerFrame::Lease(_))
    };
    let answer = socket.wait_from(mark, is_answer, PATIENCE).await.expect(name);
    assert!(
        matches!(&*answer.frame, ServerFrame::Error { code, detail, .. }
            if code == "forbidden" && detail == "this key only reads"),
        "{name}: {answer:?}"
    );
}

#[track_caller]
fn is_forbidden(result: &CommandResult) {
    let Outcome::Refused(refused) = &result.outcome else { panic!("accepted: {result:?}") };
    assert_eq!(refused.refusal, Refusal::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_only_reads_writes_by_no_frame_and_no_address() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world, Visibility::Full).await;
        let (ana, about) = (Arc::clone(&stage.insiders[0]), stage.about);
        let reader = Key::made(world, "Ana", json!({"read_only": true})).await;
        let reader = reader.program(world).await;
        let before = written(&stage).await;

        let socket = reader.connect(None).await.expect("it is let in");
        let stop = Compose { conversation_id: about.conversation, action: ComposeAction::Stop };
        let stop = [("compose", ClientFrame::Compose(stop))];
        let frames = about.frames().into_iter().chain(stop);
        let (mut asked_frames, mut asked_commands, mut asked_requests) = (0, 0, 0);
        for (name, frame) in frames.filter(|(name, _)| *name != "view") {
            forbidden(&socket, &frame, name).await;
            asked_frames += 1;
        }
        for body in about.commands() {
            let command = ana.command(about.conversation, body);
            is_forbidden(&socket.command(command).await.expect("an answer"));
            asked_commands += 1;
        }
        // It attends: it is told of what it looks at and of who is there.
        let view = ClientFrame::View(View { conversation_id: Some(about.conversation) });
        let mark = socket.heard();
        for frame in [
            view,
            ClientFrame::Presence(PresenceWish { watch: true }),
            ClientFrame::Ack(Ack { upto: 1, foreground: true, idle_s: None }),
        ] {
            socket.send(&frame).await.expect("sent");
        }
        let told: [fn(&ServerFrame) -> bool; 2] = [
            |frame| matches!(frame, ServerFrame::Viewing { .. }),
            |frame| matches!(frame, ServerFrame::Presence { .. }),
        ];
        for is_told in told {
            socket.wait_from(mark, is_told, PATIENCE).await.expect("it is told");
        }
        let is_error = |one: &Received| matches!(*one.frame, ServerFrame::Error { .. });
        assert!(!socket.frames_since(mark).iter().any(is_error));

        let token = Some(reader.session.access_token.as_str());
        for (access, (method, path), body) in requests(world, &stage) {
            let body = Some(("application/json", body.to_string().into_bytes()));
            let answer = world.asks(method.clone(), &path, token, body).await;
            if access != Access::Public && method != Method::GET {
                assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
                asked_requests += 1;
            }
            assert!(answer.status < 500, "{method} {path}: {answer:?}");
        }
        assert_eq!(written(&stage).await, before, "nothing was written");
        println!(
            "{}: {asked_frames} frames, {asked_commands} commands and {asked_requests} requests \
             that write, by a key that only reads: 0 writes",
            world.database.kind
        );

        // A key that works does all of that.
        let program = Key::made(world, "Ana", json!({})).await.program(world).await;
        let socket = program.connect(None).await.expect("it is let in");
        let note = CommandBody::Note(format!("{CANARY} by a program").into());
        let done = socket.command(ana.command(about.conversation, note)).await.expect("an answer");
        assert!(matches!(done.outcome, Outcome::Accepted(_)), "{done:?}");
        assert_ne!(written(&stage).await, before);
    })
    .await;
}

/// What ends a socket of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// Its secret, while another one of the key counts.
    Secret,
    /// The key only reads from now on.
    ReadOnly,
    /// Its agent has another role.
    Role,
    /// The key.
    Key,
    /// Its agent leaves.
    Leaving,
    /// Its last day is over.
    LastDay,
}

impl End {
    const ALL: [Self; 6] =
        [Self::Secret, Self::ReadOnly, Self::Role, Self::Key, Self::Leaving, Self::LastDay];

    /// Whose key it is, and the code with which its socket is closed.
    fn of(self) -> (&'static str, u16) {
        match self {
            Self::Secret | Self::Key => ("Ana", close::SIGN_IN_AGAIN),
            Self::ReadOnly => ("Ana", close::DRAIN),
            Self::Role => ("Ben", close::DRAIN),
            Self::Leaving => ("Ben", close::SIGN_IN_AGAIN),
            Self::LastDay => ("Chloe", close::SIGN_IN_AGAIN),
        }
    }

    async fn comes(self, world: &World, key: &Key, clock: &RunningClock) {
        let with = |name: &str, value: Value| {
            let mut body = key.body.clone();
            body.as_object_mut().expect("a key").insert(name.to_owned(), value);
            Some(body)
        };
        match self {
            Self::Secret => key.ends_secret(world, 1).await,
            Self::ReadOnly => key.set(world, with("read_only", json!(true))).await,
            Self::Role => patches(world, &key.of, json!({"role": "supervisor"})).await,
            Self::Key => key.set(world, None).await,
            Self::Leaving => patches(world, &key.of, json!({"state": "leaving"})).await,
            Self::LastDay => clock.passes(DAY),
        }
    }
}

async fn notes(socket: &Socket, key: &Key, of: ConversationId) -> CommandResult {
    let command = key.of.command(of, CommandBody::Note("a note".to_owned().into()));
    socket.command(command).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_of_a_key_ends_with_what_let_it_in_and_hears_nothing_after() {
    let clock = RunningClock::begin(0);
    let setup = Setup { clock: Some(clock.clock()), ..Setup::usual() };
    for_each_store(setup, async |world| {
        clock.comes_back();
        let lucia = world.contact("Lucía");
        lucia.sends("before").await;
        let conversation = lucia.conversation().await;
        for end in End::ALL {
            let (name, code) = end.of();
            let today = world.clock.now().to_string();
            let until = today.get(..10).expect("a day");
            let more = if end == End::LastDay { json!({"until": until}) } else { json!({}) };
            let key = Key::made(world, name, more).await;
            let (first, second) = (key.program(world).await, key.program(world).await);
            let ended = first.connect(None).await.expect("let in");
            let other = second.connect(None).await.expect("let in");
            end.comes(world, &key, &clock).await;
            let closed = ended.closed(PATIENCE).await.expect("it is closed");
            assert_eq!(closed.0, code, "{end:?}");
            if end == End::LastDay {
                break;
            }
            let heard = ended.heard();
            lucia.sends(&format!("after {end:?}")).await;
            world.agent("Ana").await.phone().shows(&format!("after {end:?}")).await;
            assert_eq!(ended.heard(), heard, "{end:?}");
            println!("{}: a socket after {end:?}: 0 frames", world.database.kind);
            match end {
                End::Secret => {
                    let done = notes(&other, &key, conversation).await;
                    assert!(matches!(done.outcome, Outcome::Accepted(_)), "{done:?}");
                    assert!(first.connect(None).await.is_err(), "it is let in no more");
                }
                End::ReadOnly => {
                    let back = second.connect(None).await.expect("it comes back");
                    is_forbidden(&notes(&back, &key, conversation).await);
                }
                End::Role => {
                    let back = second.connect(None).await.expect("it comes back");
                    notes(&back, &key, conversation).await;
                }
                End::Key | End::Leaving | End::LastDay => {
                    assert!(second.connect(None).await.is_err(), "it is let in no more");
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_role_is_felt_at_a_persons_open_socket() {
    for_each_store(Setup::usual(), async |world| {
        let ben = world.agent("Ben").await;
        let socket = ben.signed.connect(None).await.expect("let in");
        patches(world, &ben, json!({"role": "supervisor"})).await;
        let closed = socket.closed(PATIENCE).await.expect("it is closed");
        assert_eq!(closed.0, close::DRAIN, "{closed:?}");
        ben.signed.connect(None).await.expect("they come back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_of_a_program_take_none_from_its_agent() {
    for_each_store(Setup::usual(), async |world| {
        let program = Key::made(world, "Ana", json!({})).await.program(world).await;
        let mut sockets = Vec::new();
        // As many as there may be on each of two nodes, and more: then its own oldest ones go.
        for _ in 0..2 * SOCKETS_MAX + 2 {
            sockets.push(program.connect(None).await.expect("let in"));
        }
        let ana = world.agent("Ana").await;
        for _ in 0..2 {
            ana.signed.connect(None).await.expect("their agent is let in");
        }
        eventually("the oldest one goes", async || {
            let gone = sockets[0].closed(Duration::ZERO).await.ok();
            gone.or(sockets[1].closed(Duration::ZERO).await.ok())
        })
        .await;
    })
    .await;
}
