//! Reports by tag and by outcome, and the episodes that were reopened.

use std::time::Duration;

use baton_protocol::command::{Resolve, Tagging};
use baton_protocol::report::{AnswersReport, Measure, MeasuredPage};
use baton_protocol::setting::Setting;
use baton_protocol::{CommandBody, ConversationId, SettingId};
use baton_world::world::{Agent, Answered, RunningClock, Setup, World, for_each_store};
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

async fn sets(world: &World, kind: &str, id: SettingId, expect: Option<u32>, body: Value) {
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let change = json!([{"kind": kind, "id": id, "expect": expect, "put": put}]);
    let admin = world.admin().await;
    let made: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("it");
    assert_eq!(made.len(), 1);
}

async fn resolves(agent: &Agent, of: ConversationId, outcome: Option<SettingId>) {
    let seen = agent.last_line(of).await;
    let resolve = CommandBody::Resolve(Resolve { seen, outcome, outcome_text: None });
    agent.does(of, resolve).await.accepted();
}

async fn tags(agent: &Agent, of: ConversationId, add: &[SettingId]) {
    let tagging = Tagging { add: add.to_vec(), remove: Vec::new() };
    agent.does(of, CommandBody::Tag(tagging)).await.accepted();
}

/// The outcomes of the workspace; its id is that of the setting.
async fn outcomes(world: &World, expect: Option<u32>, list: Value) {
    let admin = world.admin().await;
    let id = SettingId(admin.signed.session.workspace_id.0);
    sets(world, "outcomes", id, expect, json!({"ask": "offered", "list": list})).await;
}

/// The tag, its name, and how many messages came.
type Row<'a> = (Option<SettingId>, Option<&'a str>, u64);

fn by_tag(report: &AnswersReport) -> Vec<Row<'_>> {
    let rows = report.tags.iter();
    rows.map(|of| (of.tag_id, of.name.as_deref(), of.figures.received)).collect()
}

fn by_outcome(report: &AnswersReport) -> Vec<(Row<'_>, bool)> {
    let row = |of: &'_ baton_protocol::report::OutcomeFigures| of.figures.received;
    let rows = report.outcomes.iter();
    rows.map(|of| ((of.outcome_id, of.name.as_deref(), row(of)), of.unresolved)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn episodes_count_by_their_tags_and_outcomes_under_the_names_of_now() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        let [refund, money, sold] = [(); 3].map(|()| SettingId(world.clock.uuid_v7()));
        sets(world, "tag", refund, None, json!({"name": "Refund"})).await;
        sets(world, "tag", money, None, json!({"name": "=Money"})).await;
        outcomes(world, None, json!([{"id": sold, "name": "Sold"}])).await;
        for name in ["Lucía", "Marta", "Mateo"] {
            world.contact(name).sends("Hola").await;
        }
        let lucia = world.contact("Lucía").conversation().await;
        tags(&ana, lucia, &[refund]).await;
        resolves(&ana, lucia, Some(sold)).await;
        resolves(&ana, world.contact("Marta").conversation().await, None).await;

        let span = Span::around(world);
        let told = span.report(&sofia, "").await;
        assert_eq!(by_tag(&told), [(Some(refund), Some("Refund"), 1), (None, None, 2)]);
        let outcomes_told = [
            ((Some(sold), Some("Sold"), 1), false),
            ((None, None, 1), false),
            ((None, None, 1), true),
        ];
        assert_eq!(by_outcome(&told), outcomes_told);

        // The tag is merged into another one, and the outcome is on no list any more.
        let merged = json!({"name": "Refund", "merged_into": money});
        sets(world, "tag", refund, Some(1), merged).await;
        outcomes(world, Some(1), json!([])).await;
        let told = span.report(&sofia, "").await;
        assert_eq!(by_tag(&told), [(Some(money), Some("=Money"), 1), (None, None, 2)]);
        assert_eq!(by_outcome(&told), outcomes_told);

        for (filter, received) in [
            (format!("&tag={refund}"), 1),
            (format!("&tag={money}"), 1),
            ("&tag=none".to_owned(), 2),
            (format!("&outcome={sold}"), 1),
            ("&outcome=none".to_owned(), 1),
            ("&outcome=unresolved".to_owned(), 1),
        ] {
            let whole = span.report(&sofia, &filter).await.whole;
            assert_eq!(whole.received, received, "{filter}");
        }
        let page = span.behind(&sofia, Measure::Resolution, &format!("&tag={money}")).await;
        let rows: Vec<_> = page.rows.iter().map(|row| row.conversation_id).collect();
        assert_eq!(rows, [lucia]);
        let csv = span.csv(world, &sofia).await;
        let line =
            csv.lines().find(|line| line.starts_with("resolution,") && line.contains("Sold"));
        let end = format!(",\"Sold\",{sold},\"'=Money\",{money}");
        assert!(line.is_some_and(|line| line.ends_with(&end)), "{csv}");
        for odd in ["&tag=red", "&outcome=fine"] {
            let path = format!("{}{odd}", span.path());
            assert!(sofia.signed.get::<AnswersReport>(&path).await.is_err(), "{odd}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_episode_that_was_reopened_later_counts_in_the_time_in_which_it_ended() {
    let clock = RunningClock::begin(0);
    let setup = Setup { clock: Some(clock.clock()), ..Setup::usual() };
    for_each_store(setup, async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        for name in ["Lucía", "Marta"] {
            world.contact(name).sends("Hola").await;
            resolves(&ana, world.contact(name).conversation().await, None).await;
        }
        let now = clock.now().ms();
        let span = Span { from: now - HOUR_MS, until: now + MINUTE_MS };
        let whole = span.report(&sofia, "").await.whole;
        assert_eq!((whole.resolved, whole.reopened, whole.settled), (2, 0, 0));
        // So much later that the report reads nothing of it from the log.
        clock.passes(Duration::from_mins(10));
        world.contact("Lucía").sends("Otra cosa").await;
        let told = span.report(&sofia, "").await;
        assert_eq!((told.whole.resolved, told.whole.reopened, told.whole.settled), (2, 1, 0));
        let agents: Vec<_> =
            told.agents.iter().map(|of| (of.agent_id, of.figures.reopened)).collect();
        assert_eq!(agents, [(ana.id, 1)]);
        let page = span.behind(&sofia, Measure::Reopened, "").await;
        let lucia = world.contact("Lucía").conversation().await;
        let rows: Vec<_> =
            page.rows.iter().map(|row| (row.conversation_id, row.agent_id)).collect();
        assert_eq!(rows, [(lucia, Some(ana.id))]);
    })
    .await;
}

/// Two hours around a moment.
struct Span {
    from: i64,
    until: i64,
}

impl Span {
    fn around(world: &World) -> Self {
        let now = world.clock.now().ms();
        Self { from: now - HOUR_MS, until: now + HOUR_MS }
    }

    fn path(&self) -> String {
        format!("/reports/answers?edges={},{}", self.from, self.until)
    }

    async fn report(&self, agent: &Agent, filter: &str) -> AnswersReport {
        agent.signed.get(&format!("{}{filter}", self.path())).await.expect("a report")
    }

    async fn behind(&self, agent: &Agent, measure: Measure, filter: &str) -> MeasuredPage {
        let (from, until, measure) = (self.from, self.until, measure.name());
        let query = format!("from={from}&until={until}&measure={measure}{filter}");
        let path = format!("/reports/answers/conversations?{query}");
        agent.signed.get(&path).await.expect("a page")
    }

    async fn csv(&self, world: &World, agent: &Agent) -> String {
        let path = format!("/api/v1/reports/answers.csv?from={}&until={}", self.from, self.until);
        let token = Some(agent.signed.session.access_token.as_str());
        world.asks(reqwest::Method::GET, &path, token, None).await.text
    }
}
