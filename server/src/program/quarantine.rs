//! `baton admin quarantine`: the operator's way to what could not be attributed. What belongs to no
//! workspace, or to an app that serves several, is shown to nobody else.

use baton_protocol::settings::Quarantined;

use super::admin::table;
use crate::cli::QuarantineCommand;
use crate::http::quarantine::Quarantine;

/// Carries out a command and returns what to show.
///
/// # Errors
/// Whatever went wrong, in a sentence for the operator.
pub(super) async fn run(
    command: &QuarantineCommand,
    quarantine: &Quarantine<'_>,
) -> anyhow::Result<String> {
    Ok(match command {
        QuarantineCommand::List { limit, before } => {
            let rows = quarantine.list(*before, *limit).await?;
            let head = ["ID", "AT", "META_APP", "STATE", "REASON"];
            table(&head, rows.into_iter().map(row).collect())
        }
        QuarantineCommand::Show { id } => format!("{}\n", quarantine.read(*id).await?.element),
        QuarantineCommand::Replay { id } => {
            quarantine.replay(*id).await?;
            format!("{id} taken in\n")
        }
        QuarantineCommand::Dismiss { id } => {
            quarantine.dismiss(*id).await?;
            format!("{id} dismissed\n")
        }
    })
}

fn row(of: Quarantined) -> Vec<String> {
    let state = match (of.replayed_at, of.dismissed_at) {
        (Some(_), _) => "replayed",
        (None, Some(_)) => "dismissed",
        (None, None) => "waits",
    };
    vec![of.id, of.at.to_string(), of.meta_app, state.to_owned(), of.reason]
}
