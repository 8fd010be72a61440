//! Whether a template may be sent, and with these parameters.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::state::templates::Template;
use crate::whatsapp::error::GraphError;

/// The template that a message names, if it may be sent.
pub(crate) fn named<'t>(
    templates: &'t [Template],
    content: &Value,
) -> Result<&'t Template, GraphError> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text(content.get("name"));
    let language = text(content.get("language").and_then(|language| language.get("code")));
    let same = |template: &&Template| template.name == name && template.language == language;
    let absent = || {
        let details = format!("template name ({name}) does not exist in {language}");
        GraphError::detailed(132_001, details)
    };
    let template = templates.iter().find(same).ok_or_else(absent)?;
    match template.status.as_str() {
        "APPROVED" => Ok(template),
        "PAUSED" => Err(GraphError::of(132_015)),
        "DISABLED" => Err(GraphError::of(132_016)),
        _ => Err(absent()),
    }
}

/// The category of the template that a message names.
pub(crate) fn category_of<'t>(templates: &'t [Template], content: &Value) -> Option<&'t str> {
    Some(&named(templates, content).ok()?.category)
}

/// Whether a template may go by the endpoint for marketing.
pub(crate) fn marketing(template: &Template) -> Result<(), GraphError> {
    // The published example of that endpoint sends `hello_world`.
    match template.category == "MARKETING" || template.name == "hello_world" {
        true => Ok(()),
        false => Err(GraphError::of(134_100)),
    }
}

/// Checks the parameters of a message against its template.
pub(crate) fn parameters(template: &Template, content: &Value) -> Result<(), GraphError> {
    let components = content.get("components").and_then(Value::as_array);
    let components = components.map_or(&[][..], Vec::as_slice);
    let given = |kind: &str| {
        components.iter().find(|one| is(one, "type", kind)).map_or(&[][..], parameters_of)
    };
    header(template, given("header"))?;
    texts(template, "body", template.component("BODY"), given("body"))?;
    buttons(template, components)
}

fn header(template: &Template, given: &[Value]) -> Result<(), GraphError> {
    let Some(header) = template.component("HEADER") else {
        return count("header", given.len(), 0);
    };
    let format = header.get("format").and_then(Value::as_str).unwrap_or("TEXT");
    if format == "TEXT" {
        return texts(template, "header", Some(header), given);
    }
    let received = given.first().and_then(|one| one.get("type")).and_then(Value::as_str);
    let received = received.unwrap_or("UNKNOWN").to_ascii_uppercase();
    if received == format {
        return count("header", given.len(), 1);
    }
    let details = format!("header: Format mismatch, expected {format}, received {received}");
    Err(GraphError::detailed(132_012, details))
}

fn texts(
    template: &Template,
    place: &str,
    component: Option<&Value>,
    given: &[Value],
) -> Result<(), GraphError> {
    let text = component.and_then(|one| one.get("text")).and_then(Value::as_str);
    let wanted = variables(text.unwrap_or_default());
    count(place, given.len(), wanted.len())?;
    for parameter in given {
        let kind = parameter.get("type").and_then(Value::as_str).unwrap_or_default();
        let there = parameter.get(kind).is_some_and(|value| !value.is_null());
        if !there {
            let details =
                format!("Parameter '{kind}' is mandatory for component parameter type '{kind}'");
            return Err(GraphError::parameter(details));
        }
        if !matches!(kind, "text" | "currency" | "date_time") {
            let details = format!("{place}: a parameter of type {kind} is not taken");
            return Err(GraphError::detailed(132_012, details));
        }
    }
    if template.parameter_format != "NAMED" {
        return Ok(());
    }
    let names: BTreeSet<&str> =
        given.iter().filter_map(|one| one.get("parameter_name")?.as_str()).collect();
    if names == wanted.iter().map(String::as_str).collect() {
        return Ok(());
    }
    Err(GraphError::parameter("Parameter name is missing or empty"))
}

fn buttons(template: &Template, components: &[Value]) -> Result<(), GraphError> {
    let listed = template.component("BUTTONS").and_then(|one| one.get("buttons"));
    let listed = listed.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let given: Vec<(usize, &Value)> = components
        .iter()
        .filter(|one| is(one, "type", "button"))
        .filter_map(|one| Some((index_of(one)?, one)))
        .collect();
    for (index, button) in &given {
        let Some(known) = listed.get(*index) else {
            let details = format!("buttons: Button at index {index} does not exist");
            return Err(GraphError::detailed(132_000, details));
        };
        let sub_type = button.get("sub_type").and_then(Value::as_str).unwrap_or_default();
        if !is(known, "type", sub_type) {
            let details = format!("buttons: Button at index {index} is not of type {sub_type}");
            return Err(GraphError::detailed(132_012, details));
        }
    }
    for (index, known) in listed.iter().enumerate() {
        let url = known.get("url").and_then(Value::as_str).unwrap_or_default();
        let needs = match known.get("type").and_then(Value::as_str) {
            Some("URL") if !variables(url).is_empty() => "Url",
            Some("COPY_CODE") => "copy_code",
            _ => continue,
        };
        let has = given.iter().any(|(at, one)| *at == index && !parameters_of(one).is_empty());
        if !has {
            let details =
                format!("buttons: Button at index {index} of type {needs} requires a parameter");
            return Err(GraphError::detailed(131_008, details));
        }
    }
    Ok(())
}

fn index_of(button: &Value) -> Option<usize> {
    let index = button.get("index")?;
    let number = index.as_u64().or_else(|| index.as_str()?.parse().ok())?;
    usize::try_from(number).ok()
}

fn count(place: &str, given: usize, expected: usize) -> Result<(), GraphError> {
    if given == expected {
        return Ok(());
    }
    Err(GraphError::detailed(
        132_000,
        format!(
            "{place}: number of localizable_params ({given}) does not match the expected number \
             of params ({expected})"
        ),
    ))
}

/// The variables of a text, each once: `{{1}}`, `{{first_name}}`.
pub(super) fn variables(text: &str) -> BTreeSet<String> {
    let opened = text.split("{{").skip(1);
    opened.filter_map(|rest| Some(rest.split_once("}}")?.0.trim().to_owned())).collect()
}

fn is(value: &Value, field: &str, expected: &str) -> bool {
    value
        .get(field)
        .and_then(Value::as_str)
        .is_some_and(|found| found.eq_ignore_ascii_case(expected))
}

fn parameters_of(component: &Value) -> &[Value] {
    component.get("parameters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
}
