//! Many phones lose their server, which is drained or killed. They do not come back all at once,
//! and those at rest do not come at all. In the end everybody is there.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use baton::demo::Cast;
use baton_mobile::runtime::{CoreState, Event};
use baton_simulator::{Knobs, Simulator};
use baton_world::chaos::Proxy;
use baton_world::handset::Handset;
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage;
use baton_world::world::PATIENCE;
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep};

/// Phones: a few here, `BATON_FLEET` names more.
const PHONES: u32 = 20;
/// Each of their owners has so many.
const OF_ONE: u32 = 5;
/// The share of the fleet that may come within one second, percent.
const SHARE: u64 = 15;
/// A few phones are no crowd: chance alone may bring so many more.
const CHANCE: u64 = 5;
const BACK: Duration = Duration::from_secs(120);
const END: Duration = Duration::from_secs(30);

/// How the server ends.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It tells everybody when to come back.
    Drained,
    /// Nobody is told anything.
    Killed,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_whose_server_is_gone_for_a_while_does_not_come_back_all_at_once() {
    let told = std::env::var_os("BATON_FLEET").and_then(|text| text.to_str()?.parse().ok());
    let phones: u32 = told.unwrap_or(PHONES);
    let mut place = Installation::sqlite().expect("a place");
    let config = baton_simulator::Config { knobs: Knobs::permissive(), ..Default::default() };
    let simulator = Simulator::start(config).await.expect("a simulator");
    place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
    let cast =
        place.seed(&stage::seeds(&simulator, phones.div_ceil(OF_ONE))).await.expect("people");
    let mut process = BatonProcess::start(&place).await.expect("a server");
    let directory = tempfile::tempdir().expect("a directory");
    let address = SocketAddr::from(([127, 0, 0, 1], place.port()));
    let way = Proxy::start(address, 1).expect("a way");
    let mut fleet = Fleet::signs_in(&cast, &way, (phones, directory.path())).await;
    fleet.rests(phones / 10).await;
    // In this order: who was sent away once waits for longer the next time.
    for fate in [Fate::Killed, Fate::Drained] {
        let (stop, stopped) = watch::channel(false);
        let (tries, again) = tokio::join!(watches(&way, stopped), async {
            let again = restarted(process, &place, fate).await;
            fleet.is_back().await;
            stop.send_replace(true);
            again
        });
        process = again;
        let most = most_in_a_second(&tries);
        let all = tries.last().map_or(0, |(_, count)| count - tries[0].1);
        println!("{phones} phones, {fate:?}: {all} tries, at most {most} in one second");
        let chance = if phones < 200 { CHANCE } else { 0 };
        assert!(most <= u64::from(phones) * SHARE / 100 + chance, "{most} of {phones} at once");
        assert!(all >= fleet.active.len() as u64, "they came back without coming");
    }
    fleet.comes_out().await;
    drop(fleet);
    process.terminate(END).await.expect("the end of the server");
    simulator.stop().await;
}

/// The server ends, and begins again.
async fn restarted(process: BatonProcess, place: &Installation, fate: Fate) -> BatonProcess {
    match fate {
        Fate::Drained => drop(process.terminate(END).await.expect("drained")),
        Fate::Killed => process.kill().await.expect("killed"),
    }
    BatonProcess::start(place).await.expect("a server")
}

/// How many connections were begun so far, looked at twenty times a second.
async fn watches(way: &Proxy, mut stopped: watch::Receiver<bool>) -> Vec<(Instant, u64)> {
    let mut looks = vec![(Instant::now(), way.connections())];
    let mut ticks = interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            _ = stopped.wait_for(|is_over| *is_over) => {
                // The last phone may have come since the last look.
                looks.push((Instant::now(), way.connections()));
                return looks;
            }
            at = ticks.tick() => looks.push((at, way.connections())),
        }
    }
}

fn most_in_a_second(tries: &[(Instant, u64)]) -> u64 {
    let mut window: VecDeque<(Instant, u64)> = VecDeque::new();
    let mut most = 0;
    for (at, count) in tries {
        window.push_back((*at, *count));
        while window.front().is_some_and(|(first, _)| *at - *first > Duration::from_secs(1)) {
            window.pop_front();
        }
        most = most.max(window.front().map_or(0, |(_, first)| count - first));
    }
    most
}

struct Fleet {
    active: Vec<Handset>,
    /// In the background.
    asleep: Vec<Handset>,
    /// In the foreground, without a network.
    offline: Vec<Handset>,
}

impl Fleet {
    /// Everybody is live.
    async fn signs_in(cast: &Cast, way: &Proxy, (count, directory): (u32, &Path)) -> Self {
        let server = format!("http://{}", way.address());
        // The first one is the admin.
        let logins = cast.logins.iter().skip(1).cycle();
        let mut active = Vec::new();
        for (nth, login) in (0..count).zip(logins) {
            let phone = Handset::on(&server, &directory.join(nth.to_string())).await;
            let phone = phone.expect("a handset");
            let phone = phone.signed_in(&login.workspace, &login.email, &login.password).await;
            let phone = phone.expect("signed in");
            let live = phone.live(PATIENCE).await;
            assert!(live.is_ok(), "phone {nth}: {:?}", phone.heard());
            active.push(phone);
        }
        Self { active, asleep: Vec::new(), offline: Vec::new() }
    }

    /// So many are put away, and as many lose the network.
    async fn rests(&mut self, count: u32) {
        for _ in 0..count {
            let (asleep, offline) = (self.active.pop(), self.active.pop());
            let (asleep, offline) = (asleep.expect("a phone"), offline.expect("a phone"));
            asleep.core.background(Duration::from_secs(2)).await.expect("the background");
            offline.core.network(false).await.expect("no network");
            asleep.takes_heard();
            offline.takes_heard();
            self.asleep.push(asleep);
            self.offline.push(offline);
        }
        self.active.iter().for_each(|phone| drop(phone.takes_heard()));
    }

    /// Everybody who is up has lost the server and is live again.
    async fn is_back(&self) {
        let deadline = Instant::now() + BACK;
        for phone in &self.active {
            loop {
                let has_left = phone.heard().iter().any(is_on_the_way);
                let standing = phone.core.state().await.expect("a standing");
                if has_left && standing == CoreState::Live {
                    break;
                }
                assert!(Instant::now() < deadline, "{standing:?}, left: {has_left}");
                sleep(Duration::from_millis(20)).await;
            }
            phone.takes_heard();
        }
    }

    /// Those at rest have tried nothing; asked to, they are live.
    async fn comes_out(&self) {
        for phone in self.asleep.iter().chain(&self.offline) {
            let heard = phone.heard();
            assert!(!heard.iter().any(is_on_the_way), "it was not asked to: {heard:?}");
        }
        for phone in &self.asleep {
            phone.core.foreground().await.expect("the foreground");
        }
        for phone in &self.offline {
            phone.core.network(true).await.expect("a network");
        }
        for phone in self.asleep.iter().chain(&self.offline) {
            phone.live(PATIENCE).await.expect("live");
        }
    }
}

fn is_on_the_way(event: &Event) -> bool {
    matches!(event, Event::State(CoreState::Connecting | CoreState::Backoff { .. }))
}
