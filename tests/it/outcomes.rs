//! Outcomes and messages that can be taken back: what the team set up counts for everybody at once.

use baton_protocol::command::{Assign, Nothing, OfMessage, Resolve, Transfer};
use baton_protocol::episode::Episodes;
use baton_protocol::event::{EventContent, OutcomeSaid};
use baton_protocol::page::ChangePage;
use baton_protocol::setting::Setting;
use baton_protocol::{
    CommandBody, ConversationId, Fact, HeldReason, Home, Line, LineRef, MessageStatus, Owner,
    Refusal, SettingId, Status, TeamId,
};
use baton_world::world::{Agent, Answered, Setup, World, for_each_store, reply};
use serde_json::{Value, json};
use uuid::Uuid;

/// Sets up one thing of a kind that a home has once.
async fn sets(world: &World, kind: &str, home: Home, expect: Option<u32>, body: Value) -> Setting {
    let admin = world.admin().await;
    let workspace = admin.signed.session.workspace_id;
    let id = home.id(workspace);
    let put = json!({"home": home, "body": body});
    let change = json!({"kind": kind, "id": id, "expect": expect, "put": put});
    let mut made: Vec<Setting> =
        admin.signed.post("/settings", &json!([change])).await.expect("it");
    made.remove(0)
}

async fn team_of(agent: &Agent, of: ConversationId) -> TeamId {
    agent.head(of).await.team_id
}

async fn resolve(agent: &Agent, of: ConversationId, outcome: Option<SettingId>) -> CommandBody {
    let seen = agent.last_line(of).await;
    CommandBody::Resolve(Resolve { seen, outcome, outcome_text: None })
}

fn is_invalid(refusal: &Refusal, in_field: &str) -> bool {
    matches!(refusal, Refusal::Invalid { field, .. } if field == in_field)
}

/// The outcome of the last episode that ended, as events tell it.
async fn told(agent: &Agent, of: ConversationId) -> (Option<SettingId>, Option<OutcomeSaid>) {
    let path = format!("/conversations/{of}/changes?limit=50");
    let page: ChangePage = agent.signed.get(&path).await.expect("changes");
    let ended = page.changes.iter().find_map(|event| match (&event.fact, &event.content) {
        (Fact::StatusChanged { status: Status::Resolved, outcome, .. }, content) => {
            let said = match content {
                Some(EventContent::Outcome(said)) => Some(said.clone()),
                _ => None,
            };
            Some((*outcome, said))
        }
        _ => None,
    });
    ended.expect("an end")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_asks_for_outcomes_of_its_own_else_for_those_of_the_workspace() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let [sold, lost, refund] = [(); 3].map(|()| SettingId(world.clock.uuid_v7()));
        let tag = json!({"name": "Refund", "set_by": "rules"});
        let put = json!({"home": {"kind": "workspace"}, "body": tag});
        let change = json!([{"kind": "tag", "id": refund, "put": put}]);
        let admin = world.admin().await;
        let made: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a tag");
        assert_eq!(made.len(), 1);
        let list = json!([{"id": sold, "name": "Sold"}]);
        let body = json!({"ask": "required", "list": list});
        sets(world, "outcomes", Home::Workspace, None, body).await;
        world.contact("Lucía").sends("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        let team = Home::Team { id: team_of(&ana, of).await };

        let without = ana.does(of, resolve(&ana, of, None).await).await.refusal();
        let Refusal::OutcomeRequired { outcomes } = without else { panic!("{without:?}") };
        assert_eq!(outcomes.len(), 1);
        let own = json!([{"id": lost, "name": "Lost", "tag": refund}]);
        sets(world, "outcomes", team, None, json!({"ask": "required", "list": own})).await;
        ana.does(of, resolve(&ana, of, Some(lost)).await).await.accepted();
        let said = OutcomeSaid { name: "Lost".to_owned(), text: None };
        assert_eq!(told(&ana, of).await, (Some(lost), Some(said)));
        let tags = ana.view(of).await.conversation.thread.tags;
        assert_eq!(tags.iter().map(|on| on.tag).collect::<Vec<_>>(), [refund]);

        let path = format!("/conversations/{of}/episodes");
        let Episodes { episodes } = ana.signed.get(&path).await.expect("episodes");
        let [last] = &episodes[..] else { panic!("{episodes:?}") };
        assert_eq!(last.said.as_ref().map(|said| said.name.as_str()), Some("Lost"));
        assert_eq!((&last.tags[..], last.first_words.as_deref()), (&[refund][..], Some("Hola")));

        ana.does(of, CommandBody::Reopen(Nothing {})).await.accepted();
        let foreign = ana.does(of, resolve(&ana, of, Some(refund)).await).await.refusal();
        assert!(is_invalid(&foreign, "outcome"), "{foreign:?}");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_ended_after_the_tap_is_taken() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let [sold, lost] = [(); 2].map(|()| SettingId(world.clock.uuid_v7()));
        world.contact("Lucía").sends("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        let team = Home::Team { id: team_of(&ana, of).await };
        let list = json!([{"id": sold, "name": "Sold"}, {"id": lost, "name": "Lost"}]);
        let body = json!({"ask": "offered", "list": list});
        sets(world, "outcomes", team, None, body).await;

        let in_the_tunnel = ana.command(of, resolve(&ana, of, Some(sold)).await);
        let body = json!({"ask": "required", "list": [{"id": lost, "name": "Lost"}]});
        sets(world, "outcomes", team, Some(1), body).await;
        let late = ana.does(of, resolve(&ana, of, Some(sold)).await).await.refusal();
        assert!(is_invalid(&late, "outcome"), "it was gone at the tap: {late:?}");
        ana.gives(in_the_tunnel).await.accepted();
        assert_eq!(told(&ana, of).await.0, Some(sold));
        ana.phone().converges().await;
    })
    .await;
}

async fn line_of(agent: &Agent, of: ConversationId, line: LineRef) -> Line {
    agent.lines(of).await.into_iter().find(|row| row.id == line.id).expect("the line")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_in_time_never_leaves_and_what_is_not_does() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let of = lucia.conversation().await;
        let team = Home::Team { id: team_of(&ana, of).await };
        sets(world, "team_policy", team, None, json!({"undo_s": 10})).await;

        let wrong = ana.replies(of, "Wrong").await.line.expect("a line");
        let row = line_of(&ana, of, wrong).await;
        assert_eq!(row.status, Some(MessageStatus::Queued));
        let desk = ana.on_another_device(world).await;
        assert!(row.leaves_at.is_some_and(|at| at > world.clock.now()), "{row:?}");
        let cancel = CommandBody::Cancel(OfMessage { message_id: wrong.id });
        desk.does(of, cancel).await.accepted();

        let now = ana.replies(of, "At once").await.line.expect("a line");
        ana.does(of, CommandBody::SendNow(OfMessage { message_id: now.id })).await.accepted();
        lucia.receives("At once").await;
        assert_eq!(line_of(&ana, of, now).await.leaves_at, None);

        sets(world, "team_policy", team, Some(1), json!({"undo_s": 3})).await;
        let right = ana.replies(of, "Right").await.line.expect("a line");
        lucia.receives("Right").await;
        assert_eq!(lucia.received(), ["At once", "Right"]);
        ana.finds(of, wrong, MessageStatus::Cancelled).await;
        ana.finds(of, right, MessageStatus::Delivered).await;

        let overtaken = ana.replies(of, "Overtaken").await.line.expect("a line");
        lucia.sends("Espera").await;
        let held = ana.finds(of, overtaken, MessageStatus::Held).await;
        assert_eq!((held.held, held.leaves_at), (Some(HeldReason::Overtaken), None));
        ana.phone().converges().await;
    })
    .await;
}

async fn makes_a_bot(world: &World, agent: &Agent) {
    let admin = world.admin().await;
    let body = json!({"agent": agent.id, "back_to": world.cast.team, "words": ["human"],
        "turns_max": 5, "silent_s": 60, "minutes_max": 30});
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let change = json!({"kind": "bot", "id": SettingId(Uuid::now_v7()), "put": put});
    let _set: Vec<Setting> = admin.signed.post("/settings", &json!([change])).await.expect("a bot");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_asks_for_a_note_gets_one_with_each_hand_over() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let of = lucia.conversation().await;
        let team = Home::Team { id: team_of(&ana, of).await };
        sets(world, "team_policy", team, None, json!({"handover_note": "required"})).await;
        ana.claims(of).await;
        let (to, seen) = (Owner::Agent(sofia.id), ana.last_line(of).await);
        let expect_owner_epoch = ana.head(of).await.owner_epoch;
        let gives = |note: Option<&str>| {
            let note = note.map(str::to_owned);
            let exceed_capacity = false;
            CommandBody::Transfer(Transfer { to, expect_owner_epoch, seen, note, exceed_capacity })
        };
        assert_eq!(ana.does(of, gives(None)).await.refusal(), Refusal::NoteRequired);
        ana.does(of, gives(Some("She waits for the invoice"))).await.accepted();
        assert_eq!(sofia.head(of).await.owner, to);

        // Who supervises needs none, and neither does a bot.
        let ben = world.agent("Ben").await;
        let epoch = sofia.head(of).await.owner_epoch;
        let to_ben = Assign { agent_id: ben.id, expect_owner_epoch: epoch, exceed_capacity: false };
        sofia.does(of, CommandBody::Assign(to_ben)).await.accepted();
        let to_ana = |expect_owner_epoch: u64| {
            let agent_id = ana.id;
            CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity: false })
        };
        let epoch = ben.head(of).await.owner_epoch;
        assert_eq!(ben.does(of, to_ana(epoch)).await.refusal(), Refusal::NoteRequired);
        makes_a_bot(world, &ben).await;
        let epoch = ben.head(of).await.owner_epoch;
        ben.does(of, to_ana(epoch)).await.accepted();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_author_sends_a_message_at_once() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let of = lucia.conversation().await;
        let team = Home::Team { id: team_of(&ana, of).await };
        sets(world, "team_policy", team, None, json!({"undo_s": 5})).await;
        let seen = ana.last_line(of).await;
        let line = ana.does(of, reply("Buenas", seen)).await.accepted().line.expect("a line");
        let now = || CommandBody::SendNow(OfMessage { message_id: line.id });
        assert_eq!(sofia.does(of, now()).await.refusal(), Refusal::NotAllowed);
        sofia.does(of, CommandBody::Cancel(OfMessage { message_id: line.id })).await.accepted();
        ana.finds(of, line, MessageStatus::Cancelled).await;
        // A message that was taken back is not sent any more. Its author cannot change that.
        assert_eq!(ana.does(of, now()).await.refusal(), Refusal::NotAllowed);
    })
    .await;
}
