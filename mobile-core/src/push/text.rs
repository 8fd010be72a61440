//! The texts of a notification: from the server, or a key that the app translates.

use baton_protocol::Timestamp;

use crate::push::payload::Kind;

/// Characters of a title at most; more is cut.
pub const TITLE_CHARS_MAX: usize = 128;
/// Characters of a body at most; more is cut.
pub const BODY_CHARS_MAX: usize = 1024;

/// A text without details: a key of the app's translations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Generic {
    /// A conversation is offered.
    Offer,
    /// A conversation became this agent's.
    Assigned,
    /// A conversation of this agent is open again.
    Reopened,
    /// A message of this agent was not sent as written.
    Review,
    /// Something waits in a team's queue.
    Queue,
    /// A customer wrote.
    Message,
    /// A colleague asks for this agent.
    Mention,
    /// A reminder of this agent rings.
    Reminder,
    /// A number stands otherwise at Meta.
    Number,
    /// Somebody waits for too long.
    Sla,
    /// A summary.
    Digest,
    /// Something happened; the app will tell what.
    Activity,
    /// The event is over.
    Expired,
    /// The event is settled.
    Settled,
}

impl Generic {
    /// All of them, for the app's tables of translations.
    pub const ALL: [Self; 14] = [
        Self::Offer,
        Self::Assigned,
        Self::Reopened,
        Self::Review,
        Self::Queue,
        Self::Message,
        Self::Mention,
        Self::Reminder,
        Self::Number,
        Self::Sla,
        Self::Digest,
        Self::Activity,
        Self::Expired,
        Self::Settled,
    ];

    /// The key of its translations.
    pub fn loc_key(self) -> &'static str {
        match self {
            Self::Offer => "push.offer",
            Self::Assigned => "push.assigned",
            Self::Reopened => "push.reopened",
            Self::Review => "push.review",
            Self::Queue => "push.queue",
            Self::Message => "push.message",
            Self::Mention => "push.mention",
            Self::Reminder => "push.reminder",
            Self::Number => "push.number",
            Self::Sla => "push.sla",
            Self::Digest => "push.digest",
            Self::Activity => "push.activity",
            Self::Expired => "push.expired",
            Self::Settled => "push.settled",
        }
    }

    /// The text where the app has no translation.
    pub fn english(self) -> &'static str {
        match self {
            Self::Offer => "A conversation is offered to you",
            Self::Assigned => "A conversation is yours",
            Self::Reopened => "A conversation is open again",
            Self::Review => "A message of yours needs a look",
            Self::Queue => "A customer is waiting in your queue",
            Self::Message => "A customer wrote",
            Self::Mention => "A colleague asks you to look",
            Self::Reminder => "A reminder of yours is due",
            Self::Number => "A number of yours needs a look",
            Self::Sla => "A customer has been waiting for long",
            Self::Digest => "Conversations are waiting",
            Self::Activity => "Something new in Baton",
            Self::Expired => "An offer is over",
            Self::Settled => "Already taken care of",
        }
    }
}

impl From<Kind> for Generic {
    fn from(kind: Kind) -> Self {
        kind.spec().generic
    }
}

/// Words about customers: never printed for debugging, a log might keep them.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    title: String,
    body: String,
    lines: Vec<SaidLine>,
}

/// A line that the body is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct SaidLine {
    /// The name of who wrote it.
    pub sender: String,
    /// The text.
    pub text: String,
    /// The time when it was written.
    pub at: Timestamp,
}

impl Words {
    /// Cuts what is too long for a notification and takes out what is no text; `None` when
    /// nothing is left to be shown.
    pub fn new(title: &str, body: &str) -> Option<Self> {
        let (title, body) = (clean(title, TITLE_CHARS_MAX), clean(body, BODY_CHARS_MAX));
        let words = Self { title, body, lines: Vec::new() };
        let is_blank = words.title.trim().is_empty() && words.body.trim().is_empty();
        (!is_blank).then_some(words)
    }

    /// Texts and times of one sender, whose name is the title; `None` when nothing is left to be
    /// shown.
    pub fn of_lines(sender: &str, lines: &[(&str, Timestamp)]) -> Option<Self> {
        let texts: Vec<_> = lines.iter().map(|(text, _)| *text).collect();
        let words = Self::new(sender, &texts.join("\n"))?;
        let line = |(text, at): &(&str, Timestamp)| SaidLine {
            sender: words.title.clone(),
            text: clean(text, BODY_CHARS_MAX),
            at: *at,
        };
        let lines = lines.iter().map(line).collect();
        Some(Self { lines, ..words })
    }

    /// The lines that the body is made of; empty where they are not known one by one.
    pub fn lines(&self) -> &[SaidLine] {
        &self.lines
    }

    /// The first line.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The rest.
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(***)")
    }
}

impl std::fmt::Debug for SaidLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SaidLine(***)")
    }
}

/// Control characters and those that turn the direction of writing could make a notification say
/// what its title denies.
fn clean(text: &str, chars_max: usize) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_text = |c: &char| !turns(*c) && (*c == '\n' || !c.is_control());
    text.chars().filter(is_text).take(chars_max).collect()
}

/// The text of a notification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Text {
    /// A key of the app's translations.
    Generic(Generic),
    /// These words.
    Given(Words),
    /// The title of these words, and a key of the app's translations for what it is about.
    Named(Words, Generic),
}

impl Text {
    /// Title and body that can always be drawn, also without translations.
    pub fn english(&self) -> (&str, &str) {
        match self {
            Self::Generic(generic) => ("Baton", generic.english()),
            Self::Given(words) => (words.title(), words.body()),
            Self::Named(words, generic) => (words.title(), generic.english()),
        }
    }

    /// The lines that the body is made of; empty where they are not known one by one.
    pub fn lines(&self) -> &[SaidLine] {
        match self {
            Self::Generic(_) | Self::Named(..) => &[],
            Self::Given(words) => words.lines(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_and_cleaned_and_never_blank() {
        let words = Words::new("\u{202e}Ana\u{7}", &"é".repeat(3000)).unwrap();
        assert_eq!((words.title(), words.body().chars().count()), ("Ana", BODY_CHARS_MAX));
        assert_eq!(Words::new(" \u{0}", "\n"), None);
    }

    #[test]
    fn words_are_not_printed() {
        let at = Timestamp::from_ms(1);
        let words = Words::of_lines("Lucía", &[("Hola", at)]).unwrap();
        assert!(!format!("{:?} {:?}", words.lines(), Text::Given(words.clone())).contains("Hola"));
    }

    #[test]
    fn lines_say_together_what_the_body_says() {
        let at = Timestamp::from_ms;
        let words = Words::of_lines("\u{202e}Ana", &[("One", at(1)), ("Two\u{7}", at(2))]).unwrap();
        assert_eq!((words.title(), words.body()), ("Ana", "One\nTwo"));
        let lines = words.lines().iter().map(|line| (&*line.sender, &*line.text, line.at.ms()));
        assert_eq!(lines.collect::<Vec<_>>(), [("Ana", "One", 1), ("Ana", "Two", 2)]);
    }

    #[test]
    fn every_generic_text_has_a_key_of_its_own_and_english_words() {
        let keys: std::collections::BTreeSet<_> =
            Generic::ALL.iter().map(|generic| generic.loc_key()).collect();
        assert_eq!(keys.len(), Generic::ALL.len());
        assert!(Generic::ALL.iter().all(|generic| !generic.english().is_empty()));
    }
}
