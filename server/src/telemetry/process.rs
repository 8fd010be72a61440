//! What the system says of this process, under the names that Prometheus' own clients use.

use std::fmt::{self, Write};
use std::fs;

/// Ticks in a second of `/proc`: Linux tells user space no other number.
const TICKS_A_SECOND: f64 = 100.0;

/// Writes the figures that can be read; elsewhere than on Linux that is none.
pub(super) fn write(out: &mut String) -> fmt::Result {
    if let Some(stat) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(stat) {
        let cpu = stat.cpu_ticks / TICKS_A_SECOND;
        counter(out, "process_cpu_seconds", "User and system time", cpu)?;
        gauge(out, "process_virtual_memory_bytes", "Virtual memory", stat.virtual_bytes)?;
        gauge(out, "process_threads", "Threads", stat.threads)?;
        if let Some(boot) = boot_s() {
            let began = boot + stat.began_ticks / TICKS_A_SECOND;
            gauge(out, "process_start_time_seconds", "Start since 1970", began)?;
        }
    }
    if let Some(resident) = resident() {
        gauge(out, "process_resident_memory_bytes", "Resident memory", resident)?;
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        gauge(out, "process_open_fds", "Open file descriptors", number(open.count()))?;
    }
    if let Some(most) = open_max() {
        gauge(out, "process_max_fds", "Most file descriptors", most)?;
    }
    Ok(())
}

struct Stat {
    cpu_ticks: f64,
    threads: f64,
    began_ticks: f64,
    virtual_bytes: f64,
}

/// The second field is the program's name in brackets, which may hold anything.
fn stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // As numbered by proc(5), where the field after the name is the third.
    let field = |nth: usize| fields.get(nth - 3)?.parse::<f64>().ok();
    Some(Stat {
        cpu_ticks: field(14)? + field(15)?,
        threads: field(20)?,
        began_ticks: field(22)?,
        virtual_bytes: field(23)?,
    })
}

fn boot_s() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn resident() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024.0)
}

fn open_max() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn gauge(out: &mut String, name: &str, help: &str, value: f64) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}.\n# TYPE {name} gauge\n{name} {value}")
}

fn counter(out: &mut String, name: &str, help: &str, value: f64) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}.\n# TYPE {name} counter\n{name}_total {value}")
}

#[cfg(test)]
mod tests {
    use super::{stat, write};

    #[test]
    fn what_the_system_says_is_read_past_any_name() {
        let mut fields = vec!["0"; 50];
        (fields[11], fields[12], fields[17], fields[19], fields[20]) = ("7", "5", "9", "300", "64");
        let found = stat(&format!("1 (a) b) {}", fields.join(" "))).unwrap();
        assert!((found.cpu_ticks - 12.0).abs() < 0.1 && (found.threads - 9.0).abs() < 0.1);
        assert!((found.began_ticks - 300.0).abs() < 0.1);
        assert!((found.virtual_bytes - 64.0).abs() < 0.1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_on_linux_has_all_figures() {
        let mut text = String::new();
        write(&mut text).unwrap();
        for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds"] {
            assert!(text.contains(&format!("\nprocess_{name} ")), "{text}");
        }
    }
}
