//! One group of work, decided in memory: each member on the state that those before it left.
//!
//! The caller fills a [`State`] with what the members look at, calls [`decide`], writes what
//! changed and publishes [`State::batches`]. Where the rows lie and how they are locked is the
//! caller's business.

mod act;
mod aside;
mod begin;
pub mod beside;
mod changes;
mod conditional;
mod contact;
mod files;
mod load;
pub mod note;
mod past;
pub mod policies;
mod react;
mod receive;
mod route;
pub mod senders;
pub mod set;
pub mod state;
pub mod trial;
pub mod work;

use baton_protocol::{Epoch, Timestamp};

use conditional::Found;
pub use react::Awake;
pub use senders::{Book, KnownSender, sightings};
pub use set::{SetProblem, SetRefused, SetWork};
pub use state::{Channel, Key, State};
pub use work::{
    BeginWork, BlockedWork, Caller, ClaimAnswer, ClaimWork, ClassifiedWork, CommandWork, Done,
    FileWork, FreshIds, HandBackWork, LookWork, MessageAt, OfferEndWork, OutcomesWork, Post,
    RehomeWork, RescueWork, ResultWork, RouteWork, SettingWork, UnparkWork, Work,
};

/// Decides a group and returns the answer to each member, in the order of the members.
///
/// Members are decided by [`Work::rank`]: what came from outside, results, commands, routing,
/// claims.
/// Positions follow those in `state.heads`. Afterwards `state` is as reading it back would give it.
pub fn decide(state: &mut State, group: &[&Work], epoch: Epoch, now: Timestamp) -> Vec<Done> {
    let found = Found::planted(state);
    let mut order: Vec<(usize, &Work)> = group.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, work)| work.rank());
    let mut done: Vec<(usize, Done)> = Vec::with_capacity(group.len());
    for (place, work) in order {
        let from = state.entries.len();
        let touched = react::settle(state, work, now);
        let answer = match (&found, work) {
            (Some(found), Work::Command(work)) => Done::Command(found.command(state, work, now)),
            _ => decide_one(state, work, epoch, now),
        };
        react::react(state, now);
        react::ring_changed(state, &touched, now);
        react::due(state, work, from, now);
        done.push((place, answer));
    }
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, done)| done).collect()
}

fn decide_one(state: &mut State, work: &Work, epoch: Epoch, now: Timestamp) -> Done {
    match work {
        Work::Command(work) => return Done::Command(act::command(state, work, now)),
        Work::Outcomes(work) => return Done::Outcomes(act::outcomes(state, work)),
        Work::Claim(work) => return Done::Claim(act::claim(state, work, now)),
        Work::Begin(work) => return Done::Begun(begin::begin(state, work, now)),
        Work::Set(work) => return Done::Set(set::set(state, work, epoch, now)),
        Work::Post(post) => receive::post(state, post, epoch, now),
        Work::Result(work) => act::result(state, work, now),
        Work::Rescue(work) => act::rescue(state, work, now),
        Work::Unpark(work) => act::unpark(state, work, now),
        Work::Restored(at) => act::restored(state, *at, now),
        Work::File(work) => act::file(state, work, now),
        // What is due has rung already.
        Work::Look(_) => {}
        Work::Rehome(work) => act::rehome(state, work, now),
        Work::Setting(work) => act::setting(state, work, now),
        Work::Blocked(work) => act::blocked(state, work, now),
        Work::HandBack(work) => route::hand_back(state, work, now),
        Work::Route(work) => route::route(state, work, now),
        Work::OfferEnd(work) => route::end(state, work, now),
        Work::Classified(work) => return react::classify(state, work, now),
    }
    Done::Nothing
}
