use std::path::Path;

use crate::{Result, System};

impl System {
    /// A process of a user, if there is one: the one with the lowest number. The shadow tools leave accounts alone whose
    /// users are at work (usermod(8), userdel(8)).
    pub fn process_of_user(&mut self, uid: u32) -> Result<Option<u32>> {
        let folder = Path::new("/proc");
        if self.follow(folder)?.is_none() {
            return Ok(None);
        }
        let mut numbers: Vec<u32> = self.list(folder)?.iter().filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        for number in numbers {
            // One that has ended meanwhile has no status any more.
            let status = self.read_text_if_any(&folder.join(number.to_string()).join("status"));
            let status = status.ok().flatten().unwrap_or_default();
            let ids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
            // The real, the effective and the saved one.
            if ids.split_whitespace().take(3).any(|id| id.parse() == Ok(uid)) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBackend, NoCourier};

    #[test]
    fn processes_are_found_by_their_user() {
        let backend = MemoryBackend::new();
        backend.add_file("/proc/10/status", "Name:\tsh\nUid:\t0\t1000\t0\t0\n");
        backend.add_file("/proc/9/status", "Name:\tsh\nUid:\t0\t0\t0\t1001\n");
        backend.add_file("/proc/uptime", "1\n");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        assert_eq!(host.process_of_user(1000).unwrap(), Some(10));
        assert_eq!(host.process_of_user(0).unwrap(), Some(9));
        assert_eq!(host.process_of_user(1001).unwrap(), None);
    }
}
