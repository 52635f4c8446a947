use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use system::{Command, Error, Output, Result, Run, System};
use value::{Map, Value};

use crate::{HostPath, Outcome};

/// A program as `command`, `shell` and `script` run it: only if what it makes is not there yet, or what it takes away
/// still is.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// What is run.
    pub command: Command,
    /// The key `cmd` of the result.
    pub shown: Value,
    /// Not run if a path of this pattern is there.
    pub creates: Option<HostPath>,
    /// Not run if no path of this pattern is there.
    pub removes: Option<HostPath>,
    /// Whether line ends at the end of the output go away.
    pub strip_empty_ends: bool,
    /// The message of the failure that a non-zero exit code is; playbooks compare it.
    pub non_zero: &'static str,
}

/// Why a [`CommandLine`] need not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipReason {
    /// What was found: `/srv/data exists`.
    pub fact: String,
    /// The path of it, as it was written.
    pub path: String,
    /// The argument that asked for it.
    pub argument: &'static str,
}

impl CommandLine {
    /// Sets the folder to run in, and what the program reads.
    ///
    /// # Errors
    /// There is no such folder.
    pub fn prepare(
        mut self,
        host: &mut System,
        directory: Option<&HostPath>,
        stdin: Option<&str>,
        stdin_add_newline: bool,
    ) -> Result<CommandLine> {
        if let Some(directory) = directory {
            let path = directory.expand(host)?;
            match host.follow(&path)? {
                Some(found) if found.is_directory() => self.command.directory = Some(path),
                found => {
                    let reason =
                        if found.is_none() { "there is no such directory" } else { "it is no directory" };
                    // Playbooks compare these words.
                    let doing = "Unable to change directory before execution";
                    let cause = format!("{}: {reason}", path.display());
                    let error = Error::failed(format!("{doing}.")).with("exception", cause);
                    let nothing = ["start", "end", "delta"].into_iter();
                    return Err(self.failure(nothing.fold(error, |error, key| error.with(key, Value::Null))));
                }
            }
        }
        if let Some(stdin) = stdin.filter(|stdin| !stdin.is_empty()) {
            self.command.input = stdin.into();
            if stdin_add_newline {
                self.command.input.push(b'\n');
            }
        }
        Ok(self)
    }

    /// Why it need not be run, if so.
    ///
    /// # Errors
    /// A dry run can't know.
    pub fn reason_to_skip(&self, host: &mut System) -> Result<Option<SkipReason>> {
        if let Some(creates) = &self.creates {
            let pattern = self.in_directory(creates.expand(host)?);
            if !host.glob(&pattern)?.is_empty() {
                return Ok(Some(SkipReason {
                    fact: format!("{} exists", creates.as_str()),
                    path: creates.as_str().to_owned(),
                    argument: "creates",
                }));
            }
        }
        if let Some(removes) = &self.removes {
            let pattern = self.in_directory(removes.expand(host)?);
            if host.glob(&pattern)?.is_empty() {
                let fact = format!("{} does not exist", removes.as_str());
                let path = removes.as_str().to_owned();
                return Ok(Some(SkipReason { fact, path, argument: "removes" }));
            }
        }
        Ok(None)
    }

    fn in_directory(&self, path: PathBuf) -> PathBuf {
        self.command.directory.as_ref().map_or(path.clone(), |directory| directory.join(path))
    }

    /// Runs it, if need be. The result carries `cmd`, `rc`, `stdout`, `stderr`, their lines, `start`, `end`, `delta`.
    ///
    /// # Errors
    /// It can't be started, or its exit code is not zero; the failure carries the same keys.
    pub fn run(self, host: &mut System) -> Result<Outcome> {
        if let Some(outcome) = self.skipped(host)? {
            return Ok(outcome);
        }
        let command = self.command.clone();
        self.run_by(host, |host| host.run(&command))
    }

    /// The result if it need not be run.
    ///
    /// # Errors
    /// A dry run can't know.
    pub fn skipped(&self, host: &mut System) -> Result<Option<Outcome>> {
        let Some(SkipReason { fact, path, .. }) = self.reason_to_skip(host)? else { return Ok(None) };
        let mut result =
            self.result(&Output { stdout: format!("skipped, since {fact}").into(), ..Output::default() });
        result.insert(
            "msg".into(),
            format!("Did not run command since {}", fact.replacen(&path, &format!("'{path}'"), 1)).into(),
        );
        result.extend(["start", "end", "delta"].map(|key| (key.into(), Value::Null)));
        Ok(Some(Outcome::from(result).changed(false)))
    }

    /// Runs it in a way of the module's own, with a result as of [`CommandLine::run`].
    ///
    /// # Errors
    /// As of [`CommandLine::run`].
    pub fn run_by(self, host: &mut System, run: impl FnOnce(&mut System) -> Result<Run>) -> Result<Outcome> {
        let start = host.now();
        let run = run(host).map_err(|error| self.not_started(error))?;
        let end = host.now();
        let output = match run {
            Run::Ran(output) => output,
            Run::NotRun(unknown) => {
                let keys = [
                    "rc",
                    "stdout",
                    "stdout_lines",
                    "stderr",
                    "stderr_lines",
                    "start",
                    "end",
                    "delta",
                    "msg",
                ];
                let unknown = keys.map(|key| (Value::from(key), Value::from(unknown.clone())));
                let result: Map = std::iter::once(("cmd".into(), self.shown)).chain(unknown).collect();
                return Ok(Outcome::from(result).changed(true));
            }
        };
        let mut result = self.result(&output);
        let zone = host.time_zone().unwrap_or(TimeZone::UTC);
        result.insert("start".into(), time(start, &zone).into());
        result.insert("end".into(), time(end, &zone).into());
        result.insert("delta".into(), elapsed(end.duration_since(start).unwrap_or_default()).into());
        result.insert("changed".into(), true.into());
        if output.success() {
            result.insert("msg".into(), "".into());
            return Ok(result.into());
        }
        let error = Error::failed(self.non_zero);
        Err(result
            .iter()
            .fold(error, |error, (key, value)| error.with(key.as_str().unwrap_or_default(), value.clone())))
    }

    fn result(&self, output: &Output) -> Map {
        let text = |text: String| {
            if self.strip_empty_ends { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
        };
        let (stdout, stderr) = (text(output.stdout()), text(output.stderr()));
        Map::from_iter([
            ("cmd".into(), self.shown.clone()),
            ("rc".into(), output.code.into()),
            ("stdout_lines".into(), lines(&stdout).into()),
            ("stdout".into(), stdout.into()),
            ("stderr_lines".into(), lines(&stderr).into()),
            ("stderr".into(), stderr.into()),
        ])
    }

    /// The failure to start it, in the words that playbooks compare; what is wrong stands beside them.
    fn not_started(&self, error: Error) -> Error {
        let Error::Failed(failure) = error else { return error };
        let line =
            self.shown.as_list().map(|words| words.iter().map(ToString::to_string).collect::<Vec<_>>());
        let line = line.map_or_else(|| self.shown.clone(), |words| words.join(" ").into());
        let error = Error::failed("Error executing command.").with("exception", failure.message);
        let details =
            failure.details.into_iter().filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)));
        let error = details.fold(error.with("changed", false), |error, (key, value)| error.with(&key, value));
        self.failure(error).with("cmd", line)
    }

    fn failure(&self, error: Error) -> Error {
        error.with("cmd", self.shown.clone()).with("stdout", "").with("stderr", "")
    }
}

/// The lines of a program's output, as Python's `splitlines` finds them.
fn lines(text: &str) -> Vec<&str> {
    let is_end = |character: char| {
        matches!(
            character,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_end) {
        lines.push(&rest[..at]);
        let end = &rest[at..];
        rest = end.strip_prefix("\r\n").unwrap_or_else(|| end.strip_prefix(is_end).unwrap_or_default());
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// `2026-11-20 10:35:40.551994`, in the host's time zone.
fn time(time: SystemTime, zone: &TimeZone) -> String {
    let zoned = jiff::Timestamp::try_from(time).map(|time| time.to_zoned(zone.clone()));
    zoned.map(|time| time.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()).unwrap_or_default()
}

/// `0:00:01.020304`, as Python shows a time span.
fn elapsed(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (days, hours) = (seconds / 86400, seconds / 3600 % 24);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".into(),
        days => format!("{days} days, "),
    };
    let fraction = match elapsed.subsec_micros() {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    format!("{days}{hours}:{:02}:{:02}{fraction}", seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_times_are_those_of_python() {
        assert_eq!(lines("a\r\nb\n\nc\rd\u{2028}"), ["a", "b", "", "c", "d"]);
        assert_eq!(lines(""), Vec::<&str>::new());
        assert_eq!(elapsed(Duration::from_micros(3_020_304)), "0:00:03.020304");
        assert_eq!(elapsed(Duration::from_secs(2 * 86400 + 3 * 3600 + 5)), "2 days, 3:00:05");
    }
}
