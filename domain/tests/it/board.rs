//! The part of one count that supervisors are shown.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::scope::Viewer;
use baton_domain::hand::board::{BoardInput, BrakeOn, Counted, RouterView};
use baton_protocol::board::{BoardAlert, BoardFigures, Verdict};
use baton_protocol::{
    Agent, AgentId, AgentState, Availability, ChannelId, Membership, MembershipKind, Role, TeamId,
    Timestamp,
};
use uuid::Uuid;

const ANA: AgentId = AgentId(Uuid::from_u128(1));
const BEN: AgentId = AgentId(Uuid::from_u128(2));
const SALES: TeamId = TeamId(Uuid::from_u128(11));
const BILLING: TeamId = TeamId(Uuid::from_u128(12));
const SHOP: ChannelId = ChannelId(Uuid::from_u128(21));
const OFFICE: ChannelId = ChannelId(Uuid::from_u128(22));
const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn member(id: AgentId, teams: &[TeamId]) -> Agent {
    let place = |team_id: &TeamId| Membership { team_id: *team_id, kind: MembershipKind::Member };
    Agent {
        id,
        name: id.to_string(),
        role: Role::Agent,
        state: AgentState::Active,
        availability: Availability::Available,
        load: 3,
        capacity: Some(5),
        teams: teams.iter().map(place).collect(),
    }
}

fn standing(verdict: Verdict) -> RouterView {
    RouterView { verdict, is_bot: false, is_out: false, lives: false }
}

fn counted(team: TeamId, channel: ChannelId, figures: BoardFigures) -> Counted {
    Counted { team, channel, owner: None, asked: None, figures }
}

/// Sales has a line, an offer to Ana and two of Ana's; Billing has one of Ben's.
fn input() -> BoardInput {
    let ago = |minutes: i64| Some(NOW.plus_ms(-minutes * 60_000));
    let line = BoardFigures { waiting: 2, in_line: 2, oldest: ago(9), ..BoardFigures::default() };
    let offer = BoardFigures { waiting: 1, offered: 1, oldest: ago(3), ..BoardFigures::default() };
    let owned = BoardFigures { waiting: 1, owned: 2, oldest: ago(4), ..BoardFigures::default() };
    let bens = BoardFigures { owned: 1, ..BoardFigures::default() };
    BoardInput {
        at: NOW,
        teams: BTreeSet::from([SALES, BILLING]),
        routed: BTreeSet::from([SALES]),
        counted: vec![
            counted(SALES, SHOP, line),
            Counted { asked: Some(ANA), ..counted(SALES, OFFICE, offer) },
            Counted { owner: Some(ANA), ..counted(SALES, SHOP, owned) },
            Counted { owner: Some(BEN), ..counted(BILLING, SHOP, bens) },
        ],
        people: vec![
            (member(BEN, &[BILLING]), standing(Verdict::Unsure)),
            (member(ANA, &[SALES, BILLING]), standing(Verdict::Push)),
        ],
        brake: None,
    }
}

fn lead(teams: &[TeamId]) -> Viewer {
    let teams = teams.iter().map(|team| (*team, MembershipKind::Supervisor));
    let agent = AgentId(Uuid::from_u128(9));
    Viewer { agent, role: Role::Supervisor, teams: teams.collect() }
}

#[test]
fn figures_of_a_team_and_of_a_number_are_the_sums_of_what_the_viewer_supervises() {
    let all = input().shown_to(&lead(&[SALES, BILLING]));
    let (of, sales) = (&all.teams, all.teams[&SALES]);
    assert_eq!((sales.waiting, sales.in_line, sales.offered, sales.owned), (4, 2, 1, 2));
    assert_eq!(sales.oldest, Some(NOW.plus_ms(-9 * 60_000)), "the longest wait of all parts");
    assert_eq!((of[&BILLING].owned, of[&BILLING].oldest), (1, None));
    let owned = |channel| all.channels.get(&channel).map(|one| (one.owned, one.offered));
    assert_eq!((owned(SHOP), owned(OFFICE)), (Some((3, 0)), Some((0, 1))));

    let billing = input().shown_to(&lead(&[BILLING]));
    assert_eq!(billing.teams.keys().collect::<Vec<_>>(), [&BILLING]);
    assert_eq!(billing.channels.len(), 1);
    assert_eq!(billing.channels[&SHOP].owned, 1, "nothing of Sales is in the number's sum");
    let admin = Viewer { role: Role::Admin, ..lead(&[]) };
    assert_eq!(input().shown_to(&admin).teams.len(), 2);
}

#[test]
fn a_person_is_shown_with_their_load_of_each_team_and_what_they_may_still_have() {
    let board = input().shown_to(&lead(&[SALES]));
    let [ana] = &board.agents[..] else { panic!("{:?}", board.agents) };
    assert_eq!((ana.agent_id, ana.load, ana.room), (ANA, 3, Some(2)));
    assert_eq!((ana.offered, ana.waiting, ana.verdict), (1, 1, Verdict::Push));
    assert_eq!(ana.teams, BTreeMap::from([(SALES, 3)]));
    let mut out = input();
    out.people[1].1.is_out = true;
    let shown = |input: &BoardInput| input.shown_to(&lead(&[SALES])).agents[0].not_responding;
    assert_eq!((shown(&input()), shown(&out)), (false, true));
    let mut gone = input();
    gone.people[1].0.state = AgentState::Leaving;
    gone.people[1].0.capacity = None;
    let board = gone.shown_to(&lead(&[SALES]));
    assert_eq!(
        board.agents[0].room, None,
        "somebody who leaves is shown while they have something"
    );
    gone.counted.truncate(1);
    assert!(gone.shown_to(&lead(&[SALES])).agents.is_empty());
}

#[test]
fn a_routed_team_of_which_nobody_can_be_reached_is_an_alert() {
    let alerts = |change: &dyn Fn(&mut BoardInput)| {
        let mut input = input();
        change(&mut input);
        input.shown_to(&lead(&[SALES, BILLING])).alerts
    };
    let nobody = BoardAlert::NobodyThere { team_id: SALES };
    assert_eq!(alerts(&|_| {}), [], "a push reaches Ana");
    assert_eq!(alerts(&|of| of.people[1].1 = standing(Verdict::Unreachable)), [nobody]);
    assert_eq!(alerts(&|of| of.people[1].1 = standing(Verdict::Connected)), []);
    assert_eq!(alerts(&|of| of.people[1].1.is_bot = true), [nobody]);
    assert_eq!(alerts(&|of| of.people[1].1.is_out = true), [nobody]);
    assert_eq!(alerts(&|of| of.people[1].0.availability = Availability::Away), [nobody]);
    assert_eq!(alerts(&|of| of.people[1].0.teams.clear()), [nobody]);
    assert_eq!(alerts(&|of| of.people[1].0.teams[0].kind = MembershipKind::Supervisor), [nobody]);
    let unrouted = |of: &mut BoardInput| {
        of.people[1].1 = standing(Verdict::Unreachable);
        of.routed.clear();
    };
    assert_eq!(alerts(&unrouted), [], "what nobody routes rings for all");
}

#[test]
fn a_brake_comes_first_and_then_only_people_at_a_device_count_as_there() {
    let mut input = input();
    let (since, fallen, of) = (NOW, 9, 12);
    input.brake = Some(BrakeOn { since, fallen, of });
    input.counted[0].figures.orphans = 2;
    input.counted[2].figures.late = 1;
    let expected = [
        BoardAlert::Brake { since, fallen, of },
        BoardAlert::NobodyThere { team_id: SALES },
        BoardAlert::Orphans { team_id: SALES, count: 2 },
        BoardAlert::Late { team_id: SALES, count: 1 },
    ];
    assert_eq!(input.shown_to(&lead(&[SALES])).alerts, expected);
    input.people[1].1.lives = true;
    assert_eq!(input.shown_to(&lead(&[SALES])).alerts.len(), 3, "her phone had a push since");
    input.people[1].1 = standing(Verdict::Here);
    assert_eq!(input.shown_to(&lead(&[SALES])).alerts.len(), 3);
    assert_eq!(input.shown_to(&lead(&[])).alerts, [], "who supervises nothing is told nothing");
}
