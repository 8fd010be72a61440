//! A phone that did not hear its server for too long, and what its app can still get of it.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{ChannelId, Head, MessageId, Owner, Priority, Status, TeamId};
use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::compose::Typed;
use crate::link::State;
use crate::lists::{Inbox, InboxOf, ListRequest, ListUpdate, Op};
use crate::outbox::{Change, Choice};
use crate::push::PushId;
use crate::push::payload;
use crate::push::receipts::ReceiptStage;
use crate::store::{FileId, FilePart, FileSize, View};

#[derive(Default)]
struct Ear(Mutex<Vec<Event>>);

impl Ear {
    fn takes(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Listener for Ear {
    fn hear(&self, event: Event) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        true
    }
}

struct Eye(mpsc::UnboundedSender<ListUpdate>);

impl ListListener for Eye {
    fn hear(&self, letter: ListUpdate) -> bool {
        self.0.send(letter).is_ok()
    }
}

const TALK: ConversationId = ConversationId(Uuid::from_u128(0x7));

/// Ana's phone, without a network, with a note that waits and a draft.
async fn offline(ear: &Arc<Ear>) -> App {
    let mut app = App::heard_by(Arc::clone(ear) as Arc<dyn Listener>).await;
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", 10_000 * HOUR_MS)).await;
    app.core.act(note("her words")).await.unwrap();
    app.core.typing(TALK, Typed::reply("half a sen")).await.unwrap();
    app
}

/// A conversation that the phone holds.
async fn holds_one(app: &App) {
    let head = Head {
        id: TALK,
        channel_id: ChannelId(Uuid::from_u128(0x8)),
        team_id: TeamId(Uuid::from_u128(0x9)),
        owner: Owner::Agent(ANA),
        owner_epoch: 1,
        status: Status::Open,
        episode: 1,
        revision: 1,
        last_seq: 1,
        unanswered_since: None,
        activity_at: wall_clock(),
        due_at: None,
        orphaned_at: None,
        priority: Priority::Normal,
    };
    let put = move |engine: &mut Engine, _: Now| {
        let me = engine.phone.as_ref().unwrap().me();
        engine.config.store.write(&me, |write| write.put(Mirrored::Head(head))).unwrap();
    };
    app.core.call(put).await.unwrap();
}

/// The clock says that so many hours have passed.
async fn hours_pass(app: &App, hours: i64) {
    let look = move |engine: &mut Engine, now: Now| {
        let later = Now { wall: now.wall.plus_ms(hours * HOUR_MS), ..now };
        engine.update_lock(later);
    };
    app.core.call(look).await.unwrap();
}

/// What the app was told by now.
async fn told(app: &App, ear: &Ear) -> Vec<Event> {
    let (asked, is_told) = oneshot::channel();
    let ask = move |engine: &mut Engine, _: Now| {
        engine.config.dispatcher.deliver(Box::new(move || asked.send(()).is_ok()));
    };
    app.core.call(ask).await.unwrap();
    is_told.await.unwrap();
    ear.takes()
}

fn has_words(events: &[Event]) -> bool {
    format!("{events:?}").contains("her words")
}

async fn watches(app: &App) -> mpsc::UnboundedReceiver<ListUpdate> {
    let (eye, letters) = mpsc::unbounded_channel();
    let request = ListRequest::Inbox(Inbox::new(InboxOf::View(View::All)));
    app.core.subscribe(request, Arc::new(Eye(eye))).await.unwrap();
    letters
}

/// The conversations of the inbox when it is told anew next. Rows that changed meanwhile come on
/// their own, and a slow machine lets some more of them through.
async fn told_anew(letters: &mut mpsc::UnboundedReceiver<ListUpdate>) -> Vec<ConversationId> {
    loop {
        let letter = soon(letters.recv()).await;
        let Some(ListUpdate::Inbox(batch)) = letter else { panic!("{letter:?} is no inbox") };
        if let [Op::Reset { items }] = &batch.ops[..] {
            return items.iter().map(|row| row.id).collect();
        }
    }
}

#[tokio::test]
async fn three_days_without_the_server_nothing_is_shown_or_taken() {
    let ear = Arc::new(Ear::default());
    let app = offline(&ear).await;
    holds_one(&app).await;
    let mut inbox = watches(&app).await;
    assert!(has_words(&told(&app, &ear).await));
    hours_pass(&app, 20).await;
    assert_eq!(app.core.state().await.unwrap(), CoreState::Offline);
    assert_eq!(told_anew(&mut inbox).await, [TALK]);
    hours_pass(&app, 72).await;
    assert_eq!(app.core.state().await.unwrap(), CoreState::Locked);
    assert!(matches!(told(&app, &ear).await[..], [Event::State(CoreState::Locked)]));
    let mut another = watches(&app).await;
    for letters in [&mut inbox, &mut another] {
        assert_eq!(told_anew(letters).await, []);
    }
    // Nor when somebody looks anew, and it does not run hot over what it may not show.
    app.core.foreground().await.unwrap();
    told(&app, &ear).await;
    while let Ok(letter) = inbox.try_recv() {
        let ListUpdate::Inbox(batch) = &letter else { panic!("{letter:?} is no inbox") };
        let is_empty = |op: &Op<_>| matches!(op, Op::Reset { items } if items.is_empty());
        assert!(batch.ops.iter().all(is_empty), "{letter:?}");
    }
    app.core
        .call(|engine, now| assert!(engine.due().is_none_or(|at| at > now.mono)))
        .await
        .unwrap();
    let core = &app.core;
    assert_eq!(core.act(note("more")).await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.withdraw(1).await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.choose(1, Choice::Discard).await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.typing(TALK, Typed::default()).await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.draft(TALK).await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.hold(TALK).await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.take_over(TALK).await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.outbox().await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.unsent().await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.people().await.unwrap_err(), CoreError::Locked);
    assert_eq!(core.read(|read| read.drafts()).await.unwrap_err(), CoreError::Locked);
    let file = FileId { conversation: TALK, message: MessageId(TALK.0), size: FileSize::Whole };
    assert_eq!(core.load_file(file).await.unwrap_err(), CoreError::Locked);
    assert_eq!(
        core.read_file(file, FilePart { from: 0, bytes: 1 }).await.unwrap_err(),
        CoreError::Locked
    );
    let (eye, _letters) = mpsc::unbounded_channel();
    let found = core.search("words".to_owned(), Arc::new(Eye(eye))).await;
    assert_eq!(found.unwrap_err(), CoreError::Locked);
    app.core.shutdown();
}

#[tokio::test]
async fn whatever_is_asked_the_clocks_are_looked_at_first() {
    let app = offline(&Arc::new(Ear::default())).await;
    let asks = |engine: &mut Engine, now: Now| {
        let later = Now { wall: now.wall.plus_ms(80 * HOUR_MS), ..now };
        let (asked, standing) = std::sync::mpsc::channel();
        engine.run(move |engine, now| asked.send(engine.state(now)).unwrap(), later);
        standing.recv().unwrap()
    };
    assert_eq!(app.core.call(asks).await.unwrap(), CoreState::Locked);
    app.core.shutdown();
}

#[tokio::test]
async fn what_the_agent_can_do_something_about_comes_first() {
    let app = offline(&Arc::new(Ear::default())).await;
    hours_pass(&app, 80).await;
    let stands = |engine: &mut Engine, now: Now| {
        [State::NeedsSignIn, State::Incompatible, State::Wiped, State::Connecting]
            .map(|state| engine.state_of(state, now))
    };
    let told = app.core.call(stands).await.unwrap();
    let [sign_in, update, wiped] =
        [CoreState::NeedsSignIn, CoreState::Incompatible, CoreState::Wiped];
    assert_eq!(told, [sign_in, update, wiped, CoreState::Locked]);
    app.core.shutdown();
}

#[tokio::test]
async fn what_shows_nothing_goes_on_while_it_is_locked() {
    let ear = Arc::new(Ear::default());
    let app = offline(&ear).await;
    told(&app, &ear).await;
    hours_pass(&app, 80).await;
    let core = &app.core;
    core.retry().await.unwrap();
    core.viewing(Some(TALK)).await.unwrap();
    core.viewing(None).await.unwrap();
    core.watch_presence(true).await.unwrap();
    core.notification_ended(PushId(Uuid::from_u128(1)), ReceiptStage::Dismissed).await.unwrap();
    assert!(!core.flush(Duration::from_millis(10)).await.unwrap());
    let found = core.diagnostics().await.unwrap();
    assert_eq!((found.acts, found.needs_review), (1, 0));
    let push = payload::Input::Fcm(BTreeMap::new());
    core.handle_push(push, Duration::from_secs(1)).await.unwrap();
    // What comes to stand elsewhere is not told with its words.
    let changes = |engine: &mut Engine, now: Now| {
        engine.signed_in_phone().unwrap().act(note("her words again"), now).unwrap();
    };
    core.call(changes).await.unwrap();
    let events = told(&app, &ear).await;
    assert!(events.iter().any(|event| matches!(event, Event::Outbox { .. })), "{events:?}");
    assert!(!has_words(&events), "{events:?}");
    core.background(Duration::from_secs(1)).await.unwrap();
    assert_eq!(core.state().await.unwrap(), CoreState::Locked);
    core.shutdown();
}

#[tokio::test]
async fn the_server_opens_it_and_what_waited_is_there() {
    let ear = Arc::new(Ear::default());
    let mut app = offline(&ear).await;
    hours_pass(&app, 80).await;
    told(&app, &ear).await;
    app.core.network(true).await.unwrap();
    let mut socket = app.socket().await;
    assert_eq!(app.core.state().await.unwrap(), CoreState::Locked);
    assert_eq!(app.core.outbox().await.unwrap_err(), CoreError::Locked);
    socket.send(Message::text(json(&welcome(ANA)))).await.unwrap();
    let is_open = |said: &[String]| said.iter().any(|one| one == "the phone is open");
    app.said("it opens", is_open).await;
    assert_ne!(app.core.state().await.unwrap(), CoreState::Locked);
    assert_eq!(app.core.outbox().await.unwrap().len(), 1);
    assert_eq!(app.core.draft(TALK).await.unwrap(), Some(Typed::reply("half a sen")));
    let events = told(&app, &ear).await;
    let shows = |changes: &[Change]| matches!(changes, [Change::Shown(_)]);
    let is_it = |event: &Event| matches!(event, Event::Outbox { changes, .. } if shows(changes));
    assert!(events.iter().any(is_it) && has_words(&events), "{events:?}");
    app.core.shutdown();
}

#[tokio::test]
async fn a_list_is_emptied_and_told_again() {
    let app = offline(&Arc::new(Ear::default())).await;
    holds_one(&app).await;
    let mut inbox = watches(&app).await;
    assert_eq!(told_anew(&mut inbox).await, [TALK]);
    hours_pass(&app, 80).await;
    assert_eq!(told_anew(&mut inbox).await, []);
    let hears =
        |engine: &mut Engine, now: Now| engine.signed_in_phone().unwrap().record_contact(now);
    app.core.call(hears).await.unwrap();
    assert_eq!(told_anew(&mut inbox).await, [TALK]);
    app.core.shutdown();
}

#[tokio::test]
async fn who_signs_out_of_a_locked_phone_and_in_again_has_what_was_there() {
    let ear = Arc::new(Ear::default());
    let mut app = offline(&ear).await;
    hours_pass(&app, 80).await;
    app.core.sign_out().await.unwrap();
    assert_eq!(app.core.state().await.unwrap(), CoreState::SignedOut);
    assert_eq!(app.core.outbox().await.unwrap_err(), CoreError::Unauthorized);
    app.asked("DELETE /api/v1/sessions/").await.gets("200 OK", "{}").await;
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    assert_eq!(app.core.state().await.unwrap(), CoreState::Offline);
    assert_eq!(app.core.outbox().await.unwrap().len(), 1);
    app.core.shutdown();
}

#[tokio::test]
async fn the_next_process_is_locked_too_and_so_is_one_whose_clock_was_set_back() {
    let ear = Arc::new(Ear::default());
    let app = offline(&ear).await;
    // Written when the app goes to the background.
    hours_pass(&app, 80).await;
    app.core.background(SOON).await.unwrap();
    app.core.shutdown();
    let next = app.opens_again(Arc::clone(&ear) as Arc<dyn Listener>);
    ear.takes();
    assert_eq!(next.state().await.unwrap(), CoreState::Locked);
    next.foreground().await.unwrap();
    assert_eq!(next.outbox().await.unwrap_err(), CoreError::Locked);
    next.shutdown();
    assert!(!has_words(&ear.takes()));
}

#[tokio::test]
async fn a_store_that_is_healed_is_locked_before_anything_is_told_of_it() {
    let ear = Arc::new(Ear::default());
    let app = offline(&ear).await;
    hours_pass(&app, 80).await;
    app.core.background(SOON).await.unwrap();
    told(&app, &ear).await;
    let shaken = app.core.call(|_, _| panic!("a mistake")).await;
    assert!(matches!(shaken, Err(CoreError::Closed)));
    assert!(!has_words(&told(&app, &ear).await));
    app.core.shutdown();
    let database = rusqlite::Connection::open(app.directory.path().join("baton.db")).unwrap();
    assert_eq!(database.execute("UPDATE draft SET sealed = zeroblob(64)", []).unwrap(), 1);
    drop(database);
    let next = app.opens_again(Arc::clone(&ear) as Arc<dyn Listener>);
    next.foreground().await.unwrap();
    assert_eq!(next.state().await.unwrap(), CoreState::Locked);
    let damage = next.diagnostics().await.unwrap().damage.unwrap();
    assert_eq!((damage.outbox.saved, damage.drafts.lost), (1, 1));
    assert_eq!(next.outbox().await.unwrap_err(), CoreError::Locked);
    next.shutdown();
    let events = ear.takes();
    assert!(!has_words(&events), "{events:?}");
}

#[tokio::test]
async fn a_connection_shows_nothing_before_something_comes_over_it() {
    let ear = Arc::new(Ear::default());
    let mut app = offline(&ear).await;
    app.core.network(true).await.unwrap();
    let mut socket = app.socket().await;
    socket.send(Message::text(json(&welcome(ANA)))).await.unwrap();
    let is_joined = |said: &[String]| said.iter().any(|one| one.starts_with("the server welcomes"));
    app.said("it is let in", is_joined).await;
    hours_pass(&app, 80).await;
    assert_eq!(app.core.state().await.unwrap(), CoreState::Locked);
    app.core.shutdown();
}

#[tokio::test]
async fn it_locks_by_itself_while_somebody_looks() {
    let ear = Arc::new(Ear::default());
    let listener = Arc::clone(&ear) as Arc<dyn Listener>;
    let mut app = App::locked_after(Duration::from_secs(1), listener).await;
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    let is_locked = |said: &[String]| said.iter().any(|one| one == "the phone is locked");
    app.said("it locks", is_locked).await;
    assert!(
        told(&app, &ear).await.iter().any(|event| matches!(event, Event::State(CoreState::Locked)))
    );
    app.core.shutdown();
}

#[tokio::test]
async fn a_time_to_lock_after_is_a_second_to_thirty_days() {
    let app = App::new().await;
    app.core.shutdown();
    for lock_after in [LOCK_AFTER_MIN / 2, LOCK_AFTER_MAX + LOCK_AFTER_MIN] {
        let config = CoreConfig { lock_after, ..app.config.clone() };
        let keys = Arc::clone(&app.keys) as Arc<dyn KeyStore>;
        let Err(refused) = Core::open(config, keys, Arc::new(Deaf)) else { panic!("it is open") };
        assert!(matches!(refused, CoreError::Invalid { what, .. } if what == "lock_after"));
    }
}
