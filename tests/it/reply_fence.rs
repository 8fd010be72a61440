//! Nobody answers unknowingly: the fence at acceptance, op ids, and who may reply to what.

use baton_protocol::command::{OfMessage, Reply};
use baton_protocol::outcome::{CommandResults, Outcome, OutcomesQuery};
use baton_protocol::settings::TeamChange;
use baton_protocol::{
    Command, CommandBody, CommandResult, LineRef, OpId, Owner, Refusal, ReplyPolicy, Team, TeamId,
};
use baton_world::world::{Agent, Answered, Setup, World, for_each_store, reply};
use reqwest::Method;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_missed_something_is_refused_with_what_it_missed() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        lucia.sends("Do not send it!").await;
        let refused = ana.does(conversation, reply("It is on its way", seen)).await.refused();
        let Refusal::Stale { current, missed, more } = refused.refusal else {
            panic!("{:?}", refused.refusal)
        };
        assert_eq!((missed.len(), more), (1, false));
        assert_eq!(current.map(|line| line.seq), Some(2));
        let texts: Vec<_> = refused.lines.iter().map(|line| line.content.text.clone()).collect();
        assert_eq!(texts, [Some("Do not send it!".to_owned())]);
        // A colleague's answer counts as well, and so does having seen nothing at all.
        ben.replies(conversation, "Then I stop it").await;
        let late = ana.does(conversation, reply("Too late", current)).await.refusal();
        assert!(matches!(&late, Refusal::Stale { missed, .. } if missed.len() == 1), "{late:?}");
        let blind = ana.does(conversation, reply("Hola!", None)).await.refusal();
        assert!(matches!(&blind, Refusal::Stale { missed, .. } if missed.len() == 3), "{blind:?}");
        // A line of that number, but of another life of the database.
        let other = Some(LineRef { seq: 3, id: baton_protocol::MessageId(Uuid::new_v4()) });
        let foreign = ana.does(conversation, reply("Hola!", other)).await.refusal();
        assert!(matches!(foreign, Refusal::Stale { .. }), "{foreign:?}");
        lucia.receives("Then I stop it").await;
        assert_eq!(lucia.received(), ["Then I stop it"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_command_names_by_after_is_known_to_it() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        let first = ana.command(conversation, reply("One", seen));
        let second =
            Command { after: Some(first.op_id), ..ana.command(conversation, reply("Two", seen)) };
        let third = Command {
            after: Some(second.op_id),
            ..ana.command(conversation, reply("Three", seen))
        };
        let lone = ana.command(conversation, reply("Four", seen));
        let all = [first, second.clone(), third, lone];
        let results = ana.signed.commands(&all).await.expect("answers");
        let [one, two, three, four]: [CommandResult; 4] = results.try_into().expect("four");
        one.accepted();
        two.accepted();
        three.accepted();
        assert!(matches!(four.refusal(), Refusal::Stale { .. }), "not in the chain");
        // The same person's other device knows no more than it was shown.
        let tablet = ana.on_another_device(world).await;
        let there = tablet.does(conversation, reply("From the tablet", seen)).await.refusal();
        assert!(matches!(&there, Refusal::Stale { missed, .. } if missed.len() == 3), "{there:?}");
        for text in ["One", "Two", "Three"] {
            lucia.receives(text).await;
        }
        assert_eq!(lucia.received(), ["One", "Two", "Three"], "in the order of acceptance");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_written_in_a_tunnel_is_refused_and_accepted_once_its_author_knows() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Is it open tomorrow?").await;
        let conversation = lucia.conversation().await;
        ben.phone().shows("Is it open tomorrow?").await;
        ben.phone().goes_offline().await;
        let written = ben.phone().seen(conversation).await;
        let offline = ben.command(conversation, reply("No, it is closed", written));
        ana.replies(conversation, "Yes, until two").await;
        ben.phone().comes_back().await.expect("the network");
        let refusal = ben.phone().gives(offline.clone()).await.refusal();
        assert!(matches!(refusal, Refusal::Stale { .. }), "{refusal:?}");
        // Sent again it stays refused: its author has to look.
        let again = ben.gives(offline.clone()).await.refusal();
        assert!(matches!(again, Refusal::Stale { .. }), "{again:?}");
        ben.phone().shows("Yes, until two").await;
        let seen = ben.phone().seen(conversation).await;
        let retry = Command {
            retry_of: Some(offline.op_id),
            ..ben.command(conversation, reply("And on Sunday it is closed", seen))
        };
        ben.phone().gives(retry).await.accepted();
        lucia.receives("And on Sunday it is closed").await;
        assert_eq!(lucia.received(), ["Yes, until two", "And on Sunday it is closed"]);
        ben.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_sent_twice_happens_once_and_is_answered_the_same() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        let command = ana.command(conversation, reply("Hola Lucía", seen));
        let first = ana.gives(command.clone()).await.accepted();
        let again = ana.phone().gives(command.clone()).await.accepted();
        assert_eq!((again.line, again.position), (first.line, first.position));
        let other = Command { body: reply("Something else", seen), ..command.clone() };
        assert_eq!(ana.gives(other).await.refusal(), Refusal::OpIdReused);
        // The id is its author's: a colleague's command of the same id is another one.
        let theirs = ben.gives(command.clone()).await.refusal();
        assert!(matches!(theirs, Refusal::Stale { .. }), "{theirs:?}");
        // Out of scope it is still told that it happened.
        let billing = world.team("Billing", &["Dora"]).await;
        ana.hands_over(conversation, Owner::Queue(billing.id)).await;
        assert!(ana.sees(conversation).await.is_none(), "another team's");
        let replayed = ana.gives(command).await.accepted();
        assert_eq!(replayed.line, first.line);
        lucia.receives("Hola Lucía").await;
        assert_eq!(lucia.received(), ["Hola Lucía"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_before_it_arrived_never_happens() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        let (done, lost) = (
            ana.command(conversation, reply("One", seen)),
            ana.command(conversation, reply("Two", seen)),
        );
        let line = ana.gives(done.clone()).await.accepted().line;
        let query = OutcomesQuery { op_ids: vec![done.op_id, lost.op_id] };
        let answer: CommandResults =
            ana.signed.post("/commands/outcomes", &query).await.expect("outcomes");
        let [first, second]: [CommandResult; 2] = answer.results.try_into().expect("two");
        assert_eq!(first.accepted().line, line);
        assert_eq!(second.refusal(), Refusal::Cancelled);
        assert_eq!(ana.gives(lost).await.refusal(), Refusal::Cancelled, "a tombstone stays");
        lucia.receives("One").await;
        assert_eq!(lucia.received(), ["One"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_says_who_may_reply_to_what_a_colleague_owns() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let sofia = world.agent("Sofia").await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        ana.claims(conversation).await;
        let not_owner = Refusal::NotOwner { owner: Owner::Agent(ana.id) };
        let tries = async |agent: &Agent, text: &str| {
            let seen = agent.last_line(conversation).await;
            agent.does(conversation, reply(text, seen)).await
        };
        policy(world, world.cast.team, ReplyPolicy::Owner).await;
        assert_eq!(tries(&ben, "a").await.refusal(), not_owner);
        assert_eq!(tries(&sofia, "b").await.refusal(), not_owner);
        tries(&ana, "c").await.accepted();
        policy(world, world.cast.team, ReplyPolicy::Team).await;
        tries(&ben, "d").await.accepted();
        assert_eq!(tries(&*world.admin().await, "e").await.refusal(), not_owner, "no teammate");
        policy(world, world.cast.team, ReplyPolicy::Scope).await;
        tries(&sofia, "f").await.accepted();
        tries(&*world.admin().await, "g").await.accepted();
        assert_eq!(ana.head(conversation).await.owner, Owner::Agent(ana.id), "it stays hers");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_a_refused_act_is_refused_and_on_an_unknown_one_waits() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let seen = ana.last_line(conversation).await;
        lucia.sends("And another thing").await;
        let first = ana.command(conversation, reply("One", seen));
        let second =
            Command { after: Some(first.op_id), ..ana.command(conversation, reply("Two", seen)) };
        // The second overtakes the first: not yet known, and asked again later.
        let early = ana.gives(second.clone()).await.refusal();
        assert_eq!(early, Refusal::DependsOnUnknown { op_id: first.op_id });
        let stale = ana.gives(first.clone()).await.refusal();
        assert!(matches!(stale, Refusal::Stale { .. }), "{stale:?}");
        let refused = ana.gives(second.clone()).await.refusal();
        assert_eq!(refused, Refusal::DependsOnRefused { op_id: first.op_id });
        // Stored: the same for ever.
        assert_eq!(ana.gives(second).await.refusal(), refused);
        // No act has this id: a chain cannot begin with it.
        let never = OpId(Uuid::now_v7());
        let lone =
            Command { after: Some(never), ..ana.command(conversation, reply("Three", seen)) };
        assert_eq!(ana.gives(lone).await.refusal(), Refusal::DependsOnUnknown { op_id: never });
        assert!(lucia.received().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_after_the_window_closed_nothing_free_is_sent() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (late, timely) = (world.contact("Lucía"), world.contact("Marta"));
        let now_s = world.clock.now().ms() / 1_000;
        let day_s = 24 * 60 * 60;
        let said_at = |at_s: i64| {
            serde_json::json!({
                "type": "text", "text": {"body": "Hola"}, "timestamp": at_s.to_string(),
            })
        };
        late.sends_type(said_at(now_s - day_s - 1)).await;
        timely.sends_type(said_at(now_s - day_s + 300)).await;
        let conversation = late.conversation().await;
        let seen = ana.last_line(conversation).await;
        let refusal = ana.does(conversation, reply("Hola!", seen)).await.refusal();
        let Refusal::WindowClosed { closed_at: Some(closed_at) } = refusal else {
            panic!("{refusal:?}")
        };
        assert_eq!(closed_at.ms(), (now_s - 1) * 1_000);
        ana.replies(timely.conversation().await, "Just in time").await;
        timely.receives("Just in time").await;
        // The customer's next word opens it again.
        late.sends("Hola?").await;
        ana.replies(conversation, "Hola Lucía").await;
        late.receives("Hola Lucía").await;
        assert_eq!(late.received(), ["Hola Lucía"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_and_a_withdrawal_name_messages_of_this_conversation() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (lucia, marta) = (world.contact("Lucía"), world.contact("Marta"));
        let asked = lucia.sends("Red or blue?").await;
        marta.sends("Hola").await;
        let (here, there) = (lucia.conversation().await, marta.conversation().await);
        let (mine, theirs) = (ana.last_line(here).await, ana.last_line(there).await);
        let quote = |of: Option<LineRef>| {
            CommandBody::Reply(Reply {
                text: "Blue".to_owned(),
                seen: mine,
                quoted: of.map(|line| line.id),
                replaces: None,
                ignore_lease: false,
                canned: None,
            })
        };
        let refusal = ana.does(here, quote(theirs)).await.refusal();
        assert!(
            matches!(&refusal, Refusal::Invalid { field, .. } if field == "quoted"),
            "{refusal:?}"
        );
        ana.does(here, quote(mine)).await.accepted();
        assert_eq!(lucia.receives("Blue").await.context, Some(asked));
        let foreign = CommandBody::Cancel(OfMessage { message_id: theirs.expect("a line").id });
        let result = ana.does(here, foreign).await;
        assert!(matches!(&result.outcome, Outcome::Refused(_)), "{result:?}");
    })
    .await;
}

async fn policy(world: &World, team: TeamId, reply_policy: ReplyPolicy) {
    let admin = world.admin().await;
    let (api, token) = (&admin.signed.api, Some(admin.signed.session.access_token.as_str()));
    let change = TeamChange { reply_policy: Some(reply_policy), ..TeamChange::default() };
    let path = format!("/teams/{team}");
    drop(api.call::<Team>(Method::PATCH, &path, token, Some(&change)).await.expect("changed"));
}
