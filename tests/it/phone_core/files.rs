//! Files that a phone sends, through its deaths, cuts of the network and deaths of the server: each
//! arrives whole, once and in its turn.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::begin::{order_update, templates_are_known};
use baton::demo::PASSWORD;
use baton_mobile::outbox::ActStage;
use baton_mobile::runtime::{CoreError, FileSource, FileTap, OutgoingFile};
use baton_protocol::command::Reply;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::template::TemplateStatus;
use baton_protocol::{CommandBody, ConversationId, LineKind};
use baton_simulator::{Knobs, Reached, Simulator};
use baton_world::chaos::{Proxy, Sky, Weather};
use baton_world::handset::{Handset, core_directory, until};
use baton_world::itself::{Other, is_ready, tells, told};
use baton_world::phone::Phone;
use baton_world::process::{BatonProcess, Place};
use baton_world::stage;
use baton_world::world::{PATIENCE, Setup, eventually, for_each_store};

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
        let drawn = until(&mut lines, "the line", |drawn| drawn.seen.is_some()).await;
        let seen = drawn.expect("a line").seen;
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
        let reply = Reply { text, seen, quoted: None, replaces: None, ignore_lease: false };
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
    let mut places = vec![Place::sqlite().expect("a place")];
    places.extend(Place::postgres().await.expect("a place"));
    for place in places {
        let kind = place.kind;
        Box::pin(survives(place)).await;
        println!("{} bytes and a voice note, on {kind}", document_bytes());
    }
}

async fn survives(mut place: Place) {
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
    server.kill().await.expect("killed");
    place.remove().await.expect("removed");
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
        let drawn = until(&mut lines, "the line", |drawn| drawn.seen.is_some()).await;
        let seen = drawn.unwrap().seen;
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
