//! A test of the repository itself: what reviewers would have to remember is checked here. It has
//! no dependencies, so that it runs before anything else is compiled.
#![cfg(test)]

mod figures;
mod kept;
mod layers;
mod map;
mod pages;
mod rules;
mod source;
mod terms;
mod unused;
mod uses;
mod words;

use source::{Source, root, sources};
use uses::{Layers, used_modules};

type Rule = fn(&Source) -> Vec<String>;

#[track_caller]
fn holds(rule: Rule) {
    let wrong: Vec<String> = sources().iter().flat_map(rule).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rule sees what it is for, and only that.
#[track_caller]
fn sees(rule: Rule, path: &str, bad: &str, good: &str) {
    assert!(!rule(&Source::new(path, bad)).is_empty(), "passed over: {bad}");
    let wrong = rule(&Source::new(path, good));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn modules_of_the_server_use_only_the_layers_below_them() {
    holds(rules::layers);
    let path = "server/src/engine/part.rs";
    sees(rules::layers, path, "use crate::gateway::X;", "use crate::store::X;");
    sees(rules::layers, path, "use crate::{config, http::{a, b}};", "use crate::{config::{a}};");
    let tests = "#[cfg(test)]\nmod tests {\n    use crate::engine;\n}";
    sees(rules::layers, path, "fn f() { crate::gateway::g() }", tests);
    assert!(!rules::layers(&Source::new("server/src/misc.rs", "//! New.")).is_empty());
}

#[test]
fn modules_of_the_phone_core_use_only_the_layers_below_them() {
    holds(layers::core);
    let path = "mobile-core/src/link/mod.rs";
    sees(layers::core, path, "use crate::store::Store;", "use crate::few::Few;");
    sees(layers::core, path, "use crate::{few, store::Store};", "use crate::{few, gathered};");
    holds(layers::runtime);
    let path = "mobile-core/src/runtime/life.rs";
    sees(layers::runtime, path, "use super::effects::X;", "use super::engine::Engine;");
    let grouped = "use super::{engine::Engine, effects::X};";
    sees(layers::runtime, path, grouped, "use super::{clock, engine::Engine};");
    let grouped = "use crate::{few, runtime::{effects, engine}};";
    sees(layers::runtime, path, grouped, "use crate::{few, runtime::engine};");
    let calls = |called: &str| {
        let life = format!(
            "impl Engine {{
    fn begin(&mut self) {{
        {called}\n    }}
}}"
        );
        let effects = "impl Engine {
    fn carry_out(&mut self) {}
}";
        layers::methods(&[
            Source::new("mobile-core/src/runtime/life.rs", &life),
            Source::new("mobile-core/src/runtime/effects.rs", effects),
        ])
    };
    assert_eq!(calls("self.carry_out();").len(), 1);
    assert_eq!(calls("self.begin();"), Vec::<String>::new());
    let wrong = layers::methods(sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn modules_of_the_simulator_use_only_the_layers_below_them() {
    holds(layers::simulator);
    let path = "simulator/src/state/world.rs";
    sees(layers::simulator, path, "use crate::push::X;", "use crate::base::X;");
    sees(
        layers::simulator,
        path,
        "use crate::{base, whatsapp::Y};",
        "use crate::{base::X, state};",
    );
    let path = "simulator/src/push/control.rs";
    sees(layers::simulator, path, "use crate::simulator::X;", "use crate::state::X;");
    assert!(!layers::simulator(&Source::new("simulator/src/misc.rs", "//! New.")).is_empty());
}

#[test]
fn rooms_of_the_rules_use_only_those_below_them_and_modules_those_before_them() {
    holds(layers::domain);
    let path = "domain/src/fact/lines.rs";
    sees(layers::domain, path, "use crate::decide::Draft;", "use crate::text::fold::fold;");
    sees(layers::domain, path, "use super::apply::apply;", "use super::line::amend;");
    let path = "domain/src/auto/rules/steps.rs";
    sees(layers::domain, path, "use crate::auto::clocks;", "use crate::auto::known::KnownBot;");
    sees(layers::domain, path, "use crate::group::State;", "use super::talk::Talk;");
    assert!(!layers::domain(&Source::new("domain/src/fact/misc.rs", "//! New.")).is_empty());
}

#[test]
fn rooms_of_the_store_use_only_those_below_them() {
    holds(layers::store);
    let path = "store/src/read/due.rs";
    sees(layers::store, path, "use crate::work::node::NodeId;", "use crate::tables::id;");
    let path = "store/src/table.rs";
    sees(layers::store, path, "use crate::proof::stamp;", "use self::stamp::StampKey;");
}

#[test]
fn modules_of_the_tests_world_use_only_the_layers_below_them() {
    holds(layers::world);
    let path = "tests/src/phone/link.rs";
    sees(layers::world, path, "crate::world::PATIENCE", "use crate::history::Given;");
    let path = "tests/src/history.rs";
    sees(layers::world, path, "use crate::{phone::Phone, compare};", "use super::History;");
}

#[test]
fn tables_in_order_have_no_way_back() {
    assert_eq!(layers::ways_back(), Vec::<String>::new());
    let table: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &[])];
    assert_eq!(Layers { folder: "c/src/", free: &[], table }.ways_back(), ["c/src/a: b"]);
}

#[test]
fn used_modules_are_seen_in_groups_and_in_groups_of_groups() {
    let used = |code: &str, prefix: &str| {
        let used = used_modules(&Source::new("a/src/a.rs", code), prefix);
        used.into_iter().map(|(line, name)| format!("{line} {name}")).collect::<Vec<_>>()
    };
    let code = "//! A.\nuse crate::{a, b::{c, d::{e}},\n    f::*};\nfn g() { crate::h::i() }";
    assert_eq!(used(code, "crate::"), ["2 a", "2 b", "2 f", "4 h"]);
    assert_eq!(used(code, "crate::b::"), ["2 c", "2 d"]);
    assert_eq!(used("use crate::b::{self, C};\ncrate::b::d()", "crate::b::"), ["2 d"]);
    assert_eq!(used("use super::{a, B};\nsuper::super::c", "super::"), ["1 a"]);
    assert_eq!(used("$crate::a; crate::B; my_crate::c", "crate::"), Vec::<String>::new());
}

#[test]
fn judges_know_no_clock_thread_socket_runtime_or_server() {
    holds(layers::judges);
    let path = "tests/src/history/lines.rs";
    sees(layers::judges, path, "let at = Instant::now();", "let at = one.at;");
    sees(layers::judges, path, "use baton::clock::Clock;", "use baton_domain::apply;");
    sees(layers::judges, "tests/src/compare.rs", "use tokio::time;", "use std::fmt;");
}

#[test]
fn machines_of_the_phone_core_know_no_clock_thread_socket_or_runtime() {
    holds(layers::machines);
    let path = "mobile-core/src/outbox/mod.rs";
    sees(layers::machines, path, "let at = Instant::now();", "let at = now.mono;");
    let path = "bindings/src/core.rs";
    sees(layers::machines, path, "use tokio::time;", "use std::time::Duration;");
}

#[test]
fn lines_and_files_have_a_size_one_can_read() {
    holds(rules::sizes);
    sees(rules::sizes, "a/src/a.rs", &"x".repeat(101), &"é".repeat(100));
    sees(rules::sizes, "a/src/a.rs", &"x\n".repeat(601), &"x\n".repeat(600));
    sees(rules::sizes, "console/src/a.svelte", &"x\n".repeat(601), &"x\n".repeat(600));
    let made = format!("// Made from words/a by words.mjs\n{}", "x\n".repeat(601));
    sees(rules::sizes, "console/src/a.ts", &"x\n".repeat(601), &made);
}

#[test]
fn every_file_says_what_it_is() {
    holds(rules::heads);
    sees(rules::heads, "a/src/a.rs", "use a;", "//! A.");
}

#[test]
fn nothing_unfinished_and_no_test_left_out() {
    holds(rules::unfinished);
    sees(rules::unfinished, "a/src/a.rs", concat!("todo", "!()"), "fn todo() {}");
    sees(rules::unfinished, "a/src/a.rs", concat!("#[ign", "ore]"), "#[test]");
}

#[test]
fn outside_tests_nothing_is_unwrapped() {
    holds(rules::unwraps);
    let good = "// .unwrap()\nx?;\n#[cfg(test)]\nmod tests {\n    x.unwrap();\n}";
    sees(rules::unwraps, "domain/src/a.rs", "x.unwrap();", good);
}

#[test]
fn sql_is_constant_text() {
    holds(rules::sql);
    let path = "store/src/a.rs";
    sees(rules::sql, path, "format!(\"SELECT {a}\")", "format!(\"no row {a}\")");
    sees(rules::sql, path, "format!(\n  \"DELETE FROM a\")", "\"DELETE FROM a\"");
}

#[test]
fn sql_stands_in_the_store_alone() {
    holds(rules::sql_outside);
    let statement = "static A: Sql = Sql::new(\"SELECT 1\");";
    let path = "server/src/http/a.rs";
    let tests = format!("#[cfg(test)]\nmod tests {{\n    {statement}\n}}");
    sees(rules::sql_outside, path, statement, &tests);
    sees(rules::sql_outside, path, "let text = \"DELETE FROM a\";", "let text = \"SELECTED\";");
    assert!(rules::sql_outside(&Source::new("store/src/a.rs", statement)).is_empty());
}

#[test]
fn time_randomness_and_environment_come_in_at_one_place_each() {
    holds(rules::edges);
    let expect = "#[expect(clippy::disallowed_methods, reason = \"\")]";
    sees(rules::edges, "simulator/src/a.rs", expect, "");
    sees(rules::edges, "server/src/a.rs", "Uuid::now_v7()", "clock.uuid_v7()");
    sees(rules::edges, "server/src/a.rs", "std::env::var_os(\"A\")", "env!(\"A\")");
    assert!(rules::edges(&Source::new("simulator/src/clock.rs", expect)).is_empty());
}

#[test]
fn nothing_tells_of_the_machine_it_was_written_on() {
    holds(rules::places);
    sees(rules::places, "README.md", "see /home/ana/x", "see docs/home/x and ${TMPDIR:-/tmp}");
    sees(rules::places, "a.toml", "url = \"https://index.crates.io/\"", "crates.io");
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let manifest = |path: &str| std::fs::read_to_string(root().join(path)).expect(path);
    let workspace = manifest("Cargo.toml");
    let list = workspace.split_once("members = [").expect("members").1;
    let members: Vec<&str> =
        list.split_once(']').expect("an end").0.split('"').skip(1).step_by(2).collect();
    assert!(members.contains(&"server"), "{members:?}");
    for member in members {
        let text = manifest(&format!("{member}/Cargo.toml"));
        assert!(text.contains("[lints]\nworkspace = true\n"), "{member} has lints of its own");
    }
}

#[test]
fn no_test_stands_where_none_is_run() {
    let has_test =
        |source: &Source| source.text.contains("#[test]") || source.text.contains("::test]");
    let mut left_out = Vec::new();
    for source in sources().iter().filter(|source| source.is_rust()) {
        let Some((member, rest)) = source.path.split_once("/src/") else { continue };
        let manifest = root().join(member).join("Cargo.toml");
        let Ok(manifest) = std::fs::read_to_string(manifest) else { continue };
        let is_left_out = manifest.split("\n[").any(|target| {
            let is_whole = target.starts_with("lib]");
            let is_this = target.contains(&format!("path = \"src/{rest}\""));
            target.contains("\ntest = false") && (is_whole || is_this)
        });
        if is_left_out {
            left_out.push(source.path.clone());
            assert!(
                !has_test(source),
                "{} has a test, and {member} says test = false",
                source.path
            );
        }
    }
    assert!(left_out.iter().any(|path| path == "server/src/main.rs"), "{left_out:?}");
}
