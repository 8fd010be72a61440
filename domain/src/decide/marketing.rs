//! Customers who want no marketing: nothing of that kind is sent until they allow it again.
//!
//! They say so to one number, and WhatsApp refuses what is sent there all the same.

use baton_protocol::template::Template;
use baton_protocol::{Conversation, Fact, Marketing, MessageError, Refusal, Timestamp};

use super::{Case, Draft};

/// The category of templates, as Meta names it.
const CATEGORY: &str = "marketing";
/// The error of a send to a customer who wants no marketing.
const STOPPED: i64 = 131_050;

/// The customer wants something else than before. Of two wishes the later one counts, in whatever
/// order they are told.
pub fn told(conversation: &Conversation, marketing: Marketing) -> Option<Draft> {
    let known = conversation.thread.marketing;
    let is_news = match known {
        None => marketing.stopped,
        Some(known) => marketing.since >= known.since && marketing.stopped != known.stopped,
    };
    is_news.then(|| Fact::MarketingChanged { marketing }.into())
}

/// WhatsApp refused a message to them for this reason, which left at that time.
pub(super) fn refused(
    conversation: &Conversation,
    error: Option<&MessageError>,
    since: Timestamp,
) -> Option<Draft> {
    error.filter(|error| error.code == STOPPED)?;
    told(conversation, Marketing { stopped: true, since })
}

/// A template of marketing is refused while the customer wants none.
pub(super) fn check(case: &Case<'_>, template: Option<&Template>) -> Result<(), Refusal> {
    let wants_none = case.conversation.thread.marketing.is_some_and(|of| of.stopped);
    let is_marketing = template.is_some_and(|of| of.category.eq_ignore_ascii_case(CATEGORY));
    if wants_none && is_marketing { Err(Refusal::MarketingStopped) } else { Ok(()) }
}
