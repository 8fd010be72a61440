//! What the pages claim, as far as other files tell it: figures, days of runs, settings, links.

use std::collections::BTreeSet;

use crate::source::{Source, root};

const MANUAL: &str = "server/src/config/defaults.toml";
const PROOF: &str = "docs/proof.md";

fn text<'a>(sources: &'a [Source], path: &str) -> &'a str {
    sources.iter().find(|source| source.path == path).map_or("", |source| &source.text)
}

/// The names of settings: `http.bind`.
fn settings(manual: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut names = BTreeSet::new();
    for line in manual.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((name, _)) = line.trim_start_matches(['#', ' ']).split_once(" = ") {
            names.insert(format!("{section}.{name}"));
        }
    }
    names
}

/// Settings that a page names and the manual of settings does not have.
pub(crate) fn unknown_settings(sources: &[Source]) -> Vec<String> {
    let known = settings(text(sources, MANUAL));
    let sections: BTreeSet<&str> = known.iter().filter_map(|name| name.split('.').next()).collect();
    let is_file = |name: &str| ["md", "rs", "ts", "json", "svelte", "db", "sql"].contains(&name);
    let mut wrong = Vec::new();
    // The changelog names settings that are gone.
    let pages = sources.iter().filter(|source| is_page(source) && source.path != "CHANGELOG.md");
    for source in pages {
        for (number, line) in source.lines() {
            for span in line.split('`').skip(1).step_by(2) {
                let name = span.split(" = ").next().unwrap_or_default();
                let Some((section, key)) = name.split_once('.') else { continue };
                let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                let is_key = key.trim_end_matches('*').chars().all(is_word) && !is_file(key);
                if !sections.contains(section) || !is_key {
                    continue;
                }
                let is_known = name.strip_suffix('*').map_or_else(
                    || known.contains(name),
                    |start| known.iter().any(|known| known.starts_with(start)),
                );
                if !is_known {
                    wrong.push(source.at(number, &format!("no setting {name}")));
                }
            }
        }
    }
    wrong
}

/// Pages for people; records of runs tell of their own day.
fn is_page(source: &Source) -> bool {
    let is_kept = ["docs/runs/", "docs/adr/", "fuzz/", "tests/"];
    source.path.ends_with(".md") && !is_kept.iter().any(|start| source.path.starts_with(start))
}

/// Rows with figures that do not name the day and commit of their run, or name what the record of
/// that run does not have.
pub(crate) fn undated_figures(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in ["README.md", PROOF] {
        let Some(source) = sources.iter().find(|source| source.path == page) else { continue };
        for (number, line) in source.lines().filter(|(_, line)| line.starts_with("| ")) {
            let cell = line.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap_or_default();
            let records = records(sources, cell);
            if records.is_empty() {
                continue;
            }
            let words = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let words: Vec<&str> = words.filter(|word| is_day(word) || is_commit(word)).collect();
            if !words.iter().any(|word| is_day(word)) {
                wrong.push(source.at(number, "no day"));
            }
            for word in words.iter().filter(|word| !records.contains(**word)) {
                wrong.push(source.at(number, &format!("the run has no {word}")));
            }
        }
    }
    wrong
}

/// The records that a cell links to, as one text.
fn records(sources: &[Source], cell: &str) -> String {
    let names = cell.split("runs/").skip(1).filter_map(|rest| rest.split(')').next());
    names.map(|name| text(sources, &format!("docs/runs/{name}"))).collect()
}

fn is_day(word: &str) -> bool {
    word.len() == 10 && word.starts_with("20") && word.matches('-').count() == 2
}

fn is_commit(word: &str) -> bool {
    let is_hex = word.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    (7..=12).contains(&word.len()) && is_hex
}

/// Links between files of the repository that lead nowhere.
pub(crate) fn dead_links(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| is_page(source)) {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, line) in source.lines() {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let (path, place) = target.split_once('#').unwrap_or((target, ""));
                if path.contains(':') || path.contains(' ') {
                    continue;
                }
                let path = if path.is_empty() { source.path.clone() } else { join(folder, path) };
                let page = text(sources, &path);
                let has_place = place.is_empty() || page.is_empty() || has_heading(page, place);
                if !root().join(&path).exists() || !has_place {
                    wrong.push(source.at(number, &format!("{target} leads nowhere")));
                }
            }
        }
    }
    wrong
}

fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn has_heading(page: &str, place: &str) -> bool {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| line.trim_start_matches('#').trim().to_lowercase()).any(|heading| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>() == place
    })
}

#[test]
fn pages_name_settings_runs_and_places_that_exist() {
    let all = crate::source::sources();
    let rules = [unknown_settings, undated_figures, dead_links];
    let wrong: Vec<String> = rules.iter().flat_map(|rule| rule(all)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_claim_of_a_page_is_seen() {
    let run = Source::new("docs/runs/idle.md", "Commit 4dd5c6e79c46, 2026-11-20: 8244 bytes, 15.0");
    let manual = Source::new(MANUAL, "[http]\nbind = \"a\"\n# certificate = \"\"\n");
    let seen = |rule: fn(&[Source]) -> Vec<String>, bad: &str, good: &str| {
        let with = |page: &str| {
            let copy = |source: &Source| Source::new(&source.path, &source.text);
            rule(&[copy(&run), copy(&manual), Source::new("README.md", page)])
        };
        assert_eq!(with(bad).len(), 1, "passed over: {bad}");
        assert_eq!(with(good), Vec::<String>::new());
    };
    seen(unknown_settings, "`http.bound`", "`http.bind`, `http.cert*`, `http.rs`, `a.b`");
    let row = |cells: &str| format!("| Idle | {cells} |");
    let of = "[idle](docs/runs/idle.md) 4dd5c6e of 2026-11-20";
    let good = row(&format!("8,244 | 15.0 | met | {of}"));
    seen(undated_figures, &row("8,244 | | [idle](docs/runs/idle.md) 4dd5c6e"), &good);
    seen(undated_figures, &row("8 | | [i](docs/runs/idle.md) 4dd5c6f of 2026-11-20"), &good);
    seen(dead_links, "[a](docs/none)", "[a](docs/runs) [b](https://a.example/x)");
}
