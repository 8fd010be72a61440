//! Measured times as a table for spreadsheets (RFC 4180).

use std::collections::BTreeMap;

use baton_protocol::report::{Measure, Measured};
use baton_protocol::{Agent, Team};

/// Rows of one answer.
pub(super) const ROWS_MAX: usize = 100_000;

const HEAD: &str = "measure,since,at,wall_ms,agent,team,agent_id,team_id,channel_id,\
    conversation_id\r\n";

/// One row for each, in order.
pub(super) fn table(rows: &[(Measure, Measured)], agents: &[Agent], teams: &[Team]) -> String {
    let agents: BTreeMap<_, _> = agents.iter().map(|of| (of.id, cell(&of.name))).collect();
    let teams: BTreeMap<_, _> = teams.iter().map(|of| (of.id, cell(&of.name))).collect();
    let mut table = HEAD.to_owned();
    for (measure, row) in rows {
        let agent = row.agent_id.and_then(|id| agents.get(&id)).map_or("", String::as_str);
        let team = teams.get(&row.team_id).map_or("", String::as_str);
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
        ];
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

/// A text as a cell: quoted, and never a formula (OWASP, "CSV Injection").
pub(in crate::http) fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

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
