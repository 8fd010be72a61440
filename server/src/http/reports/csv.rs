//! Measured times as a table for spreadsheets (RFC 4180).

use std::collections::BTreeMap;

use baton_domain::report::{Ending, Labels, MeasuredEpisode};
use baton_protocol::{Agent, Team};

use super::{NONE, UNRESOLVED};

/// Rows of one answer.
pub(super) const ROWS_MAX: usize = 100_000;

const HEAD: &str = "agent,team,agent_id,team_id,channel_id,conversation_id,outcome,outcome_id,\
    tags,tag_ids\r\n";

/// By it spreadsheets know UTF-8: without it they read accents as two letters.
pub(in crate::http) const BYTE_ORDER_MARK: char = '\u{feff}';

/// One row for each, in order. The column of the times says by which clock they are.
pub(super) fn table(
    rows: &[MeasuredEpisode],
    agents: &[Agent],
    teams: &[Team],
    labels: &Labels,
    is_open_hours: bool,
) -> String {
    let agents: BTreeMap<_, _> = agents.iter().map(|of| (of.id, cell(&of.name))).collect();
    let teams: BTreeMap<_, _> = teams.iter().map(|of| (of.id, cell(&of.name))).collect();
    let clock = if is_open_hours { "open_ms" } else { "wall_ms" };
    let mut table = format!("{BYTE_ORDER_MARK}measure,since,at,{clock},{HEAD}");
    for MeasuredEpisode { measure, measured: row, tags, ending } in rows {
        let agent = row.agent_id.and_then(|id| agents.get(&id)).map_or("", String::as_str);
        let team = teams.get(&row.team_id).map_or("", String::as_str);
        let (outcome, outcome_id) = outcome(*ending, labels);
        let names: Vec<_> = tags.iter().filter_map(|tag| labels.tag(*tag)).collect();
        let ids: Vec<_> = tags.iter().map(ToString::to_string).collect();
        let cells = [
            measure.name().to_owned(),
            row.since.to_string(),
            row.at.map(|at| at.to_string()).unwrap_or_default(),
            row.ms.to_string(),
            agent.to_owned(),
            team.to_owned(),
            row.agent_id.map(|id| id.to_string()).unwrap_or_default(),
            row.team_id.to_string(),
            row.channel_id.to_string(),
            row.conversation_id.to_string(),
            outcome,
            outcome_id,
            cell(&names.join("; ")),
            ids.join(" "),
        ];
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

/// The name of an outcome as a cell, and the word that a filter has for it.
fn outcome(ending: Ending, labels: &Labels) -> (String, String) {
    match ending {
        Ending::Outcome(id) => (cell(labels.outcome(id).unwrap_or_default()), id.to_string()),
        Ending::Plain => (String::new(), NONE.to_owned()),
        Ending::Unresolved => (String::new(), UNRESOLVED.to_owned()),
    }
}

/// A text as a cell: quoted, and never a formula (OWASP, "CSV Injection").
pub(in crate::http) fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{Labels, cell, table};

    #[test]
    fn spreadsheets_know_by_the_first_bytes_that_it_is_utf_8() {
        let table = table(&[], &[], &[], &Labels::default(), false);
        assert!(table.as_bytes().starts_with(b"\xef\xbb\xbfmeasure,"), "{table}");
    }

    #[test]
    fn names_are_cells_and_no_formulas() {
        for (name, written) in [
            ("Ana", "\"Ana\""),
            ("Ana \"la jefa\", Sol", "\"Ana \"\"la jefa\"\", Sol\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("@ana", "\"'@ana\""),
        ] {
            assert_eq!(cell(name), written);
        }
    }
}
