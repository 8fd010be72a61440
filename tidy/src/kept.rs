//! Fields of settings that nothing reads. An admin who sets one believes that it does something.

use std::collections::BTreeSet;

use crate::source::Source;

const DECLARED: &str = "protocol/src/setting";

/// Fields of structs of settings that no code outside of settings names. What a kind declares as
/// `not_kept` is passed over: it is offered to nobody.
pub(crate) fn unread_fields(sources: &[Source]) -> Vec<String> {
    let declared = || sources.iter().filter(|file| is_declaration(file));
    let not_kept: BTreeSet<(&str, &str)> = declared().flat_map(not_kept).collect();
    let readers: Vec<&Source> = sources.iter().filter(|file| is_reader(file)).collect();
    let is_read = |field: &str| readers.iter().any(|file| names(file, field));
    let mut wrong = Vec::new();
    for file in declared() {
        for (line, body, field) in fields(file) {
            if !not_kept.contains(&(body, field)) && !is_read(field) {
                wrong.push(file.at(line, &format!("nothing outside of settings reads `{field}`")));
            }
        }
    }
    wrong
}

fn is_declaration(file: &Source) -> bool {
    // What all kinds share on the wire is no setting.
    file.is_rust() && file.path.starts_with(DECLARED) && !file.path.ends_with("wire.rs")
}

/// The fields of a file's structs that are read from a body: line, struct and field.
fn fields(file: &Source) -> Vec<(usize, &str, &str)> {
    let (mut is_body, mut body) = (false, "");
    let mut found = Vec::new();
    for (number, line) in file.production() {
        if line.starts_with("#[derive(") {
            is_body = line.contains("Deserialize");
        }
        if let Some(rest) = line.strip_prefix("pub struct ") {
            body = rest.split([' ', '<', '(', ';']).next().unwrap_or_default();
        }
        let field = line.strip_prefix("    pub ").and_then(|rest| rest.split_once(": "));
        let is_word = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if let Some((name, _)) = field.filter(|(name, _)| is_body && is_word(name)) {
            found.push((number, body, name));
        }
    }
    found
}

/// The kind and each name of the rows `Kind("kind") at "kinds" { …, not_kept: ["a", "b"] }`.
fn not_kept(file: &Source) -> Vec<(&str, &str)> {
    let mut body = "";
    let mut found = Vec::new();
    for (_, line) in file.lines() {
        let row = line.trim_start().split_once("(\"").filter(|_| line.contains("\") at \""));
        if let Some((kind, _)) = row {
            body = kind;
        }
        let Some((_, list)) = line.split_once("not_kept: [") else { continue };
        found.extend(list.split('"').skip(1).step_by(2).map(|field| (body, field)));
    }
    found
}

/// Whether it may act by what is set, or draw it.
fn is_reader(file: &Source) -> bool {
    let is_rust = file.is_rust() && file.is_of(&["domain", "server", "store"]);
    let is_page = file.path.starts_with("console/src/")
        && !file.path.ends_with(".test.ts")
        && (file.path.ends_with(".ts") || file.path.ends_with(".svelte"));
    let is_form =
        ["console/src/settings/kind/kinds.ts", "console/src/messages/", "console/src/wire.ts"];
    let is_check = file.path.starts_with("domain/src/see/setting/");
    (is_rust && !is_check) || (is_page && !is_form.iter().any(|of| file.path.starts_with(of)))
}

/// Whether a line of code names the field as a word.
fn names(file: &Source, field: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let has = |line: &str| line.split(|c: char| !is_part(c)).any(|word| word == field);
    file.code().into_iter().any(|(_, line)| has(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::sources;

    #[test]
    fn each_field_of_a_setting_is_read_by_what_keeps_it() {
        let wrong = unread_fields(sources());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_field_that_only_its_own_check_reads_is_seen() {
        let declaration = |rest: &str| {
            let body =
                "#[derive(Clone, Deserialize)]\npub struct P {\n    pub planted_s: u32,\n}\n";
            Source::new("protocol/src/setting/planted.rs", &format!("{body}{rest}"))
        };
        let check = Source::new("domain/src/see/setting/planted.rs", "fn c() { self.planted_s }");
        let label = Source::new("console/src/messages/kinds-en.ts", "planted_s: \"Seconds\"");
        let only = [declaration(""), check, label];
        assert_eq!(unread_fields(&only).len(), 1);
        let keeper = Source::new("domain/src/wait.rs", "fn w() { policy.planted_s }");
        assert_eq!(unread_fields(&[declaration(""), keeper]), Vec::<String>::new());
        let longer = Source::new("domain/src/wait.rs", "fn w() { policy.planted_s_max }");
        assert_eq!(unread_fields(&[declaration(""), longer]).len(), 1);
        let row =
            |kind: &str| format!("{kind}(\"p\") at \"ps\" {{\n    not_kept: [\"planted_s\"],\n}}");
        assert_eq!(unread_fields(&[declaration(&row("P"))]), Vec::<String>::new());
        assert_eq!(unread_fields(&[declaration(&row("Other"))]).len(), 1, "it is another kind's");
    }
}
