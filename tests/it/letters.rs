//! Letters: invitations, and links to a new password.

use std::time::Duration;

use anyhow::Context as _;
use baton_simulator::{MailManners, MailServer};
use baton_world::world::{Raw, Setup, World, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

const WAIT: Duration = Duration::from_secs(10);

fn with_letters(mail: &MailServer) -> Setup {
    Setup::usual()
        .with("BATON_MAIL__SERVER", &mail.url())
        .with("BATON_MAIL__FROM", "Baton <desk@shop.example>")
        .with("BATON_MAIL__ADDRESS", "https://desk.example.com")
        .with("BATON_MAIL__TIME_OUT_MS", "500")
}

async fn posts(world: &World, path: &str, token: Option<&str>, body: &Value) -> Raw {
    let body = Some(("application/json", body.to_string().into_bytes()));
    world.asks(Method::POST, path, token, body).await
}

/// The secret of the link in the newest letter to an address.
async fn secret(mail: &MailServer, to: &str, count: usize) -> String {
    let letter = tokio::time::timeout(WAIT, mail.letter(to, count)).await;
    let text = letter.expect("a letter in time").expect("a letter").text();
    let link = text.split_whitespace().find(|word| word.starts_with("https://desk.example.com/"));
    let link = link.with_context(|| text.clone()).expect("a link");
    link.split_once('#').expect("a secret").1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_joins_by_the_link_of_a_letter() {
    let mail = MailServer::start().await.expect("a mail server");
    for_each_store(with_letters(&mail), async |world| {
        let token = world.admin().await.signed.session.access_token.clone();
        let before = mail.letters().len();
        let list = |n: u32, letter: &str| {
            let email = format!("new{before}.{n}@acme.example");
            let person = json!({"email": email, "name": "Eva", "role": "agent"});
            (email, json!({"invitations": [person], "letter": letter}))
        };
        let (email, body) = list(1, "es");
        let made = posts(world, "/api/v1/invitations", Some(&token), &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert!(made.text.contains(r#""is_sent":true"#), "{made:?}");
        let secret = secret(&mail, &email, 1).await;
        assert!(made.text.contains(&secret), "the letter has the link that the admin sees");
        let accept = json!({"secret": secret, "password": "the horse of Eva"});
        let joined = posts(world, "/api/v1/invitations/accept", None, &accept).await;
        assert_eq!(joined.status, 201, "{joined:?}");
        // A server that refuses or hangs: the invitation stands, and the admin hands the link on.
        for (n, manners) in [(2, MailManners::Refuses), (3, MailManners::IsSilent)] {
            mail.behaves(manners);
            let (_, body) = list(n, "ar");
            let made = posts(world, "/api/v1/invitations", Some(&token), &body).await;
            assert_eq!(made.status, 201, "{manners:?}: {made:?}");
            assert!(made.text.contains(r#""is_sent":false"#), "{manners:?}: {made:?}");
            assert!(made.text.contains(r#""secret":"bi_"#), "{manners:?}: {made:?}");
        }
        mail.behaves(MailManners::Takes);
        assert_eq!(mail.letters().len(), before + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_forgot_the_password_sets_a_new_one_by_the_link_of_a_letter_once() {
    let mail = MailServer::start().await.expect("a mail server");
    for_each_store(with_letters(&mail), async |world| {
        let before = mail.letters().len();
        let login = world.cast.logins[0].clone();
        let before_to = mail.letters().iter().filter(|one| one.to == login.email).count();
        let old = world.admin().await.signed.session.access_token.clone();
        let asked = |email: &str| json!({"workspace": login.workspace, "email": email});
        let path = "/api/v1/passwords/forgotten";
        // A stranger learns nothing.
        let strange = posts(world, path, None, &asked("nobody@acme.example")).await;
        let known = posts(world, path, None, &asked(&login.email)).await;
        assert_eq!((strange.status, &strange.text), (known.status, &known.text));
        assert_eq!(known.status, 204);
        let secret = secret(&mail, &login.email, before_to + 1).await;
        let new = |password: &str| json!({"secret": secret, "password": password});
        let path = "/api/v1/passwords/new";
        let weak = posts(world, path, None, &new("short")).await;
        assert_eq!(weak.status, 400, "{weak:?}");
        let done = posts(world, path, None, &new("the horse of Ana")).await;
        assert_eq!(done.status, 204, "{done:?}");
        let again = posts(world, path, None, &new("the horse of another")).await;
        assert_eq!(again.status, 404, "{again:?}");
        let ended = world.asks(Method::GET, "/api/v1/me", Some(&old), None).await;
        assert_eq!(ended.status, 401, "all sessions ended");
        let sign_in = |password: &str| {
            json!({"workspace": login.workspace, "email": login.email, "password": password})
        };
        let signed = posts(world, "/api/v1/sessions", None, &sign_in("the horse of Ana")).await;
        assert_eq!(signed.status, 201, "{signed:?}");
        let refused = posts(world, "/api/v1/sessions", None, &sign_in(&login.password)).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert_eq!(mail.letters().len(), before + 1, "nobody else got a letter");
    })
    .await;
}
