//! Edits and revocations, in whatever order they and their line come.
//!
//! A revocation takes back all that its line said: the line itself and each edit of it. What comes
//! after it is written without its words.

use std::borrow::Cow;

use baton_protocol::{
    Amendment, Author, Change, ChannelId, Content, ConversationId, Fact, LineKind,
};

use super::state::{Channel, Key, LineChange, State};
use crate::decide::{Draft, receive};
use crate::fact::inbound::InboundMessage;
use crate::fact::line::is_same_side;

/// Meta's id of a message, where it is one.
type WamidKey = Key<(ChannelId, String)>;

/// A line that came, and where it is to stand.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) channel: &'a Channel,
    pub(super) conversation: ConversationId,
    pub(super) message: &'a InboundMessage,
    pub(super) author: Author,
    /// Its number and id, and when it was said.
    pub(super) change: Change,
}

impl<'a> Arrived<'a> {
    /// Returns the line without its words and its file where they were taken back before it came.
    pub(super) fn words(&self, state: &State) -> Cow<'a, InboundMessage> {
        if self.revocation(state).is_none() {
            return Cow::Borrowed(self.message);
        }
        let content = Content { by: self.message.content.by.clone(), ..Content::default() };
        Cow::Owned(InboundMessage { content, media: None, ..self.message.clone() })
    }

    /// Returns what the line does to earlier ones, and what those that overtook it do to it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all but two kinds are changed alike")]
    pub(super) fn amendments(&self, state: &State) -> Vec<Draft> {
        match self.message.kind {
            LineKind::Edit => self.target(state).chain(self.gone(state)).collect(),
            LineKind::Revocation => self.target(state).chain(self.edits(state)).collect(),
            kind if receive::can_change(kind) => {
                self.edited(state).chain(self.gone(state)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Remembers that it edits or takes back another line.
    pub(super) fn note(&self, state: &mut State) {
        if !matches!(self.message.kind, LineKind::Edit | LineKind::Revocation) {
            return;
        }
        let Some(of) = self.changed() else { return };
        let Arrived { conversation, author, change, .. } = *self;
        let noted = LineChange { conversation, kind: self.message.kind, author, change };
        state.changes.entry(of.clone()).or_default().push(noted);
        state.new_changes.push((of, noted));
    }

    /// The line that it quotes, where it is known.
    fn target(&self, state: &State) -> impl Iterator<Item = Draft> + use<> {
        let target = self.changed().and_then(|of| state.wamids.get(&of).copied());
        let target = target.and_then(|(_, id)| state.lines.find(self.conversation, id));
        let draft = target
            .and_then(|target| receive::change_of(target, self.message, self.author, self.change));
        draft.into_iter()
    }

    /// The edits of the line that it takes back: they go with it.
    fn edits(&self, state: &State) -> impl Iterator<Item = Draft> + use<> {
        let edits = self.others(state, LineKind::Edit, self.changed());
        let edits = edits.filter_map(|edit| {
            let line = state.lines.find(self.conversation, edit.change.line.id)?;
            receive::amended(line, Amendment::Revoked(self.change), None)
        });
        edits.collect::<Vec<_>>().into_iter()
    }

    /// Its newest words, where they came before it.
    fn edited(&self, state: &State) -> impl Iterator<Item = Draft> + use<> {
        let edits = self.others(state, LineKind::Edit, Some(self.key()));
        let newest = edits.max_by_key(|edit| (edit.change.at, edit.change.line.seq));
        newest.and_then(|edit| self.amended(state, Amendment::Edited(edit.change))).into_iter()
    }

    fn gone(&self, state: &State) -> impl Iterator<Item = Draft> + use<> {
        let gone = self.revocation(state);
        gone.and_then(|change| self.amended(state, Amendment::Revoked(change))).into_iter()
    }

    /// The revocation that came before it: of the line itself, or of the one that it edits.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all but two kinds are changed alike")]
    fn revocation(&self, state: &State) -> Option<Change> {
        let of = match self.message.kind {
            LineKind::Edit => self.changed(),
            kind if receive::can_change(kind) => Some(self.key()),
            _ => None,
        };
        self.others(state, LineKind::Revocation, of).map(|by| by.change).next()
    }

    /// Lines of the same side and conversation that change this one.
    fn others<'s>(
        &self,
        state: &'s State,
        kind: LineKind,
        of: Option<WamidKey>,
    ) -> impl Iterator<Item = &'s LineChange> + use<'s> {
        let (conversation, author) = (self.conversation, self.author);
        let all = of.and_then(|of| state.changes.get(&of)).into_iter().flatten();
        all.filter(move |one| {
            one.kind == kind && one.conversation == conversation && is_same_side(one.author, author)
        })
    }

    /// A change of the line itself, which may be known since an earlier version read it.
    fn amended(&self, state: &State, amendment: Amendment) -> Option<Draft> {
        let line = self.change.line;
        match state.lines.find(self.conversation, line.id) {
            Some(known) => receive::amended(known, amendment, None),
            None => Some(Fact::LineAmended { line, amendment }.into()),
        }
    }

    fn key(&self) -> WamidKey {
        (self.channel.workspace, (self.channel.id, self.message.wamid.clone()))
    }

    fn changed(&self) -> Option<WamidKey> {
        let wamid = self.message.quoted_wamid.clone()?;
        Some((self.channel.workspace, (self.channel.id, wamid)))
    }
}
