//! What lists promise.

mod budgets;
mod diffing;
mod drawing;
mod histories;
mod listener;
mod mailboxes;
mod observing;
mod phone;
mod timelines;
