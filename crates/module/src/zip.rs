/// An entry of a ZIP archive, as its table of contents tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZipEntry {
    /// Its path below the folder that the archive is unpacked in; of a folder with a slash at the end.
    pub name: String,
    /// The checksum of its content.
    pub crc32: u32,
    /// The size of its content.
    pub size: u64,
    /// Kind and permissions as Unix has them; 0 if the archive comes from elsewhere.
    pub mode: u32,
}

impl ZipEntry {
    /// Whether it is a folder.
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Whether it is a symbolic link; its content is where it leads to.
    pub fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }
}

/// The table of contents at the end of a ZIP archive; nothing if the bytes are none.
pub fn zip_entries(bytes: &[u8]) -> Option<Vec<ZipEntry>> {
    let number16 = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let number32 = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    // The end is found from behind: a comment of up to 64 KiB may follow it.
    let last = bytes.len().checked_sub(22)?;
    let end =
        (last.saturating_sub(0xffff)..=last).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let count = number16(end + 10)?;
    let mut at = usize::try_from(number32(end + 16)?).ok()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (name, extra, comment) = (
            usize::from(number16(at + 28)?),
            usize::from(number16(at + 30)?),
            usize::from(number16(at + 32)?),
        );
        let unix = bytes.get(at + 5) == Some(&3);
        entries.push(ZipEntry {
            name: String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name)?).into_owned(),
            crc32: number32(at + 16)?,
            size: u64::from(number32(at + 24)?),
            mode: if unix { number32(at + 38)? >> 16 } else { 0 },
        });
        at += 46 + name + extra + comment;
    }
    Some(entries)
}

/// The checksum that ZIP archives have of their entries.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_contents_is_read() {
        let mut bytes = b"content goes here".to_vec();
        let start = bytes.len() as u32;
        bytes.extend(b"PK\x01\x02\x1e\x03\x14\0\0\0\0\0\0\0\0\0");
        bytes.extend(7u32.to_le_bytes());
        bytes.extend(2u32.to_le_bytes());
        bytes.extend(2u32.to_le_bytes());
        bytes.extend([5, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend((0o100_644u32 << 16).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(b"a.txt");
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x33\0\0\0");
        bytes.extend(start.to_le_bytes());
        bytes.extend([0, 0]);
        let entries = zip_entries(&bytes).unwrap();
        assert_eq!(entries, [ZipEntry { name: "a.txt".into(), crc32: 7, size: 2, mode: 0o100_644 }]);
        assert!(!entries[0].is_directory() && !entries[0].is_link());
        assert_eq!(zip_entries(b"PK nothing"), None);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
