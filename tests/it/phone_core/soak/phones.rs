//! The phones of a soak, in a process of their own. Agents tap, look away, lose the network, and
//! decide of what needs review. In the end each phone holds what a fresh one would.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use baton::demo::PASSWORD;
use baton::demo::client::{Api, SignedIn};
use baton_mobile::lists::{Entry, InboxRow};
use baton_mobile::outbox::{ActStage, Choice, Echo, Offer};
use baton_mobile::store::View;
use baton_model::dice::Dice;
use baton_protocol::command::{Claim, MarkRead, NoteText, Reply};
use baton_protocol::conversation::Snapshot;
use baton_protocol::{Author, CommandBody, ConversationId, Line, LineKind, Seen};
use baton_world::handset::{Drawn, Handset, until};
use baton_world::itself::{is_ready, tells, told};
use baton_world::stage::whole;
use baton_world::world::{PATIENCE, email};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub(super) const NAMES: [&str; 3] = ["Ana", "Ben", "Chloe"];
/// The last lines of a conversation that are compared.
const COMPARED: usize = 20;
/// How long it may take to send and decide all that is left.
const SETTLE: Duration = Duration::from_secs(300);

/// Plays until it is told that it is over: the server, a directory, the way of each phone to the
/// server, and the conversations.
pub(super) async fn play(words: &str) {
    let words: Vec<_> = words.split(' ').collect();
    let [server, directory, ways @ .., talks] = words.as_slice() else { panic!("{words:?}") };
    let talks: Vec<_> =
        talks.split(',').map(|id| ConversationId(id.parse().expect("an id"))).collect();
    let directory = Path::new(directory);
    let mut hands = Vec::new();
    for (name, way) in NAMES.into_iter().zip(ways) {
        hands.push(Hand::takes(name, way, directory, &talks).await);
    }
    let mut told = told();
    is_ready();
    let (stop, stopped) = watch::channel(false);
    let playing: Vec<_> =
        hands.into_iter().map(|hand| tokio::spawn(hand.plays(stopped.clone()))).collect();
    loop {
        tokio::select! {
            line = told.recv() => {
                assert_eq!(line.as_deref(), Some("over"));
                break;
            }
            () = sleep(Duration::from_millis(500)) => tells(&sample()),
        }
    }
    stop.send_replace(true);
    for hand in playing {
        let mut hand = hand.await.expect("a phone");
        hand.settles().await;
        hand.is_as_a_fresh_one(server, directory).await;
    }
    tells("done");
}

/// Memory in kB, open files, threads.
fn sample() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("what this process costs");
    let field = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a field");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    };
    let files = std::fs::read_dir("/proc/self/fd").expect("open files").count();
    format!("sample {} {files} {}", field("VmRSS:"), field("Threads:"))
}

/// An agent with a phone.
struct Hand {
    name: &'static str,
    phone: Handset,
    inbox: watch::Receiver<Drawn>,
    talks: Vec<(ConversationId, watch::Receiver<Drawn>)>,
    dice: Dice,
    tapped: u64,
}

async fn signed_in(name: &str, server: &str, directory: &Path) -> Handset {
    let phone = Handset::on(server, directory).await.expect("a handset");
    let phone = phone.signed_in("acme", &email(name, "acme"), PASSWORD).await.expect("signed in");
    phone.live(PATIENCE).await.expect("live");
    phone
}

impl Hand {
    async fn takes(
        name: &'static str,
        way: &str,
        directory: &Path,
        talks: &[ConversationId],
    ) -> Self {
        let phone = signed_in(name, way, &directory.join(name)).await;
        let inbox = phone.inbox(View::All).await.expect("an inbox");
        let mut drawn = Vec::new();
        for of in talks {
            let mut lines = phone.timeline(*of).await.expect("a timeline");
            let is_there = |drawn: &Drawn| drawn.about.seen.is_some();
            until(&mut lines, "a line", is_there).await.expect("a line");
            drawn.push((*of, lines));
        }
        let part = name.bytes().map(u64::from).sum();
        let dice = Dice::of_part(0x50AC, part);
        Self { name, phone, inbox, talks: drawn, dice, tapped: 0 }
    }

    /// Taps and such, until it is over.
    async fn plays(mut self, mut stopped: watch::Receiver<bool>) -> Self {
        loop {
            let pause = Duration::from_millis(100 + self.dice.below_u64(500));
            tokio::select! {
                _ = stopped.wait_for(|is_over| *is_over) => return self,
                () = sleep(pause) => {}
            }
            // What the app was told is not kept for ever.
            self.phone.takes_heard();
            match self.dice.below_u64(100) {
                0..80 => self.taps().await,
                80..92 => {
                    self.decides().await;
                }
                92..95 => self.phone.core.network_changed().await.expect("the core"),
                95..98 => {
                    self.phone.core.network(false).await.expect("the core");
                    self.taps().await;
                    sleep(Duration::from_millis(self.dice.below_u64(1_500))).await;
                    self.phone.core.network(true).await.expect("the core");
                }
                _ => {
                    self.phone.core.background(Duration::from_secs(1)).await.expect("the core");
                    sleep(Duration::from_millis(self.dice.below_u64(1_500))).await;
                    self.phone.core.foreground().await.expect("the core");
                }
            }
        }
    }

    /// Does something in one of the conversations.
    async fn taps(&mut self) {
        let (of, lines) = self.dice.one_of(&self.talks).expect("a conversation");
        let (of, seen) = (*of, lines.borrow().about.seen);
        self.tapped += 1;
        let text = format!("{}-{}", self.name, self.tapped);
        let row = self.inbox.borrow().rows.iter().find(|row| row.id == of).cloned();
        let body = match self.dice.below_u64(10) {
            0..6 => reply(text.clone(), seen),
            6..8 => CommandBody::Note(NoteText::from(text.clone())),
            8 => match row {
                Some(InboxRow { owner_epoch, .. }) => CommandBody::Claim(Claim {
                    expect_owner_epoch: owner_epoch,
                    exceed_capacity: false,
                }),
                None => return,
            },
            _ => CommandBody::MarkRead(MarkRead { seq: seen.map_or(0, |seen| seen.seq) }),
        };
        let speaks = says(&body).is_some();
        match self.phone.does(of, body, None).await {
            Ok(_) if speaks => tells(&format!("kept {text}")),
            Ok(_) => {}
            Err(refused) => tells(&format!("refused {text} {refused}")),
        }
    }

    /// Decides of what needs review; says how much is left of what was tapped.
    async fn decides(&mut self) -> usize {
        let outbox = self.phone.outbox().await.expect("an outbox");
        let reviews = outbox.iter().filter(|echo| echo.stage == ActStage::NeedsReview);
        for echo in reviews {
            let lines = self.talks.iter().find(|(of, _)| *of == echo.conversation_id);
            let seen = lines.and_then(|(_, lines)| lines.borrow().about.seen);
            let offers: Vec<_> =
                echo.offers.iter().filter(|offer| **offer != Offer::Edit).collect();
            let choice = match self.dice.one_of(&offers).expect("something may be done") {
                Offer::SendAnyway if self.dice.percent(60) => Choice::SendAnyway { seen },
                Offer::TurnIntoNote => Choice::TurnIntoNote,
                Offer::Discard | Offer::SendAnyway | Offer::Edit => Choice::Discard,
            };
            self.chooses(echo, choice).await;
        }
        outbox.len()
    }

    async fn chooses(&self, echo: &Echo, choice: Choice) {
        let is_discarded = choice == Choice::Discard;
        // What needs review may be something else by now: then it is decided of later.
        if self.phone.core.choose(echo.number, choice).await.is_ok() {
            let text = says(&echo.body).filter(|_| is_discarded);
            text.into_iter().for_each(|text| tells(&format!("discarded {text}")));
        }
    }

    /// The network is good again: all is sent, or decided of.
    async fn settles(&mut self) {
        self.phone.core.foreground().await.expect("the core");
        self.phone.core.network(false).await.expect("the core");
        self.phone.core.network(true).await.expect("the core");
        let deadline = Instant::now() + SETTLE;
        while self.decides().await > 0 {
            assert!(
                Instant::now() < deadline,
                "{} says {:?}, its log ends {:#?}, and has this left: {:?}",
                self.name,
                self.phone.core.diagnostics().await,
                self.phone.core.recent_logs().iter().rev().take(100).collect::<Vec<_>>(),
                self.phone.outbox().await
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn is_as_a_fresh_one(&mut self, server: &str, directory: &Path) {
        let fresh = directory.join(format!("{}-fresh", self.name));
        let fresh = signed_in(self.name, server, &fresh).await;
        let inbox = fresh.inbox(View::All).await.expect("an inbox");
        let name = self.name;
        are_alike(name, (&self.inbox, &inbox), rows_but_counts).await;
        for (of, lines) in &self.talks {
            let others = fresh.timeline(*of).await.expect("a timeline");
            are_alike(name, (lines, &others), last_lines).await;
        }
        // No server runs in this process, which would have chosen one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let api = Api::new(server).expect("a server");
        let signed = api.sign_in("acme", &email(name, "acme"), PASSWORD).await.expect("signed in");
        for (of, _) in &self.talks {
            let told = Told::by_the_server(&signed, *of).await;
            let mut counts = BTreeSet::new();
            for (phone, inbox) in [(&self.phone, &self.inbox), (&fresh, &inbox)] {
                let from = phone.holds_from(*of).await.expect("a timeline");
                counts.insert(told.is_counted_by(name, from, inbox).await);
            }
            if counts.len() > 1 {
                tells("apart");
            }
        }
    }
}

/// A conversation, as the server tells one of its readers.
struct Told {
    of: ConversationId,
    read_seq: u64,
    customer_seq: u64,
    lines: Vec<Line>,
}

impl Told {
    async fn by_the_server(signed: &SignedIn, of: ConversationId) -> Self {
        let path = format!("/conversations/{of}");
        let Snapshot::Full { view, .. } = signed.get(&path).await.expect("the conversation") else {
            panic!("all agents see all of {of}");
        };
        let (lines, _) = whole(signed, of).await.expect("its lines");
        let (read_seq, customer_seq) = (view.read_seq, view.conversation.thread.customer_seq);
        Self { of, read_seq, customer_seq, lines }
    }

    /// Waits until a phone counts what docs/protocol.md says of one that holds the lines from here
    /// on: the customer's of those, and each number before them. Says how many.
    async fn is_counted_by(&self, name: &str, from: u64, inbox: &watch::Receiver<Drawn>) -> u64 {
        let unread = |seq: u64| (self.read_seq + 1..=self.customer_seq).contains(&seq);
        let not_held = (self.read_seq + 1..from).filter(|seq| unread(*seq)).count();
        let is_said = |line: &&Line| {
            line.author == Author::Customer
                && line.kind != LineKind::Revocation
                && line.amended.as_ref().is_none_or(|amended| amended.revoked.is_none())
        };
        let held = self.lines.iter().filter(|line| line.seq >= from && unread(line.seq));
        let should_be = (not_held + held.filter(is_said).count()) as u64;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let row = inbox.borrow().rows.iter().find(|row| row.id == self.of).cloned();
            let counts = row.map(|row| row.unread);
            if counts == Some(should_be) {
                return should_be;
            }
            assert!(
                Instant::now() < deadline,
                "{name} holds {} from {from} on, and counts {counts:?}, not {should_be}: read up \
                 to {} of {}",
                self.of,
                self.read_seq,
                self.customer_seq
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The rows, but for the number of unread lines: who holds fewer lines knows it less well.
fn rows_but_counts(drawn: &Drawn) -> Vec<InboxRow> {
    drawn.rows.iter().cloned().map(|row| InboxRow { unread: 0, ..row }).collect()
}

/// Waits until both draw the same.
async fn are_alike<T: PartialEq + std::fmt::Debug>(
    name: &str,
    (one, other): (&watch::Receiver<Drawn>, &watch::Receiver<Drawn>),
    of: impl Fn(&Drawn) -> T,
) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (is, should_be) = (of(&one.borrow()), of(&other.borrow()));
        if is == should_be {
            return;
        }
        assert!(Instant::now() < deadline, "{name} sees {is:?}, a fresh phone {should_be:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The newest lines: a fresh phone has no older ones.
fn last_lines(drawn: &Drawn) -> Vec<Line> {
    let lines = drawn.entries.iter().rev().filter_map(|entry| match entry {
        Entry::Line { line, .. } => Some(line.clone()),
        Entry::Note { .. } | Entry::Coaching { .. } | Entry::Moved(_) | Entry::Echo(_) => None,
    });
    lines.take(COMPARED).collect()
}

fn reply(text: String, seen: Seen) -> CommandBody {
    CommandBody::Reply(Reply {
        text,
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

/// The text that it says to somebody.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others say nothing")]
fn says(body: &CommandBody) -> Option<&str> {
    match body {
        CommandBody::Reply(reply) => Some(&reply.text),
        CommandBody::Note(note) => Some(&note.text),
        _ => None,
    }
}
