//! What may be sent beside a text, within WhatsApp's limits.

use baton_domain::decide::delivery::Claim;
use baton_domain::decide::is_filled_alike;
use baton_domain::fact::inbound::ProviderStatus;
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::upload::Uploaded;
use baton_protocol::command::Send;
use baton_protocol::template::{
    ButtonFilling, FilledButton, Filling, Template, TemplateButton, TemplateButtonKind,
    TemplateFallback, TemplateFile, TemplateHeader, TemplateStatus,
};
use baton_protocol::{
    Button, CommandBody, Degrees, Details, FileState, Frame, LineKind, ListRow, ListSection,
    MessageId, MessageStatus, Refusal, Seen, SharedCard,
};

use crate::team::{ANA, BEN, HOUR, LUCIA, MINUTE, Team, accepted, refused, resend, written};

fn send(text: Option<&str>, details: Details, seen: Seen) -> CommandBody {
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

fn buttons(titles: &[&str]) -> Details {
    let button = |title: &&str| Button { id: format!("id {title}"), title: (*title).to_owned() };
    Details::Buttons { buttons: titles.iter().map(button).collect(), frame: Frame::default() }
}

fn place(latitude: f64, name: &str) -> Details {
    Details::Location {
        latitude: Degrees::new(latitude).unwrap(),
        longitude: Degrees::new(2.17).unwrap(),
        name: Some(name.to_owned()),
        address: None,
        url: None,
    }
}

fn cards(count: usize) -> Details {
    let card = SharedCard { name: Some("Ana".to_owned()), ..SharedCard::default() };
    Details::ContactCards { cards: vec![card; count] }
}

fn list(rows: usize, sections: usize) -> Details {
    let row = |n: usize| ListRow { id: n.to_string(), title: "row".to_owned(), description: None };
    let section = |s: usize| ListSection {
        title: (sections > 1).then(|| format!("part {s}")),
        rows: (0..rows).map(|n| row(s * 100 + n)).collect(),
    };
    let sections = (0..sections).map(section).collect();
    Details::List { button: "Choose".to_owned(), sections, frame: Frame::default() }
}

fn link(url: &str) -> Details {
    Details::Link { title: "Pay".to_owned(), url: url.to_owned(), frame: Frame::default() }
}

#[track_caller]
fn check(text: Option<&str>, details: Details, expected: Result<LineKind, &str>) {
    let mut team = Team::with_a_customer();
    let answer = team.does(ANA, send(text, details, team.seen()));
    match expected {
        Ok(kind) => {
            let line = accepted(answer).line.expect("a line");
            let row = team.rows[&LUCIA].iter().find(|row| row.id == line.id).expect("its row");
            assert_eq!(row.kind, kind);
            assert!(row.content.details.is_some());
            assert!(row.content.text.as_ref().is_some_and(|text| !text.is_empty()));
        }
        Err(field) => {
            let refusal = refused(answer, "invalid");
            assert!(matches!(&refusal, Refusal::Invalid { field: of, .. } if of == field));
        }
    }
}

#[test]
fn what_whatsapp_takes_becomes_a_line() {
    check(Some("Shall we call?"), buttons(&["Yes", "No", "Later"]), Ok(LineKind::Interactive));
    check(Some("When?"), list(5, 2), Ok(LineKind::Interactive));
    check(Some("The bill"), link("https://shop.example/pay?n=1"), Ok(LineKind::Interactive));
    check(None, place(41.38, "The shop"), Ok(LineKind::Location));
    check(None, cards(5), Ok(LineKind::ContactCards));
}

/// Reacts to a line.
fn reacts(emoji: Option<&str>, to: Option<MessageId>, seen: Seen) -> CommandBody {
    CommandBody::Send(Send {
        text: None,
        details: Box::new(Details::Reaction { emoji: emoji.map(str::to_owned) }),
        seen,
        quoted: to,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

#[test]
fn a_reaction_answers_nothing_and_takes_nothing() {
    let mut team = Team::with_a_customer();
    let (before, to) = (team.lucia().clone(), team.seen().expect("a line").id);
    let before_seen = team.seen();
    let line = accepted(team.does(ANA, reacts(Some("👍"), Some(to), team.seen()))).line.unwrap();
    assert_eq!(team.lucia().thread.turn, before.thread.turn);
    assert_eq!(team.lucia().head.owner, before.head.owner);
    let row = team.rows[&LUCIA].iter().find(|row| row.id == line.id).expect("its row");
    assert_eq!((row.kind, row.quoted), (LineKind::Reaction, Some(to)));
    assert_eq!(row.content.text.as_deref(), Some("👍"));
    // What came since, and who is writing meanwhile, does not matter. Taken back, it says nothing.
    team.customer_writes(LUCIA);
    let line = accepted(team.does(ANA, reacts(None, Some(to), before_seen))).line.unwrap();
    let row = team.rows[&LUCIA].iter().find(|row| row.id == line.id).expect("its row");
    assert_eq!(row.content.text, None);
}

#[test]
fn a_reaction_that_fails_or_arrives_late_changes_nothing_else() {
    let mut team = Team::with_a_customer();
    let to = team.seen().expect("a line").id;
    let reaction = accepted(team.does(ANA, reacts(Some("👍"), Some(to), team.seen())));
    let reaction = reaction.line.expect("a line");
    let next = accepted(team.does(ANA, reacts(None, Some(to), team.seen()))).line.unwrap();
    team.sends(reaction);
    team.hears(LUCIA, reaction.id, ProviderStatus::Failed);
    assert_eq!(team.status_of(reaction.id), Some(MessageStatus::Failed));
    assert_eq!(team.status_of(next.id), Some(MessageStatus::Queued), "it waits for nothing");
    let turn = team.lucia().thread.turn;
    assert!(turn.is_some());
    team.hears(LUCIA, reaction.id, ProviderStatus::Delivered);
    assert_eq!(team.lucia().thread.turn, turn, "the question is still open");
    // An unconfirmed one is sent again, and the conversation keeps its owner.
    let owner = team.lucia().head.owner;
    team.sends_into_the_dark(next);
    team.passes(MINUTE);
    accepted(team.does(ANA, resend(next, None)));
    assert_eq!(team.lucia().head.owner, owner);
}

#[test]
fn a_reaction_is_one_emoji_to_a_message_that_whatsapp_knows() {
    let mut team = Team::with_a_customer();
    let to = team.seen().expect("a line").id;
    for emoji in ["❤️", "👍🏽", "🇪🇸", "👩‍👩‍👧", "1️⃣", "🤷🏾‍♀️"]
    {
        accepted(team.does(ANA, reacts(Some(emoji), Some(to), team.seen())));
    }
    for emoji in ["", "ok", "1", "👍 ", "é", &"👍".repeat(17)] {
        let answer = team.does(ANA, reacts(Some(emoji), Some(to), team.seen()));
        let refusal = refused(answer, "invalid");
        assert!(
            matches!(&refusal, Refusal::Invalid { field, .. } if field == "details.emoji"),
            "{emoji}"
        );
    }
    let own = accepted(team.does(ANA, reacts(Some("👍"), Some(to), team.seen()))).line.unwrap();
    let answer = accepted(team.does(ANA, send(None, cards(1), team.seen()))).line.unwrap();
    // None at all, a reaction, and one that has not left.
    for to in [None, Some(own.id), Some(answer.id)] {
        let answer = team.does(ANA, reacts(Some("👍"), to, team.seen()));
        let refusal = refused(answer, "invalid");
        assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "quoted"), "{to:?}");
    }
}

#[test]
fn what_whatsapp_would_refuse_is_refused_before_it_is_accepted() {
    let four = buttons(&["a", "b", "c", "d"]);
    check(Some("Which?"), four, Err("details.buttons"));
    check(Some("Which?"), buttons(&[]), Err("details.buttons"));
    check(Some("Which?"), buttons(&["same", "same"]), Err("details.buttons.id"));
    check(Some("Which?"), buttons(&["twenty-one characters"]), Err("details.buttons.title"));
    check(Some(&"a".repeat(1025)), buttons(&["a"]), Err("text"));
    check(None, buttons(&["a"]), Err("text"));
    check(Some("When?"), list(6, 2), Err("details.sections.rows"));
    check(Some("When?"), list(0, 1), Err("details.sections.rows"));
    check(Some("When?"), list(1, 11), Err("details.sections"));
    for url in ["shop.example", "javascript:alert(1)", "https://", "https://a b"] {
        check(Some("The bill"), link(url), Err("details.url"));
    }
    check(Some("here"), place(41.38, "The shop"), Err("text"));
    check(None, place(91.0, "Beyond the pole"), Err("details.latitude"));
    check(None, place(41.38, &"a".repeat(1001)), Err("details.name"));
    check(None, cards(0), Err("details.cards"));
    check(None, cards(6), Err("details.cards"));
    let nameless = Details::ContactCards { cards: vec![SharedCard::default()] };
    check(None, nameless, Err("details.cards.name"));
    let choice = Details::Choice { id: None, description: None, answers: Vec::new() };
    check(Some("a"), choice, Err("details.type"));
}

#[test]
fn it_is_fenced_as_a_reply_is() {
    let mut team = Team::with_a_customer();
    refused(team.does(ANA, send(None, place(41.38, "The shop"), None)), "stale");
    let seen = team.seen();
    team.passes(25 * HOUR);
    refused(team.does(ANA, send(None, place(41.38, "The shop"), seen)), "window_closed");
}

fn words(text: &str) -> Filling {
    Filling { name: None, text: text.to_owned(), file: None }
}

fn named(name: &str, text: &str) -> Filling {
    Filling { name: Some(name.to_owned()), ..words(text) }
}

/// A template with these words.
fn template(body: &str) -> Template {
    Template {
        name: "order_update".to_owned(),
        language: "en".to_owned(),
        status: TemplateStatus::Approved,
        category: "utility".to_owned(),
        header: None,
        body: body.to_owned(),
        footer: Some("Acme".to_owned()),
        buttons: Vec::new(),
        fallback: None,
    }
}

/// What became of a template that is sent when the window has closed.
struct Filled {
    /// What the line says, where it was accepted.
    said: Option<String>,
    /// The field that is wrong, where it was refused.
    wrong: Option<String>,
}

fn filled(
    known: Option<Template>,
    (header, body): (Vec<Filling>, Vec<Filling>),
    buttons: Vec<ButtonFilling>,
) -> Filled {
    let mut team = Team::with_a_customer();
    team.template = known;
    let (name, language) = ("order_update".to_owned(), "en".to_owned());
    let details = Details::Template { name, language, header, body, buttons };
    let seen = team.seen();
    // Days later: this is what templates are for.
    team.passes(30 * HOUR);
    let answer = team.does(ANA, send(None, details, seen));
    if let Answer::Refused(refusal) = answer {
        let Refusal::Invalid { field, .. } = refusal else { panic!("{refusal:?}") };
        return Filled { said: None, wrong: Some(field) };
    }
    let line = written(answer);
    let row = team.rows[&LUCIA].iter().find(|row| row.id == line.id).expect("its row");
    assert_eq!(row.kind, LineKind::Template);
    let said = row.content.text.clone();
    assert!(matches!(team.claim(LUCIA, line.id), Claim::Go(_)), "it may leave");
    Filled { said, wrong: None }
}

#[test]
fn a_template_is_sent_when_the_window_is_closed_and_says_what_the_customer_reads() {
    let numbered = template("Hello {{1}}, order {{2}} is ready, {{1}}.");
    let body = vec![words("Lucía"), words("{{1}}")];
    let said = filled(Some(numbered.clone()), (vec![], body), vec![]).said;
    assert_eq!(said.as_deref(), Some("Hello Lucía, order {{1}} is ready, Lucía.\nAcme"));
    let by_name = template("{{first_name}}, see you on {{day}}.");
    let body = vec![named("day", "Monday"), named("first_name", "Lucía")];
    let said = filled(Some(by_name.clone()), (vec![], body), vec![]).said;
    assert_eq!(said.as_deref(), Some("Lucía, see you on Monday.\nAcme"));
    let image = TemplateHeader::File { file: TemplateFile::Image };
    let url = Some("https://shop.example/{{1}}".to_owned());
    let button = TemplateButton { kind: TemplateButtonKind::Link, title: "Shop".to_owned(), url };
    let sale = Template { header: Some(image), buttons: vec![button], ..template("Sale!") };
    let address = "https://shop.example/bike.jpg".to_owned();
    let file = Filling { name: None, text: address, file: Some(TemplateFile::Image) };
    let end = ButtonFilling { index: 0, kind: FilledButton::Link, text: "bikes".to_owned() };
    let said = filled(Some(sale.clone()), (vec![file], vec![]), vec![end.clone()]).said;
    assert_eq!(said.as_deref(), Some("Sale!\nAcme"));

    let refused = |known: &Template, (header, body), buttons, field: &str| {
        let filled = filled(Some(known.clone()), (header, body), buttons);
        assert_eq!(filled.wrong.as_deref(), Some(field));
    };
    let body = "details.body";
    refused(&numbered, (vec![], vec![words("Lucía")]), vec![], body);
    refused(&numbered, (vec![], vec![words("a"), words("b"), words("c")]), vec![], body);
    refused(&numbered, (vec![], vec![words("a"), words("two\nlines")]), vec![], body);
    let long = words(&"a".repeat(1024));
    let five = template("{{1}}{{2}}{{3}}{{4}}{{5}}");
    refused(&five, (vec![], vec![long; 5]), vec![], body);
    let two = vec![words("a"), words("b")];
    refused(&numbered, (vec![words("a")], two.clone()), vec![], "details.header");
    refused(&by_name, (vec![], two), vec![], body);
    refused(&sale, (vec![words("a")], vec![]), vec![end.clone()], "details.header");
    refused(&sale, (vec![], vec![]), vec![], "details.header");
    refused(&template("Hi"), (vec![], vec![]), vec![end], "details.buttons");
    let unknown = filled(None, (vec![], vec![]), vec![]);
    assert_eq!(unknown.wrong.as_deref(), Some("details.name"));
    for status in [TemplateStatus::Pending, TemplateStatus::Rejected, TemplateStatus::Paused] {
        let known = Template { status, ..template("Hi") };
        refused(&known, (vec![], vec![]), vec![], "details.name");
    }
}

#[test]
fn the_sender_may_give_an_answer_of_a_template_an_id() {
    let button = |kind, url: Option<&str>| {
        let (title, url) = ("Yes".to_owned(), url.map(str::to_owned));
        TemplateButton { kind, title, url }
    };
    let answer = button(TemplateButtonKind::QuickReply, None);
    let link = button(TemplateButtonKind::Link, Some("https://shop.example/{{1}}"));
    let known = Template { buttons: vec![answer.clone(), link, answer], ..template("Come?") };
    let of = |index, kind, text: &str| ButtonFilling { index, kind, text: text.to_owned() };
    let (end, yes) = (of(1, FilledButton::Link, "bikes"), FilledButton::QuickReply);
    let fill = |buttons| filled(Some(known.clone()), (vec![], vec![]), buttons);
    for buttons in [
        vec![end.clone()],
        vec![of(0, yes, "confirm-4711"), end.clone()],
        vec![of(2, yes, "no"), end.clone(), of(0, yes, "yes")],
    ] {
        assert_eq!(fill(buttons).said.as_deref(), Some("Come?\nAcme"));
    }
    for buttons in [
        vec![of(0, yes, "yes")],
        vec![of(0, yes, "yes"), of(0, yes, "again"), end.clone()],
        vec![of(1, yes, "yes"), end.clone()],
        vec![of(0, FilledButton::Link, "yes"), end.clone()],
        vec![of(0, yes, ""), end.clone()],
        vec![of(0, yes, &"a".repeat(257)), end],
    ] {
        assert_eq!(fill(buttons).wrong.as_deref(), Some("details.buttons"));
    }
}

fn uploaded(kind: LineKind, name: Option<&str>) -> Uploaded {
    Uploaded {
        agent: ANA.agent,
        conversation: LUCIA,
        kind,
        media_type: "image/png".to_owned(),
        name: name.map(str::to_owned),
        bytes: 7,
        sha256: None,
        media: Some("its id at Meta".to_owned()),
        picture: None,
        sound: None,
    }
}

/// A command that sends an upload; what it is told, and what the line says.
fn sends_file(
    upload: Option<Uploaded>,
    caption: Option<&str>,
) -> Result<(LineKind, Option<String>, Option<FileState>), String> {
    let mut team = Team::with_a_customer();
    team.upload = upload;
    let details = Details::File {
        media_type: None,
        name: None,
        sha256: None,
        animated: false,
        upload: Some(MessageId(uuid::Uuid::from_u128(77))),
        link: None,
        kind: None,
    };
    let answer = team.does(ANA, send(caption, details, team.seen()));
    if let Answer::Refused(Refusal::Invalid { field, .. }) = &answer {
        return Err(field.clone());
    }
    let line = accepted(answer).line.expect("a line");
    let row = team.rows[&LUCIA].iter().find(|row| row.id == line.id).expect("its row");
    Ok((row.kind, row.content.text.clone(), row.file))
}

#[test]
fn a_file_that_whatsapp_has_is_sent_with_its_caption_and_is_there_at_once() {
    let image = uploaded(LineKind::Image, None);
    let stored = Some(FileState::Stored { bytes: 7, picture: None, sound: None });
    let sent = sends_file(Some(image.clone()), Some("Here"));
    assert_eq!(sent, Ok((LineKind::Image, Some("Here".to_owned()), stored)));
    let document = uploaded(LineKind::Document, Some("bill.pdf"));
    let sent = sends_file(Some(document), None);
    assert_eq!(sent, Ok((LineKind::Document, Some("bill.pdf".to_owned()), stored)));

    let field = |field: &str| Err(field.to_owned());
    assert_eq!(sends_file(None, None), field("details.upload"));
    let of_ben = Uploaded { agent: BEN.agent, ..image.clone() };
    assert_eq!(sends_file(Some(of_ben), None), field("details.upload"));
    let early = Uploaded { media: None, ..image.clone() };
    assert_eq!(sends_file(Some(early), None), field("details.upload"));
    assert_eq!(sends_file(Some(image), Some(&"x".repeat(1025))), field("text"));
    let voice = uploaded(LineKind::Voice, None);
    assert_eq!(sends_file(Some(voice), Some("Hear")), field("text"));
}

fn linked(link: &str, kind: Option<LineKind>, name: Option<&str>) -> Details {
    Details::File {
        media_type: None,
        name: name.map(str::to_owned),
        sha256: None,
        animated: false,
        upload: None,
        link: Some(link.to_owned()),
        kind,
    }
}

#[test]
fn a_file_by_link_is_a_line_of_its_kind_that_waits_for_nothing() {
    const LINK: &str = "https://shop.example/bill.pdf";
    let mut team = Team::with_a_customer();
    for (kind, caption, name, text) in [
        (LineKind::Image, Some("Here"), None, Some("Here")),
        (LineKind::Video, None, None, None),
        (LineKind::Audio, None, None, None),
        (LineKind::Voice, None, None, None),
        (LineKind::Sticker, None, None, None),
        (LineKind::Document, None, Some("bill.pdf"), Some("bill.pdf")),
        (LineKind::Document, Some("Yours"), Some("bill.pdf"), Some("Yours")),
    ] {
        let details = linked(LINK, Some(kind), name);
        let answer = team.does(ANA, send(caption, details.clone(), team.seen()));
        let line = accepted(answer).line.expect("a line");
        let row = team.rows[&LUCIA].iter().find(|row| row.id == line.id).expect("its row");
        assert_eq!((row.kind, row.file), (kind, None));
        assert_eq!(row.content.text.as_deref(), text);
        assert_eq!(row.content.details.as_deref(), Some(&details), "it keeps its link");
    }
}

#[test]
fn a_link_that_whatsapp_should_not_be_sent_to_is_refused_with_its_field() {
    const LINK: &str = "https://shop.example/a.jpg";
    let image = || Some(LineKind::Image);
    for link in ["http://shop.example/a.jpg", "https://10.0.0.1/a", "https://a:b@shop.example/"] {
        check(None, linked(link, image(), None), Err("details.link"));
    }
    let long = format!("{LINK}?{}", "x".repeat(2048));
    check(None, linked(&long, image(), None), Err("details.link"));
    check(None, linked(LINK, None, None), Err("details.kind"));
    for kind in [LineKind::Text, LineKind::Template, LineKind::Reaction] {
        check(None, linked(LINK, Some(kind), None), Err("details.kind"));
    }
    check(None, linked(LINK, image(), Some("a.jpg")), Err("details.name"));
    check(None, linked(LINK, Some(LineKind::Document), Some("")), Err("details.name"));
    check(Some("Hear"), linked(LINK, Some(LineKind::Voice), None), Err("text"));
    check(Some(&"x".repeat(1025)), linked(LINK, image(), None), Err("text"));
    let both = |link: Option<&str>, kind| Details::File {
        media_type: None,
        name: None,
        sha256: None,
        animated: false,
        upload: Some(MessageId(uuid::Uuid::from_u128(77))),
        link: link.map(str::to_owned),
        kind,
    };
    check(None, both(Some(LINK), image()), Err("details.link"));
    check(None, both(None, image()), Err("details.kind"));
}

#[test]
fn a_stopped_template_is_refused_with_the_one_that_an_admin_named_for_it() {
    let fallback = |category: &str| TemplateFallback {
        name: "order_update_2".to_owned(),
        language: "en".to_owned(),
        category: category.to_owned(),
    };
    let sent = |status, category: &str, named: Option<TemplateFallback>| {
        let mut team = Team::with_a_customer();
        let category = category.to_owned();
        team.template = Some(Template { status, category, fallback: named, ..template("Hi") });
        let details = Details::Template {
            name: "order_update".to_owned(),
            language: "en".to_owned(),
            header: Vec::new(),
            body: Vec::new(),
            buttons: Vec::new(),
        };
        team.does(ANA, send(None, details, team.seen()))
    };
    for status in [TemplateStatus::Paused, TemplateStatus::Disabled, TemplateStatus::Rejected] {
        let refusal =
            refused(sent(status, "utility", Some(fallback("utility"))), "template_replaced");
        let expected = Refusal::TemplateReplaced {
            name: "order_update_2".to_owned(),
            language: "en".to_owned(),
        };
        assert_eq!(refusal, expected);
        refused(sent(status, "utility", None), "invalid");
    }
    let ok = TemplateStatus::Approved;
    refused(sent(ok, "MARKETING", Some(fallback("utility"))), "template_replaced");
    accepted(sent(ok, "marketing", Some(fallback("marketing"))));
    accepted(sent(ok, "utility", Some(fallback("utility"))));
    accepted(sent(ok, "marketing", None));
    refused(sent(TemplateStatus::Pending, "utility", Some(fallback("utility"))), "invalid");
}

#[test]
fn templates_take_the_same_where_one_filling_fills_both() {
    let file = |file| Some(TemplateHeader::File { file });
    let button = |kind, url: Option<&str>| TemplateButton {
        kind,
        title: "Open".to_owned(),
        url: url.map(str::to_owned),
    };
    let one = template("Hi {{1}}, {{2}}");
    assert!(is_filled_alike(&one, &template("{{2}}: {{1}} {{1}}")));
    assert!(!is_filled_alike(&one, &template("Hi {{1}}")));
    assert!(!is_filled_alike(&one, &template("Hi {{name}}, {{2}}")));
    let image = Template { header: file(TemplateFile::Image), ..one.clone() };
    assert!(!is_filled_alike(&one, &image));
    assert!(!is_filled_alike(
        &Template { header: file(TemplateFile::Video), ..one.clone() },
        &image
    ));
    let odd = Template { header: Some(TemplateHeader::Other), ..one.clone() };
    assert!(!is_filled_alike(&odd, &odd), "what cannot be filled stands in for nothing");
    let with = |button| Template { buttons: vec![button], ..one.clone() };
    let link = |url| with(button(TemplateButtonKind::Link, Some(url)));
    assert!(is_filled_alike(&link("https://shop.example/a"), &one));
    assert!(!is_filled_alike(&link("https://shop.example/{{1}}"), &one));
    assert!(!is_filled_alike(&with(button(TemplateButtonKind::QuickReply, None)), &one));
}
