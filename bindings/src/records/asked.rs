//! Reminders and offers: conversations that an agent is asked to look at.

/// That the agent wants to be called back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Record)]
pub struct OwnReminder {
    /// The time at which it rings.
    pub at_ms: i64,
    /// True where it rings only if the customer has written nothing until then.
    pub is_follow_up: bool,
}

impl From<baton_protocol::Reminder> for OwnReminder {
    fn from(of: baton_protocol::Reminder) -> Self {
        Self { at_ms: of.at.ms(), is_follow_up: of.follow_up }
    }
}

/// An offer to the agent: the conversation waits for them to take it, by `Act.AcceptOffer`.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct OwnOffer {
    /// The id of the offer.
    pub offer: String,
    /// The time at which somebody else is asked, by the server's clock.
    pub until_ms: i64,
}

impl From<baton_protocol::OpenOffer> for OwnOffer {
    fn from(of: baton_protocol::OpenOffer) -> Self {
        Self { offer: of.offer_id.to_string(), until_ms: of.until.ms() }
    }
}
