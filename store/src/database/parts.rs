//! Tables that an operator divided by workspace (`deploy/partitioned.sql`): all their parts have to
//! be there. What is in a part that is missing would look as if it had never been.

use crate::database::dialect::Sql;
use crate::database::pools::Pools;
use crate::error::StoreError;

/// Tables that are divided by a hash, with their parts and how many there have to be. A part covers
/// one of as many as its modulus says.
static LACKING: Sql = Sql::new(
    "SELECT t.relname::text, COUNT(b.modulus), COALESCE(MAX(b.modulus), 0)
       FROM pg_partitioned_table AS p
       JOIN pg_class AS t ON t.oid = p.partrelid
       LEFT JOIN LATERAL (
         SELECT CAST(substring(pg_get_expr(k.relpartbound, k.oid) FROM 'modulus ([0-9]+)')
             AS BIGINT) AS modulus
           FROM pg_inherits AS i JOIN pg_class AS k ON k.oid = i.inhrelid
          WHERE i.inhparent = t.oid
       ) AS b ON true
      WHERE p.partstrat = 'h' AND pg_table_is_visible(t.oid)
        AND EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = t.oid
          AND a.attname = 'workspace' AND a.attnum = p.partattrs[0])
      GROUP BY t.relname
     HAVING ROUND(COALESCE(SUM(1.0 / b.modulus), 0), 6) < 1
      ORDER BY t.relname",
);

/// Looks whether each divided table has all its parts.
///
/// # Errors
/// [`StoreError::Invalid`] names the first one that has not.
pub(crate) async fn look(pools: &Pools) -> Result<(), StoreError> {
    let Pools::Postgres { .. } = pools else { return Ok(()) };
    let mut tx = pools.read().await?;
    let lacking: Vec<(String, i64, i64)> = tx.rows(&LACKING, &[]).await?;
    tx.rollback().await?;
    match lacking.into_iter().next() {
        None => Ok(()),
        Some((table, 0, _)) => {
            Err(StoreError::Invalid(format!("the table {table} is divided and has no part")))
        }
        Some((table, parts, all)) => Err(StoreError::Invalid(format!(
            "the table {table} has {parts} of its {all} parts: attach what is missing, or restore \
             a backup that has it"
        ))),
    }
}
