//! The part of plain words that can be counted. It finds long sentences, riddles, comments that say
//! nothing, and references to pages that are not in the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::source::{Source, root, sources};
use crate::{holds, sees};

/// Words of a sentence on a page or in a comment.
const WORDS_MAX: usize = 25;

/// Clauses that open a sentence in place of a noun. Questions may begin with them.
const SUBJECTS: [&str; 6] = ["Who ", "Whoever ", "Whose ", "What ", "Whatever ", "That which "];

/// Phrases that a reader has to solve.
const RIDDLES: [&str; 8] = [
    "none any more",
    "hears so",
    "is told so",
    "as much are",
    "no more of it",
    "says as much",
    "See the head of the file",
    "see the head of the file",
];

/// Doc comments that say nothing: a name, or the page above, says as much as they do.
const EMPTY: [&str; 18] = [
    "Where.",
    "What.",
    "Who.",
    "When.",
    "Why.",
    "How.",
    "As what.",
    "Whom.",
    "Where to.",
    "How fast.",
    "How long.",
    "How many.",
    "How much.",
    "So many.",
    "Who may.",
    "What can.",
    "What came.",
    "What, in words.",
];

/// Words that ask, behind one of [`ABOUT`].
const ASKING: [&str; 7] = ["what", "who", "whom", "which", "where", "when", "how"];

/// Words in front of those that ask: "For whom.", "Since when."
const ABOUT: [&str; 13] =
    ["About", "As", "At", "By", "For", "From", "In", "Of", "On", "Since", "To", "Until", "With"];

/// The marks of comments, the longer ones first.
const COMMENTS: [&str; 3] = ["///", "//!", "//"];

/// Pages that were never part of the repository, named without an ending.
const ABSENT: [&str; 9] = [
    "DESIGN",
    "STYLE",
    "RELIABILITY",
    "WHATSAPP",
    "PUSH",
    "MOBILE",
    "PERFORMANCE",
    "FEATURES",
    "CONSOLE",
];

/// A page for people: at the root or in `docs`. Runs are printed by programs.
fn is_page(file: &Source) -> bool {
    let is_ours = !file.path.contains('/') || file.path.starts_with("docs/");
    file.path.ends_with(".md") && is_ours && !file.path.starts_with("docs/runs/")
}

/// This file names what it forbids.
fn is_rules(file: &Source) -> bool {
    file.path == "tidy/src/words.rs"
}

/// The comments of production code as the lines of a page. A blank line stands for code, and
/// between comments of two kinds.
fn comments(file: &Source) -> Vec<(usize, &str)> {
    let mut all = Vec::new();
    if !file.is_rust() || file.path.starts_with("tests/") {
        return all;
    }
    let mut before = "";
    for (number, line) in file.production() {
        let text = line.trim();
        let mark = COMMENTS.into_iter().find(|mark| text.starts_with(*mark)).unwrap_or_default();
        if mark != before {
            all.push((number, ""));
        }
        if !mark.is_empty() {
            all.push((number, text.strip_prefix(mark).unwrap_or_default()));
        }
        before = mark;
    }
    all
}

/// Paragraphs, list items and table cells with their first line; code blocks are left out.
fn blocks<'a>(lines: impl IntoIterator<Item = (usize, &'a str)>) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let (mut is_code, mut is_open) = (false, false);
    for (number, line) in lines {
        let text = line.trim();
        if text.starts_with("```") {
            (is_code, is_open) = (!is_code, false);
        } else if is_code || text.is_empty() || text.starts_with('#') {
            is_open = false;
        } else if text.starts_with('|') {
            all.extend(text.split('|').map(|cell| (number, cell.trim().to_owned())));
            is_open = false;
        } else if let (true, Some((_, block)), None) = (is_open, all.last_mut(), item(text)) {
            block.push(' ');
            block.push_str(text);
        } else {
            all.push((number, item(text).unwrap_or(text).to_owned()));
            is_open = true;
        }
    }
    all
}

/// The text of a list item.
fn item(text: &str) -> Option<&str> {
    let numbered = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if numbered.len() < text.len() { numbered.strip_prefix(". ") } else { None };
    rest.or_else(|| text.strip_prefix("- ")).or_else(|| text.strip_prefix("* "))
}

/// The sentences of a block. Code in backticks counts as one word, an address or a mark as none.
fn sentences(block: &str) -> Vec<String> {
    let mut plain = String::new();
    let unmarked = block.split("<!--").enumerate().map(|(place, piece)| {
        let after = piece.split_once("-->").map_or("", |(_, after)| after);
        if place == 0 { piece } else { after }
    });
    for (place, piece) in unmarked.collect::<String>().split('`').enumerate() {
        plain.push_str(if place % 2 == 0 { piece } else { "code" });
    }
    while let Some((from, length)) =
        plain.find("](").and_then(|from| Some((from, plain.get(from..)?.find(')')?)))
    {
        plain.replace_range(from..=from + length, "]");
    }
    let mut all = vec![String::new()];
    for word in plain.split_whitespace() {
        let is_end = word.trim_end_matches(['*', '_', ')', ']']).ends_with(['.', '!', '?']);
        if let Some(sentence) = all.last_mut() {
            sentence.push_str(word);
            sentence.push(' ');
        }
        if is_end {
            all.push(String::new());
        }
    }
    all.retain(|sentence| !sentence.is_empty());
    all
}

fn words(sentence: &str) -> usize {
    let is_word = |word: &&str| word.contains(char::is_alphanumeric);
    sentence.split_whitespace().filter(is_word).count()
}

fn long_sentences(file: &Source) -> Vec<String> {
    if is_page(file) { long(file, blocks(file.lines())) } else { Vec::new() }
}

fn long_comments(file: &Source) -> Vec<String> {
    long(file, blocks(comments(file)))
}

fn long(file: &Source, blocks: Vec<(usize, String)>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, block) in blocks {
        for sentence in sentences(&block) {
            let count = words(&sentence);
            if count > WORDS_MAX {
                let start: String = sentence.chars().take(60).collect();
                wrong.push(file.at(number, &format!("a sentence of {count} words: {start}…")));
            }
        }
    }
    wrong
}

fn clauses_as_subjects(file: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, block) in blocks(file.lines()).into_iter().filter(|_| is_page(file)) {
        for sentence in sentences(&block) {
            let text = sentence.trim_start_matches(['*', '_']);
            let is_clause = SUBJECTS.iter().any(|subject| text.starts_with(subject));
            if is_clause && text.trim_end().ends_with(['.', ':']) {
                wrong.push(file.at(number, &format!("a clause as subject: {}", text.trim())));
            }
        }
    }
    wrong
}

/// The names of all pages in the repository.
fn pages() -> &'static BTreeSet<String> {
    static PAGES: OnceLock<BTreeSet<String>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let pages = sources().iter().map(|file| &file.path).filter(|path| path.ends_with(".md"));
        pages.filter_map(|path| Some(path.rsplit('/').next()?.to_owned())).collect()
    })
}

/// Pages named in text or comments that nobody who has the repository can read.
fn references(file: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    if is_rules(file) {
        return wrong;
    }
    // Scripts name files that they make; their comments name pages.
    let is_read = |line: &str| !file.path.ends_with(".sh") || line.trim_start().starts_with('#');
    for (number, line) in file.lines().filter(|(_, line)| is_read(line)) {
        let is_part = |c: char| c.is_alphanumeric() || "_-./".contains(c);
        for token in line.split(|c| !is_part(c)) {
            let Some((page, rest)) = token.split_once(".md") else { continue };
            let name = format!("{}.md", page.rsplit('/').next().unwrap_or_default());
            let is_elsewhere = token.starts_with("//") || rest.starts_with(char::is_alphanumeric);
            if !is_elsewhere && name.len() > 3 && !pages().contains(&name) {
                wrong.push(file.at(number, &format!("{name} is not in the repository")));
            }
        }
        for name in ABSENT {
            if [" section", "'s table", "'s rule"].iter().any(|end| named(line, name, end)) {
                wrong.push(file.at(number, &format!("{name} is not in the repository")));
            }
        }
    }
    wrong
}

fn named(line: &str, name: &str, end: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        line.get(at + name.len()..).is_some_and(|rest| rest.starts_with(end))
            && !line.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric))
    })
}

/// Links of pages that lead nowhere, in the repository or on the page itself.
fn links(file: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in file.lines().filter(|_| is_page(file)) {
        for piece in line.split("](").skip(1) {
            let target = piece.split(')').next().unwrap_or_default();
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let here = root().join(&file.path);
            let there = match path {
                "" => here,
                path => here.parent().map_or_else(root, |folder| folder.join(path)),
            };
            if !there.exists() {
                wrong.push(file.at(number, &format!("{target} is not there")));
            } else if !anchor.is_empty() {
                let text = if path.is_empty() {
                    file.text.clone()
                } else {
                    std::fs::read_to_string(&there).unwrap_or_default()
                };
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                if !headings.any(|heading| slug(heading) == anchor) {
                    wrong.push(file.at(number, &format!("{target}: there is no such heading")));
                }
            }
        }
    }
    wrong
}

/// The anchor of a heading.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn riddles(file: &Source) -> Vec<String> {
    if is_rules(file) || !(is_page(file) || file.is_rust()) {
        return Vec::new();
    }
    let lines = file.lines().filter(|(_, line)| RIDDLES.iter().any(|riddle| line.contains(riddle)));
    lines.map(|(number, line)| file.at(number, line.trim())).collect()
}

/// Whether a line of a doc comment is a bare question: "Which team.", "For whom."
fn is_empty(text: &str) -> bool {
    let words: Vec<&str> = text.trim_end_matches('.').split(' ').collect();
    match words.as_slice() {
        ["Which" | "Whose", ..] => words.len() <= 3,
        [about, asks, ..] if ABOUT.contains(about) && ASKING.contains(asks) => words.len() <= 4,
        _ => EMPTY.contains(&text),
    }
}

fn empty_comments(file: &Source) -> Vec<String> {
    if !file.is_rust() || is_rules(file) {
        return Vec::new();
    }
    let is_bad =
        |line: &str| line.trim().strip_prefix("///").is_some_and(|text| is_empty(text.trim()));
    let lines = file.lines().filter(|(_, line)| is_bad(line));
    lines.map(|(number, line)| file.at(number, line.trim())).collect()
}

#[test]
fn sentences_on_pages_are_short() {
    holds(long_sentences);
    let long = "word ".repeat(26);
    let good = format!("{}. {}", "word ".repeat(25), "`a b` [x](y z) <!-- a `b` -->".repeat(12));
    sees(long_sentences, "docs/a.md", &format!("- {long}."), &good);
    sees(long_sentences, "README.md", &format!("a\n{long}"), &format!("```\n{long}\n```"));
    sees(
        long_sentences,
        "README.md",
        &format!("| {long} |"),
        &format!("| {} |", "a | ".repeat(30)),
    );
    assert!(long_sentences(&Source::new("docs/runs/a.md", &long)).is_empty());
}

#[test]
fn sentences_on_pages_begin_with_a_subject() {
    holds(clauses_as_subjects);
    sees(clauses_as_subjects, "README.md", "A. Whoever asks is told.", "Who asks? Whoever Inc.?");
}

#[test]
fn pages_that_are_named_are_in_the_repository() {
    holds(references);
    sees(references, "a.rs", "// see OTHER.md", "// see README.md and https://a.b/OTHER.md");
    sees(references, "a.rs", "/// As DESIGN section 2 has it.", "/// A design section 2.");
}

#[test]
fn links_on_pages_lead_somewhere() {
    holds(links);
    sees(links, "README.md", "[a](docs/none.md)", "[a](docs/protocol.md) [b](https://a.b/c)");
    sees(links, "README.md", "[a](#none)", "# A `b`: c, d\n[a](#a-b-c-d)");
    sees(links, "docs/a.md", "[a](README.md)", "[a](../README.md)");
}

#[test]
fn sentences_in_comments_are_short() {
    holds(long_comments);
    let (path, half) = ("server/src/a.rs", "word ".repeat(13));
    let long = format!("/// {half}\n    /// {half}");
    let good = format!("/// {half}\n// {half}\n//!\n//! {half}\n//! - {half}");
    sees(long_comments, path, &long, &good);
    sees(long_comments, path, &format!("// {half}\n// {half}"), &format!("/// {half}. {half}"));
    sees(long_comments, path, &long, &format!("#[cfg(test)]\nmod tests {{\n    {long}\n}}"));
    assert!(long_comments(&Source::new("tests/it/a.rs", &long)).is_empty());
}

#[test]
fn pages_and_code_hold_no_riddles() {
    holds(riddles);
    sees(riddles, "docs/a.md", "to a sink; to none any more", "`None` removes the sink");
    sees(riddles, "protocol/src/a.rs", "/// See the head of the file.", "/// A queue of jobs.");
}

#[test]
fn doc_comments_say_something() {
    holds(empty_comments);
    let good = "    /// Where the agent lives.\n/// Which number it concerns.\n/// Of the team.";
    for bad in ["Where.", "Which team.", "Whose it is.", "For whom.", "In how many teams."] {
        sees(empty_comments, "protocol/src/a.rs", &format!("    /// {bad}"), good);
    }
}

/// Fixtures whose name has a part that the protocol's page explains.
const EXPLAINED: [&str; 5] = ["client_frame", "server_frame", "command", "refusal", "event"];

/// What the fixtures show and the page does not name.
fn unexplained(fixtures: &[String], page: &str) -> Vec<String> {
    let names = fixtures.iter().filter_map(|name| {
        let (kind, rest) = name.split_once('.')?;
        let name = rest.strip_suffix(".json")?;
        EXPLAINED.contains(&kind).then_some((kind, name))
    });
    // In backticks, alone or with its fields: `reply`, `events {after, upto, events}`.
    let is_named = |name: &str| {
        let at = |end: &str| page.contains(&format!("`{name}{end}"));
        at("`") || at(" {")
    };
    names
        .filter(|(_, name)| !is_named(name))
        .map(|(kind, name)| format!("docs/protocol.md does not name the {kind} {name}"))
        .collect()
}

#[test]
fn the_page_of_the_protocol_names_every_frame_command_refusal_and_event() {
    let folder = root().join("protocol/fixtures");
    let entries = std::fs::read_dir(folder).expect("is read");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("is read").file_name().to_string_lossy().into_owned()
    };
    let fixtures: Vec<String> = entries.map(name).collect();
    let page = std::fs::read_to_string(root().join("docs/protocol.md")).expect("is read");
    let wrong = unexplained(&fixtures, &page);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(fixtures.len() > 50, "only {} fixtures", fixtures.len());
    let one = ["refusal.stale.json".to_owned()];
    assert!(!unexplained(&one, "stale").is_empty());
    assert!(unexplained(&one, "| `stale` | `stale {a}` |").is_empty());
}

/// Names that fit any type. Each may name one type, or none.
const VAGUE: [&str; 10] =
    ["Place", "Row", "Answer", "Effect", "Told", "Standing", "Kept", "Known", "Parts", "Stage"];

/// The name of the type that a line defines.
pub(crate) fn type_defined(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1,
        Some(rest) => rest,
        None => line,
    };
    let (kind, rest) = line.trim_start().split_once(' ')?;
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    ["struct", "enum", "type", "trait"].contains(&kind).then_some(name)
}

/// Where production code gives a vague name to more than one type.
fn shared_names(files: &[Source]) -> Vec<String> {
    let mut types: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in file.code() {
            if let Some(name) = type_defined(line).filter(|name| VAGUE.contains(name)) {
                types.entry(name).or_default().push(file.at(number, line.trim()));
            }
        }
    }
    types.into_values().filter(|all| all.len() > 1).flatten().collect()
}

#[test]
fn each_of_the_vague_words_names_one_type_at_most() {
    let wrong = shared_names(sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let beside = |text: &str| {
        let one = Source::new("domain/src/a.rs", "pub struct Told;\nenum Row {}");
        shared_names(&[one, Source::new("server/src/a.rs", text)]).len()
    };
    for bad in ["struct Told;", "pub(crate) enum Told<'a> {", "    type Row = u8;", "pub trait Row"]
    {
        assert_eq!(beside(bad), 2, "passed over: {bad}");
    }
    let tests = "#[cfg(test)]\nmod tests {\n    struct Row;\n}";
    for good in ["struct Place;", "enum NumberTold {", "use sqlx::Row;", "// type Row", tests] {
        assert_eq!(beside(good), 0, "{good}");
    }
}
