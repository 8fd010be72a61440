//! A forgotten password, without a mail server and as time goes by.

use baton_protocol::invitation::{LetterLanguage, PasswordForgotten};

use super::*;
use crate::accounts::{AccountError, TRIES_MAX};
use crate::clock::ManualClock;

const HOUR_MS: u64 = 60 * 60_000;
const HERE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn forgot(email: &str) -> PasswordForgotten {
    let (workspace, email) = ("Acme ".to_owned(), email.to_owned());
    PasswordForgotten { workspace, email, language: LetterLanguage::En }
}

impl Desk {
    async fn link(&self, email: &str) -> Result<Option<String>, AccountError> {
        let found = self.parts.accounts.password_link(&forgot(email), HERE).await?;
        Ok(found.map(|remedy| remedy.secret.expose().to_owned()))
    }

    async fn replaces(&self, secret: &str) -> Reply {
        let body = json!({"secret": secret, "password": "the horse of Ben"});
        ask(&self.router, None, Method::POST, "/api/v1/passwords/new", Some(body)).await
    }
}

#[tokio::test]
async fn a_server_without_letters_says_so() {
    for desk in desks().await {
        let body = json!({"workspace": "acme", "email": "ben@host"});
        let path = "/api/v1/passwords/forgotten";
        ask(&desk.router, None, Method::POST, path, Some(body)).await.is(409, "not_allowed");
        let person = json!({"email": "eva@host", "name": "Eva", "role": "agent"});
        let body = json!({"invitations": [person], "letter": "en"});
        let made = desk.call(&desk.admin, Method::POST, "/api/v1/invitations", body).await;
        made.is(409, "not_allowed");
        let waiting = desk.get(&desk.admin, "/api/v1/invitations").await.body;
        assert_eq!(waiting, json!([]), "nobody was invited");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_link_to_a_new_password_ends_after_an_hour_and_with_the_password_that_it_replaces() {
    for database in databases().await {
        let time = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 5);
        let desk = Box::pin(desk(database, time.clock())).await;
        let (early, late) = (desk.link("Ben@host").await, desk.link("ben@host").await);
        let (early, late) = (early.unwrap().unwrap(), late.unwrap().unwrap());
        // Whoever has no key makes none.
        for wrong in
            ["bw_", "bi_x", "", late.trim_end_matches(|c: char| c != '_'), &format!("{late}AA")]
        {
            desk.replaces(wrong).await.is(404, "invitation_unknown");
        }
        desk.replaces(&late).await.is(204, "");
        desk.replaces(&early).await.is(404, "invitation_unknown");
        let next = desk.link("ben@host").await.unwrap().unwrap();
        time.advance_ms(HOUR_MS);
        desk.replaces(&next).await.is(410, "invitation_expired");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn links_are_for_agents_who_may_sign_in_and_nobody_asks_for_many() {
    for desk in desks().await {
        assert_eq!(desk.link("nobody@host").await.unwrap(), None);
        let link = desk.link("ben@host").await.unwrap().unwrap();
        let path = format!("/api/v1/agents/{}", desk.agent.agent_id);
        let gone = json!({"state": "leaving"});
        desk.call(&desk.admin, Method::PATCH, &path, gone).await.is(200, "");
        assert_eq!(desk.link("ben@host").await.unwrap(), None, "left");
        desk.replaces(&link).await.is(404, "invitation_unknown");
        for _ in 0..TRIES_MAX {
            assert!(desk.link("sue@host").await.unwrap().is_some());
        }
        let more = desk.link("sue@host").await.unwrap_err();
        assert!(matches!(more, AccountError::TooManyTries { .. }), "{more:?}");
        desk.database.close().await;
    }
}
