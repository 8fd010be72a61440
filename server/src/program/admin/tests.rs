//! `baton admin` from its command line to what it leaves behind.

use std::net::Ipv4Addr;
use std::sync::Arc;

use baton_domain::group::Key;
use baton_protocol::account::Login;
use baton_protocol::invitation::InvitationAccept;
use clap::Parser as _;

use super::*;
use crate::cli::{Cli, Command, OperatorCommand};
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::coordinator::InProcess;
use crate::engine::Limits;
use crate::secrets::Keys;
use crate::store::testing::{TestDatabase, databases};
use crate::telemetry::Metrics;

/// Meta cannot be reached.
struct Offline;

impl AskMeta for Offline {
    async fn try_out(&self, _new: &ChannelNew) -> anyhow::Result<()> {
        anyhow::bail!("Meta could not be reached")
    }

    async fn connect(&self, _of: Key<ChannelId>, _wait: Duration) -> anyhow::Result<String> {
        anyhow::bail!("Meta could not be reached")
    }
}

#[test]
fn tables_line_up() {
    let rows = vec![vec!["ñu".to_owned(), "1".to_owned()], vec!["b".to_owned(), String::new()]];
    assert_eq!(table(&["A", "COUNT"], rows), "A   COUNT\nñu  1\nb\n");
}

/// The password that was shown once.
fn shown(text: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix("password"));
    line.unwrap().split_whitespace().next().unwrap().to_owned()
}

/// Accounts and the committer of a database.
fn started(database: &TestDatabase) -> (Accounts, Engine) {
    let config = Config::load(&Sources::default()).unwrap().config;
    let (clock, store) = (Clock::system(), database.store.clone());
    let accounts =
        Accounts::new(store.clone(), Keys::new([3; 32]), clock.clone(), config.sessions, 80);
    let wall = clock.clone();
    let coordinator = InProcess::start(crate::coordinator::Clock {
        monotonic: Arc::new(tokio::time::Instant::now),
        wall: Arc::new(move || wall.now()),
    });
    let (engine, _task) =
        Engine::start(store, clock, coordinator, Metrics::new(), Limits::default());
    (accounts, engine)
}

fn login(email: &str, password: &str) -> Login {
    Login {
        workspace: "acme".to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
        device_id: None,
        device_name: None,
    }
}

#[tokio::test]
async fn an_operator_sets_up_a_workspace_whose_people_can_sign_in() {
    for database in databases().await {
        let (accounts, engine) = started(&database);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, "a secret\n").unwrap();
        let file = file.to_str().unwrap();
        let admin = async |line: &str| {
            let words = ["baton", "admin"]
                .into_iter()
                .chain(line.split(' '))
                .map(|word| if word == "FILE" { file.to_owned() } else { word.to_owned() });
            let Command::Admin(OperatorCommand::Settings(command)) =
                Cli::try_parse_from(words).unwrap().command
            else {
                panic!("no admin command");
            };
            run(&command, &accounts, &engine, &Offline).await
        };
        let add = "workspace add --slug acme --name Acme --admin-email ana@acme.example";
        let made = admin(add).await.unwrap();
        assert_eq!(admin(add).await.unwrap_err().to_string(), "slug is taken");
        assert!(admin("workspace list").await.unwrap().contains("acme  Acme"));
        admin("team add --workspace acme --name Sales").await.unwrap();
        let lost = admin("team add --workspace nowhere --name Sales").await.unwrap_err();
        assert_eq!(format!("{lost:#}"), "workspace \"nowhere\": there is no such workspace");
        let ben = "agent add --workspace acme --email ben@acme.example --name Ben --capacity 2 \
                   --team Sales:supervisor --team Team";
        // The default role supervises nothing.
        let unfit = admin(ben).await.unwrap_err().to_string();
        assert!(unfit.contains("the role agent supervises no team"), "{unfit}");
        let ben = admin(&format!("{ben} --role supervisor")).await.unwrap();
        let list = admin("agent list --workspace acme").await.unwrap();
        assert!(list.contains("ben@acme.example  Ben"), "{list}");
        assert!(!ben.contains("sees no conversation"), "{ben}");
        let cleo = "agent add --workspace acme --email cleo@acme.example --name Cleo";
        let told = admin(cleo).await.unwrap();
        assert!(told.contains("sees no conversation"), "{told}");
        let app = "meta-app add --id 1 --app-secret-file FILE";
        assert!(admin(app).await.unwrap().contains("verify token "));
        assert!(admin("meta-app list").await.unwrap().contains("/webhooks/whatsapp/1"));
        let next = directory.path().join("next");
        std::fs::write(&next, "another").unwrap();
        let next = format!("meta-app add --id 1 --app-secret-file {}", next.display());
        for (flag, count) in [("", "2"), (" --only", "1")] {
            admin(&format!("{next}{flag}")).await.unwrap();
            let list = admin("meta-app list").await.unwrap();
            assert_eq!(list.lines().nth(1).unwrap().split_whitespace().nth(1), Some(count));
        }
        let channel = "channel add --workspace acme --name Shop --meta-app 1 --phone-number-id 7 \
                       --display-number +1555 --access-token-file FILE";
        let unclear = admin(channel).await.unwrap_err().to_string();
        assert_eq!(unclear, "the workspace has 2 teams: say --team");
        admin(&format!("{channel} --team Sales --no-check")).await.unwrap();
        let list = admin("channel list --workspace acme").await.unwrap();
        assert!(list.contains("Sales") && !list.contains("a secret"), "{list}");
        let token = "channel set-token --workspace acme --access-token-file FILE --phone-number-id";
        assert!(admin(&format!("{token} 7")).await.unwrap().contains("\"Shop\""));
        let lost = admin(&format!("{token} 8")).await.unwrap_err().to_string();
        assert_eq!(lost, "there is no such number in this workspace");
        let here = Ipv4Addr::LOCALHOST.into();
        accounts.sign_in(&login("ana@acme.example", &shown(&made)), here).await.unwrap();
        let session = accounts.sign_in(&login("ben@acme.example", &shown(&ben)), here).await;
        let of = "agent sessions --workspace acme --email ben@acme.example";
        assert_eq!(admin(of).await.unwrap().lines().count(), 2);
        let set =
            "agent set-password --workspace acme --email ben@acme.example --password-file FILE";
        admin(set).await.unwrap();
        assert!(accounts.authenticate(&session.unwrap().access_token).await.is_err());
        accounts.sign_in(&login("ben@acme.example", "a secret"), here).await.unwrap();
        database.close().await;
    }
}

/// The link of each person, as it was printed.
fn links(text: &str) -> Vec<(String, String)> {
    let link = |line: &str| {
        let mut words = line.split_whitespace();
        let (email, link) = (words.next()?.to_owned(), words.next_back()?);
        let (address, secret) = link.split_once("/join#")?;
        assert_eq!(address, "https://desk.example");
        Some((email, secret.to_owned()))
    };
    text.lines().filter_map(link).collect()
}

#[tokio::test]
async fn forty_agents_from_a_table_join_by_their_links_and_sign_in() {
    for database in databases().await {
        let (accounts, engine) = started(&database);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("team.csv");
        let admin = async |line: &str| {
            let words = ["baton", "admin"].into_iter().chain(line.split(' '));
            let words =
                words.map(|word| if word == "FILE" { file.to_str().unwrap() } else { word });
            let Command::Admin(OperatorCommand::Settings(command)) =
                Cli::try_parse_from(words).unwrap().command
            else {
                panic!("no admin command");
            };
            run(&command, &accounts, &engine, &Offline).await
        };
        let add = "workspace add --slug acme --name Acme --admin-email ana@acme.example";
        admin(add).await.unwrap();
        let invite = "agent invite --workspace acme --csv FILE --address https://desk.example/";
        let head = "Email;Name;Role;Teams\n";
        let table = |n: u32| format!("ben{n}@acme.example;Ben {n};agent;Team\n");
        let people: String = (1..=40).map(table).collect();
        let odd = "BEN7@acme.example;Ben;supervisor;Team:supervisor\nno-address;;;\n";
        std::fs::write(&file, format!("{head}{people}{odd}")).unwrap();
        let wrong = admin(invite).await.unwrap_err().to_string();
        let lines: Vec<_> = wrong.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(lines, ["line 42", "line 43", "line 43"], "{wrong}");
        let list = "agent invitations --workspace acme";
        assert_eq!(admin(list).await.unwrap().lines().count(), 1, "nobody was invited");
        std::fs::write(&file, format!("{head}{people}")).unwrap();
        let printed = links(&admin(invite).await.unwrap());
        assert_eq!(printed.len(), 40);
        assert_eq!(admin(list).await.unwrap().lines().count(), 41);
        let again = admin(invite).await.unwrap_err().to_string();
        assert!(again.starts_with("line 2: email: is invited already"), "{again}");
        let here = Ipv4Addr::LOCALHOST.into();
        for (email, secret) in printed {
            let accept = InvitationAccept {
                secret,
                password: format!("{email} rides a horse").replace('@', " at "),
                name: None,
                device_id: None,
                device_name: Some("Phone".to_owned()),
            };
            let session = accounts.accept_invitation(&engine, &accept, here).await.unwrap();
            accounts.authenticate(&session.access_token).await.unwrap();
            accounts.sign_in(&login(&email, &accept.password), here).await.unwrap();
        }
        assert_eq!(admin(list).await.unwrap().lines().count(), 1, "all have joined");
        let agents = admin("agent list --workspace acme").await.unwrap();
        assert_eq!(agents.lines().filter(|line| line.contains("  Team")).count(), 41);
        database.close().await;
    }
}
