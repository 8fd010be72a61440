//! Nobody gets a byte of what is not theirs to see. The test asks every address and every frame,
//! for every role, for each visibility of the team, and for another workspace.

mod coaching;
mod keys;
mod requests;
mod samples;

use std::sync::Arc;

use baton::demo::PASSWORD;
use baton::http::{Access, Route, routes};
use baton_protocol::account::Membership;
use baton_protocol::frame::{ClientFrame, ComposeAction, Draft, ServerFrame, View};
use baton_protocol::page::ConversationPage;
use baton_protocol::settings::AgentNew;
use baton_protocol::{
    AgentId, CommandBody, MembershipKind, Owner, Refusal, Role, SettingId, TeamId, Visibility,
};
use baton_world::world::{
    Agent, Answered, NUMBER, Raw, SECOND_NUMBER, Setup, World, email, for_each_store, webhook,
};
use reqwest::Method;
use serde_json::{Value, json};

use requests::{filled, queries, requests};
use samples::About;

/// What must not be told to outsiders: of the conversation and of those who have it.
const CANARY: &str = "canary-7391";

/// Something in it for everybody who may not see it: Ana owns it, of the desk.
struct Stage {
    about: About,
    ids: Vec<(&'static str, String)>,
    /// What nobody but insiders is told.
    secrets: Vec<String>,
    /// Ids, names and texts of the first workspace: strangers see none of them.
    private: Vec<String>,
    /// They see all of it, an admin the last of them.
    insiders: Vec<Arc<Agent>>,
    /// They see that it exists, who owns it, and where it stands.
    heads: Vec<Arc<Agent>>,
    /// Colleagues for whom it does not exist. They are an agent and a supervisor of another team,
    /// and an agent of the desk where all see their own only.
    outsiders: Vec<Arc<Agent>>,
    /// People of another workspace.
    strangers: Vec<Arc<Agent>>,
}

impl Stage {
    /// Colleagues and what they must not be told.
    fn colleagues(&self) -> Vec<(&Arc<Agent>, Vec<String>)> {
        let ids = [self.about.conversation.to_string(), self.about.message.to_string()];
        let nothing = [&self.secrets[..], &ids].concat();
        let heads = self.heads.iter().map(|agent| (agent, self.secrets.clone()));
        heads.chain(self.outsiders.iter().map(|agent| (agent, nothing.clone()))).collect()
    }
}

async fn stage(world: &World, visibility: Visibility) -> Stage {
    world.second_workspace().await.expect("another workspace");
    let admin = world.admin().await;
    let billing = world.team("Billing", &["Dora"]).await;
    hires_supervisor(&admin, "Edda", billing.id).await;
    shows(world, visibility).await;
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
    let tag = SettingId(world.clock.uuid_v7());
    let body = json!({"home": {"kind": "workspace"}, "body": {"name": "Tag"}});
    let made = json!([{"kind": "tag", "id": tag, "put": body}]);
    let _tag: Value = admin.signed.post("/settings", &made).await.expect("a tag");
    let attribute = SettingId(world.clock.uuid_v7());
    let body = json!({"key": "vip", "name": "VIP", "type": "yes_no"});
    let body = json!({"home": {"kind": "workspace"}, "body": body});
    let made = json!([{"kind": "attribute", "id": attribute, "put": body}]);
    let _attribute: Value = admin.signed.post("/settings", &made).await.expect("one");
    let about = About {
        conversation,
        message: ana.last_line(conversation).await.expect("a line").id,
        owner: ana.id,
        owner_epoch: ana.head(conversation).await.owner_epoch,
        later: world.clock.now().plus_ms(3_600_000),
        tag,
        attribute,
    };
    let ben = world.agent("Ben").await;
    let mut stage = Stage {
        about,
        ids: ids(world, &about, &ana).await,
        secrets: vec![CANARY.to_owned(), canary.number()],
        private: private(world, billing.id, ben.id),
        insiders: vec![ana, world.agent("Sofia").await, admin],
        heads: Vec::new(),
        outsiders: vec![world.agent("Dora").await, world.agent("Edda").await],
        strangers: Vec::new(),
    };
    stage.private.push(canary.number());
    for name in ["Ana", "Sofia", "Admin"] {
        stage.strangers.push(world.agent_of("umbrella", name).await);
    }
    match visibility {
        Visibility::Full => stage.insiders.insert(1, ben),
        Visibility::Head => stage.heads.push(ben),
        Visibility::Own => stage.outsiders.push(ben),
    }
    stage
}

async fn ids(world: &World, about: &About, ana: &Agent) -> Vec<(&'static str, String)> {
    let path = format!("/conversations/{}", about.conversation);
    let canary: Value = ana.signed.get(&path).await.expect("the canary");
    let contact = canary.pointer("/view/thread/contact_id").and_then(Value::as_str);
    let contact = contact.expect("a contact");
    vec![
        ("{conversation}", about.conversation.to_string()),
        ("{contact}", contact.to_owned()),
        ("{agent}", ana.id.to_string()),
        ("{team}", world.cast.team.to_string()),
        ("{channel}", world.cast.channel.to_string()),
        ("{device}", ana.signed.session.device_id.to_string()),
        ("{id}", about.message.to_string()),
        ("{message}", about.message.to_string()),
        ("{meta_app}", "none".to_owned()),
        ("{setting}", about.message.to_string()),
    ]
}

fn private(world: &World, billing: TeamId, ben: AgentId) -> Vec<String> {
    vec![
        CANARY.to_owned(),
        world.cast.workspace.to_string(),
        world.cast.channel.to_string(),
        billing.to_string(),
        ben.to_string(),
        "acme".to_owned(),
        "Billing".to_owned(),
        "Dora".to_owned(),
        "Edda".to_owned(),
    ]
}

async fn hires_supervisor(admin: &Agent, name: &str, team_id: TeamId) {
    let new = AgentNew {
        email: email(name, "acme"),
        name: name.to_owned(),
        role: Role::Supervisor,
        password: PASSWORD.to_owned(),
        capacity: None,
        teams: vec![Membership { team_id, kind: MembershipKind::Supervisor }],
    };
    let made: baton_protocol::Agent = admin.signed.post("/agents", &new).await.expect("an agent");
    assert_eq!(made.teams, new.teams);
}

/// What members of the desk see of one another.
async fn shows(world: &World, visibility: Visibility) {
    let admin = world.admin().await;
    let body = json!({"visibility": visibility}).to_string().into_bytes();
    let path = format!("/api/v1/teams/{}", world.cast.team);
    let token = Some(admin.signed.session.access_token.as_str());
    let change = Some(("application/json", body));
    assert_eq!(world.asks(Method::PATCH, &path, token, change).await.status, 200);
}

/// Plays a test on each store for each visibility of the desk.
#[expect(clippy::future_not_send, reason = "tests await it where they stand")]
async fn for_each_visibility(test: impl AsyncFn(&World, &Stage)) {
    for visibility in [Visibility::Full, Visibility::Head, Visibility::Own] {
        for_each_store(Setup::usual(), async |world| {
            test(world, &stage(world, visibility).await).await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_tells_a_colleague_what_is_not_theirs() {
    for_each_visibility(async |world, stage| {
        for (_, asked, body) in requests(world, stage) {
            for (agent, secrets) in stage.colleagues() {
                let answer = ask(world, agent, &asked, &body).await;
                lacks(&answer, &secrets, &asked, &agent.name);
            }
        }
        // Those who may see it do: the canary is where it should be.
        let path = format!("/api/v1/conversations/{}", stage.about.conversation);
        for insider in &stage.insiders {
            let answer = ask(world, insider, &(Method::GET, path.clone()), &Value::Null).await;
            for what in ["name", "text", "note", "reply"] {
                assert!(answer.text.contains(&format!("{CANARY} {what}")), "{}", insider.name);
            }
        }
        for head in &stage.heads {
            let answer = ask(world, head, &(Method::GET, path.clone()), &Value::Null).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_tells_strangers_anything() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world, Visibility::Full).await;
        for (access, asked, body) in requests(world, &stage) {
            let (method, path) = &asked;
            for stranger in stage.strangers.iter().filter(|_| !is_own_business(path)) {
                let answer = ask(world, stranger, &asked, &body).await;
                lacks(&answer, &stage.private, &asked, &stranger.name);
                names_nothing(&answer, &stage.ids, &asked);
            }
            if access != Access::Public {
                let nobody = Some(("application/json", body.to_string().into_bytes()));
                let answer = world.asks(method.clone(), path, None, nobody).await;
                assert_eq!(answer.status, 401, "{asked:?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_of_admins_and_supervisors_are_for_them() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world, Visibility::Full).await;
        let (_admin, others) = stage.insiders.split_last().expect("insiders");
        let of_office = |route: &&Route| matches!(route.access, Access::Admin | Access::Supervisor);
        for route in routes().iter().filter(of_office) {
            let asked = (route.method.clone(), filled(&route.path, &stage.ids));
            let may = |agent: &&Arc<Agent>| {
                let is_supervisor = ["Sofia", "Edda"].contains(&agent.name.as_str());
                route.access == Access::Supervisor && is_supervisor
            };
            for agent in others.iter().chain(&stage.outsiders).filter(|agent| !may(agent)) {
                let answer = ask(world, agent, &asked, &json!({})).await;
                assert_eq!(answer.status, 403, "{asked:?} as {}", agent.name);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_does_anything_with_what_is_not_ones_own() {
    for_each_visibility(async |_, stage| {
        for agent in stage.strangers.iter().chain(&stage.outsiders).chain(&stage.heads) {
            for (name, frame) in stage.about.frames() {
                refused(agent, &frame, name).await;
            }
            for body in stage.about.commands() {
                let expected = refusal(stage, agent, &body);
                let command = agent.command(stage.about.conversation, body.clone());
                let result = agent.phone().gives(command).await;
                assert_eq!(result.refusal(), expected, "{} by {}", body.name(), agent.name);
            }
        }
    })
    .await;
}

/// Who sees that something exists may claim it, but not from a colleague. All else is nowhere.
fn refusal(stage: &Stage, agent: &Arc<Agent>, body: &CommandBody) -> Refusal {
    let sees_the_head = stage.heads.iter().any(|head| Arc::ptr_eq(head, agent));
    if sees_the_head && matches!(body, CommandBody::Claim(_)) {
        return Refusal::NotOwner { owner: Owner::Agent(stage.about.owner) };
    }
    Refusal::NotInScope
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_tells_anybody_what_is_not_theirs() {
    for_each_visibility(async |world, stage| {
        let (ana, conversation_id) = (&stage.insiders[0], stage.about.conversation);
        // Ephemeral things and new lines go to those who see the conversation, and to them only.
        ana.phone().composes(conversation_id, ComposeAction::Start).await;
        let text = format!("{CANARY} draft");
        ana.phone().sends(&ClientFrame::Draft(Draft { conversation_id, text })).await;
        let view = ClientFrame::View(View { conversation_id: Some(conversation_id) });
        ana.phone().sends(&view).await;
        ana.replies(conversation_id, &format!("{CANARY} second")).await;
        let witness = &stage.insiders[1];
        witness.phone().shows(&format!("{CANARY} second")).await;
        let is_draft = |frame: &ServerFrame| matches!(frame, ServerFrame::Draft { .. });
        witness.phone().hears("the draft", is_draft).await;
        // Something of their own after it: whatever was to come has come by then.
        let own = world.contact("Somebody else").on(SECOND_NUMBER);
        own.sends("hello umbrella").await;
        for agent in &stage.strangers {
            agent.phone().shows("hello umbrella").await;
        }
        for (agent, secrets) in stage.colleagues() {
            let text = format!("to {}", agent.name);
            let contact = world.contact(&format!("For {}", agent.name));
            contact.sends(&text).await;
            let theirs = contact.conversation().await;
            world.admin().await.hands_over(theirs, Owner::Agent(agent.id)).await;
            agent.phone().shows(&text).await;
            let heard = agent.phone().heard().await;
            for secret in secrets {
                assert!(!heard.contains(&secret), "{} heard {secret}: {heard}", agent.name);
            }
        }
        for agent in &stage.strangers {
            let heard = agent.phone().heard().await;
            for secret in [CANARY, "to Dora", &conversation_id.to_string()] {
                assert!(!heard.contains(secret), "{} heard {secret}: {heard}", agent.name);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_heads_only_gets_no_word_of_what_was_said() {
    for_each_store(Setup::usual(), async |world| {
        let stage = stage(world, Visibility::Full).await;
        shows(world, Visibility::Head).await;
        let tablet = world.agent("Ben").await.on_another_device(world).await;
        tablet.phone().until("the head", |mirror| !mirror.conversations.is_empty()).await;
        world.contact(&format!("{CANARY} name")).sends(&format!("{CANARY} more")).await;
        let before = tablet.phone().holds(stage.about.conversation).await.expect("the head");
        tablet.phone().converges().await;
        let after = tablet.phone().holds(stage.about.conversation).await.expect("the head");
        assert!(after.head().last_seq >= before.head().last_seq);
        assert!(!tablet.phone().heard().await.contains(CANARY));
        for route in routes().iter().filter(|route| route.method == Method::GET) {
            for query in queries(&route.path, world.clock.now()) {
                let asked = (Method::GET, format!("{}{query}", filled(&route.path, &stage.ids)));
                let answer = ask(world, &tablet, &asked, &Value::Null).await;
                lacks(&answer, &stage.secrets, &asked, "Ben");
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

async fn ask(world: &World, agent: &Agent, asked: &(Method, String), body: &Value) -> Raw {
    let (method, path) = asked;
    let token = Some(agent.signed.session.access_token.as_str());
    let body = Some(("application/json", body.to_string().into_bytes()));
    world.asks(method.clone(), path, token, body).await
}

#[track_caller]
fn lacks(answer: &Raw, secrets: &[String], asked: &(Method, String), who: &str) {
    assert!(answer.status < 500, "{asked:?} as {who}: {answer:?}");
    for secret in secrets {
        assert!(!answer.text.contains(secret), "{asked:?} as {who} tells {secret}: {answer:?}");
    }
}

/// Another workspace's ids are nothing: not found, or not even asked for. The console's page is the
/// same for everybody, whatever its address names.
#[track_caller]
fn names_nothing(answer: &Raw, ids: &[(&'static str, String)], asked: &(Method, String)) {
    let pages = ["/inbox/", "/c/", "/board/", "/settings/"];
    let is_page = pages.iter().any(|page| asked.1.starts_with(page));
    if !is_page && ids.iter().any(|(name, id)| *name != "{meta_app}" && asked.1.contains(id)) {
        // A setting is not even looked for without the version that its author saw.
        assert!(matches!(answer.status, 400 | 403 | 404 | 428), "{asked:?}: {answer:?}");
    }
}

/// Signing in by password, one's own password: these tell of oneself.
fn is_own_business(path: &str) -> bool {
    matches!(path, "/api/v1/sessions" | "/api/v1/me/password")
}
