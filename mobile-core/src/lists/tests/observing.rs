//! Who is told, when, and who is not even asked.

use std::time::Duration;

use baton_domain::see::mirror::Mirrored;
use baton_protocol::frame::ServerFrame;
use baton_protocol::{Author, Cursor, Epoch};

use super::super::{
    BATCHES_MAX, Badge, EVERY, HeaderOf, Inbox, InboxOf, ListRequest, ListUpdate, Observer, Op,
    PAGE, Timeline, Touched,
};
use super::phone::{Phone, conversation, says, store, talk};
use crate::store::{Total, View};

fn inbox() -> ListRequest {
    ListRequest::Inbox(Inbox::new(InboxOf::View(View::All)))
}

fn with_conversations(phone: &mut Phone<'_>, count: u64) {
    let at = phone.wall();
    phone.puts((0..count).map(|n| {
        let full = conversation(talk(n), at.plus_ms(-i64::try_from(n).expect("fits")));
        Mirrored::Full(Box::new(full))
    }));
}

#[test]
fn a_snapshot_comes_first_then_one_batch_for_what_happened_within_a_tenth_of_a_second() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_conversations(&mut phone, 3);
    let name = phone.subscribes(inbox());
    phone.slow = Some(name);
    phone.tells();
    let Some(ListUpdate::Inbox(first)) = phone.observers.take(name) else { panic!("no snapshot") };
    assert!(first.is_whole() && first.revision == 1 && first.carries() == 3);
    let begun = phone.mono;
    for _ in 0..5 {
        phone.mono += EVERY / 6;
        let at = phone.wall();
        phone.changes(talk(1), |full| says(full, Author::Customer, at, None));
        assert_eq!(phone.observers.poll_timeout(), Some(begun + EVERY));
        phone.tells();
        assert_eq!(phone.observers.take(name), None);
    }
    phone.mono = begun + EVERY;
    phone.tells();
    let Some(ListUpdate::Inbox(second)) = phone.observers.take(name) else { panic!("no batch") };
    assert_eq!((second.revision, second.ops.len()), (2, 2), "{:?}", second.ops);
    assert_eq!(second.ops[0], Op::Move { from: 1, to: 0 });
    assert!(phone.observers.take(name).is_none() && phone.observers.poll_timeout().is_none());
    // After a while of silence nobody waits.
    phone.mono += EVERY;
    phone.changes(talk(1), |full| full.view.read_seq = 5);
    assert!(phone.observers.poll_timeout().is_some_and(|at| at <= phone.mono));
}

#[test]
fn who_sleeps_through_everything_wakes_to_one_snapshot() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_conversations(&mut phone, 3);
    let name = phone.subscribes(inbox());
    phone.slow = Some(name);
    for n in 0..BATCHES_MAX as u64 + 10 {
        let at = phone.wall();
        phone.changes(talk(n % 3), |full| says(full, Author::Customer, at, None));
        phone.tells();
        let waiting: usize = phone.observers.waiting().iter().map(|(_, count)| count).sum();
        assert!(waiting <= BATCHES_MAX);
        phone.mono += EVERY;
    }
    let Some(ListUpdate::Inbox(first)) = phone.observers.take(name) else { panic!("nothing") };
    assert!(first.is_whole() && first.revision > BATCHES_MAX as u64, "{first:?}");
    phone.listeners.get_mut(&name).expect("listens").hears(ListUpdate::Inbox(first));
    phone.listens(name);
    phone.is_fresh(name);
}

#[test]
fn only_those_are_asked_whom_it_concerns() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_conversations(&mut phone, 60);
    let requests = [
        inbox(),
        ListRequest::Timeline(Timeline::new(talk(1))),
        ListRequest::Header(HeaderOf(talk(1))),
        { ListRequest::Badge },
    ];
    let due = |touched: Touched| {
        let asks = requests.iter().map(|request| {
            let mut phone = Phone::new(&store, 1);
            phone.subscribes(request.clone());
            phone.tells();
            phone.observers.touch(&touched);
            phone.observers.poll_timeout().is_some()
        });
        asks.collect::<Vec<_>>()
    };
    assert_eq!(due(Touched::nothing()), [false, false, false, false]);
    assert_eq!(due(Touched::conversation(talk(1))), [true, true, true, true]);
    assert_eq!(due(Touched::conversation(talk(2))), [true, false, false, true]);
    assert_eq!(due(Touched::own(talk(1))), [true, true, true, true]);
    assert_eq!(due(Touched::own(talk(2))), [true, false, false, true]);
    assert_eq!(due(Touched::own(talk(59))), [false, false, false, true], "beyond the window");
    assert_eq!(due(Touched::around(talk(1))), [false, false, true, false]);
    assert_eq!(due(Touched::around(talk(2))), [false, false, false, false]);
    assert_eq!(due(Touched::everyone()), [false, false, true, false]);
    assert_eq!(due(Touched::everything()), [true, true, true, true]);
    let (epoch, agent_id) = (Epoch(uuid::Uuid::from_u128(1)), super::phone::ME);
    let timings = baton_protocol::frame::Timings {
        lease_ttl_ms: 1,
        lease_keep_ms: 1,
        idle_ms: 1,
        silent_ms: 1,
        being_answered_max_ms: 1,
    };
    let cursor = Cursor { epoch, position: 1 };
    let server_time = phone.wall();
    let welcome = ServerFrame::Welcome {
        cursor,
        epoch,
        agent_id,
        timings,
        server_time,
        facts: None,
        hears_idle: false,
    };
    assert_eq!(due(Touched::of_frame(&welcome)), [true, true, true, true]);
    let left = ServerFrame::Left { position: 1, conversation_id: talk(1) };
    assert_eq!(due(Touched::of_frame(&left)), [true, true, true, true]);
}

#[test]
fn many_conversations_are_all_of_them_so_that_what_was_touched_is_bounded() {
    let mut touched = Touched::nothing();
    (0..1_000).for_each(|n| touched.add(&Touched::conversation(talk(n))));
    assert_ne!(touched, Touched::everything());
    touched.add(&Touched::conversation(talk(1_000)));
    assert_eq!(touched, Touched::everything());
}

#[test]
fn a_long_list_holds_what_was_asked_for_and_says_how_much_there_is() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_conversations(&mut phone, 130);
    let mut observer = Observer::new(Inbox::new(InboxOf::View(View::All)));
    let shows = |observer: &mut Observer<Inbox>| {
        let now = observer.poll_timeout().unwrap_or_default();
        let batch = phone.looks(|sources| observer.advance(sources, now));
        let answer = observer.answer().expect("asked");
        let about = answer.about;
        assert_eq!(about.total, Total { conversations: 130, unread: 0 });
        (answer.items.len(), about.has_more, batch.map_or(0, |batch| batch.carries()))
    };
    let page = PAGE as usize;
    assert_eq!(shows(&mut observer), (page, true, page));
    observer.more();
    assert_eq!(shows(&mut observer), (2 * page, true, page), "no more than the page is told");
    observer.more();
    assert_eq!(shows(&mut observer), (130, false, 30));
    observer.more();
    assert_eq!(shows(&mut observer), (130, false, 0));
}

#[test]
fn a_badge_counts_what_is_unread_and_what_needs_its_author() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_conversations(&mut phone, 2);
    let at = phone.wall();
    phone.changes(talk(0), |full| {
        says(full, Author::Customer, at, None);
        full.view.conversation.head.owner = baton_protocol::Owner::Agent(super::phone::ME);
    });
    phone.taps(talk(1), 2);
    phone.arrives(0, true, true);
    let name = phone.subscribes(ListRequest::Badge);
    phone.slow = Some(name);
    phone.tells();
    let Some(ListUpdate::Badge(batch)) = phone.observers.take(name) else { panic!("no badge") };
    let one = |unread| Total { conversations: 1, unread };
    let badge = Badge { mine: one(1), unassigned: one(0), needs_review: 1 };
    assert_eq!(batch.about, badge);
}

#[test]
fn a_store_that_cannot_be_read_is_asked_again_later_and_nothing_is_told() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_conversations(&mut phone, 1);
    let mut observer = Observer::new(Inbox::new(InboxOf::View(View::All)));
    let now = Duration::from_secs(9);
    let tried = phone.looks(|sources| {
        let broken = Broken;
        let mut other = Observer::new(broken);
        let failed = other.advance(sources, now);
        assert!(failed.is_err());
        assert_eq!(other.poll_timeout(), Some(now + Duration::from_secs(1)));
        observer.advance(sources, now)
    });
    assert!(tried.is_some());
}

/// A query that cannot be answered.
struct Broken;

impl super::super::Query for Broken {
    type Item = super::super::Nothing;
    type About = ();

    fn is_about(
        &self,
        _: &Touched,
        _: &super::super::QueryResult<super::super::Nothing, ()>,
    ) -> bool {
        true
    }

    fn ask(
        &self,
        _: &super::super::Sources<'_, '_>,
        _: Option<super::super::LastResult<'_, super::super::Nothing, ()>>,
    ) -> Result<super::super::QueryResult<super::super::Nothing, ()>, crate::store::StoreError>
    {
        Err(crate::store::StoreError::Closed)
    }
}

#[test]
fn nothing_is_left_of_a_thousand_subscriptions_that_were_cancelled() {
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    with_conversations(&mut phone, 5);
    for _ in 0..1_000 {
        let name = phone.subscribes(inbox());
        phone.tells();
        phone.cancels(name);
        assert!(!phone.observers.cancel(name) && phone.observers.take(name).is_none());
    }
    assert!(phone.observers.is_empty() && phone.observers.waiting().is_empty());
    assert_eq!(phone.observers.poll_timeout(), None);
}
