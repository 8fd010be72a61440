//! One line on the terminal that says what is being measured; nothing where there is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// The line. Phases are counted, for the bar.
#[derive(Clone, Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar of so many steps.
    pub(crate) fn new(steps: u64, is_quiet: bool) -> Self {
        let bar = if is_quiet { ProgressBar::hidden() } else { ProgressBar::new(steps) };
        let style = ProgressStyle::with_template("{elapsed_precise} [{bar:24}] {pos}/{len} {msg}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Sets the number of steps that will come.
    pub(crate) fn expect(&self, steps: usize) {
        self.0.set_length(steps as u64);
        self.0.set_position(0);
    }

    /// Shows the present phase.
    pub(crate) fn phase(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// A step is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// The line goes.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
