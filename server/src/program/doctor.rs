//! `baton doctor`: everything that an installation needs, in one report.

use anyhow::ensure;
use baton_domain::auto::rules::Policies;
use baton_domain::see::setting::{self, Unsound, Wrong};
use baton_protocol::connection::{CheckStep, StepState};
use baton_protocol::limits::RULE_PHRASES_MAX;
use serde::Serialize;

use super::numbers::{Numbers, list};
use super::push::services;
use crate::app::serve::{Foundation, install_tls, vapid};
use crate::cli::Doctor;
use crate::clock::Clock;
use crate::config::Config;
use crate::coordinator::CoordinatorState;
use crate::push;
use crate::store::group::policies;
use crate::store::node::{self, Life};
use crate::store::{health, known_schema, read};
use crate::whatsapp::versions;

/// What was found out about one thing.
#[derive(Debug, Serialize)]
struct Finding {
    /// Such as `database`, `push/fcm` or `number/acme/Support`.
    of: String,
    /// Whether nothing is wrong with it.
    ok: bool,
    /// In words.
    text: String,
    /// The steps of connecting a number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<CheckStep>,
}

impl Finding {
    fn new(of: impl Into<String>, ok: bool, text: impl Into<String>) -> Self {
        Self { of: of.into(), ok, text: text.into(), steps: Vec::new() }
    }
}

/// Looks at everything; `say` hears the report.
///
/// # Errors
/// Where something is wrong.
pub(super) async fn run(
    doctor: &Doctor,
    config: &Config,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<()> {
    install_tls();
    let found = look(config).await;
    let wrong = found.iter().filter(|finding| !finding.ok).count();
    if doctor.json {
        let report = serde_json::json!({ "ok": wrong == 0, "findings": found });
        say(&format!("{report}\n"));
    } else {
        for finding in &found {
            let sign = if finding.ok { "ok   " } else { "WRONG" };
            say(&format!("{sign}  {}: {}\n", finding.of, finding.text));
            if !finding.ok && !finding.steps.is_empty() {
                say(&indented(&list(&finding.steps)));
            }
        }
    }
    ensure!(wrong == 0, "{wrong} of {} things need somebody to act", found.len());
    Ok(())
}

async fn look(config: &Config) -> Vec<Finding> {
    let mut found = vec![Finding::new("configuration", true, "it is valid")];
    let clock = Clock::system();
    let foundation = match Foundation::lay(config, &clock).await {
        Ok(foundation) => foundation,
        Err(error) => {
            found.push(Finding::new("start", false, format!("a server cannot start: {error:#}")));
            return found;
        }
    };
    found.push(database(&foundation).await);
    found.push(graph_version(config, &clock));
    if config.redis.is_shared() {
        found.push(redis(&foundation));
    }
    if let Err(error) = push_services(config, &clock, &foundation, &mut found).await {
        found.push(Finding::new("push", false, format!("{error:#}")));
    }
    if let Err(error) = nodes(&foundation, &mut found).await {
        found.push(Finding::new("nodes", false, format!("{error:#}")));
    }
    if let Err(error) = settings(&foundation, &mut found).await {
        found.push(Finding::new("settings", false, format!("{error:#}")));
    }
    if let Err(error) = numbers(config, &clock, &foundation, &mut found).await {
        found.push(Finding::new("numbers", false, format!("{error:#}")));
    }
    found
}

async fn database(foundation: &Foundation) -> Finding {
    let store = &foundation.store;
    match store.ping().await {
        Err(error) => Finding::new("database", false, format!("it does not answer: {error}")),
        Ok(()) if store.is_damaged() => Finding::new("database", false, "it is damaged"),
        Ok(()) => Finding::new("database", true, format!("{:?} answers", store.dialect())),
    }
}

fn graph_version(config: &Config, clock: &Clock) -> Finding {
    let version = &config.whatsapp.graph_version;
    let standing = versions::standing(version, clock.now());
    Finding::new("whatsapp/version", standing.is_well(), standing.words(version))
}

fn redis(foundation: &Foundation) -> Finding {
    match foundation.coordinator.state() {
        CoordinatorState::Up => Finding::new("redis", true, "it answers"),
        CoordinatorState::Away { .. } => Finding::new("redis", false, "it does not answer"),
    }
}

async fn push_services(
    config: &Config,
    clock: &Clock,
    foundation: &Foundation,
    found: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    let lanes = push::open(&config.push, &vapid(&foundation.keys)?, clock)?;
    for service in services(foundation, &lanes, clock.now()).await? {
        found.push(Finding::new(format!("push/{}", service.lane), service.is_fit, service.said));
    }
    Ok(())
}

/// The nodes that run, and those that run a program from before this one.
async fn nodes(foundation: &Foundation, found: &mut Vec<Finding>) -> anyhow::Result<()> {
    let mut tx = foundation.store.read().await?;
    let lives = node::lives(&mut tx).await?;
    tx.rollback().await?;
    found.push(versions_of(&lives, known_schema().try_into()?));
    Ok(())
}

fn versions_of(lives: &[Life], known: u64) -> Finding {
    let is_older = |life: &&Life| life.version < known;
    let older: Vec<String> =
        lives.iter().filter(is_older).map(|life| life.node.to_string()).collect();
    let text = match older.len() {
        0 => format!("{} are noted, none older than this program", lives.len()),
        count => format!(
            "{count} of {} are older than this program: what needs all to be new waits for {}",
            lives.len(),
            older.join(", ")
        ),
    };
    Finding::new("nodes", true, text)
}

/// Workspaces whose settings say what nothing keeps, or say what would be refused today.
async fn settings(foundation: &Foundation, found: &mut Vec<Finding>) -> anyhow::Result<()> {
    let mut tx = foundation.store.read().await?;
    for (of, slug) in read::workspaces(&mut tx).await? {
        let bodies = read::setting_bodies(&mut tx, of).await?;
        found.extend(setting::unsound(&bodies).iter().map(|unsound| says_more(&slug, unsound)));
        let policies = Policies::new(policies(&mut tx, of).await?);
        found.extend(too_many_words(&slug, policies.phrases().map(|(_, phrases)| phrases).sum()));
    }
    tx.rollback().await?;
    Ok(())
}

/// A setting that does less than it says. It goes on as it is.
fn says_more(slug: &str, Unsound { kind, id, not_kept, refused }: &Unsound) -> Finding {
    let mut said = Vec::new();
    if !not_kept.is_empty() {
        said.push(format!("nothing keeps {}: take it away", not_kept.join(", ")));
    }
    if let Some(Wrong { field, problem }) = refused {
        said.push(format!("it would be refused today: {field}: {problem}"));
    }
    Finding::new(format!("setting/{slug}/{}/{id}", kind.name()), false, said.join("; "))
}

fn too_many_words(slug: &str, phrases: usize) -> Option<Finding> {
    let text = format!(
        "they look for {phrases} texts, of {RULE_PHRASES_MAX} that rules may today: they go on, \
         and take no more"
    );
    (phrases > RULE_PHRASES_MAX).then(|| Finding::new(format!("rules/{slug}"), false, text))
}

async fn numbers(
    config: &Config,
    clock: &Clock,
    foundation: &Foundation,
    found: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    let numbers = Numbers::of(config, clock, foundation)?;
    let mut tx = foundation.store.read().await?;
    let all = health::all(&mut tx).await?;
    tx.rollback().await?;
    for (of, slug, name) in all {
        let steps = numbers.check(of).await?.steps;
        found.push(Finding { steps: steps.clone(), ..judged(&format!("{slug}/{name}"), &steps) });
    }
    Ok(())
}

fn judged(name: &str, steps: &[CheckStep]) -> Finding {
    let of = format!("number/{name}");
    let is = |state| steps.iter().any(|step| step.state == state);
    let first = steps.first().map(|step| step.state);
    let codes: Vec<_> = steps.iter().filter_map(|step| step.code).map(|code| code.name()).collect();
    if !codes.is_empty() {
        Finding::new(of, false, codes.join(", "))
    } else if first == Some(StepState::Unknown) {
        Finding::new(of, false, "Meta could not be reached")
    } else if is(StepState::Unknown) {
        Finding::new(of, true, "nothing is wrong, as far as Meta tells")
    } else if is(StepState::Waiting) {
        Finding::new(of, true, "nothing is wrong; something is still to come")
    } else {
        Finding::new(of, true, "it works")
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("         {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use baton_protocol::{NodeId, SettingId, SettingKind};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_setting_is_named_that_says_what_nothing_keeps_or_what_is_refused_today() {
        let id = SettingId(Uuid::from_u128(7));
        let problem = "must be at most 5".to_owned();
        let refused = Some(Wrong { field: "skills".to_owned(), problem });
        let unsound =
            Unsound { kind: SettingKind::TeamPolicy, id, not_kept: vec!["approval"], refused };
        let found = says_more("acme", &unsound);
        assert!(!found.ok);
        assert_eq!(found.of, format!("setting/acme/team_policy/{id}"));
        let text = "nothing keeps approval: take it away; it would be refused today: skills: must \
                    be at most 5";
        assert_eq!(found.text, text);
    }

    #[test]
    fn nodes_that_run_a_program_of_before_are_named() {
        let node = |n, version| Life { node: NodeId(Uuid::from_u128(n)), beat: 1, version };
        let [new, old] = [node(1, 80), node(2, 0)];
        let found = versions_of(&[new, old], 80);
        assert!(found.ok && found.text.starts_with("1 of 2 are older"), "{}", found.text);
        assert!(found.text.ends_with(&old.node.to_string()));
        assert_eq!(versions_of(&[new], 80).text, "1 are noted, none older than this program");
    }

    #[test]
    fn a_workspace_is_named_whose_rules_look_for_more_than_they_may_today() {
        assert!(too_many_words("acme", RULE_PHRASES_MAX).is_none());
        let found = too_many_words("acme", RULE_PHRASES_MAX + 1).unwrap();
        assert_eq!((found.of.as_str(), found.ok), ("rules/acme", false));
        assert!(found.text.contains("5001"), "{}", found.text);
    }
}
