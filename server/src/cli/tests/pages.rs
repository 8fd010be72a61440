//! The pages name commands and flags that exist, and each command stands on a page.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use crate::cli::Cli;

/// The pages and scripts for operators.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let below = |folder: &str| {
        let all = fs::read_dir(root.join(folder)).expect(folder);
        all.map(|entry| entry.expect("is read").path()).collect::<Vec<PathBuf>>()
    };
    let is_read = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "md" || ending == "yml")
            || path.ends_with("compose.yaml")
            || path.ends_with("Dockerfile")
    };
    let folders = [".", "docs", "docs/internals", "deploy", "console", "bindings"];
    let found = folders.iter().flat_map(|folder| below(folder)).filter(is_read);
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("is text");
        (path.strip_prefix(&root).unwrap_or(&path).display().to_string(), text)
    };
    found.map(named).collect()
}

/// What a page shows as commands: spans and lines of blocks that begin with the program's name.
fn commands(text: &str) -> Vec<String> {
    let whole = text.replace("\\\n", " ");
    let mut found = Vec::new();
    let mut is_block = false;
    for line in whole.lines() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if is_block {
            found.push(line.trim().to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let begins = |line: &String| line == "baton" || line.starts_with("baton ");
    let mut commands: Vec<String> = found.into_iter().filter(begins).collect();
    for command in &mut commands {
        let end = [" #", " |", " >", " &&", "; "].iter().filter_map(|end| command.find(end)).min();
        command.truncate(end.unwrap_or(command.len()));
    }
    commands
}

/// Follows the words of a line down the commands.
///
/// # Errors
/// The word that is no command and no flag.
fn follow(line: &str) -> Result<String, String> {
    let mut command = Cli::command();
    command.build();
    let mut words = line.split_whitespace().skip(1).peekable();
    let mut path = "baton".to_owned();
    while let Some(word) = words.next_if(|word| !word.starts_with('-')) {
        let Some(next) = command.find_subcommand(word).cloned() else {
            let is_value = !command.has_subcommands();
            return if is_value { Ok(path) } else { Err(format!("{path} {word}")) };
        };
        path = format!("{path} {word}");
        command = next;
    }
    for word in words.filter(|word| word.starts_with("--") && *word != "--version") {
        let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
        let name = name.trim_end_matches(|c: char| !c.is_ascii_lowercase());
        if !command.get_arguments().any(|argument| argument.get_long() == Some(name)) {
            return Err(format!("{path} --{name}"));
        }
    }
    Ok(path)
}

/// The commands for people that do something, with what leads to each.
fn ends(command: &clap::Command, path: &str) -> BTreeSet<String> {
    let is_for_people = |one: &&clap::Command| one.get_name() != "help" && !one.is_hide_set();
    let below = command.get_subcommands().filter(is_for_people);
    let below: Vec<_> = below.map(|one| ends(one, &format!("{path} {}", one.get_name()))).collect();
    if below.is_empty() {
        return BTreeSet::from([path.to_owned()]);
    }
    below.into_iter().flatten().collect()
}

#[test]
fn every_command_on_a_page_exists_and_every_command_stands_on_a_page() {
    let (mut wrong, mut told) = (Vec::new(), BTreeSet::new());
    for (page, text) in pages() {
        for line in commands(&text) {
            match follow(&line) {
                Ok(path) => drop(told.insert(path)),
                Err(what) => wrong.push(format!("{page}: {what}, in `{line}`")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let untold: Vec<_> = ends(&Cli::command(), "baton").difference(&told).cloned().collect();
    assert!(untold.is_empty(), "no page names {untold:?}");
}

#[test]
fn a_wrong_command_or_flag_of_a_page_is_seen() {
    let text = "Run `baton doctor`, then:\n```sh\nbaton admin meta-app add --id 1 \\\n  \
                --app-secret-file a.txt # once\nbaton admin meta-app lend --id 1\n\
                baton backup --into /x | cat --all\n```\n`baton-data` is no command.";
    let found: Vec<_> = commands(text).iter().map(|line| follow(line)).collect();
    let wanted = [
        Ok("baton doctor".to_owned()),
        Ok("baton admin meta-app add".to_owned()),
        Err("baton admin meta-app lend".to_owned()),
        Err("baton backup --into".to_owned()),
    ];
    assert_eq!(found, wanted);
}
