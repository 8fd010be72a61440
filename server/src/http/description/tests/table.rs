//! The table of routes in docs/protocol.md, from the rows of the routes.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::openapi::whole;
use super::{api, edge};
use crate::http::{Access, Route};

#[test]
fn the_page_has_every_route() {
    let description = whole();
    let mut text =
        "| route | for | query | takes | answers | |\n|---|---|---|---|---|---|\n".to_owned();
    for route in api() {
        let method = route.method.as_str().to_ascii_lowercase();
        let row = row(&route, &description["paths"][&*route.path][&method]);
        writeln!(text, "{row}").unwrap();
    }
    edge::is_current_between("docs/protocol.md", "routes", &text);
}

fn row(route: &Route, told: &Value) -> String {
    let path = route.path.strip_prefix("/api/v1").unwrap_or(&route.path);
    let who = match route.access {
        Access::Public => "anybody",
        Access::Signed => "agents",
        Access::Person => "people",
        Access::Device => "devices",
        Access::Supervisor => "supervisors",
        Access::Admin => "admins",
    };
    let query = list(&told["parameters"]).filter(|one| one["in"] == "query");
    let query = query.map(|one| match one["required"] == true {
        true => format!("`{}` (needed)", text(&one["name"])),
        false => format!("`{}`", text(&one["name"])),
    });
    let takes = contents(&told["requestBody"]).join(", ");
    let answers = told["responses"].as_object().into_iter().flatten();
    let answers = answers.filter(|(_, answer)| !is_problem(answer)).map(|(status, answer)| {
        let contents = contents(answer).join(", ");
        format!("{status} {contents}").trim_end().to_owned()
    });
    format!(
        "| `{} {path}` | {who} | {} | {takes} | {} | {} |",
        route.method,
        query.collect::<Vec<_>>().join(", "),
        answers.collect::<Vec<_>>().join(", "),
        route.summary,
    )
}

/// Whether an answer is a problem and nothing else.
fn is_problem(answer: &Value) -> bool {
    let kinds = answer["content"].as_object();
    kinds.is_some_and(|kinds| kinds.keys().all(|kind| kind == "application/problem+json"))
}

/// The type of each content but problems; of what is no JSON the media type.
fn contents(of: &Value) -> Vec<String> {
    let kinds = of["content"].as_object().into_iter().flatten();
    let kinds = kinds.filter(|(kind, _)| *kind != "application/problem+json");
    kinds
        .map(|(kind, content)| named(&content["schema"]).unwrap_or_else(|| format!("`{kind}`")))
        .collect()
}

fn named(schema: &Value) -> Option<String> {
    if let Some(items) = schema.get("items") {
        return named(items).map(|name| format!("a list of {name}"));
    }
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some(format!("`{}`", name.trim_end_matches("Input")))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
