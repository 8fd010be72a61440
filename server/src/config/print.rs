//! `baton config print`: the values in force, and where those that are no defaults came from.

use super::Loaded;

impl Loaded {
    /// The configuration in force as TOML that can be loaded again, secrets as `***`.
    ///
    /// # Errors
    /// Never for a configuration that was loaded; the writer's type says so.
    pub fn print(&self) -> Result<String, toml::ser::Error> {
        let sections = toml::Table::try_from(&self.config)?;
        let mut text = String::new();
        for (section, values) in &sections {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}[{section}]\n"));
            for (name, value) in values.as_table().into_iter().flatten() {
                let origin = self.origins.get(&format!("{section}.{name}"));
                let comment = origin.map_or_else(String::new, |of| format!("  # {of}"));
                text.push_str(&format!("{name} = {value}{comment}\n"));
            }
        }
        Ok(text)
    }
}
