use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lab::Lab;
use tempfile::TempDir;

use super::{program, transcript};

/// A folder of its own in which the program is run under all its names, with a home that is empty and an environment that
/// says nothing.
pub struct Scratch {
    folder: TempDir,
    fixture: PathBuf,
}

impl Scratch {
    /// A copy of a folder of playbooks.
    pub fn of(directory: &str, name: &str) -> Scratch {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory).join(name);
        let folder = tempfile::Builder::new().prefix("capstan-run-").tempdir().unwrap();
        let scratch = Scratch { folder, fixture };
        copy(&scratch.fixture, &scratch.path());
        fs::create_dir(scratch.folder.path().join("home")).unwrap();
        let programs = scratch.folder.path().join("bin");
        fs::create_dir(&programs).unwrap();
        for name in ["capstan", "ansible-playbook"] {
            symlink(program::capstan(), programs.join(name)).unwrap();
        }
        scratch
    }

    /// The names of the folders of playbooks, sorted.
    pub fn folders(directory: &str) -> Vec<String> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Where the commands run.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    /// A shell command that is ready to run. One that hangs is ended after two minutes.
    pub fn command(&self, line: &str) -> Command {
        let folder = self.folder.path();
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", "120", "sh", "-c", line])
            .current_dir(self.path())
            .env_clear()
            .env(
                "PATH",
                format!(
                    "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    folder.join("bin").display()
                ),
            )
            .env("HOME", folder.join("home"))
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Runs a shell command, and gives what it says as a terminal would show it, with the parts that differ each time
    /// replaced.
    pub fn run(&self, line: &str) -> String {
        let output = self.command(line).output().unwrap();
        self.transcript(line, &output)
    }

    /// A command, what it printed, and how it ended, with the parts that differ each time replaced.
    pub fn transcript(&self, line: &str, output: &Output) -> String {
        transcript::of(line, output, self.folder.path())
    }

    /// Runs the folder's commands, and compares what they say with what they said when somebody last looked at it.
    pub fn assert_transcript(&self) {
        // The hosts live as long as this.
        let _lab = self.lab();
        let commands = fs::read_to_string(self.fixture.join("commands")).unwrap();
        let text: Vec<String> =
            commands.lines().filter(|line| !line.is_empty()).map(|line| self.run(line)).collect();
        self.assert_snapshot("transcript", &text.join("\n"));
    }

    /// Throwaway hosts of the names in the folder's file `lab`, if there is one, and their inventory as `lab.ini`.
    fn lab(&self) -> Option<Lab> {
        let names = fs::read_to_string(self.fixture.join("lab")).ok()?;
        let lab = Lab::builder().names(names.lines()).start().unwrap();
        fs::write(self.path().join("lab.ini"), lab.inventory()).unwrap();
        Some(lab)
    }

    /// Compares a text with one of the folder's snapshots.
    pub fn assert_snapshot(&self, name: &str, text: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&self.fixture);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|end| end == "snap" || end == "new") {
            continue;
        }
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => fs::copy(entry.path(), &target).map(|_| ()).unwrap(),
        }
    }
}
