//! Messages and notes are found by their words, by those who may read them.

use baton_protocol::ConversationId;
use baton_protocol::page::{SearchHit, SearchPage};
use baton_simulator::{Around, Inbound};
use baton_world::world::{Agent, Setup, World, eventually, for_each_store};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn texts_and_notes_are_found_by_their_words_in_what_the_viewer_may_read() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Se rompió la cadena, ¿tenéis piñones?").await;
        let conversation = lucia.conversation().await;
        ana.replies(conversation, "Sí: cadenas y PIÑONES").await;
        ana.notes(conversation, "Pide la cadena desde mayo").await;

        let all = finds(world, &ana, "cadena", 3).await;
        assert_eq!(whats(&all.hits), ["note 2", "message 2", "message 1"], "the newest first");
        assert_eq!(marked(&all.hits[1]), ["cadenas"]);
        assert_eq!(all.hits[0].conversation.contact.name.as_deref(), Some("Lucía"));
        assert!(all.next.is_none() && !all.filling);
        // Without accents and case, all words, each by its beginning.
        assert_eq!(whats(&search(world, &ana, "q=PINON").await.hits), ["message 2", "message 1"]);
        assert_eq!(whats(&search(world, &ana, "q=rompio+pinones").await.hits), ["message 1"]);
        assert!(search(world, &ana, "q=dena").await.hits.is_empty());
        // Customers by name and number.
        let named = search(world, &ana, "q=lucia").await;
        assert_eq!((named.conversations.len(), named.hits.len()), (1, 0));
        let part: String = lucia.number().chars().skip(3).take(6).collect();
        assert_eq!(search(world, &ana, &format!("q={part}")).await.conversations.len(), 1);

        // One kind, a filter, and a page at a time.
        let notes = search(world, &ana, "q=cadena&kind=notes").await;
        assert_eq!(whats(&notes.hits), ["note 2"]);
        let messages = search(world, &ana, "q=cadena&kind=messages").await;
        assert_eq!(whats(&messages.hits), ["message 2", "message 1"]);
        assert_eq!(search(world, &ana, "q=cadena&owner=me").await.hits.len(), 3);
        assert!(search(world, &ana, "q=cadena&owner=nobody").await.hits.is_empty());
        assert!(search(world, &ana, "q=cadena&status=resolved").await.hits.is_empty());
        let at = all.hits[1].at;
        let since = search(world, &ana, &format!("q=cadena&from={at}")).await;
        assert_eq!(whats(&since.hits), ["note 2", "message 2"]);
        let before = search(world, &ana, &format!("q=cadena&until={at}")).await;
        assert_eq!(whats(&before.hits), ["message 1"]);
        let named = search(world, &ana, &format!("q=lucia&until={}", before.hits[0].at)).await;
        assert!(named.conversations.is_empty(), "the newest line of the conversation is later");
        let (mut paged, mut page) = (Vec::new(), String::new());
        loop {
            let found = search(world, &ana, &format!("q=cadena&limit=1{page}")).await;
            paged.extend(whats(&found.hits));
            let Some(next) = found.next else { break };
            page = format!("&page={next}");
        }
        assert_eq!(paged, whats(&all.hits));
        let other = format!("/api/v1/search?q=freno{page}");
        for path in [&other, "/api/v1/search", "/api/v1/search?q=", "/api/v1/search?q=a&colour=red"]
        {
            assert_eq!(asks(world, &ana, path).await.0, 400, "{path}");
        }
        assert!(search(world, &ana, "q=%3F%21").await.hits.is_empty());

        // Who may not read it does not find it.
        world.team("Billing", &["Dora"]).await;
        let dora = world.agent("Dora").await;
        let hidden = search(world, &dora, "q=cadena").await;
        assert!(hidden.hits.is_empty() && hidden.next.is_none());
        assert!(search(world, &dora, "q=lucia").await.conversations.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn captions_and_names_of_files_are_found_and_what_was_taken_back_is_not() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let marta = world.contact("Marta");
        let document = serde_json::json!({
            "type": "document",
            "document": { "id": "1", "mime_type": "application/pdf", "sha256": "",
                "filename": "Factura-1044.pdf", "caption": "La garantía" }
        });
        marta.sends_type(document).await;
        let secret = marta.sends("Mi contraseña es mariposa").await;
        let conversation = marta.conversation().await;
        assert_eq!(whats(&finds(world, &ana, "mariposa", 1).await.hits), ["message 2"]);
        assert_eq!(whats(&search(world, &ana, "q=garantia").await.hits), ["message 1"]);
        assert_eq!(whats(&search(world, &ana, "q=factura+1044").await.hits), ["message 1"]);

        let wamid = marta.customer.says(Inbound::Revoke { wamid: secret }, Around::default()).await;
        marta.acknowledged(&wamid.expect("a message")).await;
        is_hidden(&ana, conversation).await;
        assert!(search(world, &ana, "q=mariposa").await.hits.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_type_is_found_whatever_the_script() {
    // Decomposed, as a Mac writes it.
    const KOREAN: &str = "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}";
    const TEXTS: [(&str, &[&str]); 8] = [
        ("สวัสดีครับ ขอใบเสร็จรับเงินด้วยครับ", &["ใบเสร็จ", "รับเงิน", "เงิน ครับ"]),
        ("ຂໍໃບບິນແດ່", &["ໃບບິນ"]),
        ("សូមផ្ញើវិក្កយបត្រមក", &["វិក្កយបត្រ"]),
        ("ငွေပေးချေပြေစာ", &["ပြေစာ"]),
        ("قَالَ الأُسْتَاذُ أحمد", &["قال", "الاستاذ", "احمد استاذ"]),
        ("クレジットｶｰﾄﾞで　９７５３円", &["カード", "9753"]),
        (KOREAN, &["한글", "한"]),
        ("Ruf an: +49 (0)151 1234-5678", &["0151 12345678", "+4915112345678", "٠١٥١ ١٢٣٤٥٦٧٨"]),
    ];
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let customer = world.contact(&format!("{KOREAN} Müller"));
        for (text, _) in TEXTS {
            customer.sends(text).await;
        }
        let conversation = customer.conversation().await;
        ana.notes(conversation, "Räumung: ＦＡＸ ﬁnden").await;
        finds(world, &ana, "fax+finden", 1).await;
        for (n, (text, queries)) in (1..).zip(TEXTS) {
            for query in queries {
                let found = search(world, &ana, &asked_for(query)).await;
                assert_eq!(whats(&found.hits), [format!("message {n}")], "{query} in {text}");
                assert!(!marked(&found.hits[0]).is_empty(), "{query} in {text}");
            }
        }
        let national = format!("0{}", customer.number().get(2..).expect("a country"));
        for query in ["muller 한글", KOREAN, &national, &format!("00{}", customer.number())] {
            let found = search(world, &ana, &asked_for(query)).await;
            assert_eq!(found.conversations.len(), 1, "{query}");
        }
    })
    .await;
}

/// A query of these words, as an address has it.
fn asked_for(words: &str) -> String {
    let address = reqwest::Url::parse_with_params("http://localhost", [("q", words)]);
    address.expect("an address").query().expect("a query").to_owned()
}

async fn is_hidden(agent: &Agent, conversation: ConversationId) {
    eventually("it is taken back", async || {
        let lines = agent.lines(conversation).await;
        lines.get(1)?.content.text.is_none().then_some(())
    })
    .await;
}

/// Waits until so many are found: texts become searchable after their commit.
async fn finds(world: &World, agent: &Agent, word: &str, count: usize) -> SearchPage {
    eventually("texts are searchable", async || {
        let page = search(world, agent, &format!("q={word}")).await;
        (page.hits.len() == count).then_some(page)
    })
    .await
}

async fn search(world: &World, agent: &Agent, query: &str) -> SearchPage {
    let (status, text) = asks(world, agent, &format!("/api/v1/search?{query}")).await;
    assert_eq!(status, 200, "{query}: {text}");
    serde_json::from_str(&text).expect("a page")
}

async fn asks(world: &World, agent: &Agent, path: &str) -> (u16, String) {
    let token = Some(agent.signed.session.access_token.as_str());
    let answer = world.asks(Method::GET, path, token, None).await;
    (answer.status, answer.text)
}

fn whats(hits: &[SearchHit]) -> Vec<String> {
    let what = |hit: &SearchHit| match hit.note_id {
        Some(_) => format!("note {}", hit.seq),
        None => format!("message {}", hit.seq),
    };
    hits.iter().map(what).collect()
}

fn marked(hit: &SearchHit) -> Vec<&str> {
    hit.excerpt.iter().filter(|part| part.hit).map(|part| part.text.as_str()).collect()
}
