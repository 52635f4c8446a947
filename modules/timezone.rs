use std::path::{Path, PathBuf};

use module::{Arguments, EditedFile, HostPath, Module, NewContent, Outcome, required_one_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Command, Error, Kind, Result, System};

/// Sets the host's time zone, and whether its hardware clock goes by it.
///
/// The zone is the link `/etc/localtime`, and without systemd `/etc/timezone` too, where there is such a file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timezone {
    /// The zone, such as `Europe/Zurich`: a file below `/usr/share/zoneinfo`.
    name: Option<String>,
    /// What the hardware clock tells: universal or local time.
    #[schemars(extend("aliases" = ["rtc"]))]
    hwclock: Option<HardwareClock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum HardwareClock {
    /// Universal time.
    #[serde(rename = "UTC")]
    Utc,
    /// The time of the zone.
    #[serde(rename = "local")]
    Local,
}

impl Arguments for Timezone {
    const NAME: &'static str = "timezone";
    const EXAMPLES: &'static str = r#"
- name: Where the host is
  timezone:
    name: Europe/Zurich
"#;
}

const ZONES: &str = "/usr/share/zoneinfo";
const ZONE_LINK: &str = "/etc/localtime";
const ZONE_NAME: &str = "/etc/timezone";
const CLOCK_FILE: &str = "/etc/adjtime";

impl Module for Timezone {
    fn run(self, host: &mut System) -> Result<Outcome> {
        required_one_of(&[("hwclock", self.hwclock.is_some()), ("name", self.name.is_some())])?;
        if let Some(name) = &self.name {
            set_zone(host, name)?;
        }
        if let Some(clock) = self.hwclock {
            clock.set(host)?;
        }
        Ok(Outcome::new())
    }
}

fn set_zone(host: &mut System, name: &str) -> Result<()> {
    let is_name = !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let is_there = is_name && host.follow(&Path::new(ZONES).join(name))?.is_some_and(|found| found.is_file());
    if !is_there {
        // Playbooks look for these words.
        return Err(Error::failed(format!("given timezone \"{name}\" is not available")));
    }
    let now = host.inode(Path::new(ZONE_LINK))?;
    let leads_there = match &now.kind {
        Kind::Link(target) => zone_of(target) == Some(name),
        _ => false,
    };
    if !leads_there {
        // Relative, as systemd makes it: it holds in a host that is mounted elsewhere too.
        let target = PathBuf::from(format!("..{ZONES}/{name}"));
        host.place(&now, now.clone().into_kind(Kind::Link(target)))?;
    }
    // systemd goes by the link alone.
    let by_systemd = host.runs_systemd()? && host.find_program("timedatectl")?.is_some();
    if !by_systemd && host.follow(Path::new(ZONE_NAME))?.is_some() {
        let file = EditedFile::open(host, &HostPath::new(ZONE_NAME), "utf-8")?;
        if String::from_utf8_lossy(file.content()).trim() != name {
            let bytes = Some(format!("{name}\n").into_bytes());
            file.write(host, NewContent { bytes, ..NewContent::default() }, Default::default())?;
        }
    }
    Ok(())
}

/// The zone that a link leads to.
fn zone_of(target: &Path) -> Option<&str> {
    target.to_str()?.split_once("/share/zoneinfo/").map(|(_, name)| name)
}

impl HardwareClock {
    fn set(self, host: &mut System) -> Result<()> {
        let path = Path::new(CLOCK_FILE);
        let before = host.read_text_if_any(path)?;
        let after = self.told(before.as_deref());
        if before == after {
            return Ok(());
        }
        let now = host.inode(path)?;
        let want = match after {
            Some(text) => now.clone().with_content(text.into_bytes()),
            None => now.clone().removed(),
        };
        host.place(&now, want)?;
        // The clock goes on with the old time until somebody sets it.
        if host.find_program("hwclock")?.is_some() && host.follow(Path::new("/dev/rtc0"))?.is_some() {
            let (option, told) = match self {
                HardwareClock::Utc => ("--utc", "UTC"),
                HardwareClock::Local => ("--localtime", "local time"),
            };
            let command = Command::new(["hwclock", "--systohc", option]);
            host.act("hardware clock", "/dev/rtc0", told, |backend| {
                backend.carry_out(&command, "can't set the hardware clock").map(drop)
            })?;
        }
        Ok(())
    }

    /// The file's content (adjtime_config(5)): the third line says it, and without a file it is universal time. The
    /// first two tell how far the clock is off, and stay.
    fn told(self, before: Option<&str>) -> Option<String> {
        let word = match self {
            HardwareClock::Utc => "UTC",
            HardwareClock::Local => "LOCAL",
        };
        let lines: Vec<&str> = before.unwrap_or_default().lines().collect();
        let is_now = lines.get(2).map_or("UTC", |line| line.trim());
        if is_now == word {
            return before.map(str::to_owned);
        }
        let first = lines.first().filter(|line| !line.trim().is_empty()).unwrap_or(&"0.0 0 0");
        let second = lines.get(1).filter(|line| !line.trim().is_empty()).unwrap_or(&"0");
        Some(format!("{first}\n{second}\n{word}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_line_says_what_the_clock_tells() {
        let (utc, local) = (HardwareClock::Utc, HardwareClock::Local);
        assert_eq!(utc.told(None), None);
        assert_eq!(local.told(None).as_deref(), Some("0.0 0 0\n0\nLOCAL\n"));
        assert_eq!(utc.told(Some("0.1 2 0\n2\nLOCAL\n")).as_deref(), Some("0.1 2 0\n2\nUTC\n"));
        assert_eq!(local.told(Some("0.1 2 0\n2\nLOCAL")).as_deref(), Some("0.1 2 0\n2\nLOCAL"));
        assert_eq!(utc.told(Some("0.1 2 0\n2\n")).as_deref(), Some("0.1 2 0\n2\n"));
    }

    #[test]
    fn links_lead_to_zones() {
        assert_eq!(zone_of(Path::new("../usr/share/zoneinfo/Europe/Zurich")), Some("Europe/Zurich"));
        assert_eq!(zone_of(Path::new("/srv/zone")), None);
    }
}
