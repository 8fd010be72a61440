//! The notices of a group: what concerns agents from here on, and what they have read or is over.

use baton_domain::announce::{From, NoticeEffect, consequences, is_of_interest};
use baton_domain::fact::log::Logged;
use baton_domain::group::State;
use baton_domain::group::state::Entry;
use baton_protocol::{Event, Fact, Timestamp};

use super::announce::author;
use crate::store::notice::{NewNotices, NoticeCall, NoticeEnd, NoticeRow, write_notices};
use crate::store::{StoreError, Tx};

/// Writes the notices of what a group appended. Where nothing concerns anybody, it does nothing.
pub(super) async fn notice(tx: &mut Tx, state: &State, now: Timestamp) -> Result<(), StoreError> {
    let mut new = NewNotices::default();
    for entry in &state.entries {
        // Lines of customers are most of what there is, and are seen where they stand.
        let is_line = matches!(entry.event.fact, Fact::LineReceived { .. });
        if is_line || !is_of_interest(&entry.event.fact) {
            continue;
        }
        gather(state, entry, &mut new);
    }
    write_notices(tx, &new, now).await
}

fn gather(state: &State, entry: &Entry, new: &mut NewNotices) {
    let event = Event { content: None, ..entry.event.clone() };
    let author = author(state, &event.fact, event.conversation_id);
    let logged = Logged::new(event, entry.route);
    for consequence in consequences(&logged, author) {
        match consequence.of_notices() {
            Some(NoticeEffect::Add { agent, kind }) => new.rows.push(NoticeRow {
                workspace: entry.workspace,
                agent,
                position: consequence.position,
                conversation: consequence.conversation,
                kind,
                at: logged.event.at,
                by: consequence.by,
                note: note(&logged.event.fact),
                message: message(&logged.event.fact),
            }),
            Some(NoticeEffect::AddToSupervisors { team, kind }) => new.calls.push(NoticeCall {
                workspace: entry.workspace,
                team,
                position: consequence.position,
                conversation: consequence.conversation,
                kind,
                at: logged.event.at,
                by: consequence.by,
            }),
            Some(NoticeEffect::Read { from, kinds }) => {
                let (only, all_but) = match from {
                    From::Everyone => (None, None),
                    From::AllBut(agent) => (None, Some(agent)),
                    From::Agent(agent) => (Some(agent), None),
                };
                new.ends.extend(kinds.into_iter().map(|kind| NoticeEnd {
                    workspace: entry.workspace,
                    conversation: consequence.conversation,
                    kind,
                    only,
                    all_but,
                    before: consequence.position,
                }));
            }
            None => {}
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "few facts have a text of their own")]
fn note(fact: &Fact) -> Option<String> {
    match fact {
        Fact::NoteAdded { note_id, .. } => Some(note_id.to_string()),
        Fact::ReminderEnded { note_id, .. } => note_id.map(|id| id.to_string()),
        _ => None,
    }
}

fn message(fact: &Fact) -> Option<String> {
    let Fact::MessageChanged { line, .. } = fact else { return None };
    Some(line.id.to_string())
}
