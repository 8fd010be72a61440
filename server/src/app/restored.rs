//! What a start does after a restore. It goes on with a whole one alone. People decide about
//! messages that were on their way.

use anyhow::Context;

use crate::engine::Engine;
use crate::store::{Store, read, restore};

/// Refuses a database that a backup was put back into and that has no new epoch.
pub(super) async fn refuse_half_done(store: &Store) -> anyhow::Result<()> {
    let mut tx = store.read().await?;
    let is_broken_off = restore::is_broken_off(&mut tx).await?;
    tx.rollback().await?;
    anyhow::ensure!(
        !is_broken_off,
        "a restore of this database was broken off: give `baton restore --from FILE` again, or \
         `baton restore` to go on with what is there"
    );
    Ok(())
}

/// Finishes what a restore began: nobody knows whether what was on its way has left in the life
/// that was lost, so people decide.
pub(super) async fn review(store: &Store, engine: &Engine) -> anyhow::Result<()> {
    let mut tx = store.read().await?;
    let doubtful = match restore::is_unreviewed(&mut tx).await? {
        true => read::on_their_way(&mut tx).await?,
        false => return Ok(tx.rollback().await?),
    };
    tx.rollback().await?;
    for at in doubtful {
        engine.restored(at).await.context("messages that were on their way")?;
    }
    let mut tx = store.begin().await?;
    restore::reviewed(&mut tx).await?;
    Ok(tx.commit().await?)
}
