//! How far an agent has read, as events tell it.

use baton_protocol::{AgentId, ConversationId};

use super::{Full, Holdings, Mirror, Mirrored, Want};

impl<H: Holdings> Mirror<H> {
    /// Marks are told once and carry no revision: what is not here yet gets them when it comes.
    pub(super) fn mark(
        &mut self,
        agent: AgentId,
        id: ConversationId,
        seq: u64,
        moved: fn(&mut Full, u64),
    ) -> Result<Option<Want>, H::Error> {
        if self.agent != Some(agent) {
            return Ok(None);
        }
        let mut held = self.conversations.take(id)?;
        let is_here = matches!(held, Some(Mirrored::Full(_)));
        if let Some(Mirrored::Full(full)) = &mut held {
            moved(full, seq);
        }
        if self.taking.is_some() || (!is_here && self.wanted.contains_key(&id)) {
            self.marks.insert(id, seq);
        } else {
            self.marks.remove(&id);
        }
        held.map_or(Ok(()), |held| self.conversations.put(held))?;
        Ok(None)
    }
}
