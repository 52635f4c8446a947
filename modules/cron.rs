use std::path::{Path, PathBuf};

use module::{Arguments, EditedFile, FileArguments, Mode, Module, NewContent, Outcome, Presence};
use protocol::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Result, System};
use value::Value;

/// Adds jobs to the crontab of a user, or to a file in `/etc/cron.d`, and removes them; or variables of its environment.
///
/// A job is known by its name, which stands in a comment above it. Jobs that others have written stay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cron {
    /// The name of the job, or of the variable.
    name: String,
    /// Whose crontab it is; with `cron_file`, as whom the job runs.
    user: Option<String>,
    /// The command, or the value of the variable.
    #[schemars(extend("aliases" = ["value"]))]
    job: Option<String>,
    /// Whether it shall be there.
    #[serde(default)]
    state: Presence,
    /// A file in `/etc/cron.d`, or any other by its path, instead of a user's crontab.
    cron_file: Option<String>,
    /// Keep what was there, under a name with the time.
    #[serde(default)]
    backup: bool,
    /// When: the minutes, as crontab(5) has them.
    #[serde(default = "any")]
    minute: String,
    /// The hours.
    #[serde(default = "any")]
    hour: String,
    /// The days of the month.
    #[serde(default = "any")]
    #[schemars(extend("aliases" = ["dom"]))]
    day: String,
    /// The months.
    #[serde(default = "any")]
    month: String,
    /// The days of the week.
    #[serde(default = "any")]
    #[schemars(extend("aliases" = ["dow"]))]
    weekday: String,
    /// When, in a word, instead of minutes and so on.
    special_time: Option<SpecialTime>,
    /// Leave the job in the file as a comment.
    #[serde(default)]
    disabled: bool,
    /// Set a variable of the environment and no job.
    #[serde(default)]
    env: bool,
    /// For a variable: the one that it stands behind.
    insertafter: Option<String>,
    /// For a variable: the one that it stands before.
    insertbefore: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SpecialTime {
    /// Once a year.
    Annually,
    /// Once a day.
    Daily,
    /// Once an hour.
    Hourly,
    /// Once a month.
    Monthly,
    /// When the host starts.
    Reboot,
    /// Once a week.
    Weekly,
    /// Once a year.
    Yearly,
}

impl SpecialTime {
    fn word(self) -> &'static str {
        match self {
            SpecialTime::Annually => "annually",
            SpecialTime::Daily => "daily",
            SpecialTime::Hourly => "hourly",
            SpecialTime::Monthly => "monthly",
            SpecialTime::Reboot => "reboot",
            SpecialTime::Weekly => "weekly",
            SpecialTime::Yearly => "yearly",
        }
    }
}

fn any() -> String {
    "*".into()
}

impl Arguments for Cron {
    const NAME: &'static str = "cron";
    const EXAMPLES: &'static str = r#"
- name: Every night
  cron:
    name: backup
    user: backup
    minute: "30"
    hour: "3"
    job: /usr/local/bin/back-up

- name: Who gets the mail
  cron:
    name: MAILTO
    env: true
    job: ops@example.org
    cron_file: app
    user: root
"#;
}

/// What stands above the jobs that have a name.
const MARK: &str = "#Ansible: ";

impl Module for Cron {
    fn run(self, host: &mut System) -> Result<Outcome> {
        self.check()?;
        let (jobs, envs) = match self.file() {
            Some(path) => self.edit_file(host, &path)?,
            None => self.edit_crontab(host)?,
        };
        Ok(Outcome::new()
            .with("jobs", Value::list(jobs.iter().map(String::as_str)))
            .with("envs", Value::list(envs.iter().map(String::as_str)))
            .with("state", self.state.word())
            .with_some("cron_file", self.cron_file))
    }
}

impl Cron {
    /// The words of the failures are those that playbooks look for.
    fn check(&self) -> Result<()> {
        let fail = |message: &str| Err(Error::failed(message));
        let times = [&self.minute, &self.hour, &self.day, &self.month, &self.weekday];
        if self.special_time.is_some() && times.iter().any(|time| *time != "*") {
            return fail("You must specify time and date fields or special time.");
        }
        if (self.insertafter.is_some() || self.insertbefore.is_some()) && !self.env {
            return fail("Insertafter and insertbefore parameters are valid only with env=yes");
        }
        if self.insertafter.is_some() && self.insertbefore.is_some() {
            return fail("Insertafter and insertbefore are mutually exclusive");
        }
        if self.state == Presence::Present && self.job.is_none() {
            return fail("You must specify 'job' to install a new cron job or variable");
        }
        if self.cron_file.is_some() && self.user.is_none() && !self.env && self.state == Presence::Present {
            return fail("To use cron_file=... parameter you must specify user=... as well");
        }
        let text = [Some(&self.name), self.job.as_ref(), self.user.as_ref()];
        if text.into_iter().flatten().any(|text| text.trim_end_matches(['\r', '\n']).contains('\n')) {
            return fail("a job, its name and its user must be on one line");
        }
        Ok(())
    }

    fn file(&self) -> Option<PathBuf> {
        self.cron_file.as_ref().map(|file| Path::new("/etc/cron.d").join(file))
    }

    fn edit_file(&self, host: &mut System, path: &Path) -> Result<(Vec<String>, Vec<String>)> {
        let place = module::HostPath::new(path.to_string_lossy());
        let file = EditedFile::open(host, &place, "utf-8")?;
        let before = String::from_utf8_lossy(file.content()).into_owned();
        let after = self.edited(&before)?;
        if after != before {
            // cron(8) ignores files that others may write.
            let own = FileArguments {
                mode: (!file.exists()).then(|| Mode::new("0644")),
                ..FileArguments::default()
            };
            let new = NewContent {
                bytes: Some(after.clone().into_bytes()),
                backup: self.backup,
                ..own.kept_content()
            };
            file.write(host, new, own.marks())?;
        }
        Ok(told(&after))
    }

    fn edit_crontab(&self, host: &mut System) -> Result<(Vec<String>, Vec<String>)> {
        if host.find_program("crontab")?.is_none() {
            return Err(Error::failed("there is no program 'crontab'; is cron installed?"));
        }
        let user = match &self.user {
            Some(user) => user.clone(),
            None => host.user_name(host.identity().uid),
        };
        let now = host.observe::<Crontab>(&user)?;
        let want = Crontab { user, content: self.edited(&now.content)? };
        let after = want.content.clone();
        if self.backup && want != now && !now.content.is_empty() {
            let path = PathBuf::from(format!("/tmp/crontab{:08x}", host.unguessable()? as u32));
            let place = host.inode(&path)?;
            host.place(&place, place.clone().with_content(now.content.clone().into_bytes()))?;
        }
        host.settle(&now, want)?;
        Ok(told(&after))
    }

    fn edited(&self, before: &str) -> Result<String> {
        let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
        match (self.env, self.state, &self.job) {
            (true, Presence::Present, Some(value)) => self.set_variable(&mut lines, value)?,
            (true, ..) => lines.retain(|line| variable(line) != Some(&self.name)),
            (false, Presence::Present, Some(job)) => self.set_job(&mut lines, job),
            (false, ..) => {
                while let Some(at) = self.position(&lines) {
                    lines.drain(at..lines.len().min(at + 2));
                }
            }
        }
        if lines.iter().map(String::as_str).eq(before.lines()) {
            return Ok(before.to_owned());
        }
        Ok(lines.into_iter().map(|line| line + "\n").collect())
    }

    fn position(&self, lines: &[String]) -> Option<usize> {
        lines.iter().position(|line| line.strip_prefix(MARK) == Some(&self.name))
    }

    fn set_job(&self, lines: &mut Vec<String>, job: &str) {
        let line = self.line(job.trim_matches(['\r', '\n']));
        match self.position(lines) {
            Some(at) if at + 1 < lines.len() => lines[at + 1] = line,
            Some(_) => lines.push(line),
            None => lines.extend([format!("{MARK}{}", self.name), line]),
        }
    }

    fn line(&self, job: &str) -> String {
        let off = if self.disabled { "#" } else { "" };
        let user = match (&self.cron_file, &self.user) {
            (Some(_), Some(user)) => format!("{user} "),
            _ => String::new(),
        };
        match self.special_time {
            Some(time) => format!("{off}@{} {user}{job}", time.word()),
            None => {
                let Cron { minute, hour, day, month, weekday, .. } = self;
                format!("{off}{minute} {hour} {day} {month} {weekday} {user}{job}")
            }
        }
    }

    fn set_variable(&self, lines: &mut Vec<String>, value: &str) -> Result<()> {
        let line = format!("{}=\"{value}\"", self.name);
        let position =
            |lines: &[String], name: &str| lines.iter().position(|line| variable(line) == Some(name));
        if let Some(at) = position(lines, &self.name) {
            lines[at] = line;
            return Ok(());
        }
        let beside = |name: &str| {
            position(lines, name).ok_or_else(|| Error::failed(format!("Variable named '{name}' not found.")))
        };
        let at = match (&self.insertafter, &self.insertbefore) {
            (Some(name), _) => beside(name)? + 1,
            (_, Some(name)) => beside(name)?,
            _ => 0,
        };
        lines.insert(at, line);
        Ok(())
    }
}

/// The name of the variable that a line sets (crontab(5)).
fn variable(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (!name.is_empty()
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && name.chars().all(letters))
    .then_some(name)
}

/// The names of the jobs and of the variables.
fn told(content: &str) -> (Vec<String>, Vec<String>) {
    let jobs = content.lines().filter_map(|line| line.strip_prefix(MARK)).map(str::to_owned);
    (jobs.collect(), content.lines().filter_map(variable).map(str::to_owned).collect())
}

/// A user's crontab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Crontab {
    user: String,
    content: String,
}

impl system::State for Crontab {
    const KIND: &'static str = "crontab";

    fn name(&self) -> String {
        self.user.clone()
    }

    fn observe(host: &mut System, user: &str) -> Result<Crontab> {
        let output = host.query(&Command::new(["crontab", "-u", user, "-l"]).env("LC_ALL", "C.UTF-8"))?;
        // A user who has none is no failure; one who does not exist can't have one yet.
        let content = if output.success() { output.stdout() } else { String::new() };
        Ok(Crontab { user: user.into(), content: without_header(&content).to_owned() })
    }

    fn absent(user: &str) -> Crontab {
        Crontab { user: user.into(), content: String::new() }
    }

    fn is_absent(&self) -> bool {
        self.content.is_empty()
    }

    fn changes(_: &mut System, now: &Crontab, want: &Crontab) -> Result<Vec<Change>> {
        if now == want {
            return Ok(Vec::new());
        }
        let described = |crontab: &Crontab| match crontab.is_absent() {
            true => Value::Null,
            false => Value::map([("content", crontab.content.as_str())]),
        };
        let (before, after) = (described(now), described(want));
        Ok(vec![Change { kind: Self::KIND.into(), name: want.user.clone(), before, after }])
    }

    fn bring_about(host: &mut dyn Backend, _: &Crontab, want: &Crontab) -> Result<()> {
        let install =
            Command::new(["crontab", "-u", &want.user, "-"]).input(want.content.clone().into_bytes());
        host.carry_out(&install, &format!("can't install the crontab of {}", want.user)).map(drop)
    }
}

/// Some versions of crontab(1) show their own three lines above what was installed.
fn without_header(content: &str) -> &str {
    let mut rest = content;
    for start in ["# DO NOT EDIT THIS FILE", "# (", "# (Cron version"] {
        let Some((_, after)) = rest.split_once('\n').filter(|(line, _)| line.starts_with(start)) else {
            break;
        };
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_not_the_users_lines() {
        let text = "# DO NOT EDIT THIS FILE - edit the master and reinstall.\n# (x installed on y)\n# (Cron version 1)\n# a\n";
        assert_eq!(without_header(text), "# a\n");
        assert_eq!(without_header("# (mine)\n1 2 3 4 5 x\n"), "# (mine)\n1 2 3 4 5 x\n");
    }

    #[test]
    fn variables_are_known_from_jobs() {
        assert_eq!(variable("MAIL_TO = x"), Some("MAIL_TO"));
        for line in ["1 * * * * a=b", "# A=b", "=b", "@daily A=b"] {
            assert_eq!(variable(line), None, "{line}");
        }
    }
}
