//! Random histories, with ends of every kind, against a model that is a few maps.

use std::collections::{BTreeMap, VecDeque};

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{ConversationId, Cursor, Epoch, OpId};
use proptest::prelude::*;

use super::super::{Draft, OutboxRow, PUSHES_MAX, StoreError, StoredProgress, ValueName, Write};
use super::lists::{VIEWS, expected, listed};
use super::sample::Dice;
use super::{Store, account, account_of, conversation_id, copy_of, dice, open, uuid};

/// What is done to conversations.
#[derive(Clone, Copy, Debug)]
enum Cached {
    Put,
    Change,
    Remove,
    Clear,
    Look,
}

/// What is done to the rest.
#[derive(Clone, Copy, Debug)]
enum Own {
    PutOutbox,
    ReplaceOutbox,
    RemoveOutbox,
    Draft,
    RemoveDraft,
    Push,
    Keep,
    Progress,
}

/// By a seed.
#[derive(Clone, Copy, Debug)]
enum Act {
    Cached(Cached, u64),
    Own(Own, u64),
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Commit,
    /// The caller changes its mind.
    Abort,
    /// Killed before it is committed.
    KillInside,
    /// Killed right after it is.
    KillAfter,
    /// Closed and opened again.
    Reopen,
    PauseAndResume,
}

fn act() -> impl Strategy<Value = Act> {
    use {Cached as C, Own as O};
    let cached = prop::sample::select(vec![
        C::Put,
        C::Put,
        C::Put,
        C::Change,
        C::Change,
        C::Change,
        C::Change,
        C::Remove,
        C::Clear,
        C::Look,
        C::Look,
        C::Look,
    ]);
    let own = prop::sample::select(vec![
        O::PutOutbox,
        O::PutOutbox,
        O::ReplaceOutbox,
        O::ReplaceOutbox,
        O::RemoveOutbox,
        O::Draft,
        O::Draft,
        O::RemoveDraft,
        O::Push,
        O::Push,
        O::Keep,
        O::Keep,
        O::Progress,
        O::Progress,
    ]);
    prop_oneof![
        (cached, any::<u64>()).prop_map(|(act, seed)| Act::Cached(act, seed)),
        (own, any::<u64>()).prop_map(|(act, seed)| Act::Own(act, seed)),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        6 => Just(End::Commit),
        1 => Just(End::Abort),
        1 => Just(End::KillInside),
        1 => Just(End::KillAfter),
        1 => Just(End::Reopen),
        1 => Just(End::PauseAndResume),
    ]
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    conversations: BTreeMap<ConversationId, Mirrored>,
    outbox: BTreeMap<OpId, OutboxRow>,
    drafts: BTreeMap<ConversationId, Draft>,
    pushes: VecDeque<String>,
    kept: BTreeMap<u64, Vec<u8>>,
    progress: StoredProgress,
}

fn row(dice: &mut Dice) -> OutboxRow {
    OutboxRow {
        op_id: OpId(uuid(u128::from(dice.below(6)))),
        conversation: dice.maybe(|dice| conversation_id(u128::from(dice.below(3)))),
        place: dice.below(4),
        state: dice.pick(["queued", "sending", "held"]).to_owned(),
        created_at: dice.time(),
        byte_sent: dice.below(2) == 0,
        payload: dice.text().into_bytes(),
    }
}

/// Does the same to both; answers agree.
fn play(act: Act, write: &mut Write<'_>, model: &mut Model) {
    match act {
        Act::Cached(act, seed) => play_cached(act, &mut dice(seed), write, model),
        Act::Own(act, seed) => play_own(act, &mut dice(seed), write, model),
    }
    .expect("works");
}

/// More than a transaction holds in memory at once.
fn any_id(dice: &mut Dice) -> ConversationId {
    conversation_id(u128::from(dice.below(40)))
}

#[expect(clippy::panic_in_result_fn, reason = "it compares")]
fn play_cached(
    act: Cached,
    dice: &mut Dice,
    write: &mut Write<'_>,
    model: &mut Model,
) -> Result<(), StoreError> {
    let id = any_id(dice);
    match act {
        Cached::Put => {
            let held = dice.held(id);
            write.put(held.clone())?;
            model.conversations.insert(id, held);
        }
        Cached::Change => {
            let held = write.get(id)?;
            assert_eq!(held.as_ref(), model.conversations.get(&id));
            if let Some(held) = held {
                let changed = dice.changed(&held);
                write.put(changed.clone())?;
                model.conversations.insert(id, changed);
            }
        }
        Cached::Remove => {
            write.remove(id)?;
            model.conversations.remove(&id);
        }
        // Seldom: there would be little to look at.
        Cached::Clear if dice.below(4) > 0 => {}
        Cached::Clear => {
            write.clear()?;
            model.conversations.clear();
        }
        Cached::Look => {
            let held = model.conversations.get(&id);
            assert_eq!(write.revision(id)?, held.map(|held| held.head().revision));
            assert_eq!(write.get(id)?.as_ref(), held);
            let heads = model.conversations.values().map(|h| (h.head().clone(), h.unread_lines()));
            assert_eq!(write.heads()?, heads.collect::<Vec<_>>());
            assert_eq!(write.ids()?, model.conversations.keys().copied().collect::<Vec<_>>());
        }
    }
    Ok(())
}

#[expect(clippy::panic_in_result_fn, reason = "it compares")]
fn play_own(
    act: Own,
    dice: &mut Dice,
    write: &mut Write<'_>,
    model: &mut Model,
) -> Result<(), StoreError> {
    match act {
        Own::PutOutbox => {
            let row = row(dice);
            let is_new = !model.outbox.contains_key(&row.op_id);
            assert_eq!(write.put_outbox(&row)?, is_new);
            model.outbox.entry(row.op_id).or_insert(row);
        }
        Own::ReplaceOutbox => {
            let row = row(dice);
            assert_eq!(write.replace_outbox(&row)?, model.outbox.contains_key(&row.op_id));
            model.outbox.entry(row.op_id).and_modify(|held| *held = row);
        }
        Own::RemoveOutbox => {
            let op_id = row(dice).op_id;
            assert_eq!(write.remove_outbox(op_id)?, model.outbox.remove(&op_id).is_some());
        }
        Own::Draft => {
            let conversation = any_id(dice);
            let (text, is_note) = (dice.text(), dice.one_in(2));
            let draft = Draft { conversation, at: dice.time(), text, is_note };
            write.set_draft(&draft)?;
            model.drafts.insert(conversation, draft);
        }
        Own::RemoveDraft => {
            let id = any_id(dice);
            assert_eq!(write.remove_draft(id)?, model.drafts.remove(&id).is_some());
        }
        Own::Push => push(write, model, &format!("push-{}", dice.below(20))),
        Own::Keep => {
            let (name, value) = (dice.below(4), dice.maybe(|dice| dice.text().into_bytes()));
            write.keep(ValueName::Setting(&name.to_string()), value.as_deref())?;
            match value {
                Some(value) => drop(model.kept.insert(name, value)),
                None => drop(model.kept.remove(&name)),
            }
        }
        Own::Progress => {
            let cursor =
                dice.maybe(|dice| Cursor { epoch: dice.few::<Epoch>(), position: dice.below(99) });
            let progress = StoredProgress { cursor, state: dice.text().into_bytes() };
            write.set_progress(&progress)?;
            model.progress = progress;
        }
    }
    Ok(())
}

fn push(write: &mut Write<'_>, model: &mut Model, id: &str) {
    let is_new = !model.pushes.iter().any(|seen| seen == id);
    assert_eq!(write.saw_push(id), Ok(is_new));
    if is_new {
        model.pushes.push_back(id.to_owned());
        if model.pushes.len() > PUSHES_MAX as usize {
            model.pushes.pop_front();
        }
    }
}

#[track_caller]
fn check(store: &Store, model: &Model) {
    let held: Vec<_> = model.conversations.values().collect();
    for view in VIEWS {
        assert_eq!(listed(store, view, 5), expected(view, &held), "{view:?}");
    }
    let mut outbox: Vec<_> = model.outbox.values().cloned().collect();
    outbox.sort_by_key(|row| (row.conversation, row.place, row.op_id));
    store.reads(|read| {
        let heads: Vec<_> = held.iter().map(|h| (h.head().clone(), h.unread_lines())).collect();
        assert_eq!(read.heads()?, heads);
        for (id, held) in &model.conversations {
            assert_eq!(read.conversation(*id)?.as_ref(), Some(held));
        }
        assert_eq!(read.outbox()?, outbox);
        for lane in [None, Some(conversation_id(0)), Some(conversation_id(1))] {
            let expected: Vec<_> = outbox.iter().filter(|row| row.conversation == lane).collect();
            assert_eq!(read.lane(lane)?.iter().collect::<Vec<_>>(), expected);
        }
        assert_eq!(read.drafts()?, model.drafts.values().cloned().collect::<Vec<_>>());
        for name in 0..4 {
            let kept = read.kept(ValueName::Setting(&name.to_string()))?;
            assert_eq!(kept.as_ref(), model.kept.get(&name));
        }
        for id in 0..20 {
            let id = format!("push-{id}");
            assert_eq!(read.has_seen(&id)?, model.pushes.contains(&id));
        }
        assert_eq!(read.progress()?, model.progress);
        Ok(())
    });
    let others = store.read(&account_of(2), |read| {
        Ok::<_, StoreError>((read.ids()?, read.outbox()?, read.drafts()?, read.progress()?))
    });
    assert_eq!(others, Ok((vec![], vec![], vec![], StoredProgress::default())));
}

/// What a transaction gives that is not to be committed.
const CHANGED_MY_MIND: StoreError = StoreError::Unfit("nothing");

fn run(steps: &[(Vec<Act>, End)]) {
    let mut directory = tempfile::tempdir().expect("a directory");
    let (mut store, _) = open(directory.path());
    let mut model = Model::default();
    for (acts, end) in steps {
        let mut next = model.clone();
        let mut copy = None;
        let answer = store.write(&account(), |write| {
            acts.iter().for_each(|act| play(*act, write, &mut next));
            match end {
                End::Abort => Err(CHANGED_MY_MIND),
                End::KillInside => {
                    // As much as possible is in the files by then.
                    write.read()?;
                    copy = Some(copy_of(directory.path()));
                    Err(CHANGED_MY_MIND)
                }
                End::Commit | End::KillAfter | End::Reopen | End::PauseAndResume => Ok(()),
            }
        });
        match answer {
            Ok(()) => model = next,
            Err(error) => assert_eq!(error, CHANGED_MY_MIND),
        }
        match end {
            End::Commit | End::Abort => {}
            End::KillInside | End::KillAfter => {
                let copy = copy.unwrap_or_else(|| copy_of(directory.path()));
                drop(store);
                directory = copy;
                store = reopened(&directory, true);
            }
            End::Reopen => {
                store.close().expect("closes");
                store = reopened(&directory, false);
            }
            End::PauseAndResume => {
                store.pause().expect("pauses");
                assert_eq!(store.reads_or(|read| read.ids()), Err(StoreError::Closed));
                assert!(!store.resume().expect("resumes").was_unclean);
            }
        }
        check(&store, &model);
    }
}

fn reopened(directory: &tempfile::TempDir, was_killed: bool) -> Store {
    let (store, opened) = open(directory.path());
    assert!(!opened.is_new && opened.damage.is_none());
    assert_eq!(opened.was_unclean, was_killed);
    store
}

impl Store {
    fn reads_or<T>(
        &self,
        act: impl FnOnce(&super::Read<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read(&account(), act)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn whatever_happens_what_was_committed_is_there_and_nothing_else(
        steps in proptest::collection::vec(
            (proptest::collection::vec(act(), 0..60), end()), 1..10)
    ) {
        run(&steps);
    }
}

#[test]
fn the_last_pushes_are_remembered_and_older_ones_forgotten() {
    let (_directory, store) = super::store();
    let mut model = Model::default();
    store.writes(|write| {
        (0..600).for_each(|n| push(write, &mut model, &format!("p{}", n % 300)));
        Ok(())
    });
    let seen = |n: u64| store.reads(|read| read.has_seen(&format!("p{n}")));
    assert_eq!((seen(299), seen(44), seen(43), seen(0)), (true, true, false, false));
}
