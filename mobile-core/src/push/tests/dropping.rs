//! What the extension took becomes the app's: none lost, none doubled, what is over withdrawn.

use baton_protocol::Owner;
use proptest::prelude::*;

use super::*;
use crate::push::decide::settle;
use crate::push::drops::{Drop, Merged, merge};
use crate::push::extension::{Keys, render};
use crate::push::{Group, Suppression, Tag, Verdict, decide};

const TAG: Tag = Tag::Conversation(ConversationId(Uuid::from_u128(0xD01)));

fn dropped(input: &Input, keys: Keys<'_>, now: Timestamp) -> Drop {
    Drop::from_bytes(&render(input, keys, now).drop.unwrap()).unwrap()
}

fn drop_of(push: &Push) -> Drop {
    let keys = Keys::Open { workspace: WORKSPACE, agent: ME, keyring: &keyring() };
    dropped(&fcm(push), keys, NOW)
}

fn merged(drops: &[Drop], known: &PushContext) -> Merged {
    merge(drops, Some(&keyring()), known, NOW)
}

#[test]
fn what_the_extension_showed_is_not_shown_again() {
    let offer = push(Kind::Offer, 7);
    let merged = merged(&[drop_of(&offer)], &known(3));
    assert_eq!((merged.withdraw, merged.is_behind), (vec![], true));
    assert_eq!(merged.board.told(TAG).len(), 1);
    let known = PushContext { board: merged.board, ..known(3) };
    assert_eq!(decide(&offer, &known, NOW), Verdict::Suppress(Suppression::Duplicate));
}

#[test]
fn what_is_over_by_the_store_or_the_clock_is_withdrawn() {
    let offer = push(Kind::Offer, 7);
    let taken = knowing(9, held(Owner::Agent(ANA)));
    let merged = merged(&[drop_of(&offer)], &taken);
    assert_eq!((merged.withdraw, merged.is_behind), (vec![TAG], false));
    let late = merge(&[drop_of(&offer)], None, &known(3), offer.expires_at.plus_ms(1));
    assert_eq!(late.withdraw, [TAG]);
}

#[test]
fn a_retract_withdraws_also_the_words_it_was_shown_with() {
    let retract = Push { offer: Some(offer_id(7)), ..push(Kind::Retract, 9) };
    assert_eq!(merged(&[drop_of(&retract)], &known(3)).withdraw, [TAG]);
    let both = [drop_of(&push(Kind::Offer, 7)), drop_of(&retract)];
    let after = merged(&both, &known(3));
    assert_eq!(after.withdraw, [TAG]);
    assert!(after.board.told(TAG).is_empty());
}

#[test]
fn what_was_taken_while_locked_is_withdrawn_from_where_it_was_shown() {
    let input = Input::Fcm(sealed_fields(&push(Kind::Offer, 7), "Lucía", "Hola"));
    let locked = dropped(&input, Keys::Locked, NOW);
    let place = Tag::Group(Group::Offer);
    assert_eq!(locked.tag, place);
    let live = merged(std::slice::from_ref(&locked), &known(3));
    assert_eq!(live.board.tags().collect::<Vec<_>>(), [place]);
    let taken = knowing(9, held(Owner::Agent(ANA)));
    assert_eq!(merged(&[locked], &taken).withdraw, [place]);
}

#[test]
fn a_late_one_that_replaced_a_newer_one_gives_its_place_back() {
    let late = Drop { received_at: NOW.plus_ms(5), ..drop_of(&push(Kind::Message, 7)) };
    let merged = merged(&[drop_of(&push(Kind::Message, 8)), late], &known(3));
    let [update] = &merged.update[..] else { panic!("{merged:?}") };
    assert_eq!((update.push, update.alerts), (Some(push_id(8)), false));
    assert_eq!(merged.withdraw, []);
}

#[test]
fn the_largest_drop_is_read_again() {
    let mut data = fields(&push(Kind::Offer, 7));
    let used: usize = data.iter().map(|(name, text)| name.len() + text.len()).sum();
    data.insert("z".to_owned(), "\u{1}".repeat(4_095 - used));
    let input = Input::Fcm(data);
    let keys = Keys::Open { workspace: WORKSPACE, agent: ME, keyring: &keyring() };
    assert_eq!(dropped(&input, keys, NOW).payload, input);
}

#[test]
fn what_is_no_drop_is_left_alone() {
    assert_eq!(Drop::from_bytes(b"{}"), None);
    assert_eq!(Drop::from_bytes(&vec![b' '; 40_000]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn merging_twice_or_in_another_order_is_merging(
        positions in prop::collection::vec((1..12_u64, 0..4_u8, 0..1_000_i64), 1..12),
        held_upto in 0..12_u64,
        by_app in any::<prop::sample::Index>(),
    ) {
        let kinds = [Kind::Offer, Kind::Queue, Kind::Mention, Kind::Retract];
        let pushes: Vec<_> = positions.iter().map(|(position, kind, _)| {
            let id = push_id(position * 10 + u64::from(*kind));
            Push { id, ..push(kinds[usize::from(*kind)], *position) }
        }).collect();
        let came = |push: &Push, ms: i64| {
            Drop { received_at: NOW.plus_ms(ms), ..drop_of(push) }
        };
        let known = knowing(held_upto, held(queue()));
        let told = |merged: &Merged| merged.board.on_screen(TAG).map(|s| s.push);

        let times = positions.iter().map(|(_, _, ms)| *ms);
        let drops: Vec<_> = pushes.iter().zip(times).map(|(push, ms)| came(push, ms)).collect();
        let once = merged(&drops, &known);
        let again = merged(&drops, &PushContext { board: once.board.clone(), ..known.clone() });
        prop_assert_eq!(&again.board, &once.board);
        prop_assert!(!again.withdraw.iter().any(|tag| !once.board.told(*tag).is_empty()));
        let in_time: Vec<_> = pushes.iter().zip(0..).map(|(push, ms)| came(push, ms)).collect();
        prop_assert_eq!(told(&merged(&in_time, &known)), told(&once));

        // The app itself took one of them, too.
        let push = by_app.get(&pushes);
        let verdict = decide(push, &known, NOW);
        let board = settle(&Ok(push.clone()), &verdict, &known, NOW).board;
        prop_assert_eq!(told(&merged(&drops, &PushContext { board, ..known })), told(&once));
    }
}
