//! Many phrases, looked for in a text together. The cost follows the words of the text, not the
//! number of phrases: each word leads to the phrases that begin with it.

use std::collections::{BTreeMap, BTreeSet};

use super::phrase::{Phrase, Spoken};

/// The node at which all phrases begin.
const ROOT: u32 = 0;

/// Phrases and the tests that name them. Each test has a number.
#[derive(Clone, Debug, Default)]
pub struct Phrases {
    words: Vocabulary,
    /// The phrases as a tree: the nodes that words lead to from each node.
    tree: Vec<BTreeMap<u32, u32>>,
    /// The tests whose phrases end at a node.
    ends: BTreeMap<u32, BTreeSet<usize>>,
    /// The tests that name a text as a whole.
    whole: BTreeMap<Vec<String>, BTreeSet<usize>>,
}

/// A phrase as it is given to [`Phrases::new`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sought {
    /// Its words.
    pub phrase: Phrase,
    /// Whether the text has to say nothing else.
    pub exactly: bool,
    /// The number of the test.
    pub test: usize,
}

impl Phrases {
    /// These phrases. Those without words are never found.
    pub fn new(sought: impl IntoIterator<Item = Sought>) -> Self {
        let said = sought.into_iter().filter(|sought| !sought.phrase.0.is_empty());
        let (whole, parts): (Vec<_>, Vec<_>) = said.partition(|sought| sought.exactly);
        let words = Vocabulary::new(parts.iter().flat_map(|sought| &sought.phrase.0));
        let mut phrases = Self { words, tree: vec![BTreeMap::new()], ..Self::default() };
        for Sought { phrase: Phrase(words), test, .. } in whole {
            phrases.whole.entry(words).or_default().insert(test);
        }
        for Sought { phrase, test, .. } in parts {
            let node = phrases.grow(&phrase);
            phrases.ends.entry(node).or_default().insert(test);
        }
        phrases
    }

    /// The node at which a phrase ends.
    fn grow(&mut self, Phrase(words): &Phrase) -> u32 {
        let mut node = ROOT;
        for word in words.iter().filter_map(|word| self.words.number(word)) {
            let new = number(self.tree.len());
            let Some(next) = self.tree.get_mut(place(node)) else { break };
            node = *next.entry(word).or_insert(new);
            if node == new {
                self.tree.push(BTreeMap::new());
            }
        }
        node
    }

    /// The tests of which a phrase is in a text: its words stand there one after the other, as
    /// whole words. Scripts that have no blanks between words are looked through.
    pub fn found(&self, spoken: &Spoken) -> BTreeSet<usize> {
        self.look(spoken).0
    }

    /// The tests, and the number of steps that looking for them took. With its emoji a text has no
    /// phrase that it has not without, but those with emoji.
    fn look(&self, Spoken { words, signed }: &Spoken) -> (BTreeSet<usize>, usize) {
        let (mut found, mut steps) = (BTreeSet::new(), 0);
        for text in std::iter::once(words).chain(signed) {
            steps += self.look_in(text, &mut found);
        }
        (found, steps)
    }

    /// Adds the tests of which a phrase is in these words. Returns the number of steps.
    fn look_in(&self, text: &[(String, bool)], found: &mut BTreeSet<usize>) -> usize {
        if !self.whole.is_empty() {
            let text: Vec<String> = text.iter().map(|(word, _)| word.clone()).collect();
            found.extend(self.whole.get(&text).into_iter().flatten());
        }
        let (words, steps): (Vec<_>, Vec<usize>) =
            text.iter().map(|(word, is_run)| self.words.within(word, *is_run)).unzip();
        let mut steps: usize = steps.into_iter().sum();
        let mut ended = BTreeSet::new();
        for from in 0..words.len() {
            let mut nodes = vec![ROOT];
            for here in words.iter().skip(from) {
                steps += nodes.len();
                nodes = nodes.into_iter().flat_map(|node| self.next(node, here)).collect();
                ended.extend(nodes.iter().copied().filter(|node| self.ends.contains_key(node)));
                if nodes.is_empty() {
                    break;
                }
            }
        }
        found.extend(ended.iter().filter_map(|node| self.ends.get(node)).flatten());
        steps
    }

    /// The nodes that any of these words leads to.
    fn next(&self, node: u32, words: &BTreeSet<u32>) -> Vec<u32> {
        let Some(next) = self.tree.get(place(node)) else { return Vec::new() };
        if words.len() < next.len() {
            return words.iter().filter_map(|word| next.get(word).copied()).collect();
        }
        let leads = next.iter().filter(|(word, _)| words.contains(word));
        leads.map(|(_, node)| *node).collect()
    }
}

/// Words in their order. Each knows the longest other one that it begins with.
#[derive(Clone, Debug, Default)]
struct Vocabulary {
    words: Vec<String>,
    beginnings: Vec<Option<u32>>,
}

impl Vocabulary {
    fn new<'a>(words: impl IntoIterator<Item = &'a String>) -> Self {
        let words: BTreeSet<&String> = words.into_iter().collect();
        let mut all = Self::default();
        // Those that the newest word begins with, the longest last.
        let mut open: Vec<u32> = Vec::new();
        for word in words {
            let begins = |with: &u32| all.word(*with).is_some_and(|with| word.starts_with(with));
            open.truncate(open.iter().rposition(begins).map_or(0, |last| last + 1));
            all.beginnings.push(open.last().copied());
            open.push(number(all.words.len()));
            all.words.push(word.clone());
        }
        all
    }

    fn word(&self, number: u32) -> Option<&str> {
        self.words.get(place(number)).map(String::as_str)
    }

    fn number(&self, word: &str) -> Option<u32> {
        self.words.binary_search_by(|of| of.as_str().cmp(word)).ok().map(number)
    }

    /// The words that a word of a text stands for, and the number of steps that this took. One
    /// without blanks stands for all that are in it.
    fn within(&self, word: &str, is_run: bool) -> (BTreeSet<u32>, usize) {
        if !is_run {
            return (self.number(word).into_iter().collect(), 1);
        }
        let (mut found, mut steps) = (BTreeSet::new(), 0);
        for (at, _) in word.char_indices() {
            let rest = word.get(at..).unwrap_or_default();
            // In the order, all words between a beginning of the rest and the rest begin alike. So
            // the last one before the rest begins with each beginning that is a word.
            let before = self.words.partition_point(|of| of.as_str() <= rest);
            let mut next = before.checked_sub(1).map(number);
            let same = next.and_then(|number| self.word(number)).map_or(0, |of| same(of, rest));
            steps += 1;
            while let Some(number) = next.filter(|number| !found.contains(number)) {
                steps += 1;
                if self.word(number).is_some_and(|of| of.len() <= same) {
                    found.insert(number);
                }
                next = self.beginnings.get(place(number)).copied().flatten();
            }
        }
        (found, steps)
    }
}

/// The number of bytes with which both begin.
fn same(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a phrase is in a text, by comparing them word by word.
    fn is_in(Phrase(wanted): &Phrase, said: &Spoken, exactly: bool) -> bool {
        let is_it = |(spoken, is_run): &(String, bool), word: &String| {
            spoken == word || (*is_run && !exactly && spoken.contains(word.as_str()))
        };
        let stands =
            |at: &[(String, bool)]| at.iter().zip(wanted).all(|(of, word)| is_it(of, word));
        let is_in = |words: &Vec<(String, bool)>| match (wanted.len(), exactly) {
            (0, _) => false,
            (_, true) => words.len() == wanted.len() && stands(words),
            (len, false) => words.windows(len).any(stands),
        };
        is_in(&said.words) || said.signed.as_ref().is_some_and(is_in)
    }

    fn dice(state: &mut u64, sides: usize) -> usize {
        let lane = crate::fact::chance::next(state);
        usize::try_from(lane % u64::try_from(sides).unwrap()).unwrap()
    }

    /// A text of few signs, so that much of it repeats.
    fn text(state: &mut u64, signs: usize) -> String {
        let of =
            ["a", "b", "ab", " ", "-", " a ", "的", "我", "的的", "ก", "é", "7", "ا", ".", "👍"];
        (0..=dice(state, signs)).map(|_| of[dice(state, of.len())]).collect()
    }

    #[test]
    fn phrases_are_found_as_if_each_was_compared() {
        let mut state = 0x5eed;
        let (mut found, mut missed) = (0, 0);
        for _ in 0..3_000 {
            let sought = |test| Sought {
                phrase: Phrase::new(&text(&mut state, 6)),
                exactly: dice(&mut state, 4) == 0,
                test,
            };
            let all: Vec<Sought> = (0..12).map(sought).collect();
            let phrases = Phrases::new(all.clone());
            let said = text(&mut state, 14);
            let spoken = Spoken::new(&said);
            let expected: BTreeSet<usize> = all
                .iter()
                .filter(|of| is_in(&of.phrase, &spoken, of.exactly))
                .map(|of| of.test)
                .collect();
            found += expected.len();
            missed += all.len() - expected.len();
            assert_eq!(phrases.found(&spoken), expected, "in {said:?}: {all:?}");
        }
        assert!(found > 2_000 && missed > 2_000, "{found} found, {missed} not");
    }

    fn steps(phrases: impl Iterator<Item = String>, said: &str) -> usize {
        let of = |(test, text): (usize, String)| Sought {
            phrase: Phrase::new(&text),
            exactly: false,
            test,
        };
        Phrases::new(phrases.enumerate().map(of)).look(&Spoken::new(said)).1
    }

    #[test]
    fn the_cost_follows_the_words_of_the_text_and_not_the_number_of_phrases() {
        let said = "the order number is late and nobody answers ".repeat(90);
        let words = said.split_whitespace().count();
        for of in [100, 20_000] {
            // All begin with a word of the text, or with one that none of it begins with.
            let one = steps((0..of).map(|n| format!("the order x{n}")), &said);
            let two = steps((0..of).map(|n| format!("x{n} order")), &said);
            assert!(one <= 3 * words && two <= 3 * words, "{one} and {two} of {words} words");
        }
        let said = "我的自行车坏了谢谢".repeat(400);
        let one = steps((0..20_000).map(|n| format!("我的自行车{n}")), &said);
        let two = steps(
            (1..190).map(|n| "我的自行车坏了谢谢".repeat(20).chars().take(n).collect()),
            &said,
        );
        assert!(one <= 4 * 3_600, "{one}");
        assert!(two <= 4 * 3_600, "{two}");
    }
}
