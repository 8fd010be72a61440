//! The server's own figures: `/metrics` before and after, memory and CPU from `/proc`.

use std::collections::BTreeMap;

use anyhow::Context;

/// Figures at one moment, by their name with labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// Reads the text of `/metrics`.
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(pairs.collect())
    }

    fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// The growth of a counter since `before`.
    pub(crate) fn grew(&self, before: &Self, name: &str) -> f64 {
        self.get(name) - before.get(name)
    }

    /// The number of values that a histogram received since `before`.
    pub(crate) fn observed(&self, before: &Self, name: &str) -> f64 {
        self.grew(before, &format!("{name}_count"))
    }

    /// The mean of what a histogram was told since `before`.
    pub(crate) fn mean(&self, before: &Self, name: &str) -> f64 {
        self.grew(before, &format!("{name}_sum")) / self.observed(before, name)
    }
}

/// Bytes of memory that a process has resident.
pub(crate) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib = line.split_whitespace().nth(1).context("no VmRSS")?.parse::<u64>()?;
    Ok(kib * 1024)
}

/// Milliseconds of CPU that a process has used. The kernel counts in hundredths of a second.
pub(crate) fn cpu_ms(pid: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, after) = stat.rsplit_once(')').context("an odd stat")?;
    let field = |n: usize| -> anyhow::Result<u64> {
        Ok(after.split_whitespace().nth(n).context("a short stat")?.parse()?)
    };
    Ok((field(11)? + field(12)?) * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_of_what_came_between() {
        let before = Figures::read("# TYPE x histogram\nx_sum 1.0\nx_count 2\n");
        let after = Figures::read("x_sum 4.0\nx_count 4\ny{a=\"b c\"} 7\n");
        assert_eq!(after.mean(&before, "x"), 1.5);
        assert_eq!(after.grew(&before, "y{a=\"b c\"}"), 7.0);
    }
}
