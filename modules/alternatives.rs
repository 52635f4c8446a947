use std::collections::BTreeMap;
use std::path::Path;

use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Result, System};

/// Says which of several programs a common name such as `editor` stands for: update-alternatives(1).
///
/// It works with the program of dpkg, as on Debian and Ubuntu.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alternatives {
    /// The common name.
    name: String,
    /// The program that it may stand for.
    path: Option<HostPath>,
    /// The link that programs are called by, such as `/usr/bin/editor`; needed for a name that is new.
    link: Option<HostPath>,
    /// The one with the greatest number is taken if nobody has chosen; 50 for one that is new.
    priority: Option<i64>,
    /// What shall be.
    #[serde(default)]
    state: Wanted,
    /// Links that follow this one, such as manual pages; those that are there stay if this is left out.
    #[schemars(extend("aliases" = ["slaves"]))]
    subcommands: Option<Vec<Subcommand>>,
    /// A group of programs. Only Red Hat's program knows these: an error.
    family: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Subcommand {
    /// Its common name.
    name: String,
    /// The link.
    link: HostPath,
    /// What it stands for.
    path: HostPath,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    /// The name can't stand for the program.
    Absent,
    /// The name may stand for the program, and the one with the greatest priority is taken.
    Auto,
    /// The name may stand for the program.
    Present,
    /// The name stands for the program.
    #[default]
    Selected,
}

impl Arguments for Alternatives {
    const NAME: &'static str = "alternatives";
    const EXAMPLES: &'static str = r#"
- name: The editor of the house
  alternatives:
    name: editor
    path: /usr/bin/vim.basic

- name: A Java of our own, with its manual page
  alternatives:
    name: java
    link: /usr/bin/java
    path: /opt/java/bin/java
    priority: 2000
    subcommands:
      - name: java.1.gz
        link: /usr/share/man/man1/java.1.gz
        path: /opt/java/man/man1/java.1.gz
"#;
}

/// A common name and what it may stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    name: String,
    link: String,
    /// Whether the one with the greatest priority is taken.
    automatic: bool,
    /// What it stands for.
    value: Option<String>,
    choices: BTreeMap<String, Choice>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Choice {
    priority: i64,
    /// Link and path by name.
    subcommands: BTreeMap<String, (String, String)>,
}

impl Group {
    /// What `update-alternatives --query` says.
    fn parse(name: &str, text: &str) -> Group {
        let mut group = Group { name: name.to_owned(), ..Group::default() };
        let mut links: BTreeMap<String, String> = BTreeMap::new();
        let mut at: Option<String> = None;
        for line in text.lines() {
            if let Some((name, path)) = line.strip_prefix(' ').and_then(|line| line.split_once(' ')) {
                match at.as_ref().and_then(|at| group.choices.get_mut(at)) {
                    None => {
                        links.insert(name.to_owned(), path.to_owned());
                    }
                    Some(choice) => {
                        let link = links.get(name).cloned().unwrap_or_default();
                        choice.subcommands.insert(name.to_owned(), (link, path.to_owned()));
                    }
                }
                continue;
            }
            match line.split_once(": ") {
                Some(("Link", link)) => group.link = link.to_owned(),
                Some(("Status", status)) => group.automatic = status == "auto",
                Some(("Value", value)) => group.value = (value != "none").then(|| value.to_owned()),
                Some(("Alternative", path)) => {
                    group.choices.insert(path.to_owned(), Choice::default());
                    at = Some(path.to_owned());
                }
                Some(("Priority", priority)) => {
                    if let Some(choice) = at.as_ref().and_then(|at| group.choices.get_mut(at)) {
                        choice.priority = priority.trim().parse().unwrap_or_default();
                    }
                }
                _ => {}
            }
        }
        group
    }

    /// Takes the one with the greatest priority, if nobody has chosen.
    fn choose(&mut self) {
        if self.automatic || self.value.as_ref().is_none_or(|value| !self.choices.contains_key(value)) {
            self.automatic = true;
            let mut choices: Vec<_> = self.choices.iter().collect();
            choices.sort_by_key(|(_, choice)| -choice.priority);
            self.value = choices.first().map(|(path, _)| (*path).clone());
        }
    }
}

impl system::State for Group {
    const KIND: &'static str = "alternatives";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<Group> {
        let said = host.query(&Command::new([PROGRAM, "--query", name]).env("LC_ALL", "C.UTF-8"))?;
        let mut group = if said.success() { Group::parse(name, &said.stdout()) } else { Group::absent(name) };
        for call in host.expected_calls(PROGRAM) {
            let Some(at) = call.iter().position(|word| word.as_deref() == Some("--install")) else {
                continue;
            };
            if let [Some(link), Some(own), Some(path), Some(priority), ..] = &call[at + 1..]
                && own == name
            {
                group.link.clone_from(link);
                let priority = priority.parse().unwrap_or_default();
                group.choices.insert(path.clone(), Choice { priority, ..Choice::default() });
                group.choose();
            }
        }
        Ok(group)
    }

    fn absent(name: &str) -> Group {
        Group { name: name.to_owned(), automatic: true, ..Group::default() }
    }

    fn is_absent(&self) -> bool {
        self.choices.is_empty()
    }

    fn bring_about(host: &mut dyn Backend, now: &Group, want: &Group) -> Result<()> {
        let run = |host: &mut dyn Backend, words: Vec<String>| {
            let command = Command::new([PROGRAM]).args(words).env("LC_ALL", "C.UTF-8");
            host.carry_out(&command, &format!("the alternatives of {} can't be changed", want.name)).map(drop)
        };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        // Installing what is there once more moves the link.
        let is_new =
            |path: &str, choice: &Choice| now.choices.get(path) != Some(choice) || now.link != want.link;
        for (path, choice) in want.choices.iter().filter(|(path, choice)| is_new(path, choice)) {
            let mut install =
                words(&["--install", &want.link, &want.name, path, &choice.priority.to_string()]);
            for (name, (link, path)) in &choice.subcommands {
                install.extend(words(&["--slave", link, name, path]));
            }
            run(host, install)?;
        }
        for path in now.choices.keys().filter(|path| !want.choices.contains_key(*path)) {
            run(host, words(&["--remove", &want.name, path]))?;
        }
        match &want.value {
            Some(value) if !want.automatic && (now.automatic || now.value != want.value) => {
                run(host, words(&["--set", &want.name, value]))
            }
            Some(_)
                if want.automatic
                    && !now.automatic
                    && now.choices.keys().all(|path| want.choices.contains_key(path)) =>
            {
                run(host, words(&["--auto", &want.name]))
            }
            _ => Ok(()),
        }
    }
}

const PROGRAM: &str = "update-alternatives";

impl Module for Alternatives {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.family.is_some() {
            return Err(Error::failed(
                "families are known to Red Hat's alternatives only, which are not supported",
            ));
        }
        // Playbooks look for the words of the failures and of the message.
        let path = self
            .path
            .as_ref()
            .ok_or_else(|| Error::failed("one of the following is required: path, family"))?;
        let path = path.expand(host)?.to_string_lossy().into_owned();
        if host.find_program(PROGRAM)?.is_none() || host.follow(Path::new("/var/lib/dpkg"))?.is_none() {
            return Err(Error::failed(format!("this host has no {PROGRAM} of dpkg")));
        }
        let now = host.observe::<Group>(&self.name)?;
        let mut want = now.clone();
        let mut message = Vec::new();
        if self.state == Wanted::Absent {
            if want.choices.remove(&path).is_some() {
                message.push(format!("Remove alternative '{path}' from '{}'.", self.name));
            }
            want.choose();
        } else {
            if self.add_to(host, &mut want, &path)? {
                message.push(format!("Install alternative '{path}' for '{}'.", self.name));
            }
            // What was taken by its priority before stays so; what is new is chosen, whatever its priority is.
            if self.state == Wanted::Selected && now.value.as_deref() != Some(&path) {
                message.push(format!("Set alternative '{path}' for '{}'.", self.name));
                (want.automatic, want.value) = (false, Some(path.clone()));
            }
            if self.state == Wanted::Auto && !want.automatic {
                message.push(format!("Set alternative to auto for '{}'.", self.name));
                want.automatic = true;
                want.choose();
            }
        }
        host.settle(&now, want)?;
        Ok(Outcome::new().with("msg", message.join(" ")))
    }
}

impl Alternatives {
    /// Lets the name stand for the path; whether that is any change.
    fn add_to(&self, host: &mut System, group: &mut Group, path: &str) -> Result<bool> {
        let there = group.choices.get(path).cloned();
        let mut choice = there.clone().unwrap_or(Choice { priority: 50, ..Choice::default() });
        choice.priority = self.priority.unwrap_or(choice.priority);
        if let Some(subcommands) = &self.subcommands {
            choice.subcommands.clear();
            for subcommand in subcommands {
                let link = subcommand.link.expand(host)?.to_string_lossy().into_owned();
                let path = subcommand.path.expand(host)?.to_string_lossy().into_owned();
                choice.subcommands.insert(subcommand.name.clone(), (link, path));
            }
        }
        let link = match &self.link {
            Some(link) => link.expand(host)?.to_string_lossy().into_owned(),
            None => group.link.clone(),
        };
        if there.as_ref() == Some(&choice) && link == group.link {
            return Ok(false);
        }
        if link.is_empty() {
            let message = "Needed to install the alternative, but unable to do so as we are missing the link";
            return Err(Error::failed(message));
        }
        if host.follow(Path::new(path))?.is_none() {
            return Err(Error::failed(format!("Specified path {path} does not exist")));
        }
        group.link = link;
        group.choices.insert(path.to_owned(), choice);
        group.choose();
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_tells_its_choices() {
        let text = "Name: e\nLink: /usr/bin/e\nSlaves:\n e.1 /man/e.1\nStatus: manual\nBest: /bin/v\nValue: /bin/ed\n\nAlternative: /bin/ed\nPriority: -100\nSlaves:\n e.1 /man/ed.1\n\nAlternative: /bin/v\nPriority: 30\nSlaves:\n";
        let mut group = Group::parse("e", text);
        assert_eq!(
            (group.link.as_str(), group.automatic, group.value.as_deref()),
            ("/usr/bin/e", false, Some("/bin/ed"))
        );
        let ed = &group.choices["/bin/ed"];
        assert_eq!(
            (ed.priority, ed.subcommands["e.1"].clone()),
            (-100, ("/man/e.1".into(), "/man/ed.1".into()))
        );
        group.choices.remove("/bin/ed");
        group.choose();
        assert_eq!((group.automatic, group.value.as_deref()), (true, Some("/bin/v")));
    }
}
