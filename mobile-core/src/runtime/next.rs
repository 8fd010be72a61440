//! Taking what waits longest. The server says what is in line. Each is claimed with the epoch that
//! was told, so nothing is taken from a colleague: who was slower gets the one behind it.

use baton_protocol::command::{Claim, OfOffer};
use baton_protocol::next::NextInLines;
use baton_protocol::outcome::{CommandResults, Outcome};
use baton_protocol::{
    Command, CommandBody, CommandResult, ConversationId, OpId, Refusal, Refused, TeamId,
};
use uuid::Builder;

use super::error::CoreError;
use super::handle::{Call, Core};
use super::keys::random;
use super::requests::BOUNDS;
use crate::net::{self, Request};

/// Two rounds are enough for a hundred who take at once.
const ROUNDS_MAX: u32 = 3;

impl Core {
    /// Takes what is offered to the agent, else what waits longest in their queues, or in that of
    /// one team. Returns the conversation, or `None` when nothing waits. It goes past the outbox:
    /// what waits now is not taken later.
    ///
    /// # Errors
    /// `Offline`, `Unauthorized`, `Server` with the code of the refusal, `at_capacity` above all.
    pub fn take_next(&self, team: Option<TeamId>) -> Call<'_, Option<ConversationId>> {
        let core = self.clone();
        self.spawned(async move {
            for _ in 0..ROUNDS_MAX {
                let lines: NextInLines = core.ask(Ok(net::next(team))).await?.read()?;
                if lines.offer.is_none() && lines.waiting.is_empty() {
                    break;
                }
                if let Some(taken) = core.take_one(&lines).await? {
                    return Ok(Some(taken));
                }
            }
            Ok(None)
        })
    }

    async fn take_one(&self, lines: &NextInLines) -> Result<Option<ConversationId>, CoreError> {
        let offer = lines.offer.iter().map(|offer| {
            let of = OfOffer { offer_id: offer.offer_id };
            (offer.conversation_id, CommandBody::AcceptOffer(of))
        });
        let waiting = lines.waiting.iter().map(|next| {
            let (expect_owner_epoch, exceed_capacity) = (next.owner_epoch, false);
            let claim = Claim { expect_owner_epoch, exceed_capacity };
            (next.conversation_id, CommandBody::Claim(claim))
        });
        for (conversation, body) in offer.chain(waiting) {
            if self.is_taken(conversation, body).await? {
                return Ok(Some(conversation));
            }
        }
        Ok(None)
    }

    /// Whether it became the agent's; not where a colleague was faster.
    async fn is_taken(
        &self,
        conversation_id: ConversationId,
        body: CommandBody,
    ) -> Result<bool, CoreError> {
        let ms = u64::try_from(self.0.clock.now().wall.ms()).unwrap_or(0);
        let op_id = OpId(Builder::from_unix_timestamp_millis(ms, &random()).into_uuid());
        let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
        let asked = net::post("/api/v1/commands", &[command], BOUNDS);
        // The op id makes a second arrival the same as the first.
        let asked = asked.map(|asked| Request { is_repeatable: true, ..asked });
        let answer: CommandResults = self.ask(asked).await?.read()?;
        match answer.results.into_iter().next() {
            Some(CommandResult { outcome: Outcome::Accepted(_), .. }) => Ok(true),
            Some(CommandResult { outcome: Outcome::Refused(refused), .. }) => {
                if is_too_late(&refused) { Ok(false) } else { Err(refusal(&refused.refusal)) }
            }
            None => Err(CoreError::Offline),
        }
    }
}

fn is_too_late(refused: &Refused) -> bool {
    matches!(
        refused.refusal,
        Refusal::OwnerChanged { .. }
            | Refusal::NotOwner { .. }
            | Refusal::NotInScope
            | Refusal::OfferGone
    )
}

fn refusal(refusal: &Refusal) -> CoreError {
    CoreError::Server { code: refusal.code().to_owned(), detail: refusal.detail() }
}
