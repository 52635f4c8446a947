use std::path::{Path, PathBuf};

use jiff::Timestamp;
use system::{Error, Inode, Result, System};

/// Keeps a copy of a file beside it, named `PATH.PROCESS.YEAR-MONTH-DAY@HOUR:MINUTE:SECOND~`, and gives the copy's path.
/// Owner and permissions are those of the file.
///
/// # Errors
/// The file can't be read or the copy can't be written.
pub fn back_up(host: &mut System, path: &Path) -> Result<PathBuf> {
    let Some(file) = host.follow(path)? else {
        return Err(Error::failed(format!(
            "{} does not exist, so there is nothing to back up",
            path.display()
        )));
    };
    let backup = backup_path(host, path)?;
    let bytes = host.read(path)?;
    let now = host.inode(&backup)?;
    let want = Inode { path: backup.clone(), ..file }.with_content(bytes);
    host.place(&now, want)?;
    Ok(backup)
}

/// Where a copy of a file is kept.
pub(crate) fn backup_path(host: &mut System, path: &Path) -> Result<PathBuf> {
    let now = Timestamp::try_from(host.now())
        .map_err(|error| Error::failed(format!("the host's clock is wrong: {error}")))?;
    let time = now.to_zoned(host.time_zone()?).strftime("%Y-%m-%d@%H:%M:%S").to_string();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.{time}~", host.process_id()));
    Ok(PathBuf::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::{MemoryBackend, NoCourier, Options};

    #[test]
    fn the_name_tells_the_process_and_the_hosts_time() {
        for (zone, time) in
            [(None, "2023-11-14@22:13:20"), (Some("CET-1CEST,M3.5.0,M10.5.0/3"), "2023-11-14@23:13:20")]
        {
            let backend = MemoryBackend::new();
            backend.add_file("/etc/motd", "hello");
            let mut host = System::new(Box::new(backend.clone()), Box::new(NoCourier));
            let environment = zone.map(|zone| ("TZ".to_owned(), zone.to_owned())).into_iter().collect();
            host.begin(Options { environment, ..Options::default() });
            let path = back_up(&mut host, Path::new("/etc/motd")).unwrap();
            assert_eq!(path, PathBuf::from(format!("/etc/motd.42.{time}~")));
            assert_eq!(host.read(&path).unwrap(), b"hello");
            assert!(back_up(&mut host, Path::new("/etc/nothing")).is_err());
        }
    }
}
