//! What lists cost, printed: `cargo test -p baton-mobile --release lists::tests::budgets --
//! --nocapture`, with `BATON_BUDGETS=1` at the size that budgets are set for. Times are no test.

use std::time::{Duration, Instant};

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{Author, Owner};

use super::super::{Inbox, InboxOf, Observer, Op, PAGE, Timeline, Touched, diff};
use super::phone::{ME, Phone, conversation, says, store, talk};
use crate::store::View;

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let answer = act();
    (answer, began.elapsed())
}

/// The time that the middle one of several takes.
fn middle(count: usize, mut act: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..count).map(|_| act()).collect();
    times.sort();
    times[count / 2]
}

/// An observer that was told, asked again after a line was added to a conversation.
fn after_one_change(phone: &mut Phone<'_>, observer: &mut Observer<Inbox>, n: u64) -> Duration {
    let at = phone.wall();
    phone.changes(talk(n), |full| says(full, Author::Customer, at, None));
    observer.touch(&Touched::conversation(talk(n)));
    let now = observer.poll_timeout().expect("due");
    let (batch, time) = timed(|| phone.looks(|sources| observer.advance(sources, now)));
    let batch = batch.expect("told");
    assert!(!batch.is_whole() && batch.ops.len() <= 3, "{:?}", batch.ops);
    time
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it is asked for by hand")]
fn budgets() {
    let conversations = match std::env::var("BATON_BUDGETS") {
        Ok(_) => 5_000,
        Err(_) => 300,
    };
    let (_directory, store) = store();
    let mut phone = Phone::new(&store, 1);
    let at = phone.wall();
    for first in (0..conversations).step_by(200) {
        phone.puts((first..conversations.min(first + 200)).map(|n| {
            let mut full = conversation(talk(n), at);
            (0..10).for_each(|_| says(&mut full, Author::Customer, at.plus_ms(n as i64), None));
            full.view.conversation.head.owner = Owner::Agent(ME);
            Mirrored::Full(Box::new(full))
        }));
    }
    let new = || Observer::new(Inbox::new(InboxOf::View(View::All)));
    let first = middle(9, || {
        let mut observer = new();
        timed(|| phone.looks(|sources| observer.advance(sources, Duration::ZERO))).1
    });
    println!("first snapshot of an inbox over {conversations}: {first:?}");
    let mut observer = new();
    phone.looks(|sources| observer.advance(sources, Duration::ZERO));
    let page = u64::from(PAGE);
    let mut n = 0;
    let mut next = |most: u64| {
        n = (n + 7) % most;
        n
    };
    let time = middle(21, || after_one_change(&mut phone, &mut observer, next(page)));
    println!("what one line changes of a page: {time:?}");
    let (_, time) = timed(|| {
        while observer.answer().is_some_and(|answer| answer.about.has_more) {
            observer.more();
            let now = observer.poll_timeout().expect("due");
            phone.looks(|sources| observer.advance(sources, now));
        }
    });
    println!("all pages, one by one: {time:?}");
    let time = middle(21, || after_one_change(&mut phone, &mut observer, next(conversations)));
    println!("what one line changes of a window of {conversations}: {time:?}");
    let rows = observer.answer().expect("asked").items.clone();
    let mut moved = rows.clone();
    let last = moved.pop().expect("rows");
    moved.insert(0, last);
    let (ops, time) = timed(|| diff(&rows, &moved));
    let (from, to) = (rows.len() - 1, 0);
    assert_eq!(ops, [Op::Move { from, to }]);
    println!("the difference alone: {time:?}");
    moved.reverse();
    let (ops, time) = timed(|| diff(&rows, &moved));
    assert!(matches!(ops.first(), Some(Op::Reset { .. })));
    println!("the difference of two orders: {time:?}");
    let mut timeline = Observer::new(Timeline::new(talk(3)));
    let looked = timed(|| phone.looks(|sources| timeline.advance(sources, Duration::ZERO)));
    println!("first snapshot of a timeline: {:?}", looked.1);
}
