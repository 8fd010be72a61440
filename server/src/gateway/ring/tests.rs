//! The ring tells what the database would tell, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::log::{Batch, Logged};
use baton_domain::fact::scope::Audience;
use baton_protocol::{Epoch, MembershipKind, Role};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::gateway::broadcast::Counts;
use crate::gateway::testing::{ANA, EPOCH, LUIS, Story, act, sight_of_ana, talk, team};

const LIMITS: RingLimits = RingLimits {
    events: 4,
    age: Duration::from_secs(120),
    bytes: usize::MAX,
    age_max: Duration::from_secs(3_600),
    quiet: 0,
};

/// The same, and of what is let go a little.
const QUIET: RingLimits = RingLimits { quiet: 5, ..LIMITS };

fn published(batch: Arc<Batch>) -> Arc<Published> {
    Arc::new(Published::new(batch, Counts::default()))
}

fn at(position: u64) -> Cursor {
    Cursor { epoch: EPOCH, position }
}

/// A workspace whose commits all reach the ring.
struct Office {
    story: Story,
    ring: Ring,
    now: Instant,
}

impl Office {
    fn new(limits: RingLimits) -> Self {
        Self {
            story: Story::new(),
            ring: Ring::new(limits, Room::new(usize::MAX)),
            now: Instant::now(),
        }
    }

    fn commits(&mut self, acts: impl FnOnce(&mut Story)) {
        let after = self.story.head();
        acts(&mut self.story);
        self.ring.push(&published(self.story.batch(after)), self.now);
    }

    fn block(&self, after: u64, upto: u64) -> Arc<Published> {
        let mut batch = Batch::clone(&self.story.batch(after));
        batch.entries.retain(|logged| logged.event.position <= upto);
        published(Arc::new(batch))
    }

    fn recalls(&mut self, from: u64) -> Option<Recalled> {
        self.ring.recall(&self.story.sight, at(from), self.story.head(), self.now)
    }
}

/// What the database would read for this viewer, as frames; `None` where it says `reset` or reads
/// a snapshot.
fn by_database(story: &Story, sight: &Sight, from: u64) -> Option<(Vec<ConversationId>, Vec<u8>)> {
    let mine = |audience: &Audience| match audience {
        Audience::Everyone => true,
        Audience::Admins => sight.viewer.role == Role::Admin,
        Audience::Team(team) => sight.viewer.teams.contains_key(team),
        Audience::Agent(agent) => *agent == sight.viewer.agent,
    };
    let is_heard = |logged: &&Logged| {
        sight.viewer.role == Role::Admin || logged.route.audiences().iter().any(mine)
    };
    let all = story.batch(from);
    let entries: Vec<Logged> = all.entries.iter().filter(is_heard).cloned().collect();
    let Tidings::Changes { left, entered, told } = sight.tidings(&entries) else { return None };
    if !entered.is_empty() {
        return None;
    }
    let batch = Arc::new(Batch { entries, ..Batch::clone(&all) });
    let published = Published::upto(batch, story.head(), Counts::default());
    Some((left, wire(&published, from, &told)))
}

fn wire(published: &Published, from: u64, told: &[VisibleEvent]) -> Vec<u8> {
    published
        .frames(from, told, &BTreeSet::new())
        .iter()
        .flat_map(|frame| frame.as_bytes().to_vec())
        .collect()
}

fn viewer(which: u8) -> Sight {
    let mut sight = sight_of_ana();
    sight.viewer.agent = if which & 1 == 0 { ANA } else { LUIS };
    sight.viewer.role = [Role::Agent, Role::Supervisor, Role::Admin][usize::from(which / 2 % 3)];
    let kinds = [None, Some(MembershipKind::Member), Some(MembershipKind::Supervisor)];
    let kind = |n: u8| kinds[usize::from(which.rotate_left(n.into()) % 3)];
    let teams = (1..=4).filter_map(|n| Some((team(n.into()), kind(n)?)));
    sight.viewer.teams = teams.collect::<BTreeMap<_, _>>();
    sight
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn the_ring_tells_what_the_database_tells(
        commits in proptest::collection::vec(any::<(u8, u8, u8)>(), 1..60),
        which in any::<u8>(),
        from in any::<u16>(),
        begins in prop_oneof![Just(0), 0_usize..60],
        limits in prop_oneof![
            Just(LIMITS),
            Just(QUIET),
            Just(RingLimits { bytes: 24 * 1024, age: Duration::from_secs(9), ..QUIET }),
        ],
    ) {
        let mut office = Office::new(limits);
        for (place, (n, what, which)) in commits.into_iter().enumerate() {
            let after = office.story.head();
            for n in 0..=n % 4 {
                act(&mut office.story, what.wrapping_add(n * 5), which.wrapping_add(n));
            }
            if place < begins {
                office.ring.advance_to(at(office.story.head()));
            } else if office.story.head() > after && n % 16 != 0 {
                office.ring.push(&published(office.story.batch(after)), office.now);
            }
            office.now += Duration::from_secs(u64::from(n % 64));
        }
        let from = u64::from(from) % (office.story.head() + 1);
        while let Some((after, upto)) = office.ring.block_before(at(from), u64::MAX) {
            let (block, head) = (office.block(after, upto), office.story.head());
            if !office.ring.push_before(&block, head, office.now) {
                break;
            }
        }
        let story = &office.story;
        let sight = Sight { visibility: story.sight.visibility.clone(), ..viewer(which) };
        if let Some(recalled) = office.ring.recall(&sight, at(from), story.head(), office.now) {
            let told = wire(&recalled.stretch, from, &recalled.told);
            prop_assert_eq!(recalled.stretch.end(), story.head());
            prop_assert_eq!(Some((recalled.left, told)), by_database(story, &sight, from));
        }
    }
}

#[test]
fn what_the_ring_covers_is_told_from_any_cursor_in_it() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(1), team(1)));
    office.commits(|story| {
        story.say(talk(1), "a");
        story.say(talk(1), "b");
    });
    for from in 0..=3 {
        let recalled = office.recalls(from).expect("covered");
        assert_eq!(recalled.told.len() as u64, 3 - from);
        let expected = by_database(&office.story, &office.story.sight, from);
        let told = wire(&recalled.stretch, from, &recalled.told);
        assert_eq!(Some((Vec::new(), told)), expected);
    }
    assert!(office.recalls(4).is_none(), "above the head");
    let ahead = office.ring.recall(&office.story.sight, at(1), 4, office.now);
    assert!(ahead.is_none(), "the log is further than the ring");
}

#[test]
fn who_asks_for_the_same_stretch_shares_it() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(1), team(1)));
    let (one, two) = (office.recalls(0).unwrap(), office.recalls(0).unwrap());
    assert!(Arc::ptr_eq(&one.stretch, &two.stretch));
}

#[test]
fn a_gap_or_another_epoch_empties_the_ring() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(1), team(1)));
    // Lost on the bus.
    office.story.say(talk(1), "lost");
    office.commits(|story| story.say(talk(1), "heard"));
    assert!(office.recalls(0).is_none() && office.recalls(1).is_none());
    assert!(office.recalls(2).is_some(), "from there on it is whole");
    // A poll sees that the log is further.
    office.story.say(talk(1), "lost as well");
    office.ring.advance_to(at(4));
    assert!(office.recalls(2).is_none() && office.recalls(3).is_none());
    assert!(office.recalls(4).is_some_and(|recalled| recalled.told.is_empty()));
    let other = Cursor { epoch: Epoch(Uuid::from_u128(77)), position: 4 };
    assert!(office.ring.recall(&office.story.sight, other, 4, office.now).is_none());
    office.ring.advance_to(other);
    assert!(office.recalls(4).is_none());
}

#[test]
fn a_poll_that_knows_less_than_the_bus_changes_nothing() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(1), team(1)));
    office.commits(|story| story.say(talk(1), "a"));
    office.ring.advance_to(at(1));
    office.ring.push(&published(office.story.batch(1)), office.now);
    assert_eq!(office.recalls(0).unwrap().told.len(), 2);
}

#[test]
fn a_change_of_rights_in_the_stretch_is_the_databases_to_tell() {
    let changes: [fn(&mut Story); 2] = [
        |story| story.toggle_member(team(4)),
        |story| story.show(team(4), baton_protocol::Visibility::Head),
    ];
    for change in changes {
        let mut office = Office::new(LIMITS);
        office.commits(|story| story.open(talk(1), team(1)));
        office.commits(change);
        office.commits(|story| story.say(talk(1), "a"));
        assert!(office.recalls(1).is_none(), "the stretch holds the change");
        assert!(office.recalls(2).is_some(), "the stretch begins after it");
    }
}

#[test]
fn a_conversation_that_enters_is_read_from_the_database() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(3), team(3)));
    office.commits(|story| story.hand(talk(3), baton_protocol::Owner::Agent(ANA), team(3)));
    assert!(office.recalls(1).is_none());
}

#[test]
fn much_is_kept_while_it_is_young_and_little_for_an_hour() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(1), team(1)));
    for _ in 0..9 {
        office.commits(|story| story.say(talk(1), "a"));
    }
    assert!(office.recalls(0).is_some(), "more than it has to keep, but young");
    office.now += LIMITS.age + Duration::from_secs(1);
    office.ring.shed(office.now);
    assert!(office.recalls(5).is_none() && office.recalls(6).is_some(), "the last four");
    office.now += LIMITS.age_max;
    office.ring.shed(office.now);
    assert!(office.recalls(9).is_none() && office.recalls(10).is_some(), "where the log stands");
}

#[test]
fn the_ring_is_bounded_in_bytes() {
    let limits = RingLimits { bytes: 64 * 1024, ..LIMITS };
    let mut office = Office::new(limits);
    office.commits(|story| story.open(talk(1), team(1)));
    for _ in 0..200 {
        office.commits(|story| story.say(talk(1), &"x".repeat(1_000)));
        assert!(office.ring.bytes() <= limits.bytes);
    }
    let head = office.story.head();
    assert!(office.recalls(head - 10).is_some() && office.recalls(head - 100).is_none());
    // One that is larger than all of it is not kept either.
    office.commits(|story| story.say(talk(1), &"x".repeat(100_000)));
    assert_eq!(office.ring.bytes(), 0);
    assert!(office.recalls(head + 1).is_some());
}

#[test]
fn a_long_stretch_is_not_put_together_for_every_event_that_follows_it() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(1), team(1)));
    office.commits(|story| {
        for _ in 0..LONG {
            story.say(talk(1), "x");
        }
    });
    let (first, before) = (office.recalls(0).expect("covered"), office.story.head());
    office.commits(|story| story.say(talk(1), "y"));
    let sight = office.story.sight.clone();
    let again = office.ring.recall(&sight, at(0), before, office.now).expect("covered");
    assert!(Arc::ptr_eq(&first.stretch, &again.stretch), "what came since is told live");
    assert!(office.recalls(0).is_none());
    office.now += LONG_APART;
    let all = office.recalls(0).expect("covered");
    assert_eq!((all.stretch.end(), all.told.len()), (before + 1, first.told.len() + 1));
    assert!(office.recalls(before).is_some(), "a short one always");
}

#[test]
fn a_ring_that_begins_late_learns_what_was_before_it() {
    let mut office = Office::new(RingLimits { events: 2_000, ..LIMITS });
    office.story.open(talk(1), team(1));
    for _ in 0..=BLOCK {
        office.story.say(talk(1), "before it began");
    }
    let begun = office.story.head();
    office.ring.begin_at(at(begun));
    office.commits(|story| story.say(talk(1), "since"));
    assert!(office.recalls(1).is_none());
    assert_eq!(office.ring.block_before(at(1), begun - 2), None, "too far back for so few");
    assert_eq!(office.ring.block_before(at(begun), 9_999), None, "it is there");
    while let Some((after, upto)) = office.ring.block_before(at(1), 9_999) {
        assert!(after % BLOCK == 0 && upto <= begun);
        let block = office.block(after, upto);
        assert!(!office.ring.push_before(&block, begun + 2, office.now), "its heads are newer");
        assert!(office.ring.push_before(&block, begun + 1, office.now));
        assert!(!office.ring.push_before(&block, begun + 1, office.now), "it has that");
    }
    let recalled = office.recalls(1).expect("learnt");
    let told = wire(&recalled.stretch, 1, &recalled.told);
    let by_database = by_database(&office.story, &office.story.sight, 1);
    assert_eq!(Some((Vec::new(), told)), by_database);
}

#[test]
fn a_ring_that_let_go_of_something_learns_nothing_older() {
    let mut office = Office::new(LIMITS);
    office.commits(|story| story.open(talk(1), team(1)));
    for _ in 0..9 {
        office.commits(|story| story.say(talk(1), "a"));
    }
    office.now += LIMITS.age + Duration::from_secs(1);
    office.ring.shed(office.now);
    assert!(office.recalls(1).is_none());
    assert_eq!(office.ring.block_before(at(1), 9_999), None);
}

#[test]
fn a_ring_that_knows_nothing_tells_nothing() {
    let mut ring = Ring::new(LIMITS, Room::new(usize::MAX));
    assert!(ring.recall(&sight_of_ana(), at(0), 0, Instant::now()).is_none());
}

#[test]
fn the_rings_of_all_workspaces_share_their_room() {
    let fill = |office: &mut Office| {
        office.commits(|story| story.open(talk(1), team(1)));
        for _ in 0..3 {
            office.commits(|story| story.say(talk(1), &"x".repeat(500)));
        }
    };
    let mut alone = Office::new(LIMITS);
    fill(&mut alone);
    let most = alone.ring.bytes() * 3 / 2;
    let room = Room::new(most);
    let ring = || Office { ring: Ring::new(LIMITS, room.clone()), ..Office::new(LIMITS) };
    let (mut one, mut other) = (ring(), ring());
    fill(&mut one);
    fill(&mut other);
    assert!(one.recalls(0).is_some(), "what others keep is not theirs to take");
    assert!(other.recalls(0).is_none() && other.recalls(other.story.head() - 1).is_some());
    assert!(one.ring.bytes() + other.ring.bytes() <= most);
    drop(one);
    let from = other.story.head();
    fill(&mut other);
    assert!(other.recalls(from).is_some() && other.ring.bytes() <= most);
}

#[test]
fn a_busy_team_sends_nobody_else_to_the_database() {
    let mut office = Office::new(QUIET);
    office.commits(|story| story.open(talk(1), team(1)));
    office.commits(|story| story.open(talk(2), team(3)));
    let from = office.story.head();
    office.commits(|story| story.say(talk(1), "mine"));
    for _ in 0..40 {
        office.commits(|story| story.say(talk(2), "theirs"));
    }
    office.now += QUIET.age * 2;
    office.commits(|story| story.say(talk(1), "mine as well"));
    let recalled = office.recalls(from).expect("of the own team, little was let go");
    assert_eq!(recalled.told.len(), 2);
    assert!(recalled.stretch.batch().entries.len() < 20, "theirs is let go");
    let told = wire(&recalled.stretch, from, &recalled.told);
    let by_database = by_database(&office.story, &office.story.sight, from);
    assert_eq!(Some((Vec::new(), told)), by_database);
    let admin = Sight { viewer: viewer(4).viewer, ..office.story.sight.clone() };
    assert_eq!(admin.viewer.role, Role::Admin);
    let read = office.ring.recall(&admin, at(from), office.story.head(), office.now);
    assert!(read.is_none(), "admins read the log itself");
    for _ in 0..=QUIET.quiet {
        office.commits(|story| story.say(talk(1), "and more"));
    }
    office.now += QUIET.age * 2;
    office.commits(|story| story.say(talk(2), "theirs"));
    office.commits(|story| story.say(talk(2), "theirs"));
    assert!(office.recalls(from).is_none(), "the own team was told much as well");
}

#[test]
fn a_team_that_was_busy_an_hour_ago_is_quiet_again() {
    let mut office = Office::new(QUIET);
    office.commits(|story| story.open(talk(1), team(1)));
    for _ in 0..20 {
        office.commits(|story| story.say(talk(1), "much"));
    }
    office.now += QUIET.age * 2;
    office.ring.shed(office.now);
    let from = office.story.head() - 8;
    assert!(office.recalls(from).is_none());
    office.now += QUIET.age_max;
    office.ring.shed(office.now);
    let from = office.story.head();
    for _ in 0..7 {
        office.commits(|story| story.say(talk(1), "little"));
    }
    office.now += QUIET.age * 2;
    office.ring.shed(office.now);
    assert_eq!(office.recalls(from).expect("kept").told.len(), 7);
}
