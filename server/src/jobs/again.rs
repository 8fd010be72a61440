//! Writes that end a claim. Without them nobody takes the work up before the claim ends by itself,
//! which is made long enough for the slowest.

use std::time::Duration;

use crate::clock::Clock;
use crate::store::StoreError;

/// So often, after so long: about as long as another database takes over.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// Asks the database, and asks again while it is away.
pub(super) async fn while_away<T, Asked>(
    clock: &Clock,
    ask: impl Fn() -> Asked,
) -> Result<T, StoreError>
where
    Asked: Future<Output = Result<T, StoreError>>,
{
    again(clock, ask, StoreError::is_unavailable).await
}

/// Asks, and asks again after each error that may pass.
pub(super) async fn again<T, E, Asked>(
    clock: &Clock,
    ask: impl Fn() -> Asked,
    may_pass: impl Fn(&E) -> bool,
) -> Result<T, E>
where
    Asked: Future<Output = Result<T, E>>,
{
    let mut tries = 1;
    loop {
        match ask().await {
            Err(error) if may_pass(&error) && tries < TRIES => {}
            other => return other,
        }
        tries += 1;
        clock.sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::ready;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_the_database_did_not_take_is_told_again_and_what_it_refuses_is_not() {
        let clock = Clock::system();
        let asked = Cell::new(0);
        let comes_back = || {
            asked.set(asked.get() + 1);
            let is_away = asked.get() < 5;
            ready(if is_away { Err(StoreError::LockTimeout) } else { Ok(asked.get()) })
        };
        assert!(matches!(while_away(&clock, comes_back).await, Ok(5)));
        asked.set(0);
        let refuses = || {
            asked.set(asked.get() + 1);
            ready(Err::<(), _>(StoreError::Deposed))
        };
        assert!(while_away(&clock, refuses).await.is_err());
        assert_eq!(asked.get(), 1);
        asked.set(0);
        let stays_away = || {
            asked.set(asked.get() + 1);
            ready(Err::<(), _>(StoreError::LockTimeout))
        };
        assert!(while_away(&clock, stays_away).await.is_err());
        assert_eq!(asked.get(), TRIES);
    }
}
