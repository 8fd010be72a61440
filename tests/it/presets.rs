//! The ready rules, as the console turns them on: each is played with a customer, and a dry run
//! over the log finds the same.

use std::time::Duration;

use baton_protocol::command::Tagging;
use baton_protocol::dry_run::DryRun;
use baton_protocol::page::{ChangePage, ConversationPage, ConversationRow};
use baton_protocol::setting::Setting;
use baton_protocol::{CommandBody, ConversationId, Fact, MessageStatus, Owner, SettingId, TeamId};
use baton_world::world::{
    Agent, Answered, Contact, RunningClock, Setup, World, eventually, for_each_store,
};
use serde_json::{Value, json};

const TABLE: &str = include_str!("../../protocol/fixtures/presets.cases.json");
/// The messages of customers bear a time that the server has not reached: the time at which they
/// come counts. So a test may set its clock forward.
const BEHIND_MS: i64 = -10 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Ids that stand in the table for a schedule, a tag and a team.
struct Chosen {
    schedule: SettingId,
    tag: SettingId,
    team: TeamId,
}

impl Chosen {
    async fn of(world: &World, clock: &RunningClock) -> Self {
        let admin = world.admin().await;
        let [schedule, tag] = [(); 2].map(|()| SettingId(uuid::Uuid::now_v7()));
        // Open for a minute, five days after the beginning. 1970 began on a Thursday.
        let open = (clock.now().ms() / DAY_MS + 3 + 5) % 7;
        let week: Vec<Value> =
            (0..7).map(|day| if day == open { json!([[0, 1]]) } else { json!([]) }).collect();
        let closed = json!({"name": "Closed", "zone": "UTC", "week": week});
        put(&admin, "schedule", schedule, 0, &closed).await;
        put(&admin, "tag", tag, 0, &json!({"name": "New"})).await;
        Self { schedule, tag, team: world.team("Second", &[]).await.id }
    }

    fn body(&self, table: &Value, preset: &str, enabled: bool) -> Value {
        let of = |n: u32| format!("0198f2a0-0000-7000-8000-00000000{n:04}");
        let text = table
            .get(preset)
            .expect("a rule")
            .to_string()
            .replace(&of(1), &self.schedule.to_string());
        let text = text.replace(&of(2), &self.tag.to_string());
        let text = text.replace(&of(3), &self.team.to_string());
        let text = text.replace("\"enabled\":true", &format!("\"enabled\":{enabled}"));
        serde_json::from_str(&text).expect("a body")
    }
}

async fn put(admin: &Agent, kind: &str, id: SettingId, version: u32, body: &Value) {
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let change =
        json!([{"kind": kind, "id": id, "expect": (version > 0).then_some(version), "put": put}]);
    let made: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
    assert_eq!(made.len(), 1);
}

/// Automatic texts of a team do not wait until a talk with a person is over.
async fn answers_beside_people(admin: &Agent, team: TeamId) {
    let put = json!({
        "home": {"kind": "team", "id": team}, "body": {"quiet_after_answer_min": 0},
    });
    let change = json!([{"kind": "team_policy", "id": team, "put": put}]);
    let made: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
    assert_eq!(made.len(), 1);
}

/// The runs of a rule on a conversation, without those that did nothing.
async fn runs(admin: &Agent, of: ConversationId, rule: SettingId) -> usize {
    let path = format!("/conversations/{of}/changes");
    let page: ChangePage = admin.signed.get(&path).await.expect("changes");
    let has_run = |fact: &Fact| {
        let Fact::RuleRan { rule_id, did, skipped, .. } = fact else { return false };
        assert!(*rule_id != rule || skipped.is_empty(), "{fact:?}");
        *rule_id == rule && !did.is_empty()
    };
    page.changes.iter().filter(|event| has_run(&event.fact)).count()
}

/// The conversation with a customer, in any status.
async fn conversation(admin: &Agent, contact: &Contact<'_>) -> ConversationId {
    for status in ["open", "resolved"] {
        let path = format!("/conversations?limit=200&order=activity&status={status}");
        let page: ConversationPage = admin.signed.get(&path).await.expect("the inbox");
        let found = page.conversations.iter().find_map(|row| match row {
            ConversationRow::Full { view, .. } if view.contact.phone == Some(contact.number()) => {
                Some(view.conversation.head.id)
            }
            ConversationRow::Full { .. } | ConversationRow::Head { .. } => None,
        });
        if let Some(found) = found {
            return found;
        }
    }
    panic!("{} has no conversation", contact.number())
}

/// What the customer writes.
async fn writes(contact: &Contact<'_>, preset: &str) {
    let text = match preset {
        "ads" => {
            let referral = json!({"source_type": "ad", "source_id": "1"});
            let said = json!({"type": "text", "text": {"body": "Hola"}, "referral": referral});
            return drop(contact.sends_type(said).await);
        }
        "sort" | "topic" | "late_joiners" => "I want a refund",
        "thanks" => "Thank you!",
        "opt_out" => "STOP",
        "language" => "Hola, no puedo abrir la factura de este mes",
        _ => "Hello",
    };
    contact.sends(text).await;
}

/// Minutes until a clock wakes a ready rule.
fn minutes(preset: &str) -> u64 {
    match preset {
        "unanswered" => 120,
        "unassigned" => 10,
        "window" => 22 * 60,
        "window_lead" => 23 * 60 + 30,
        "follow_up" => 8 * 60,
        "follow_up_lead" => 16 * 60,
        _ => 0,
    }
}

async fn tags(admin: &Agent, of: ConversationId, tag: SettingId) {
    let body = CommandBody::Tag(Tagging { add: vec![tag], remove: Vec::new() });
    admin.does(of, body).await.accepted();
}

/// All that ready rules are played with.
struct Played<'w> {
    world: &'w World,
    clock: &'w RunningClock,
    table: &'w Value,
    chosen: Chosen,
}

/// A customer asked something, and the answer has reached them.
async fn talked(admin: &Agent, contact: &Contact<'_>) {
    contact.sends("I want a refund").await;
    let of = conversation(admin, contact).await;
    let line = admin.replies(of, "It is on its way").await.line.expect("a line");
    let has_it = async || {
        let lines = admin.lines(of).await;
        let status = lines.iter().find(|one| one.id == line.id).and_then(|one| one.status);
        matches!(status, Some(MessageStatus::Delivered | MessageStatus::Read)).then_some(())
    };
    eventually("the answer is there", has_it).await;
}

/// A machine of the customer and a rule answer one another.
async fn answers_itself(
    played: &Played<'_>,
    admin: &Agent,
    contact: &Contact<'_>,
    other: SettingId,
) {
    let reply = json!({
        "name": "Reply", "enabled": true, "when": "message",
        "then": [{"do": "reply", "text": "We have it"}],
    });
    put(admin, "rule", other, 0, &reply).await;
    answers_beside_people(admin, played.world.cast.team).await;
    for _ in 0..4 {
        writes(contact, "machine").await;
        let of = conversation(admin, contact).await;
        admin.replies(of, "Yes?").await;
    }
}

/// A customer meets one ready rule. Returns the admin with a session that still holds.
async fn meets(played: &Played<'_>, admin: &Agent, preset: &str) -> Agent {
    let Played { world, clock, table, chosen } = played;
    let (rule, other) = (SettingId(uuid::Uuid::now_v7()), SettingId(uuid::Uuid::now_v7()));
    let contact = world.contact(&format!("Customer {preset}"));
    if matches!(preset, "vip" | "pass_on") {
        contact.sends("Before").await;
    }
    let body = chosen.body(table, preset, true);
    put(admin, "rule", rule, 0, &body).await;
    let from = clock.now();
    match preset {
        "vip" => {
            tags(admin, conversation(admin, &contact).await, chosen.tag).await;
            writes(&contact, preset).await;
        }
        "in_turn" => {
            crate::routing::is_available(&world.agent("Ben").await.on_another_device(world).await)
                .await;
            writes(&contact, preset).await;
        }
        "pass_on" => tags(admin, conversation(admin, &contact).await, chosen.tag).await,
        "thanks" => {
            talked(admin, &contact).await;
            // Until then they may be talking.
            clock.passes(Duration::from_secs(31 * 60));
            writes(&contact, preset).await;
        }
        "machine" => answers_itself(played, admin, &contact, other).await,
        _ => writes(&contact, preset).await,
    }
    if minutes(preset) > 0 {
        clock.passes(Duration::from_secs(minutes(preset) * 60 + 1));
    }
    // A session ends while hours pass.
    let admin = admin.on_another_device(world).await;
    let of = conversation(&admin, &contact).await;
    let ran = eventually(preset, async || {
        let ran = runs(&admin, of, rule).await;
        (ran > 0).then_some(ran)
    })
    .await;
    assert_eq!(ran, 1, "{preset}");
    let (from, until) = (from.plus_ms(-1), clock.now().plus_ms(1_000));
    let ask = json!({"rules": [{"id": rule, "body": body}], "from": from, "until": until});
    let told: DryRun = admin.signed.post("/rules/dry-run", &ask).await.expect("a dry run");
    let runs: Vec<u32> = told.rules.iter().map(|rule| rule.runs).collect();
    assert_eq!((told.same, runs), (1, vec![1]), "{preset}: {told:?}");
    if preset == "in_turn" {
        a_member_has(&admin, of).await;
        admin.claims(of).await;
    }
    // Off again, and nothing goes on: the next one is alone.
    if preset != "thanks" {
        admin.resolves(of).await;
    }
    put(&admin, "rule", rule, 1, &chosen.body(table, preset, false)).await;
    if preset == "machine" {
        let off = json!({
            "name": "Reply", "when": "message", "then": [{"do": "reply", "text": "We have it"}],
        });
        put(&admin, "rule", other, 1, &off).await;
    }
    admin
}

async fn a_member_has(admin: &Agent, of: ConversationId) {
    let is_owned = async || {
        let owner = admin.head(of).await.owner;
        matches!(owner, Owner::Agent(_)).then_some(())
    };
    eventually("a member has it", is_owned).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ready_rule_does_what_it_says_and_a_dry_run_finds_the_same() {
    let clock = RunningClock::begin(BEHIND_MS);
    let ttl = ("BATON_SESSIONS__ACCESS_MINUTES", (24 * 60).to_string());
    let setup = Setup { clock: Some(clock.clock()), settings: vec![ttl], ..Setup::usual() };
    let table: Value = serde_json::from_str(TABLE).expect("the table");
    for_each_store(setup, async |world| {
        let chosen = Chosen::of(world, &clock).await;
        let played = Played { world, clock: &clock, table: &table, chosen };
        let mut admin = world.admin().await.on_another_device(world).await;
        for preset in table.as_object().expect("rules").keys() {
            admin = meets(&played, &admin, preset).await;
        }
    })
    .await;
}
