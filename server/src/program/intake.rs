//! `baton admin intake`: what webhooks said that no version understood yet.

use baton_protocol::Timestamp;

use super::admin::table;
use crate::cli::IntakeCommand;
use crate::http::intake::Intake;
use crate::store::not_understood::{Count, NotUnderstoodEntry};

/// Carries out a command and returns what to show.
///
/// # Errors
/// Whatever went wrong, in a sentence for the operator.
pub(super) async fn run(command: &IntakeCommand, intake: &Intake<'_>) -> anyhow::Result<String> {
    Ok(match command {
        IntakeCommand::List { limit, before, all } => {
            let counts = intake.counts().await?;
            if counts.is_empty() {
                return Ok("nothing is kept: all that came was understood\n".to_owned());
            }
            let kinds =
                table(&["KIND", "WAIT", "UNDERSTOOD"], counts.into_iter().map(count).collect());
            let rows = intake.list(*before, *limit, *all).await?;
            if rows.is_empty() {
                return Ok(format!("{kinds}\nnone to list\n"));
            }
            let head = ["ID", "AT", "META_APP", "STATE", "KIND", "TYPE"];
            format!("{kinds}\n{}", table(&head, rows.into_iter().map(row).collect()))
        }
        IntakeCommand::Show { id } => format!("{}\n", intake.show(*id).await?.element),
        IntakeCommand::Replay => {
            let done = intake.replay().await?;
            let earlier = match done.webhooks {
                0 => String::new(),
                count => format!("{count} webhooks of earlier versions gone through\n"),
            };
            format!("{earlier}{} understood, {} still wait\n", done.understood, done.waits)
        }
    })
}

fn count(of: Count) -> Vec<String> {
    vec![of.kind, of.waits.to_string(), of.understood.to_string()]
}

fn row(of: NotUnderstoodEntry) -> Vec<String> {
    let state = if of.replayed_at.is_some() { "understood" } else { "waits" };
    let at = Timestamp::from_ms(of.at).to_string();
    let named = of.original_type.unwrap_or_default();
    vec![of.id, at, of.meta_app, state.to_owned(), of.kind, named]
}
