//! `POST /rules/try`: what rules would do with a message that nobody sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::fact::inbound::{InboundMessage, Sender};
use baton_domain::group::Channel;
use baton_domain::group::trial::{Fate, TrialAt, Tried, tried};
use baton_protocol::dry_run::{RuleFate, RuleTrial, RuleTrialAsk, RuleTried};
use baton_protocol::{AgentId, Content, Conversation, LineKind, SettingId, Timestamp, WorkspaceId};

use super::super::input::Json;
use super::super::long::LongKind;
use super::super::{ApiState, Fault, HandlerResult, Shared};
use super::{as_given, check_count, checked};
use crate::accounts::Signed;
use crate::store::Tx;
use crate::store::group::{policies, talks};
use crate::store::read;

const TEXT_CHARS_MAX: usize = 4_096;

/// `POST /rules/try`.
pub(super) async fn try_rules(
    State(parts): State<Shared>,
    signed: Signed,
    Json(ask): Json<RuleTrialAsk>,
) -> HandlerResult<Out<RuleTrial>> {
    check_count(&ask.rules)?;
    if ask.text.chars().count() > TEXT_CHARS_MAX {
        return Err(Fault::invalid(format!("text: must be at most {TEXT_CHARS_MAX} characters")));
    }
    let turn = parts.queues.long.begin_soon(signed.workspace, LongKind::Trial).await?;
    let of = signed.workspace;
    let by = signed.agent;
    let run = turn.run(move |_| async move { trial(&parts, (of, by), ask).await });
    Ok(Out(run.await?))
}

async fn trial(
    parts: &ApiState,
    (of, by): (WorkspaceId, AgentId),
    ask: RuleTrialAsk,
) -> HandlerResult<RuleTrial> {
    let now = parts.clock.now();
    let mut tx = parts.store.read().await?;
    let at = place(&mut tx, of, by, &ask, now).await?;
    let standing = policies(&mut tx, of).await?;
    let rules = checked(&mut tx, of, &standing, ask.rules).await?;
    // Nothing of the database is held while something is computed.
    tx.rollback().await?;
    let ids: Vec<SettingId> = rules.iter().map(|rule| rule.id).collect();
    let message = said(ask.text, ask.kind.unwrap_or(LineKind::Text), now);
    let known = Arc::new(as_given(standing, rules, now));
    let mut found: BTreeMap<SettingId, Tried> = BTreeMap::new();
    for tried in tried(&known, &at, message) {
        found.insert(tried.rule_id, tried);
    }
    let rules = ids.into_iter().map(|id| fate_of(id, found.remove(&id))).collect();
    Ok(RuleTrial { rules })
}

/// The number that the message comes to, and the conversation that it is said in.
async fn place(
    tx: &mut Tx,
    of: WorkspaceId,
    by: AgentId,
    ask: &RuleTrialAsk,
    now: Timestamp,
) -> HandlerResult<TrialAt> {
    let (conversation, card): (Option<Conversation>, _) = match ask.conversation_id {
        Some(id) => {
            let mut found = read::whole_views(tx, of, by, &[id]).await?;
            let view = found.remove(&id).ok_or_else(Fault::not_found)?;
            (Some(view.conversation), Some(view.contact))
        }
        None => (None, None),
    };
    let known = conversation.iter().map(|known| ((of, known.head.id), known));
    let talk = talks(tx, known).await?.into_values().next().unwrap_or_default();
    let wanted = conversation.as_ref().map(|known| known.head.channel_id).or(ask.channel_id);
    let mut channels = read::channels(tx, of).await?.into_iter();
    let channel = channels.find(|channel| wanted.is_none_or(|id| channel.id == id));
    let channel = channel.ok_or_else(Fault::not_found)?;
    let channel = Channel {
        workspace: of,
        id: channel.id,
        meta_app: String::new(),
        team: channel.default_team,
    };
    Ok(TrialAt { channel, conversation, card, talk, now })
}

fn said(text: String, kind: LineKind, at: Timestamp) -> InboundMessage {
    let text = (!text.is_empty()).then_some(text);
    InboundMessage {
        sender: Sender::default(),
        participant: None,
        wamid: String::new(),
        at,
        kind,
        content: Content { text, ..Content::default() },
        quoted_wamid: None,
        media: None,
        language: None,
    }
}

/// A rule that is off is not among those that were tried.
fn fate_of(id: SettingId, tried: Option<Tried>) -> RuleTried {
    let (tests, fate) = match tried {
        Some(Tried { tests, fate, .. }) => (tests, Some(fate)),
        None => (Vec::new(), None),
    };
    let (mut did, mut skipped, mut says, mut at) = (Vec::new(), Vec::new(), None, None);
    let fate = match fate {
        None => RuleFate::Off,
        Some(Fate::Runs { did: done, skipped: not, says: text }) => {
            (did, skipped, says) = (done, not, text);
            RuleFate::Runs
        }
        Some(Fate::NotWoken) => RuleFate::NotWoken,
        Some(Fate::Tests) => RuleFate::Tests,
        Some(Fate::Spent) => RuleFate::Spent,
        Some(Fate::Stopped) => RuleFate::Stopped,
        Some(Fate::Cut) => RuleFate::Cut,
        Some(Fate::Waits(due)) => {
            at = Some(due);
            RuleFate::Waits
        }
    };
    RuleTried { id, fate, tests, did, skipped, says, at }
}
