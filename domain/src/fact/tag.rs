//! The tag every send carries in `biz_opaque_callback_data`. Statuses echo it, so that a send
//! whose answer was lost is recognised when WhatsApp speaks of it.

use std::fmt;

use baton_protocol::{Epoch, MessageId};

/// The tag of one attempt to send one message, in one epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tag {
    /// The log's identity when the send was claimed.
    pub epoch: Epoch,
    /// The message.
    pub message: MessageId,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

impl Tag {
    /// Reads a tag. `None` for a tag of another program that sends on the number.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("b1:")?.split(':');
        let tag = Self {
            epoch: parts.next()?.parse().ok()?,
            message: parts.next()?.parse().ok()?,
            attempt: parts.next()?.parse().ok()?,
        };
        // Only what `Display` writes: other spellings of the same ids were never sent.
        (tag.to_string() == text).then_some(tag)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b1:{}:{}:{}", self.epoch, self.message, self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const WRITTEN: &str =
        "b1:00000000-0000-0000-0000-0000000000ef:01980000-0000-7000-8000-00000000abcd:3";

    #[test]
    fn a_tag_reads_back_as_it_was_written() {
        let tag = Tag {
            epoch: Epoch(Uuid::from_u128(0xef)),
            message: MessageId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_abcd)),
            attempt: 3,
        };
        assert_eq!(tag.to_string(), WRITTEN);
        assert_eq!(Tag::parse(WRITTEN), Some(tag));
    }

    #[test]
    fn tags_of_others_are_none_of_ours() {
        for foreign in [
            String::new(),
            "campaign-7".to_owned(),
            WRITTEN.replace("b1:", "b2:"),
            WRITTEN.replace(":3", ""),
            WRITTEN.replace(":3", ":"),
            WRITTEN.replace(":3", ":-3"),
            WRITTEN.replace(":3", ":+3"),
            WRITTEN.replace(":3", ":03"),
            WRITTEN.replace(":3", ":3:1"),
            WRITTEN.replace("abcd", "ABCD"),
            WRITTEN.replace('-', ""),
        ] {
            assert_eq!(Tag::parse(&foreign), None, "{foreign}");
        }
    }
}
