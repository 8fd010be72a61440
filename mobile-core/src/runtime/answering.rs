//! Answers from notifications, which the app may have been started for.

use std::time::Duration;

use tokio::sync::oneshot;

use super::engine::{Engine, Flush, FlushGoal};
use super::error::CoreError;
use super::handle::Core;
use crate::outbox::ActStage;
use crate::phone::Now;
use crate::push::Tapped;
use crate::store::StoreError;

/// The state of an answer from a notification at the end of its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerOutcome {
    /// The server has it.
    Sent,
    /// It is stored and goes on when there is a network.
    Waiting,
    /// A colleague or the customer was faster, or something else has to be decided. The app opens
    /// on what was missed.
    OpenApp,
}

impl Core {
    /// Answers from a notification, also while nobody looks, and sends that within the given time.
    ///
    /// # Errors
    /// `Refused` when a text cannot be sent, `Storage` when the act cannot be stored, `Locked`,
    /// `Unauthorized`, `Closed`. Nothing changed then.
    pub async fn answer(
        &self,
        tapped: Tapped,
        within: Duration,
    ) -> Result<AnswerOutcome, CoreError> {
        let (done, is_done) = oneshot::channel();
        let taken = self.try_call(move |engine, now| {
            let flush = Flush { until: now.mono + within, goal: FlushGoal::Sent, done };
            engine.answer(tapped, flush, now)
        });
        let Some(number) = taken.await? else { return Ok(AnswerOutcome::Sent) };
        // The deadline is the engine's, also where nothing can be sent.
        drop(is_done.await);
        self.call(move |engine, _| engine.answered_by(number)).await
    }
}

impl Engine {
    /// Returns the number of the act if anything of it is left to be done; `flush` waits for it.
    fn answer(&mut self, tapped: Tapped, flush: Flush, now: Now) -> Result<Option<u64>, CoreError> {
        // What the extension showed is answered here as well.
        self.phone_with_store(now)?;
        self.take_over_drops(now);
        let phone = self.unlocked_phone_with_store(now)?;
        let taken = phone.answer(tapped, now)?;
        let is_kept = taken.is_none_or(|taken| !taken.is_new || phone.is_kept(taken.number));
        self.carry_out(now);
        if !is_kept {
            return Err(CoreError::Storage(self.last_error.unwrap_or(StoreError::Closed)));
        }
        if taken.is_some() {
            self.flush(flush, now);
        }
        Ok(taken.map(|taken| taken.number))
    }

    fn answered_by(&self, number: u64) -> AnswerOutcome {
        let echoes = self.phone.as_ref().map(|phone| phone.outbox().echoes()).unwrap_or_default();
        let mut echoes = echoes.into_iter().filter(|echo| echo.number == number);
        match echoes.next().map(|echo| echo.stage) {
            Some(ActStage::NeedsReview | ActStage::Behind { .. }) => AnswerOutcome::OpenApp,
            Some(
                ActStage::Waiting | ActStage::Sending | ActStage::Contended | ActStage::Checking,
            ) => AnswerOutcome::Waiting,
            Some(ActStage::Acknowledged) | None => AnswerOutcome::Sent,
        }
    }
}
