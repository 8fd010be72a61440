//! How long the Graph API answers a version. Source: Meta's changelog of the Graph API,
//! <https://developers.facebook.com/docs/graph-api/changelog>, as it stood in November 2026.

use baton_protocol::Timestamp;

/// So long before its end a version is worth a word.
const SOON_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// Versions and the days on which they end, as `(name, day, ms since 1970 at its beginning, UTC)`.
/// Of the newest one Meta names no day yet.
const VERSIONS: [(&str, Option<(&str, i64)>); 7] = [
    ("v26.0", None),
    ("v25.0", Some(("2028-07-29", 1_848_441_600_000))),
    ("v24.0", Some(("2028-02-18", 1_834_444_800_000))),
    ("v23.0", Some(("2027-10-08", 1_822_953_600_000))),
    ("v22.0", Some(("2027-05-20", 1_810_771_200_000))),
    ("v21.0", Some(("2027-01-21", 1_800_489_600_000))),
    ("v20.0", Some(("2026-09-24", 1_790_208_000_000))),
];

/// How a version of the Graph API stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionSupport {
    /// Nothing is to be done for now.
    Lives,
    /// It ends on this day, within 90 days.
    EndsSoon(&'static str),
    /// It ended on this day.
    Ended(&'static str),
    /// This program does not know it.
    Unknown,
}

/// How a version stands at a time.
pub fn standing(version: &str, now: Timestamp) -> VersionSupport {
    let Some((_, ends)) = VERSIONS.iter().find(|(name, _)| *name == version) else {
        return VersionSupport::Unknown;
    };
    match *ends {
        Some((day, ms)) if now.ms() >= ms => VersionSupport::Ended(day),
        Some((day, ms)) if now.ms() >= ms - SOON_MS => VersionSupport::EndsSoon(day),
        Some(_) | None => VersionSupport::Lives,
    }
}

impl VersionSupport {
    /// Whether nobody has to act.
    pub fn is_well(self) -> bool {
        matches!(self, Self::Lives | Self::Unknown)
    }

    /// In words.
    pub fn words(self, version: &str) -> String {
        match self {
            Self::Lives => format!("Meta answers {version} for at least 90 days more"),
            Self::EndsSoon(day) => {
                format!("Meta ends {version} on {day}: set whatsapp.graph_version to a newer one")
            }
            Self::Ended(day) => {
                format!("Meta ended {version} on {day}: set whatsapp.graph_version to a newer one")
            }
            Self::Unknown => format!("this program does not know when Meta ends {version}"),
        }
    }

    /// Says in the log what somebody has to do.
    pub fn log(self, version: &str) {
        match self {
            Self::Lives => {}
            Self::EndsSoon(day) => {
                tracing::warn!(version, day, "Meta ends this version of the Graph API soon");
            }
            Self::Ended(day) => {
                tracing::error!(version, day, "Meta has ended this version of the Graph API");
            }
            Self::Unknown => {
                tracing::info!(version, "when Meta ends this version is not known");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn a_version_is_told_of_90_days_before_its_end() {
        let end = 1_800_489_600_000;
        let at = |days: i64| standing("v21.0", Timestamp::from_ms(end - days * DAY_MS));
        assert_eq!(at(91), VersionSupport::Lives);
        assert_eq!(at(90), VersionSupport::EndsSoon("2027-01-21"));
        assert_eq!(at(1), VersionSupport::EndsSoon("2027-01-21"));
        assert_eq!(at(0), VersionSupport::Ended("2027-01-21"));
        let far = Timestamp::from_ms(end + 9000 * DAY_MS);
        assert_eq!(standing("v26.0", far), VersionSupport::Lives, "Meta names no day");
        assert_eq!(standing("v99.0", far), VersionSupport::Unknown);
        assert!(VersionSupport::Unknown.is_well() && !at(1).is_well() && !at(0).is_well());
    }

    #[test]
    fn days_and_milliseconds_agree() {
        for (name, ends) in VERSIONS {
            let Some((day, ms)) = ends else { continue };
            let told = serde_json::to_string(&Timestamp::from_ms(ms)).unwrap();
            assert_eq!(told, format!("\"{day}T00:00:00.000Z\""), "{name}");
        }
    }
}
