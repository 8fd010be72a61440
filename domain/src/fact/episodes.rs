//! Episodes of a conversation, told from its events.

use baton_protocol::episode::Episode;
use baton_protocol::event::EventContent;
use baton_protocol::{Event, Fact, Status, TagOn};

/// Characters of first words.
const WORDS_CHARS_MAX: usize = 120;

/// An episode, and the revision at which it began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Began {
    /// The episode.
    pub episode: Episode,
    /// The revision of the event that opened it.
    pub revision: u64,
}

/// The episodes that these events tell of, in their order. The events are those that open and end
/// episodes and change tags, in the order of their revisions.
#[expect(clippy::wildcard_enum_match_arm, reason = "all else changes no episode")]
pub fn episodes(events: &[Event]) -> Vec<Began> {
    let mut all: Vec<Began> = Vec::new();
    let mut on: Vec<TagOn> = Vec::new();
    for event in events {
        match &event.fact {
            Fact::EpisodeOpened { episode, .. } => {
                on.retain(|on| on.lasting);
                let episode = Episode {
                    episode: *episode,
                    opened_at: event.at,
                    resolved_at: None,
                    by: None,
                    outcome: None,
                    said: None,
                    tags: Vec::new(),
                    first_words: None,
                };
                all.push(Began { episode, revision: event.revision.unwrap_or_default() });
            }
            Fact::StatusChanged { status: Status::Resolved, outcome, .. } => {
                if let Some(Began { episode, .. }) = all.last_mut() {
                    episode.resolved_at = Some(event.at);
                    episode.by = Some(event.actor);
                    episode.outcome = *outcome;
                    episode.said = match &event.content {
                        Some(EventContent::Outcome(said)) => Some(said.clone()),
                        _ => None,
                    };
                }
            }
            // Its last answer was lost: it goes on.
            Fact::StatusChanged { .. } => {
                if let Some(Began { episode, .. }) = all.last_mut() {
                    (episode.resolved_at, episode.by) = (None, None);
                    (episode.outcome, episode.said) = (None, None);
                }
            }
            Fact::Tagged { added, removed } => {
                let is_gone = |on: &TagOn| {
                    removed.contains(&on.tag) || added.iter().any(|new| new.tag == on.tag)
                };
                on.retain(|on| !is_gone(on));
                on.extend(added);
            }
            _ => {}
        }
        // What is tagged after the end still says what it was about.
        if let Some(Began { episode, .. }) = all.last_mut() {
            episode.tags = on.iter().map(|on| on.tag).collect();
        }
    }
    all
}

/// The first words of a text, on one line.
pub fn first_words(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = line.chars();
    let words: String = chars.by_ref().take(WORDS_CHARS_MAX).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    (!words.is_empty()).then(|| format!("{words}{more}"))
}
