//! Rules that are tried are checked as those that are set.

use std::collections::BTreeSet;

use baton_domain::auto::rules::{Given, phrases};
use baton_domain::group::{SetProblem, SetRefused};
use baton_domain::see::setting::{self, Around, Name, Target, Wrong};
use baton_protocol::dry_run::DryRule;
use baton_protocol::limits::RULE_PHRASES_MAX;
use baton_protocol::setting::{Rule, SettingBody, SettingKind};
use baton_protocol::{AgentState, SettingId, WorkspaceId};

use crate::http::{Fault, HandlerResult};
use crate::store::{Tx, read};

/// The rules as they would be kept. One that says what it says today is taken as it is.
pub(super) async fn checked(
    tx: &mut Tx,
    of: WorkspaceId,
    standing: &[Given],
    rules: Vec<DryRule>,
) -> HandlerResult<Vec<DryRule>> {
    let there = there(tx, of, standing).await?;
    let mut seen = BTreeSet::new();
    let mut kept = Vec::with_capacity(rules.len());
    for (place, DryRule { id, body }) in rules.into_iter().enumerate() {
        let wrong = |wrong| {
            let problem = SetProblem::Invalid(wrong);
            Fault::setting(SetRefused { place, problem }, true)
        };
        if !seen.insert(id) {
            return Err(wrong(Wrong::new("id", "stands in the list twice")));
        }
        let before = rule_of(standing, id);
        let body = match before {
            Some(before) if is_same(before, &body) => body,
            _ => check(standing, &there, id, body).map_err(wrong)?,
        };
        kept.push(DryRule { id, body });
    }
    check_words(standing, &kept)?;
    Ok(kept)
}

fn rule_of(standing: &[Given], id: SettingId) -> Option<&Rule> {
    let of_it = standing.iter().find(|given| given.id == id && given.ended_at.is_none());
    if let SettingBody::Rule(rule) = &of_it?.body { Some(rule) } else { None }
}

/// Whether a rule says what it says today. One that is off may be tried as if it were on.
fn is_same(before: &Rule, rule: &Rule) -> bool {
    before == &Rule { enabled: before.enabled, ..rule.clone() }
}

fn check(
    standing: &[Given],
    there: &BTreeSet<Target>,
    id: SettingId,
    rule: Rule,
) -> Result<Rule, Wrong> {
    let given = |kind: SettingKind, id| {
        let is_it = |given: &&Given| given.id == id && given.body.kind() == kind;
        standing.iter().find(is_it).map(|given| given.body.clone())
    };
    let before = given(SettingKind::Rule, id);
    let around = Around { id, before: before.as_ref(), body_of: &given };
    let json = SettingBody::from(rule).to_json();
    let body = setting::checked(SettingKind::Rule, &json, &around)?;
    let named: BTreeSet<Name> = before.iter().flat_map(setting::names).collect();
    let all = setting::names(&body);
    if let Some(name) = all.difference(&named).find(|name| !there.contains(&name.target)) {
        return Err(Wrong::new(name.field, "names something that is not there"));
    }
    let SettingBody::Rule(rule) = body else { return Err(Wrong::new("body", "must be a rule")) };
    Ok(*rule)
}

/// All that a rule may name.
async fn there(
    tx: &mut Tx,
    of: WorkspaceId,
    standing: &[Given],
) -> HandlerResult<BTreeSet<Target>> {
    let settings = standing.iter().filter(|given| given.ended_at.is_none());
    let settings = settings.map(|given| Target::Setting(given.body.kind(), given.id));
    let mut there: BTreeSet<Target> = settings.collect();
    there.extend(read::teams(tx, of).await?.into_iter().map(|team| Target::Team(team.id)));
    let agents = read::agents(tx, of).await?.into_iter();
    let agents = agents.filter(|agent| agent.state == AgentState::Active);
    there.extend(agents.map(|agent| Target::Agent(agent.id)));
    there.extend(read::channels(tx, of).await?.into_iter().map(|of| Target::Channel(of.id)));
    Ok(there)
}

/// All together look for no more than rules may, or than those look for that are set up.
fn check_words(standing: &[Given], rules: &[DryRule]) -> HandlerResult<()> {
    let as_on = |rule: &Rule| phrases(&Rule { enabled: true, ..rule.clone() });
    let set = standing
        .iter()
        .filter(|given| given.ended_at.is_none())
        .map(|given| if let SettingBody::Rule(rule) = &given.body { as_on(rule) } else { 0 });
    let (most, asked) = (RULE_PHRASES_MAX.max(set.sum()), rules.iter().map(|of| as_on(&of.body)));
    if asked.sum::<usize>() > most {
        return Err(Fault::invalid(format!("rules: must look for at most {most} texts together")));
    }
    Ok(())
}
