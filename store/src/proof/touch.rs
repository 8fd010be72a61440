//! Triggers that note in `touched` what a transaction changes of a sheet, and how it was before.
//! They are rendered from the declarations, and a start makes those anew that are others. So a new
//! column needs no trigger of its own, and one that somebody dropped comes back.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::database::migrate;
use crate::database::pools::Pools;
use crate::proof::image::{SHEETS, Sheet};
use crate::{Dialect, Sql, StoreError, Tx};

/// Makes the triggers of each sheet that are missing, or not as they are rendered. Starts at the
/// same time take turns, and a sheet's table is not locked longer than its triggers take.
pub(crate) async fn make(pools: &Pools) -> Result<(), StoreError> {
    let mut tx = pools.begin().await?;
    let (dialect, found) = (tx.dialect(), found(&mut tx).await?);
    tx.rollback().await?;
    for sheet in &SHEETS {
        let wanted = rendered(sheet, dialect);
        let is_there = |one: &Trigger| found.get(&one.name).is_some_and(|mark| *mark == one.mark);
        if wanted.iter().all(is_there) {
            continue;
        }
        let mut tx = pools.begin().await?;
        migrate::take_turn(&mut tx).await?;
        for Trigger { name, drop, create, .. } in &wanted {
            tx.script(drop).await?;
            tx.script(create).await?;
            tracing::debug!(name, "a trigger is made anew");
        }
        tx.commit().await?;
    }
    Ok(())
}

/// A trigger as it is rendered.
struct Trigger {
    name: String,
    /// A mark by which the one in the database is known as the same.
    mark: String,
    drop: String,
    create: String,
}

/// The triggers that are there, with their marks. SQLite keeps their texts. PostgreSQL keeps
/// another form of them, and says in a comment of what they were made.
async fn found(tx: &mut Tx) -> Result<BTreeMap<String, String>, StoreError> {
    static SELECT: Sql = Sql::new(
        "{sqlite SELECT name, sql FROM sqlite_master WHERE type = 'trigger'
            AND name LIKE '%_touched_by_%'}
         {postgres SELECT CAST(t.tgname AS TEXT),
             COALESCE(CAST(obj_description(t.oid, 'pg_trigger') AS TEXT), '')
           FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
           WHERE c.relnamespace = CAST(current_schema() AS regnamespace)
             AND t.tgname LIKE '%_touched_by_%'}",
    );
    let rows: Vec<(String, String)> = tx.rows(&SELECT, &[]).await?;
    Ok(rows.into_iter().collect())
}

fn rendered(sheet: &Sheet, dialect: Dialect) -> Vec<Trigger> {
    match dialect {
        Dialect::Sqlite => sqlite(sheet),
        Dialect::Postgres => postgres(sheet),
    }
}

/// `row` is `NEW` or `OLD`.
fn cells(row: &str, columns: &[&str]) -> String {
    let cells: Vec<_> = columns.iter().map(|column| format!("{row}.{column}")).collect();
    cells.join(", ")
}

/// After which updates: of any column, or where some have no stamp of those that have one.
fn updated(sheet: &Sheet) -> String {
    match sheet.has_columns_apart() {
        true => format!("UPDATE OF {}", sheet.columns().join(", ")),
        false => "UPDATE".to_owned(),
    }
}

fn sqlite(sheet: &Sheet) -> Vec<Trigger> {
    let table = sheet.table;
    let one = |of: &str, row: &str, after: &str| {
        let name = format!("{table}_touched_by_{of}");
        let place = cells(row, &sheet.keys());
        let before = match row {
            "NEW" => "NULL".to_owned(),
            _ => format!("json_array({})", cells(row, &sheet.columns())),
        };
        let create = format!(
            "CREATE TRIGGER {name} AFTER {after} ON {table} BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, '{table}', json_array({place}), {before}
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = '{table}'
    AND place = json_array({place}));
END"
        );
        let drop = format!("DROP TRIGGER IF EXISTS {name}");
        Trigger { name, mark: create.clone(), drop, create }
    };
    vec![
        one("insert", "NEW", "INSERT"),
        one("update", "OLD", &updated(sheet)),
        one("delete", "OLD", "DELETE"),
    ]
}

fn postgres(sheet: &Sheet) -> Vec<Trigger> {
    let table = sheet.table;
    let array = |row: &str, columns: &[&str]| {
        format!("CAST(jsonb_build_array({}) AS TEXT)", cells(row, columns))
    };
    let (new, old) = (array("NEW", &sheet.keys()), array("OLD", &sheet.keys()));
    let before = array("OLD", &sheet.columns());
    let function = format!(
        "CREATE OR REPLACE FUNCTION {table}_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), '{table}', {new}, NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), '{table}', {old}, {before})
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$"
    );
    let one = |of: &str, after: &str| {
        let name = format!("{table}_touched_by_{of}");
        let create = format!(
            "{function};
             CREATE TRIGGER {name} AFTER {after} ON {table}
             FOR EACH ROW EXECUTE FUNCTION {table}_touched()"
        );
        let mark = hex::encode(Sha256::digest(&create));
        let create = format!("{create}; COMMENT ON TRIGGER {name} ON {table} IS '{mark}'");
        let drop = format!("DROP TRIGGER IF EXISTS {name} ON {table}");
        Trigger { name, mark, drop, create }
    };
    vec![one("insert", "INSERT OR DELETE"), one("update", &updated(sheet))]
}
