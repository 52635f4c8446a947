use std::path::Path;

use jiff::tz::TimeZone;

use crate::{Result, System};

impl System {
    /// The host's time zone: that of the variable `TZ`, else of `/etc/localtime`, else UTC.
    ///
    /// # Errors
    /// The zone's file can't be read.
    pub fn time_zone(&mut self) -> Result<TimeZone> {
        let Some(named) = self.environment("TZ") else {
            return Ok(self.zone_file(Path::new("/etc/localtime"))?.unwrap_or(TimeZone::UTC));
        };
        let name = named.trim_start_matches(':');
        if let Ok(rule) = TimeZone::posix(name) {
            return Ok(rule);
        }
        // An absolute path replaces the folder when joined to it, which is what TZ means by one.
        Ok(self.zone_file(&Path::new("/usr/share/zoneinfo").join(name))?.unwrap_or(TimeZone::UTC))
    }

    fn zone_file(&mut self, path: &Path) -> Result<Option<TimeZone>> {
        match self.follow(path)? {
            Some(inode) if inode.is_file() => {}
            _ => return Ok(None),
        }
        Ok(TimeZone::tzif("", &self.read(path)?).ok())
    }
}
