//! The chain: the author's own acts that a command names by `after`, back to its first.

use std::collections::BTreeSet;

use baton_protocol::limits::CHAIN_MAX;
use baton_protocol::{Command, OpId, Refusal};

use crate::context::Context;
use crate::fact::outcome::Answer;
use crate::fact::predicates::{is_retryable, needs_review};

/// The op ids of the chain, newest first.
///
/// Only what the chain names is exempt from the fence: not the agent, not the device (handsets
/// are shared, desks have two tabs).
pub(super) fn follow(context: &Context<'_>, command: &Command) -> Result<Vec<OpId>, Refusal> {
    let mut chain = Vec::new();
    let mut met = BTreeSet::from([command.op_id]);
    let mut next = command.after;
    while let Some(op_id) = next {
        if !met.insert(op_id) || chain.len() >= CHAIN_MAX {
            return Err(Refusal::invalid("after", "the chain of acts is too long or a circle"));
        }
        let Some(prior) = context.priors.get(&op_id) else {
            // Outcomes older than their keeping end a chain; a direct predecessor must be known.
            if chain.is_empty() {
                return Err(Refusal::DependsOnUnknown { op_id });
            }
            break;
        };
        if chain.is_empty() {
            check_predecessor(context, command, op_id, &prior.answer)?;
        }
        chain.push(op_id);
        next = prior.after;
    }
    Ok(chain)
}

fn check_predecessor(
    context: &Context<'_>,
    command: &Command,
    op_id: OpId,
    answer: &Answer,
) -> Result<(), Refusal> {
    let accepted = match answer {
        Answer::Accepted(accepted) => accepted,
        Answer::Refused(refusal) if is_retryable(refusal) => {
            return Err(Refusal::DependsOnUnknown { op_id });
        }
        Answer::Refused(_) => return Err(Refusal::DependsOnRefused { op_id }),
    };
    let status = accepted
        .line
        .and_then(|line| context.lines.find(command.conversation_id, line.id))
        .and_then(|facts| facts.status);
    match status {
        Some(status) if needs_review(status) => Err(Refusal::DependsOnRefused { op_id }),
        _ => Ok(()),
    }
}
