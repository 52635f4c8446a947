use std::path::{Path, PathBuf};

use module::{Arguments, EditedFile, FileArguments, HostPath, Mode, Module, NewContent, Outcome, Presence};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};
use value::Value;

use crate::apt::Apt;

/// Adds repositories to apt's sources and removes them: lines of the one-line style in `/etc/apt/sources.list` and
/// `/etc/apt/sources.list.d/*.list`. `deb822_repository` writes the newer style.
///
/// A repository that is there already, in whichever file, is left where it is; one that is commented out is made active.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AptRepository {
    /// The line: `deb` or `deb-src`, options in brackets, address, suite, components. A PPA, `ppa:owner/name`, can be
    /// removed; to add one, write its line.
    repo: Option<String>,
    /// Whether it shall be there.
    #[serde(default)]
    state: Presence,
    /// The mode that a file gets in which the line is put.
    mode: Option<Mode>,
    /// The file's name, without `.list`; left out, the address makes one.
    filename: Option<String>,
    /// Fetch the package lists after a change. If that fails, the files are put back.
    #[serde(default = "yes")]
    #[schemars(extend("aliases" = ["update-cache"]))]
    update_cache: bool,
    /// How often to try to fetch the package lists.
    #[serde(default = "five")]
    update_cache_retries: u32,
    /// The longest pause between two tries, in seconds; it doubles from 1.
    #[serde(default = "twelve")]
    update_cache_retry_max_delay: u64,
    /// The release's code name, for a PPA; left out, it is the host's.
    codename: Option<String>,
    /// Accepted for compatibility: no server is asked but by apt-get.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    validate_certs: bool,
    /// Accepted for compatibility: nothing has to be installed on the host.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    install_python_apt: bool,
}

fn yes() -> bool {
    true
}

fn five() -> u32 {
    5
}

fn twelve() -> u64 {
    12
}

impl Arguments for AptRepository {
    const NAME: &'static str = "apt_repository";
    const EXAMPLES: &'static str = r#"
- name: Packages of the maker
  apt_repository:
    repo: "deb [signed-by=/etc/apt/keyrings/example.asc] https://packages.example.org/debian bookworm main"
    filename: example

- name: No sources
  apt_repository:
    repo: deb-src https://packages.example.org/debian bookworm main
    state: absent
"#;
}

const MAIN_FILE: &str = "/etc/apt/sources.list";
const FOLDER: &str = "/etc/apt/sources.list.d";

impl Module for AptRepository {
    fn run(self, host: &mut System) -> Result<Outcome> {
        // Playbooks look for these words.
        let repo = self.repo.as_deref().map(str::trim).filter(|repo| !repo.is_empty());
        let repo = repo.ok_or_else(|| Error::failed("Please set argument 'repo' to a non-empty value"))?;
        let line = match repo.strip_prefix("ppa:") {
            Some(name) => self.line_of_ppa(host, name)?,
            None => repo.to_owned(),
        };
        let source = Source::parse(&line)
            .filter(|source| source.is_active)
            .ok_or_else(|| Error::failed(format!("Invalid repository string: {repo}")))?;
        let mut files = sources(host)?;
        match self.state {
            Presence::Absent => files.iter_mut().for_each(|file| file.remove(&source)),
            Presence::Present => self.add(host, &mut files, &source, repo)?,
        }
        let changed: Vec<SourcesFile> = files.into_iter().filter(SourcesFile::is_changed).collect();
        for file in &changed {
            file.write(host, self.mode.clone())?;
        }
        if self.update_cache && !changed.is_empty() {
            self.fetch_lists(host, &changed)?;
        }
        let paths = |which: fn(&SourcesFile) -> bool| {
            Value::list(
                changed
                    .iter()
                    .filter(|file| which(file))
                    .map(|file| file.path.to_string_lossy().into_owned()),
            )
        };
        Ok(Outcome::new()
            .with("repo", self.repo.as_deref())
            .with("state", self.state.word())
            .with("sources_added", paths(|file| file.before.is_none()))
            .with("sources_removed", paths(|file| file.after.is_none())))
    }
}

impl AptRepository {
    fn add(
        &self,
        host: &mut System,
        files: &mut Vec<SourcesFile>,
        source: &Source,
        repo: &str,
    ) -> Result<()> {
        if files.iter().any(|file| file.has(source, true)) {
            return Ok(());
        }
        if files.iter().any(|file| file.has(source, false)) {
            files.iter_mut().for_each(|file| file.activate(source));
            return Ok(());
        }
        if repo.starts_with("ppa:") {
            return Err(Error::failed(format!(
                "the key of '{repo}' is only known to its server: give the repository's line, '{}', and its key to deb822_repository or get_url",
                source.text
            )));
        }
        let name = self.filename.clone().unwrap_or_else(|| source.file_name());
        let path = Path::new(FOLDER).join(format!("{name}.list"));
        match files.iter_mut().find(|file| file.path == path) {
            Some(file) => file.append(source),
            None => {
                let before = host.read_text_if_any(&path)?;
                let mut file = SourcesFile { path, after: before.clone(), before };
                file.append(source);
                files.push(file);
            }
        }
        Ok(())
    }

    /// The line that is the PPA's: `OWNER/NAME` on Launchpad.
    fn line_of_ppa(&self, host: &mut System, name: &str) -> Result<String> {
        let (owner, archive) = name.split_once('/').unwrap_or((name, "ppa"));
        let codename = match &self.codename {
            Some(codename) => codename.clone(),
            None => {
                let release = host.read_text_if_any(Path::new("/etc/os-release"))?.unwrap_or_default();
                let named = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
                let message = "the host's release has no code name: give 'codename'";
                named.ok_or_else(|| Error::failed(message))?.trim_matches('"').to_owned()
            }
        };
        Ok(format!("deb https://ppa.launchpadcontent.net/{owner}/{archive}/ubuntu {codename} main"))
    }

    /// Fetches the package lists; if apt-get can't, the files are as they were.
    fn fetch_lists(&self, host: &mut System, changed: &[SourcesFile]) -> Result<()> {
        let apt = Apt::fetching_lists(self.update_cache_retries, self.update_cache_retry_max_delay);
        let Err(error) = apt.update(host, false) else { return Ok(()) };
        for file in changed {
            let before =
                SourcesFile { before: file.after.clone(), after: file.before.clone(), ..file.clone() };
            before.write(host, None)?;
        }
        // Playbooks look for these words.
        let words = format!("Failed to update apt cache after {} retries", self.update_cache_retries);
        Err(error.context(words))
    }
}

/// A repository as a line tells it (sources.list(5)).
#[derive(Debug, PartialEq, Eq)]
struct Source {
    /// The line without comment, and with single blanks.
    text: String,
    is_active: bool,
}

impl Source {
    /// `None` for a line that tells none.
    fn parse(line: &str) -> Option<Source> {
        let line = line.trim();
        let active = line.strip_prefix('#').unwrap_or(line);
        let words: Vec<&str> = active.split('#').next()?.split_whitespace().collect();
        let is_one = matches!(words.first(), Some(&("deb" | "deb-src"))) && words.len() > 1;
        is_one.then(|| Source { text: words.join(" "), is_active: active.len() == line.len() })
    }

    /// The name that the address makes, as `dl_example_org_debian`.
    fn file_name(&self) -> String {
        let mut depth = 0_u32;
        let without_options: String = self
            .text
            .chars()
            .filter(|letter| {
                match letter {
                    '[' => depth += 1,
                    ']' => {
                        depth = depth.saturating_sub(1);
                        return false;
                    }
                    _ => {}
                }
                depth == 0
            })
            .collect();
        let address = without_options.split_whitespace().nth(1).unwrap_or_default();
        // `mirror+http://` leaves the part that tells it from `http://`.
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let method = scheme.rsplit_once('+').map_or("", |(method, _)| method);
        let server = rest.find('/').map_or(rest, |end| &rest[..end]);
        let rest = server.rfind('@').map_or(rest, |at| &rest[at + 1..]);
        let words =
            [method, rest].into_iter().flat_map(|part| part.split(|letter: char| !letter.is_alphanumeric()));
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
    }
}

/// A file with lines, as it is and as it shall be.
#[derive(Clone, Debug)]
struct SourcesFile {
    path: PathBuf,
    before: Option<String>,
    after: Option<String>,
}

/// All files that there are.
fn sources(host: &mut System) -> Result<Vec<SourcesFile>> {
    let folder = Path::new(FOLDER);
    let names = match host.follow(folder)? {
        Some(_) => host.list(folder)?,
        None => Vec::new(),
    };
    let lists = names.into_iter().filter(|name| name.ends_with(".list")).map(|name| folder.join(name));
    let mut files = Vec::new();
    for path in std::iter::once(PathBuf::from(MAIN_FILE)).chain(lists) {
        if let Some(text) = host.read_text_if_any(&path)? {
            files.push(SourcesFile { path, before: Some(text.clone()), after: Some(text) });
        }
    }
    Ok(files)
}

impl SourcesFile {
    fn is_changed(&self) -> bool {
        self.before != self.after
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.after.as_deref().unwrap_or_default().lines()
    }

    fn has(&self, source: &Source, is_active: bool) -> bool {
        self.lines()
            .filter_map(Source::parse)
            .any(|found| found.text == source.text && found.is_active == is_active)
    }

    fn append(&mut self, source: &Source) {
        let text = self.after.get_or_insert_default();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.extend([source.text.as_str(), "\n"]);
    }

    fn activate(&mut self, source: &Source) {
        if self.has(source, false) {
            let is_it = |line: &str| Source::parse(line).is_some_and(|found| found.text == source.text);
            let lines = self.lines().map(|line| if is_it(line) { &source.text } else { line });
            self.after = Some(lines.flat_map(|line| [line, "\n"]).collect());
        }
    }

    /// A file in which nothing is left goes as well.
    fn remove(&mut self, source: &Source) {
        if self.has(source, true) {
            let kept: String = self
                .lines()
                .filter(|line| Source::parse(line).as_ref() != Some(source))
                .flat_map(|line| [line, "\n"])
                .collect();
            self.after = (!kept.is_empty()).then_some(kept);
        }
    }

    fn write(&self, host: &mut System, mode: Option<Mode>) -> Result<()> {
        let Some(text) = &self.after else {
            let now = host.inode(&self.path)?;
            return host.place(&now, now.clone().removed()).map(drop);
        };
        let file = EditedFile::open(host, &HostPath::new(self.path.to_string_lossy()), "utf-8")?;
        let mode = mode.or_else(|| (!file.exists()).then(|| Mode::new("0644")));
        let own = FileArguments { mode, ..FileArguments::default() };
        let new = NewContent { bytes: Some(text.clone().into_bytes()), ..own.kept_content() };
        file.write(host, new, own.marks()).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_make_names() {
        for (line, name) in [
            ("deb http://dl.example.org/linux/chrome/deb/ stable main", "dl_example_org_linux_chrome_deb"),
            ("deb [a=b c=d] https://me:pw@example.org:8080/x//y?z=1 s c", "example_org_8080_x_y_z_1"),
            ("deb cdrom:[Debian 12]/ stable main", "cdrom"),
            ("deb file:/srv/repository ./", "file_srv_repository"),
            ("deb file:///srv/a-b_c.d ./", "srv_a_b_c_d"),
            ("deb mirror+http://a.b/~c+d ./", "mirror_a_b_c_d"),
            ("deb http://a.b/x@y ./", "a_b_x_y"),
        ] {
            assert_eq!(Source::parse(line).map(|source| source.file_name()).as_deref(), Some(name), "{line}");
        }
    }

    #[test]
    fn lines_may_be_comments() {
        let found = |line| Source::parse(line).map(|source| (source.text, source.is_active));
        assert_eq!(found(" deb  http://a  b # c"), Some(("deb http://a b".into(), true)));
        assert_eq!(found("#deb-src http://a b"), Some(("deb-src http://a b".into(), false)));
        for line in ["", "# text", "## deb http://a b", "deb", "debs http://a b"] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
