//! A phone in memory. Its mirror is told of the log as a gateway would tell it, live or after a
//! while away. Its pages and conversations arrive late.

use baton_domain::fact::line::coached;
use baton_domain::fact::log::{Logged, Route};
use baton_domain::fact::predicates::unread;
use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::mirror::{Mirror, Mirrored, Page, Progress, Want, fingerprint};
use baton_domain::see::sight::{Tidings, VisibleEvent, as_gone};
use baton_protocol::conversation::{ConversationView, Snapshot};
use baton_protocol::frame::{ResetReason, ServerFrame, Timings};
use baton_protocol::limits::COACHING_MAX;
use baton_protocol::{CoachNote, ConversationId, Cursor, Epoch, Event, Fact, Head};
use uuid::Uuid;

use crate::team::{Hand, Team};

const EPOCH: Epoch = Epoch(Uuid::from_u128(0xE));

/// A phone in memory.
pub(crate) struct Client {
    pub(crate) hand: Hand,
    pub(crate) mirror: Mirror,
    /// How far the gateway has told the log.
    told: usize,
    page: Paging,
    /// Read, but not arrived.
    late_page: Option<Page>,
    late: Option<(ConversationId, Option<Snapshot>)>,
    /// It is killed when it has applied so many more frames.
    dies_after: Option<usize>,
}

/// How far the snapshot is read.
enum Paging {
    Idle,
    From { upto: u64, after: Option<ConversationId> },
}

impl Client {
    pub(crate) fn new(hand: Hand) -> Self {
        let mut client = Self {
            hand,
            mirror: Mirror::default(),
            told: 0,
            page: Paging::Idle,
            late_page: None,
            late: None,
            dies_after: None,
        };
        client.gets(&ServerFrame::Welcome {
            cursor: Cursor { epoch: EPOCH, position: 0 },
            epoch: EPOCH,
            agent_id: hand.agent,
            timings: Timings {
                lease_ttl_ms: 0,
                lease_keep_ms: 0,
                idle_ms: 0,
                silent_ms: 0,
                being_answered_max_ms: 0,
            },
            server_time: baton_protocol::Timestamp::default(),
            facts: None,
            hears_idle: false,
        });
        client.gets(&reset(0));
        client
    }

    fn gets(&mut self, frame: &ServerFrame) {
        for want in self.mirror.apply_frame(frame) {
            match want {
                Want::Snapshot { .. } => {
                    self.page = Paging::From { upto: 0, after: None };
                    self.late_page = None;
                }
                Want::Conversation(_) | Want::Agents | Want::Teams | Want::Channels => {}
                Want::Resume => panic!("no frame is missing"),
            }
        }
    }

    /// It will be killed when it has applied so many more frames.
    pub(crate) fn will_be_killed(&mut self, after: usize) {
        self.dies_after = Some(after);
    }

    /// Starts again with what a killed one had stored; what was under way is lost.
    fn starts_again(&mut self) {
        let conversations = std::mem::take(&mut self.mirror.conversations);
        let stored = serde_json::to_string(&self.mirror.progress()).unwrap();
        let progress: Progress = serde_json::from_str(&stored).unwrap();
        self.told = usize::try_from(progress.cursor.unwrap().position).unwrap();
        self.mirror = Mirror::restored(progress, conversations);
        (self.late_page, self.late, self.dies_after) = (None, None, None);
        self.page = match self.mirror.is_taking() {
            true => Paging::From { upto: 0, after: None },
            false => Paging::Idle,
        };
    }

    /// The gateway tells what happened since it last did.
    pub(crate) fn listens(&mut self, team: &Team) {
        if self.told == team.log.len() {
            return;
        }
        for frame in self.frames(team) {
            if self.dies_after == Some(0) {
                return self.starts_again();
            }
            self.dies_after = self.dies_after.map(|left| left - 1);
            self.gets(&frame);
        }
    }

    fn frames(&mut self, team: &Team) -> Vec<ServerFrame> {
        let stretch = &team.log[self.told..];
        let (after, upto) = (position(self.told), position(team.log.len()));
        self.told = team.log.len();
        let sight = &team.sights[&self.hand.agent];
        let (left, entered, told) = match sight.tidings(stretch) {
            Tidings::Reset(_) => return vec![reset(upto)],
            Tidings::Changes { left, entered, told } => (left, entered, told),
        };
        let left = left.into_iter();
        let left =
            left.map(|conversation_id| ServerFrame::Left { position: upto, conversation_id });
        let mut frames: Vec<_> = left.collect();
        for (id, _) in entered {
            let snapshot = snapshot(team, self.hand, id).map(Box::new);
            frames
                .extend(snapshot.map(|snapshot| ServerFrame::Entered { position: upto, snapshot }));
        }
        let events = told
            .iter()
            .map(|told| match told {
                VisibleEvent::Event(place) | VisibleEvent::Cut(place) => {
                    stretch[*place].event.clone()
                }
                VisibleEvent::Gone(place) => as_gone(&stretch[*place].event),
                VisibleEvent::Head(place, id) => {
                    let head = team.of(*id).head.clone();
                    let revision = Some(head.revision);
                    let fact = Fact::HeadChanged { head };
                    Event { fact, content: None, revision, ..stretch[*place].event.clone() }
                }
            })
            .collect();
        frames.push(ServerFrame::Events { after, upto, events });
        frames
    }

    /// Something that was asked for is read, or arrives.
    pub(crate) fn fetches(&mut self, team: &Team) {
        if let Some(page) = self.late_page.take() {
            let is_last = page.is_last;
            let wants = self.mirror.apply_page(page);
            assert!(!wants.contains(&Want::Resume));
            if is_last {
                self.page = Paging::Idle;
            }
        } else if let Paging::From { upto, after } = self.page {
            self.reads_a_page(team, upto, after);
        } else if let Some((id, snapshot)) = self.late.take() {
            self.mirror.apply_conversation(id, snapshot);
        } else if let Some(id) = self.mirror.wanted().next() {
            self.late = Some((id, snapshot(team, self.hand, id)));
        }
    }

    /// One conversation a page: the first fixes the position, later ones read the present.
    fn reads_a_page(&mut self, team: &Team, upto: u64, after: Option<ConversationId>) {
        let upto = if after.is_none() { position(team.log.len()) } else { upto };
        let next = team.conversations.keys().find(|id| after.is_none_or(|after| **id > after));
        let snapshots = next.and_then(|id| snapshot(team, self.hand, *id)).into_iter().collect();
        self.late_page = Some(Page { upto, snapshots, is_last: next.is_none() });
        if let Some(id) = next {
            self.page = Paging::From { upto, after: Some(*id) };
        }
    }

    /// Whether nothing is under way.
    fn is_quiet(&self) -> bool {
        matches!(self.page, Paging::Idle)
            && self.late.is_none()
            && self.mirror.wanted().next().is_none()
    }

    /// Everything arrives; then the mirror equals what the server would say.
    pub(crate) fn settles(&mut self, team: &Team) -> Result<(), String> {
        self.dies_after = None;
        self.listens(team);
        for _ in 0..100 {
            if self.is_quiet() {
                return self.equals(team);
            }
            self.fetches(team);
        }
        Err(format!("P4: {:?} never settles", self.hand))
    }

    fn equals(&self, team: &Team) -> Result<(), String> {
        let mut rows: Vec<(&Head, u64)> = Vec::new();
        for (id, conversation) in &team.conversations {
            let held = self.mirror.conversations.get(id);
            let told = snapshot(team, self.hand, *id);
            match (&told, held) {
                (None, None) => {}
                (Some(Snapshot::Head { head }), Some(Mirrored::Head(held))) if head == held => {
                    rows.push((&conversation.head, 0));
                }
                (
                    Some(Snapshot::Full { view, lines, notes, coaching, .. }),
                    Some(Mirrored::Full(full)),
                ) => {
                    let same = **view == full.view
                        && coaching.iter().eq(full.coaching.values())
                        && lines.iter().all(|line| full.lines.get(&line.seq) == Some(line))
                        && notes.iter().all(|note| full.notes.get(&note.revision) == Some(note))
                        && full
                            .lines
                            .keys()
                            .copied()
                            .eq(full.from_seq..=view.conversation.head.last_seq);
                    if !same {
                        return Err(format!("P4: {:?}: {told:?} is not {full:?}", self.hand));
                    }
                    rows.push((&conversation.head, unread(view)));
                }
                _ => return Err(format!("P4: {:?}: {told:?} is not {held:?}", self.hand)),
            }
        }
        if fingerprint(rows) != self.mirror.fingerprint() {
            return Err("the fingerprints differ".to_owned());
        }
        Ok(())
    }
}

fn reset(upto: u64) -> ServerFrame {
    ServerFrame::Reset { reason: ResetReason::ScopeChanged, upto, after_ms: 0 }
}

fn position(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

/// What the server shows of a conversation: the newest lines only.
pub(crate) fn snapshot(team: &Team, hand: Hand, id: ConversationId) -> Option<Snapshot> {
    let conversation = team.conversations.get(&id)?.clone();
    match team.sights[&hand.agent].level(Scope::of(&conversation.head)) {
        Level::None => None,
        Level::Head => Some(Snapshot::Head { head: conversation.head }),
        Level::Full => {
            let rows = team.rows.get(&id).map_or(&[][..], Vec::as_slice);
            let lines = rows[rows.len().saturating_sub(3)..].to_vec();
            let from_seq = lines.first().map_or(1, |line| line.seq);
            let notes = team.notes.get(&id).cloned().unwrap_or_default();
            let view = ConversationView {
                conversation,
                contact: team.cards.get(&id).cloned().unwrap_or_default(),
                preview: rows.last().cloned(),
                read_seq: team.reads.get(&(hand.agent, id)).copied().unwrap_or(0),
            };
            let (view, coaching) = (Box::new(view), coaching(team, hand, id));
            Some(Snapshot::Full { view, from_seq, lines, notes, coaching })
        }
    }
}

/// The coaching notes of a conversation that are for this agent, or that they supervise.
fn coaching(team: &Team, hand: Hand, id: ConversationId) -> Vec<CoachNote> {
    let viewer = &team.sights[&hand.agent].viewer;
    let of_it = team.log.iter().filter(|logged| logged.event.conversation_id == Some(id));
    let for_them = |logged: &&Logged| match logged.route {
        Route::Coaching { agent, team } => agent == viewer.agent || viewer.supervises(team),
        Route::Conversation { .. }
        | Route::Agent(_)
        | Route::Everyone
        | Route::Setting { .. }
        | Route::Nobody => false,
    };
    let mut notes: Vec<_> =
        of_it.filter(for_them).filter_map(|logged| coached(&logged.event)).collect();
    notes.drain(..notes.len().saturating_sub(COACHING_MAX));
    notes
}
