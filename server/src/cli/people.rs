//! A table of people to invite, as spreadsheets save it (CSV).
//!
//! The first line names the columns, in any order: `email` and `name`, and if wanted `role`,
//! `teams` and `capacity`. Several teams stand in one cell with `|` between them, each `NAME` or
//! `NAME:supervisor`. Cells are separated by commas, by semicolons as in some countries, or by
//! tabs.

use baton_protocol::{MembershipKind, Role};

use super::admin::{membership, role};
use super::letters::is_garbled;

/// Bytes of a table.
const BYTES_MAX: usize = 1 << 20;
const COLUMNS: [&str; 5] = ["email", "name", "role", "teams", "capacity"];

/// A row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The line of the file on which it begins; the first is 1.
    pub line: usize,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role; agent unless it is said.
    pub role: Role,
    /// Teams by name.
    pub teams: Vec<(String, MembershipKind)>,
    /// Conversations to own at once; unlimited unless it is said.
    pub capacity: Option<u32>,
}

/// Reads a table.
///
/// # Errors
/// Names every line that cannot be read.
pub fn people(text: &str) -> Result<Vec<Person>, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("the table has more than {BYTES_MAX} bytes"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let separator = ['\t', ';', ','].into_iter().find(|one| head.contains(*one)).unwrap_or(',');
    let mut rows = rows(text, separator)?.into_iter();
    let Some((_, head)) = rows.next() else { return Err("the table is empty".to_owned()) };
    let head: Vec<String> = head.iter().map(|name| name.trim().to_lowercase()).collect();
    if let Some(odd) = head.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        let known = COLUMNS.join(", ");
        return Err(format!("line 1: there is no column {odd:?}; the columns are {known}"));
    }
    for needed in ["email", "name"] {
        if !head.iter().any(|name| name == needed) {
            return Err(format!("line 1: the column {needed} is missing"));
        }
    }
    let (mut people, mut wrong) = (Vec::new(), Vec::new());
    for (line, cells) in rows {
        match person(line, &head, &cells) {
            Ok(person) => people.push(person),
            Err(problem) => wrong.push(format!("line {line}: {problem}")),
        }
    }
    if wrong.is_empty() { Ok(people) } else { Err(wrong.join("\n")) }
}

fn person(line: usize, head: &[String], cells: &[String]) -> Result<Person, String> {
    if cells.len() > head.len() {
        return Err(format!("has {} cells, and the table {} columns", cells.len(), head.len()));
    }
    if cells.iter().any(|cell| is_garbled(cell)) {
        return Err("letters are lost: save the table as CSV UTF-8".to_owned());
    }
    let cell = |name: &str| {
        let place = head.iter().position(|other| other == name);
        place.and_then(|place| cells.get(place)).map(|cell| cell.trim()).unwrap_or_default()
    };
    let given = |name: &str| Some(cell(name)).filter(|cell| !cell.is_empty());
    let teams = cell("teams").split('|').map(str::trim).filter(|name| !name.is_empty());
    let capacity = given("capacity").map(str::parse::<u32>).transpose();
    Ok(Person {
        line,
        email: cell("email").to_owned(),
        name: cell("name").to_owned(),
        role: given("role").map_or(Ok(Role::Agent), |text| role(&text.to_lowercase()))?,
        teams: teams.map(membership).collect::<Result<_, _>>()?,
        capacity: capacity.map_err(|_odd| "capacity must be a number".to_owned())?,
    })
}

/// The rows that are not empty, each with the line on which it begins (RFC 4180).
fn rows(text: &str, separator: char) -> Result<Vec<(usize, Vec<String>)>, String> {
    let (mut rows, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begun, mut is_quoted) = (1, 1, false);
    let mut letters = text.chars().chain(['\n']).peekable();
    while let Some(letter) = letters.next() {
        if letter == '\n' {
            line += 1;
        }
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                is_quoted = true;
            }
            _ if is_quoted => cell.push(letter),
            '\r' => {}
            '\n' => {
                cells.push(std::mem::take(&mut cell));
                let row: Vec<String> = std::mem::take(&mut cells);
                if row.iter().any(|cell| !cell.trim().is_empty()) {
                    rows.push((begun, row));
                }
                begun = line;
            }
            _ if letter == separator => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    if is_quoted {
        return Err(format!("line {begun}: a quotation mark is not closed"));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_a_spreadsheet_is_read_whatever_separates_its_cells() {
        let sales = vec![
            ("Sales".to_owned(), MembershipKind::Member),
            ("Night, late".to_owned(), MembershipKind::Supervisor),
        ];
        for text in [
            "\u{feff}Email,Name,Role,Teams\r\nben@a.example,\"Ben \"\"B\"\" Ode\",Supervisor,\
             \"Sales|Night, late:supervisor\"\r\n\r\neva@a.example, Eva\r\n",
            "email;name;role;teams\nben@a.example;Ben \"B\" Ode;supervisor;\
             Sales | Night, late:supervisor\n\neva@a.example;Eva;;",
            "email\tname\trole\tteams\nben@a.example\tBen \"B\" Ode\tsupervisor\t\
             Sales|Night, late:supervisor\n\neva@a.example\tEva",
        ] {
            let read = people(text).unwrap();
            assert_eq!(read.len(), 2, "{text}");
            assert_eq!((read[0].name.as_str(), read[0].role), ("Ben \"B\" Ode", Role::Supervisor));
            assert_eq!(read[0].teams, sales);
            assert_eq!((read[1].line, read[1].role), (4, Role::Agent));
            assert_eq!((read[1].name.as_str(), read[1].teams.len()), ("Eva", 0));
        }
    }

    #[test]
    fn every_line_that_cannot_be_read_is_named() {
        for (text, told) in [
            ("", "the table is empty"),
            ("name\nBen", "line 1: the column email is missing"),
            ("email,name,age\n", "line 1: there is no column \"age\""),
            ("email,name\n\"ben@a.example", "line 2: a quotation mark is not closed"),
        ] {
            let problem = people(text).unwrap_err();
            assert!(problem.starts_with(told), "{text}: {problem}");
        }
        let text = "email,name,role,teams,capacity\na@b,A,boss\nb@b,B\nc@b,C,agent,S:chief\n\
                    d@b,D,agent,S,many\ne@b,E,agent,S,5,6\n";
        let problem = people(text).unwrap_err();
        let lines: Vec<_> = problem.lines().filter_map(|line| line.split_once(": ")).collect();
        let lines: Vec<_> = lines.into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, ["line 2", "line 4", "line 5", "line 6"]);
    }
}
