//! Agents work for a while over a network that hardly works. Every act ends, each phone holds what
//! a fresh one would, and nothing grows.

#![expect(clippy::print_stdout, reason = "a test tells its figures")]

mod phones;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use baton_model::dice::Dice;
use baton_protocol::ConversationId;
use baton_world::chaos::{Door, Proxy, Sky, Weather};
use baton_world::itself::Other;
use baton_world::stage::whole;
use baton_world::world::{Contact, Setup, World};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// The test, as its binary knows it.
const THIS: &str = "phone_core::soak::over_a_network_that_flaps_every_act_ends_and_nothing_grows";
/// What tells the test binary that it is the phones.
const PHONES: &str = "BATON_SOAKED_PHONES";
/// How long it goes on, s: `BATON_SOAK_S` names more.
const SECONDS: u64 = 20;
/// What a process may grow by from the first to the last quarter: memory in kB, open files,
/// threads.
const GROWTH: [u64; 3] = [48 * 1024, 24, 0];

#[tokio::test(flavor = "multi_thread")]
async fn over_a_network_that_flaps_every_act_ends_and_nothing_grows() {
    // Started by itself, below, it is the phones.
    if let Some(told) = std::env::var_os(PHONES) {
        return Box::pin(phones::play(&told.to_string_lossy())).await;
    }
    let seconds = std::env::var_os("BATON_SOAK_S").and_then(|text| text.to_str()?.parse().ok());
    let database = baton_world::bench::database::sqlite().await.expect("a database");
    let world = World::start(database, &Setup::usual(), 1).await.expect("a world");
    Box::pin(play(&world, Duration::from_secs(seconds.unwrap_or(SECONDS)))).await;
    Box::pin(world.stop()).await.expect("the end of a world");
}

async fn play(world: &World, time: Duration) {
    let (mut contacts, mut talks) = (Vec::new(), Vec::new());
    for name in ["Lucía", "Mateo", "Noor", "Ota", "Pia", "Quim"] {
        let contact = world.contact(name);
        contact.sends("Hola").await;
        talks.push(contact.conversation().await);
        contacts.push(contact);
    }
    let url = world.server.url();
    let address: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
    let seeds = 1..=phones::NAMES.len() as u64;
    let ways: Vec<_> = seeds.map(|seed| Proxy::start(address, seed).expect("a way")).collect();
    let directory = tempfile::tempdir().expect("a directory");
    let urls: Vec<_> = ways.iter().map(|way| format!("http://{}", way.address())).collect();
    let ids: Vec<_> = talks.iter().map(ToString::to_string).collect();
    let told = format!("{url} {} {} {}", directory.path().display(), urls.join(" "), ids.join(","));
    let mut phones = Other::start(THIS, PHONES, &told).await.expect("phones");

    let ends = Instant::now() + time;
    let (stop, stopped) = watch::channel(false);
    let mut heard = Heard::default();
    let (written, changes, ()) = tokio::join!(
        customers_write(&contacts, stopped.clone()),
        flaps(&ways, stopped),
        heard.hears(&mut phones, (ends, &stop))
    );
    assert!(heard.is_done, "the phones ended by themselves");
    phones.ends().await.expect("the end of the phones");
    heard.is_true_of(&found(world, &talks).await);
    let connections: u64 = ways.iter().map(Proxy::connections).sum();
    println!(
        "{} s: {} acts kept, {} discarded, {} not taken in; {written} lines by customers; the \
         network changed {changes} times, {connections} connections",
        time.as_secs(),
        heard.kept.len(),
        heard.discarded.len(),
        heard.refused.len()
    );
    println!("rows that a fresh phone counts otherwise, as it holds fewer lines: {}", heard.apart);
    heard.did_not_grow();
}

/// Customers write; says how much.
async fn customers_write(contacts: &[Contact<'_>], stopped: watch::Receiver<bool>) -> u64 {
    let (mut dice, mut written) = (Dice::of_part(0x50AC, 100), 0);
    while !*stopped.borrow() {
        sleep(Duration::from_millis(100 + dice.below_u64(500))).await;
        let contact = dice.one_of(contacts).expect("somebody");
        written += 1;
        contact.sends(&format!("customer {written}")).await;
    }
    written
}

/// The weather of every way changes until it is over; then it is fair. Says how often.
async fn flaps(ways: &[Proxy], stopped: watch::Receiver<bool>) -> u64 {
    let (mut dice, mut changes) = (Dice::of_part(0x50AC, 200), 0);
    while !*stopped.borrow() {
        sleep(Duration::from_millis(100 + dice.below_u64(600))).await;
        let way = dice.one_of(ways).expect("a way");
        changes += 1;
        match dice.below_u64(10) {
            0..3 => way.heal(),
            3 => way.cut(),
            _ => {
                way.set(weather(&mut dice));
                if dice.percent(30) {
                    way.cut();
                }
            }
        }
    }
    ways.iter().for_each(Proxy::heal);
    // What a half-open door has let in is answered by nobody.
    ways.iter().for_each(Proxy::cut);
    changes
}

fn weather(dice: &mut Dice) -> Weather {
    let (up, down) = (sky(dice), sky(dice));
    let door = match dice.below_u64(10) {
        0 => Door::Shut,
        1 => Door::HalfOpen,
        _ => Door::Open,
    };
    Weather { door, up, down }
}

fn sky(dice: &mut Dice) -> Sky {
    let fair = Sky::default();
    match dice.below_u64(8) {
        0 => Sky { delay_ms: 50 + dice.below_u64(400), jitter_ms: dice.below_u64(300), ..fair },
        1 => Sky { bytes_per_s: Some(2_000 + dice.below_u64(20_000)), ..fair },
        2 => Sky { slice: Some(7), ..fair },
        3 => Sky { is_black: true, ..fair },
        // In the middle of a frame, or of a request.
        4 => Sky { reset_after: Some(200 + dice.below_u64(3_000)), ..fair },
        _ => fair,
    }
}

/// What the phones told.
#[derive(Default)]
struct Heard {
    kept: BTreeSet<String>,
    discarded: BTreeSet<String>,
    refused: BTreeSet<String>,
    samples: Vec<[u64; 3]>,
    /// Rows whose unread lines a fresh phone counts otherwise, as it holds fewer lines.
    apart: u32,
    is_done: bool,
}

impl Heard {
    /// Listens until the phones are done; tells them and everybody else when it is over.
    async fn hears(&mut self, phones: &mut Other, (ends, stop): (Instant, &watch::Sender<bool>)) {
        let mut is_over = false;
        loop {
            let line = tokio::select! {
                line = phones.hears() => line.expect("a line"),
                () = sleep_until(ends), if !is_over => {
                    is_over = true;
                    stop.send_replace(true);
                    assert!(phones.says("over").await);
                    continue;
                }
            };
            let Some(line) = line else {
                // All others at work end as well.
                stop.send_replace(true);
                return;
            };
            self.note(&line);
        }
    }

    fn note(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["kept", text] => self.is_new(text),
            ["discarded", text] => drop(self.discarded.insert((*text).to_owned())),
            ["refused", text, ..] => drop(self.refused.insert((*text).to_owned())),
            ["sample", rss, files, threads] => {
                let cost = [rss, files, threads].map(|number| number.parse().expect("a number"));
                self.samples.push(cost);
            }
            ["apart"] => self.apart += 1,
            ["done"] => self.is_done = true,
            _ => panic!("{line}"),
        }
    }

    fn is_new(&mut self, text: &str) {
        assert!(self.kept.insert(text.to_owned()), "{text} was kept before");
    }

    /// What was kept is on the server once, unless its author has let go of it.
    fn is_true_of(&self, found: &BTreeMap<String, u32>) {
        assert!(!self.kept.is_empty(), "nothing was tapped");
        for text in &self.kept {
            let should_be = u32::from(!self.discarded.contains(text));
            let is = found.get(text).copied().unwrap_or(0);
            assert_eq!(is, should_be, "{text} is there {is} times");
        }
        for text in &self.refused {
            assert_eq!(found.get(text), None, "{text} was not taken in");
        }
    }

    /// Of each cost the most in the first and in the last quarter.
    fn did_not_grow(&self) {
        let quarter = (self.samples.len() / 4).max(1);
        let first = most(self.samples.iter().take(quarter));
        let last = most(self.samples.iter().rev().take(quarter));
        let whats = ["kB of memory", "open files", "threads"].into_iter();
        for (what, ((before, after), growth)) in whats.zip(first.into_iter().zip(last).zip(GROWTH))
        {
            println!("{what}: {before} in the first quarter at most, {after} in the last");
            assert!(after <= before + growth, "{what} grow: {:?}", self.samples);
        }
    }
}

/// Of each cost the most.
fn most<'a>(samples: impl Iterator<Item = &'a [u64; 3]>) -> [u64; 3] {
    samples.fold([0; 3], |[memory, files, threads], [m, f, t]| {
        [memory.max(*m), files.max(*f), threads.max(*t)]
    })
}

/// How often each text stands on the server, in lines and notes.
async fn found(world: &World, conversations: &[ConversationId]) -> BTreeMap<String, u32> {
    let admin = world.admin().await;
    let mut found = BTreeMap::new();
    for of in conversations {
        let (lines, notes) = whole(&admin.signed, *of).await.expect("the conversation");
        let lines = lines.into_iter().filter_map(|line| line.content.text);
        for text in lines.chain(notes.into_iter().filter_map(|note| note.text)) {
            *found.entry(text).or_default() += 1;
        }
    }
    found
}
