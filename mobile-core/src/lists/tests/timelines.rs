//! A timeline shows a window that grows, slides and comes back; an act is in it once.

use std::time::Duration;

use baton_domain::see::mirror::Mirrored;
use baton_protocol::conversation::Move;
use baton_protocol::{Author, CoachNote};

use super::super::{
    Entry, EntryKey, ListRequest, Observer, Older, Op, Query, Timeline, TimelineAbout, WINDOW,
};
use super::phone::{BEN, ME, Phone, conversation, notes, says, store, talk};
use crate::outbox::ActStage;

/// A phone that holds the lines of a conversation from one number on.
fn with_lines(phone: &mut Phone<'_>, from_seq: u64, count: u64) {
    let at = phone.wall();
    let mut full = conversation(talk(1), at);
    full.view.conversation.head.last_seq = from_seq - 1;
    full.from_seq = from_seq;
    for n in 0..count {
        let by = if n % 3 == 0 { Author::Agent { id: BEN } } else { Author::Customer };
        says(&mut full, by, at.plus_ms(i64::try_from(n).expect("fits") * 1_000), None);
    }
    phone.puts([Mirrored::Full(Box::new(full))]);
}

/// What the window shows after this.
fn moved(
    phone: &Phone<'_>,
    observer: &mut Observer<Timeline>,
    moves: impl FnOnce(&mut Observer<Timeline>),
) -> (u64, u64, Older, bool) {
    moves(observer);
    let now = observer.poll_timeout().unwrap_or_default();
    phone.looks(|sources| observer.advance(sources, now));
    let answer = observer.answer().expect("asked");
    let TimelineAbout { first_seq, seen, older, has_newer, .. } = answer.about;
    let lines = answer.items.iter().filter(|entry| matches!(entry, Entry::Line { .. }));
    assert!(lines.count() as u64 <= WINDOW);
    (first_seq, seen.map_or(0, |seen| seen.seq), older, has_newer)
}

#[test]
fn a_window_begins_at_the_end_grows_slides_and_comes_back() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 1, 700);
    let mut timeline = Observer::new(Timeline::new(talk(1)));
    let first = moved(&phone, &mut timeline, |_| {});
    assert_eq!(first, (651, 700, Older::Held, false));
    for page in 1..10 {
        let shown = moved(&phone, &mut timeline, Observer::older);
        assert_eq!(shown, (651 - page * 50, 700, Older::Held, false));
    }
    // From here on it slides.
    let shown = moved(&phone, &mut timeline, Observer::older);
    assert_eq!(shown, (151, 650, Older::Held, true));
    for _ in 0..3 {
        moved(&phone, &mut timeline, Observer::older);
    }
    let shown = moved(&phone, &mut timeline, Observer::older);
    assert_eq!(shown, (1, 500, Older::Nothing, true));
    // New lines change nothing of what is shown up there.
    phone.changes(talk(1), |full| says(full, Author::Customer, full.lines[&700].at, None));
    timeline.touch(&super::super::Touched::conversation(talk(1)));
    assert_eq!(moved(&phone, &mut timeline, |_| {}), (1, 500, Older::Nothing, true));
    let shown = moved(&phone, &mut timeline, Observer::newer);
    assert_eq!(shown, (51, 550, Older::Held, true));
    for _ in 0..4 {
        moved(&phone, &mut timeline, Observer::newer);
    }
    assert_eq!(moved(&phone, &mut timeline, |_| {}), (202, 701, Older::Held, false));
    // At the end it follows again.
    phone.changes(talk(1), |full| says(full, Author::Customer, full.lines[&700].at, None));
    timeline.touch(&super::super::Touched::conversation(talk(1)));
    assert_eq!(moved(&phone, &mut timeline, |_| {}), (203, 702, Older::Held, false));
    let shown = moved(&phone, &mut timeline, Observer::newest);
    assert_eq!(shown, (653, 702, Older::Held, false));
}

#[test]
fn while_it_is_not_at_the_end_it_shows_nothing_of_the_end() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 1, 700);
    let at = phone.wall();
    phone.changes(talk(1), |full| {
        for ms in [100_000_i64, 649_500, 690_000] {
            let op_id = baton_protocol::OpId(uuid::Uuid::from_u128(ms.unsigned_abs().into()));
            notes(full, BEN, at.plus_ms(ms), op_id);
        }
    });
    phone.taps(talk(1), 2);
    let mut timeline = Observer::new(Timeline::new(talk(1)));
    let shows = |timeline: &Observer<Timeline>| {
        let items = &timeline.answer().expect("asked").items;
        let notes = items.iter().filter(|entry| matches!(entry, Entry::Note { .. }));
        let echoes = items.iter().filter(|entry| matches!(entry, Entry::Echo(_)));
        (notes.count(), echoes.count())
    };
    moved(&phone, &mut timeline, |_| {});
    assert_eq!(shows(&timeline), (1, 1));
    for _ in 0..10 {
        moved(&phone, &mut timeline, Observer::older);
    }
    let about = timeline.answer().expect("asked").about;
    let last_seq = about.seen.map(|seen| seen.seq);
    assert_eq!((about.first_seq, last_seq, about.has_newer), (151, Some(650), true));
    assert_eq!(shows(&timeline), (1, 0), "the note of line 650 alone");
    moved(&phone, &mut timeline, Observer::newest);
    assert_eq!(shows(&timeline), (1, 1));
}

#[test]
fn what_only_the_server_has_is_said_and_comes_when_it_is_held() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 81, 20);
    let mut timeline = Observer::new(Timeline::new(talk(1)));
    assert_eq!(moved(&phone, &mut timeline, |_| {}), (81, 100, Older::AtServer, false));
    assert_eq!(moved(&phone, &mut timeline, Observer::older), (81, 100, Older::AtServer, false));
    with_lines(&mut phone, 1, 100);
    timeline.touch(&super::super::Touched::conversation(talk(1)));
    assert_eq!(moved(&phone, &mut timeline, |_| {}), (51, 100, Older::Held, false));
    assert_eq!(moved(&phone, &mut timeline, Observer::older), (1, 100, Older::Nothing, false));
}

#[test]
fn notes_stand_among_the_lines_of_their_time_and_come_with_their_page() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 1, 120);
    let at = phone.wall();
    phone.changes(talk(1), |full| {
        for n in [10_i64, 90, 119] {
            let op_id = baton_protocol::OpId(uuid::Uuid::from_u128(n.unsigned_abs().into()));
            notes(full, BEN, at.plus_ms(n * 1_000), op_id);
        }
    });
    let mut timeline = Observer::new(Timeline::new(talk(1)));
    moved(&phone, &mut timeline, |_| {});
    let around = |timeline: &Observer<Timeline>| {
        let items = &timeline.answer().expect("asked").items;
        let notes = items.iter().enumerate().filter(|(_, e)| matches!(e, Entry::Note { .. }));
        let before = notes.map(|(at, _)| match &items[at - 1] {
            Entry::Line { line, .. } => line.seq,
            other @ (Entry::Note { .. }
            | Entry::Coaching { .. }
            | Entry::Moved(_)
            | Entry::Echo(_)) => panic!("{other:?}"),
        });
        before.collect::<Vec<_>>()
    };
    assert_eq!(around(&timeline), [91, 120]);
    moved(&phone, &mut timeline, Observer::older);
    moved(&phone, &mut timeline, Observer::older);
    assert_eq!(around(&timeline), [11, 91, 120]);
}

#[test]
fn a_change_of_number_stands_among_the_lines_of_its_time() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 81, 100);
    let at = phone.wall();
    phone.changes(talk(1), |full| {
        full.view.contact.moves = [-5_000_i64, 10_500, 95_000, 200_000]
            .map(|ms| Move { from: None, to: Some("34699".into()), at: at.plus_ms(ms) })
            .to_vec();
    });
    let mut timeline = Observer::new(Timeline::new(talk(1)));
    moved(&phone, &mut timeline, |_| {});
    let before = |timeline: &Observer<Timeline>| {
        let items = &timeline.answer().expect("asked").items;
        let moves = items.iter().enumerate().filter(|(_, e)| matches!(e, Entry::Moved(_)));
        let before = moves.map(|(at, _)| match &items[at - 1] {
            Entry::Line { line, .. } => line.seq,
            other @ (Entry::Note { .. }
            | Entry::Coaching { .. }
            | Entry::Moved(_)
            | Entry::Echo(_)) => panic!("{other:?}"),
        });
        before.collect::<Vec<_>>()
    };
    assert_eq!(before(&timeline), [176, 180]);
    moved(&phone, &mut timeline, Observer::older);
    assert_eq!(before(&timeline), [91, 176, 180], "the oldest comes with lines of the server's");
}

#[test]
fn an_echo_becomes_its_line_in_place_and_in_one_batch() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 1, 3);
    let mut timeline = Observer::new(Timeline::new(talk(1)));
    moved(&phone, &mut timeline, |_| {});
    phone.taps(talk(1), 2);
    timeline.touch(&super::super::Touched::own(talk(1)));
    moved(&phone, &mut timeline, |_| {});
    let last = |timeline: &Observer<Timeline>| {
        timeline.answer().expect("asked").items.last().expect("something").clone()
    };
    let Entry::Echo(echo) = last(&timeline) else { panic!("no echo") };
    assert_eq!(echo.stage, ActStage::Sending);
    // The log tells of it before any answer came.
    phone.arrives(0, false, false);
    phone.mono += Duration::from_secs(10);
    phone.reads_log(1);
    timeline.touch(&super::super::Touched::conversation(talk(1)));
    let now = timeline.poll_timeout().expect("due");
    let batch = phone.looks(|sources| timeline.advance(sources, now)).expect("told");
    let [Op::Set { at: 3, item: Entry::Line { line, is_mine: true, .. } }] = batch.ops.as_slice()
    else {
        panic!("{:?}", batch.ops);
    };
    assert_eq!((line.op_id, line.author), (Some(echo.op_id), Author::Agent { id: ME }));
    assert!(phone.echoes.of(talk(1)).next().is_some(), "the outbox does not know so far");
    // It hears of it later, which changes nothing.
    phone.passes(Duration::from_secs(60));
    phone.arrives(0, false, true);
    phone.says_applied();
    assert!(phone.echoes.of(talk(1)).next().is_none());
    timeline.touch(&super::super::Touched::own(talk(1)));
    let now = now + Duration::from_secs(1);
    assert_eq!(phone.looks(|sources| timeline.advance(sources, now)), None);
}

#[test]
fn an_echo_whose_line_is_beyond_the_window_does_not_come_back() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 1, 3);
    phone.taps(talk(1), 2);
    phone.arrives(0, false, false);
    phone.reads_log(1);
    for _ in 0..60 {
        phone.changes(talk(1), |full| says(full, Author::Customer, full.lines[&3].at, None));
    }
    assert!(phone.echoes.of(talk(1)).next().is_some());
    let name = phone.subscribes(ListRequest::Timeline(Timeline::new(talk(1))));
    phone.settles();
    phone.is_fresh(name);
    let answer = phone.looks(|sources| Timeline::new(talk(1)).ask(sources, None));
    assert!(answer.items.iter().all(|entry| !matches!(entry, Entry::Echo(_))));
}

#[test]
fn an_op_id_that_a_colleague_uses_as_well_hides_nothing_of_theirs() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 1, 2);
    let op_id = baton_protocol::OpId(uuid::Uuid::from_u128(77));
    for id in [ME, BEN] {
        phone.changes(talk(1), |full| {
            says(full, Author::Agent { id }, full.lines[&2].at, Some(op_id));
        });
    }
    let answer = phone.looks(|sources| Timeline::new(talk(1)).ask(sources, None));
    let keys: Vec<_> = answer.items.iter().map(super::super::Keyed::key).collect();
    assert_eq!(keys.len(), 4);
    assert_eq!(keys.iter().filter(|key| **key == EntryKey::Mine(op_id)).count(), 1);
}

#[test]
fn a_coaching_note_stands_among_the_lines_of_its_time() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_lines(&mut phone, 1, 3);
    let at = phone.wall().plus_ms(1_500);
    let op_id = baton_protocol::OpId(uuid::Uuid::from_u128(9));
    let note = CoachNote {
        id: baton_protocol::NoteId(op_id.0),
        author: BEN,
        agent_id: ME,
        at,
        position: 40,
        text: Some("Offer the exchange".into()),
        op_id,
    };
    phone.changes(talk(1), |full| drop(full.coaching.insert(note.position, note.clone())));
    let mut timeline = Observer::new(Timeline::new(talk(1)));
    moved(&phone, &mut timeline, |_| {});
    let items = &timeline.answer().expect("asked").items;
    assert_eq!(items.len(), 4);
    assert_eq!(items[2], Entry::Coaching { note, is_mine: false });
    assert_eq!(
        super::super::Keyed::key(&items[2]),
        EntryKey::Note(baton_protocol::NoteId(op_id.0))
    );
}
