//! The project's own words, counted. A word of the glossary names one type; where it names more by
//! now, the number may only fall. So may that of functions and comments that say too little.
//!
//! A number that fell is written down here, so that it does not rise again.

use std::collections::BTreeMap;

use crate::source::{Source, root, sources};
use crate::words::type_defined;

/// Words of the glossary that name more than one type, and how many each names.
const SHARED: &[(&str, usize)] = &[
    ("Agent", 3),
    ("Attempt", 4),
    ("Attribute", 2),
    ("Audience", 3),
    ("Availability", 2),
    ("Channel", 2),
    ("Claim", 3),
    ("Command", 2),
    ("Contact", 3),
    ("Device", 3),
    ("Draft", 4),
    ("Episode", 2),
    ("Event", 4),
    ("Group", 4),
    ("Head", 2),
    ("Held", 6),
    ("Intake", 2),
    ("Lane", 4),
    ("Lease", 2),
    ("Line", 5),
    ("Log", 2),
    ("Member", 2),
    ("Message", 2),
    ("MetaApp", 2),
    ("Node", 3),
    ("Note", 2),
    ("Notice", 2),
    ("Outcome", 2),
    ("Owner", 2),
    ("Pace", 2),
    ("Post", 3),
    ("PushLane", 2),
    ("Review", 2),
    ("Ring", 2),
    ("Seen", 4),
    ("Sight", 3),
    ("Status", 2),
    ("Stretch", 2),
    ("Tag", 3),
    ("Template", 3),
    ("Turn", 5),
];

/// Words of the trade that the glossary has no line for.
const OTHERS: [&str; 3] = ["Draft", "Claim", "Post"];

/// Names of functions that say too little, and how many functions have each.
const BARE: [(&str, usize); 3] = [("of", 74), ("read", 89), ("told", 29)];

/// Words that ask. A doc comment begins with the noun: "Entities that may not send".
const ASKING: [&str; 5] = ["How", "What", "When", "Which", "Who"];

/// Doc comments that begin with one of them.
const ASKED: usize = 986;

/// A number may be so much lower before it has to be written down.
const SLACK: usize = 10;

/// A longer list helps nobody.
const SHOWN_MAX: usize = 100;

/// The glossary's words as types are called: `**owner epoch**` is `OwnerEpoch`.
fn terms(glossary: &str) -> Vec<String> {
    let entries = glossary.lines().filter(|line| line.starts_with("- **"));
    let words = entries.flat_map(|line| line.split("**").skip(1).step_by(2));
    let capital = |part: &str| -> String {
        let mut all = part.chars();
        all.next().into_iter().flat_map(char::to_uppercase).chain(all).collect()
    };
    let camel = |word: &str| {
        let parts = word.split([' ', '-']);
        parts.map(capital).collect()
    };
    words.map(camel).chain(OTHERS.map(str::to_owned)).collect()
}

/// The types of production code that have such a name.
fn named<'a>(files: &'a [Source], terms: &[String]) -> BTreeMap<&'a str, Vec<String>> {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in file.code() {
            let name = type_defined(line).filter(|name| terms.iter().any(|term| term == name));
            // A type of a trait has its name from there.
            if let Some(name) = name.filter(|_| !line.trim_start().starts_with("type ")) {
                found.entry(name).or_default().push(file.at(number, line.trim()));
            }
        }
    }
    found
}

fn functions(files: &[Source], name: &str) -> Vec<String> {
    let begins = [format!("fn {name}("), format!("fn {name}<")];
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in file.code() {
            if begins.iter().any(|begin| line.contains(begin)) {
                found.push(file.at(number, line.trim()));
            }
        }
    }
    found
}

/// Doc comments whose first word asks.
fn asked(files: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let mut is_inside = false;
        for (number, line) in file.production() {
            let text = line.trim();
            let said = ["///", "//!"].into_iter().find_map(|mark| text.strip_prefix(mark));
            let word = said.and_then(|said| said.split_whitespace().next()).unwrap_or_default();
            if !is_inside && ASKING.contains(&word) {
                found.push(file.at(number, text));
            }
            is_inside = said.is_some();
        }
    }
    found
}

/// What is wrong with a number: it rose, or it fell and was not written down.
fn unlike(what: &str, found: &[String], most: usize, slack: usize) -> Option<String> {
    let count = found.len();
    if count > most {
        let all = if count > SHOWN_MAX { String::new() } else { found.join("\n") };
        return Some(format!("{what}: {count}, at most {most}. Choose another word.\n{all}"));
    }
    let has_fallen = count + slack < most;
    has_fallen.then(|| format!("{what}: {count} by now. Write it down in tidy/src/terms.rs"))
}

#[test]
fn each_word_of_the_glossary_names_one_type_or_fewer_than_before() {
    let glossary = std::fs::read_to_string(root().join("docs/glossary.md")).expect("is read");
    let (terms, none) = (terms(&glossary), Vec::new());
    let found = named(sources(), &terms);
    let wrong: Vec<String> = terms
        .iter()
        .filter_map(|term| {
            let known = SHARED.iter().find(|(name, _)| name == term);
            let slack = usize::from(known.is_none());
            let most = known.map_or(1, |(_, most)| *most);
            unlike(term, found.get(term.as_str()).unwrap_or(&none), most, slack)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(terms.len() > 60, "only {} words", terms.len());
    for (name, most) in SHARED {
        assert!(*most > 1 && terms.iter().any(|term| term == name), "{name} needs no line here");
    }
}

#[test]
fn functions_are_named_by_what_they_do() {
    for (name, most) in BARE {
        let wrong = unlike(&format!("fn {name}"), &functions(sources(), name), most, SLACK);
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    }
}

#[test]
fn doc_comments_begin_with_the_noun() {
    let wrong = unlike("comments that ask", &asked(sources()), ASKED, SLACK);
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

#[test]
fn words_are_counted_where_production_code_says_them() {
    let one = |text: &str| [Source::new("domain/src/a.rs", text)];
    let terms = terms("- **owner epoch**: a number. A **life** is a time.\n**turn**: none");
    assert_eq!(terms[..2], ["OwnerEpoch", "Life"]);
    let code =
        "pub struct Life;\nenum OwnerEpoch {}\n    type Life = u8;\nstruct Lifetime;\n// enum Life";
    let files = one(code);
    assert_eq!(named(&files, &terms).values().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    let code = "fn of() {}\n    pub(super) fn of<T>() {}\nfn offer() {}\nself.of()\n// fn of()";
    assert_eq!(functions(&one(code), "of").len(), 2);
    let code =
        "/// What it is.\n/// How it is.\nfn a() {}\n/// A noun: what it is.\n//! Who.\n// When.";
    assert_eq!(asked(&one(code)).len(), 1);
    let lines = |count: usize| vec![String::new(); count];
    assert!(unlike("a", &lines(2), 1, 0).is_some() && unlike("a", &lines(1), 3, 1).is_some());
    assert!(unlike("a", &lines(2), 3, 1).is_none() && unlike("a", &lines(3), 3, 0).is_none());
}
