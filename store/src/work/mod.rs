//! Work that workers claim, put off and finish, in short transactions of their own: a file for each
//! kind.

pub mod assign;
pub mod block;
pub mod classify;
pub mod context;
pub mod courtesy;
pub mod draft;
pub mod erase;
pub mod errand;
pub mod files;
pub mod health;
mod heard;
pub mod logo;
pub mod look;
pub mod node;
pub mod not_understood;
pub mod notice;
pub mod number_news;
pub mod past;
pub mod probe;
pub mod push;
pub mod quarantine;
pub mod searchable;
pub mod summary;
pub mod sweep;
pub mod template;
pub mod uploads;
pub mod webhook;
