//! Questions to sources that rules ask for labels.

use baton_domain::group::{ClassifiedWork, Key};
use baton_protocol::{ConversationId, SettingId};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::tables::{column, id, number};
use crate::{Sql, StoreError, Tx};

/// A question that a rule asks a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ClassifyQuestion {
    /// The conversation.
    pub of: Key<ConversationId>,
    /// The source.
    pub source: SettingId,
    /// The episode that it is about.
    pub episode: u32,
    /// The position of the rule's run.
    pub position: u64,
}

impl ClassifyQuestion {
    /// Its answer, by these labels. The source was told what the customer said up to `seen`.
    pub fn answered(self, labels: Vec<String>, seen: Option<u64>) -> ClassifiedWork {
        let Self { of: (workspace, conversation), source, episode, position } = self;
        ClassifiedWork { workspace, conversation, source, episode, position, seen, labels }
    }
}

/// Keeps questions. A later one replaces the earlier one of its conversation and source.
///
/// # Errors
/// The store is away.
pub async fn write_questions(
    tx: &mut Tx,
    questions: &[ClassifyQuestion],
) -> Result<(), StoreError> {
    static KEEP: Sql = Sql::new(
        "INSERT INTO classify (workspace, conversation, source, episode, position)
         SELECT x.value->>0, x.value->>1, x.value->>2, CAST(x.value->>3 AS BIGINT),
           CAST(x.value->>4 AS BIGINT) FROM {rows $1} AS x
         WHERE TRUE
         ON CONFLICT (workspace, conversation, source) DO UPDATE
           SET episode = excluded.episode, position = excluded.position",
    );
    if questions.is_empty() {
        return Ok(());
    }
    let rows = questions.iter().map(|ClassifyQuestion { of, source, episode, position }| {
        json!([of.0, of.1, source, episode.to_string(), column(*position).to_string()])
    });
    tx.run(&KEEP, &[&json!(rows.collect::<Vec<_>>()).to_string()]).await.map(drop)
}

/// Ends questions that were answered, unless a later one has taken their place.
///
/// # Errors
/// The store is away.
pub async fn end_questions(tx: &mut Tx, answered: &[&ClassifiedWork]) -> Result<(), StoreError> {
    static END: Sql = Sql::new(
        "DELETE FROM classify WHERE (workspace, conversation, source, position) IN
           (SELECT x.value->>0, x.value->>1, x.value->>2, CAST(x.value->>3 AS BIGINT)
            FROM {rows $1} AS x)",
    );
    if answered.is_empty() {
        return Ok(());
    }
    let rows = answered.iter().map(|work| {
        let position = column(work.position).to_string();
        json!([work.workspace, work.conversation, work.source, position])
    });
    tx.run(&END, &[&json!(rows.collect::<Vec<_>>()).to_string()]).await.map(drop)
}

#[derive(FromRow)]
struct QuestionRow {
    workspace: String,
    conversation: String,
    source: String,
    episode: i64,
    position: i64,
}

/// Whether a question was not answered yet, nor replaced.
///
/// # Errors
/// The store is away.
pub async fn is_open(tx: &mut Tx, of: ClassifyQuestion) -> Result<bool, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT q.position FROM classify AS q WHERE q.workspace = $1 AND q.conversation = $2
           AND q.source = $3 AND q.position = CAST($4 AS BIGINT)",
    );
    let ClassifyQuestion { of: (workspace, conversation), source, position, .. } = of;
    let args = [workspace.to_string(), conversation.to_string(), source.to_string()];
    let position = column(position).to_string();
    let found: Option<(i64,)> = tx.row(&SELECT, &[&args[0], &args[1], &args[2], &position]).await?;
    Ok(found.is_some())
}

/// The questions of all workspaces, the oldest of each first.
///
/// # Errors
/// The store is away, or a row cannot be read.
pub async fn open_questions(tx: &mut Tx, limit: u64) -> Result<Vec<ClassifyQuestion>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT q.workspace, q.conversation, q.source, q.episode, q.position FROM classify AS q
         ORDER BY q.position, q.workspace LIMIT CAST($1 AS BIGINT)",
    );
    let rows: Vec<QuestionRow> = tx.rows(&SELECT, &[&limit.to_string()]).await?;
    let read = |row: QuestionRow| {
        Ok(ClassifyQuestion {
            of: (id(&row.workspace)?, id(&row.conversation)?),
            source: id(&row.source)?,
            episode: number(row.episode)?,
            position: number(row.position)?,
        })
    };
    rows.into_iter().map(read).collect()
}
