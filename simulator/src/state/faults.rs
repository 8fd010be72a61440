//! Rules by which sends fail, and the failures.

use crate::state::endpoint::Endpoint;
use crate::state::knobs::{Fault, FaultRule, When};

/// The rules with what each has seen.
#[derive(Debug, Default)]
pub(crate) struct FaultState {
    rules: Vec<(FaultRule, u64)>,
}

impl FaultState {
    pub(crate) fn new(rules: &[FaultRule]) -> Self {
        Self { rules: rules.iter().map(|rule| (rule.clone(), 0)).collect() }
    }

    /// The fault of this send, if a rule fires. Every rule that looks at it counts it, except
    /// that `next` counts only the sends it failed.
    pub(crate) fn of(
        &mut self,
        endpoint: Endpoint,
        phone_number_id: &str,
        to: &str,
    ) -> Option<Fault> {
        let mut fired = None;
        for (rule, seen) in &mut self.rules {
            let applies = rule.endpoint == endpoint
                && rule.to.as_deref().is_none_or(|rule_to| rule_to == to)
                && rule.phone_number_id.as_deref().is_none_or(|id| id == phone_number_id);
            if !applies {
                continue;
            }
            let fires = match rule.when {
                When::Always => true,
                When::Next(count) => *seen < count,
                When::Every(nth) => nth > 0 && (*seen + 1).is_multiple_of(nth),
            };
            let counts = !matches!(rule.when, When::Next(_)) || (fires && fired.is_none());
            *seen += u64::from(counts);
            if fires && fired.is_none() {
                fired = Some(rule.fault.clone());
            }
        }
        fired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(rules: &[FaultRule], sends: usize) -> Vec<bool> {
        let mut state = FaultState::new(rules);
        (0..sends).map(|_| state.of(Endpoint::Messages, "1", "2").is_some()).collect()
    }

    #[test]
    fn rules_fire_always_for_the_next_so_many_or_every_so_many() {
        let rule = |when| [FaultRule::new(when, Fault::PairRate)];
        assert_eq!(fired(&rule(When::Always), 3), [true, true, true]);
        assert_eq!(fired(&rule(When::Next(2)), 4), [true, true, false, false]);
        assert_eq!(fired(&rule(When::Every(3)), 6), [false, false, true, false, false, true]);
    }

    #[test]
    fn the_first_rule_that_fires_decides_and_the_second_keeps_its_next() {
        let rules = [
            FaultRule::new(When::Next(1), Fault::Token),
            FaultRule::new(When::Next(1), Fault::Maintenance),
        ];
        let mut state = FaultState::new(&rules);
        assert_eq!(state.of(Endpoint::Messages, "1", "2"), Some(Fault::Token));
        assert_eq!(state.of(Endpoint::Messages, "1", "2"), Some(Fault::Maintenance));
        assert_eq!(state.of(Endpoint::Messages, "1", "2"), None);
    }

    #[test]
    fn a_rule_for_one_kind_of_call_leaves_the_others_alone() {
        let mut rule = FaultRule::new(When::Next(1), Fault::Token);
        rule.endpoint = Endpoint::MediaUpload;
        let mut state = FaultState::new(&[rule]);
        assert_eq!(state.of(Endpoint::Messages, "1", "2"), None);
        assert_eq!(state.of(Endpoint::MediaUpload, "1", ""), Some(Fault::Token));
    }

    #[test]
    fn a_rule_for_one_recipient_leaves_the_others_alone() {
        let mut rule = FaultRule::new(When::Always, Fault::PairRate);
        rule.to = Some("49".to_owned());
        let mut state = FaultState::new(&[rule]);
        assert_eq!(state.of(Endpoint::Messages, "1", "50"), None);
        assert_eq!(state.of(Endpoint::Messages, "1", "49"), Some(Fault::PairRate));
    }
}
