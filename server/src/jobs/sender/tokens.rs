//! Numbers whose token WhatsApp refused: what they have to send waits, until the pause is over or
//! somebody has given the number another token.

use baton_protocol::Timestamp;

use super::Sender;
use crate::store::StoreError;
use crate::store::health::{note_accepted, note_refused};
use crate::store::read::{MessageAt, channel_token};
use crate::store::template::look_again_at;
use crate::whatsapp::client::SendOutcome;
use crate::whatsapp::errors::{Pause, look_up};

/// A template is unknown or not approved, paused, disabled.
const OF_TEMPLATES: [i64; 3] = [132_001, 132_015, 132_016];

/// What an outcome says of the number as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// WhatsApp takes its messages.
    Taken,
    /// WhatsApp takes none, with this code.
    RefusesAll(i64),
    /// WhatsApp knows a template otherwise than we do.
    OtherTemplate,
    /// Nothing.
    Nothing,
}

impl Said {
    pub(super) fn of(outcome: &SendOutcome) -> Self {
        match outcome {
            SendOutcome::Accepted { .. } => Self::Taken,
            SendOutcome::Refused { error, .. } if OF_TEMPLATES.contains(&error.code) => {
                Self::OtherTemplate
            }
            SendOutcome::Refused { error, .. } => {
                match look_up(error.code).is_some_and(|row| row.pause == Pause::Channel) {
                    true => Self::RefusesAll(error.code),
                    false => Self::Nothing,
                }
            }
            SendOutcome::NotSent { .. } | SendOutcome::Unknown { .. } => Self::Nothing,
        }
    }
}

impl Sender {
    /// Lets people be told that a number's messages are refused, and that they are taken again.
    pub(super) async fn note(&self, at: MessageAt, queued_at: Timestamp, said: Said) {
        let (store, of) = (self.store(), (at.workspace, at.channel));
        let noted = match said {
            Said::Taken if self.pace().take_noted(at.channel) => {
                note_accepted(store, of, self.now()).await
            }
            Said::RefusesAll(code) if self.pace().is_to_note(at.channel, self.pace_now()) => {
                note_refused(store, of, self.now(), code).await
            }
            Said::OtherTemplate => look_again_at(store, of, self.now(), queued_at).await,
            Said::Taken | Said::RefusesAll(_) | Said::Nothing => return,
        };
        if let Err(error) = noted {
            tracing::warn!(%error, channel_id = %at.channel, "how a number stands is not kept");
        }
    }

    /// Looks whether tokens that were refused have been replaced, here or by another process, and
    /// lets what waits for that go on.
    pub(super) async fn lift_replaced(&self) {
        let refused = self.pace().refused(self.pace_now());
        if refused.is_empty() {
            return;
        }
        let replaced = async {
            let mut tx = self.store().read().await?;
            let mut replaced = Vec::new();
            for (workspace, channel, old) in refused {
                if channel_token(&mut tx, workspace, channel).await?.is_some_and(|new| new != old) {
                    replaced.push(channel);
                }
            }
            tx.rollback().await?;
            Ok::<_, StoreError>(replaced)
        };
        let Ok(replaced) = replaced.await else { return };
        for channel in &replaced {
            tracing::info!(channel_id = %channel, "the number has another token; sends go on");
            self.pace().lift_refused(*channel);
        }
        if !replaced.is_empty() {
            self.0.lifted.notify_waiters();
        }
    }
}
