//! Files that customers send: fetched, told, and read by those who may.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use baton::demo::PASSWORD;
use baton_mobile::lists::Entry;
use baton_protocol::page::{CustomerFiles, FileAddress};
use baton_protocol::{ConversationId, FileState, Line, LineKind};
use baton_simulator::{Around, Inbound, InboundMedia};
use baton_world::handset::{Drawn, Handset, until};
use baton_world::world::{
    Agent, Contact, PATIENCE, SECOND_NUMBER, Setup, World, eventually, for_each_store,
};
use reqwest::{Method, Response};

use crate::persons::adds_second_number;

/// A customer sends a file, which WhatsApp delivers.
pub(crate) async fn sends(contact: &Contact<'_>, kind: &str, media_type: &str, bytes: &[u8]) {
    let media = InboundMedia {
        kind: kind.to_owned(),
        mime_type: Some(media_type.to_owned()),
        base64: Some(STANDARD.encode(bytes)),
        filename: (kind == "document").then(|| "../../la factura.html".to_owned()),
        voice: kind == "audio",
        ..InboundMedia::default()
    };
    let said = contact.customer.says(Inbound::Media(media), Around::default()).await;
    contact.acknowledged(&said.expect("a file")).await;
}

/// The last line of a conversation, once its file is there.
pub(crate) async fn stored(agent: &Agent, contact: &Contact<'_>) -> Line {
    let conversation = contact.conversation().await;
    eventually("the file is stored", async || {
        let line = agent.lines(conversation).await.pop()?;
        matches!(line.file, Some(FileState::Stored { .. })).then_some(line)
    })
    .await
}

fn path(contact: &str, line: &Line) -> String {
    format!("/conversations/{contact}/messages/{}/file", line.id)
}

pub(crate) async fn address(agent: &Agent, contact: &Contact<'_>, line: &Line) -> FileAddress {
    let conversation = contact.conversation().await.to_string();
    agent.signed.get(&path(&conversation, line)).await.expect("an address")
}

/// Reads an address, as a player or an image tag does: without a session.
pub(crate) async fn reads(world: &World, url: &str, range: Option<&str>) -> Response {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut request = client.get(format!("{}{url}", world.api().base()));
    if let Some(range) = range {
        request = request.header("range", range);
    }
    request.send().await.expect("an answer")
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_stored_and_every_node_gives_it_out_byte_for_byte() {
    for_each_store(Setup::usual(), async |world| {
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n * 7 + n / 251).to_le_bytes()[0]).collect();
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        sends(&lucia, "image", "image/jpeg", &bytes).await;
        let line = stored(&ana, &lucia).await;
        assert_eq!(
            (line.kind, line.file),
            (
                LineKind::Image,
                Some(FileState::Stored { bytes: 300_000, picture: None, sound: None })
            )
        );
        // Every node gives an address, and every node reads what another one fetched.
        for _ in 0..3 {
            let given = address(&ana, &lucia, &line).await;
            assert_eq!((given.media_type.as_str(), given.bytes), ("image/jpeg", 300_000));
            let answer = reads(world, &given.url, None).await;
            assert_eq!(answer.status(), 200);
            assert_eq!(header(&answer, "content-type"), "image/jpeg");
            assert_eq!(header(&answer, "content-disposition"), "inline");
            assert_eq!(header(&answer, "content-length"), "300000");
            assert_eq!(answer.bytes().await.expect("a body"), bytes);
        }
    })
    .await;
}

async fn customer_files(agent: &Agent, contact: &str, query: &str) -> CustomerFiles {
    agent.signed.get(&format!("/contacts/{contact}/files{query}")).await.expect("the files")
}

async fn contact_of(agent: &Agent, conversation: ConversationId) -> String {
    let path = format!("/conversations/{conversation}");
    let found: serde_json::Value = agent.signed.get(&path).await.expect("the conversation");
    let contact = found.pointer("/view/thread/contact_id").and_then(|id| id.as_str());
    contact.expect("a contact").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_files_of_a_customer_are_listed_as_far_as_their_conversations_are_seen() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let lucia = world.contact("Lucía");
        let mut sent = Vec::new();
        for bytes in [b"one".as_slice(), b"two", b"three"] {
            sends(&lucia, "document", "application/pdf", bytes).await;
            sent.push(stored(&ana, &lucia).await.id);
        }
        sends(&lucia, "sticker", "image/webp", b"four").await;
        stored(&ana, &lucia).await;
        sent.reverse();
        let here = lucia.conversation().await;
        let billing = world.team("Billing", &["Dora"]).await;
        let dora = world.agent("Dora").await;
        adds_second_number(world, billing.id).await;
        let there = lucia.on(SECOND_NUMBER);
        sends(&there, "image", "image/jpeg", b"five").await;
        let elsewhere = stored(&admin, &there).await.id;
        let contact = contact_of(&admin, here).await;

        // The newest first: no sticker, and nothing of a conversation that Ana does not see.
        let seen = customer_files(&ana, &contact, "").await;
        assert_eq!(seen.files.iter().map(|file| file.line.id).collect::<Vec<_>>(), sent);
        assert!(seen.next.is_none() && seen.files.iter().all(|file| file.conversation_id == here));
        let (mut paged, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = customer_files(&admin, &contact, &query).await;
            paged.extend(page.files.iter().map(|file| file.line.id));
            let Some(next) = page.next else { break };
            query = format!("?limit=2&page={next}");
        }
        assert_eq!(paged, [&[elsewhere], &sent[..]].concat(), "an admin sees both numbers");

        let at = there.conversation().await;
        let of_dora = customer_files(&dora, &contact_of(&admin, at).await, "").await;
        let ids: Vec<_> = of_dora.files.iter().map(|file| file.line.id).collect();
        assert_eq!((at != here, ids), (true, vec![elsewhere]));
        let token = ana.signed.session.access_token.clone();
        for (contact, query, status) in
            [(contact.as_str(), "?page=yesterday", 400), (&here.to_string(), "", 404)]
        {
            let path = format!("/api/v1/contacts/{contact}/files{query}");
            let asked = world.asks(Method::GET, &path, Some(&token), None).await;
            assert_eq!(asked.status, status, "{path}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_reads_ranges_and_a_part_it_has_is_not_sent_again() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        sends(&lucia, "audio", "audio/ogg; codecs=opus", b"0123456789").await;
        let line = stored(&ana, &lucia).await;
        assert_eq!(line.kind, LineKind::Voice);
        let url = address(&ana, &lucia, &line).await.url;
        for (range, status, content_range, body) in [
            ("bytes=0-3", 206, "bytes 0-3/10", "0123"),
            ("bytes=8-", 206, "bytes 8-9/10", "89"),
            ("bytes=-1", 206, "bytes 9-9/10", "9"),
            ("bytes=0-1,4-5", 200, "", "0123456789"),
            ("bytes=10-", 416, "bytes */10", ""),
        ] {
            let answer = reads(world, &url, Some(range)).await;
            assert_eq!(answer.status(), status, "{range}");
            assert_eq!(header(&answer, "content-range"), content_range, "{range}");
            assert_eq!(answer.text().await.expect("a body"), body, "{range}");
        }
        let whole = reads(world, &url, None).await;
        assert_eq!(header(&whole, "content-type"), "audio/ogg");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let again = client.get(format!("{}{url}", world.api().base()));
        let again = again.header("if-none-match", header(&whole, "etag")).send().await;
        assert_eq!(again.expect("an answer").status(), 304);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_a_customer_sends_is_saved_and_never_runs() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        sends(&lucia, "document", "text/html", b"<script>alert(1)</script>").await;
        let line = stored(&ana, &lucia).await;
        let given = address(&ana, &lucia, &line).await;
        assert_eq!(given.name.as_deref(), Some("la factura.html"));
        let answer = reads(world, &given.url, None).await;
        assert_eq!(header(&answer, "content-type"), "application/octet-stream");
        assert!(header(&answer, "content-disposition").starts_with("attachment; filename="));
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(&answer, "content-security-policy"), "sandbox; default-src 'none'");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_a_file_of_a_conversation_that_is_not_theirs() {
    for_each_store(Setup::usual(), async |world| {
        world.second_workspace().await.expect("another workspace");
        world.team("Billing", &["Dora"]).await;
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        sends(&lucia, "image", "image/png", b"a photo").await;
        let line = stored(&ana, &lucia).await;
        let other = world.contact("Marta");
        other.sends("Hola").await;
        let ids = [lucia.conversation().await.to_string(), other.conversation().await.to_string()];
        let asks = async |token: Option<&str>, of: &str| {
            let path = format!("/api/v1{}", path(of, &line));
            let answer = world.asks(Method::GET, &path, token, None).await;
            (answer.status, answer.code())
        };
        let token = |agent: &Agent| agent.signed.session.access_token.clone();
        for outsider in [world.agent("Dora").await, world.agent_of("umbrella", "Ana").await] {
            let token = token(&outsider);
            let expected = (404, "not_found".to_owned());
            assert_eq!(asks(Some(&token), &ids[0]).await, expected, "{}", outsider.name);
        }
        let mine = token(&ana);
        assert_eq!(asks(Some(&mine), &ids[1]).await, (404, "not_found".to_owned()), "not of there");
        assert_eq!(asks(None, &ids[0]).await.0, 401);
        let url = address(&ana, &lucia, &line).await.url;
        let mut forged = url;
        let last = forged.pop();
        forged.push(if last == Some('A') { 'Q' } else { 'A' });
        for odd in [forged.as_str(), "/api/v1/files/x"] {
            let answer = world.asks(Method::GET, odd, None, None).await;
            assert_eq!((answer.status, answer.code()), (404, "file_address_expired".to_owned()));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_told_refused_and_gives_no_address() {
    let setup = Setup::usual().with("BATON_MEDIA__FILE_BYTES_MAX", "10");
    for_each_store(setup, async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        sends(&lucia, "document", "application/pdf", b"eleven byte").await;
        let conversation = lucia.conversation().await;
        let line = eventually("the file is refused", async || {
            let line = ana.lines(conversation).await.pop()?;
            (line.file == Some(FileState::Refused)).then_some(line)
        })
        .await;
        let path = format!("/api/v1{}", path(&conversation.to_string(), &line));
        let token = ana.signed.session.access_token.as_str();
        let answer = world.asks(Method::GET, &path, Some(token), None).await;
        assert_eq!((answer.status, answer.code()), (404, "file_refused".to_owned()));
        lucia.sends("and a text").await;
        ana.phone().shows("and a text").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_draws_what_became_of_a_file_and_reads_it() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().expect("a directory");
        let on = Handset::on(&world.server.url(), directory.path()).await.expect("a handset");
        let email = "ana@acme.example";
        let ana = on.signed_in("acme", email, PASSWORD).await.expect("signing in");
        ana.live(PATIENCE).await.expect("live");
        let lucia = world.contact("Lucía");
        sends(&lucia, "image", "image/png", b"a photo").await;
        let conversation = lucia.conversation().await;
        let mut lines = ana.timeline(conversation).await.expect("a timeline");
        let file = |drawn: &Drawn| match drawn.entries.last() {
            Some(Entry::Line { line, .. }) => Some((line.id, line.file)),
            _ => None,
        };
        let is_there = |drawn: &Drawn| {
            file(drawn).is_some_and(|(_, file)| {
                file == Some(FileState::Stored { bytes: 7, picture: None, sound: None })
            })
        };
        let drawn = until(&mut lines, "the file is stored", is_there).await.expect("drawn");
        let (message, _) = file(&drawn).expect("a line");
        let address = ana.core.file_address(conversation, message).await.expect("an address");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let read = client.get(&address.url).send().await.expect("an answer");
        assert_eq!(read.bytes().await.expect("a body").as_ref(), b"a photo");
    })
    .await;
}
