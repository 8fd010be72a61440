//! Whatever the bus does to the order of batches.

use baton_domain::fact::log::Batch;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::gateway::broadcast::Counts;
use crate::gateway::testing::{EPOCH, Story, talk, team};

const LIMITS: OrderLimits =
    OrderLimits { wait: Duration::from_millis(100), batches: 8, bytes: usize::MAX };
const NONE: [u64; 0] = [];
const MS: Duration = Duration::from_millis(1);

/// Commits of so many events each, in the log's order.
fn commits(sizes: &[u64]) -> Vec<Arc<Published>> {
    let mut story = Story::new();
    story.open(talk(1), team(1));
    let commit = |size: &u64| {
        let after = story.head();
        (0..*size).for_each(|n| story.say(talk(1), &format!("note {n}")));
        published(story.batch(after))
    };
    sizes.iter().map(commit).collect()
}

fn published(batch: Arc<Batch>) -> Arc<Published> {
    Arc::new(Published::new(batch, Counts::default()))
}

fn ends(told: &[Arc<Published>]) -> Vec<u64> {
    told.iter().map(|one| one.end()).collect()
}

#[test]
fn what_follows_is_told_at_once_and_twice_is_once() {
    let (mut order, now) = (Order::new(LIMITS), Instant::now());
    for commit in commits(&[1, 3, 1]) {
        assert_eq!(ends(&order.hear(Arc::clone(&commit), now)), [commit.end()]);
        assert_eq!(ends(&order.hear(commit, now)), NONE);
        assert_eq!(order.due(), None);
    }
}

#[test]
fn what_comes_too_soon_waits_for_what_it_follows() {
    let (mut order, now) = (Order::new(LIMITS), Instant::now());
    let all = commits(&[1, 1, 1, 1]);
    let hear = |order: &mut Order, n: usize| ends(&order.hear(Arc::clone(&all[n]), now));
    assert_eq!(hear(&mut order, 0), [2]);
    assert_eq!(hear(&mut order, 3), NONE);
    assert_eq!(hear(&mut order, 2), NONE);
    assert_eq!(order.due(), Some(now + LIMITS.wait));
    assert_eq!(hear(&mut order, 1), [3, 4, 5]);
    assert_eq!(order.due(), None);
}

#[test]
fn what_never_comes_is_waited_for_no_longer_than_that() {
    let (mut order, now) = (Order::new(LIMITS), Instant::now());
    let all = commits(&[1, 1, 1, 1, 1]);
    order.hear(Arc::clone(&all[0]), now);
    order.hear(Arc::clone(&all[2]), now);
    order.hear(Arc::clone(&all[4]), now + 50 * MS);
    assert_eq!(ends(&order.overdue(now + 99 * MS)), NONE);
    assert_eq!(ends(&order.overdue(now + 100 * MS)), [4]);
    assert_eq!(ends(&order.hear(Arc::clone(&all[1]), now + 120 * MS)), NONE, "it was given up");
    assert_eq!(ends(&order.overdue(now + 150 * MS)), [6]);
    assert_eq!(order.due(), None);
}

#[test]
fn what_everybody_reads_is_not_waited_for() {
    let (mut order, now) = (Order::new(LIMITS), Instant::now());
    let all = commits(&[1, 1, 1, 1]);
    let at = |position| Cursor { epoch: EPOCH, position };
    assert_eq!(ends(&order.advance_to(at(2))), NONE);
    assert_eq!(ends(&order.hear(Arc::clone(&all[3]), now)), NONE);
    assert_eq!(ends(&order.advance_to(at(1))), NONE, "a replica that is behind");
    assert_eq!(ends(&order.advance_to(at(4))), [5]);
    assert_eq!(ends(&order.hear(Arc::clone(&all[2]), now)), NONE);
}

#[test]
fn too_much_is_not_kept() {
    let small = OrderLimits { bytes: 1, ..LIMITS };
    for (limits, held) in [(LIMITS, LIMITS.batches), (small, 0)] {
        let (mut order, now) = (Order::new(limits), Instant::now());
        let all = commits(&[1; 12]);
        order.hear(Arc::clone(&all[0]), now);
        let mut told = Vec::new();
        for commit in &all[2..] {
            told.extend(ends(&order.hear(Arc::clone(commit), now)));
            assert!(order.waiting.len() <= held);
        }
        assert_eq!(told.first(), Some(&4));
        assert!(told.len() > held);
    }
}

#[test]
fn another_log_begins_anew() {
    let (mut order, now) = (Order::new(LIMITS), Instant::now());
    let all = commits(&[1, 1, 1]);
    order.hear(Arc::clone(&all[0]), now);
    order.hear(Arc::clone(&all[2]), now);
    let other = Batch { epoch: Epoch(Uuid::from_u128(9)), ..(**all[0].batch()).clone() };
    assert_eq!(ends(&order.hear(published(Arc::new(other)), now)), [4, 2]);
    assert_eq!(order.due(), None);
}

/// How many events a commit has, how late it comes, if it comes, and whether it comes twice.
type Fate = (u64, Option<u32>, bool);

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let late = prop::option::weighted(0.9, 0_u32..150);
    prop::collection::vec((1_u64..4, late, any::<bool>()), 1..40)
}

/// When which commit comes, in that order; where all is fair, each in time.
fn comes(fates: &[Fate], apart_ms: u32, is_fair: bool) -> Vec<(u32, usize)> {
    let mut comes = Vec::new();
    for (sent, (nth, (_, late, is_twice))) in (0..).zip(fates.iter().enumerate()) {
        let late = if is_fair { Some(late.unwrap_or(0) % 100) } else { *late };
        let at = late.map(|late| sent * apart_ms + late);
        comes.extend(at.map(|at| (at, nth)));
        comes.extend(at.filter(|_| *is_twice).map(|at| (at + 7, nth)));
    }
    comes.sort_unstable();
    comes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_the_bus_does_all_that_came_in_time_is_told_once_in_order(
        fates in fates(), apart_ms in 1_u32..40, is_fair: bool,
    ) {
        let limits = OrderLimits { batches: 64, ..LIMITS };
        let (mut order, begin) = (Order::new(limits), Instant::now());
        let all = commits(&fates.iter().map(|(size, ..)| *size).collect::<Vec<_>>());
        // Who is first is known from the head.
        order.advance_to(Cursor { epoch: EPOCH, position: 1 });
        let comes = comes(&fates, apart_ms, is_fair);
        let (mut told, mut heard) = (Vec::new(), BTreeMap::new());
        for ms in 0..=comes.last().map_or(0, |(at, _)| *at + 200) {
            let now = begin + MS * ms;
            let mut tell = |some: Vec<Arc<Published>>| {
                told.extend(some.into_iter().map(|one| (now, one)));
            };
            for (_, nth) in comes.iter().filter(|(at, _)| *at == ms) {
                heard.entry(all[*nth].end()).or_insert(now);
                tell(order.hear(Arc::clone(&all[*nth]), now));
            }
            if order.due().is_some_and(|due| due <= now) {
                tell(order.overdue(now));
            }
        }
        prop_assert!(order.waiting.is_empty() && order.bytes == 0);
        prop_assert!(told.is_sorted_by(|(_, one), (_, next)| one.end() < next.end()));
        for (at, one) in &told {
            prop_assert!(*at - heard[&one.end()] <= limits.wait, "{} waited", one.end());
        }
        if is_fair {
            prop_assert_eq!(told.len(), all.len());
            let ends = told.iter().map(|(_, one)| one.end());
            let afters = told.iter().skip(1).map(|(_, one)| one.batch().after);
            prop_assert!(ends.zip(afters).all(|(end, after)| end == after));
        }
    }
}
