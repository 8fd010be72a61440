//! A forgotten password, without a mail server and as time goes by.

use baton_protocol::invitation::{LetterLanguage, PasswordForgotten};

use super::*;
use crate::accounts::{ADDRESS_TRIES_MAX, AccountError, LETTERS_APART, TRIES_MAX};
use crate::clock::ManualClock;

const HOUR_MS: u64 = 60 * 60_000;
const APART_MS: u64 = 1_000 * LETTERS_APART.as_secs();
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
        let early = desk.link("Ben@host").await.unwrap().unwrap();
        time.advance_ms(APART_MS);
        let late = desk.link("ben@host").await.unwrap().unwrap();
        // Whoever has no key makes none.
        for wrong in
            ["bw_", "bi_x", "", late.trim_end_matches(|c: char| c != '_'), &format!("{late}AA")]
        {
            desk.replaces(wrong).await.is(404, "invitation_unknown");
        }
        desk.replaces(&late).await.is(204, "");
        desk.replaces(&early).await.is(404, "invitation_unknown");
        time.advance_ms(APART_MS);
        let next = desk.link("ben@host").await.unwrap().unwrap();
        time.advance_ms(HOUR_MS);
        desk.replaces(&next).await.is(410, "invitation_expired");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn links_are_for_agents_who_may_sign_in() {
    for desk in desks().await {
        assert_eq!(desk.link("nobody@host").await.unwrap(), None);
        let link = desk.link("ben@host").await.unwrap().unwrap();
        let path = format!("/api/v1/agents/{}", desk.agent.agent_id);
        let gone = json!({"state": "leaving"});
        desk.call(&desk.admin, Method::PATCH, &path, gone).await.is(200, "");
        assert_eq!(desk.link("ben@host").await.unwrap(), None, "left");
        desk.replaces(&link).await.is(404, "invitation_unknown");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn who_asks_for_somebody_elses_letters_keeps_none_of_them_away() {
    for database in databases().await {
        let time = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 5);
        let desk = Box::pin(desk(database, time.clock())).await;
        let asks = async |from: [u8; 4]| {
            let asked = forgot("ben@host");
            desk.parts.accounts.password_link(&asked, from.into()).await.unwrap().is_some()
        };
        // A stranger, from many addresses, more often than anybody may try a password.
        let mut letters = 0;
        for n in 0..u8::try_from(2 * TRIES_MAX).unwrap() {
            letters += u32::from(asks([10, 0, n, 1]).await);
        }
        assert_eq!(letters, 1);
        // Whoever has it has the last letter. Some minutes later there is another one.
        assert!(!asks([192, 168, 0, 1]).await);
        time.advance_ms(APART_MS);
        assert!(asks([192, 168, 0, 1]).await);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn an_address_asks_as_often_for_those_who_are_there_as_for_those_who_are_not() {
    for database in databases().await {
        let time = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 5);
        let desk = Box::pin(desk(database, time.clock())).await;
        let asks = async |email: &str, from: [u8; 4]| {
            let asked = forgot(email);
            desk.parts.accounts.password_link(&asked, from.into()).await.is_ok()
        };
        for (n, of) in (0_u8..).zip([["ben@host", "sue@host"], ["nobody@host", "else@host"]]) {
            let from = [10, 0, n, 1];
            assert!(asks(of[0], from).await && asks(of[1], from).await);
            let mut more = 0;
            while asks(&format!("n{more}@host"), from).await {
                more += 1;
            }
            assert_eq!(more + 2, ADDRESS_TRIES_MAX, "{of:?}");
        }
        desk.database.close().await;
    }
}
