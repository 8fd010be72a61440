//! An app and the process that its platform starts for a push, over one directory. Pushes come to
//! either, some of them twice, and both are killed at any moment.

#![expect(clippy::print_stdout, reason = "a test tells its figures")]

mod part;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton::demo::PASSWORD;
use baton_mobile::push::Keyring;
use baton_mobile::runtime::{KeyStore as _, PushTarget};
use baton_model::dice::Dice;
use baton_protocol::ConversationId;
use baton_protocol::push::{PushLane, PushTargetKind};
use baton_simulator::{PushFields, PushKey, PushOrder, PushTo};
use baton_world::handset::{Handset, KeyFiles, core_directory};
use baton_world::itself::Other;
use baton_world::world::{Agent, Contact, PATIENCE, Setup, World, eventually};
use tokio::time::{Instant, sleep_until};

/// The test, as its binary knows it.
const THIS: &str =
    "phone_core::extensions::whichever_process_dies_each_push_is_known_once_and_none_is_lost";
/// What tells the test binary which process it is.
const PART: &str = "BATON_PUSHED_PROCESS";
/// Pushes: a few here, `BATON_PHONE_PUSHES` names more.
const PUSHES: u64 = 40;
/// Pushes between two looks at what the app knows; it remembers 256.
const AT_ONCE: u64 = 14;
const TARGET: &str = "token-of-ana";

#[tokio::test(flavor = "multi_thread")]
async fn whichever_process_dies_each_push_is_known_once_and_none_is_lost() {
    // Started by itself, below, it is one of the processes that are killed.
    if let Some(told) = std::env::var_os(PART) {
        return part::play(&told.to_string_lossy()).await;
    }
    let pushes =
        std::env::var_os("BATON_PHONE_PUSHES").and_then(|text| text.to_str()?.parse().ok());
    let database = baton_world::bench::database::sqlite().await.expect("a database");
    let world = World::start(database, &Setup::usual(), 1).await.expect("a world");
    Box::pin(play(&world, pushes.unwrap_or(PUSHES))).await;
    Box::pin(world.stop()).await.expect("the end of a world");
}

async fn play(world: &World, pushes: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut stage = Stage::open(world, directory.path()).await;
    let (mut left, mut made) = (VecDeque::new(), 0);
    while made < pushes || !left.is_empty() {
        for _ in 0..AT_ONCE.min(pushes - made) {
            made += 1;
            left.extend(stage.push(made).await);
        }
        left = stage.live(left).await;
        stage.tears_a_drop();
    }
    stage.judge(made).await;
}

/// A push on its way to the handset.
#[derive(Clone)]
struct Delivery {
    push: String,
    input: String,
}

/// What the processes said of a push.
#[derive(Default)]
struct Told {
    /// Where it was shown.
    places: BTreeSet<String>,
    by_extension: u32,
    by_app: u32,
    quiet: u32,
}

struct Stage<'w> {
    world: &'w World,
    directory: &'w Path,
    ana: std::sync::Arc<Agent>,
    to: PushTo,
    talks: Vec<(Contact<'w>, ConversationId)>,
    dice: Dice,
    taken: usize,
    told: Mutex<BTreeMap<String, Told>>,
    /// What was told since the app was last asked what it knows.
    fresh: Mutex<BTreeSet<String>>,
    kills: u32,
    torn: u32,
}

impl<'w> Stage<'w> {
    /// Ana's handset can be reached by push; customers have written.
    async fn open(world: &'w World, directory: &'w Path) -> Self {
        let phone = Handset::on(&world.server.url(), directory).await.expect("a handset");
        let phone = phone.signed_in("acme", "ana@acme.example", PASSWORD).await.expect("Ana");
        phone.live(PATIENCE).await.expect("live");
        let target = PushTarget {
            lane: PushLane::Fcm,
            kind: PushTargetKind::Token,
            target: TARGET.to_owned(),
            app_id: None,
            env: None,
            locale: None,
            caps: Vec::new(),
        };
        phone.is_reached_at(target, PATIENCE).await.expect("a registration");
        let mut talks = Vec::new();
        for name in ["Lucía", "Mateo", "Noor", "Ota", "Pia", "Quim"] {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            talks.push((contact, conversation));
        }
        Self {
            world,
            directory,
            ana: world.agent("Ana").await,
            to: PushTo {
                lane: baton_simulator::PushLane::Fcm,
                target: TARGET.to_owned(),
                key: Some(key(directory)),
            },
            talks,
            dice: Dice::of_part(0xD20B, 1),
            taken: 0,
            told: Mutex::default(),
            fresh: Mutex::default(),
            kills: 0,
            torn: 0,
        }
    }

    /// A customer writes, and the server pushes: what the platform delivers of it.
    async fn push(&mut self, nth: u64) -> Vec<Delivery> {
        let (contact, conversation) = self.dice.one_of(&self.talks).expect("somebody").clone();
        let text = format!("line {nth}");
        contact.sends(&text).await;
        self.ana.phone().shows(&text).await;
        let push = PushFields {
            kind: "queue".to_owned(),
            workspace: self.ana.signed.session.workspace_id.to_string(),
            agent: Some(self.ana.id.to_string()),
            conversation: Some(conversation.to_string()),
            expires_at_ms: self.world.clock.now().plus_ms(3_600_000).ms(),
            cursor: self.ana.phone().cursor().await.to_string(),
            title: "A customer".to_owned(),
            body: text,
            ..PushFields::default()
        };
        let copies = 1 + self.dice.below_u64(3);
        let order = PushOrder {
            copies: u32::try_from(copies).ok(),
            delay_ms: Some(0),
            ..PushOrder::new(self.to.clone(), push)
        };
        self.world.simulator.push(order).expect("a push");
        let inbox = self.world.simulator.push_inbox(TARGET, self.taken, PATIENCE).await;
        assert_eq!(inbox.len() as u64, copies, "all copies come at once");
        self.taken += inbox.len();
        let handed = inbox.into_iter().filter_map(|one| Some((one.id?, one.input?)));
        let json = |input| serde_json::to_string(&input).expect("plain data");
        handed.map(|(push, input)| Delivery { push, input: json(input) }).collect()
    }

    /// A part of the handset, in a process of its own.
    async fn starts(&self, part: &str) -> Other {
        let told = format!("{part} {} {}", self.world.server.url(), self.directory.display());
        Other::start(THIS, PART, &told).await.expect("a process")
    }

    /// One life of both processes. First somebody looks at the app: it knows whatever was told
    /// before. What neither said anything of comes back.
    async fn live(&mut self, deliveries: VecDeque<Delivery>) -> VecDeque<Delivery> {
        let mut app = self.starts("app").await;
        self.looks(&mut app).await;
        let extension = self.starts("extension").await;
        let (to_extension, to_app): (VecDeque<_>, VecDeque<_>) =
            deliveries.into_iter().partition(|_| self.dice.percent(35));
        let app = self.part(app, true);
        let extension = self.part(extension, false);
        let (mut left, others) =
            tokio::join!(app.takes(to_app, self), extension.takes(to_extension, self));
        left.extend(others);
        left
    }

    fn part(&mut self, other: Other, is_app: bool) -> Part {
        let is_killed = self.dice.percent(75);
        self.kills += u32::from(is_killed);
        let later = Duration::from_millis(self.dice.below_u64(500));
        let ends = is_killed.then(|| Instant::now() + later);
        Part { other, is_app, dice: Dice::of_part(self.dice.below_u64(u64::MAX), 7), ends }
    }

    /// Somebody looks at the app, and away again.
    async fn looks(&self, app: &mut Other) {
        assert!(app.says("front").await);
        hears(app, "front").await;
        let waiting: Vec<_> = self.drops().collect();
        assert_eq!(waiting, [] as [String; 0], "nothing is left of what it has taken over");
        let fresh: Vec<_> =
            std::mem::take(&mut *self.fresh.lock().expect("one")).into_iter().collect();
        assert!(fresh.len() < 256, "more than the app remembers");
        assert!(app.says(&format!("board {}", fresh.join(" "))).await);
        let (mut told, mut is_known) = (Vec::new(), false);
        while let Some(line) = app.hears().await.expect("a line") {
            assert!(!line.starts_with("withdrawn"), "{line}: nobody has read anything");
            if let Some(unknown) = line.strip_prefix("unknown ") {
                assert_eq!(unknown, "0", "what was shown is not known: of {fresh:?}");
                is_known = true;
                break;
            }
            told.extend(line.split(' ').skip(2).map(str::to_owned));
        }
        assert!(is_known, "the app ended");
        let once: BTreeSet<_> = told.iter().collect();
        assert_eq!(once.len(), told.len(), "a push is told twice: {told:?}");
        assert!(app.says("back").await);
        hears(app, "back").await;
    }

    fn drops(&self) -> impl Iterator<Item = String> + use<> {
        let files = std::fs::read_dir(self.drop_box()).expect("the drop box");
        files.filter_map(|file| file.ok()?.file_name().into_string().ok())
    }

    fn drop_box(&self) -> std::path::PathBuf {
        core_directory(self.directory).join("push-inbox")
    }

    /// The disk has lost half of a file, and all of another; somebody died while writing a third.
    fn tears_a_drop(&mut self) {
        let whole = self.drops().find(|name| !name.starts_with("draft"));
        let Some((name, drops)) = whole.map(|name| (name, self.drop_box())) else { return };
        let bytes = std::fs::read(drops.join(&name)).expect("a drop");
        let (half, _) = bytes.split_at(bytes.len() / 2);
        let (_, id) = name.split_once('-').expect("a number and an id");
        std::fs::write(drops.join(format!("{:020}-{id}", 7_000_000)), half).expect("half");
        std::fs::write(drops.join(format!("{:020}-{id}", 7_000_001)), b"").expect("nothing");
        std::fs::write(drops.join("draft-00000000000000aa"), half).expect("a draft");
        self.torn += 3;
    }

    fn notes(&self, push: &str, note: impl FnOnce(&mut Told)) {
        note(self.told.lock().expect("one").entry(push.to_owned()).or_default());
        self.fresh.lock().expect("one").insert(push.to_owned());
    }

    /// Whether this was shown so far, by either.
    fn is_shown(&self, push: &str) -> bool {
        let told = self.told.lock().expect("one");
        told.get(push).is_some_and(|told| told.by_app + told.by_extension > 0)
    }

    /// In the end the app and the server know of everything, once.
    async fn judge(self, made: u64) {
        let mut app = self.starts("app").await;
        self.looks(&mut app).await;
        assert!(app.says("front").await);
        hears(&mut app, "front").await;
        let told = self.told.into_inner().expect("one");
        assert_eq!(told.len() as u64, made, "of each push something was said");
        let was_shown = |told: &&Told| told.by_app + told.by_extension > 0;
        for (push, told) in &told {
            assert!(told.places.len() <= 1, "{push} in several places: {:?}", told.places);
            assert!(told.by_app <= 1, "{push} made itself heard {} times", told.by_app);
        }
        let shown: BTreeSet<_> =
            told.iter().filter(|(_, told)| was_shown(told)).map(|(id, _)| id.clone()).collect();
        eventually("the server knows what was shown", async || {
            let confirmed = confirmed(self.world).await;
            shown.is_subset(&confirmed).then_some(())
        })
        .await;
        app.ends().await.expect("the end of the app");
        let sum = |of: fn(&Told) -> u32| told.values().map(of).sum::<u32>();
        println!(
            "{made} pushes, delivered {} times: shown {} times by the extension, {} by the app, \
             known to it already or overtaken {}; {} never on a screen; {} kills, {} torn files",
            self.taken,
            sum(|told| told.by_extension),
            sum(|told| told.by_app),
            sum(|told| told.quiet),
            told.len() - shown.len(),
            self.kills,
            self.torn
        );
    }
}

/// A process of the handset, and when it is killed.
struct Part {
    other: Other,
    is_app: bool,
    dice: Dice,
    ends: Option<Instant>,
}

impl Part {
    /// Takes what the platform delivers, until all of it is taken or it is killed. What it did not
    /// answer is delivered anew.
    async fn takes(
        mut self,
        mut deliveries: VecDeque<Delivery>,
        stage: &Stage<'_>,
    ) -> VecDeque<Delivery> {
        while let Some(delivery) = deliveries.front() {
            if self.is_app && self.dice.percent(15) {
                let way = if self.dice.percent(60) { "front" } else { "back" };
                if self.asks(way).await.is_none() {
                    break;
                }
            }
            let was_shown = stage.is_shown(&delivery.push);
            let Some(said) = self.asks(&format!("take {}", delivery.input)).await else { break };
            let words: Vec<_> = said.split(' ').collect();
            match words.as_slice() {
                ["shown", tag, push, alerts] => {
                    assert_eq!(*push, delivery.push, "{said}");
                    let alerts = *alerts == "true";
                    let is_double = self.is_app && alerts && was_shown;
                    assert!(!is_double, "the app shows it although it was shown: {said}");
                    stage.notes(push, |told| {
                        told.places.insert((*tag).to_owned());
                        told.by_app += u32::from(self.is_app && alerts);
                        told.by_extension += u32::from(!self.is_app);
                    });
                }
                ["quiet", _] => stage.notes(&delivery.push, |told| told.quiet += 1),
                _ => panic!("{said}"),
            }
            deliveries.pop_front();
        }
        match self.ends {
            Some(_) => self.other.kill().expect("killed"),
            None => drop(self.other.says("end").await),
        }
        self.other.ends().await.expect("the end of a process");
        deliveries
    }

    /// Asks for something and gives the answer; none if it was killed before.
    async fn asks(&mut self, line: &str) -> Option<String> {
        if !self.other.says(line).await {
            return None;
        }
        let mut is_killed = false;
        loop {
            let ends = self.ends.filter(|_| !is_killed);
            let said = tokio::select! {
                said = self.other.hears() => said.expect("a line"),
                () = async { sleep_until(ends.expect("when")).await }, if ends.is_some() => {
                    is_killed = true;
                    self.other.kill().expect("killed");
                    continue;
                }
            };
            let Some(said) = said else {
                assert!(is_killed, "it ended by itself after {line}");
                return None;
            };
            assert!(!said.starts_with("withdrawn"), "{said}: nobody has read anything");
            return Some(said);
        }
    }
}

async fn hears(app: &mut Other, what: &str) {
    let heard = app.hears_one(|line| line == what || line.starts_with("withdrawn")).await;
    assert_eq!(heard.expect("a line").as_deref(), Some(what), "nobody has read anything");
}

/// What the server seals to: the public half of what lies in the handset's key store.
fn key(directory: &Path) -> PushKey {
    let keys = KeyFiles::of(directory).expect("a key store");
    let kept = keys.get("baton.push").expect("readable").expect("keys of the device");
    let keyring = Keyring::from_bytes(&kept).expect("a keyring");
    let recipient = keyring.current().recipient();
    PushKey {
        id: Some(keyring.current().id().to_string()),
        p256dh: URL_SAFE_NO_PAD.encode(recipient.p256dh),
        auth: URL_SAFE_NO_PAD.encode(recipient.auth),
    }
}

/// The pushes of which the server was told that they were shown.
async fn confirmed(world: &World) -> BTreeSet<String> {
    let mut tx = world.database.store.read().await.expect("the database");
    let sql = "SELECT push FROM push_receipt WHERE shown_at IS NOT NULL";
    let rows: Vec<(String,)> = tx.rows_of(sql, &[]).await.expect("receipts");
    tx.rollback().await.expect("the end of a look");
    rows.into_iter().map(|(push,)| push).collect()
}
