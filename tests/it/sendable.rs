//! More than a text: places, contact cards, buttons, lists and links reach the customer.

use baton_domain::fact::predicates::provider_rank;
use baton_protocol::audit::LogPage;
use baton_protocol::command::Send;
use baton_protocol::template::{
    ButtonFilling, FilledButton, Filling, Template, TemplateList, TemplateStatus, TemplateUsages,
};
use baton_protocol::{
    Actor, Button, CommandBody, Degrees, Details, Event, Fact, Frame, LineKind, ListRow,
    ListSection, MessageStatus, Owner, Refusal, Seen, SharedCard,
};
use baton_simulator::{
    Around, Fault, FaultRule, Inbound, PlatformEvent, Reached, TemplateEvent, When,
};
use baton_world::world::{Agent, Answered, PATIENCE, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) fn send(text: Option<&str>, details: Details, seen: Seen) -> CommandBody {
    CommandBody::Send(Send {
        text: text.map(str::to_owned),
        details: Box::new(details),
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

/// One of each, with the object that the customer's phone gets.
fn all() -> Vec<(Option<&'static str>, Details, Value)> {
    let frame = || Frame { header: Some("A call".into()), footer: Some("Ten minutes".into()) };
    let row = ListRow { id: "t16".into(), title: "16:00".into(), description: Some("Ana".into()) };
    let section = ListSection { title: None, rows: vec![row] };
    let degrees = |degrees| Degrees::new(degrees).expect("degrees");
    vec![
        (
            Some("When?"),
            Details::List { button: "Times".into(), sections: vec![section], frame: frame() },
            json!({
                "type": "list",
                "header": {"type": "text", "text": "A call"},
                "body": {"text": "When?"},
                "footer": {"text": "Ten minutes"},
                "action": {"button": "Times", "sections": [{
                    "rows": [{"id": "t16", "title": "16:00", "description": "Ana"}],
                }]},
            }),
        ),
        (
            Some("The bill"),
            Details::Link {
                title: "Pay".into(),
                url: "https://shop.example/pay".into(),
                frame: Frame::default(),
            },
            json!({
                "type": "cta_url",
                "body": {"text": "The bill"},
                "action": {
                    "name": "cta_url",
                    "parameters": {"display_text": "Pay", "url": "https://shop.example/pay"},
                },
            }),
        ),
        (
            None,
            Details::Location {
                latitude: degrees(41.387_917),
                longitude: degrees(2.169_919),
                name: Some("The shop".into()),
                address: None,
                url: None,
            },
            json!({"latitude": 41.387_917, "longitude": 2.169_919, "name": "The shop"}),
        ),
        (
            None,
            Details::ContactCards {
                cards: vec![SharedCard {
                    name: Some("Ana Ruiz".into()),
                    organisation: Some("Acme".into()),
                    phones: vec!["+34 600 000 009".into()],
                    emails: vec!["ana@acme.example".into()],
                    addresses: vec!["Calle Mayor 1, Soria".into()],
                    urls: vec!["https://acme.example".into()],
                    birthday: Some("1990-01-02".into()),
                }],
            },
            json!([{
                "name": {"formatted_name": "Ana Ruiz", "first_name": "Ana Ruiz"},
                "org": {"company": "Acme"},
                "phones": [{"phone": "+34 600 000 009"}],
                "emails": [{"email": "ana@acme.example"}],
                "addresses": [{"street": "Calle Mayor 1, Soria"}],
                "urls": [{"url": "https://acme.example"}],
                "birthday": "1990-01-02",
            }]),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reaches_the_customer_as_whatsapp_has_it() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Can we talk?").await;
        let conversation = lucia.conversation().await;
        ana.phone().shows("Can we talk?").await;
        for (text, details, expected) in all() {
            let seen = ana.last_line(conversation).await;
            let sent = ana.does(conversation, send(text, details.clone(), seen)).await.accepted();
            let line = sent.line.expect("a line");
            let is_it = |reached: &Reached| reached.body == expected;
            let patience = std::time::Duration::from_secs(20);
            lucia.customer.receives(is_it, patience).await.unwrap_or_else(|_| {
                panic!("{expected} never came, only {:?}", lucia.customer.received())
            });
            let lines = ana.lines(conversation).await;
            let held = lines.iter().find(|one| one.id == line.id).expect("its line");
            assert_eq!(held.content.details.as_deref(), Some(&details));
        }
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_reaches_the_customer_and_answers_nothing() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        let wamid = lucia.sends("See you at five").await;
        let conversation = lucia.conversation().await;
        ana.phone().shows("See you at five").await;
        let asked = ana.last_line(conversation).await;
        for emoji in [Some("👍"), None] {
            let seen = ana.last_line(conversation).await;
            let reaction = CommandBody::Send(Send {
                text: None,
                details: Box::new(Details::Reaction { emoji: emoji.map(str::to_owned) }),
                seen,
                quoted: asked.map(|line| line.id),
                replaces: None,
                ignore_lease: false,
                canned: None,
            });
            let line = ana.does(conversation, reaction).await.accepted().line.expect("a line");
            let body = json!({"message_id": wamid, "emoji": emoji.unwrap_or_default()});
            let is_it = |reached: &Reached| reached.kind == "reaction" && reached.body == body;
            let patience = std::time::Duration::from_secs(20);
            lucia.customer.receives(is_it, patience).await.expect("the reaction");
            // Of a reaction WhatsApp tells no more.
            ana.finds(conversation, line, MessageStatus::Sent).await;
        }
        let head = ana.head(conversation).await;
        assert!(matches!(head.owner, Owner::Queue(_)), "{:?}", head.owner);
        assert!(ana.view(conversation).await.conversation.thread.turn.is_some());
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_on_a_button_is_a_choice_that_quotes_the_message() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Is it ready?").await;
        let conversation = lucia.conversation().await;
        let button = |id: &str, title: &str| Button { id: id.into(), title: title.into() };
        let details = Details::Buttons {
            buttons: vec![button("yes", "Yes, today"), button("no", "Another day")],
            frame: Frame::default(),
        };
        let seen = ana.last_line(conversation).await;
        let body = send(Some("It is. Shall we deliver?"), details, seen);
        let sent = ana.does(conversation, body).await.accepted().line.expect("a line");
        let is_it = |reached: &Reached| reached.kind == "interactive";
        let patience = std::time::Duration::from_secs(20);
        let reached = lucia.customer.receives(is_it, patience).await.expect("the buttons");
        // A tap could overtake the answer to the send, and nobody is that fast.
        eventually("WhatsApp's id is known", async || {
            let lines = ana.lines(conversation).await;
            let status = lines.iter().find(|line| line.id == sent.id)?.status?;
            (provider_rank(status) > 0).then_some(())
        })
        .await;
        let tap = Inbound::Tap { wamid: reached.wamid, id: "yes".into() };
        let wamid = lucia.customer.says(tap, Around::default()).await.expect("a tap");
        lucia.acknowledged(&wamid).await;
        let lines = ana.lines(conversation).await;
        let choice = lines.last().expect("the choice");
        assert_eq!((choice.kind, choice.quoted), (LineKind::Choice, Some(sent.id)));
        assert_eq!(choice.content.text.as_deref(), Some("Yes, today"));
        let Some(Details::Choice { id, .. }) = choice.content.details.as_deref() else {
            panic!("{choice:?}")
        };
        assert_eq!(id.as_deref(), Some("yes"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_meta_knows_reaches_the_customer() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let lucia = world.contact("Lucía");
        lucia.sends("Is it ready?").await;
        let conversation = lucia.conversation().await;
        let filling = |text: &str| Filling { name: None, text: text.into(), file: None };
        let details = Details::Template {
            name: "order_update".into(),
            language: "es".into(),
            header: Vec::new(),
            body: vec![filling("Lucía"), filling("4711")],
            buttons: Vec::new(),
        };
        let seen = ana.last_line(conversation).await;
        let early = ana.does(conversation, send(None, details.clone(), seen)).await.refusal();
        assert!(matches!(&early, Refusal::Invalid { field, .. } if field == "details.name"));

        let path = format!("/channels/{}/templates", world.cast.channel);
        let puts = async |agent: &Agent, account: &str| {
            let source = json!({"account_id": account}).to_string().into_bytes();
            let token = Some(agent.signed.session.access_token.as_str());
            let (path, body) = (format!("/api/v1{path}"), Some(("application/json", source)));
            world.asks(Method::PUT, &path, token, body).await.status
        };
        let account = &world.simulator.config().numbers.first().expect("a number").waba_id;
        assert_eq!(puts(&ana, account).await, 403, "an admin says whose they are");
        assert_eq!(puts(&admin, "no account").await, 400);
        assert_eq!(puts(&admin, "999").await, 202);
        eventually("the trouble is told", async || {
            let list: TemplateList = ana.signed.get(&path).await.expect("a list");
            list.trouble.filter(|trouble| trouble.contains("account"))
        })
        .await;
        assert_eq!(puts(&admin, account).await, 202);
        let list = eventually("the templates are there", async || {
            let list: TemplateList = ana.signed.get(&path).await.expect("a list");
            list.synced_at.is_some().then_some(list)
        })
        .await;
        let known = |one: &Template| one.name == "order_update" && one.language == "es";
        let found = list.templates.iter().find(|one| known(one)).expect("the template");
        assert_eq!(found.status, TemplateStatus::Approved);

        let sent = ana.does(conversation, send(None, details, seen)).await.accepted();
        let is_it = |reached: &Reached| reached.kind == "template";
        let patience = std::time::Duration::from_secs(20);
        let reached = lucia.customer.receives(is_it, patience).await.expect("the template");
        assert_eq!(reached.body["language"]["code"], "es");
        let lines = ana.lines(conversation).await;
        let line = lines.last().expect("a line");
        assert_eq!((line.kind, Some(line.id)), (LineKind::Template, sent.line.map(|one| one.id)));
        assert_eq!(line.content.text.as_deref(), Some("Hola Lucía, su pedido 4711 está listo."));
    })
    .await;
}

/// Says whose templates the number sends, and waits until they are there.
async fn knows_templates(world: &World) {
    let admin = world.admin().await;
    let path = format!("/channels/{}/templates", world.cast.channel);
    let account = &world.simulator.config().numbers.first().expect("a number").waba_id;
    let source = json!({"account_id": account}).to_string().into_bytes();
    let token = Some(admin.signed.session.access_token.as_str());
    let (to, body) = (format!("/api/v1{path}"), Some(("application/json", source)));
    assert_eq!(world.asks(Method::PUT, &to, token, body).await.status, 202);
    eventually("the templates are there", async || {
        let list: TemplateList = admin.signed.get(&path).await.expect("a list");
        list.synced_at
    })
    .await;
}

fn appointment(buttons: Vec<ButtonFilling>) -> Details {
    let filling = |name: &str, text: &str| Filling {
        name: Some(name.to_owned()),
        text: text.to_owned(),
        file: None,
    };
    Details::Template {
        name: "appointment".into(),
        language: "en".into(),
        header: Vec::new(),
        body: vec![filling("first_name", "Lucía"), filling("day", "Monday")],
        buttons,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_that_the_sender_gave_an_answer_of_a_template_comes_back() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("When?").await;
        let conversation = lucia.conversation().await;
        knows_templates(world).await;
        let text = "confirm-4711".to_owned();
        let confirm = ButtonFilling { index: 0, kind: FilledButton::QuickReply, text };
        let seen = ana.last_line(conversation).await;
        let body = send(None, appointment(vec![confirm]), seen);
        ana.does(conversation, body).await.accepted();
        let is_it = |reached: &Reached| reached.kind == "template";
        let reached = lucia.customer.receives(is_it, PATIENCE).await.expect("the template");
        let tap = Inbound::Tap { wamid: reached.wamid, id: "Confirm".to_owned() };
        let told = lucia.customer.says(tap, Around::default()).await.expect("a tap");
        lucia.acknowledged(&told).await;
        let line = ana.lines(conversation).await.pop().expect("a line");
        assert_eq!((line.kind, line.content.text.as_deref()), (LineKind::Choice, Some("Confirm")));
        let details = line.content.details.as_deref();
        let is_told = matches!(details, Some(Details::Choice { id: Some(id), .. })
            if id == "confirm-4711");
        assert!(is_told, "{details:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_whatsapp_refuses_has_its_list_read_again() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let lucia = world.contact("Lucía");
        lucia.sends("When?").await;
        let conversation = lucia.conversation().await;
        knows_templates(world).await;
        let path = format!("/channels/{}/templates", world.cast.channel);
        let list: TemplateList = admin.signed.get(&path).await.expect("a list");
        let mut knobs = world.simulator.knobs();
        let fault = Fault::Error { code: 132_015, http: 400 };
        knobs.faults = vec![FaultRule::new(When::Next(1), fault)];
        world.simulator.set_knobs(knobs);
        let seen = ana.last_line(conversation).await;
        let sent = ana.does(conversation, send(None, appointment(vec![]), seen)).await.accepted();
        ana.finds(conversation, sent.line.expect("a line"), MessageStatus::Failed).await;
        let used: TemplateUsages =
            admin.signed.get(&format!("{path}/usage")).await.expect("what is used");
        let used: Vec<_> = used.templates.iter().map(|one| (one.name.as_str(), one.sent)).collect();
        assert_eq!(used, [("appointment", 1)]);
        eventually("the list is read again", async || {
            let anew: TemplateList = admin.signed.get(&path).await.expect("a list");
            (anew.synced_at > list.synced_at).then_some(())
        })
        .await;
    })
    .await;
}

fn linked(link: &str) -> Details {
    Details::File {
        media_type: None,
        name: Some("bill.pdf".into()),
        sha256: None,
        animated: false,
        upload: None,
        link: Some(link.into()),
        kind: Some(LineKind::Document),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_by_link_is_fetched_by_whatsapp_and_says_why_where_it_cannot_be() {
    let setup = Setup::usual();
    for_each_store(setup, async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("The bill, please").await;
        let conversation = lucia.conversation().await;
        ana.phone().shows("The bill, please").await;

        let link = "https://shop.example/bill.pdf";
        let seen = ana.last_line(conversation).await;
        let sent = ana.does(conversation, send(Some("Yours"), linked(link), seen)).await.accepted();
        let expected = json!({"link": link, "caption": "Yours", "filename": "bill.pdf"});
        let is_it = |reached: &Reached| reached.kind == "document" && reached.body == expected;
        let patience = std::time::Duration::from_secs(20);
        lucia.customer.receives(is_it, patience).await.expect("the file by its link");
        let id = sent.line.expect("a line").id;
        let line = ana.lines(conversation).await.into_iter().find(|line| line.id == id);
        let line = line.expect("the line");
        assert_eq!((line.kind, line.file), (LineKind::Document, None), "the server has no file");
        assert_eq!(line.content.details.as_deref(), Some(&linked(link)));

        let mut knobs = world.simulator.knobs();
        knobs.dead_hosts = vec!["gone.example".into()];
        world.simulator.set_knobs(knobs);
        let seen = ana.last_line(conversation).await;
        let dead = linked("https://gone.example/bill.pdf");
        let sent = ana.does(conversation, send(None, dead, seen)).await.accepted();
        let id = sent.line.expect("a line").id;
        let error = eventually("that it failed", async || {
            let lines = ana.lines(conversation).await;
            let line = lines.into_iter().find(|line| line.id == id)?;
            line.error.filter(|_| line.status == Some(MessageStatus::Failed))
        })
        .await;
        assert_eq!(error.code, 131_053);
        assert!(error.remedy.contains("link"), "{error:?}");

        let seen = ana.last_line(conversation).await;
        let inside = linked("https://169.254.169.254/latest/meta-data");
        let refusal = ana.does(conversation, send(None, inside, seen)).await.refusal();
        assert!(matches!(refusal, Refusal::Invalid { field, .. } if field == "details.link"));
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_meta_paused_is_refused_with_its_fallback_and_nothing_else_is_sent() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let lucia = world.contact("Lucía");
        lucia.sends("Is it ready?").await;
        let conversation = lucia.conversation().await;
        knows_templates(world).await;
        let path = format!("/channels/{}/templates", world.cast.channel);
        let names = async |agent: &Agent, body: Value| {
            let token = Some(agent.signed.session.access_token.as_str());
            let body = Some(("application/json", body.to_string().into_bytes()));
            world.asks(Method::PUT, &format!("/api/v1{path}/fallback"), token, body).await.status
        };
        let of = |name: &str, language: &str| json!({"name": name, "language": language});
        let named = |to: Value| json!({"name": "order_update", "language": "es", "fallback": to});
        assert_eq!(names(&ana, named(of("order_update", "en"))).await, 403);
        assert_eq!(names(&admin, of("nothing", "es")).await, 400);
        for wrong in [of("nothing", "en"), of("order_update", "es"), of("appointment", "en")] {
            assert_eq!(names(&admin, named(wrong.clone())).await, 400, "{wrong}");
        }
        assert_eq!(names(&admin, named(of("order_update", "en"))).await, 200);
        assert_eq!(names(&admin, named(of("order_update", "en"))).await, 200, "as it is");
        let log: LogPage = admin.signed.get("/log?limit=200").await.expect("the log");
        let by_admin = Actor::Agent { id: admin.id };
        let is_it = |event: &&Event| {
            event.actor == by_admin && matches!(event.fact, Fact::SettingChanged { .. })
        };
        assert_eq!(log.entries.iter().filter(is_it).count(), 1, "who named it, and once");

        let filling = |text: &str| Filling { name: None, text: text.into(), file: None };
        let details = Details::Template {
            name: "order_update".into(),
            language: "es".into(),
            header: Vec::new(),
            body: vec![filling("Lucía"), filling("4711")],
            buttons: Vec::new(),
        };
        let paused = TemplateEvent::Status {
            name: "order_update".into(),
            language: "es".into(),
            event: "PAUSED".into(),
            reason: None,
        };
        world.simulator.happens(PlatformEvent::Template(paused)).await.expect("it happens");
        eventually("that it is paused", async || {
            let list: TemplateList = ana.signed.get(&path).await.expect("a list");
            let is_it = |one: &&Template| one.name == "order_update" && one.language == "es";
            let one = list.templates.iter().find(is_it)?;
            (one.status == TemplateStatus::Paused && one.fallback.is_some()).then_some(())
        })
        .await;
        let seen = ana.last_line(conversation).await;
        let refusal = ana.does(conversation, send(None, details.clone(), seen)).await.refusal();
        let (name, language) = ("order_update".to_owned(), "en".to_owned());
        assert_eq!(refusal, Refusal::TemplateReplaced { name, language });
        assert_eq!(ana.lines(conversation).await.len(), 1, "nothing is sent by itself");

        assert_eq!(names(&admin, of("order_update", "es")).await, 200);
        let refusal = ana.does(conversation, send(None, details, seen)).await.refusal();
        assert!(matches!(refusal, Refusal::Invalid { .. }), "without a fallback it says why not");
    })
    .await;
}
