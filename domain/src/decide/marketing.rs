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

/// Tells a wish that is later than the one that is known. Webhooks arrive in any order, so the
/// time of a repeated wish is told as well: one from between the two then changes nothing.
pub fn told(conversation: &Conversation, marketing: Marketing) -> Option<Draft> {
    // WhatsApp tells whole seconds: of two wishes in one of them, the one to stop counts. A webhook
    // that is repeated then changes nothing either.
    let rank = |of: Marketing| (of.since, of.stopped);
    let known = conversation.thread.marketing;
    let is_news = known.is_none_or(|known| rank(marketing) > rank(known));
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

/// Whether a template of this category is marketing.
pub(super) fn is_marketing(category: &str) -> bool {
    category.eq_ignore_ascii_case(CATEGORY)
}

/// A template of marketing is refused while the customer wants none.
pub(super) fn check(case: &Case<'_>, template: Option<&Template>) -> Result<(), Refusal> {
    let wants_none = case.conversation.thread.marketing.is_some_and(|of| of.stopped);
    let is_marketing = template.is_some_and(|of| is_marketing(&of.category));
    if wants_none && is_marketing { Err(Refusal::MarketingStopped) } else { Ok(()) }
}
