//! `/reports`: how much came in and how fast it was answered, worked out from the log.
//!
//! Admins see the figures of the whole workspace, supervisors those of their teams.

pub(super) mod csv;
mod fold;
mod labels;

use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use baton_domain::auto::rules::Policies;
use baton_domain::report::{Chosen, Edges, Ending, TagChoice, Tally};
use baton_protocol::report::{AnswersReport, Measure, MeasuredPage};
use baton_protocol::{AgentId, ChannelId, MembershipKind, Role, SettingId, TeamId, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::fold::Reports;
use self::labels::labels;
use super::input::Query;
use super::long::{LongKind, TimeBudget};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::group::policies;
use crate::store::read;

/// In a filter: episodes without a tag, or resolved without an outcome.
const NONE: &str = "none";
/// In a filter: episodes that are not resolved.
const UNRESOLVED: &str = "unresolved";
/// How long counts as soon, unless the request says.
const WITHIN_MS: u64 = 15 * 60 * 1000;

/// What `GET /reports/answers` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByStretch {
    /// Instants in ms since 1970 UTC, with commas between them: a stretch lies between each two.
    edges: String,
    /// How long counts as soon, ms; 15 minutes when absent.
    within_ms: Option<u64>,
    /// Only what this agent did.
    agent: Option<AgentId>,
    /// Only of this team.
    team: Option<TeamId>,
    /// Only of this number.
    channel: Option<ChannelId>,
    /// Only episodes with this tag; `none` for those without one.
    tag: Option<String>,
    /// Only episodes with this outcome; `none` for those that ended without one, `unresolved` for
    /// those that did not end.
    outcome: Option<String>,
    /// Times are measured while this schedule is open, as it is set up now; all hours when absent.
    hours: Option<SettingId>,
}

/// What `GET /reports/answers/conversations` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Behind {
    /// The time that was measured.
    measure: Measure,
    /// The begin, in ms since 1970 UTC.
    from: i64,
    /// The end, at most 92 days later, in ms since 1970 UTC.
    until: i64,
    /// Only what this agent did.
    agent: Option<AgentId>,
    /// Only of this team.
    team: Option<TeamId>,
    /// Only of this number.
    channel: Option<ChannelId>,
    /// Only episodes with this tag; `none` for those without one.
    tag: Option<String>,
    /// Only episodes with this outcome; `none` for those that ended without one, `unresolved` for
    /// those that did not end.
    outcome: Option<String>,
    /// Times are measured while this schedule is open, as it is set up now; all hours when absent.
    hours: Option<SettingId>,
}

/// What `GET /reports/answers.csv` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AsCsv {
    /// The begin, in ms since 1970 UTC.
    from: i64,
    /// The end, at most 92 days later, in ms since 1970 UTC.
    until: i64,
    /// Only what this agent did.
    agent: Option<AgentId>,
    /// Only of this team.
    team: Option<TeamId>,
    /// Only of this number.
    channel: Option<ChannelId>,
    /// Only episodes with this tag; `none` for those without one.
    tag: Option<String>,
    /// Only episodes with this outcome; `none` for those that ended without one, `unresolved` for
    /// those that did not end.
    outcome: Option<String>,
    /// Times are measured while this schedule is open, as it is set up now; all hours when absent.
    hours: Option<SettingId>,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Supervisor, "/api/v1/reports/answers", answers)
            .says("How much came in, and how fast the answers.")
            .query::<ByStretch>()
            .answers::<AnswersReport>(200)
            .codes(&["forbidden"])
            .packed(),
        Route::get(Access::Supervisor, "/api/v1/reports/answers/conversations", behind)
            .says("The conversations behind a figure.")
            .query::<Behind>()
            .answers::<MeasuredPage>(200)
            .codes(&["forbidden"])
            .packed(),
        Route::get(Access::Supervisor, "/api/v1/reports/answers.csv", csv)
            .says("Every time measured, for a spreadsheet.")
            .query::<AsCsv>()
            .answers_bytes(200, "text/csv")
            .codes(&["forbidden"]),
    ]
}

/// `GET /reports/answers`.
pub(super) async fn answers(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<ByStretch>,
) -> HandlerResult<Out<AnswersReport>> {
    let ByStretch { edges: asked_edges, within_ms, agent, team, channel, tag, outcome, hours } =
        asked;
    let instants = asked_edges.split(',').map(|edge| edge.trim().parse().map(Timestamp::from_ms));
    let instants = instants.collect::<Result<Vec<_>, _>>();
    let instants = instants.map_err(|_odd| Fault::invalid("edges: each must be a number of ms"))?;
    let filter = Filter { agent, team, channel, tag, outcome };
    let turn = parts.queues.long.begin(signed.workspace, LongKind::Report)?;
    let chosen = chosen(&parts, signed, filter).await?;
    let work = async move |budget: TimeBudget| {
        let (tally, upto) = tally(&parts, signed, ("edges", instants), hours, &budget).await?;
        let labels = labels(&parts.store, signed.workspace, &tally, &chosen).await?;
        Ok(Out(tally.report(&chosen, &labels, within_ms.unwrap_or(WITHIN_MS), upto)))
    };
    turn.run(work).await
}

/// `GET /reports/answers/conversations`.
pub(super) async fn behind(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<Behind>,
) -> HandlerResult<Out<MeasuredPage>> {
    let Behind { measure, from, until, agent, team, channel, tag, outcome, hours } = asked;
    let filter = Filter { agent, team, channel, tag, outcome };
    let turn = parts.queues.long.begin(signed.workspace, LongKind::Report)?;
    let chosen = chosen(&parts, signed, filter).await?;
    let edges = vec![Timestamp::from_ms(from), Timestamp::from_ms(until)];
    let work = async move |budget: TimeBudget| {
        let (tally, _) = tally(&parts, signed, ("until", edges), hours, &budget).await?;
        let labels = labels(&parts.store, signed.workspace, &tally, &chosen).await?;
        Ok(Out(tally.behind(&chosen, &labels, measure)))
    };
    turn.run(work).await
}

/// `GET /reports/answers.csv`: every time that was measured, for a spreadsheet.
pub(super) async fn csv(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<AsCsv>,
) -> HandlerResult<Response> {
    let AsCsv { from, until, agent, team, channel, tag, outcome, hours } = asked;
    let filter = Filter { agent, team, channel, tag, outcome };
    let turn = parts.queues.long.begin(signed.workspace, LongKind::Report)?;
    let chosen = chosen(&parts, signed, filter).await?;
    let edges = vec![Timestamp::from_ms(from), Timestamp::from_ms(until)];
    let work = async move |budget: TimeBudget| {
        let (tally, _) = tally(&parts, signed, ("until", edges), hours, &budget).await?;
        let labels = labels(&parts.store, signed.workspace, &tally, &chosen).await?;
        let rows = tally.measured(&chosen, &labels);
        if rows.len() > csv::ROWS_MAX {
            let detail = format!("that time has more than {} rows; ask for less", csv::ROWS_MAX);
            return Err(Fault::invalid(detail));
        }
        let mut tx = parts.store.read().await?;
        let agents = read::agents(&mut tx, signed.workspace).await?;
        let teams = read::teams(&mut tx, signed.workspace).await?;
        tx.rollback().await?;
        Ok(csv::table(&rows, &agents, &teams, &labels, hours.is_some()))
    };
    let table = turn.run(work).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"answers.csv\""),
        ),
    ];
    Ok((headers, table).into_response())
}

/// The filter of a report, as it was asked.
struct Filter {
    agent: Option<AgentId>,
    team: Option<TeamId>,
    channel: Option<ChannelId>,
    tag: Option<String>,
    outcome: Option<String>,
}

/// What is told to this viewer of what was asked for.
async fn chosen(parts: &ApiState, signed: Signed, filter: Filter) -> HandlerResult<Chosen> {
    let Filter { agent, team, channel, tag, outcome } = filter;
    let tag = tag.map(|tag| match tag.as_str() {
        NONE => Ok(TagChoice::Untagged),
        id => id.parse().map(TagChoice::Tag).map_err(|_odd| Fault::invalid("tag: no id")),
    });
    let outcome = outcome.map(|outcome| match outcome.as_str() {
        NONE => Ok(Ending::Plain),
        UNRESOLVED => Ok(Ending::Unresolved),
        id => id.parse().map(Ending::Outcome).map_err(|_odd| Fault::invalid("outcome: no id")),
    });
    let (tag, outcome) = (tag.transpose()?, outcome.transpose()?);
    let mut tx = parts.store.read().await?;
    let sight = read::sight(&mut tx, signed.workspace, signed.agent).await?;
    tx.rollback().await?;
    let viewer = sight.ok_or_else(Fault::unauthenticated)?.viewer;
    let teams = match team {
        Some(team) if viewer.supervises(team) => Some(vec![team]),
        Some(_) => return Err(Fault::forbidden("you do not supervise this team")),
        None if viewer.role == Role::Admin => None,
        None => {
            let mine = viewer.teams.iter();
            let mine = mine.filter(|(_, kind)| **kind == MembershipKind::Supervisor);
            Some(mine.map(|(team, _)| *team).collect())
        }
    };
    Ok(Chosen { teams, agent, channel, tag, outcome })
}

async fn tally(
    parts: &ApiState,
    signed: Signed,
    (field, edges): (&str, Vec<Timestamp>),
    hours: Option<SettingId>,
    budget: &TimeBudget,
) -> HandlerResult<(Tally, u64)> {
    let edges = Edges::new(edges).map_err(|why| Fault::invalid(format!("{field}: {why}")))?;
    let mut tally = Tally::new(edges, parts.clock.now());
    if let Some(schedule) = hours {
        let of = signed.workspace;
        let mut tx = parts.store.read().await?;
        let policies = Policies::in_workspace(of, policies(&mut tx, of).await?);
        tx.rollback().await?;
        let hours = policies.hours(schedule);
        let hours = hours.ok_or_else(|| Fault::invalid("hours: no schedule that counts"))?;
        tally = tally.in_hours(hours.clone());
    }
    parts.queues.reports.fold(&parts.store, signed.workspace, tally, budget).await
}
