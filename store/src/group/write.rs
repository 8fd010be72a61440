//! Writes of a group: each row once, in its final state.

use std::collections::BTreeMap;

use crate::table::found::FoundRow;
use crate::table::{Set, Statement};
use crate::tables::{
    AttemptEnd, AttemptRow, BlockCallRow, BookRow, ContactRow, ContentRow, ConversationRow,
    EpisodeEnd, EpisodeRow, ErrandRow, FeedRow, FileChange, FileRow, FollowerRow, HeadRow,
    IntakeRow, LineChangeRow, LoadRow, LogRow, MessageChange, MessageRow, NotUnderstoodRow,
    NoteRow, OutcomeRow, ParkedKey, ParkedRow, PastFileRow, PastRow, PushChange, PushRow,
    QuarantineRow, ReadMarkRow, SecretEnd, SecretRow, SettingNameRow, SettingNamesRow, SettingRow,
    SettingVersionRow, SettledHeadRow, TallyRow, UploadKeyRow, ids,
};
use crate::{Sql, StoreError, Tx};

/// The rows of a group.
#[derive(Default, Debug)]
#[expect(missing_docs, reason = "fields are named as their tables are")]
pub struct Writes {
    pub contacts: Vec<ContactRow>,
    pub contact_changes: Vec<ContactRow>,
    pub conversations: Vec<ConversationRow>,
    pub conversation_changes: Vec<ConversationRow>,
    pub followers: Vec<FollowerRow>,
    pub unfollowed: Vec<FollowerRow>,
    /// Blocks as nodes of before errands know them.
    pub block_calls: Vec<BlockCallRow>,
    pub errands: Vec<ErrandRow>,
    pub episodes: Vec<EpisodeRow>,
    pub episode_ends: Vec<EpisodeEnd>,
    pub messages: Vec<MessageRow>,
    pub message_changes: Vec<MessageChange>,
    pub attempts: Vec<AttemptRow>,
    pub attempt_ends: Vec<AttemptEnd>,
    pub files: Vec<FileRow>,
    pub file_changes: Vec<FileChange>,
    pub sent_uploads: Vec<UploadKeyRow>,
    pub notes: Vec<NoteRow>,
    pub contents: Vec<ContentRow>,
    pub read_marks: Vec<ReadMarkRow>,
    pub loads: Vec<LoadRow>,
    pub tallies: Vec<TallyRow>,
    pub intake: Vec<IntakeRow>,
    /// Parts that were set aside; their `intake` is the digest of the webhook.
    pub quarantine: Vec<QuarantineRow>,
    pub not_understood: Vec<NotUnderstoodRow>,
    pub parked: Vec<ParkedRow>,
    pub unparked: Vec<ParkedKey>,
    pub line_changes: Vec<LineChangeRow>,
    pub outcomes: Vec<OutcomeRow>,
    pub log: Vec<LogRow>,
    pub feed: Vec<FeedRow>,
    pub heads: Vec<HeadRow>,
    pub settings: Vec<SettingRow>,
    pub setting_changes: Vec<SettingRow>,
    pub setting_versions: Vec<SettingVersionRow>,
    pub setting_names: Vec<SettingNameRow>,
    /// Settings that name something else from now on.
    pub renamed: Vec<SettingNamesRow>,
    pub settled_heads: Vec<SettledHeadRow>,
    pub secrets: Vec<SecretRow>,
    pub secret_ends: Vec<SecretEnd>,
    pub past: Vec<PastRow>,
    pub past_files: Vec<PastFileRow>,
    pub book: Vec<BookRow>,
    pub pushes: Vec<PushRow>,
    pub push_changes: Vec<PushChange>,
    /// The rows from which the changes are made.
    pub found: AsRead,
}

/// Rows that a group read and may change: those whose changes take something over.
#[derive(Default, Debug)]
#[expect(missing_docs, reason = "fields are named as their tables are")]
pub struct AsRead {
    pub contacts: Vec<FoundRow<ContactRow>>,
    pub conversations: Vec<FoundRow<ConversationRow>>,
    pub messages: Vec<FoundRow<MessageChange>>,
    pub settings: Vec<FoundRow<SettingRow>>,
}

static CONTACTS: Statement<ContactRow> = Statement::insert();
static CONTACT_CHANGES: Statement<ContactRow> = Statement::replace();
static CONVERSATIONS: Statement<ConversationRow> = Statement::insert();
static CONVERSATION_CHANGES: Statement<ConversationRow> = Statement::replace();
/// One more message, as most changes are. It moves the conversation in the lists by its time alone.
static CONVERSATION_STEPS: Statement<ConversationRow> = Statement::replace_but(CONVERSATION_PLACES);
/// Columns of a conversation's indexes, but for the time of its last message.
pub(crate) const CONVERSATION_PLACES: &[&str] = &[
    "team",
    "owner_agent",
    "status",
    "snoozed_until",
    "turn_seq",
    "unanswered_since",
    "block",
    "person",
    "offer_id",
    "offer_agent",
    "priority",
    "remind_at",
];
static FOLLOWERS: Statement<FollowerRow> = Statement::insert();
static UNFOLLOWED: Statement<FollowerRow> = Statement::delete();
static BLOCK_CALLS: Statement<BlockCallRow> = Statement::insert_or(
    "ON CONFLICT (workspace, conversation) DO UPDATE SET due_at = excluded.due_at, tries = 0",
);
static ERRANDS: Statement<ErrandRow> = Statement::insert_or(
    "ON CONFLICT (workspace, kind, key) DO UPDATE
       SET body = excluded.body, due_at = excluded.due_at, tries = excluded.tries",
);
static EPISODES: Statement<EpisodeRow> = Statement::insert();
static EPISODE_ENDS: Statement<EpisodeEnd> = Statement::replace();
static MESSAGES: Statement<MessageRow> = Statement::insert();
static MESSAGE_CHANGES: Statement<MessageChange> = Statement::replace();
static ATTEMPTS: Statement<AttemptRow> = Statement::insert();
static ATTEMPT_ENDS: Statement<AttemptEnd> = Statement::replace();
static FILES: Statement<FileRow> = Statement::insert();
static FILE_CHANGES: Statement<FileChange> = Statement::replace();
static SENT_UPLOADS: Statement<UploadKeyRow> = Statement::delete();
static NOTES: Statement<NoteRow> = Statement::insert();
static CONTENTS: Statement<ContentRow> = Statement::insert();
static READ_MARKS: Statement<ReadMarkRow> = Statement::insert_or(
    "ON CONFLICT (workspace, agent, conversation) DO UPDATE
       SET seq = excluded.seq, stamp_state = excluded.stamp_state",
);
static LOADS: Statement<LoadRow> = Statement::replace();
static TALLIES: Statement<TallyRow> = Statement::add();
static INTAKE: Statement<IntakeRow> = Statement::insert_or("ON CONFLICT (digest) DO NOTHING");
static QUARANTINE: Statement<QuarantineRow> =
    Statement::insert_or("ON CONFLICT (digest) DO NOTHING");
static NOT_UNDERSTOOD: Statement<NotUnderstoodRow> =
    Statement::insert_or("ON CONFLICT (digest) DO NOTHING");
static PARKED: Statement<ParkedRow> =
    Statement::insert_or("ON CONFLICT (workspace, channel, wamid, status, participant) DO NOTHING");
static UNPARKED: Statement<ParkedKey> = Statement::delete();
static LINE_CHANGES: Statement<LineChangeRow> =
    Statement::insert_or("ON CONFLICT (wamid, workspace, channel, message) DO NOTHING");
static OUTCOMES: Statement<OutcomeRow> = Statement::insert();
static LOG: Statement<LogRow> = Statement::insert();
static FEED: Statement<FeedRow> = Statement::insert();
static HEADS: Statement<HeadRow> = Statement::replace();
static SETTINGS: Statement<SettingRow> = Statement::insert();
static SETTING_CHANGES: Statement<SettingRow> = Statement::replace();
static SETTING_VERSIONS: Statement<SettingVersionRow> = Statement::insert();
static SETTING_NAMES: Statement<SettingNameRow> = Statement::insert();
static RENAMED: Statement<SettingNamesRow> = Statement::delete();
static SETTLED_HEADS: Statement<SettledHeadRow> = Statement::replace();
static SECRETS: Statement<SecretRow> = Statement::insert();
static SECRET_ENDS: Statement<SecretEnd> = Statement::replace();
static PAST: Statement<PastRow> = Statement::insert_or(
    "ON CONFLICT (workspace, channel, wamid) DO UPDATE SET conversation = excluded.conversation,
       author_kind = excluded.author_kind, kind = excluded.kind, at = excluded.at,
       status = excluded.status, quoted = excluded.quoted, media = excluded.media",
);
// A file that is there, or on its way, stays as it is.
static PAST_FILES: Statement<PastFileRow> = Statement::insert_or(
    "ON CONFLICT (workspace, message) DO UPDATE SET media = excluded.media,
       received_at = excluded.received_at, state = excluded.state, due_at = excluded.due_at,
       claimed_by = NULL, claim_epoch = file.claim_epoch + 1, tries = 0, doubts = 0
     WHERE file.media = '' AND excluded.media <> ''",
);
static BOOK: Statement<BookRow> = Statement::insert_or(
    "ON CONFLICT (workspace, channel, wa_id) DO UPDATE SET name = excluded.name, at = excluded.at",
);
static PUSHES: Statement<PushRow> = Statement::insert();
static PUSH_CHANGES: Statement<PushChange> = Statement::replace();

/// Writes all of it; parents before children.
pub async fn write(tx: &mut Tx, w: &Writes) -> Result<(), StoreError> {
    // An episode ends before the next one opens: a conversation has one that is open. A setting
    // may name again what it named before.
    tx.write(&[Set::new(&EPISODE_ENDS, &w.episode_ends), Set::new(&RENAMED, &w.renamed)]).await?;
    let [steps, changes] = Set::over_each(
        [&CONVERSATION_STEPS, &CONVERSATION_CHANGES],
        &w.conversation_changes,
        &w.found.conversations,
    );
    tx.write(&[
        Set::new(&CONTACTS, &w.contacts),
        Set::over(&CONTACT_CHANGES, &w.contact_changes, &w.found.contacts),
        Set::new(&LOADS, &w.loads),
        Set::new(&CONVERSATIONS, &w.conversations),
        steps,
        changes,
        Set::new(&FOLLOWERS, &w.followers),
        Set::new(&UNFOLLOWED, &w.unfollowed),
        Set::new(&BLOCK_CALLS, &w.block_calls),
        Set::new(&ERRANDS, &w.errands),
        Set::new(&EPISODES, &w.episodes),
        Set::new(&MESSAGES, &w.messages),
        Set::over(&MESSAGE_CHANGES, &w.message_changes, &w.found.messages),
        Set::new(&ATTEMPTS, &w.attempts),
        Set::new(&ATTEMPT_ENDS, &w.attempt_ends),
        Set::new(&FILES, &w.files),
        Set::new(&FILE_CHANGES, &w.file_changes),
        Set::new(&SENT_UPLOADS, &w.sent_uploads),
        Set::new(&NOTES, &w.notes),
        Set::new(&CONTENTS, &w.contents),
        Set::new(&READ_MARKS, &w.read_marks),
        Set::new(&TALLIES, &w.tallies),
        Set::new(&INTAKE, &w.intake),
        Set::new(&NOT_UNDERSTOOD, &w.not_understood),
        Set::new(&PARKED, &w.parked),
        Set::new(&UNPARKED, &w.unparked),
        Set::new(&LINE_CHANGES, &w.line_changes),
        Set::new(&OUTCOMES, &w.outcomes),
        Set::new(&LOG, &w.log),
        Set::new(&FEED, &w.feed),
        Set::new(&HEADS, &w.heads),
        Set::new(&PAST, &w.past),
        Set::new(&PAST_FILES, &w.past_files),
        Set::new(&BOOK, &w.book),
        Set::new(&PUSHES, &w.pushes),
        Set::new(&PUSH_CHANGES, &w.push_changes),
    ])
    .await?;
    settings(tx, w).await?;
    quarantine(tx, &w.quarantine).await
}

/// Settings are seldom set: what is always written stays one statement of one form.
async fn settings(tx: &mut Tx, w: &Writes) -> Result<(), StoreError> {
    let sets = [
        Set::new(&SETTINGS, &w.settings),
        Set::over(&SETTING_CHANGES, &w.setting_changes, &w.found.settings),
        Set::new(&SETTING_VERSIONS, &w.setting_versions),
        Set::new(&SETTING_NAMES, &w.setting_names),
        Set::new(&SETTLED_HEADS, &w.settled_heads),
    ];
    tx.write(&sets).await?;
    if w.secrets.is_empty() && w.secret_ends.is_empty() {
        return Ok(());
    }
    // Their stamps stand beside them.
    tx.begin_stamping().await?;
    tx.write(&[Set::new(&SECRETS, &w.secrets), Set::new(&SECRET_ENDS, &w.secret_ends)])
        .await
        .map(drop)
}

/// A webhook that came before keeps the id that it had then.
async fn quarantine(tx: &mut Tx, aside: &[QuarantineRow]) -> Result<(), StoreError> {
    static SELECT: Sql = Sql::new("SELECT digest, id FROM intake WHERE digest {in $1}");
    if aside.is_empty() {
        return Ok(());
    }
    let digests = ids(aside.iter().map(|row| &row.intake));
    let known: Vec<(String, String)> = tx.rows(&SELECT, &[&digests]).await?;
    let known: BTreeMap<String, String> = known.into_iter().collect();
    let named = |row: &QuarantineRow| {
        let intake = known.get(&row.intake).cloned().unwrap_or_default();
        QuarantineRow { intake, ..row.clone() }
    };
    let rows: Vec<_> = aside.iter().map(named).collect();
    tx.write(&[Set::new(&QUARANTINE, &rows)]).await.map(drop)
}
