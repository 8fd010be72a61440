//! A program of the team's own reads what was said: its labels become tags, and what it suggests is
//! an agent's to send.

use std::time::Duration;

use baton::clock::Clock;
use baton_protocol::context::ContextWhy;
use baton_protocol::dry_run::DryRun;
use baton_protocol::page::ChangePage;
use baton_protocol::setting::{SecretNew, Setting};
use baton_protocol::suggestion::Suggestion;
use baton_protocol::{ConversationId, Fact, Owner, Priority, RuleStep, SettingId};
use baton_world::world::{Agent, RunningClock, Setup, World, eventually, for_each_store};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

/// What lies between two looks at what is to be asked, and how often that goes into the time that a
/// source has.
const MOMENT: Duration = Duration::from_millis(250);
const MOMENTS: u32 = 10;

fn setup() -> Setup {
    Setup::usual().with("BATON_PUSH__ALLOW_PRIVATE_ENDPOINTS", "true")
}

/// A workspace whose messages a source labels, with rules for its labels.
struct Labelled {
    source: SettingId,
    billing: SettingId,
    unsorted: SettingId,
    /// The rules, as a dry run is given them.
    rules: Value,
}

async fn set(world: &World, kind: &str, body: &Value) -> SettingId {
    let id = SettingId(Uuid::now_v7());
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let change = json!([{"kind": kind, "id": id, "put": put}]);
    let admin = world.admin().await;
    let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
    id
}

async fn labels(world: &World) -> Labelled {
    labels_of(world, json!({})).await
}

/// The same, by a source whose setting says more.
async fn labels_of(world: &World, more: Value) -> Labelled {
    let [billing, unsorted] = ["Billing", "Unsorted"];
    let billing = set(world, "tag", &json!({"name": billing})).await;
    let unsorted = set(world, "tag", &json!({"name": unsorted})).await;
    let mut source = json!({
        "name": "Assistant", "url": world.simulator.assistant_url(), "enabled": true,
        "suggests": true, "labels": [{"label": "invoice", "tag": billing}], "otherwise": unsorted,
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut source, more) {
        body.extend(more);
    }
    let source = set(world, "context_source", &source).await;
    let path = format!("/context-sources/{source}/secrets");
    let admin = world.admin().await;
    let made: SecretNew = admin.signed.post(&path, &json!({})).await.expect("a secret");
    world.simulator.assistant_knows(&made.secret);
    let urgent = json!({
        "name": "Bills first", "enabled": true, "when": "tagged",
        "if": [{"test": "tag", "any_of": [billing]}],
        "then": [{"do": "priority", "priority": "high"}],
    });
    let first = set(world, "rule", &urgent).await;
    let body = json!({
        "name": "Topics", "enabled": true, "when": "message",
        "then": [{"do": "classify", "source": source}],
    });
    let rule = set(world, "rule", &body).await;
    let rules = json!([{"id": first, "body": urgent}, {"id": rule, "body": body}]);
    Labelled { source, billing, unsorted, rules }
}

async fn tags(agent: &Agent, of: ConversationId) -> Vec<SettingId> {
    agent.view(of).await.conversation.thread.tags.iter().map(|on| on.tag).collect()
}

async fn has_tag(agent: &Agent, of: ConversationId, tag: SettingId) {
    eventually("the tag is on", async || tags(agent, of).await.contains(&tag).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_says_of_a_message_becomes_a_tag_and_rules_wait_for_it() {
    for_each_store(setup(), async |world| {
        let ana = world.agent("Ana").await;
        let of = labels(world).await;
        let (lucia, marta) = (world.contact("Lucía"), world.contact("Marta"));
        lucia.sends("My invoice is wrong").await;
        marta.sends("Hola").await;
        let (hers, other) = (lucia.conversation().await, marta.conversation().await);
        has_tag(&ana, hers, of.billing).await;
        has_tag(&ana, other, of.unsorted).await;
        eventually("it is urgent", async || {
            (ana.head(hers).await.priority == Priority::High).then_some(())
        })
        .await;
        assert_eq!(ana.head(other).await.priority, Priority::Normal);
        let path = format!("/conversations/{hers}/changes");
        let page: ChangePage = ana.signed.get(&path).await.expect("changes");
        let asked = |did: &[RuleStep]| did == [RuleStep::Classify { source: of.source }];
        let asked = |fact: &Fact| matches!(fact, Fact::RuleRan { did, .. } if asked(did));
        assert_eq!(page.changes.iter().filter(|event| asked(&event.fact)).count(), 1);
        assert_eq!(world.simulator.assistant_classified(), 2, "one question for each message");
        let now = world.clock.now();
        let (from, until) = (now.plus_ms(-3_600_000), now.plus_ms(60_000));
        let ask = json!({"rules": of.rules, "from": from, "until": until});
        let admin = world.admin().await;
        let dry: DryRun = admin.signed.post("/rules/dry-run", &ask).await.expect("a dry run");
        assert_eq!((dry.same, dry.gone), (3, 0), "each message asks, and one label is urgent");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_says_counts_only_if_the_customer_wrote_nothing_more_since() {
    let clock = RunningClock::begin(0);
    for_each_store(Setup { clock: Some(clock.clock()), ..setup() }, async |world| {
        let ana = world.agent("Ana").await;
        let of = labels(world).await;
        world.simulator.assistant_is_silent(true);
        let lucia = world.contact("Lucía");
        // The source has three seconds: they do not pass while she writes, however long that takes.
        clock.is_held(true);
        lucia.sends("My invoice").await;
        let hers = lucia.conversation().await;
        let asked = async |times: usize| {
            eventually("the source is asked", async || {
                (world.simulator.assistant_classified() >= times).then_some(())
            })
            .await;
        };
        for _ in 0..MOMENTS {
            clock.ticks(MOMENT);
            let asked = timeout(Duration::from_secs(1), asked(1)).await;
            if asked.is_ok() {
                break;
            }
        }
        assert_eq!(world.simulator.assistant_classified(), 1);
        // Within the same turn the rule runs no second time: the question itself is asked anew.
        lucia.sends("is here, thanks. When are you open?").await;
        eventually("it came", async || (ana.head(hers).await.last_seq == 2).then_some(())).await;
        world.simulator.assistant_is_silent(false);
        clock.is_held(false);
        asked(2).await;
        has_tag(&ana, hers, of.unsorted).await;
        assert_eq!(tags(&ana, hers).await, [of.unsorted], "an answer to half of it does not count");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_source_keeps_nobody_waiting_and_gets_the_tag_for_that() {
    for_each_store(setup(), async |world| {
        let ana = world.agent("Ana").await;
        let of = labels(world).await;
        world.simulator.assistant_is_silent(true);
        let lucia = world.contact("Lucía");
        let began = tokio::time::Instant::now();
        lucia.sends("My invoice is wrong").await;
        let hers = lucia.conversation().await;
        // Nothing waits for the source: she is answered meanwhile.
        ana.claims(hers).await;
        ana.replies(hers, "Which one?").await;
        has_tag(&ana, hers, of.unsorted).await;
        let waited = began.elapsed();
        assert!(waited >= Duration::from_secs(3), "it was given its time: {waited:?}");
        assert_eq!(ana.head(hers).await.owner, Owner::Agent(ana.id));
        assert_eq!(tags(&ana, hers).await, [of.unsorted]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_shown_an_answer_and_nothing_is_sent() {
    for_each_store(setup(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let of = labels(world).await;
        let lucia = world.contact("Lucía");
        lucia.sends("Where is my order?").await;
        let hers = lucia.conversation().await;
        has_tag(&ana, hers, of.unsorted).await;
        let path = format!("/conversations/{hers}/suggestion");
        let ask = async |agent: &Agent| -> Suggestion {
            let wish = json!({"source_id": of.source});
            agent.signed.post(&path, &wish).await.expect("a suggestion")
        };
        let before = ana.head(hers).await;
        let told = ask(&ana).await;
        assert_eq!(told.text.as_deref(), Some("Your order is on its way."));
        assert_eq!((told.seq, told.why), (before.last_seq, None));
        let after = ana.head(hers).await;
        assert_eq!(after.revision, before.revision, "nobody else sees anything of it");
        assert!(lucia.received().is_empty(), "it is hers to send");
        // She sends it as her own, behind the fence as ever.
        ana.claims(hers).await;
        ana.replies(hers, told.text.as_deref().expect("a text")).await;
        lucia.sends("And my invoice?").await;
        let told = ask(&ben).await;
        assert_eq!(told.tags, [of.billing], "a tag is offered");
        ana.phone().converges().await;
        world.simulator.assistant_knows("whsec_b3RoZXI=");
        assert_eq!(ask(&ana).await.why, Some(ContextWhy::Refused));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_may_be_asked_no_more_today_gets_the_tag_for_that() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    // Noon: the day does not end meanwhile.
    let clock = RunningClock::begin(DAY_MS / 2 - Clock::system().now().ms().rem_euclid(DAY_MS));
    for_each_store(Setup { clock: Some(clock.clock()), ..setup() }, async |world| {
        let ana = world.agent("Ana").await;
        let of = labels_of(world, json!({"per_day": 2})).await;
        for (name, tag) in [("Lucía", of.billing), ("Marta", of.billing), ("Eva", of.unsorted)] {
            let contact = world.contact(name);
            contact.sends("My invoice is wrong").await;
            let theirs = contact.conversation().await;
            has_tag(&ana, theirs, tag).await;
            assert_eq!(tags(&ana, theirs).await, [tag], "{name}");
        }
        assert_eq!(world.simulator.assistant_classified(), 2, "it was not asked a third time");
        let eva = world.contact("Eva").conversation().await;
        let wish = json!({"source_id": of.source});
        let path = format!("/conversations/{eva}/suggestion");
        let told: Suggestion = ana.signed.post(&path, &wish).await.expect("a suggestion");
        assert_eq!((told.text, told.why), (None, Some(ContextWhy::Spent)));
    })
    .await;
}
