//! The uses of canned replies.

use baton_protocol::setting::CannedUses;
use baton_protocol::{SettingId, Timestamp, WorkspaceId};

use crate::tables::{id, number};
use crate::{Sql, StoreError, Tx};

/// The uses of each canned reply since a time, and whether it was ever used.
pub async fn canned_uses(
    tx: &mut Tx,
    workspace: WorkspaceId,
    since: Timestamp,
) -> Result<Vec<CannedUses>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.id,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM message AS m WHERE m.workspace = s.workspace
             AND m.canned = s.id AND m.accepted_at > CAST($2 AS BIGINT)) AS uses,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM message AS m
             WHERE m.workspace = s.workspace AND m.canned = s.id LIMIT 1) AS one) AS ever
         FROM setting AS s
         WHERE s.workspace = $1 AND s.kind = 'canned_reply' AND s.ended_at IS NULL ORDER BY s.id",
    );
    let args = [workspace.to_string(), since.ms().to_string()];
    let rows: Vec<(String, i64, i64)> = tx.rows(&SELECT, &[&args[0], &args[1]]).await?;
    let one = |(of, uses, ever): &(String, i64, i64)| {
        Ok(CannedUses { id: id::<SettingId>(of)?, uses: number(*uses)?, is_used: *ever > 0 })
    };
    rows.iter().map(one).collect()
}
