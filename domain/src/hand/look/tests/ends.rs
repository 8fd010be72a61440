//! The ends of offers, and who was asked in vain.

use proptest::prelude::*;

use super::*;
use crate::hand::routing::OfferEndWork;

/// The end that a look gives to one offer, if it is over.
fn end(
    look: &mut Look,
    (of, at_ms): (StandingOffer, u64),
    (policies, staff): (&BTreeMap<Key<TeamId>, Routing>, &BTreeMap<WorkspaceId, Staff>),
) -> Option<OfferEnd> {
    let read = OffersRead { offers: &[of], policies, staff };
    let ends = look.ends(read, at(at_ms));
    let OfferEndWork { end, offer_id, .. } = ends.into_iter().next()?;
    assert_eq!(offer_id, of.offer.offer_id);
    Some(end)
}

fn unconfirmed(
    look: &Look,
    of: StandingOffer,
    at_ms: u64,
    staff: &BTreeMap<WorkspaceId, Staff>,
) -> usize {
    let (offers, policies) = ([of], policies());
    look.unconfirmed(OffersRead { offers: &offers, policies: &policies, staff }, at(at_ms)).len()
}

#[test]
fn an_offer_that_no_device_has_ends_after_eight_seconds_and_one_that_is_shown_after_its_window() {
    let (of, nobody) = (offer(1, ANA, 0), staff(Signs::default()));
    let mut look = Look::default();
    look.keep(&[of], &policies(), at(0));
    for (ms, expected) in [(7_999, None), (8_000, Some(OfferEnd::NotReceived))] {
        assert_eq!(unconfirmed(&look, of, ms, &nobody), usize::from(expected.is_some()));
        assert_eq!(end(&mut look, (of, ms), (&policies(), &nobody)), expected, "{ms}");
    }
    assert_eq!(look.bounced, [(WORKSPACE, ANA)].into());
    for (ms, expected) in [(8_000, None), (44_999, None), (45_000, Some(OfferEnd::Missed))] {
        let there = staff(is_at_device(ms));
        assert_eq!(unconfirmed(&look, of, ms, &there), 0, "they look at it");
        assert_eq!(end(&mut look, (of, ms), (&policies(), &there)), expected, "{ms}");
    }
    assert_eq!(look.ending, [((WORKSPACE, ANA), 1)].into(), "which counts at once");
}

#[test]
fn a_receipt_is_remembered_and_a_device_has_it_no_longer_than_somebody_is_there() {
    let (of, nobody) = (offer(1, ANA, 0), staff(Signs::default()));
    let mut look = Look::default();
    look.keep(&[of], &policies(), at(0));
    let there = staff(is_at_device(10_000));
    assert_eq!(end(&mut look, (of, 10_000), (&policies(), &there)), None);
    assert_eq!(
        end(&mut look, (of, 12_000), (&policies(), &nobody)),
        Some(OfferEnd::NotReceived),
        "they closed it, and nothing came to a phone"
    );
    look.note_received(&of);
    assert_eq!(unconfirmed(&look, of, 12_000, &nobody), 0, "it is read once");
    look.keep(&[StandingOffer { revision: 9, ..of }], &policies(), at(12_500));
    assert_eq!(end(&mut look, (of, 12_500), (&policies(), &nobody)), None);
    assert_eq!(end(&mut look, (of, 45_000), (&policies(), &nobody)), Some(OfferEnd::Missed));
}

#[test]
fn receipts_count_from_a_minute_before_the_offer_was_made() {
    let of = offer(1, ANA, 100_000);
    let mut look = Look::default();
    look.keep(&[of], &policies(), at(100_000));
    let (nobody, policies) = (staff(Signs::default()), policies());
    let read = OffersRead { offers: &[of], policies: &policies, staff: &nobody };
    assert_eq!(look.unconfirmed(read, at(108_000)), [(of, wall(40_000))]);
}

#[test]
fn an_offer_is_withdrawn_at_once_from_whoever_may_no_longer_be_asked() {
    let of = offer(1, ANA, 0);
    let mut look = Look::default();
    look.keep(&[of], &policies(), at(0));
    let there = || staff(is_at_device(1));
    let changed = |change: &dyn Fn(&mut Agent)| {
        let mut staff = there();
        let ana = staff.get_mut(&WORKSPACE).and_then(|staff| staff.agents.first_mut());
        change(ana.expect("Ana"));
        staff
    };
    let withdrawn = Some(OfferEnd::Withdrawn);
    let gone = [
        changed(&|ana| ana.availability = Availability::Away),
        changed(&|ana| ana.availability = Availability::Busy),
        changed(&|ana| ana.state = AgentState::Leaving),
        changed(&|ana| ana.teams.clear()),
        changed(&|ana| ana.id = BEN),
    ];
    for staff in &gone {
        assert_eq!(end(&mut look, (of, 1), (&policies(), staff)), withdrawn, "{staff:?}");
    }
    let unrouted = BTreeMap::new();
    assert_eq!(end(&mut look, (of, 1), (&unrouted, &there())), withdrawn, "nobody is asked there");
    assert_eq!(end(&mut look, (of, 1), (&policies(), &there())), None);
    assert!(look.bounced.is_empty() && look.ending.is_empty(), "that is nobody's miss");
}

#[test]
fn an_offer_that_is_out_keeps_its_time_when_the_team_changes_it() {
    let (one, next) = (offer(5, ANA, 0), offer(6, ANA, 0));
    let one = StandingOffer { offer: OpenOffer { until: wall(0), ..one.offer }, ..one };
    let next = StandingOffer { offer: OpenOffer { until: wall(0), ..next.offer }, ..next };
    let of = |window_s| [((WORKSPACE, TEAM), Routing { window_s, ..Routing::default() })].into();
    let mut look = Look::default();
    look.keep(&[one], &of(60), at(1_000));
    look.keep(&[one, next], &of(15), at(20_000));
    let windows = |look: &Look| look.seen.values().map(|seen| seen.window().as_secs()).collect();
    let found: Vec<u64> = windows(&look);
    assert_eq!(found, [60, 15]);
    look.keep(&[one], &BTreeMap::new(), at(21_000));
    let found: Vec<u64> = windows(&look);
    assert_eq!(found, [60], "nobody is routed any more");
    // Another leader, who knows what the agent was told.
    let told = StandingOffer { offer: OpenOffer { until: wall(80_000), ..one.offer }, ..one };
    let mut later = Look::default();
    later.keep(&[told], &of(15), at(30_000));
    let found: Vec<u64> = windows(&later);
    assert_eq!(found, [50]);
}

#[test]
fn whoever_was_asked_in_vain_is_not_asked_again_for_ten_minutes() {
    let asked = |end: Option<OfferEnd>, after_ms: u64| {
        let (mut look, of) = (Look::default(), offer(1, ANA, 0));
        look.note_end(&of, end, at(1_000));
        look.keep(&[], &policies(), at(1_000 + after_ms));
        look.asked_in_vain((WORKSPACE, of.conversation)).collect::<Vec<_>>()
    };
    for end in [OfferEnd::Declined, OfferEnd::Missed, OfferEnd::NotReceived] {
        assert_eq!(asked(Some(end), 599_999), [(ANA, end)]);
        assert_eq!(asked(Some(end), 600_000), [], "{end:?}");
    }
    // They took it, or others did something; or a later version says what this one does not know.
    for end in [OfferEnd::Accepted, OfferEnd::Withdrawn, OfferEnd::Unknown] {
        assert_eq!(asked(Some(end), 0), [], "{end:?}");
    }
    assert_eq!(asked(None, 0), [], "the log tells of no end");
}

#[test]
fn an_end_that_cannot_be_read_counts_as_a_no_and_as_no_miss() {
    let (mut look, of) = (Look::default(), offer(1, ANA, 0));
    look.note_unread_end(&of, at(0));
    let asked: Vec<_> = look.asked_in_vain((WORKSPACE, of.conversation)).collect();
    assert_eq!(asked, [(ANA, OfferEnd::Unknown)]);
    assert!(look.missed().is_empty());
}

#[test]
fn the_second_miss_counts_in_the_look_that_plans_and_the_next_leader_goes_on_with_both() {
    let is_out = |look: &mut Look, ms| {
        let people = staff(is_at_device(ms));
        look.candidates((WORKSPACE, &people[&WORKSPACE]), &[], at(ms))[&ANA].is_out
    };
    let (first, second) = (offer(1, ANA, 0), offer(2, ANA, 0));
    let mut look = Look::default();
    look.note_end(&first, Some(OfferEnd::Missed), at(1_000));
    assert!(!is_out(&mut look, 1_000));
    look.keep(&[second], &policies(), at(2_000));
    let there = staff(is_at_device(60_000));
    assert_eq!(end(&mut look, (second, 60_000), (&policies(), &there)), Some(OfferEnd::Missed));
    assert!(is_out(&mut look, 60_000), "before the log tells of it");
    look.keep(&[], &policies(), at(61_000));
    let over = look.next_over().expect("it stands no more");
    look.note_end(&over, Some(OfferEnd::Missed), at(61_000));
    drop(look.ends(OffersRead { offers: &[], policies: &policies(), staff: &there }, at(61_000)));
    assert!(is_out(&mut look, 61_000));
    let mut next = Look::after(look.missed().clone());
    assert!(is_out(&mut next, 70_000), "another leader, by another clock");
    let acted = Signs { acted_at: Some(wall(71_000)), ..is_at_device(71_000) };
    let mut people = staff(acted);
    next.note_signs(WORKSPACE, people.get_mut(&WORKSPACE).expect("people"));
    assert!(!is_out(&mut next, 71_000));
}

#[test]
fn an_offer_that_was_over_before_it_was_seen_is_read_as_well() {
    let (mut look, of) = (Look::default(), offer(1, ANA, 0));
    look.note_wished(of);
    assert_eq!(look.next_over(), None);
    look.keep(&[], &policies(), at(500));
    assert_eq!(look.next_over(), Some(of));
    assert_eq!(look.next_over(), None, "and once");
    look.note_wished(of);
    look.keep(&[of], &policies(), at(1_000));
    assert_eq!(look.next_over(), None, "it stands");
}

/// A step of a history: what a look sees of four offers, and what it is told.
#[derive(Clone, Debug)]
struct Step {
    after_ms: u64,
    /// Whether each stands, if it was made and is not over yet.
    ends_by_others: [bool; 4],
    makes: [bool; 4],
    receives: [bool; 4],
    is_at_device: bool,
    /// Another node leads from here on.
    is_new_leader: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let (some, rare) = (any::<[bool; 4]>(), proptest::array::uniform4(prop::bool::weighted(0.05)));
    let receives = proptest::array::uniform4(prop::bool::weighted(0.2));
    let all = (0..9_000_u64, rare, some, receives, any::<bool>(), prop::bool::weighted(0.05));
    all.prop_map(|(after_ms, ends_by_others, makes, receives, is_at_device, is_new_leader)| Step {
        after_ms,
        ends_by_others,
        makes,
        receives,
        is_at_device,
        is_new_leader,
    })
}

proptest! {
    /// No leader ends an offer before its time, or one that a device has as not received. Each end
    /// is read once, by the leader that saw it.
    #[test]
    fn whatever_happens_no_offer_ends_early_and_each_end_is_read_once(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let (mut look, mut now, mut made) = (Look::default(), 0, 0_u128);
        // The offers that stand, when this leader saw each first, and whether a device has it.
        let mut standing: BTreeMap<u128, (StandingOffer, u64, bool)> = BTreeMap::new();
        let mut unread: BTreeSet<OfferKey> = BTreeSet::new();
        for step in steps {
            now += step.after_ms;
            if step.is_new_leader {
                (look, unread) = (Look::after(look.missed().clone()), BTreeSet::new());
                standing.values_mut().for_each(|of| (of.1, of.2) = (now, false));
            }
            for (place, _) in step.makes.iter().enumerate().filter(|(_, makes)| **makes) {
                let place = u128::try_from(place).unwrap();
                standing.entry(place).or_insert_with(|| {
                    made += 1;
                    let of = offer(made, ANA, now);
                    (StandingOffer { conversation: conversation(place), ..of }, now, false)
                });
            }
            let offers: Vec<StandingOffer> = standing.values().map(|of| of.0).collect();
            look.keep(&offers, &policies(), at(now));
            while let Some(over) = look.next_over() {
                prop_assert!(unread.remove(&over.key()), "{over:?} was read twice, or stands");
                look.note_end(&over, Some(OfferEnd::Missed), at(now));
            }
            prop_assert!(unread.is_empty(), "unread: {unread:?}");
            let there = step.is_at_device.then(|| is_at_device(now));
            let people = staff(there.unwrap_or_default());
            let policies = policies();
            let read = OffersRead { offers: &offers, policies: &policies, staff: &people };
            for (of, _) in look.unconfirmed(read, at(now)) {
                let place = of.conversation.0.as_u128() - 0x1000;
                if step.receives[usize::try_from(place).unwrap()] {
                    look.note_received(&of);
                    standing.get_mut(&place).unwrap().2 = true;
                }
            }
            let mut over: BTreeSet<u128> = BTreeSet::new();
            for OfferEndWork { conversation, end, .. } in look.ends(read, at(now)) {
                let place = conversation.0.as_u128() - 0x1000;
                let (_, first, is_received) = standing[&place];
                let lasted = now - first;
                match end {
                    OfferEnd::Missed => prop_assert!(
                        lasted >= u64::from(WINDOW_S) * 1000 && (is_received || step.is_at_device)
                    ),
                    OfferEnd::NotReceived => prop_assert!(
                        lasted >= 8_000 && !is_received && !step.is_at_device
                    ),
                    OfferEnd::Accepted
                    | OfferEnd::Declined
                    | OfferEnd::Withdrawn
                    | OfferEnd::Unknown => prop_assert!(false, "{end:?}"),
                }
                over.insert(place);
            }
            for (place, (of, first, _)) in &standing {
                let is_due = now - first >= u64::from(WINDOW_S) * 1000;
                prop_assert!(!is_due || over.contains(place), "{of:?} stands for ever");
            }
            let others = |place: &u128| step.ends_by_others[usize::try_from(*place).unwrap()];
            over.extend((0..4).filter(others));
            for place in over {
                unread.extend(standing.remove(&place).map(|(of, ..)| of.key()));
            }
        }
    }
}
