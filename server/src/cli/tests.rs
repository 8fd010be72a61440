//! What the command line takes and refuses.

mod pages;

use baton_protocol::{MembershipKind, Role};
use clap::{CommandFactory as _, Parser as _};

use super::{AdminCommand, AgentCommand, Cli, Command, OperatorCommand, SecretFile};
use crate::config::{Config, Database};

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("baton").chain(line.split_whitespace()))
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_and_flag_says_what_it_is() {
    fn check(command: &clap::Command) {
        assert!(command.get_about().is_some(), "no word about {}", command.get_name());
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "no word about {}", argument.get_id());
        }
        command.get_subcommands().for_each(check);
    }
    check(&Cli::command());
}

#[test]
fn flags_stand_before_or_after_the_command_and_reach_the_configuration() {
    for line in ["serve --bind 127.0.0.1:0 --data 7", "--bind 127.0.0.1:0 --data 7 serve"] {
        let cli = parse(line).expect("parses");
        let config = Config::load(&cli.flags.sources(Vec::new())).expect("loads").config;
        assert_eq!(config.http.bind.port(), 0);
        assert_eq!(config.store.data.to_str(), Some("7"));
    }
}

#[test]
fn the_demo_takes_neither_the_database_nor_the_address_of_a_real_server() {
    let variables = || {
        let all = [
            ("BATON_STORE__DATABASE", "postgres://u:p@db.example/live"),
            ("BATON_HTTP__BIND", "0.0.0.0:80"),
        ];
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    };
    let load = |line| {
        let cli = parse(line).expect("parses");
        Config::load(&cli.sources(variables())).expect("loads").config
    };
    let demo = load("demo");
    assert!(matches!(demo.store.database(), Database::Sqlite(_)));
    assert!(demo.http.bind.ip().is_loopback());
    let told = load("demo --database postgres://h/d --bind 0.0.0.0:81");
    assert!(matches!(told.store.database(), Database::Postgres(_)));
    assert_eq!(told.http.bind.to_string(), "0.0.0.0:81");
    let served = load("serve");
    assert!(matches!(served.store.database(), Database::Postgres(_)));
    assert_eq!(served.http.bind.port(), 80);
}

#[test]
fn a_bad_flag_is_named_as_the_flag() {
    let cli = parse("serve --bind nowhere").expect("parses");
    let error = Config::load(&cli.flags.sources(Vec::new())).expect_err("is refused").to_string();
    assert!(error.starts_with("http.bind = \"nowhere\" (flag --bind): "), "{error}");
}

#[test]
fn an_agent_is_added_with_role_and_teams() {
    let line = "admin agent add --workspace acme --email Ben@Acme.example --name Ben \
                --role supervisor --team Sales --team Support:supervisor";
    let command = parse(line).expect("parses").command;
    let Command::Admin(OperatorCommand::Settings(AdminCommand::Agent(AgentCommand::Add(agent)))) =
        command
    else {
        panic!("parsed as {command:?}");
    };
    assert_eq!((agent.email.as_str(), agent.role), ("ben@acme.example", Role::Supervisor));
    let teams = [
        ("Sales".to_owned(), MembershipKind::Member),
        ("Support".to_owned(), MembershipKind::Supervisor),
    ];
    assert_eq!(agent.teams, teams);
}

#[test]
fn slips_in_arguments_are_refused() {
    for line in [
        "admin workspace add --slug Acme --name A --admin-email a@b",
        "admin workspace add --slug acme --name A --admin-email ab",
        "admin agent add --workspace acme --email a@b --name A --role boss",
        "admin agent add --workspace acme --email a@b --name A --team Sales:chief",
        "admin agent invite --workspace acme",
        "admin agent invite --workspace acme --email a@b",
        "admin agent invite --workspace acme --email a@b --name A --csv team.csv",
        "admin agent invite --workspace acme --csv team.csv --days 31",
        "admin team add --workspace acme --name T --visibility some",
        "admin channel list",
        "serve --no-such-flag",
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn a_database_address_does_not_show_when_the_command_line_is_printed() {
    let cli = parse("serve --database postgres://u:hunter2@h/d").expect("parses");
    assert!(!format!("{cli:?}").contains("hunter2"));
}

#[test]
fn a_secret_is_read_from_a_file_without_the_lines_end() {
    let path = std::env::temp_dir().join(format!("baton-secret-{}", uuid::Uuid::new_v4()));
    let name = path.to_str().expect("is text").to_owned();
    std::fs::write(&path, "s3cret \n").expect("written");
    let secret = SecretFile::from(name.as_str()).read();
    std::fs::write(&path, "\n").expect("written");
    let empty = SecretFile::from(name.as_str()).read();
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(secret.expect("is read").expose(), "s3cret ");
    assert!(empty.expect_err("is refused").to_string().contains(&name));
    assert!(SecretFile::from(name.as_str()).read().is_err());
}
