//! `baton config print`: the values in force, and where those that are no defaults came from.

use super::{Loaded, origin};

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
                let comment = match origin::of(&self.figment, &format!("{section}.{name}")) {
                    default if default == "default" => String::new(),
                    other => format!("  # {other}"),
                };
                text.push_str(&format!("{name} = {value}{comment}\n"));
            }
        }
        Ok(text)
    }
}
