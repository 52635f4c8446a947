use std::collections::BTreeMap;
use std::path::Path;

use crate::maintainer_scripts::MaintainerScripts;

/// What installation scripts of a package plainly do to files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ScriptedFiles {
    /// What they make, by path.
    pub(crate) made: BTreeMap<String, Made>,
    /// Owner, group and permissions that they give, by path.
    pub(crate) attributes: BTreeMap<String, Attributes>,
}

/// A thing that installation scripts make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Directory,
    Empty,
    /// A copy of this file.
    Copy(String),
    /// A copy of the first of these that is there: scripts choose by that.
    CopyOfOne(Vec<String>),
    /// What scripts write themselves.
    Unknown,
    /// A symbolic link with this target.
    Link(String),
}

/// What scripts say of owner, group and permissions, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) owner: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) permissions: Option<u32>,
}

/// What a cluster of PostgreSQL has below `/etc/postgresql/VERSION/main`, with permissions.
const CLUSTER: [(&str, u32); 6] = [
    ("environment", 0o644),
    ("pg_ctl.conf", 0o644),
    ("pg_hba.conf", 0o640),
    ("pg_ident.conf", 0o640),
    ("postgresql.conf", 0o644),
    ("start.conf", 0o644),
];

const TOOLS: [&str; 14] = [
    "configure_version",
    "a2enconf",
    "a2enmod",
    "a2ensite",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "dpkg-statoverride",
    "install",
    "ln",
    "mkdir",
    "touch",
    "ucf",
];

/// Where the folders of Apache's links are, and what each program makes links for.
const APACHE: [(&str, &str, &[&str]); 3] = [
    ("a2enconf", "conf", &["conf"]),
    ("a2enmod", "mods", &["load", "conf"]),
    ("a2ensite", "sites", &["conf"]),
];

impl ScriptedFiles {
    /// From the text of the scripts and the files of the package.
    pub(crate) fn read(package: &str, scripts: &str, has_file: impl Fn(&str) -> bool) -> ScriptedFiles {
        let mut files = ScriptedFiles::default();
        for call in MaintainerScripts::read(scripts).calls(&TOOLS) {
            let mut words = call.iter().map(Option::as_deref);
            let Some(Some(program)) = words.next() else { continue };
            let program = program.rsplit('/').next().unwrap_or(program);
            let words: Vec<Option<&str>> =
                words.take_while(|word| !word.is_some_and(|word| word.contains(['>', '<']))).collect();
            match package.strip_prefix("postgresql-").filter(|_| program == "configure_version") {
                Some(version) => files.make_cluster(version),
                None => files.follow(program, &Words::of(program, &words), &has_file),
            }
        }
        files
    }

    fn follow(&mut self, program: &str, words: &Words<'_>, has_file: &impl Fn(&str) -> bool) {
        match (program, words.names.as_slice()) {
            ("mkdir", names) => {
                for name in names.iter().flatten() {
                    self.make(name, Made::Directory);
                    self.attribute(name, words.attributes());
                }
            }
            ("install", names) if words.has('d') => {
                for name in names.iter().flatten() {
                    self.make(name, Made::Directory);
                    self.attribute(name, words.attributes());
                }
            }
            ("install" | "cp", [Some(source), Some(target)]) => {
                self.make(target, Made::Copy((*source).to_owned()));
                self.attribute(target, words.attributes());
            }
            ("ucf", [source, Some(target)]) => {
                self.make(target, source.map_or(Made::Unknown, |source| Made::Copy(source.to_owned())));
            }
            ("touch", names) => names.iter().flatten().for_each(|name| self.make(name, Made::Empty)),
            ("ln", [Some(source), Some(target)]) if words.has('s') => {
                let target = match target.strip_suffix('/') {
                    Some(folder) => format!("{folder}/{}", source.rsplit('/').next().unwrap_or(source)),
                    None => (*target).to_owned(),
                };
                self.make(&target, Made::Link((*source).to_owned()));
            }
            ("chown", [Some(owner), names @ ..]) => {
                let (owner, group) = owner.split_once([':', '.']).unwrap_or((owner, ""));
                self.attribute_all(names, &Attributes::of(owner, group, None));
            }
            ("chgrp", [Some(group), names @ ..]) => {
                self.attribute_all(names, &Attributes::of("", group, None))
            }
            ("chmod", [Some(mode), names @ ..]) => {
                self.attribute_all(names, &Attributes::of("", "", u32::from_str_radix(mode, 8).ok()));
            }
            ("dpkg-statoverride", [Some(owner), Some(group), Some(mode), name]) => {
                self.attribute_all(
                    &[*name],
                    &Attributes::of(owner, group, u32::from_str_radix(mode, 8).ok()),
                );
            }
            (program, names) => {
                let Some((_, folder, suffixes)) = APACHE.iter().find(|(enabler, ..)| *enabler == program)
                else {
                    return;
                };
                for name in names.iter().flatten() {
                    for suffix in *suffixes {
                        let target = format!("{folder}-available/{name}.{suffix}");
                        if *suffix == "load"
                            || *folder != "mods"
                            || has_file(&format!("/etc/apache2/{target}"))
                        {
                            let link = format!("/etc/apache2/{folder}-enabled/{name}.{suffix}");
                            self.make(&link, Made::Link(format!("../{target}")));
                        }
                    }
                }
            }
        }
    }

    /// What `pg_createcluster VERSION main` makes, which the server's package calls (its manual page).
    fn make_cluster(&mut self, version: &str) {
        let of_postgres = |permissions: u32| Attributes::of("postgres", "postgres", Some(permissions));
        for (root, last) in [("/etc/postgresql", 0o755), ("/var/lib/postgresql", 0o700)] {
            let folder = format!("{root}/{version}");
            let main = format!("{folder}/main");
            for (path, permissions) in [(root, 0o755), (&folder, 0o755), (&main, last)] {
                self.make(path, Made::Directory);
                self.attribute(path, of_postgres(permissions));
            }
        }
        let main = format!("/etc/postgresql/{version}/main");
        self.make(&format!("{main}/conf.d"), Made::Directory);
        self.attribute(&format!("{main}/conf.d"), of_postgres(0o755));
        for (name, permissions) in CLUSTER {
            self.make(&format!("{main}/{name}"), Made::Unknown);
            self.attribute(&format!("{main}/{name}"), of_postgres(permissions));
        }
    }

    fn make(&mut self, path: &str, made: Made) {
        if !Path::new(path).is_absolute() {
            return;
        }
        let path = path.trim_end_matches('/').to_owned();
        let made = match (self.made.remove(&path), made) {
            (Some(Made::Copy(first)), Made::Copy(next)) if first != next => {
                Made::CopyOfOne(vec![first, next])
            }
            (Some(Made::CopyOfOne(mut known)), Made::Copy(next)) => {
                known.push(next);
                Made::CopyOfOne(known)
            }
            (None, made) => made,
            (Some(known), made) if known == made || matches!(made, Made::Directory | Made::Empty) => known,
            (Some(_), _) => Made::Unknown,
        };
        self.made.insert(path, made);
    }

    fn attribute_all(&mut self, names: &[Option<&str>], attributes: &Attributes) {
        for name in names.iter().flatten() {
            self.attribute(name, attributes.clone());
        }
    }

    fn attribute(&mut self, path: &str, given: Attributes) {
        if !Path::new(path).is_absolute() || path.contains('*') {
            return;
        }
        let known = self.attributes.entry(path.trim_end_matches('/').to_owned()).or_default();
        known.owner = given.owner.or(known.owner.take());
        known.group = given.group.or(known.group.take());
        known.permissions = given.permissions.or(known.permissions);
    }
}

impl Attributes {
    fn of(owner: &str, group: &str, permissions: Option<u32>) -> Attributes {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        Attributes { owner: named(owner), group: named(group), permissions }
    }
}

/// A call's options and names.
struct Words<'a> {
    options: Vec<(char, Option<&'a str>)>,
    names: Vec<Option<&'a str>>,
}

impl<'a> Words<'a> {
    fn of(program: &str, words: &[Option<&'a str>]) -> Words<'a> {
        let with_value = match program {
            "install" => "ogmt",
            "mkdir" => "m",
            "touch" => "drt",
            _ => "",
        };
        let mut found = Words { options: Vec::new(), names: Vec::new() };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let Some(letters) =
                word.and_then(|word| word.strip_prefix('-')).filter(|letters| !letters.is_empty())
            else {
                found.names.push(word);
                continue;
            };
            if letters.starts_with('-') {
                continue;
            }
            for (at, letter) in letters.char_indices() {
                if !with_value.contains(letter) {
                    found.options.push((letter, None));
                    continue;
                }
                let attached = &letters[at + letter.len_utf8()..];
                let value = if attached.is_empty() { words.next().flatten() } else { Some(attached) };
                found.options.push((letter, value));
                break;
            }
        }
        found
    }

    fn has(&self, option: char) -> bool {
        self.options.iter().any(|(found, _)| *found == option)
    }

    fn value(&self, option: char) -> Option<&'a str> {
        self.options.iter().find(|(found, _)| *found == option).and_then(|(_, value)| *value)
    }

    fn attributes(&self) -> Attributes {
        let permissions = self.value('m').and_then(|mode| u32::from_str_radix(mode, 8).ok());
        Attributes::of(self.value('o').unwrap_or_default(), self.value('g').unwrap_or_default(), permissions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_for_what_they_do_to_files() {
        let text = "mkdir -p -m 0750 /var/lib/x /var/www/\ninstall -d -oann -g adm -m2755 /var/log/x\n\
                    ucf --three-way /usr/share/x/x.conf /etc/x.conf >/dev/null\nln -s /a/b /etc/x.d/\n\
                    if true; then ucf /usr/share/x/one $ini; else ucf /usr/share/x/two /etc/x.ini; fi\n\
                    chown ann:adm /etc/x.conf\ndpkg-statoverride --update --add root adm 02750 /var/lib/x\n\
                    a2enmod -q -m ssl\na2ensite 000-default\ntouch /var/log/x/log\ncp /etc/x.conf /etc/y.conf\n\
                    ucf /usr/share/x/1 /etc/z\nucf /usr/share/x/2 /etc/z\nchmod 640 \"$unknown\" /etc/x.conf";
        let files = ScriptedFiles::read("x", text, |path| path == "/etc/apache2/mods-available/ssl.conf");
        let made = |path: &str| files.made.get(path).cloned();
        let copy = |path: &str| Some(Made::Copy(path.to_owned()));
        let link = |path: &str| Some(Made::Link(path.to_owned()));
        assert_eq!(made("/var/lib/x"), Some(Made::Directory));
        assert_eq!(made("/var/www"), Some(Made::Directory));
        assert_eq!(made("/var/log/x/log"), Some(Made::Empty));
        assert_eq!(made("/etc/x.conf"), copy("/usr/share/x/x.conf"));
        assert_eq!(made("/etc/y.conf"), copy("/etc/x.conf"));
        assert_eq!(
            made("/etc/z"),
            Some(Made::CopyOfOne(vec!["/usr/share/x/1".into(), "/usr/share/x/2".into()]))
        );
        assert_eq!(made("/etc/x.d/b"), link("/a/b"));
        assert_eq!(made("/etc/apache2/mods-enabled/ssl.load"), link("../mods-available/ssl.load"));
        assert_eq!(made("/etc/apache2/mods-enabled/ssl.conf"), link("../mods-available/ssl.conf"));
        assert_eq!(
            made("/etc/apache2/sites-enabled/000-default.conf"),
            link("../sites-available/000-default.conf")
        );
        let cluster = ScriptedFiles::read("postgresql-15", "configure_version $VERSION \"$2\"", |_| false);
        assert_eq!(cluster.made.get("/etc/postgresql/15/main/pg_hba.conf"), Some(&Made::Unknown));
        assert_eq!(cluster.made.get("/etc/postgresql/15/main/conf.d"), Some(&Made::Directory));
        let attributes = |path: &str| files.attributes.get(path).cloned();
        assert_eq!(attributes("/var/lib/x"), Some(Attributes::of("root", "adm", Some(0o2750))));
        assert_eq!(attributes("/var/log/x"), Some(Attributes::of("ann", "adm", Some(0o2755))));
        assert_eq!(attributes("/etc/x.conf"), Some(Attributes::of("ann", "adm", Some(0o640))));
    }
}
