//! Rules of the log: what is kept, who is told, and that nobody waits for whom.

use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::words::info;
use super::*;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

/// Takes records, or throws, or waits to be let on.
struct Sink {
    taken: Sender<LogRecord>,
    throws: bool,
    gate: Option<Mutex<Receiver<()>>>,
}

impl LogSink for Sink {
    fn take(&self, record: LogRecord) -> bool {
        self.taken.send(record).unwrap();
        if let Some(gate) = &self.gate {
            gate.lock().unwrap().recv().ok();
        }
        assert!(!self.throws, "the app threw");
        true
    }
}

fn sink(throws: bool) -> (Arc<dyn LogSink>, Receiver<LogRecord>) {
    let (taken, told) = channel();
    (Arc::new(Sink { taken, throws, gate: None }), told)
}

fn said(number: u64) -> LogEntry {
    info(LogTarget::Life, "said").with("number", number)
}

fn messages(told: &Receiver<LogRecord>, count: usize) -> Vec<String> {
    (0..count).map(|_| told.recv_timeout(SOON).expect("it was not told").message).collect()
}

#[test]
fn a_sink_is_told_what_was_said_before_it_came_and_after_in_order() {
    let log = Log::default();
    log.write(said(1));
    let (sink, told) = sink(false);
    log.set_sink(Some(sink), LogLevel::Info).unwrap();
    log.write(said(2));
    log.write(said(3));
    let all = ["said number=1", "said number=2", "said number=3"];
    assert_eq!(messages(&told, 3), all);
    assert_eq!(log.recent().iter().map(|one| &one.message).collect::<Vec<_>>(), all);
    log.end().unwrap().join().unwrap();
}

#[test]
fn the_oldest_make_room_and_it_is_told_how_many() {
    let log = Log::default();
    (1..=1_003).for_each(|number| log.write(said(number)));
    let recent = log.recent();
    assert_eq!(recent.len(), 1_000);
    assert_eq!((recent[0].message.as_str(), recent[0].dropped), ("said number=4", 3));
    assert!(recent[1..].iter().all(|one| one.dropped == 0));
    assert_eq!(log.lost(), (3, 0));
    let (sink, told) = sink(false);
    log.set_sink(Some(sink), LogLevel::Info).unwrap();
    assert_eq!(told.recv_timeout(SOON).unwrap().dropped, 3);
    assert_eq!(told.recv_timeout(SOON).unwrap().dropped, 0);
    messages(&told, 998);
    // What the sink has is not lost when it makes room.
    (1..=1_000).for_each(|number| log.write(said(number)));
    messages(&told, 1_000);
    (1..=5).for_each(|number| log.write(said(number)));
    messages(&told, 5);
    assert_eq!(log.lost(), (3, 0));
    log.stop();
}

#[test]
fn nobody_waits_for_a_sink_that_blocks() {
    let log = Log::default();
    let ((taken, told), (gate, gated)) = (channel(), channel());
    let blocks = Sink { taken, throws: false, gate: Some(Mutex::new(gated)) };
    log.set_sink(Some(Arc::new(blocks)), LogLevel::Info).unwrap();
    log.write(said(0));
    told.recv_timeout(SOON).expect("it is told");
    // It has not come back, and never does on its own.
    (1..=1_500).for_each(|number| log.write(said(number)));
    assert_eq!((log.recent().len(), log.lost()), (1_000, (500, 0)));
    let thread = log.end().unwrap();
    log.stop();
    drop(gate);
    thread.join().unwrap();
    assert!(told.try_recv().is_err(), "after the end nothing is told");
}

#[test]
fn a_sink_that_throws_is_counted_and_told_on() {
    // With it, what a sink throws would be said to the same sink.
    forward_panics();
    let log = Log::default();
    let (sink, told) = sink(true);
    log.set_sink(Some(sink), LogLevel::Info).unwrap();
    (1..=3).for_each(|number| log.write(said(number)));
    log.end().unwrap().join().unwrap();
    assert_eq!(messages(&told, 3).len(), 3);
    assert_eq!(log.lost(), (0, 3));
}

#[test]
fn what_matters_less_than_was_asked_for_is_not_kept() {
    let log = Log::default();
    let at = |level| LogEntry::new(level, LogTarget::Life, "said");
    log.write(at(LogLevel::Debug));
    log.write(at(LogLevel::Info));
    log.set_sink(None, LogLevel::Warn).unwrap();
    for level in [LogLevel::Info, LogLevel::Warn, LogLevel::Error] {
        log.write(at(level));
    }
    log.set_sink(None, LogLevel::Debug).unwrap();
    log.write(at(LogLevel::Debug));
    let levels: Vec<_> = log.recent().iter().map(|one| one.level).collect();
    assert_eq!(levels, [LogLevel::Info, LogLevel::Warn, LogLevel::Error, LogLevel::Debug]);
}

/// The hook is the process's: this test is played in one of its own.
#[test]
fn a_panic_of_ours_is_said_without_its_words_and_handed_on() {
    const CHILD: &str = "BATON_PANICS";
    if std::env::var_os(CHILD).is_some() {
        return panics();
    }
    let name = "runtime::log::tests::a_panic_of_ours_is_said_without_its_words_and_handed_on";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{out} {}", String::from_utf8_lossy(&child.stderr));
    assert_eq!(out.matches("the hook before").count(), 2, "each once: {out}");
}

fn panics() {
    std::panic::set_hook(Box::new(|_| println!("the hook before")));
    forward_panics();
    forward_panics();
    let log = Log::default();
    let own = log.clone();
    let ours = std::thread::spawn(move || {
        own.own_this_thread();
        panic!("what {} wrote", "a customer");
    });
    assert!(ours.join().is_err());
    // The app's own are its own.
    assert!(std::thread::spawn(|| panic!("not ours")).join().is_err());
    let said: Vec<_> = log.recent().into_iter().map(|one| one.message).collect();
    let [said] = said.as_slice() else { panic!("{said:?}") };
    let is_right = said.starts_with("a thread of the core panicked at=src/runtime/log/tests.rs:");
    assert!(is_right, "{said}");
}
