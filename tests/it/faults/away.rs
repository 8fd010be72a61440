//! A client that was away ends where those ended that stayed: by socket and by `GET /sync`, through
//! transfers and changes of teams, at every level of sight.
//!
//! `BATON_AWAY_EVENTS` is the number of events that are missed.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::client::SignedIn;
use baton_model::dice::Dice;
use baton_protocol::command::{Claim, MarkRead, NoteText, Seeing, Transfer};
use baton_protocol::settings::{MemberPut, TeamNew};
use baton_protocol::{
    AgentId, CommandBody, MembershipKind, Owner, ReplyPolicy, Team, TeamId, Visibility,
};
use baton_world::compare::differences;
use baton_world::history::Written;
use baton_world::phone::{Phone, full};
use baton_world::process::Installation;
use reqwest::Method;
use tokio::time::{Instant, sleep};

use super::desk::Desk;
use super::load::reply;
use super::{ONE, number, places, seed, turn};

const CONVERGE: Duration = Duration::from_secs(10);
/// Rounds of acts between two looks of those who stay.
const LOOK_EVERY: u64 = 25;

/// One agent with two phones, of which one is away.
struct Viewer {
    name: &'static str,
    stays: Phone,
    away: Phone,
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_away_ends_where_those_ended_who_stayed() -> Result<()> {
    let _turn = turn(ONE).await?;
    let seed = seed();
    let events = number("BATON_AWAY_EVENTS", 900);
    for place in places().await? {
        let told = Box::pin(run(place, seed, events)).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn run(place: Installation, seed: u64, events: u64) -> Result<String> {
    let kind = place.kind;
    let mut desk = Desk::open(place, seed, (4, 24)).await?;
    let teams = Teams::make(&desk).await?;
    let mut viewers = viewers(&desk, &teams).await?;
    let mut driver = Phone::of(desk.admin.signed.clone());
    driver.listen().await?;
    for viewer in &mut viewers {
        viewer.stays.listen().await?;
        viewer.away.listen().await?;
        viewer.away.goes_offline().await;
    }
    desk.judge_from(driver.cursor().await);
    let began = driver.cursor().await.position;
    let mut dice = Dice::of_part(seed, 0);
    let mut rounds = 0;
    while driver.cursor().await.position < began + events {
        act(&mut desk, &mut driver, &teams, &mut dice).await?;
        rounds += 1;
        if rounds % LOOK_EVERY == 0 {
            teams.moves(&desk.admin.signed, &viewers, &mut dice).await?;
            for viewer in &mut viewers {
                viewer.stays.listen().await?;
                reads(&mut viewer.stays, &mut dice).await?;
            }
        }
    }
    desk.quiet().await?;
    driver.listen().await?;
    let missed = driver.cursor().await.position - began;
    let mut told = Vec::new();
    for viewer in &mut viewers {
        told.push(comes_back(viewer).await.with_context(|| viewer.name.to_owned())?);
    }
    let mut phones = vec![driver];
    phones.extend(viewers.into_iter().map(|viewer| viewer.stays));
    let history = desk.history(&mut phones).await?;
    desk.close(&history).await?;
    Ok(format!("{kind}: {missed} events missed; {}", told.join(", ")))
}

/// The desk, where conversations begin; one whose members see heads of what is their
/// colleagues'; one whose members see their own and the queue.
struct Teams {
    desk: TeamId,
    heads: TeamId,
    own: TeamId,
}

impl Teams {
    async fn make(desk: &Desk) -> Result<Self> {
        let admin = &desk.admin.signed;
        let new = |name: &str, visibility| TeamNew {
            name: name.to_owned(),
            reply_policy: ReplyPolicy::Team,
            visibility,
            claim_from_colleagues: true,
        };
        let heads: Team = admin.post("/teams", &new("Heads", Visibility::Head)).await?;
        let own: Team = admin.post("/teams", &new("Own", Visibility::Own)).await?;
        Ok(Self { desk: desk.cast.team, heads: heads.id, own: own.id })
    }

    fn all(&self) -> [TeamId; 3] {
        [self.desk, self.heads, self.own]
    }

    /// The second viewer joins a team or leaves it; the others stay where they are.
    async fn moves(&self, admin: &SignedIn, viewers: &[Viewer], dice: &mut Dice) -> Result<()> {
        let agent = viewers.get(1).context("no second viewer")?.stays.signed.session.agent_id;
        let team = *dice.one_of(&self.all()).context("no team")?;
        member(admin, (team, agent), dice.percent(60)).await
    }
}

async fn member(admin: &SignedIn, (team, agent): (TeamId, AgentId), joins: bool) -> Result<()> {
    let (api, token) = (&admin.api, Some(admin.session.access_token.as_str()));
    let path = format!("/teams/{team}/members/{agent}");
    let put = MemberPut { kind: MembershipKind::Member };
    let (method, body) = if joins { (Method::PUT, Some(&put)) } else { (Method::DELETE, None) };
    let () = api.call(method, &path, token, body).await?;
    Ok(())
}

async fn viewers(desk: &Desk, teams: &Teams) -> Result<Vec<Viewer>> {
    let names = ["of the desk", "who moves", "of the heads", "of the own"];
    let mut viewers = Vec::new();
    for (name, stays) in names.into_iter().zip(desk.phones().await?) {
        let agent = stays.signed.session.agent_id;
        let login = desk.cast.logins.iter().find(|login| login.agent_id == agent);
        let away = Phone::sign_in(&desk.place.url(), login.context("no login")?).await?;
        for (team, of) in [(teams.heads, "of the heads"), (teams.own, "of the own")] {
            if name == of {
                member(&desk.admin.signed, (team, agent), true).await?;
                member(&desk.admin.signed, (teams.desk, agent), false).await?;
            }
        }
        viewers.push(Viewer { name, stays, away });
    }
    Ok(viewers)
}

/// One act of a customer or of the driver, who sees everything.
async fn act(desk: &mut Desk, driver: &mut Phone, teams: &Teams, dice: &mut Dice) -> Result<()> {
    if dice.percent(20) {
        let customer = dice.one_of(&desk.customers).context("no customer")?.clone();
        let text = format!("{} says no. {}", customer.id(), desk.written.len());
        let wamid = customer.sends(&text).await;
        desk.written.insert(wamid, Written { by: customer.id().to_owned(), text });
    }
    driver.listen().await?;
    let held: Vec<_> = driver.mirror().conversations.values().collect();
    let full = dice.one_of(&held).and_then(|held| full(held)).context("the driver sees a head")?;
    let (id, epoch) = (full.view.conversation.head.id, full.view.conversation.head.owner_epoch);
    let seen = full.view.conversation.thread.last_line;
    let count = driver.given().len();
    let body = match dice.below_u64(20) {
        0..8 => {
            let agents = desk.cast.logins.iter().skip(1).map(|login| login.agent_id);
            let agents: Vec<_> = agents.map(Owner::Agent).collect();
            let team = dice.one_of(&teams.all()).copied().context("no team")?;
            let to = if dice.percent(50) {
                Some(Owner::Queue(team))
            } else {
                dice.one_of(&agents).copied()
            };
            CommandBody::Transfer(Transfer {
                to: to.context("nobody")?,
                expect_owner_epoch: epoch,
                seen,
                note: dice.percent(30).then(|| "for you".to_owned()),
                exceed_capacity: false,
            })
        }
        8..12 => CommandBody::Note(NoteText::from(format!("note {count}"))),
        12..15 => reply(format!("reply {count}"), seen),
        15 | 16 => CommandBody::Claim(Claim { expect_owner_epoch: epoch, exceed_capacity: false }),
        17 => CommandBody::MarkWaiting(Seeing { seen }),
        _ => CommandBody::Resolve(seen.into()),
    };
    driver.wants(id, body);
    driver.settle(true).await
}

/// An agent reads something, which only the agent's own phones are told.
async fn reads(phone: &mut Phone, dice: &mut Dice) -> Result<()> {
    let held: Vec<_> = phone.mirror().conversations.values().collect();
    let Some(held) = dice.one_of(&held) else { return Ok(()) };
    let (id, seq) = (held.head().id, held.head().last_seq);
    phone.wants(id, CommandBody::MarkRead(MarkRead { seq }));
    phone.settle(false).await
}

/// By both roads, to what the other phone and a new one hold.
async fn comes_back(viewer: &mut Viewer) -> Result<String> {
    let mirror = viewer.away.mirror().clone();
    let mut by_sync = Phone::holding(viewer.away.signed.clone(), mirror);
    let began = Instant::now();
    viewer.away.listen().await?;
    let took = began.elapsed();
    by_sync.sync().await?;
    let deadline = Instant::now() + CONVERGE;
    loop {
        let mut fresh = Phone::of(viewer.away.signed.clone());
        fresh.listen().await?;
        viewer.stays.listen().await?;
        viewer.away.listen().await?;
        let mut wrong = differences(viewer.stays.mirror(), viewer.away.mirror());
        wrong.extend(differences(viewer.away.mirror(), fresh.mirror()));
        wrong.extend(differences(by_sync.mirror(), fresh.mirror()));
        if wrong.is_empty() {
            ensure!(fresh.mirror().fingerprint() == viewer.away.mirror().fingerprint(), "hash");
            let count = fresh.mirror().conversations.len();
            return Ok(format!("{} {count} in scope after {} ms", viewer.name, took.as_millis()));
        }
        ensure!(Instant::now() < deadline, "{}", wrong.join("\n"));
        sleep(Duration::from_millis(50)).await;
    }
}
