//! What a leader remembers from look to look, and what it makes of it.

mod ends;
mod waits;

use std::collections::BTreeSet;

use baton_protocol::setting::{Hand, Routing};
use baton_protocol::{Agent, AgentState, Availability, MembershipKind, OfferId, OpenOffer, Role};
use uuid::Uuid;

use super::*;
use crate::hand::reach::Signs;

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0x11));
const TEAM: TeamId = TeamId(Uuid::from_u128(0x12));
const ANA: AgentId = AgentId(Uuid::from_u128(0x21));
const BEN: AgentId = AgentId(Uuid::from_u128(0x22));
const WINDOW_S: u32 = 45;

fn wall(ms: u64) -> Timestamp {
    Timestamp::from_ms(1_800_000_000_000 + i64::try_from(ms).unwrap())
}

/// So many ms after the beginning.
fn at(ms: u64) -> LookTime {
    LookTime { wall: wall(ms), steady: Duration::from_millis(ms) }
}

fn conversation(number: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(0x1000 + number))
}

fn policies() -> BTreeMap<Key<TeamId>, Routing> {
    let of_team = Routing { hand: Hand::Offer, window_s: WINDOW_S, ..Routing::default() };
    [((WORKSPACE, TEAM), of_team)].into()
}

/// An offer that was made at this time, ms.
fn offer(number: u128, agent_id: AgentId, made: u64) -> StandingOffer {
    let offer_id = OfferId(Uuid::from_u128(0x2000 + number));
    let until = wall(made + u64::from(WINDOW_S) * 1000);
    StandingOffer {
        workspace: WORKSPACE,
        team: TEAM,
        conversation: conversation(number),
        offer: OpenOffer { offer_id, agent_id, until },
        revision: 3,
    }
}

fn agent(id: AgentId) -> Agent {
    let kind = MembershipKind::Member;
    Agent {
        id,
        name: String::new(),
        role: Role::Agent,
        state: AgentState::Active,
        availability: Availability::Available,
        load: 0,
        capacity: Some(4),
        teams: vec![baton_protocol::Membership { team_id: TEAM, kind }],
    }
}

/// Somebody at a device since then, ms, and whose socket is open.
fn is_at_device(since: u64) -> Signs {
    let heard = Some(wall(since));
    Signs { has_socket: true, heard_at: heard, offers_heard_at: heard, ..Signs::default() }
}

/// Ana and Ben, with these signs of Ana's devices.
fn staff(ana: Signs) -> BTreeMap<WorkspaceId, Staff> {
    let agents = vec![agent(ANA), agent(BEN)];
    let signs = [(ANA, ana), (BEN, Signs::default())].into();
    [(WORKSPACE, Staff { agents, signs, ..Staff::default() })].into()
}
