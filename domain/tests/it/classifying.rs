//! Labels of what was said: a rule asks a source of the team's own, and its answer becomes tags,
//! for which other rules wait. And the answers that it suggests to agents.

use baton_domain::auto::suggesting::{ANSWER_BYTES_MAX, LINES_MAX, offered, question, taken};
use baton_domain::group::{ClassifiedWork, Done, Work};
use baton_domain::see::tags::{TagFacts, Tags};
use baton_protocol::context::ContextWhy;
use baton_protocol::setting::{ContextSource, Tag};
use baton_protocol::suggestion::{SuggestionAnswer, SuggestionSide, SuggestionTask};
use baton_protocol::{
    Actor, Author, Fact, Line, Owner, RuleStep, SettingId, SkipReason, Timestamp,
};
use serde_json::{Value, json};

use crate::automatic::{SALES, Scene, given, id, rule, tag};
use crate::group::{LUCIA, WORKSPACE};
use crate::team::resolve;

const SOURCE: u128 = 5;
const BILLING: u128 = 10;
const ORDERS: u128 = 11;
const UNSORTED: u128 = 12;

fn source() -> ContextSource {
    let label = |label: &str, tag| json!({"label": label, "tag": id(tag)});
    let body = json!({
        "name": "Model", "url": "https://model.example.org", "suggests": true, "enabled": true,
        "labels": [label("Billing", BILLING), label("orders", ORDERS)], "otherwise": id(UNSORTED),
    });
    serde_json::from_value(body).expect("a source")
}

/// Each message is labelled, and what is about bills goes to another team.
fn scene(source: ContextSource) -> Scene {
    let asks = json!([{"do": "classify", "source": id(SOURCE)}]);
    let routes = json!({
        "when": "tagged", "then": [{"do": "route", "team": SALES}],
        "if": [{"test": "tag", "any_of": [id(BILLING)]}],
    });
    Scene::new(vec![
        given(1, rule(json!({"when": "message", "then": asks}))),
        given(2, rule(routes)),
        given(SOURCE, source),
        given(BILLING, tag("Billing")),
        given(ORDERS, tag("Orders")),
        given(UNSORTED, tag("Unsorted")),
    ])
}

fn on(scene: &Scene) -> Vec<SettingId> {
    scene.conversation().thread.tags.iter().map(|on| on.tag).collect()
}

/// The source answers what the newest run asked.
fn answers(scene: &mut Scene, labels: &[&str]) {
    let ran = |event: &&baton_protocol::Event| matches!(event.fact, Fact::RuleRan { .. });
    let position = scene.log.iter().rfind(ran).expect("a run").position;
    answers_of(scene, labels, (position, scene.conversation().head.episode));
}

fn answers_of(scene: &mut Scene, labels: &[&str], of: (u64, u32)) {
    let seen = scene.conversation().thread.customer_seq;
    let _done = answers_having_seen(scene, labels, of, Some(seen));
}

fn answers_having_seen(
    scene: &mut Scene,
    labels: &[&str],
    (position, episode): (u64, u32),
    seen: Option<u64>,
) -> Done {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    let work = ClassifiedWork {
        workspace: WORKSPACE,
        conversation: LUCIA,
        source: id(SOURCE),
        episode,
        position,
        seen,
        labels,
    };
    scene.happens(&[Work::Classified(work)]).pop().expect("an answer")
}

#[test]
fn a_label_becomes_its_tag_which_wakes_the_rule_that_waits_for_it() {
    let mut scene = scene(source());
    scene.says("My invoice is wrong");
    let asked = RuleStep::Classify { source: id(SOURCE) };
    assert_eq!(scene.ran(), [(id(1), vec![asked], vec![])]);
    assert!(on(&scene).is_empty(), "nothing is known yet");
    answers(&mut scene, &["BILLING", "unheard of"]);
    assert_eq!(on(&scene), [id(BILLING)]);
    let put = scene.log.iter().find(|event| matches!(event.fact, Fact::Tagged { .. })).unwrap();
    assert_eq!(put.actor, Actor::System);
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES));
    assert_eq!(scene.ran().last().unwrap().1, [RuleStep::Route { team: SALES }]);
    // The same answer once more: a worker may not know that it was taken.
    let before = scene.log.len();
    answers(&mut scene, &["billing"]);
    assert_eq!(scene.log.len(), before);
    let (would, did) = scene.replayed();
    assert_eq!(would, did, "a dry run");
    scene.is_its_log();
}

#[test]
fn a_source_that_says_nothing_gets_the_tag_for_that_once() {
    let mut scene = scene(source());
    scene.says("hola");
    answers(&mut scene, &[]);
    assert_eq!(on(&scene), [id(UNSORTED)]);
    answers(&mut scene, &["orders"]);
    answers(&mut scene, &[]);
    assert_eq!(on(&scene), [id(ORDERS), id(UNSORTED)], "it knew once: that stays");
    let silent = ContextSource { otherwise: None, ..source() };
    let mut scene = self::scene(silent);
    scene.says("hola");
    answers(&mut scene, &["unheard of"]);
    assert!(on(&scene).is_empty());
}

#[test]
fn an_answer_that_comes_after_the_end_changes_nothing() {
    let mut scene = scene(source());
    scene.says("My invoice is wrong");
    let of = (scene.log.last().expect("a run").position, scene.conversation().head.episode);
    scene.does(resolve(scene.conversation().thread.last_line));
    answers_of(&mut scene, &["billing"], of);
    assert!(on(&scene).is_empty(), "it is resolved");
    scene.says("Something else");
    answers_of(&mut scene, &["billing"], of);
    assert!(on(&scene).is_empty(), "another episode is about something else");
    answers(&mut scene, &["orders"]);
    assert_eq!(on(&scene), [id(ORDERS)]);
}

#[test]
fn an_answer_counts_only_if_the_customer_wrote_nothing_more_since() {
    let mut scene = scene(source());
    scene.says("My invoice");
    let of = (scene.log.last().expect("a run").position, scene.conversation().head.episode);
    let seen = scene.conversation().thread.customer_seq;
    scene.says("is fine, where is my order?");
    for labels in [&["billing"][..], &[]] {
        let before = scene.log.len();
        let done = answers_having_seen(&mut scene, labels, of, Some(seen));
        assert!(matches!(done, Done::Void), "it is asked once more: {done:?}");
        assert_eq!(scene.log.len(), before);
    }
    let newer = scene.conversation().thread.customer_seq;
    let done = answers_having_seen(&mut scene, &["orders"], of, Some(newer));
    assert!(matches!(done, Done::Nothing));
    assert_eq!(on(&scene), [id(ORDERS)]);
    // What the team says meanwhile changes nothing of what was asked.
    scene.says("and my invoice");
    let newest = scene.conversation().thread.customer_seq;
    scene.answers();
    answers_having_seen(&mut scene, &["billing"], of, Some(newest));
    assert_eq!(on(&scene), [id(BILLING), id(ORDERS)]);
}

#[test]
fn a_source_that_is_gone_is_not_asked_once_more_whatever_the_customer_writes() {
    let mut scene = scene(source());
    scene.says("hola");
    let of = (scene.log.last().expect("a run").position, scene.conversation().head.episode);
    scene.says("¿hola?");
    let done = answers_having_seen(&mut scene, &[], of, None);
    assert!(matches!(done, Done::Nothing));
    assert_eq!(on(&scene), [id(UNSORTED)]);
    // Nor is one asked about what is over.
    scene.does(resolve(scene.conversation().thread.last_line));
    let done = answers_having_seen(&mut scene, &["billing"], of, Some(1));
    assert!(matches!(done, Done::Nothing));
}

#[test]
fn of_a_group_of_which_one_holds_the_first_label_stays() {
    let mut scene = scene(source());
    let one_of = |name: &str| Tag { group: Some("Topic".into()), one_of_group: true, ..tag(name) };
    scene.sets(vec![
        given(
            1,
            rule(json!({"when": "message", "then": [{"do": "classify", "source": id(SOURCE)}]})),
        ),
        given(SOURCE, source()),
        given(BILLING, one_of("Billing")),
        given(ORDERS, one_of("Orders")),
        given(UNSORTED, tag("Unsorted")),
    ]);
    scene.says("hola");
    answers(&mut scene, &["orders", "billing"]);
    assert_eq!(on(&scene), [id(ORDERS)]);
}

#[test]
fn a_source_that_is_off_or_is_told_nothing_is_not_asked() {
    for of in [
        ContextSource { enabled: false, ..source() },
        ContextSource { suggests: false, ..source() },
    ] {
        let mut scene = scene(of);
        scene.says("My invoice is wrong");
        assert_eq!(scene.ran(), [(id(1), vec![], vec![SkipReason::Ended])]);
        answers(&mut scene, &["billing"]);
        assert!(on(&scene).is_empty());
    }
}

fn answer(body: &Value) -> Result<SuggestionAnswer, ContextWhy> {
    taken(200, body.to_string().as_bytes())
}

#[test]
fn an_answer_is_a_text_or_labels_within_their_bounds() {
    let fit = answer(&json!({"text": " On its way.\nAsk on. ", "labels": ["a"], "more": 1}));
    assert_eq!(fit.expect("fit").text.as_deref(), Some("On its way.\nAsk on."));
    assert!(answer(&json!({"labels": ["a"]})).is_ok());
    assert!(answer(&json!({"text": "x".repeat(4_096)})).is_ok());
    for wrong in [
        json!({}),
        json!([]),
        json!("text"),
        json!({"text": "  "}),
        json!({"text": 4}),
        json!({"text": "x".repeat(4_097)}),
        json!({"text": "turned \u{202e} around"}),
        json!({"text": "a\u{7}"}),
        json!({"labels": vec!["a"; 21]}),
        json!({"topic": "billing"}),
    ] {
        assert_eq!(answer(&wrong), Err(ContextWhy::Wrong), "{wrong}");
    }
    assert_eq!(taken(200, b"<html>"), Err(ContextWhy::Wrong));
    assert_eq!(taken(200, &vec![b' '; ANSWER_BYTES_MAX + 1]), Err(ContextWhy::Wrong));
    assert_eq!(taken(302, b"{}"), Err(ContextWhy::Wrong));
    assert_eq!(taken(401, b"{}"), Err(ContextWhy::Refused));
    assert_eq!(taken(503, b"{}"), Err(ContextWhy::Down));
}

fn line(seq: u64, author: Author, text: &str) -> Line {
    let at = Timestamp::from_ms(1_790_000_000_000);
    let line = json!({
        "id": uuid::Uuid::from_u128(u128::from(seq)), "seq": seq, "at": at, "author": author,
        "kind": "text", "content": {"text": text},
    });
    serde_json::from_value(line).expect("a line")
}

#[test]
fn a_source_is_told_the_last_texts_and_nothing_else_of_the_customer() {
    let mut scene = scene(source());
    scene.says("hola");
    let of = scene.conversation();
    let last = u64::try_from(LINES_MAX).unwrap() + 5;
    let mut lines: Vec<Line> = (1..=last).map(|seq| line(seq, Author::Customer, "a")).collect();
    lines.push(line(last + 1, Author::Acknowledgement, "It came"));
    lines.push(line(last + 2, Author::Customer, &"x".repeat(3_000)));
    let asked = question(SuggestionTask::Classify, &source(), &of, &lines);
    assert_eq!(asked.lines.len(), LINES_MAX);
    assert_eq!(asked.lines.last().unwrap().text.len(), 2_000);
    assert_eq!(asked.lines[LINES_MAX - 2].by, SuggestionSide::Team);
    assert_eq!(asked.labels, ["Billing", "orders"]);
    let told: Value = serde_json::to_value(&asked).unwrap();
    let fields: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["conversation_id", "labels", "lines", "task"]);
}

#[test]
fn an_agent_is_offered_the_tags_that_are_not_on_and_have_not_ended() {
    let mut scene = scene(source());
    scene.says("hola");
    answers(&mut scene, &["orders"]);
    let facts = |name: &str, ended_at| TagFacts { tag: tag(name), ended_at };
    let tags = |ended_at| {
        Tags::new([(id(BILLING), facts("Billing", ended_at)), (id(ORDERS), facts("Orders", None))])
    };
    let labels = vec!["orders".to_owned(), "billing".to_owned(), "billing".to_owned()];
    let answer = SuggestionAnswer { text: Some("Yes".into()), labels };
    let of = scene.conversation();
    let shown = offered(&source(), &tags(None), &of, Ok(answer.clone()));
    assert_eq!((shown.text.as_deref(), shown.tags), (Some("Yes"), vec![id(BILLING)]));
    assert_eq!(shown.seq, of.head.last_seq);
    let ended = offered(&source(), &tags(Some(Timestamp::from_ms(1))), &of, Ok(answer));
    assert!(ended.tags.is_empty());
    assert_eq!(
        offered(&source(), &tags(None), &of, Err(ContextWhy::Late)).why,
        Some(ContextWhy::Late)
    );
}
