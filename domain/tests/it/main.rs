//! The rules of the domain, told as stories and hunted for exceptions.

#[cfg(test)]
mod acknowledging;
#[cfg(test)]
mod amended;
#[cfg(test)]
mod answered;
#[cfg(test)]
mod answered_play;
#[cfg(test)]
mod answering;
#[cfg(test)]
mod asking;
#[cfg(test)]
mod automatic;
#[cfg(test)]
mod blocked;
#[cfg(test)]
mod board;
#[cfg(test)]
mod bots;
#[cfg(test)]
mod canned;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod classifying;
#[cfg(test)]
mod client;
#[cfg(test)]
mod coaching;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod doubt;
#[cfg(test)]
mod episodes;
#[cfg(test)]
mod fields;
mod finding;
mod following;
#[cfg(test)]
mod forwarding;
#[cfg(test)]
mod group;
mod groups;
#[cfg(test)]
mod language;
#[cfg(test)]
mod marketing;
#[cfg(test)]
mod meant_rules;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod month;
#[cfg(test)]
mod odd_rules;
#[cfg(test)]
mod offers;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod outward;
#[cfg(test)]
mod ownership;
#[cfg(test)]
mod past;
#[cfg(test)]
mod person;
#[cfg(test)]
mod predicates;
#[cfg(test)]
mod presets;
#[cfg(test)]
mod priority;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod remembered;
#[cfg(test)]
mod reminders;
#[cfg(test)]
mod reporting;
#[cfg(test)]
mod reporting_episodes;
#[cfg(test)]
mod reporting_hours;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod rule_cost;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod seeing;
#[cfg(test)]
mod sendable;
#[cfg(test)]
mod setting;
#[cfg(test)]
mod sla;
#[cfg(test)]
mod staff;
#[cfg(test)]
mod status;
#[cfg(test)]
mod storms;
#[cfg(test)]
mod stretch;
#[cfg(test)]
mod survey;
#[cfg(test)]
mod tagging;
#[cfg(test)]
mod team;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod trying;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod week;
#[cfg(test)]
mod wishes;
