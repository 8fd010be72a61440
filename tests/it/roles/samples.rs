//! One of each kind of command and frame. Each names its successor by a `match` over all kinds: a
//! new one does not compile until somebody says where it stands.

use std::iter::successors;

use baton_protocol::command::{
    Assign, Claim, Following, Forward, Link, MarkRead, MarkUnread, NameContact, NoteText, Nothing,
    OfMessage, OfOffer, Reply, Resend, Seeing, Send, SetAttributes, SetLanguage, SetPriority,
    Snooze, Tagging, Transfer, Unassign,
};
use baton_protocol::frame::{ClientFrame, Compose, ComposeAction, Draft, View};
use baton_protocol::{
    AgentId, Button, Coach, CommandBody, ConversationId, Details, Frame, LineAt, MessageId,
    OfferId, Owner, Priority, Remind, SettingId, Timestamp,
};

/// What samples are about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub(super) conversation: ConversationId,
    pub(super) message: MessageId,
    pub(super) owner: AgentId,
    pub(super) owner_epoch: u64,
    pub(super) later: Timestamp,
    pub(super) tag: SettingId,
    pub(super) attribute: SettingId,
}

impl About {
    /// Every kind of command.
    pub(super) fn commands(self) -> Vec<CommandBody> {
        let (text, quoted) = ("a".to_owned(), Some(self.message));
        let first =
            Reply { text, seen: None, quoted, replaces: None, ignore_lease: true, canned: None };
        successors(Some(CommandBody::Reply(first)), |body| self.after(body)).collect()
    }

    fn after(self, body: &CommandBody) -> Option<CommandBody> {
        use CommandBody as Body;
        let (exceed_capacity, seen) = (true, None);
        let (expect_owner_epoch, message_id) = (self.owner_epoch, self.message);
        Some(match body {
            Body::Reply(_) => {
                let buttons = vec![Button { id: "a".to_owned(), title: "a".to_owned() }];
                let details = Details::Buttons { buttons, frame: Frame::default() };
                Body::Send(Send {
                    text: Some("a".to_owned()),
                    details: Box::new(details),
                    seen,
                    quoted: None,
                    replaces: None,
                    ignore_lease: true,
                    canned: None,
                })
            }
            Body::Send(_) => {
                let of = LineAt { conversation_id: self.conversation, message_id };
                Body::Forward(Forward { of, seen, ignore_lease: true })
            }
            Body::Forward(_) => Body::Note(NoteText::from("a".to_owned())),
            Body::Note(_) => Body::Coach(Coach { text: "a".to_owned(), expect_owner_epoch }),
            Body::Coach(_) => Body::Claim(Claim { expect_owner_epoch, exceed_capacity }),
            Body::Claim(_) => {
                // To the owner it is given already, which would be accepted as it stands.
                let agent_id = self.owner;
                Body::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity })
            }
            Body::Assign(_) => Body::Unassign(Unassign { expect_owner_epoch }),
            Body::Unassign(_) => {
                let (to, note) = (Owner::Agent(self.owner), Some("a".to_owned()));
                Body::Transfer(Transfer { to, expect_owner_epoch, seen, note, exceed_capacity })
            }
            Body::Transfer(_) => Body::Resolve(seen.into()),
            Body::Resolve(_) => Body::Reopen(Nothing {}),
            Body::Reopen(_) => Body::MarkWaiting(Seeing { seen }),
            Body::MarkWaiting(_) => Body::Snooze(Snooze { until: self.later, seen }),
            Body::Snooze(_) => Body::MarkRead(MarkRead { seq: 1 }),
            Body::MarkRead(_) => Body::MarkUnread(MarkUnread { seq: 1 }),
            Body::MarkUnread(_) => Body::Resend(Resend { message_id, seen, ignore_lease: true }),
            Body::Resend(_) => Body::MarkSent(OfMessage { message_id }),
            Body::MarkSent(_) => Body::Cancel(OfMessage { message_id }),
            Body::Cancel(_) => Body::SendNow(OfMessage { message_id }),
            Body::SendNow(_) => Body::Follow(Following { agent_id: None }),
            Body::Follow(_) => Body::Unfollow(Following { agent_id: None }),
            Body::Unfollow(_) => Body::Block(Nothing {}),
            Body::Block(_) => Body::Unblock(Nothing {}),
            Body::Unblock(_) => Body::Unlink(Nothing {}),
            Body::Unlink(_) => Body::Link(Link { with: self.conversation }),
            Body::Link(_) => Body::AcceptOffer(OfOffer { offer_id: OfferId(self.owner.0) }),
            Body::AcceptOffer(of) => Body::DeclineOffer(of.clone()),
            Body::DeclineOffer(_) => Body::NameContact(NameContact { name: Some("a".to_owned()) }),
            Body::NameContact(_) => Body::Tag(Tagging { add: vec![self.tag], remove: Vec::new() }),
            Body::Tag(_) => Body::SetAttributes(SetAttributes {
                set: [(self.attribute, true.into())].into(),
                clear: Vec::new(),
            }),
            Body::SetAttributes(_) => {
                Body::SetLanguage(SetLanguage { language: Some("pt".to_owned()) })
            }
            Body::SetLanguage(_) => {
                let (priority, reason) = (Priority::High, Some("a".to_owned()));
                Body::SetPriority(SetPriority { priority, reason })
            }
            Body::SetPriority(_) => {
                let (at, text) = (Some(self.later), Some("a".to_owned()));
                Body::Remind(Remind { at, follow_up: true, text, seen })
            }
            Body::Remind(_) => return None,
        })
    }

    /// Every kind of frame that names a conversation, with its name; commands are sampled above,
    /// and giving up composing needs no permission.
    pub(super) fn frames(self) -> Vec<(&'static str, ClientFrame)> {
        let first = self.composes(ComposeAction::Start);
        let frames = successors(Some(first), |frame| self.after_frame(frame));
        frames.map(|frame| (name(&frame), frame)).collect()
    }

    fn after_frame(self, frame: &ClientFrame) -> Option<ClientFrame> {
        let conversation_id = self.conversation;
        Some(match frame {
            ClientFrame::Compose(Compose { action, .. }) => match action {
                ComposeAction::Start => self.composes(ComposeAction::Keep),
                ComposeAction::Keep => self.composes(ComposeAction::TakeOver),
                ComposeAction::TakeOver | ComposeAction::Stop => {
                    ClientFrame::View(View { conversation_id: Some(conversation_id) })
                }
            },
            ClientFrame::View(_) => {
                ClientFrame::Draft(Draft { conversation_id, text: "whatever".to_owned() })
            }
            ClientFrame::Draft(_)
            | ClientFrame::Hello(_)
            | ClientFrame::Command { .. }
            | ClientFrame::Presence(_)
            | ClientFrame::Ack(_) => return None,
        })
    }

    fn composes(self, action: ComposeAction) -> ClientFrame {
        ClientFrame::Compose(Compose { conversation_id: self.conversation, action })
    }
}

fn name(frame: &ClientFrame) -> &'static str {
    match frame {
        ClientFrame::Hello(_) => "hello",
        ClientFrame::Command { .. } => "command",
        ClientFrame::Compose(_) => "compose",
        ClientFrame::View(_) => "view",
        ClientFrame::Draft(_) => "draft",
        ClientFrame::Presence(_) => "presence",
        ClientFrame::Ack(_) => "ack",
    }
}
