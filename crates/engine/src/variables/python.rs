use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static FOUND: LazyLock<Option<PathBuf>> = LazyLock::new(|| first_in(&std::env::var_os("PATH")?));

/// The controller's Python, which only the user's own programs need: that of the first folder in the search path that
/// has one, as in a virtual environment that is active. Without one it still has a name.
pub(super) fn of_controller() -> &'static Path {
    FOUND.as_deref().unwrap_or(Path::new("python3"))
}

fn first_in(search_path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(search_path)
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| ["python3", "python"].map(|name| folder.join(name)))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_folder_with_a_python_counts() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, active, host] = ["empty", "active", "host"].map(|name| folder.path().join(name));
        for (folder, programs) in [(&empty, &[][..]), (&active, &["python"]), (&host, &["python", "python3"])]
        {
            std::fs::create_dir(folder).unwrap();
            for program in programs {
                std::fs::write(folder.join(program), "").unwrap();
            }
        }
        let path = |folders: &[&PathBuf]| std::env::join_paths(folders).unwrap();
        assert_eq!(first_in(&path(&[&empty, &active, &host])), Some(active.join("python")));
        assert_eq!(first_in(&path(&[&host, &active])), Some(host.join("python3")));
        assert_eq!(first_in(&path(&[&empty])), None);
    }
}
