//! Rules that a team sets up. What they do says [`crate::auto::rules`].

mod contradiction;
mod steps;

use baton_protocol::setting::{Holds, Rule, RuleAction, SettingKind, Test, Trigger};

pub use contradiction::contradiction;

use super::text::{count, language, last_day, lines, name, number};
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::text::find::Phrase;
use crate::text::fold::{fold, named};

/// Values that one test names.
const VALUES_MAX: usize = 100;
const WORD_CHARS_MAX: usize = 200;

impl SettingRules for Rule {
    fn check(&mut self, around: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        self.check_clock()?;
        count("if", self.tests.len(), 30)?;
        self.tests.iter_mut().try_for_each(check_test)?;
        self.check_tests()?;
        steps::check(self.when, &self.then, around)?;
        last_day("until", self.until.as_deref())?;
        self.check_burial()
    }

    fn names(&self) -> Vec<Name> {
        let setting = |field, kind, id| Name { field, target: Target::Setting(kind, id) };
        let hours = self.hours.map(|id| setting("hours", SettingKind::Schedule, id));
        let tests = self.tests.iter().flat_map(|test| -> Vec<Target> {
            match test {
                Test::Channel { any_of, .. } => {
                    any_of.iter().map(|id| Target::Channel(*id)).collect()
                }
                Test::Team { any_of, .. } => any_of.iter().map(|id| Target::Team(*id)).collect(),
                Test::Tag { any_of, .. } => {
                    any_of.iter().map(|id| Target::Setting(SettingKind::Tag, *id)).collect()
                }
                Test::Hours { schedule, .. } => {
                    vec![Target::Setting(SettingKind::Schedule, *schedule)]
                }
                Test::Text { .. }
                | Test::Kind { .. }
                | Test::Owner { .. }
                | Test::Status { .. }
                | Test::Language { .. }
                | Test::Known { .. }
                | Test::FromAd { .. } => Vec::new(),
            }
        });
        let tests = tests.map(|target| Name { field: "if", target });
        let then = self.then.iter().flat_map(steps::targets);
        let then = then.map(|target| Name { field: "then", target });
        hours.into_iter().chain(tests).chain(then).collect()
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }

    fn exact_key(&self) -> Option<String> {
        Some(named(&self.name))
    }
}

/// The parts of a rule that have to fit each other.
trait Whole {
    fn check_clock(&self) -> Result<(), Wrong>;
    fn check_tests(&self) -> Result<(), Wrong>;
    fn check_burial(&self) -> Result<(), Wrong>;
    fn is_said(&self) -> bool;
}

impl Whole for Rule {
    fn check_clock(&self) -> Result<(), Wrong> {
        match (self.when.is_clock(), self.after_min) {
            (true, None) => Err(Wrong::new("after_min", "must say after how many minutes")),
            (true, Some(left)) if self.when == Trigger::WindowLeft => {
                if self.hours.is_some() {
                    return Err(Wrong::new("hours", "counts nothing of WhatsApp's 24 hours"));
                }
                number("after_min", left, 1, 1_439)
            }
            (true, Some(after)) => number("after_min", after, 1, 525_600),
            (false, None) if self.hours.is_none() => Ok(()),
            (false, Some(_)) => Err(Wrong::new("after_min", "is for rules that a clock wakes")),
            (false, None) => Err(Wrong::new("hours", "is for rules that a clock wakes")),
        }
    }

    fn check_tests(&self) -> Result<(), Wrong> {
        let of_line = |test: &&Test| {
            matches!(test, Test::Text { .. } | Test::Kind { .. } | Test::FromAd { .. })
        };
        if !self.is_said() && self.tests.iter().any(|test| of_line(&test)) {
            return Err(Wrong::new("if", "tests what is said, and nothing said wakes the rule"));
        }
        match contradiction(&self.tests).filter(|_| self.holds == Holds::All) {
            Some((one, other)) => {
                let problem = format!("tests {} and {} never hold together", one + 1, other + 1);
                Err(Wrong::new("if", problem))
            }
            None => Ok(()),
        }
    }

    /// A rule must not bury what somebody said: it knows what that is, or leaves it open. What
    /// wakes a rule while a customer waits never resolves, since nobody has answered.
    fn check_burial(&self) -> Result<(), Wrong> {
        let resolves = self.then.iter().any(|action| matches!(action, RuleAction::Resolve { .. }));
        let waits = match self.when {
            Trigger::EpisodeOpened
            | Trigger::Unanswered
            | Trigger::Unassigned
            | Trigger::WindowLeft => true,
            Trigger::Message
            | Trigger::FirstMessage
            | Trigger::OwnerChanged
            | Trigger::StatusChanged
            | Trigger::Tagged
            | Trigger::Resolved
            | Trigger::Limited
            | Trigger::Idle => false,
        };
        if resolves && waits {
            return Err(Wrong::new("then", "must not resolve what nobody has answered"));
        }
        let snoozes = self.then.iter().any(|action| matches!(action, RuleAction::Snooze { .. }));
        if snoozes && self.when == Trigger::EpisodeOpened {
            return Err(Wrong::new("then", "must not put aside what nobody has read"));
        }
        let buries = |action: &RuleAction| {
            matches!(action, RuleAction::Resolve {} | RuleAction::Snooze { .. })
        };
        let is_known = |test: &Test| {
            matches!(
                test,
                Test::Text { exactly: true, not: false, .. } | Test::Kind { not: false, .. }
            )
        };
        let knows = match self.holds {
            Holds::All => self.tests.iter().any(is_known),
            Holds::Any => !self.tests.is_empty() && self.tests.iter().all(is_known),
        };
        if self.is_said() && self.then.iter().any(buries) && !knows {
            let problem =
                "must not put a message aside unless a test says exactly which text or kind";
            return Err(Wrong::new("then", problem));
        }
        Ok(())
    }

    fn is_said(&self) -> bool {
        matches!(self.when, Trigger::Message | Trigger::FirstMessage)
    }
}

fn check_test(test: &mut Test) -> Result<(), Wrong> {
    let values = match test {
        Test::Text { any_of, .. } => {
            any_of.iter_mut().for_each(|word| *word = word.trim().to_owned());
            any_of.iter().try_for_each(|word| lines("if", word, WORD_CHARS_MAX))?;
            if any_of.iter().any(|word| Phrase::new(word).is_empty()) {
                return Err(Wrong::new("if", "must name words or emoji"));
            }
            any_of.len()
        }
        Test::Kind { any_of, .. } => any_of.len(),
        Test::Language { any_of, .. } => {
            any_of.iter().try_for_each(|tag| language("if", tag))?;
            any_of.len()
        }
        Test::Channel { any_of, .. } => any_of.len(),
        Test::Team { any_of, .. } => any_of.len(),
        Test::Status { any_of, .. } => any_of.len(),
        Test::Tag { any_of, .. } => any_of.len(),
        Test::Owner { .. } | Test::Hours { .. } | Test::Known { .. } | Test::FromAd { .. } => 1,
    };
    if values == 0 {
        return Err(Wrong::new("if", "has a test that names nothing"));
    }
    count("if", values, VALUES_MAX)
}
