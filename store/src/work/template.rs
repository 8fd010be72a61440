//! Templates as Meta last told them. They are Meta's, so that the log does not tell of them.

use baton_domain::group::Key;
use baton_protocol::template::{Template, TemplateFallback, TemplateName, TemplateUsage};
use baton_protocol::{ChannelId, Home, SettingKind, Timestamp, WorkspaceId, setting};
use serde_json::{Value, json};
use sqlx_macros::FromRow;

use crate::read::{self, Placed};
use crate::tables::{from_json, id, json, number, setting_body};
use crate::{Sql, Store, StoreError, Tx};

/// A number whose templates are to be looked at.
#[derive(Clone, Debug)]
pub struct Due {
    /// The workspace of the number.
    pub workspace: WorkspaceId,
    /// The number whose templates to look at.
    pub channel: ChannelId,
    /// Meta's id of the account that has the templates.
    pub account: String,
    /// The number's token, sealed.
    pub token_sealed: String,
    /// The time when it is due again if the result of this look is not recorded.
    pub until: Timestamp,
}

/// The known templates of a number.
#[derive(Clone, Default, Debug)]
pub struct KnownTemplates {
    /// By name and language.
    pub templates: Vec<Template>,
    /// Whose they are, if somebody said so.
    pub account: Option<String>,
    /// The time when Meta listed them.
    pub synced_at: Option<Timestamp>,
    /// Why the last look failed.
    pub trouble: Option<String>,
}

#[derive(FromRow)]
struct DueRow {
    workspace: String,
    channel: String,
    account: String,
    token_sealed: String,
}

/// Claims numbers whose templates are to be looked at by now. The next look is not before `until`,
/// even if this one ends nowhere: a fault that stays is not met every second.
pub async fn claim_due(
    store: &Store,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Due>, StoreError> {
    static DUE: Sql = Sql::new(
        "SELECT s.workspace, s.channel, s.account, c.token_sealed FROM template_source AS s
         JOIN channel AS c ON c.workspace = s.workspace AND c.id = s.channel
         WHERE s.due_at <= CAST($1 AS BIGINT) ORDER BY s.due_at LIMIT 20",
    );
    static CLAIM: Sql = Sql::new(
        "UPDATE template_source SET due_at = CAST($3 AS BIGINT)
         WHERE workspace = $1 AND channel = $2",
    );
    let (now, later) = (now.ms().to_string(), until.ms().to_string());
    let mut tx = store.begin().await?;
    let rows: Vec<DueRow> = tx.rows(&DUE, &[&now]).await?;
    for row in &rows {
        tx.run(&CLAIM, &[&row.workspace, &row.channel, &later]).await?;
    }
    tx.commit().await?;
    let due = |row: DueRow| {
        Ok(Due {
            workspace: id(&row.workspace)?,
            channel: id(&row.channel)?,
            account: row.account,
            token_sealed: row.token_sealed,
            until,
        })
    };
    rows.into_iter().map(due).collect()
}

/// The known templates of a number.
pub async fn known(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: ChannelId,
) -> Result<KnownTemplates, StoreError> {
    static SOURCE: Sql = Sql::new(
        "SELECT account, synced_at, trouble FROM template_source
         WHERE workspace = $1 AND channel = $2",
    );
    static ALL: Sql = Sql::new(
        "SELECT body FROM template WHERE workspace = $1 AND channel = $2 ORDER BY name, language",
    );
    let of = [workspace.to_string(), channel.to_string()];
    type Source = (String, Option<i64>, Option<String>);
    let source: Option<Source> = tx.row(&SOURCE, &[&of[0], &of[1]]).await?;
    let Some((account, synced_at, trouble)) = source else { return Ok(KnownTemplates::default()) };
    let rows: Vec<(String,)> = tx.rows(&ALL, &[&of[0], &of[1]]).await?;
    let mut templates = Vec::new();
    for (body,) in &rows {
        templates.push(from_json::<Template>(body)?);
    }
    for Placed { setting, .. } in fallbacks(tx, (workspace, channel)).await? {
        let Some(named) = setting.body.as_ref().and_then(fallback_of) else { continue };
        let mut all = templates.iter_mut();
        let of = all.find(|one| is_named(one, &named.template));
        if let Some(template) = of {
            template.fallback = Some(offered(named));
        }
    }
    let synced_at = synced_at.map(Timestamp::from_ms);
    Ok(KnownTemplates { templates, account: Some(account), synced_at, trouble })
}

/// The fallbacks of templates of a number.
pub async fn fallbacks(
    tx: &mut Tx,
    (workspace, channel): Key<ChannelId>,
) -> Result<Vec<Placed>, StoreError> {
    let mut all = read::settings(tx, workspace, SettingKind::TemplateFallback).await?;
    all.retain(|placed| placed.setting.home == Home::Channel { id: channel });
    Ok(all)
}

/// The body of a setting that says what stands in for a template.
pub fn fallback_of(body: &Value) -> Option<setting::TemplateFallback> {
    serde_json::from_value(body.clone()).ok()
}

fn is_named(of: &Template, TemplateName { name, language }: &TemplateName) -> bool {
    of.name == *name && of.language == *language
}

fn offered(named: setting::TemplateFallback) -> TemplateFallback {
    let TemplateName { name, language } = named.fallback;
    TemplateFallback { name, language, category: named.category }
}

/// A template, and what stands in for it: a row of `content`.
pub fn with_fallback(body: &str, fallback: Option<&str>) -> Result<Template, StoreError> {
    let template: Template = from_json(body)?;
    let fallback = fallback.map(setting_body).transpose()?.flatten();
    let fallback = fallback.as_ref().and_then(fallback_of).map(offered);
    Ok(Template { fallback, ..template })
}

/// A template's fallback, as it was kept before it was a setting.
#[derive(Clone, Debug)]
pub struct KeptFallback {
    /// The number of the template.
    pub channel: Key<ChannelId>,
    /// The setting that it becomes.
    pub body: setting::TemplateFallback,
}

#[derive(FromRow)]
struct KeptFallbackRow {
    workspace: String,
    channel: String,
    name: String,
    language: String,
    body: String,
}

impl KeptFallbackRow {
    fn kept(self) -> Result<KeptFallback, StoreError> {
        let TemplateFallback { name, language, category } = from_json(&self.body)?;
        let body = setting::TemplateFallback {
            template: TemplateName { name: self.name, language: self.language },
            category,
            fallback: TemplateName { name, language },
        };
        Ok(KeptFallback { channel: (id(&self.workspace)?, id(&self.channel)?), body })
    }
}

/// Fallbacks that are still kept as before there were settings, at most `most`.
pub async fn fallbacks_of_before(
    store: &Store,
    most: u64,
) -> Result<Vec<KeptFallback>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT workspace, channel, name, language, body FROM template_fallback
         ORDER BY workspace, channel, name, language LIMIT CAST($1 AS BIGINT)",
    );
    let rows: Vec<KeptFallbackRow> = store.rows_alone(&SELECT, &[&most.to_string()]).await?;
    rows.into_iter().map(KeptFallbackRow::kept).collect()
}

/// Deletes what was kept so.
pub async fn drop_fallback(store: &Store, kept: &KeptFallback) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new(
        "DELETE FROM template_fallback
         WHERE workspace = $1 AND channel = $2 AND name = $3 AND language = $4",
    );
    let TemplateName { name, language } = &kept.body.template;
    let of = [kept.channel.0.to_string(), kept.channel.1.to_string()];
    store.run_alone(&DELETE, &[&of[0], &of[1], name, language]).await.map(drop)
}

/// Says whose templates a number sends. They are looked at now; those of another account go.
pub async fn set_source(
    store: &Store,
    (workspace, channel): Key<ChannelId>,
    account: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    static OTHERS: Sql = Sql::new(
        "DELETE FROM template_source WHERE workspace = $1 AND channel = $2 AND account <> $3",
    );
    static PUT: Sql = Sql::new(
        "INSERT INTO template_source (workspace, channel, account, due_at)
         VALUES ($1, $2, $3, CAST($4 AS BIGINT))
         ON CONFLICT (workspace, channel) DO UPDATE SET due_at = excluded.due_at",
    );
    let of = [workspace.to_string(), channel.to_string(), now.ms().to_string()];
    let mut tx = store.begin().await?;
    tx.run(&OTHERS, &[&of[0], &of[1], account]).await?;
    tx.run(&PUT, &[&of[0], &of[1], account, &of[2]]).await?;
    tx.commit().await
}

/// Lets the templates of an app's numbers be looked at now: Meta told that one changed.
pub async fn look_again(store: &Store, meta_app: &str, now: Timestamp) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE template_source SET due_at = CAST($2 AS BIGINT)
         WHERE due_at > CAST($2 AS BIGINT) AND EXISTS (SELECT 1 FROM channel AS c
           WHERE c.workspace = template_source.workspace AND c.id = template_source.channel
             AND c.meta_app = $1)",
    );
    store.run_alone(&SQL, &[meta_app, &now.ms().to_string()]).await?;
    Ok(())
}

/// Lets the templates of one number be looked at now: WhatsApp refused one that was queued at
/// `since`. What Meta told later than that counts already.
pub async fn look_again_at(
    store: &Store,
    (workspace, channel): Key<ChannelId>,
    now: Timestamp,
    since: Timestamp,
) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE template_source SET due_at = CAST($3 AS BIGINT)
         WHERE workspace = $1 AND channel = $2 AND due_at > CAST($3 AS BIGINT)
           AND (synced_at IS NULL OR synced_at < CAST($4 AS BIGINT))",
    );
    let times = [now.ms().to_string(), since.ms().to_string()];
    let of = [workspace.to_string(), channel.to_string()];
    store.run_alone(&SQL, &[&of[0], &of[1], &times[0], &times[1]]).await?;
    Ok(())
}

/// Records the result of a look at Meta's templates. The next one is at `next`, unless somebody
/// asked for one since the claim.
pub async fn looked(
    store: &Store,
    of: &Due,
    found: Result<&[Template], &str>,
    now: Timestamp,
    next: Timestamp,
) -> Result<(), StoreError> {
    static CLEAR: Sql = Sql::new("DELETE FROM template WHERE workspace = $1 AND channel = $2");
    static PUT: Sql = Sql::new(
        "INSERT INTO template (workspace, channel, name, language, body)
         SELECT $1, $2, value->>0, value->>1, value->>2 FROM {rows $3}",
    );
    static DONE: Sql = Sql::new(
        "UPDATE template_source SET trouble = NULL, synced_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND channel = $2 AND account = $3",
    );
    static FAILED: Sql = Sql::new(
        "UPDATE template_source SET trouble = $4
         WHERE workspace = $1 AND channel = $2 AND account = $3",
    );
    static NEXT: Sql = Sql::new(
        "UPDATE template_source SET due_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND channel = $2 AND due_at = CAST($3 AS BIGINT)",
    );
    let [workspace, channel] = [of.workspace.to_string(), of.channel.to_string()];
    let (now, next, until) =
        (now.ms().to_string(), next.ms().to_string(), of.until.ms().to_string());
    let mut tx = store.begin().await?;
    match found {
        Ok(templates) => {
            // Whose they are may have changed meanwhile.
            let done = tx.run(&DONE, &[&workspace, &channel, &of.account, &now]).await?;
            if done > 0 {
                let row = |one: &Template| json!([one.name, one.language, json(one)]);
                let rows: Vec<_> = templates.iter().map(row).collect();
                tx.run(&CLEAR, &[&workspace, &channel]).await?;
                tx.run(&PUT, &[&workspace, &channel, &json(&rows)]).await?;
            }
        }
        Err(trouble) => {
            tx.run(&FAILED, &[&workspace, &channel, &of.account, trouble]).await?;
        }
    }
    tx.run(&NEXT, &[&workspace, &channel, &until, &next]).await?;
    tx.commit().await
}

/// The number of sends of each template of a number since then, the latest used first. What was
/// erased is not counted.
pub async fn usage(
    tx: &mut Tx,
    (workspace, channel): Key<ChannelId>,
    since: Timestamp,
    most: u64,
) -> Result<Vec<TemplateUsage>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT name, language, CAST(COUNT(*) AS BIGINT) AS sent,
           CAST(COUNT(DISTINCT conversation) AS BIGINT) AS conversations,
           MAX(accepted_at) AS last_at
         FROM (SELECT m.conversation, m.accepted_at,
             {postgres CAST(t.body AS JSONB)}{sqlite t.body}->'line'->'details'->>'name' AS name,
             {postgres CAST(t.body AS JSONB)}{sqlite t.body}->'line'->'details'->>'language'
               AS language
           FROM message AS m JOIN content AS t ON t.workspace = m.workspace AND t.id = m.id
           WHERE m.workspace = $1 AND m.channel = $2 AND m.kind = 'template'
             AND m.accepted_at >= CAST($3 AS BIGINT)) AS sends
         WHERE name IS NOT NULL AND language IS NOT NULL
         GROUP BY name, language ORDER BY 5 DESC, name, language LIMIT CAST($4 AS BIGINT)",
    );
    type TemplateUsageRow = (String, String, i64, i64, i64);
    let args =
        [workspace.to_string(), channel.to_string(), since.ms().to_string(), most.to_string()];
    let rows: Vec<TemplateUsageRow> = tx.rows(&SQL, &args.each_ref().map(String::as_str)).await?;
    let read = |(name, language, sent, conversations, last_at): TemplateUsageRow| {
        Ok(TemplateUsage {
            name,
            language,
            sent: number(sent)?,
            conversations: number(conversations)?,
            last_at: Timestamp::from_ms(last_at),
        })
    };
    rows.into_iter().map(read).collect()
}
