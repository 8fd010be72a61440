//! What README quotes, written and compared here: rows and figures of docs/proof.md, and defaults
//! of settings. `BATON_ACCEPT_FIGURES=1 cargo test -p baton-tidy` writes what is stale.
//!
//! README says what it quotes. Under the proof's own header, a row has a claim of the proof, and
//! the rest follows. `<!-- quote: CLAIM -->` and `<!-- /quote -->` stand around the words that the
//! proof prints in bold for a claim. With the name of a setting its default is between them.

use crate::source::root;

/// The variable that lets the test write what it compares otherwise.
const ACCEPT: &str = "BATON_ACCEPT_FIGURES";

/// The header of the proof's tables, and of the tables that are copied from them.
const HEADER: &str = "| claim | newest figure | goal | | run, commit |";

const OPEN: &str = "<!-- quote: ";
const CLOSE: &str = "<!-- /quote -->";

/// What README quotes from.
pub(crate) struct Quoted<'a> {
    /// The text of docs/proof.md.
    pub(crate) proof: &'a str,
    /// The manual of all settings.
    pub(crate) manual: &'a str,
}

impl Quoted<'_> {
    /// Returns a page with each quote as its source has it now.
    ///
    /// # Errors
    /// Names the quotes that no source has.
    pub(crate) fn write(&self, page: &str) -> Result<String, Vec<String>> {
        let (mut made, mut unknown) = (String::new(), Vec::new());
        let (mut is_code, mut is_copied) = (false, false);
        for line in page.lines() {
            is_code ^= line.starts_with("```");
            is_copied = line == HEADER || (is_copied && line.starts_with('|'));
            let is_row = is_copied && line != HEADER && !line.starts_with("|-");
            let written = match (is_code, is_row) {
                (true, _) => Ok(line.to_owned()),
                (_, true) => self.row(line),
                _ => self.line(line),
            };
            made.push_str(&written.unwrap_or_else(|lost| {
                unknown.push(lost);
                line.to_owned()
            }));
            made.push('\n');
        }
        if unknown.is_empty() { Ok(made) } else { Err(unknown) }
    }

    /// The row of the proof with the claim of this one.
    fn row(&self, line: &str) -> Result<String, String> {
        let claim = line.split(" | ").next().unwrap_or_default();
        let is_of = |row: &&str| row.strip_prefix(claim).is_some_and(|rest| rest.starts_with(" |"));
        let row = self.proof.lines().find(is_of);
        let row =
            row.ok_or_else(|| format!("no such claim: {}", claim.trim_start_matches("| ")))?;
        Ok(row.replace("](runs/", "](docs/runs/").replace("**", ""))
    }

    /// A line with the words between its marks written anew.
    fn line(&self, line: &str) -> Result<String, String> {
        let mut pieces = line.split(OPEN);
        let mut made = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let marked = piece.split_once(" -->").and_then(|(of, rest)| {
                let (_, after) = rest.split_once(CLOSE)?;
                Some((of, after))
            });
            let (of, after) = marked.ok_or_else(|| format!("a quote without an end: {piece}"))?;
            let words = self.words(of).ok_or_else(|| format!("nothing to quote: {of}"))?;
            made.push_str(&format!("{OPEN}{of} -->{words}{CLOSE}{after}"));
        }
        Ok(made)
    }

    /// The words of a claim that are bold, or the default of a setting as code.
    fn words(&self, of: &str) -> Option<String> {
        let text = |line: &'_ str| line.trim_start_matches(['|', '-', ' ']).starts_with(of);
        let bold = self.proof.lines().filter(|line| text(line));
        let bold = bold.filter_map(|line| line.split("**").nth(1)).next();
        bold.map(str::to_owned).or_else(|| Some(format!("`{}`", self.default(of)?)))
    }

    fn default(&self, name: &str) -> Option<&str> {
        let (section, key) = name.split_once('.')?;
        let (_, below) = self.manual.split_once(&format!("\n[{section}]\n"))?;
        let mut lines = below.lines().take_while(|line| !line.starts_with('['));
        let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
        Some(value.trim_matches('"'))
    }
}

#[test]
fn readme_quotes_what_the_proof_and_the_settings_say() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect(path);
    let (proof, manual) = (read("docs/proof.md"), read("server/src/config/defaults.toml"));
    let made = Quoted { proof: &proof, manual: &manual }.write(&read("README.md"));
    let made = made.unwrap_or_else(|unknown| panic!("README.md:\n{}", unknown.join("\n")));
    if std::env::var_os(ACCEPT).is_some() {
        std::fs::write(root().join("README.md"), &made).expect("is written");
    }
    let there = read("README.md");
    let odd = there.lines().zip(made.lines()).find(|(there, made)| there != made);
    let odd = odd.map(|(there, made)| format!("{there}\nis now\n{made}")).unwrap_or_default();
    assert!(there == made, "README.md is stale: {ACCEPT}=1 cargo test -p baton-tidy\n{odd}");
    assert!(made.contains(OPEN) && made.contains(HEADER), "README.md quotes nothing");
}

#[test]
fn a_planted_difference_between_readme_and_proof_is_seen_and_mended() {
    let row = "| Idle | **7.9 KiB**, 0.5 of a peer | 6 | missed | [idle](runs/idle.md) a1 |";
    let proof = format!("{HEADER}\n|---|---|---|---|---|\n{row}\n- `make x`: **20 minutes**.\n");
    let manual = "# All.\n[a]\nbind = \"other\"\n[http]\n# Where.\nbind = \"127.0.0.1:1\"\n";
    let of = Quoted { proof: &proof, manual };
    let page = |figure: &str, time: &str, bind: &str| {
        let row = format!(
            "| Idle | {figure}, 0.5 of a peer | 6 | missed | [idle](docs/runs/idle.md) a1 |"
        );
        let took =
            format!("took {OPEN}`make x` -->{time}{CLOSE}, at {OPEN}http.bind -->{bind}{CLOSE}");
        format!("{HEADER}\n|---|---|---|---|---|\n{row}\n\n{took}.\n| Idle | 9 |\n")
    };
    let good = page("7.9 KiB", "20 minutes", "`127.0.0.1:1`");
    let stale = ["8.1 KiB", "12 minutes", "`127.0.0.1:2`"];
    for planted in [
        page(stale[0], "20 minutes", "`127.0.0.1:1`"),
        page("7.9 KiB", stale[1], "`127.0.0.1:1`"),
        page("7.9 KiB", "20 minutes", stale[2]),
    ] {
        assert_ne!(planted, good);
        assert_eq!(of.write(&planted).as_deref(), Ok(good.as_str()));
    }
    for unknown in [
        format!("{HEADER}\n| Idler | 7.9 KiB |\n"),
        format!("{OPEN}http.bound -->1{CLOSE}\n"),
        format!("{OPEN}`make y` -->1{CLOSE}\n"),
        format!("{OPEN}http.bind -->1\n"),
    ] {
        assert_eq!(of.write(&unknown).map_err(|lost| lost.len()), Err(1), "{unknown}");
    }
}
