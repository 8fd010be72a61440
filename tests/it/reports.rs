//! Reports: what came in and how fast it was answered, from the log, told to those who may know.

use baton_protocol::report::{AnswersReport, Measure, MeasuredPage};
use baton_protocol::setting::Setting;
use baton_protocol::{AgentId, Owner, SettingId};
use baton_world::world::{Agent, Setup, World, for_each_store};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

const HOUR_MS: i64 = 60 * 60 * 1000;

#[tokio::test(flavor = "multi_thread")]
async fn supervisors_see_how_fast_their_teams_answer_and_which_conversations_are_behind_it() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        for name in ["Lucía", "Marta"] {
            world.contact(name).sends("Hola").await;
        }
        let lucia = world.contact("Lucía").conversation().await;
        let marta = world.contact("Marta").conversation().await;
        ana.replies(lucia, "Buenas").await;
        ana.resolves(lucia).await;

        let report = report(world, &sofia, "").await;
        let whole = &report.whole;
        assert_eq!((whole.received, whole.sent, whole.turns), (2, 1, 2));
        assert_eq!((whole.answered, whole.open, whole.resolved), (1, 1, 1));
        assert_eq!((whole.first_reply.count, whole.first_reply.within), (1, 1));
        let of_whole: u64 = report.stretches.iter().map(|stretch| stretch.figures.received).sum();
        assert_eq!((report.stretches.len(), of_whole), (2, 2));
        let agents: Vec<(AgentId, u64)> =
            report.agents.iter().map(|of| (of.agent_id, of.figures.answered)).collect();
        assert_eq!(agents, [(ana.id, 1)]);

        let answered = behind(world, &sofia, Measure::FirstReply).await;
        let rows: Vec<_> =
            answered.rows.iter().map(|row| (row.conversation_id, row.agent_id)).collect();
        assert_eq!(rows, [(lucia, Some(ana.id))]);
        let open = behind(world, &sofia, Measure::Open).await;
        let rows: Vec<_> = open.rows.iter().map(|row| (row.conversation_id, row.at)).collect();
        assert_eq!(rows, [(marta, None)]);

        let csv = asks(world, &sofia, &format!("answers.csv?{}", span(world))).await;
        assert_eq!(csv.0, 200);
        let lines: Vec<_> = csv.1.lines().collect();
        assert!(lines[0].starts_with("\u{feff}measure,since,at,wall_ms,agent"), "{lines:?}");
        assert!(lines.iter().any(|line| line.starts_with("first_reply,")), "{lines:?}");
        assert!(csv.1.contains("\"Ana"), "{lines:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_follow_the_team_that_had_it_and_filters_hold() {
    for_each_store(Setup::usual(), async |world| {
        let billing = world.team("Billing", &["Dora"]).await;
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        world.contact("Lucía").sends("Hola").await;
        let lucia = world.contact("Lucía").conversation().await;
        ana.claims(lucia).await;
        ana.hands_over(lucia, Owner::Queue(billing.id)).await;
        world.agent("Dora").await.replies(lucia, "Buenas").await;

        let admin = world.admin().await;
        let all = report(world, &admin, "").await;
        assert_eq!((all.whole.turns, all.whole.answered, all.teams.len()), (1, 1, 2));
        let of_billing = report(world, &admin, &format!("&team={}", billing.id)).await;
        assert_eq!((of_billing.whole.turns, of_billing.whole.answered), (0, 1));
        let of_ana = report(world, &admin, &format!("&agent={}", ana.id)).await;
        assert_eq!((of_ana.whole.pick_up.count, of_ana.whole.answered), (1, 0));
        // Sofía supervises the desk, not Billing: what Billing answered is not hers to know.
        let hers = report(world, &sofia, "").await;
        assert_eq!((hers.whole.turns, hers.whole.answered, hers.whole.open), (1, 0, 0));
        let path = format!("answers?edges={}&team={}", edges(world), billing.id);
        assert_eq!(asks(world, &sofia, &path).await.0, 403);
        assert_eq!(asks(world, &ana, &format!("answers?edges={}", edges(world))).await.0, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_report_is_refused_with_the_reason() {
    for_each_store(Setup::usual(), async |world| {
        let sofia = world.agent("Sofia").await;
        let days = 93 * 24 * HOUR_MS;
        for (path, why) in [
            ("answers".to_owned(), "parameter"),
            ("answers?edges=1".to_owned(), "edges: name 2 to 170 instants"),
            ("answers?edges=1,x".to_owned(), "edges: each must be a number"),
            ("answers?edges=2,1".to_owned(), "later"),
            (format!("answers?edges=0,{days}"), "92 days"),
            ("answers?edges=0,1&colour=red".to_owned(), "unknown parameter"),
            ("answers/conversations?from=0&until=1&measure=luck".to_owned(), "parameter"),
            ("answers.csv?from=1&until=1".to_owned(), "until"),
        ] {
            let (status, text) = asks(world, &sofia, &path).await;
            assert!(status == 400 && text.contains(why), "{path}: {status} {text}");
        }
        let empty = report(world, &sofia, "").await;
        assert_eq!((empty.whole.turns, empty.whole.reply.median_ms), (0, None));
    })
    .await;
}

/// Two hours around now, with a border in the middle.
fn edges(world: &World) -> String {
    let now = world.clock.now().ms();
    format!("{},{},{}", now - HOUR_MS, now, now + HOUR_MS)
}

fn span(world: &World) -> String {
    let now = world.clock.now().ms();
    format!("from={}&until={}", now - HOUR_MS, now + HOUR_MS)
}

async fn report(world: &World, agent: &Agent, filter: &str) -> AnswersReport {
    read(world, agent, &format!("answers?edges={}{filter}", edges(world))).await
}

async fn behind(world: &World, agent: &Agent, measure: Measure) -> MeasuredPage {
    let path = format!("answers/conversations?{}&measure={}", span(world), measure.name());
    read(world, agent, &path).await
}

async fn read<T: DeserializeOwned>(world: &World, agent: &Agent, path: &str) -> T {
    let (status, text) = asks(world, agent, path).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).expect("a report")
}

async fn asks(world: &World, agent: &Agent, path: &str) -> (u16, String) {
    let token = Some(agent.signed.session.access_token.as_str());
    let path = format!("/api/v1/reports/{path}");
    let answer = world.asks(Method::GET, &path, token, None).await;
    (answer.status, answer.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_told_by_open_hours_where_a_schedule_is_named() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        world.contact("Lucía").sends("Hola").await;
        let lucia = world.contact("Lucía").conversation().await;
        ana.replies(lucia, "Buenas").await;
        ana.resolves(lucia).await;
        let [never, always] = [(); 2].map(|()| SettingId(Uuid::now_v7()));
        let day = json!([[0, 1440]]);
        let open = json!([day, day, day, day, day, day, day]);
        let far = json!({"2099-01-01": [[0, 60]]});
        let shut = json!([[], [], [], [], [], [], []]);
        let body = |name: &str, week: &Value| {
            json!({"name": name, "zone": "Europe/Madrid", "week": week, "days": far})
        };
        let put = |id: SettingId, body: Value| {
            let put = json!({"home": {"kind": "workspace"}, "body": body});
            json!({"kind": "schedule", "id": id, "put": put})
        };
        let changes = json!([put(never, body("Shut", &shut)), put(always, body("Open", &open))]);
        let admin = world.admin().await;
        let _set: Vec<Setting> = admin.signed.post("/settings", &changes).await.expect("schedules");
        let wall = report(world, &sofia, "").await.whole;
        let shut = report(world, &sofia, &format!("&hours={never}")).await.whole;
        let open = report(world, &sofia, &format!("&hours={always}")).await.whole;
        assert_eq!(open, wall, "what is always open is the wall clock");
        assert_eq!((shut.answered, shut.resolved), (1, 1), "what is counted stays");
        assert_eq!((shut.reply.max_ms, shut.resolution.max_ms), (Some(0), Some(0)));
        let csv = format!("answers.csv?{}&hours={always}", span(world));
        let csv = asks(world, &sofia, &csv).await;
        assert!(csv.1.starts_with("\u{feff}measure,since,at,open_ms,agent"), "{csv:?}");
        let nothing = SettingId(Uuid::now_v7());
        let odd = format!("answers.csv?{}&hours={nothing}", span(world));
        let odd = asks(world, &sofia, &odd).await;
        assert_eq!(odd.0, 400, "{odd:?}");
    })
    .await;
}
