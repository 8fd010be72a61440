//! `apply`: an event is a fact, folding it into a conversation cannot fail.

use baton_protocol::limits::{LAPSED_MAX, LATE_YES_MS};
use baton_protocol::{
    AgentId, Author, Clocks, Conversation, ConversationId, Event, Fact, Head, LapsedOffer, LineRef,
    OfferEnd, Owner, OwnerCause, Priority, SettingId, Status, TagOn, Thread, Turn,
};

use crate::fact::clocks;
use crate::fact::reminders;

/// The conversation that an event begins, if it is the one that begins conversations.
pub fn begin(id: ConversationId, event: &Event) -> Option<Conversation> {
    let Fact::ConversationOpened { channel_id, contact_id, team_id, kind } = &event.fact else {
        return None;
    };
    Some(Conversation {
        head: Head {
            id,
            channel_id: *channel_id,
            team_id: *team_id,
            owner: Owner::Queue(*team_id),
            owner_epoch: 1,
            status: Status::Open,
            episode: 0,
            revision: event.revision.unwrap_or(1),
            last_seq: 0,
            unanswered_since: None,
            activity_at: event.at,
            due_at: None,
            orphaned_at: None,
            priority: Priority::Normal,
        },
        thread: Thread {
            contact_id: *contact_id,
            last_line: None,
            customer_seq: 0,
            turn: None,
            window_until: None,
            last_agent: None,
            followers: Vec::new(),
            tags: Vec::new(),
            language: None,
            block: None,
            marketing: None,
            person: None,
            offer: None,
            lapsed: Vec::new(),
            reminders: Vec::new(),
            clocks: Clocks::default(),
            kind: *kind,
        },
    })
}

/// Folds an event of this conversation into it.
pub fn apply(conversation: &mut Conversation, event: &Event) {
    conversation.head.revision = event.revision.unwrap_or(conversation.head.revision);
    clocks::fold(conversation, event);
    reminders::fold(&mut conversation.thread.reminders, event);
    match &event.fact {
        Fact::EpisodeOpened { episode, .. } => open(conversation, *episode),
        Fact::LineReceived { .. } => hear(conversation, event),
        Fact::LineWritten { line, author, turn, bot, .. } => {
            append(conversation, *line, event);
            if !bot {
                wrote(&mut conversation.thread.last_agent, *author);
            }
            set_turn(conversation, *turn);
        }
        Fact::OwnerChanged { .. } => own(conversation, event),
        Fact::StatusChanged { status, turn, .. } => {
            conversation.head.status = *status;
            conversation.head.orphaned_at.take_if(|_| *status == Status::Resolved);
            set_turn(conversation, *turn);
        }
        Fact::MessageChanged { turn, last_answer, .. } => {
            set_turn(conversation, *turn);
            if let Some(last) = last_answer {
                conversation.thread.last_agent = last.agent_id;
            }
        }
        Fact::Followed { agent_id } => follow(&mut conversation.thread.followers, *agent_id),
        Fact::Unfollowed { agent_id } => {
            conversation.thread.followers.retain(|follower| follower != agent_id);
        }
        Fact::Tagged { added, removed } => tag(&mut conversation.thread.tags, added, removed),
        Fact::BlockChanged { block } => conversation.thread.block = *block,
        Fact::PersonChanged { person } => conversation.thread.person = Some(*person),
        Fact::Routed { offer, .. } => conversation.thread.offer = *offer,
        Fact::OfferEnded { .. } => end_offer(conversation, event),
        Fact::MarketingChanged { marketing } => conversation.thread.marketing = Some(*marketing),
        Fact::DueChanged { due_at } => conversation.head.due_at = *due_at,
        Fact::LanguageChanged { language } => conversation.thread.language.clone_from(language),
        Fact::PriorityChanged { priority } => conversation.head.priority = *priority,
        Fact::HeadChanged { head } => conversation.head = head.clone(),
        Fact::ConversationOpened { .. }
        | Fact::ContactChanged { .. }
        | Fact::LineAmended { .. }
        | Fact::FileChanged { .. }
        | Fact::RuleRan { .. }
        | Fact::ClockDue { .. }
        | Fact::SlaApplied { .. }
        | Fact::BotChanged { .. }
        | Fact::Surveyed { .. }
        | Fact::ReminderSet { .. }
        | Fact::ReminderEnded { .. }
        | Fact::LineUnderstood { .. }
        | Fact::NoteAdded { .. }
        | Fact::Coached { .. }
        | Fact::ReadMarked { .. }
        | Fact::UnreadMarked { .. }
        | Fact::AgentChanged { .. }
        | Fact::TeamChanged { .. }
        | Fact::MembershipChanged { .. }
        | Fact::ChannelChanged { .. }
        | Fact::PasswordSet { .. }
        | Fact::DeviceRevoked { .. }
        | Fact::InvitationChanged { .. }
        | Fact::SettingChanged { .. }
        | Fact::Unknown(_) => {}
    }
}

fn open(conversation: &mut Conversation, episode: u32) {
    let head = &mut conversation.head;
    (head.episode, head.status) = (episode, Status::Open);
    head.priority = Priority::Normal;
    conversation.thread.tags.retain(|on| on.lasting);
}

fn hear(conversation: &mut Conversation, event: &Event) {
    let Fact::LineReceived { line, turn, window_until, .. } = event.fact else { return };
    append(conversation, line, event);
    // What somebody says who is blocked waits for nobody to read it.
    if turn.is_some() {
        conversation.thread.customer_seq = line.seq;
    }
    conversation.thread.window_until = window_until;
    set_turn(conversation, turn);
}

/// Somebody else is responsible. What was taken from an owner who was not there is flagged until an
/// agent owns it.
fn own(conversation: &mut Conversation, event: &Event) {
    let Fact::OwnerChanged { owner, owner_epoch, team_id, cause, keeps_last, .. } = event.fact
    else {
        return;
    };
    let (head, thread) = (&mut conversation.head, &mut conversation.thread);
    (head.owner, head.owner_epoch, head.team_id) = (owner, owner_epoch, team_id);
    if owner.agent().is_some() {
        head.orphaned_at = None;
        thread.lapsed.clear();
        // Owning is no answer: earlier versions took it for one.
        if !keeps_last {
            thread.last_agent = owner.agent();
        }
    } else if matches!(cause, OwnerCause::Absent | OwnerCause::Unreachable) {
        head.orphaned_at = Some(event.at);
    }
}

fn wrote(last: &mut Option<AgentId>, author: Author) {
    if let Author::Agent { id } = author {
        *last = Some(id);
    }
}

fn follow(followers: &mut Vec<AgentId>, agent: AgentId) {
    if let Err(place) = followers.binary_search(&agent) {
        followers.insert(place, agent);
    }
}

fn tag(tags: &mut Vec<TagOn>, added: &[TagOn], removed: &[SettingId]) {
    let is_gone = |tag| removed.contains(&tag) || added.iter().any(|new| new.tag == tag);
    tags.retain(|on| !is_gone(on.tag));
    tags.extend(added);
    tags.sort_by_key(|on| on.tag);
}

fn append(conversation: &mut Conversation, line: LineRef, event: &Event) {
    conversation.head.last_seq = line.seq;
    conversation.head.activity_at = event.at;
    conversation.thread.last_line = Some(line);
}

/// An offer is over. One that nobody answered in time may still be accepted for a while; those that
/// nobody can say yes to any more are forgotten.
fn end_offer(conversation: &mut Conversation, event: &Event) {
    let Fact::OfferEnded { offer_id, agent_id, end } = event.fact else { return };
    let thread = &mut conversation.thread;
    thread.offer.take_if(|offer| offer.offer_id == offer_id);
    if !matches!(end, OfferEnd::Missed | OfferEnd::NotReceived) {
        return;
    }
    thread.lapsed.retain(|one| event.at.since(one.at) < LATE_YES_MS);
    if thread.lapsed.len() >= LAPSED_MAX {
        thread.lapsed.remove(0);
    }
    thread.lapsed.push(LapsedOffer { offer_id, agent_id, at: event.at });
}

fn set_turn(conversation: &mut Conversation, turn: Option<Turn>) {
    conversation.thread.turn = turn;
    conversation.head.unanswered_since = turn.map(|turn| turn.since);
}
