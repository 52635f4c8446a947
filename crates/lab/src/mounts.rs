use std::fs;
use std::path::{Path, PathBuf};

use diag::{Error, Result};

/// File systems that people keep files on; the others are the kernel's or a container engine's own.
const ON_DISK: [&str; 8] = ["bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "xfs", "zfs"];

/// The places of this machine where another file system is mounted than the root's, or a part of one; outermost first.
///
/// # Errors
///
/// The kernel's list can't be read.
pub(crate) fn places() -> Result<Vec<PathBuf>> {
    let list = fs::read_to_string("/proc/self/mountinfo")
        .map_err(|error| Error::new("this machine's mounts can't be read").cause(error))?;
    Ok(parse(&list))
}

/// proc_pid_mountinfo(5): the fifth field is the place; after a lone dash comes the type.
fn parse(list: &str) -> Vec<PathBuf> {
    let place = |line: &str| {
        let (mount, file_system) = line.split_once(" - ")?;
        let place = PathBuf::from(unescape(mount.split(' ').nth(4)?));
        let kind = file_system.split(' ').next()?;
        (ON_DISK.contains(&kind) && place != Path::new("/")).then_some(place)
    };
    let mut places: Vec<PathBuf> = list.lines().filter_map(place).collect();
    places.sort();
    places.dedup();
    places
}

/// Blanks and backslashes stand in the list as three octal digits.
fn unescape(field: &str) -> String {
    let mut parts = field.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                text.push(char::from(code));
                text += &part[3..];
            }
            None => {
                text.push('\\');
                text += part;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_file_systems_on_disks_count_and_blanks_are_understood() {
        let list = "26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                    30 26 0:22 / /proc rw - proc proc rw\n\
                    40 26 254:1 / /var/lib/my\\040data rw - xfs /dev/vdb rw\n\
                    39 26 254:1 / /var rw,relatime shared:3 master:1 - btrfs /dev/vdb rw\n\
                    41 39 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n";
        assert_eq!(parse(list), [PathBuf::from("/var"), PathBuf::from("/var/lib/my data")]);
    }
}
