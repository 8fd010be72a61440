//! Step 4 of a group: put every row into its final state.

use std::collections::BTreeMap;

use baton_domain::context::LineFacts;
use baton_domain::decide::block;
use baton_domain::fact::log::{Batch, Logged};
use baton_domain::fact::planted::as_written;
use baton_domain::group::state::{Attempt, Entry, Held};
use baton_domain::group::{Post, State, note};
use baton_domain::see::setting;
use baton_protocol::event::EventContent;
use baton_protocol::setting::SettingBody;
use baton_protocol::{Timestamp, WorkspaceId};

use crate::clock::Clock;
use crate::store::digest::{content_body, content_digest};
use crate::store::group::Writes;
use crate::store::tables::{
    AttemptEnd, AttemptRow, BookRow, ContactRow, ContentRow, ConversationRow, Ended, EpisodeEnd,
    EpisodeRow, ErrandKind, ErrandRow, FeedRow, FileChange, FileRow, FollowerRow, HeadRow,
    IntakeRow, LineChangeRow, LoadRow, LogRow, MessageChange, MessageRow, NotUnderstoodRow,
    NoteRow, OutcomeRow, ParkedKey, ParkedRow, PastFileRow, PastRow, QuarantineRow, ReadMarkRow,
    SecretEnd, SecretRow, SettingNameRow, SettingNamesRow, SettingRow, SettingVersionRow,
    SettledHeadRow, TallyRow, UploadKeyRow,
};

/// Gathers the rows of what was decided.
pub(super) fn record(
    state: &State,
    batches: &[Batch],
    posts: &[&Post],
    clock: &Clock,
    now: Timestamp,
) -> Writes {
    let mut writes = Writes::default();
    log(state, batches, clock, &mut writes);
    conversations(state, now, &mut writes);
    messages(state, &mut writes);
    for note in note::written(state) {
        writes.notes.extend(NoteRow::new(note.workspace, note.event, note.after_seq));
    }
    people(state, &mut writes);
    settings(state, &mut writes);
    outcomes(state, now, &mut writes);
    intake(state, posts, now, &mut writes);
    past(state, clock, now, &mut writes);
    let wanted = state.wanted_files.iter();
    let sent = state.sent_files.iter();
    writes.sent_uploads = sent.clone().map(UploadKeyRow::sent).collect();
    let sent = sent.map(|file| FileRow::sent(file, now));
    let forwarded = state.forwarded_files.iter().map(|file| FileRow::forwarded(file, now));
    let wanted = wanted.map(|file| FileRow::wanted(file, now));
    writes.files = wanted.chain(sent).chain(forwarded).collect();
    writes.file_changes = state.ended_files.iter().map(FileChange::ended).collect();
    writes
}

fn log(state: &State, batches: &[Batch], clock: &Clock, writes: &mut Writes) {
    for entry in &state.entries {
        let content = content(entry, clock, writes);
        let content = content.as_ref().map(|(id, digest)| (id.as_str(), digest.as_str()));
        let logged = Logged::new(as_written(&entry.event), entry.route);
        writes.log.push(LogRow::new(entry.workspace, &logged, content));
        writes.feed.extend(FeedRow::all(entry.workspace, &logged));
    }
    for batch in batches {
        writes.heads.push(HeadRow::new(batch.workspace, batch.upto()));
    }
}

/// Writes the erasable part with a salt; the log keeps only the digest of both.
fn content(entry: &Entry, clock: &Clock, writes: &mut Writes) -> Option<(String, String)> {
    let body = content_body(entry.event.content.as_ref()?);
    let id = entry.content_id.clone()?;
    let salt = hex::encode(clock.bytes::<16>());
    let digest = content_digest(&salt, &body);
    writes.contents.push(ContentRow::new(entry.workspace, &id, salt, body));
    Some((id, digest))
}

fn conversations(state: &State, now: Timestamp, writes: &mut Writes) {
    for ((workspace, id), held) in &state.conversations {
        if held.before.as_ref() == Some(&held.now) {
            continue;
        }
        let row = ConversationRow::new(*workspace, &held.now);
        if held.before.is_some() {
            writes.conversation_changes.push(row);
        } else {
            writes.conversations.push(row);
        }
        followers(*workspace, held, writes);
        if block::is_for_whatsapp(held.before.as_ref(), &held.now) {
            let errand = (ErrandKind::Block, id.to_string());
            writes.errands.push(ErrandRow::new(*workspace, errand, &(), now));
        }
        let mut ended: BTreeMap<u32, Option<Timestamp>> = held.ended.iter().copied().collect();
        for (n, at) in &held.episodes {
            let change = EpisodeEnd::new((*workspace, *id), *n, ended.remove(n).flatten());
            writes.episodes.push(EpisodeRow::new(change, *at));
        }
        for (n, at) in ended {
            writes.episode_ends.push(EpisodeEnd::new((*workspace, *id), n, at));
        }
    }
}

fn followers(workspace: WorkspaceId, held: &Held, writes: &mut Writes) {
    let id = held.now.head.id;
    let now = &held.now.thread.followers;
    let before = held.before.as_ref().map_or(&[][..], |before| &before.thread.followers);
    let new = now.iter().filter(|agent| !before.contains(agent));
    writes.followers.extend(new.map(|agent| FollowerRow::new((workspace, id), *agent)));
    let gone = before.iter().filter(|agent| !now.contains(agent));
    writes.unfollowed.extend(gone.map(|agent| FollowerRow::new((workspace, id), *agent)));
}

fn messages(state: &State, writes: &mut Writes) {
    for (id, extras) in &state.extras {
        let Some(key) = extras.conversation else { continue };
        let Some(facts) = state.lines.find(key.1, *id) else { continue };
        if extras.is_new {
            let channel = state.conversation(key.0, key.1).map(|held| held.head.channel_id);
            let row = channel.and_then(|channel| MessageRow::new(key, channel, facts, extras));
            writes.messages.extend(row);
        } else if extras.is_changed {
            writes.message_changes.push(MessageChange::new(key, facts, extras));
        }
        for attempt in &extras.attempts {
            attempts(key.0, facts, attempt, &extras.attempts, writes);
        }
    }
}

fn attempts(
    workspace: WorkspaceId,
    facts: &LineFacts,
    attempt: &Attempt,
    all: &[Attempt],
    writes: &mut Writes,
) {
    let id = (workspace, facts.line.id);
    let end = |of: &Attempt| -> Option<Ended> { of.ended.clone() };
    if let Some(began) = attempt.began {
        let ended = all.iter().filter(|other| other.n == attempt.n).find_map(end);
        let change = AttemptEnd::new(id, attempt.n, ended);
        let node = attempt.node.map(|node| node.to_string());
        writes.attempts.push(AttemptRow::new(change, attempt.claim_epoch, began, node));
    } else if let Some(ended) = end(attempt)
        && !all.iter().any(|other| other.n == attempt.n && other.began.is_some())
    {
        writes.attempt_ends.push(AttemptEnd::new(id, attempt.n, Some(ended)));
    }
}

fn people(state: &State, writes: &mut Writes) {
    for ((workspace, id), before) in &state.loads_before {
        let facts = state.people.get(workspace).and_then(|people| people.agents.get(id));
        if let Some(facts) = facts.filter(|facts| facts.load != *before) {
            writes.loads.push(LoadRow::new((*workspace, *id), facts.load));
        }
    }
    for (of, counts) in state.tallies() {
        writes.tallies.push(TallyRow::new(of, counts));
    }
    for key in &state.marked {
        let seq = state.read_marks.get(key).copied().unwrap_or_default();
        let (workspace, agent, conversation) = *key;
        writes.read_marks.push(ReadMarkRow::new(workspace, agent, conversation, seq));
    }
    for ((workspace, contact), is_new) in &state.changed_cards {
        let card = state.cards.get(&(*workspace, *contact)).cloned().unwrap_or_default();
        let row = ContactRow::new((*workspace, *contact), &card);
        if *is_new {
            writes.contacts.push(row);
        } else {
            writes.contact_changes.push(row);
        }
    }
}

fn settings(state: &State, writes: &mut Writes) {
    for key in &state.settings.changed {
        let Some(held) = state.settings.rows.get(key) else { continue };
        let row = SettingRow::new(*key, held);
        let is_new = |(of, version, _): &(_, u32, u64)| of == key && *version == 1;
        if state.settings.versions.iter().any(is_new) {
            writes.settings.push(row);
        } else {
            writes.setting_changes.push(row);
            writes.renamed.push(SettingNamesRow::new(*key));
        }
        let body = held.body.as_ref().filter(|_| held.ended_at.is_none());
        let body = body.and_then(|body| SettingBody::read(key.1, body).ok());
        let names = body.iter().flat_map(setting::names);
        writes.setting_names.extend(names.map(|name| SettingNameRow::new(*key, name)));
    }
    for of in &state.settings.secret_changes {
        let Some(held) = state.settings.secrets.get(of) else { continue };
        match SecretRow::new(*of, held) {
            Some(row) => writes.secrets.push(row),
            None => writes.secret_ends.push(SecretEnd::new(*of, held)),
        }
    }
    for (key, version, position) in &state.settings.versions {
        writes.setting_versions.push(SettingVersionRow::new(*key, *version, *position));
    }
    let heads = state.settings.versions.iter().map(|((of, ..), _, position)| (*of, *position));
    // The last one of each workspace is the highest.
    let heads: BTreeMap<WorkspaceId, u64> = heads.collect();
    writes.settled_heads = heads.iter().map(|(of, at)| SettledHeadRow::new(*of, *at)).collect();
}

fn outcomes(state: &State, now: Timestamp, writes: &mut Writes) {
    for ((workspace, agent, op_id), conversation) in &state.fresh_priors {
        let prior = state.priors.get(&(*workspace, *agent)).and_then(|priors| priors.get(op_id));
        let Some(prior) = prior else { continue };
        let of = (*workspace, *agent);
        writes.outcomes.push(OutcomeRow::new(of, *op_id, *conversation, prior, now));
    }
}

fn intake(state: &State, posts: &[&Post], now: Timestamp, writes: &mut Writes) {
    for post in posts.iter().filter(|post| !post.is_piece) {
        writes.intake.push(IntakeRow::new(post));
    }
    for aside in &state.quarantined {
        writes.quarantine.push(QuarantineRow::new(aside, now));
    }
    for one in &state.not_understood {
        writes.not_understood.push(NotUnderstoodRow::new(one, now));
    }
    for ((workspace, (channel, wamid)), parked) in &state.newly_parked {
        if state.unparked.contains(&(*workspace, (*channel, wamid.clone()))) {
            continue;
        }
        let key = ParkedKey::new(*workspace, *channel, wamid);
        writes.parked.push(ParkedRow::new(key, parked));
    }
    for ((workspace, (channel, wamid)), change) in &state.new_changes {
        writes.line_changes.push(LineChangeRow::new((*workspace, *channel), wamid, change));
    }
    for (workspace, (channel, wamid)) in &state.unparked {
        writes.unparked.push(ParkedKey::new(*workspace, *channel, wamid));
    }
}

fn past(state: &State, clock: &Clock, now: Timestamp, writes: &mut Writes) {
    for key in &state.changed_past {
        let Some(past) = state.past.get(key) else { continue };
        let (workspace, (channel, wamid)) = key;
        let row = PastRow::new(*workspace, *channel, wamid, past);
        writes.past_files.extend(PastFileRow::of(&row, now));
        writes.past.push(row);
    }
    for said in &state.past_contents {
        let body = content_body(&EventContent::Line(said.content.clone()));
        let salt = hex::encode(clock.bytes::<16>());
        writes.contents.push(ContentRow::new(said.workspace, &said.id.to_string(), salt, body));
    }
    for key in &state.changed_book {
        let Some(booked) = state.book.get(key) else { continue };
        let (workspace, (channel, number)) = key;
        writes.book.push(BookRow::new(*workspace, *channel, number, booked));
    }
}
