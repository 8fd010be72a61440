//! What is drawn is what there is, judged by plainer means; and what a row shows.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::see::mirror::Mirrored;
use baton_protocol::conversation::ContactCard;
use baton_protocol::frame::{LeaseHolder, ServerFrame};
use baton_protocol::page::ConversationRow;
use baton_protocol::{
    Author, CommandBody, DeviceId, OfferId, OpenOffer, Owner, Reminder, SettingId, Status, TagOn,
};
use uuid::Uuid;

use super::super::{
    Entry, Header, HeaderOf, Inbox, InboxAbout, InboxOf, InboxRow, ListRequest, Own, PAGE, Query,
    Sources, Timeline,
};
use super::phone::{BEN, ME, Phone, TEAM, conversation, says, store, talk};
use crate::compose::Hold;
use crate::store::{Found, Hit, StoreError, Total, View};

/// Judges what a fresh query says.
#[expect(clippy::panic_in_result_fn, reason = "it compares")]
pub(super) fn judge(request: &ListRequest, sources: &Sources<'_, '_>) -> Result<(), StoreError> {
    match request {
        ListRequest::Inbox(inbox) => judge_inbox(inbox, sources),
        ListRequest::Timeline(timeline) => judge_timeline(timeline, sources),
        ListRequest::Header(HeaderOf(id)) => {
            let header = HeaderOf(*id).ask(sources, None)?.about;
            assert_eq!(header.is_some(), sources.read.revision(*id)?.is_some());
            Ok(())
        }
        ListRequest::Badge => Ok(()),
    }
}

/// The same conversations as the store pages, in its order.
#[expect(clippy::panic_in_result_fn, reason = "it compares")]
fn judge_inbox(inbox: &Inbox, sources: &Sources<'_, '_>) -> Result<(), StoreError> {
    let answer = inbox.ask(sources, None)?;
    let InboxOf::View(view) = inbox.of() else { return Ok(()) };
    let total = sources.read.total(*view)?;
    let limit = u32::try_from(answer.items.len()).unwrap_or(u32::MAX).max(PAGE);
    let page = sources.read.page(*view, None, limit)?;
    let ids = page.rows.iter().map(|row| match row {
        ConversationRow::Head { head } => head.id,
        ConversationRow::Full { view, .. } => view.conversation.head.id,
    });
    let shown = answer.items.iter().map(|row| row.id);
    assert_eq!(shown.collect::<Vec<_>>(), ids.collect::<Vec<_>>());
    let has_more = total.conversations > u64::from(limit);
    assert_eq!(answer.about, InboxAbout { total, has_more });
    for row in &answer.items {
        let has_review = sources.echoes.of(row.id).any(|echo| !echo.offers.is_empty());
        assert_eq!(row.own.needs_review > 0, has_review);
        assert_eq!(row.has_draft, sources.read.draft(row.id)?.is_some());
    }
    Ok(())
}

/// Each act that the agent was shown is there once: as its echo, or as the line or note that came
/// of it.
#[expect(clippy::panic_in_result_fn, reason = "it compares")]
fn judge_timeline(timeline: &Timeline, sources: &Sources<'_, '_>) -> Result<(), StoreError> {
    let answer = timeline.ask(sources, None)?;
    let (items, about) = (&answer.items, answer.about);
    let ops: Vec<_> = items.iter().filter_map(Entry::op_id).collect();
    assert_eq!(ops.len(), ops.iter().collect::<BTreeSet<_>>().len(), "both: {items:?}");
    let mut told = BTreeSet::new();
    if let Some(Mirrored::Full(full)) = sources.read.conversation(timeline.of())? {
        for line in full.lines.values() {
            told.extend(line.op_id);
            let last_seq = about.seen.map_or(0, |seen| seen.seq);
            let is_shown = (about.first_seq..=last_seq).contains(&line.seq);
            let shown = items
                .iter()
                .filter(|entry| matches!(entry, Entry::Line { line: other, .. } if other == line));
            assert_eq!(shown.count(), usize::from(is_shown), "{line:?}");
        }
        for note in full.notes.values() {
            told.insert(note.op_id);
            let is_last = !about.has_newer && note.at >= last_line_at(items);
            assert!(!is_last || ops.contains(&note.op_id), "neither: {note:?}");
        }
    }
    for echo in sources.echoes.of(timeline.of()) {
        let is_drawn = !matches!(echo.body, CommandBody::MarkRead(_));
        if is_drawn && !told.contains(&echo.op_id) {
            assert_eq!(ops.contains(&echo.op_id), !about.has_newer, "neither: {echo:?}");
        }
    }
    Ok(())
}

fn last_line_at(items: &[Entry]) -> baton_protocol::Timestamp {
    let lines = items.iter().filter_map(|entry| match entry {
        Entry::Line { line, .. } => Some(line.at),
        Entry::Note { .. } | Entry::Coaching { .. } | Entry::Moved(_) | Entry::Echo(_) => None,
    });
    lines.max().unwrap_or_default()
}

fn rows(phone: &Phone<'_>, of: InboxOf) -> (Vec<InboxRow>, InboxAbout) {
    let answer = phone.looks(|sources| Inbox::new(of).ask(sources, None));
    (answer.items, answer.about)
}

fn header(phone: &Phone<'_>, n: u64) -> Header {
    *phone.looks(|sources| HeaderOf(talk(n)).ask(sources, None)).about.expect("held")
}

#[test]
fn a_row_whose_name_shows_nothing_is_titled_by_the_number_or_the_user_name() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    let at = phone.wall();
    let card = |number: Option<&str>| ContactCard {
        name: Some("\u{2800}\u{200b}".to_owned()),
        phone: number.map(str::to_owned),
        username: Some("mila.k".to_owned()),
        ..ContactCard::default()
    };
    for (number, title) in [(Some("34600"), "+34600"), (None, "@mila.k")] {
        let mut full = conversation(talk(1), at);
        says(&mut full, Author::Customer, at, None);
        full.view.contact = card(number);
        phone.puts([Mirrored::Full(Box::new(full))]);
        let (rows, _) = rows(&phone, InboxOf::View(View::Unassigned));
        let customer = rows[0].customer.as_ref().expect("full");
        assert_eq!(customer.title().as_deref(), Some(title));
    }
}

#[test]
fn a_row_shows_what_there_is_and_what_the_agent_did() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    let at = phone.wall();
    let mut full = conversation(talk(1), at);
    says(&mut full, Author::Customer, at, None);
    phone.puts([Mirrored::Full(Box::new(full))]);
    phone.drafts(talk(1), true);
    phone.taps(talk(1), 2);
    phone.taps(talk(1), 1);
    let (rows, about) = rows(&phone, InboxOf::View(View::Unassigned));
    let total = Total { conversations: 1, unread: 1 };
    assert_eq!(about, InboxAbout { total, has_more: false });
    let row = &rows[0];
    let customer = row.customer.as_ref().expect("full");
    assert_eq!(customer.title(), customer.name);
    assert_eq!(row.preview.as_ref().and_then(|line| line.text.as_deref()), Some("line 1"));
    assert_eq!((row.unread, row.unanswered_since), (1, Some(at)));
    assert_eq!(row.window_until, Some(at.plus_ms(86_400_000)));
    assert!(row.has_draft && row.own.is_claiming);
    assert_eq!((row.own.waiting, row.own.needs_review), (2, 0));
    // The reply is refused and wants its author; the claim waits behind it.
    phone.arrives(0, true, true);
    let own = Own { waiting: 1, needs_review: 1, is_claiming: true };
    assert_eq!(header(&phone, 1).own, own);
    // A claim that is refused is not claiming any more.
    phone.puts([Mirrored::Full(Box::new(conversation(talk(2), at)))]);
    phone.taps(talk(2), 1);
    assert!(header(&phone, 2).own.is_claiming);
    phone.arrives(0, true, true);
    assert_eq!(header(&phone, 2).own, Own { needs_review: 1, ..Own::default() });
}

#[test]
fn a_row_has_the_tags_of_its_conversation_and_follows_them() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    let [urgent, wholesale] = [1, 2].map(|n| SettingId(Uuid::from_u128(0x7A6 + n)));
    let on = |tag| TagOn { tag, lasting: tag == wholesale };
    let mut full = conversation(talk(1), phone.wall());
    full.view.conversation.thread.tags = vec![on(urgent), on(wholesale)];
    phone.puts([Mirrored::Full(Box::new(full))]);
    let of = || InboxOf::View(View::Unassigned);
    assert_eq!(rows(&phone, of()).0[0].tags, [urgent, wholesale]);
    assert_eq!(header(&phone, 1).tags, [urgent, wholesale]);
    phone.changes(talk(1), |full| {
        full.view.conversation.head.revision += 1;
        full.view.conversation.thread.tags = vec![on(wholesale)];
    });
    assert_eq!(rows(&phone, of()).0[0].tags, [wholesale]);
}

#[test]
fn reminders_and_offers_are_told_to_the_agent_whose_they_are() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    let at = phone.wall();
    let reminder = |agent_id| Reminder { agent_id, at, follow_up: false, note_id: None };
    let (offer_id, until) = (OfferId(Uuid::from_u128(7)), at.plus_ms(20_000));
    let (mine, theirs) = (OpenOffer { offer_id, agent_id: ME, until }, reminder(BEN));
    let mut full = conversation(talk(1), at);
    full.view.conversation.thread.reminders = vec![reminder(ME), theirs];
    full.view.conversation.thread.offer = Some(mine);
    phone.puts([Mirrored::Full(Box::new(full))]);
    let offered = || InboxOf::View(View::Offered);
    let row = rows(&phone, offered()).0.remove(0);
    assert_eq!((row.reminder, row.offer), (Some(reminder(ME)), Some(mine)));
    let head = header(&phone, 1);
    assert_eq!((head.reminder, head.offer), (Some(reminder(ME)), Some(mine)));
    phone.changes(talk(1), |full| {
        full.view.conversation.head.revision += 1;
        full.view.conversation.thread.reminders = vec![theirs];
        full.view.conversation.thread.offer = Some(OpenOffer { agent_id: BEN, ..mine });
    });
    let (none, about) = rows(&phone, offered());
    assert_eq!((none.len(), about.total.conversations), (0, 0));
    let row = rows(&phone, InboxOf::View(View::Unassigned)).0.remove(0);
    assert_eq!((row.reminder, row.offer), (None, None));
    assert_eq!((header(&phone, 1).reminder, header(&phone, 1).offer), (None, None));
}

#[test]
fn of_a_head_nothing_more_is_shown() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    let full = conversation(talk(1), phone.wall());
    phone.puts([Mirrored::Head(full.view.conversation.head)]);
    let (rows, _) = rows(&phone, InboxOf::View(View::All));
    assert_eq!((&rows[0].customer, &rows[0].preview, rows[0].window_until), (&None, &None, None));
    assert!(rows[0].tags.is_empty());
    let timeline = phone.looks(|sources| Timeline::new(talk(1)).ask(sources, None));
    assert!(timeline.items.is_empty() && !timeline.about.is_full);
}

#[test]
fn what_a_search_found_is_listed_once_each_and_stays_current() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    let at = phone.wall();
    phone.puts((1..=3).map(|n| Mirrored::Full(Box::new(conversation(talk(n), at)))));
    let hit = |n, found| Hit { conversation: talk(n), found, at, text: "Eva".into() };
    let hits = vec![
        hit(3, Found::Contact),
        hit(1, Found::Line(4)),
        hit(3, Found::Line(1)),
        hit(9, Found::Contact),
    ];
    let (found, about) = rows(&phone, InboxOf::Found(hits.clone()));
    let shown: Vec<_> = found.iter().map(|row| (row.id, row.hit.clone())).collect();
    let expected = [(talk(3), Some(hits[0].clone())), (talk(1), Some(hits[1].clone()))];
    assert_eq!((shown.as_slice(), about.total.conversations), (expected.as_slice(), 2));
    phone.changes(talk(1), |full| says(full, Author::Customer, at, None));
    let (found, _) = rows(&phone, InboxOf::Found(hits));
    assert_eq!(found[1].unread, 1);
}

#[test]
fn a_header_says_who_composes_who_looks_and_who_is_there() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    phone.puts([Mirrored::Full(Box::new(conversation(talk(1), phone.wall())))]);
    assert_eq!(header(&phone, 1).hold, Hold::Unknown, "nobody knows without a connection");
    let name = phone.subscribes(ListRequest::Header(HeaderOf(talk(1))));
    let touched = phone.around.connect();
    phone.observers.touch(&touched);
    let (since, device_id) = (phone.wall(), DeviceId(Uuid::from_u128(5)));
    let theirs = Hold::Theirs(LeaseHolder { agent_id: BEN, device_id, token: 1, since });
    let (conversation_id, text) = (talk(1), "I am".to_owned());
    phone.changes(talk(1), |full| {
        let head = &mut full.view.conversation.head;
        (head.owner, head.status) = (Owner::Agent(BEN), Status::Waiting);
        head.revision += 1;
        full.view.conversation.thread.followers = vec![ME];
    });
    for touched in [
        phone.around.set_hold(talk(1), theirs),
        phone.around.handle_frame(&ServerFrame::Draft { conversation_id, agent_id: BEN, text }),
        phone.around.handle_frame(&ServerFrame::Viewing { conversation_id, agents: vec![ME, BEN] }),
        phone.around.handle_frame(&ServerFrame::Presence {
            agents: vec![baton_protocol::frame::PresenceState { agent_id: BEN, online: true }],
        }),
    ] {
        phone.observers.touch(&touched);
        phone.mono += Duration::from_millis(100);
        phone.tells();
    }
    let shown = header(&phone, 1);
    assert_eq!((shown.hold, shown.viewers, shown.is_owner_online), (theirs, vec![BEN], Some(true)));
    assert_eq!(shown.colleague_draft.map(|draft| draft.text), Some("I am".into()));
    assert_eq!((shown.team_id, shown.status), (TEAM, Status::Waiting));
    assert_eq!(shown.followers, [ME]);
    phone.is_fresh(name);
    let touched = phone.around.disconnect();
    phone.observers.touch(&touched);
    phone.settles();
    let shown = header(&phone, 1);
    assert_eq!((shown.hold, shown.is_owner_online), (Hold::Unknown, None));
    assert!(shown.viewers.is_empty() && shown.colleague_draft.is_none());
}
