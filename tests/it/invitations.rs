//! People who were invited by a link join, and answer customers like everybody else.

use baton_protocol::account::Session;
use baton_protocol::invitation::InvitationMade;
use baton_world::world::{Setup, World, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

async fn posts(world: &World, path: &str, token: Option<&str>, body: &Value) -> Value {
    let body = Some(("application/json", body.to_string().into_bytes()));
    let answer = world.asks(Method::POST, path, token, body).await;
    assert_eq!(answer.status, 201, "{path}: {answer:?}");
    serde_json::from_str(&answer.text).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_invited_agents_join_sign_in_and_see_the_inbox() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.admin().await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let places = json!([{"team_id": world.cast.team, "kind": "member"}]);
        let person = |n: u32| {
            json!({"email": format!("new{n}@acme.example"), "name": format!("New {n}"),
                "role": "agent", "teams": places})
        };
        let list = json!({ "invitations": (1..=40).map(person).collect::<Vec<_>>() });
        let token = ana.signed.session.access_token.clone();
        let made = posts(world, "/api/v1/invitations", Some(&token), &list).await;
        let made: Vec<InvitationMade> = serde_json::from_value(made).expect("invitations");
        assert_eq!(made.len(), 40);
        for one in made {
            let password = format!("the horse of {}", one.invitation.name);
            let accept = json!({"secret": one.secret, "password": password});
            let joined = posts(world, "/api/v1/invitations/accept", None, &accept).await;
            let joined: Session = serde_json::from_value(joined).expect("a session");
            let (email, workspace) = (one.invitation.email, &world.cast.logins[0].workspace);
            let login = json!({"workspace": workspace, "email": email, "password": password});
            let signed = posts(world, "/api/v1/sessions", None, &login).await;
            let signed: Session = serde_json::from_value(signed).expect("a session");
            assert_eq!(signed.agent_id, joined.agent_id);
            let path = format!("/api/v1/conversations/{conversation}");
            let read = world.asks(Method::GET, &path, Some(&joined.access_token), None).await;
            assert_eq!(read.status, 200, "{read:?}");
            assert!(read.text.contains("Hola"), "{read:?}");
        }
    })
    .await;
}
