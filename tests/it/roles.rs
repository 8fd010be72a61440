//! Nobody gets a byte of what is not theirs to see: every address and every frame, for every role
//! and for another workspace.

use baton::http::{Access, routes};
use baton_protocol::frame::{ClientFrame, Compose, ComposeAction, Draft, ServerFrame, View};
use baton_protocol::page::ConversationPage;
use baton_protocol::{ConversationId, Refusal};
use baton_world::world::{Agent, Answered, NUMBER, Raw, Setup, World, for_each_store, webhook};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

/// What must not be told to outsiders: of the conversation and of those who have it.
const CANARY: &str = "canary-7391";

/// Something in it for everybody who may not see it.
struct Stage {
    conversation: ConversationId,
    ids: Vec<(&'static str, String)>,
    /// Ids, names and texts of the first workspace: strangers see none of them.
    private: Vec<String>,
    insiders: Vec<Arc<Agent>>,
    outsider: Arc<Agent>,
    strangers: Vec<Arc<Agent>>,
}

async fn stage(world: &World) -> Stage {
    world.second_workspace().await.expect("another workspace");
    let billing = world.team("Billing", &["Dora"]).await;
    let canary = world.contact(&format!("{CANARY} name"));
    canary.sends(&format!("{CANARY} text")).await;
    let conversation = canary.conversation().await;
    let ana = world.agent("Ana").await;
    ana.claims(conversation).await;
    ana.notes(conversation, &format!("{CANARY} note")).await;
    ana.replies(conversation, &format!("{CANARY} reply")).await;
    canary.receives(&format!("{CANARY} reply")).await;
    // Something nobody can attribute lies in quarantine as well.
    let odd = json!({"messages": [{"type": "text", "text": {"body": format!("{CANARY} odd")}}]});
    assert_eq!(world.posts(&webhook(NUMBER, odd)).await.status, 200);
    let message = ana.last_line(conversation).await.expect("a line").id;
    let device = ana.signed.session.device_id;
    let ids = vec![
        ("{conversation}", conversation.to_string()),
        ("{agent}", ana.id.to_string()),
        ("{team}", world.cast.team.to_string()),
        ("{channel}", world.cast.channel.to_string()),
        ("{device}", device.to_string()),
        ("{id}", message.to_string()),
        ("{meta_app}", "none".to_owned()),
    ];
    let private = vec![
        CANARY.to_owned(),
        world.cast.workspace.to_string(),
        world.cast.channel.to_string(),
        billing.id.to_string(),
        world.agent("Ben").await.id.to_string(),
        "acme".to_owned(),
        "Billing".to_owned(),
        "Dora".to_owned(),
        canary.number(),
    ];
    let insiders = vec![
        Arc::clone(&ana),
        world.agent("Ben").await,
        world.agent("Sofia").await,
        world.admin().await,
    ];
    let outsider = world.agent("Dora").await;
    let mut strangers = Vec::new();
    for name in ["Ana", "Sofia", "Admin"] {
        strangers.push(world.agent_of("umbrella", name).await);
    }
    Stage { conversation, ids, private, insiders, outsider, strangers }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_tells_anybody_what_is_not_theirs() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world).await;
        let number = world.contact(&format!("{CANARY} name")).number();
        for route in routes() {
            for query in queries(route.path) {
                for body in bodies(&stage, world) {
                    let path = format!("{}{query}", filled(route.path, &stage.ids));
                    let asked = (&route.method, path.as_str());
                    let answer = ask(world, &stage.outsider, asked, &body).await;
                    lacks(&answer, &[CANARY.to_owned(), number.clone()], asked, "Dora");
                    for stranger in &stage.strangers {
                        if is_own_business(route.path) {
                            continue;
                        }
                        let answer = ask(world, stranger, asked, &body).await;
                        lacks(&answer, &stage.private, asked, &stranger.name);
                        names_nothing(&answer, route.path, asked);
                    }
                    if route.access != Access::Public {
                        let nobody = Some(("application/json", body.to_string().into_bytes()));
                        let answer = world.asks(route.method.clone(), &path, None, nobody).await;
                        assert_eq!(answer.status, 401, "{asked:?}");
                    }
                    if route.method == Method::GET {
                        break;
                    }
                }
            }
        }
        // Those who may see it do: the canary is where it should be.
        for insider in &stage.insiders {
            let path = format!("/api/v1/conversations/{}", stage.conversation);
            let answer = ask(world, insider, (&Method::GET, &path), &Value::Null).await;
            for what in ["name", "text", "note", "reply"] {
                assert!(answer.text.contains(&format!("{CANARY} {what}")), "{}", insider.name);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_routes_are_for_admins() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world).await;
        for route in routes().iter().filter(|route| route.access == Access::Admin) {
            let path = filled(route.path, &stage.ids);
            for agent in stage.insiders.iter().take(3).chain([&stage.outsider]) {
                let answer = ask(world, agent, (&route.method, &path), &json!({})).await;
                assert_eq!(answer.status, 403, "{} {path} as {}", route.method, agent.name);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_tells_or_does_anything_with_what_is_not_ones_own() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world).await;
        let (ana, conversation_id) = (&stage.insiders[0], stage.conversation);
        let all = stage.strangers.iter().chain([&stage.outsider]);
        let mut outsiders: Vec<&Arc<Agent>> = all.collect();
        for agent in &outsiders {
            for action in [ComposeAction::Start, ComposeAction::Keep, ComposeAction::TakeOver] {
                let frame = ClientFrame::Compose(Compose { conversation_id, action });
                refused(agent, &frame, "compose").await;
            }
            let view = ClientFrame::View(View { conversation_id: Some(conversation_id) });
            refused(agent, &view, "view").await;
            let text = "whatever".to_owned();
            refused(agent, &ClientFrame::Draft(Draft { conversation_id, text }), "draft").await;
            for body in commands(&stage, world) {
                let command = serde_json::from_value(body).expect("a command");
                let result = agent.phone().gives(command).await;
                assert_eq!(result.refusal(), Refusal::NotInScope, "{}", agent.name);
            }
        }
        // Ephemeral things and new lines go to those who see the conversation, and to them only.
        ana.phone().composes(conversation_id, ComposeAction::Start).await;
        let text = format!("{CANARY} draft");
        ana.phone().sends(&ClientFrame::Draft(Draft { conversation_id, text })).await;
        let view = ClientFrame::View(View { conversation_id: Some(conversation_id) });
        ana.phone().sends(&view).await;
        ana.replies(conversation_id, &format!("{CANARY} second")).await;
        let ben = &stage.insiders[1];
        ben.phone().shows(&format!("{CANARY} second")).await;
        let is_draft = |frame: &ServerFrame| matches!(frame, ServerFrame::Draft { .. });
        ben.phone().hears("the draft", is_draft).await;
        // Something of their own after it: whatever was to come has come by then.
        let own = world.contact("Somebody else").on(baton_world::world::SECOND_NUMBER);
        own.sends("hello umbrella").await;
        for agent in &stage.strangers {
            agent.phone().shows("hello umbrella").await;
        }
        outsiders.retain(|agent| agent.name == "Dora");
        world.contact("For Dora").sends("to Billing").await;
        let theirs = world.contact("For Dora").conversation().await;
        let billing = baton_protocol::Owner::Queue(team_named(world, "Billing").await);
        ana.hands_over(theirs, billing).await;
        outsiders[0].phone().shows("to Billing").await;
        let id = conversation_id.to_string();
        for agent in stage.strangers.iter().chain([&stage.outsider]) {
            let heard = agent.phone().heard().await;
            assert!(!heard.contains(CANARY), "{} heard {heard}", agent.name);
            // Their own refusals name nothing; nobody else's frames name the conversation.
            assert!(!heard.contains(&id), "{} heard {heard}", agent.name);
        }
        assert!(!stage.strangers[0].phone().heard().await.contains("to Billing"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_heads_only_gets_no_word_of_what_was_said() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world).await;
        let admin = world.admin().await;
        let change = Some(("application/json", br#"{"visibility":"head"}"#.to_vec()));
        let path = format!("/api/v1/teams/{}", world.cast.team);
        let token = Some(admin.signed.session.access_token.as_str());
        assert_eq!(world.asks(Method::PATCH, &path, token, change).await.status, 200);
        let tablet = world.agent("Ben").await.on_another_device(world).await;
        tablet.phone().until("the head", |mirror| !mirror.conversations.is_empty()).await;
        world.contact(&format!("{CANARY} name")).sends(&format!("{CANARY} more")).await;
        let before = tablet.phone().holds(stage.conversation).await.expect("the head");
        tablet.phone().converges().await;
        let after = tablet.phone().holds(stage.conversation).await.expect("the head");
        assert!(after.head().last_seq >= before.head().last_seq);
        assert!(!tablet.phone().heard().await.contains(CANARY));
        for route in routes().iter().filter(|route| route.method == Method::GET) {
            for query in queries(route.path) {
                let path = format!("{}{query}", filled(route.path, &stage.ids));
                let answer = ask(world, &tablet, (&Method::GET, &path), &Value::Null).await;
                lacks(&answer, &[CANARY.to_owned()], (&Method::GET, &path), "Ben");
            }
        }
        let found: ConversationPage =
            tablet.signed.get(&format!("/conversations?q={CANARY}")).await.expect("a page");
        assert!(found.conversations.is_empty(), "a search would tell what is not shown");
    })
    .await;
}

async fn refused(agent: &Agent, frame: &ClientFrame, name: &str) {
    let mark = agent.phone().mark().await;
    agent.phone().sends(frame).await;
    let fits = |frame: &ServerFrame| {
        matches!(frame, ServerFrame::Error { code, of, .. }
            if code == "not_in_scope" && of.as_deref() == Some(name))
    };
    agent.phone().hears_from(mark, name, fits).await;
}

async fn ask(world: &World, agent: &Agent, (method, path): (&Method, &str), body: &Value) -> Raw {
    let token = Some(agent.signed.session.access_token.as_str());
    let body = Some(("application/json", body.to_string().into_bytes()));
    world.asks(method.clone(), path, token, body).await
}

#[track_caller]
fn lacks(answer: &Raw, secrets: &[String], asked: (&Method, &str), who: &str) {
    assert!(answer.status < 500, "{asked:?} as {who}: {answer:?}");
    for secret in secrets {
        assert!(!answer.text.contains(secret), "{asked:?} as {who} tells {secret}: {answer:?}");
    }
}

/// Another workspace's ids are nothing: not found, or not even asked for.
#[track_caller]
fn names_nothing(answer: &Raw, path: &str, asked: (&Method, &str)) {
    let names_something = ["{conversation}", "{agent}", "{team}", "{channel}", "{device}", "{id}"]
        .iter()
        .any(|name| path.contains(name));
    if names_something {
        assert!(matches!(answer.status, 400 | 403 | 404), "{asked:?}: {answer:?}");
    }
}

/// Signing in by password, one's own password: these tell of oneself.
fn is_own_business(path: &str) -> bool {
    matches!(path, "/api/v1/sessions" | "/api/v1/me/password")
}

fn filled(path: &str, ids: &[(&'static str, String)]) -> String {
    ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
}

fn queries(path: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    match path {
        "/api/v1/conversations" => {
            for query in ["q=7391", "order=activity&limit=200", "unread=true", "owner=nobody"] {
                all.push(format!("?{query}"));
            }
        }
        "/api/v1/sync" => all.push("?after=00000000-0000-0000-0000-000000000000:0".to_owned()),
        "/api/v1/conversations/{conversation}/messages" => all.push("?before=3".to_owned()),
        _ => {}
    }
    all
}

/// A body for every route that takes one: what fits another route is simply refused.
fn bodies(stage: &Stage, world: &World) -> Vec<Value> {
    let of = |name: &str| {
        let found = stage.ids.iter().find(|(known, _)| *known == name);
        found.map(|(_, id)| id.clone()).unwrap_or_default()
    };
    vec![
        Value::from(commands(stage, world)),
        json!({"op_ids": [world.clock.uuid_v7()]}),
        json!({"kind": "member"}),
        json!({"name": "taken over", "state": "leaving", "role": "admin"}),
        json!({"next": "a new password"}),
        json!({"visibility": "own"}),
        json!({"access_token": "a", "pace_per_s": 1}),
        json!({
            "email": "eve@umbrella.example", "name": "Eve", "role": "agent",
            "password": "a password", "teams": [{"team_id": of("{team}"), "kind": "member"}],
        }),
        json!({
            "name": "stolen", "meta_app": world.simulator.config().meta_app_id,
            "phone_number_id": NUMBER, "display_number": "1", "access_token": "a",
            "default_team": of("{team}"),
        }),
    ]
}

/// Every kind of command on the canary's conversation.
fn commands(stage: &Stage, world: &World) -> Vec<Value> {
    let conversation_id = stage.conversation;
    let id = |name: &str| stage.ids.iter().find(|(known, _)| *known == name).map(|(_, id)| id);
    let (agent, message) = (id("{agent}"), id("{id}"));
    let until = world.clock.now().plus_ms(3_600_000);
    [
        json!({"type": "reply", "text": "a", "seen": null, "quoted": message}),
        json!({"type": "note", "text": "a"}),
        json!({"type": "claim", "expect_owner_epoch": 2, "exceed_capacity": true}),
        json!({"type": "assign", "agent_id": agent, "expect_owner_epoch": 2}),
        json!({"type": "unassign", "expect_owner_epoch": 2}),
        json!({
            "type": "transfer", "to": {"kind": "agent", "id": agent}, "expect_owner_epoch": 2,
            "seen": null, "note": "a",
        }),
        json!({"type": "resolve", "seen": null}),
        json!({"type": "reopen"}),
        json!({"type": "mark_waiting", "seen": null}),
        json!({"type": "snooze", "until": until, "seen": null}),
        json!({"type": "mark_read", "seq": 1}),
        json!({"type": "resend", "message_id": message, "seen": null}),
        json!({"type": "mark_sent", "message_id": message}),
        json!({"type": "cancel", "message_id": message}),
    ]
    .into_iter()
    .map(|mut command| {
        if let Some(fields) = command.as_object_mut() {
            fields.insert("op_id".to_owned(), json!(world.clock.uuid_v7()));
            fields.insert("conversation_id".to_owned(), json!(conversation_id));
        }
        command
    })
    .collect()
}

async fn team_named(world: &World, name: &str) -> baton_protocol::TeamId {
    let teams: Vec<baton_protocol::Team> =
        world.admin().await.signed.get("/teams").await.expect("teams");
    teams.into_iter().find(|team| team.name == name).expect("a team").id
}
