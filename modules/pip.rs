use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use module::{
    Arguments, HostPath, Module, Outcome, PythonRequirement, expand_text, mutually_exclusive,
    plain_python_name, required_one_of, split_words,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Command, Error, Output, Result, System};
use value::{Unknown, Value};

/// Installs, upgrades and removes Python packages with pip, on the host or in a virtual environment.
///
/// The host needs pip; nothing else of it is Python. Where the variable `ansible_python_interpreter` names a Python, its
/// pip is the host's. Packages that are installed in a good version cost no call that installs anything.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pip {
    /// Packages, each with the versions that are good, as `django>=4,<5`, or an address that pip knows.
    name: Option<Vec<String>>,
    /// The version of the package, if it is one: `4.2`, or a condition such as `>=4,<5`.
    version: Option<String>,
    /// A file with requirements, on the host.
    requirements: Option<String>,
    /// What should be there.
    #[serde(default)]
    state: State,
    /// The folder of a virtual environment to work in. It is made if it is not there.
    virtualenv: Option<HostPath>,
    /// The program that makes the virtual environment, with its arguments: `virtualenv`, `python3 -m venv`.
    #[serde(default = "virtualenv")]
    virtualenv_command: String,
    /// The Python for a new virtual environment; not with `venv`, which is one itself.
    virtualenv_python: Option<String>,
    /// Whether a new virtual environment sees the host's packages.
    #[serde(default)]
    virtualenv_site_packages: bool,
    /// More arguments for pip.
    extra_args: Option<String>,
    /// Install from the folders and addresses so that changes there count at once.
    #[serde(default)]
    editable: bool,
    /// The folder to work in.
    chdir: Option<HostPath>,
    /// The pip program, if it is not that of the host's Python.
    executable: Option<String>,
    /// The file mode creation mask for pip, an octal number in quotes.
    umask: Option<String>,
    /// Allow changing an installation that the distribution manages.
    #[serde(default)]
    break_system_packages: bool,
    /// The Python whose pip is the host's, with its arguments, as the controller sends it.
    #[serde(default, rename = "_python")]
    #[schemars(skip)]
    python: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The packages are not installed.
    Absent,
    /// The packages are installed anew.
    Forcereinstall,
    /// The packages are installed in the newest version.
    Latest,
    /// The packages are installed.
    #[default]
    Present,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Absent => "absent",
            State::Forcereinstall => "forcereinstall",
            State::Latest => "latest",
            State::Present => "present",
        }
    }

    /// What pip is told.
    fn words(self) -> &'static [&'static str] {
        match self {
            State::Absent => &["uninstall", "-y"],
            State::Forcereinstall => &["install", "-U", "--force-reinstall"],
            State::Latest => &["install", "-U"],
            State::Present => &["install"],
        }
    }
}

fn virtualenv() -> String {
    "virtualenv".into()
}

impl Arguments for Pip {
    const NAME: &'static str = "pip";
    const EXAMPLES: &'static str = r#"
- name: The application's requirements in an environment of its own
  pip:
    requirements: /srv/app/requirements.txt
    virtualenv: /srv/app/venv
    virtualenv_command: python3 -m venv

- name: A package in a good version
  pip:
    name: "django>=4.2,<5"
    virtualenv: /srv/app/venv
"#;
}

impl Module for Pip {
    fn run(self, host: &mut System) -> Result<Outcome> {
        self.check()?;
        let umask = self.umask.as_deref().map(octal).transpose()?;
        let wanted = self.wanted()?;
        let mut made = Made { text: Said::default(), new: false };
        let virtualenv = match &self.virtualenv {
            Some(path) => {
                let path = self.below(host, path)?;
                made = self.make_virtualenv(host, &path)?;
                Some(path)
            }
            None => None,
        };
        let Installation { pip, predicted } = self.installation(host, virtualenv.as_deref(), made.new)?;
        let work = Work { pip, directory: self.directory(host)?, umask };
        let outcome = Outcome::new()
            .with("name", self.name.clone().map(Value::list))
            .with("version", self.version.clone().filter(|version| !version.is_empty()))
            .with("state", self.state.word())
            .with("requirements", self.requirements.clone())
            .with("virtualenv", self.virtualenv.as_ref().map(|path| path.as_str().to_owned()));
        if wanted.is_empty() && self.requirements.is_none() {
            let new = made.new;
            return Ok(made.text.tell(outcome).with("cmd", work.shown(&[])).changed(new));
        }
        self.settle(host, &work, &wanted, made, predicted, outcome)
    }
}

/// How pip is called.
struct Work {
    pip: Vec<String>,
    directory: Option<PathBuf>,
    umask: Option<u32>,
}

impl Work {
    fn command(&self, words: &[String]) -> Command {
        let command = Command::new(&self.pip).args(words).env("LC_ALL", "C.UTF-8");
        Command { directory: self.directory.clone(), umask: self.umask, ..command }
    }

    fn shown(&self, words: &[String]) -> Value {
        Value::list(self.pip.iter().chain(words).map(String::as_str))
    }
}

/// Which pip there is, and whether a dry run only predicts it.
struct Installation {
    pip: Vec<String>,
    predicted: bool,
}

/// What was done about the virtual environment.
struct Made {
    text: Said,
    new: bool,
}

/// What programs said; unknown where a dry run does not run them.
#[derive(Default)]
struct Said {
    stdout: String,
    stderr: String,
    unknown: Option<Unknown>,
}

impl Said {
    fn add(&mut self, output: &Output) {
        self.stdout += &output.stdout();
        self.stderr += &output.stderr();
    }

    fn tell(self, outcome: Outcome) -> Outcome {
        match self.unknown {
            Some(unknown) => outcome.with("stdout", unknown.clone()).with("stderr", unknown),
            None => outcome.with("stdout", self.stdout).with("stderr", self.stderr),
        }
    }
}

impl Pip {
    fn check(&self) -> Result<()> {
        mutually_exclusive(&[("name", self.name.is_some()), ("requirements", self.requirements.is_some())])?;
        mutually_exclusive(&[
            ("executable", self.executable.is_some()),
            ("virtualenv", self.virtualenv.is_some()),
        ])?;
        required_one_of(&[("name", self.name.is_some()), ("requirements", self.requirements.is_some())])?;
        if self.state == State::Latest && self.version.as_deref().is_some_and(|version| !version.is_empty()) {
            return Err(Error::failed("version is incompatible with state=latest"));
        }
        Ok(())
    }

    fn wanted(&self) -> Result<Vec<PythonRequirement>> {
        let mut wanted = PythonRequirement::parse_all(self.name.as_deref().unwrap_or_default());
        let Some(version) = self.version.as_deref().filter(|version| !version.is_empty()) else {
            return Ok(wanted);
        };
        // Playbooks look for the words of both failures.
        if wanted.len() > 1 {
            return Err(Error::failed(
                "'version' argument is ambiguous when installing multiple package distributions. Please specify version restrictions next to each package in 'name' argument.",
            ));
        }
        for requirement in &mut wanted {
            if requirement.has_versions() {
                return Err(Error::failed(
                    "The 'version' argument conflicts with any version specifier provided along with a package name. Please keep the version specifier, but remove the 'version' argument.",
                ));
            }
            if self.state != State::Absent {
                *requirement = requirement.with_version(version);
            }
        }
        Ok(wanted)
    }

    fn directory(&self, host: &mut System) -> Result<Option<PathBuf>> {
        self.chdir.as_ref().map(|path| path.expand(host)).transpose()
    }

    /// A path that counts from the folder to work in.
    fn below(&self, host: &mut System, path: &HostPath) -> Result<PathBuf> {
        let path = path.expand(host)?;
        Ok(match self.directory(host)? {
            Some(directory) => directory.join(path),
            None => path,
        })
    }

    fn make_virtualenv(&self, host: &mut System, path: &Path) -> Result<Made> {
        if host.follow(&path.join("bin/activate"))?.is_some() {
            return Ok(Made { text: Said::default(), new: false });
        }
        let mut words: Vec<String> = split_words(&self.virtualenv_command)?
            .iter()
            .map(|word| expand_text(word, host))
            .collect::<Result<_>>()?;
        let Some(program) = words.first().cloned() else {
            return Err(Error::failed("'virtualenv_command' names no program"));
        };
        if host.find_program(&program)?.is_none() {
            // Playbooks look for these words.
            return Err(Error::failed(format!("Failed to find required executable \"{program}\" in paths")));
        }
        if self.virtualenv_site_packages {
            words.push("--system-site-packages".into());
        }
        let is_venv =
            program.contains("pyvenv") || words.iter().any(|word| matches!(word.as_str(), "venv" | "-mvenv"));
        match &self.virtualenv_python {
            Some(_) if is_venv => {
                return Err(Error::failed(
                    "virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command",
                ));
            }
            Some(python) => words.push(format!("-p{python}")),
            None if is_venv => {}
            None => words.extend(self.python.iter().flatten().take(1).map(|python| format!("-p{python}"))),
        }
        words.push(path.to_string_lossy().into_owned());
        let command = Command { directory: self.directory(host)?, ..Command::new(words) };
        let output = act(host, "virtual environment", &path.to_string_lossy(), "make", &command)?;
        let mut text = Said::default();
        if let Some(output) = output {
            text.add(&output.checked(&format!("can't make the virtual environment {}", path.display()))?);
        }
        Ok(Made { text, new: true })
    }

    /// Which pip to call: that of the virtual environment, the one that is named, or that of the host's Python.
    fn installation(&self, host: &mut System, virtualenv: Option<&Path>, new: bool) -> Result<Installation> {
        let found = |pip: Vec<String>| Ok(Installation { pip, predicted: false });
        if let Some(folder) = virtualenv {
            for name in ["pip3", "pip"] {
                let path = folder.join("bin").join(name);
                if host.follow(&path)?.is_some() {
                    return found(vec![path.to_string_lossy().into_owned()]);
                }
            }
            let path = folder.join("bin/pip");
            if new && host.follow(&folder.join("bin"))?.is_none() {
                let pip = vec![path.to_string_lossy().into_owned()];
                return Ok(Installation { pip, predicted: true });
            }
            return Err(Error::failed(format!(
                "Unable to find pip in the virtualenv, {}, under any of these names: pip3, pip. Make sure pip is present in the virtualenv.",
                folder.display()
            )));
        }
        if let Some(written) = &self.executable {
            let path = expand_text(written, host)?;
            return match host.find_program(&path)? {
                Some(_) => found(vec![path]),
                None => {
                    Err(Error::failed(format!("Failed to find required executable \"{written}\" in paths")))
                }
            };
        }
        let pythons = match &self.python {
            Some(chosen) => vec![chosen.clone()],
            None => ["/usr/bin/python3", "python3"].map(|python| vec![python.to_owned()]).into(),
        };
        for python in pythons {
            let pip = [python, vec!["-m".to_owned(), "pip".to_owned()]].concat();
            let has_pip = match pip.first() {
                Some(program) => host.find_program(program)?.is_some(),
                None => false,
            };
            if has_pip && host.query(&Command::new(&pip).args(["--version"]))?.success() {
                return found(pip);
            }
        }
        for name in ["pip3", "pip"] {
            if host.find_program(name)?.is_some() {
                return found(vec![name.to_owned()]);
            }
        }
        Err(Error::failed("Unable to find any of pip3, pip to use.  pip needs to be installed."))
    }

    /// The packages that are installed, by their plain names, as pip tells them.
    fn installed(&self, host: &mut System, work: &Work) -> Result<(BTreeMap<String, String>, Output)> {
        let words = ["list", "--format=freeze", "--disable-pip-version-check"].map(str::to_owned);
        let output = host.query(&work.command(&words))?.checked("can't ask pip what is installed")?;
        let installed = output
            .stdout()
            .lines()
            .filter_map(|line| line.trim().split_once("=="))
            .map(|(name, version)| (plain_python_name(name), version.to_owned()))
            .collect();
        Ok((installed, output))
    }

    fn settle(
        &self,
        host: &mut System,
        work: &Work,
        wanted: &[PythonRequirement],
        made: Made,
        predicted: bool,
        outcome: Outcome,
    ) -> Result<Outcome> {
        let Made { mut text, new } = made;
        let words = self.words(host, wanted)?;
        let outcome = outcome.with("cmd", work.shown(&words));
        let before = if predicted { None } else { Some(self.installed(host, work)?) };
        if let Some((installed, output)) = &before
            && (self.is_settled(wanted, installed) || self.file_is_settled(host, work, installed)?)
        {
            text.add(output);
            return Ok(text.tell(outcome).changed(new));
        }
        let what = work.pip.join(" ");
        let Some(output) = act(host, "python packages", &what, &words.join(" "), &work.command(&words))?
        else {
            let cause = "a dry run does not run pip, so nobody knows what it would say";
            text.unknown = Some(host.caused(Unknown::new(cause)));
            return Ok(text.tell(outcome).changed(true));
        };
        text.add(&output);
        let said = output.stdout();
        let missing = self.state == State::Absent
            && (said.contains("not installed") || output.stderr().contains("not installed"));
        if !output.success() && !missing {
            let told = format!("stdout: {said}\n\n:stderr: {}", output.stderr());
            return Err(Error::failed(told).with("cmd", work.shown(&words)).with("rc", output.code));
        }
        let changed = if self.state == State::Absent {
            said.contains("Successfully uninstalled")
        } else if self.requirements.is_some() || wanted.iter().any(is_repository) {
            // pip says that it installs them each time.
            let after = self.installed(host, work)?;
            before.is_none_or(|before| before.0 != after.0)
        } else {
            said.contains("Successfully installed")
        };
        Ok(text.tell(outcome).changed(changed || new))
    }

    /// Whether there is certainly nothing to do.
    fn is_settled(&self, wanted: &[PythonRequirement], installed: &BTreeMap<String, String>) -> bool {
        if self.requirements.is_some() || self.editable || self.extra_args.is_some() {
            return false;
        }
        wanted.iter().all(|requirement| {
            let Some(name) = &requirement.name else { return false };
            let version = installed.get(name);
            match self.state {
                State::Absent => version.is_none(),
                // Which further packages an extra stands for, only pip knows.
                State::Present => {
                    !requirement.written.contains('[')
                        && version.is_some_and(|version| requirement.accepts(version))
                }
                State::Latest | State::Forcereinstall => false,
            }
        })
    }

    /// Whether all that a file of requirements names is there, and all that those packages need: then pip has nothing to
    /// do. A file that says more than names and versions is pip's to read.
    fn file_is_settled(
        &self,
        host: &mut System,
        work: &Work,
        installed: &BTreeMap<String, String>,
    ) -> Result<bool> {
        let Some(file) = self.requirements.as_deref().filter(|_| self.state == State::Present) else {
            return Ok(false);
        };
        if self.extra_args.is_some() {
            return Ok(false);
        }
        let file = expand_text(file, host)?;
        let text = host.read_text_if_any(Path::new(&file))?.unwrap_or_default();
        let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let is_there = |line: &&str| {
            let requirement = PythonRequirement::parse(line);
            let version = requirement.name.as_ref().and_then(|name| installed.get(name));
            !line.contains(['[', ';', '@', '\\'])
                && version.is_some_and(|version| requirement.accepts(version))
        };
        if lines.is_empty() || !lines.iter().all(is_there) {
            return Ok(false);
        }
        let check = ["check", "--disable-pip-version-check"].map(str::to_owned);
        Ok(host.query(&work.command(&check))?.success())
    }

    fn words(&self, host: &mut System, wanted: &[PythonRequirement]) -> Result<Vec<String>> {
        let mut words: Vec<String> = self.state.words().iter().map(|word| (*word).to_owned()).collect();
        if let Some(extra) = &self.extra_args {
            words.extend(split_words(extra)?);
        }
        if self.break_system_packages {
            words.push("--break-system-packages".into());
        }
        let install = self.state != State::Absent;
        for requirement in wanted {
            if self.editable && install {
                words.push("-e".into());
            }
            let folder = requirement.name.is_none() && requirement.written.starts_with(['~', '$']);
            words.push(if folder {
                expand_text(&requirement.written, host)?
            } else {
                requirement.written.clone()
            });
        }
        if let Some(requirements) = &self.requirements {
            words.extend(["-r".into(), expand_text(requirements, host)?]);
        }
        Ok(words)
    }
}

/// Whether pip gets it from a version control system.
fn is_repository(requirement: &PythonRequirement) -> bool {
    ["git+", "hg+", "svn+", "bzr+"].iter().any(|start| requirement.written.starts_with(start))
}

fn octal(text: &str) -> Result<u32> {
    u32::from_str_radix(text.trim_start_matches("0o"), 8)
        .map_err(|_| Error::failed("umask must be an octal integer").with("details", text))
}

/// Runs a program for its effect; nothing if this is a dry run.
fn act(host: &mut System, kind: &str, name: &str, what: &str, command: &Command) -> Result<Option<Output>> {
    let mut output = None;
    host.act(kind, name, what, |backend| {
        let ran = backend.run(command);
        output =
            Some(ran.map_err(|error| Error::from_io(&format!("can't run '{}'", command.program()), error))?);
        Ok(())
    })?;
    Ok(output)
}
