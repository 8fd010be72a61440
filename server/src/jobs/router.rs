//! The hand of routing. It reads what waits and who is there, and plans in memory. The engine tests
//! each choice again. A plan that dies with its node was no promise: what waits
//! stays in its queue, and the next leader looks there.
//!
//! What is remembered from look to look, and each rule of it, is [`Look`] of the domain. Here it is
//! fed: with what the database, the log and the coordinator tell, and with the time.

mod absence;
mod asked;
mod calls;
mod moves;
mod probe;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::group::{HandBackWork, Key, OfferEndWork, RouteWork};
use baton_domain::hand::board::BrakeOn;
use baton_domain::hand::look::{
    IN_A_LOOK, InQueue, Look, LookTime, OffersRead, Queue, Staff, StandingOffer, TurnKey,
};
use baton_domain::hand::reach::Sockets;
use baton_domain::hand::routing::missed::Missed;
use baton_domain::hand::routing::{Candidate, TeamRouting, open_at};
use baton_protocol::push::PushLane;
use baton_protocol::setting::Routing;
use baton_protocol::{AgentId, DeviceId, OfferId, PushId, TeamId, Visibility, WorkspaceId};
use futures_util::future::join_all;

use self::asked::Asked;
use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::assign::{AssignWish, end_wishes};
use crate::store::read::{self, has_offer, offer_end, routed_teams, standing_offers, waiting};
use crate::store::{StoreError, Tx};
use crate::telemetry::{Metrics, Spell};

/// Asks agents to take what waits in queues.
#[derive(Clone, Debug)]
pub struct Router {
    /// Where choices are decided.
    pub engine: Engine,
    /// Whether this node is the one that routes.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// The push services that the server is set up for.
    pub lanes: Arc<[PushLane]>,
    /// The place where sockets are known.
    pub coordinator: Arc<dyn Coordinator>,
    /// The place where brakes are shown.
    pub metrics: Metrics,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Choices that are decided together. Others' work comes between, so a long queue holds up nobody.
const IN_A_GROUP: usize = 25;
/// Looks in a row without a pause, while a queue is longer than one look plans for.
const IN_A_ROW: u32 = 10;

/// The memory of a leader, and what it has told others of it.
#[derive(Default, Debug)]
struct Memory {
    look: Look,
    /// True once what the last leader told of people was read.
    is_begun: bool,
    told_missed: BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>>,
    told_brakes: BTreeMap<WorkspaceId, BrakeOn>,
    /// The probes that are to be sent now.
    probed: Vec<(WorkspaceId, (PushId, AgentId, DeviceId, PushLane))>,
    /// The time of the last look at owners who are not there.
    absences_at: Option<Duration>,
}

/// The people of the workspaces that a look needs: each is read once.
#[derive(Default)]
struct People {
    sockets: BTreeMap<WorkspaceId, Sockets>,
    staff: BTreeMap<WorkspaceId, Staff>,
}

/// The matters of one look.
struct Matters {
    policies: BTreeMap<Key<TeamId>, Routing>,
    offers: Vec<StandingOffer>,
    /// The first of each queue that somebody waits in.
    queues: BTreeMap<Key<TeamId>, Vec<InQueue>>,
    asked: Asked,
    /// The minutes after which owners count as absent; `None` where that is not due.
    minutes: Option<BTreeMap<Key<TeamId>, u32>>,
}

impl Matters {
    /// The workspaces whose people matter. Where nobody waits, that is so once in a while.
    fn workspaces(&self) -> BTreeSet<WorkspaceId> {
        let absent =
            self.minutes.iter().flat_map(|minutes| self.policies.keys().chain(minutes.keys()));
        let all = self.queues.keys().chain(absent).map(|(of, _)| *of);
        let all = all.chain(self.offers.iter().map(|offer| offer.workspace));
        all.chain(self.asked.of.keys().copied()).collect()
    }
}

/// The wishes of one look.
#[derive(Default)]
struct Wishes {
    backs: Vec<HandBackWork>,
    ends: Vec<OfferEndWork>,
    routes: Vec<RouteWork>,
    /// The wishes of rules that are over.
    over: Vec<AssignWish>,
    /// Whether a queue is longer than what was planned, and gets shorter.
    is_more: bool,
}

impl Router {
    /// Looks twice a second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let mut memory = Memory::default();
        let mut in_a_row = 0;
        loop {
            let mut is_more = false;
            if self.membership.term().is_some() {
                let looked = self.look(&mut memory).await;
                is_more = matches!(looked, Ok(true));
                if !self.engine.store().is_away() {
                    let what = "what waits in queues could not be read; trying again";
                    spell.note(what, looked.as_ref().err(), self.clock.monotonic());
                }
            } else {
                memory = Memory::default();
                self.metrics.routing_brakes.set(0);
            }
            in_a_row = if is_more { in_a_row + 1 } else { 0 };
            if in_a_row % IN_A_ROW == 0 {
                self.clock.sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Looks once, and tells whether a queue has more that somebody could be asked to take.
    async fn look(&self, memory: &mut Memory) -> Result<bool, StoreError> {
        let matters = self.matters(memory).await?;
        let mut people = self.people(&matters).await;
        let mut tx = self.engine.store().read().await?;
        if !memory.is_begun {
            let missed = read::missed(&mut tx).await?;
            (memory.look, memory.is_begun) = (Look::after(missed), true);
        }
        let mut wishes = self.wishes(&mut tx, memory, &mut people, &matters).await;
        if let Ok(wishes) = &mut wishes {
            wishes.backs = self.deserted(&mut tx, memory, &mut people, &matters).await?;
        }
        tx.rollback().await?;
        self.tell_brakes(memory).await?;
        self.tell_missed(memory).await?;
        self.send_probes(memory).await?;
        let Wishes { backs, ends, routes, over, is_more } = wishes?;
        if let Some(led) = self.membership.led(self.engine.store()) {
            end_wishes(&led, &over).await?;
        }
        let backs = join_all(backs.into_iter().map(|back| self.engine.hand_back(back))).await;
        let ended = join_all(ends.into_iter().map(|end| self.engine.end_offer(end))).await;
        let mut routed = Vec::with_capacity(routes.len());
        for part in routes.chunks(IN_A_GROUP) {
            let part = part.iter().map(|route| self.engine.route(route.clone()));
            routed.extend(join_all(part).await);
        }
        let failed = backs.iter().chain(&ended).chain(&routed).filter(|done| done.is_err()).count();
        if failed > 0 {
            tracing::warn!(failed, "some choices could not be decided; looking again");
        }
        Ok(is_more && failed == 0)
    }

    async fn matters(&self, memory: &mut Memory) -> Result<Matters, StoreError> {
        let mut tx = self.engine.store().read().await?;
        let policies = routed_teams(&mut tx).await?;
        let offers = standing_offers(&mut tx).await?;
        let mut queues = BTreeMap::new();
        for (workspace, team) in policies.keys() {
            let found = waiting(&mut tx, *workspace, *team, IN_A_LOOK as u64).await?;
            if !found.is_empty() {
                queues.insert((*workspace, *team), found);
            }
        }
        let asked = self.asked(&mut tx).await?;
        let minutes = self.minutes(&mut tx, memory).await?;
        tx.rollback().await?;
        Ok(Matters { policies, offers, queues, asked, minutes })
    }

    /// Asks who has a socket. Nothing of the database is held meanwhile.
    async fn people(&self, matters: &Matters) -> People {
        let asked = matters.workspaces().into_iter().map(async |workspace| {
            let sockets = self.coordinator.sockets(workspace).await;
            (workspace, sockets)
        });
        let sockets = join_all(asked).await.into_iter().collect();
        People { sockets, ..People::default() }
    }

    async fn wishes(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        staff: &mut People,
        matters: &Matters,
    ) -> Result<Wishes, StoreError> {
        let mut wishes = Wishes::default();
        let Matters { policies, offers, asked, .. } = matters;
        let at = self.time();
        memory.look.keep(offers, policies, at);
        note_over(tx, memory, at).await?;
        for workspace in matters.workspaces() {
            self.staff_of(tx, staff, workspace).await?;
            if let Some(of) = staff.staff.get_mut(&workspace) {
                memory.look.note_signs(workspace, of);
            }
        }
        let read = OffersRead { offers, policies, staff: &staff.staff };
        wishes.ends = ends(tx, memory, read, at).await?;
        let mut people: BTreeMap<WorkspaceId, BTreeMap<AgentId, Candidate>> = BTreeMap::new();
        wishes.over.clone_from(&asked.over);
        for (workspace, asked) in &asked.of {
            let of = (*workspace, self.staff_of(tx, staff, *workspace).await?);
            let candidates = people.entry(*workspace);
            let candidates = candidates.or_insert_with(|| memory.look.candidates(of, offers, at));
            let waits = self.with_former(tx, memory, of, asked.waits()).await?;
            let asked = (*workspace, asked, waits.as_slice());
            let routes = self.for_rules(memory, asked, policies, candidates);
            wishes.routes.extend(routes);
        }
        let for_rules: BTreeSet<_> =
            wishes.routes.iter().map(|route| (route.workspace, route.conversation)).collect();
        for ((workspace, team), policy) in policies {
            let mut found = matters.queues.get(&(*workspace, *team)).cloned().unwrap_or_default();
            wishes.is_more |= memory.look.is_shorter((*workspace, *team), &found);
            found.retain(|one| !for_rules.contains(&(*workspace, one.conversation)));
            let turn = |of: &InQueue| (*workspace, *team, of.conversation, of.since);
            let turns: Vec<TurnKey> = found.iter().map(turn).collect();
            memory.look.forget_turns((*workspace, *team), &turns);
            if found.is_empty() {
                continue;
            }
            let of = self.staff_of(tx, staff, *workspace).await?;
            // What one team's plan gives somebody, the next one counts.
            let candidates = match people.entry(*workspace) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(memory.look.candidates((*workspace, of), offers, at))
                }
            };
            let hours = of.settings.hours.iter().map(|(id, hours)| (*id, hours));
            let is_open = open_at(hours, at.wall);
            let of_workspace = policies.iter().filter(|((of, _), _)| of == workspace);
            let routings = of_workspace.map(|((_, team), policy)| (*team, policy)).collect();
            let (is_open, routings) = (&is_open, &routings);
            let routing = TeamRouting { team: *team, policy, is_open, routings };
            let found = self.with_former(tx, memory, (*workspace, of), found).await?;
            let seed = u64::from_le_bytes(self.clock.bytes());
            let queue = Queue { workspace: *workspace, routing, seed, at };
            let fresh = || OfferId(self.clock.uuid_v4());
            let routes = memory.look.route(queue, found, candidates, fresh);
            let routes = self.without_circles(tx, memory, &turns, routes).await?;
            let routes = self.with_due_calls(tx, memory, &turns, routes).await?;
            wishes.routes.extend(routes);
        }
        memory.look.forget_teams(policies);
        Ok(wishes)
    }

    /// The people of a workspace, read unless they were.
    async fn staff_of<'a>(
        &self,
        tx: &mut Tx,
        known: &'a mut People,
        workspace: WorkspaceId,
    ) -> Result<&'a Staff, StoreError> {
        let sockets = known.sockets.get(&workspace).unwrap_or(&Sockets::Unknown);
        Ok(match known.staff.entry(workspace) {
            Entry::Occupied(staff) => staff.into_mut(),
            Entry::Vacant(place) => place.insert(self.staff(tx, workspace, sockets).await?),
        })
    }

    async fn staff(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        sockets: &Sockets,
    ) -> Result<Staff, StoreError> {
        let agents = read::agents(tx, workspace).await?;
        let known = (&*self.lanes, sockets);
        let signs = read::signs(tx, workspace, known, self.clock.now()).await?;
        let settings = read::agent_settings(tx, workspace).await?;
        let teams = read::teams(tx, workspace).await?;
        let heads = teams.into_iter().filter(|team| team.visibility == Visibility::Head);
        let heads = heads.map(|team| team.id).collect();
        Ok(Staff { agents, signs, settings, heads })
    }

    /// The time, by both clocks.
    fn time(&self) -> LookTime {
        LookTime { wall: self.clock.now(), steady: self.clock.monotonic() }
    }
}

/// Reads the ends of offers that are over. One may be over before it was seen.
async fn note_over(tx: &mut Tx, memory: &mut Memory, at: LookTime) -> Result<(), StoreError> {
    while let Some(over) = memory.look.next_over() {
        match offer_end(tx, &over).await {
            Ok(end) => memory.look.note_end(&over, end, at),
            Err(error) => {
                memory.look.note_unread_end(&over, at);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// The offers that are over now. Only of those that seem to have reached nobody are receipts read.
async fn ends(
    tx: &mut Tx,
    memory: &mut Memory,
    read: OffersRead<'_>,
    at: LookTime,
) -> Result<Vec<OfferEndWork>, StoreError> {
    for (offer, pushed_after) in memory.look.unconfirmed(read, at) {
        if has_offer(tx, &offer, pushed_after).await? {
            memory.look.note_received(&offer);
        }
    }
    Ok(memory.look.ends(read, at))
}
