//! Results: tables for people, and the same as JSON for programs.

use serde::Serialize;

use crate::machine::Origin;

/// One cell of a table.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    /// Words.
    Text(String),
    /// A figure, shown with so many decimals.
    Figure(f64, #[serde(skip)] usize),
}

impl Cell {
    fn show(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Figure(figure, _) if !figure.is_finite() => "–".to_owned(),
            Self::Figure(figure, decimals) => format!("{figure:.decimals$}"),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Figure(count as f64, 0)
    }
}

/// A figure with one decimal.
pub(crate) fn one(figure: f64) -> Cell {
    Cell::Figure(figure, 1)
}

/// A figure with two decimals.
pub(crate) fn two(figure: f64) -> Cell {
    Cell::Figure(figure, 2)
}

/// A whole figure.
pub(crate) fn whole(figure: f64) -> Cell {
    Cell::Figure(figure, 0)
}

/// A table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Table {
    /// The subject of the table, and the load.
    pub(crate) title: String,
    /// Names of the columns.
    pub(crate) columns: Vec<&'static str>,
    /// The rows.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Notes on the figures: their meaning, or their distance from a goal.
    pub(crate) notes: Vec<String>,
}

/// The findings of a scenario.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Its name, and the number of nodes where there are several.
    pub(crate) scenario: String,
    /// Machine, load, commit.
    pub(crate) origin: Origin,
    /// Its tables.
    pub(crate) tables: Vec<Table>,
}

impl Report {
    /// As Markdown, which people can read as it is.
    pub(crate) fn markdown(&self) -> String {
        let Origin { machine, load, commit } = &self.origin;
        let mut text = format!(
            "## {}\n\nMachine: {machine}. Load averages at the start: {load}. Commit {commit}.\n",
            self.scenario
        );
        for table in &self.tables {
            text.push_str(&table.markdown());
        }
        text
    }
}

impl Table {
    fn markdown(&self) -> String {
        let shown: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::show).collect()).collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(n, name)| {
                let cells = shown.iter().filter_map(|row| row.get(n));
                cells.map(|cell| cell.chars().count()).chain([name.chars().count()]).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        let mut text = format!("\n### {}\n\n", self.title);
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
        };
        text.push_str(&line(self.columns.clone()));
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        text.push_str(&line(rules.iter().map(String::as_str).collect()));
        for row in &shown {
            text.push_str(&line(row.iter().map(String::as_str).collect()));
        }
        for note in &self.notes {
            text.push_str(&format!("\n- {note}"));
        }
        if !self.notes.is_empty() {
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_shows_what_is_not_known_as_a_dash() {
        let table = Table {
            title: "T".to_owned(),
            columns: vec!["store", "ms"],
            rows: vec![vec!["SQLite".into(), two(1.0)], vec!["P".into(), one(f64::NAN)]],
            notes: vec!["n".to_owned()],
        };
        let expected = "\n### T\n\n| store  | ms   |\n| ------ | ---- |\n| SQLite | 1.00 |\n\
                        | P      | –    |\n\n- n\n";
        assert_eq!(table.markdown(), expected);
    }
}
