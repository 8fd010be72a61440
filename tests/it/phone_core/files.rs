//! Files that a phone sends, through its deaths, cuts of the network and deaths of the server: each
//! arrives whole, once and in its turn.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::begin::{order_update, templates_are_known};
use baton::demo::PASSWORD;
use baton_mobile::lists::Entry;
use baton_mobile::outbox::ActStage;
use baton_mobile::runtime::{CoreError, FILE_PART_MAX, FileSource, FileTap, OutgoingFile};
use baton_mobile::store::{FileId, FilePart, FileSize};
use baton_protocol::command::Reply;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::template::TemplateStatus;
use baton_protocol::{CommandBody, ConversationId, FileState, Line, LineKind, MessageId};
use baton_simulator::{Knobs, Reached, Simulator};
use baton_world::chaos::{Door, Proxy, Sky, Weather};
use baton_world::handset::{Drawn, Handset, core_directory, until};
use baton_world::itself::{Other, is_ready, tells, told};
use baton_world::phone::Phone;
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage;
use baton_world::world::{PATIENCE, Setup, eventually, for_each_store};
use tokio::sync::watch::Receiver;

/// The test, as its binary knows it.
const THIS: &str =
    "phone_core::files::a_document_and_a_voice_note_survive_deaths_of_the_app_a_cut_and_a_server";
/// What tells the test binary that it is the phone.
const PHONE: &str = "BATON_SENDING_PHONE";
/// The network needs so long for the document: every stage sees it half sent.
const DOCUMENT_S: u64 = 6;
const VOICE_BYTES: u32 = 40_000;

/// The size of the document.
fn document_bytes() -> u32 {
    let told = std::env::var_os("BATON_FILE_BYTES").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(3_000_000)
}

fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|n| (n * 7 + n / 251).to_le_bytes()[0]).collect()
}

fn document(source: FileSource) -> OutgoingFile {
    OutgoingFile {
        source,
        kind: LineKind::Document,
        media_type: "application/pdf".to_owned(),
        name: Some("la factura.pdf".to_owned()),
        caption: None,
    }
}

/// The phone itself, in a process of its own.
async fn be_the_phone(told_first: &str) {
    let words: Vec<_> = told_first.split(' ').collect();
    let [server, directory, workspace, email, conversation] = words.as_slice() else {
        panic!("{told_first}")
    };
    let of = ConversationId(conversation.parse().expect("an id"));
    let phone = Handset::on(server, Path::new(directory)).await.expect("a phone");
    let phone = phone.signed_in(workspace, email, PASSWORD).await.expect("signed in");
    let mut told = told();
    is_ready();
    let picked = Path::new(directory).join("picked.pdf");
    if picked.exists() {
        let mut lines = phone.timeline(of).await.expect("a timeline");
        let drawn = until(&mut lines, "the line", |drawn| drawn.about.seen.is_some()).await;
        let seen = drawn.expect("a line").about.seen;
        let tap = FileTap { op_id: None, conversation_id: of, seen, quoted: None };
        let file = document(FileSource::Path(picked.clone()));
        phone.core.send_file(tap, file).await.expect("the document is kept");
        let voice = OutgoingFile {
            source: FileSource::Bytes(bytes(VOICE_BYTES)),
            kind: LineKind::Voice,
            media_type: "audio/ogg".to_owned(),
            name: None,
            caption: None,
        };
        let tap = FileTap { op_id: None, conversation_id: of, seen, quoted: None };
        phone.core.send_file(tap, voice).await.expect("the voice note is kept");
        // What the picker gave vanishes.
        std::fs::remove_file(picked).expect("removed");
        let text = "after it".to_owned();
        let reply =
            Reply { text, seen, quoted: None, replaces: None, ignore_lease: false, canned: None };
        phone.does(of, CommandBody::Reply(reply), None).await.expect("the reply is kept");
        tells("kept");
    }
    let mut before = None;
    while told.is_empty() && !told.is_closed() {
        let outbox = phone.outbox().await.expect("an outbox");
        let sent = outbox.iter().find_map(|echo| echo.file.as_ref()).map(|file| file.sent);
        if before != Some(sent) {
            tells(&sent.map_or("gone".to_owned(), |sent| format!("sent {sent}")));
            before = Some(sent);
        }
        let stuck = outbox.iter().find(|echo| echo.stage == ActStage::NeedsReview);
        assert!(stuck.is_none(), "{stuck:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    told.close();
}

/// Waits until the server has more of it than that, and not all; gives how much.
async fn half_sent(phone: &mut Other, than: u64) -> u64 {
    let more = |line: &str| line.strip_prefix("sent ")?.parse().ok().filter(|sent| *sent > than);
    let line = phone.hears_one(|line| more(line).is_some() || line == "gone").await;
    let line = line.expect("a line").expect("it lives");
    let sent = more(&line).unwrap_or_else(|| panic!("it is sent already: {line}"));
    assert!(sent < u64::from(document_bytes()), "not all so far");
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_and_a_voice_note_survive_deaths_of_the_app_a_cut_and_a_server() {
    // Started by itself, below, it is the phone that is killed.
    if let Some(told) = std::env::var_os(PHONE) {
        return be_the_phone(&told.to_string_lossy()).await;
    }
    let mut places = vec![Installation::sqlite().expect("a place")];
    places.extend(Installation::postgres().await.expect("a place"));
    for place in places {
        let kind = place.kind;
        Box::pin(survives(place)).await;
        println!("{} bytes and a voice note, on {kind}", document_bytes());
    }
}

async fn survives(mut place: Installation) {
    let config = baton_simulator::Config { knobs: Knobs::permissive(), ..Default::default() };
    let simulator = Simulator::start(config).await.expect("a simulator");
    place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
    let cast = place.seed(&stage::seeds(&simulator, 1)).await.expect("a cast");
    let app = &simulator.config().meta_app_id;
    simulator.set_webhook_url(format!("{}/webhooks/whatsapp/{app}", place.url()));
    let mut server = BatonProcess::start(&place).await.expect("a server");
    let customer = simulator.customer("34600000001", "Lucía");
    customer.sends("Can I see it?").await;
    let agent = cast.logins.get(1).expect("an agent");
    let admin = Phone::sign_in(&place.url(), agent).await.expect("signed in");
    let conversation = eventually("the conversation begins", async || {
        let page: ConversationPage = admin.signed.get("/conversations").await.ok()?;
        page.conversations.first().map(|row| match row {
            ConversationRow::Head { head } => head.id,
            ConversationRow::Full { view, .. } => view.conversation.head.id,
        })
    })
    .await;

    let address = SocketAddr::from(([127, 0, 0, 1], place.port()));
    let way = Proxy::start(address, 1).expect("a way");
    let up = Sky { bytes_per_s: Some(u64::from(document_bytes()) / DOCUMENT_S), ..Sky::default() };
    way.set(Weather { up, ..Weather::default() });
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().display();
    let (workspace, email) = (&agent.workspace, &agent.email);
    let told = format!("http://{} {path} {workspace} {email} {conversation}", way.address());
    std::fs::write(directory.path().join("picked.pdf"), bytes(document_bytes()))
        .expect("a document");

    let mut phone = Other::start(THIS, PHONE, &told).await.expect("a phone");
    let sent = half_sent(&mut phone, 0).await;
    phone.kill().expect("killed");
    phone.ends().await.expect("dead");

    let mut phone = Other::start(THIS, PHONE, &told).await.expect("a phone");
    let sent = half_sent(&mut phone, sent).await;
    way.cut();
    let sent = half_sent(&mut phone, sent).await;
    server.kill().await.expect("killed");
    server = BatonProcess::start(&place).await.expect("a server");
    half_sent(&mut phone, sent).await;
    phone.kill().expect("killed");
    phone.ends().await.expect("dead");

    way.heal();
    let mut phone = Other::start(THIS, PHONE, &told).await.expect("a phone");
    let gone = phone.hears_one(|line| line == "gone").await.expect("a line");
    assert!(gone.is_some(), "it died");
    let is_text = |reached: &Reached| reached.text() == Some("after it");
    customer.receives(is_text, PATIENCE).await.expect("the reply");
    let reached: Vec<_> = simulator.reached().into_iter().collect();
    let kinds: Vec<_> = reached.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["document", "audio", "text"], "once, and in their turn");
    let arrived = reached.first().and_then(|one| customer.file(one)).expect("bytes");
    assert!(arrived == bytes(document_bytes()), "other bytes");
    let arrived = reached.get(1).and_then(|one| customer.file(one)).expect("bytes");
    assert!(arrived == bytes(VOICE_BYTES), "other bytes");
    assert!(phone.says("end").await);
    phone.ends().await.expect("ended");
    let outgoing = core_directory(directory.path()).join("outgoing");
    let accounts = std::fs::read_dir(outgoing).expect("read").map(|one| one.expect("read").path());
    for account in accounts {
        assert_eq!(std::fs::read_dir(account).expect("read").count(), 0, "the copy is gone");
    }
    let colleague = cast.logins.first().expect("an admin");
    let sender = Handset::on(&place.url(), directory.path()).await.expect("a phone");
    let sender = sender.signed_in(workspace, email, PASSWORD).await.expect("signed in");
    server = Box::pin(is_seen(&place, server, &sender, conversation, &colleague.email)).await;
    server.kill().await.expect("killed");
    place.remove().await.expect("removed");
}

/// A colleague's phone loads the small picture of a photo first, then all of it. Then it loads the
/// document through a death of the app, a cut and a death of the server. All of it can be read
/// offline.
async fn is_seen(
    place: &Installation,
    server: BatonProcess,
    sender: &Handset,
    of: ConversationId,
    email: &str,
) -> BatonProcess {
    let photo = crate::pictures::jpeg(1_200, 800);
    sends_photo(sender, of, &photo).await;
    let address = SocketAddr::from(([127, 0, 0, 1], place.port()));
    let way = Proxy::start(address, 1).expect("a way");
    let url = format!("http://{}", way.address());
    let directory = tempfile::tempdir().expect("a directory");
    let on = async || {
        let phone = Handset::on(&url, directory.path()).await.expect("a phone");
        phone.signed_in("faults", email, PASSWORD).await.expect("signed in")
    };
    let phone = on().await;
    let mut lines = phone.timeline(of).await.expect("a timeline");
    let is_whole = |line: &Line| line.file.and_then(FileState::picture).is_some();
    let has_photo = |drawn: &Drawn| file_lines(drawn).any(is_whole);
    let drawn = until(&mut lines, "the photo", has_photo).await.expect("drawn");
    let line = |kind| file_lines(&drawn).find(|line| line.kind == kind).expect("a line").id;
    let id = |message, size| FileId { conversation: of, message, size };
    let small = id(line(LineKind::Image), FileSize::Small);
    let jpeg = loads(&phone, small).await;
    assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.len() < photo.len(), "{}", jpeg.len());
    assert!(loads(&phone, id(small.message, FileSize::Whole)).await == photo, "other bytes");

    let down =
        Sky { bytes_per_s: Some(u64::from(document_bytes()) / DOCUMENT_S), ..Sky::default() };
    way.set(Weather { down, ..Weather::default() });
    let document = id(line(LineKind::Document), FileSize::Whole);
    let core = phone.core.clone();
    let loading = tokio::spawn(async move { core.load_file(document).await });
    let got = half_loaded(&mut lines, document.message, 0).await;
    drop(phone);
    assert_eq!(loading.await.expect("ended"), Err(CoreError::Closed));

    let phone = on().await;
    let mut lines = phone.timeline(of).await.expect("a timeline");
    let core = phone.core.clone();
    let loading = tokio::spawn(async move { core.load_file(document).await });
    let got = half_loaded(&mut lines, document.message, got).await;
    way.cut();
    let got = half_loaded(&mut lines, document.message, got).await;
    server.kill().await.expect("killed");
    let server = BatonProcess::start(place).await.expect("a server");
    half_loaded(&mut lines, document.message, got).await;
    way.heal();
    let loaded = loading.await.expect("ended");
    assert_eq!(loaded, Ok(u64::from(document_bytes())));
    phone.core.network(false).await.expect("told");
    way.set(Weather { door: Door::Shut, ..Weather::default() });
    way.cut();
    assert!(loads(&phone, document).await == bytes(document_bytes()), "other bytes");
    assert!(loads(&phone, small).await == jpeg, "other bytes");
    let found = holds(directory.path(), &bytes(1_000));
    assert_eq!(found, None::<PathBuf>, "it lies open");
    server
}

/// Sends a photo and waits until the server has it.
async fn sends_photo(sender: &Handset, of: ConversationId, photo: &[u8]) {
    let mut lines = sender.timeline(of).await.expect("a timeline");
    let drawn = until(&mut lines, "the line", |drawn| drawn.about.seen.is_some()).await;
    let seen = drawn.expect("a line").about.seen;
    let tap = FileTap { op_id: None, conversation_id: of, seen, quoted: None };
    let file = OutgoingFile {
        source: FileSource::Bytes(photo.to_vec()),
        kind: LineKind::Image,
        media_type: "image/jpeg".to_owned(),
        name: None,
        caption: None,
    };
    sender.core.send_file(tap, file).await.expect("the photo is kept");
    eventually("the photo is sent", async || {
        sender.outbox().await.expect("an outbox").is_empty().then_some(())
    })
    .await;
}

/// The lines with a file that the server has.
fn file_lines(drawn: &Drawn) -> impl Iterator<Item = &Line> {
    drawn.entries.iter().filter_map(|entry| match entry {
        Entry::Line { line, .. } => line.file.and_then(FileState::bytes).map(|_| line),
        Entry::Note { .. } | Entry::Coaching { .. } | Entry::Moved(_) | Entry::Echo(_) => None,
    })
}

/// Waits until more of it than that is on the phone, and not all; gives how much.
async fn half_loaded(lines: &mut Receiver<Drawn>, message: MessageId, than: u64) -> u64 {
    let got = |drawn: &Drawn| {
        let of = |entry: &Entry| match entry {
            Entry::Line { line, loading, .. } if line.id == message => *loading,
            Entry::Line { .. }
            | Entry::Note { .. }
            | Entry::Coaching { .. }
            | Entry::Moved(_)
            | Entry::Echo(_) => None,
        };
        drawn.entries.iter().find_map(of).map_or(0, |loading| loading.got)
    };
    let drawn = until(lines, "more of the file", |drawn| got(drawn) > than).await.expect("drawn");
    let got = got(&drawn);
    assert!(got < u64::from(document_bytes()), "not all so far");
    got
}

/// Loads a file, and reads all of it part by part.
async fn loads(phone: &Handset, file: FileId) -> Vec<u8> {
    let bytes = phone.core.load_file(file).await.expect("loaded");
    let mut read = Vec::new();
    while (read.len() as u64) < bytes {
        let part = FilePart { from: read.len() as u64, bytes: FILE_PART_MAX };
        let part = phone.core.read_file(file, part).await.expect("read").expect("kept");
        assert!(!part.is_empty(), "it ends too soon");
        read.extend(part);
    }
    read
}

/// The file below a directory that holds these bytes.
fn holds(directory: &Path, bytes: &[u8]) -> Option<PathBuf> {
    let mut paths = std::fs::read_dir(directory).expect("read").map(|one| one.expect("one").path());
    paths.find_map(|path| match path.is_dir() {
        true => holds(&path, bytes),
        false => {
            let kept = std::fs::read(&path).expect("read");
            let first = bytes.first().copied().unwrap_or_default();
            let mut starts = kept.iter().enumerate().filter(|(_, byte)| **byte == first);
            starts.any(|(at, _)| kept.get(at..at + bytes.len()) == Some(bytes)).then_some(path)
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_and_its_caption_reach_the_customer_and_what_is_too_large_is_refused_at_once() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let phone = Handset::on(&world.server.url(), directory.path()).await.unwrap();
        let phone = phone.signed_in("acme", "ana@acme.example", PASSWORD).await.unwrap();
        let lucia = world.contact("Lucía");
        lucia.sends("Can I see it?").await;
        let conversation_id = lucia.conversation().await;
        let mut lines = phone.timeline(conversation_id).await.unwrap();
        let drawn = until(&mut lines, "the line", |drawn| drawn.about.seen.is_some()).await;
        let seen = drawn.unwrap().about.seen;
        let tap = FileTap { op_id: None, conversation_id, seen, quoted: None };
        let photo = |count, caption: &str| OutgoingFile {
            source: FileSource::Bytes(bytes(count)),
            kind: LineKind::Image,
            media_type: "image/jpeg".to_owned(),
            name: None,
            caption: Some(caption.to_owned()),
        };
        let refused = phone.core.send_file(tap, photo(6_000_000, "Too large")).await.unwrap_err();
        assert!(matches!(refused, CoreError::Refused(_)), "{refused:?}");
        assert!(refused.to_string().contains("must have 1 to 5242880"), "{refused}");
        let gone = document(FileSource::Path(directory.path().join("nowhere.pdf")));
        let refused = phone.core.send_file(tap, gone).await.unwrap_err();
        assert!(matches!(refused, CoreError::Invalid { .. }), "{refused:?}");
        phone.core.send_file(tap, photo(300_000, "Here")).await.unwrap();
        let is_it = |reached: &Reached| reached.kind == "image";
        let reached = lucia.customer.receives(is_it, PATIENCE).await.expect("the photo");
        assert!(lucia.customer.file(&reached).expect("bytes") == bytes(300_000), "other bytes");
        assert_eq!(reached.body["caption"], "Here");
        eventually("the act is over", async || {
            phone.outbox().await.unwrap().is_empty().then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_lists_templates_and_begins_a_conversation_with_one() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let phone = Handset::on(&world.server.url(), directory.path()).await.unwrap();
        let phone = phone.signed_in("acme", "ana@acme.example", PASSWORD).await.unwrap();
        templates_are_known(world).await;
        let channel = eventually("the numbers are known", async || {
            phone.core.people().await.ok()?.channels.first().map(|channel| channel.id)
        })
        .await;
        let listed = phone.core.templates(channel).await.unwrap().templates;
        let listed =
            listed.iter().find(|one| (one.name.as_str(), &*one.language) == ("order_update", "es"));
        assert_eq!(listed.map(|one| one.status), Some(TemplateStatus::Approved));
        let nora = world.contact("Nora");
        let number = format!("+{}", nora.number());
        let begun = phone.core.begin(channel, number.clone()).await.unwrap();
        assert_eq!(phone.core.begin(channel, number).await.unwrap(), begun);
        let template = crate::sendable::send(None, order_update(), None);
        phone.does(begun, template, None).await.unwrap();
        let is_it = |reached: &Reached| reached.kind == "template";
        nora.customer.receives(is_it, PATIENCE).await.expect("the template");
        let refused = phone.core.begin(channel, "nobody".to_owned()).await.unwrap_err();
        assert!(matches!(refused, CoreError::Server { .. }), "{refused:?}");
    })
    .await;
}
