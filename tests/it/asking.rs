//! Rules that bring others in: an agent whom routing chooses, and an owner who is reminded. And a
//! team that follows up what is idle.

use std::time::Duration;

use baton_protocol::dry_run::DryRun;
use baton_protocol::notice::{NoticeKind, NoticePage};
use baton_protocol::page::ChangePage;
use baton_protocol::setting::Setting;
use baton_protocol::{
    Choice, CommandBody, ConversationId, Event, Fact, Owner, OwnerCause, PassedOver, Remind,
    Reminder, RuleStep, SettingId,
};
use baton_world::world::{Agent, Answered, RunningClock, Setup, World, eventually, for_each_store};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::routing::{history, is_away};

/// Customers' messages bear a time that the server has not reached: the time at which they come
/// counts.
const BEHIND_MS: i64 = -10 * 24 * 60 * 60 * 1000;
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn sets(world: &World, home: Value, kind: &str, id: Uuid, body: &Value) {
    let change = json!([{"kind": kind, "id": id, "put": {"home": home, "body": body}}]);
    let admin = world.admin().await;
    let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
}

/// A rule that a message wakes, and its body.
async fn has_rule(world: &World, then: Value) -> (SettingId, Value) {
    let body = json!({"name": "Asks", "enabled": true, "when": "message", "then": then});
    let rule = SettingId(Uuid::now_v7());
    sets(world, json!({"kind": "workspace"}), "rule", rule.0, &body).await;
    (rule, body)
}

async fn changes(agent: &Agent, of: ConversationId) -> Vec<Event> {
    let path = format!("/conversations/{of}/changes");
    let page: ChangePage = agent.signed.get(&path).await.expect("changes");
    page.changes
}

/// The steps of all runs.
async fn steps(agent: &Agent, of: ConversationId) -> Vec<RuleStep> {
    let did = |event: Event| {
        let Fact::RuleRan { did, .. } = event.fact else { return Vec::new() };
        did
    };
    changes(agent, of).await.into_iter().flat_map(did).collect()
}

async fn has_owner(agent: &Agent, of: ConversationId, owner: Owner) {
    eventually("it has that owner", async || (agent.head(of).await.owner == owner).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_call_gets_it_though_nobody_routes_that_queue() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let chloe = world.agent("Chloe").await;
        is_away(&chloe).await;
        let on_call = json!([{"agent": chloe.id}, {"agent": ben.id}]);
        let assign = json!({"do": "assign", "by": "on_call", "on_call": on_call});
        let (rule, body) = has_rule(world, json!([assign])).await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let of = lucia.conversation().await;
        has_owner(&ana, of, Owner::Agent(ben.id)).await;
        let decision = history(&ana, of).await.decisions.remove(0);
        assert_eq!((decision.agent_id, decision.trail.choose), (Some(ben.id), Choice::Priority));
        let why = |of| decision.trail.left_out.iter().find(|left| left.agent_id == of);
        assert_eq!(why(chloe.id).map(|left| left.why), Some(PassedOver::Away));
        assert_eq!(why(ana.id).map(|left| left.why), Some(PassedOver::NotNamed));
        let told = changes(&ana, of).await;
        let routed = |event: &&Event| {
            matches!(event.fact, Fact::OwnerChanged { cause: OwnerCause::Routed, .. })
        };
        assert_eq!(told.iter().filter(routed).count(), 1);
        assert_eq!(steps(&ana, of).await, [RuleStep::Assign]);
        let now = world.clock.now();
        let (from, until) = (now.plus_ms(-3_600_000), now.plus_ms(60_000));
        let ask = json!({"rules": [{"id": rule, "body": body}], "from": from, "until": until});
        let admin = world.admin().await;
        let dry: DryRun = admin.signed.post("/rules/dry-run", &ask).await.expect("a dry run");
        assert_eq!((dry.same, dry.gone), (1, 0));
        assert_eq!(dry.rules[0].examples[0].did, [RuleStep::Assign]);
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_finds_nobody_goes_on_asking_until_somebody_comes_or_takes_it() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        is_away(&ben).await;
        let assign = |on_call: Value| json!({"do": "assign", "by": "on_call", "on_call": on_call});
        has_rule(world, json!([assign(json!([{"agent": ben.id}]))])).await;
        let mut waiting = Vec::new();
        for name in ["Lucía", "Marta"] {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let of = contact.conversation().await;
            assert_eq!(steps(&ana, of).await, [RuleStep::Assign]);
            waiting.push(of);
        }
        ana.claims(waiting[0]).await;
        assert_eq!(ana.head(waiting[1]).await.owner, Owner::Queue(world.cast.team));
        crate::routing::is_available(&ben).await;
        has_owner(&ana, waiting[1], Owner::Agent(ben.id)).await;
        assert_eq!(ana.head(waiting[0]).await.owner, Owner::Agent(ana.id), "hers stays hers");
    })
    .await;
}

async fn reminders(of: &Agent, conversation: ConversationId) -> Vec<Reminder> {
    of.view(conversation).await.conversation.thread.reminders
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_reminds_its_owner_and_a_team_follows_up_what_is_idle() {
    let clock = RunningClock::begin(BEHIND_MS);
    let ttl = ("BATON_SESSIONS__ACCESS_MINUTES", (24 * 60).to_string());
    let setup = Setup { clock: Some(clock.clock()), settings: vec![ttl], ..Setup::usual() };
    for_each_store(setup, async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let remind = json!({"do": "remind", "minutes": 60, "follow_up": true});
        has_rule(world, json!([remind])).await;
        let team = world.cast.team;
        let home = json!({"kind": "team", "id": team});
        let policy = json!({"follow_up": {"after_open_h": 3}});
        sets(world, home, "team_policy", team.0, &policy).await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let of = lucia.conversation().await;
        assert!(reminders(&ana, of).await.is_empty(), "nobody owns it");
        ana.claims(of).await;
        ana.replies(of, "Which invoice?").await;
        lucia.sends("The last one").await;
        let set = reminders(&ben, of).await;
        assert_eq!(
            set.iter().map(|one| (one.agent_id, one.follow_up)).collect::<Vec<_>>(),
            [(ana.id, true)]
        );
        clock.passes(HOUR);
        let notices = async || -> NoticePage { ana.signed.get("/notices").await.expect("notices") };
        let page = eventually("it rings", async || {
            let page = notices().await;
            let rang =
                |page: &NoticePage| page.notices.iter().any(|one| one.kind == NoticeKind::Reminder);
            rang(&page).then_some(page)
        })
        .await;
        assert_eq!(page.notices[0].conversation.conversation.head.id, of);
        assert!(reminders(&ana, of).await.is_empty());
        clock.passes(2 * HOUR);
        eventually("the team follows it up", async || {
            steps(&ben, of).await.contains(&RuleStep::NotifyOwner).then_some(())
        })
        .await;
        // She sets one of her own, as ever.
        let own = Remind {
            at: Some(clock.now().plus_ms(86_400_000)),
            follow_up: false,
            text: None,
            seen: ana.last_line(of).await,
        };
        ana.does(of, CommandBody::Remind(own)).await.accepted();
        ana.phone().converges().await;
        ben.phone().converges().await;
    })
    .await;
}
