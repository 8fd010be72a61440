//! What the sender and WhatsApp do to messages of the team.

use super::*;

impl Team {
    pub(crate) fn status_of(&self, id: MessageId) -> Option<MessageStatus> {
        self.lines.find(LUCIA, id).or_else(|| self.lines.find(MATEO, id))?.status
    }

    pub(crate) fn claim(&mut self, id: ConversationId, message: MessageId) -> Claim {
        let claim = delivery::claim(self.of(id), &self.lines, message, self.now);
        self.claims += 1;
        match &claim {
            Claim::Go(drafts) => self.append(id, drafts.clone(), Actor::System, Some(self.claims)),
            Claim::Hold(drafts) => self.append(id, drafts.clone(), Actor::System, None),
            Claim::Wait | Claim::Gone => {}
        }
        claim
    }

    pub(crate) fn ends(&mut self, id: ConversationId, message: MessageId, result: &SendResult) {
        let Some(facts) = self.lines.find(id, message) else { return };
        let attempt = facts.claim();
        self.attempt_ends(id, message, attempt, result);
    }

    pub(crate) fn attempt_ends(
        &mut self,
        id: ConversationId,
        message: MessageId,
        attempt: SendClaim,
        result: &SendResult,
    ) {
        let drafts = delivery::result(self.of(id), &self.lines, message, attempt, result);
        self.append(id, drafts, Actor::System, None);
    }

    /// A status whose tag names the attempt.
    pub(crate) fn hears_of(
        &mut self,
        id: ConversationId,
        (message, attempt): (MessageId, u32),
        status: ProviderStatus,
    ) {
        let sent = Sent { message, attempt: Some(attempt), wamid: "wamid.OF" };
        let drafts = delivery::status(self.of(id), &self.lines, sent, status, Some(&an_error()));
        self.append(id, drafts, Actor::System, None);
    }

    pub(crate) fn hears(&mut self, id: ConversationId, message: MessageId, status: ProviderStatus) {
        let sent = Sent { message, attempt: None, wamid: "wamid.OF" };
        let drafts = delivery::status(self.of(id), &self.lines, sent, status, Some(&an_error()));
        self.append(id, drafts, Actor::System, None);
    }

    pub(crate) fn rescues(&mut self, id: ConversationId, message: MessageId) {
        let Some(facts) = self.lines.find(id, message) else { return };
        self.rescues_claim(id, message, facts.claim());
    }

    /// The worker of that claim is thought dead.
    pub(crate) fn rescues_claim(
        &mut self,
        id: ConversationId,
        message: MessageId,
        claim: SendClaim,
    ) {
        let drafts = delivery::rescue(self.of(id), &self.lines, message, claim);
        self.append(id, drafts, Actor::System, None);
    }

    /// Sends a queued message without trouble.
    #[track_caller]
    pub(crate) fn sends(&mut self, line: LineRef) {
        assert!(matches!(self.claim(LUCIA, line.id), Claim::Go(_)), "it may leave");
        self.ends(LUCIA, line.id, &SendResult::Accepted { wamid: String::new() });
    }

    /// Sends a queued message, but the answer is lost.
    #[track_caller]
    pub(crate) fn sends_into_the_dark(&mut self, line: LineRef) {
        assert!(matches!(self.claim(LUCIA, line.id), Claim::Go(_)), "it may leave");
        self.ends(LUCIA, line.id, &SendResult::Unknown);
    }

    /// Has a queued message held.
    #[track_caller]
    pub(crate) fn holds(&mut self, line: LineRef) {
        assert!(matches!(self.claim(LUCIA, line.id), Claim::Hold(_)), "it is held");
    }
}
