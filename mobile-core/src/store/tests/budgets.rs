//! What things cost, printed: `cargo test -p baton-mobile --release budgets -- --nocapture`, with
//! `BATON_BUDGETS=1` at the size that budgets are set for. Times are no test.

use std::path::Path;
use std::time::{Duration, Instant};

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{Author, Content, LineKind, OpId, Owner, Status, TeamId, Timestamp};

use super::super::{Config, Limits, Store, View};
use super::{account, config, conversation_id, dice, uuid};

const START: i64 = 1_790_000_000_000;

/// A conversation as most are.
fn usual(n: u64, lines: u64) -> Mirrored {
    let mut dice = dice(n);
    let mut full = dice.full(conversation_id(n.into()));
    full.lines = (1..=lines)
        .map(|seq| {
            let mut line = dice.line(seq);
            let is_ours = seq % 2 == 0;
            line.kind = LineKind::Text;
            line.author =
                if is_ours { Author::Agent { id: account().agent } } else { Author::Customer };
            let text = format!("{seq} {n} {}", "palabra ".repeat(24));
            line.content = Content { text: Some(text), ..Content::default() };
            (line.quoted, line.error, line.held) = (None, None, None);
            if !is_ours {
                (line.status, line.op_id, line.device_id) = (None, None, None);
            }
            (seq, line)
        })
        .collect();
    (full.from_seq, full.view.preview) = (1, full.lines.values().next_back().cloned());
    full.notes.clear();
    let head = &mut full.view.conversation.head;
    (head.last_seq, head.revision) = (lines, lines + 2);
    head.owner = match n % 4 {
        0 => Owner::Agent(account().agent),
        _ => Owner::Queue(TeamId(uuid(1))),
    };
    head.status = if n.is_multiple_of(3) { Status::Open } else { Status::Resolved };
    head.activity_at = Timestamp::from_ms(START + n as i64 * 1_000);
    head.unanswered_since = n.is_multiple_of(9).then(|| Timestamp::from_ms(START + n as i64));
    Mirrored::Full(Box::new(full))
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let answer = act();
    (answer, began.elapsed())
}

/// Resident memory, KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it is asked for by hand")]
fn budgets() {
    let (conversations, lines) = match std::env::var("BATON_BUDGETS") {
        Ok(_) => (10_000, 20),
        Err(_) => (300, 20),
    };
    let directory = tempfile::tempdir().expect("a directory");
    let open = |directory: &Path| {
        let limits = Limits { cache_bytes: u64::MAX, database_bytes: None };
        Store::open(&Config { limits, ..config(directory) }).expect("opens")
    };
    let ((store, _), new) = timed(|| open(directory.path()));
    println!("open, new: {new:?}");
    let ((), built) = timed(|| {
        for first in (0..conversations).step_by(200) {
            let last = conversations.min(first + 200);
            store.writes(|write| (first..last).try_for_each(|n| write.put(usual(n, lines))));
        }
    });
    println!("build {conversations} × {lines} lines: {built:?}");
    store.close().expect("closes");
    let size = std::fs::metadata(directory.path().join("baton.db")).expect("a file").len();
    println!("database: {} KiB", size / 1024);
    let before = memory();
    let ((store, page), first) = timed(|| {
        let (store, _) = open(directory.path());
        let page = store.reads(|read| read.page(View::All, None, 50));
        (store, page)
    });
    assert_eq!(page.rows.len(), 50);
    println!("open to first page: {first:?}, memory {} → {} KiB", before, memory());
    reads(&store, conversations);
    writes(&store, conversations, lines);
    println!("memory at the end: {} KiB", memory());
    let copy = super::copy_of(directory.path());
    let ((_, opened), after_kill) = timed(|| open(copy.path()));
    assert!(opened.was_unclean);
    println!("open after a kill: {after_kill:?}");
    let (trimmed, time) = timed(|| {
        super::super::quota::trim(
            &mut super::super::lock(&store.writer).as_mut().expect("open").connection,
            size / 2,
            usize::MAX,
        )
    });
    println!("trim to half: {time:?}, {trimmed:?}");
}

fn reads(store: &Store, conversations: u64) {
    for (text, name) in [("nowhere", "nothing"), ("7 12 palabra", "one line")] {
        let (found, time) = timed(|| {
            let mut search = store.reads(|read| read.begin_search(text, 50));
            while !store.reads(|read| read.search(&mut search, 32)) {}
            search.hits()
        });
        println!("search that finds {name}: {time:?}, {} hits", found.hits.len());
    }
    let (heads, time) = timed(|| store.reads(|read| read.heads()));
    assert_eq!(heads.len() as u64, conversations);
    println!("all heads: {time:?}");
    let (_, time) = timed(|| store.reads(|read| read.conversation(conversation_id(17))));
    println!("one conversation: {time:?}");
}

fn writes(store: &Store, conversations: u64, lines: u64) {
    let mut times: Vec<_> = (0..200)
        .map(|n| {
            let mut row = super::damage::row(1);
            row.op_id = OpId(uuid(1_000 + n));
            timed(|| store.writes(|write| write.put_outbox(&row))).1
        })
        .collect();
    times.sort();
    println!("enqueue: p50 {:?}, p99 {:?}", times[100], times[198]);
    let ((), time) = timed(|| {
        store.writes(|write| {
            (0..1_000).try_for_each(|n| {
                let id = conversation_id((n * 7 % conversations).into());
                let Some(Mirrored::Full(mut full)) = write.get(id)? else { return Ok(()) };
                let seq = full.view.conversation.head.last_seq + 1;
                let mut line = dice(n).line(seq);
                line.content.text = Some("hola ".repeat(40));
                full.view.preview = Some(line.clone());
                full.lines.insert(seq, line);
                full.view.conversation.head.last_seq = seq;
                full.view.conversation.head.activity_at = Timestamp::from_ms(START + n as i64);
                write.put(Mirrored::Full(full))
            })
        });
    });
    println!(
        "1,000 events of {} conversations of {lines} lines: {time:?}",
        conversations.min(1_000)
    );
}
