use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use protocol::Foresight;
use value::Value;

use crate::{Command, Packages, Result, System, matches_pattern};

/// What rpm knows of the packages on a host, or of those in another root folder on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RpmDatabase {
    packages: Vec<RpmPackage>,
    predicted: Vec<RpmPackage>,
}

/// One package: an archive, or what is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RpmPackage {
    /// Its name.
    pub name: String,
    /// How often the way of counting versions has begun anew; `0` mostly.
    pub epoch: String,
    /// The version of what is in it.
    pub version: String,
    /// The version of the package itself.
    pub release: String,
    /// Its architecture; `noarch` if it has none.
    pub architecture: String,
}

impl RpmPackage {
    /// How rpm is to tell of a package: `--queryformat`.
    pub const FORMAT: &'static str = r"%{NAME}\t%{EPOCHNUM}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\n";

    /// Reads a line in [`RpmPackage::FORMAT`].
    pub fn parse(line: &str) -> Option<RpmPackage> {
        let [name, epoch, version, release, architecture] =
            line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let owned = str::to_owned;
        Some(RpmPackage {
            name: owned(name),
            epoch: owned(epoch),
            version: owned(version),
            release: owned(release),
            architecture: owned(architecture),
        })
    }

    /// Reads a name with an architecture, and `EPOCH:VERSION-RELEASE`, where the epoch may be missing.
    pub fn from_parts(name: &str, architecture: &str, version: &str) -> Option<RpmPackage> {
        let (epoch, version) = version.split_once(':').unwrap_or(("0", version));
        let (version, release) = version.rsplit_once('-')?;
        RpmPackage::parse(&[name, epoch, version, release, architecture].join("\t"))
    }

    /// `[EPOCH:]VERSION-RELEASE.ARCHITECTURE`, as it is told to people.
    pub fn full_version(&self) -> String {
        let epoch = if self.epoch == "0" { String::new() } else { format!("{}:", self.epoch) };
        format!("{epoch}{}-{}.{}", self.version, self.release, self.architecture)
    }

    /// `NAME-[EPOCH:]VERSION-RELEASE.ARCHITECTURE`.
    pub fn full_name(&self) -> String {
        format!("{}-{}", self.name, self.full_version())
    }

    /// Whether one of the ways to write a package means this one: `NAME`, `NAME.ARCHITECTURE`, `NAME-VERSION`,
    /// `NAME-VERSION-RELEASE`, `NAME-VERSION-RELEASE.ARCHITECTURE`, with or without the epoch before the version, and
    /// each of them as a pattern.
    pub fn is_called(&self, text: &str) -> bool {
        let RpmPackage { name, epoch, version, release, architecture } = self;
        let versions = [version.clone(), format!("{epoch}:{version}")];
        let with_versions = versions.iter().flat_map(|version| {
            [
                format!("{name}-{version}"),
                format!("{name}-{version}-{release}"),
                format!("{name}-{version}-{release}.{architecture}"),
            ]
        });
        let mut forms =
            [name.clone(), format!("{name}.{architecture}")].into_iter().chain(with_versions).chain([
                format!("{epoch}:{name}-{version}-{release}"),
                format!("{epoch}:{name}-{version}-{release}.{architecture}"),
            ]);
        forms.any(|form| form == text || matches_pattern(text, &form))
    }

    /// Compares its version with `[EPOCH:]VERSION[-RELEASE]`; what is not written counts as equal, but for the epoch.
    pub fn compare_version(&self, text: &str) -> Ordering {
        let (epoch, text) = text.split_once(':').unwrap_or(("0", text));
        let (version, release) = match text.split_once('-') {
            Some((version, release)) => (version, Some(release)),
            None => (text, None),
        };
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        number(&self.epoch)
            .cmp(&number(epoch))
            .then_with(|| compare_versions(&self.version, version))
            .then_with(|| release.map_or(Ordering::Equal, |release| compare_versions(&self.release, release)))
    }
}

/// Compares versions as rpm does (rpm-version(7)): by their numbers and words, and the rest only parts these; `~` is
/// before and `^` behind what has neither.
pub fn compare_versions(left: &str, right: &str) -> Ordering {
    let is_separator = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '~' || letter == '^');
    let (mut left, mut right) = (left, right);
    loop {
        left = left.trim_start_matches(is_separator);
        right = right.trim_start_matches(is_separator);
        for (mark, with, end) in
            [('~', Ordering::Less, Ordering::Less), ('^', Ordering::Less, Ordering::Greater)]
        {
            // A caret is behind the end of the other version and before anything else that goes on there.
            let order = |rest: &str| if rest.is_empty() { end } else { with };
            match (left.strip_prefix(mark), right.strip_prefix(mark)) {
                (Some(after), Some(other)) => (left, right) = (after, other),
                (Some(_), None) => return order(right),
                (None, Some(_)) => return order(left).reverse(),
                (None, None) => continue,
            }
            break;
        }
        if left.starts_with(['~', '^']) || right.starts_with(['~', '^']) {
            continue;
        }
        if left.is_empty() || right.is_empty() {
            return left.len().cmp(&right.len());
        }
        let is_number = left.starts_with(|letter: char| letter.is_ascii_digit());
        let part = |text: &'_ str| {
            let belongs = |letter: char| {
                if is_number { letter.is_ascii_digit() } else { letter.is_ascii_alphabetic() }
            };
            text.find(|letter| !belongs(letter)).unwrap_or(text.len())
        };
        let ((one, left_rest), (other, right_rest)) =
            (left.split_at(part(left)), right.split_at(part(right)));
        if other.is_empty() {
            // A number is newer than a word.
            return if is_number { Ordering::Greater } else { Ordering::Less };
        }
        let order = if is_number {
            let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        } else {
            one.cmp(other)
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
}

impl RpmDatabase {
    /// All packages, and the keys, which rpm calls `gpg-pubkey`.
    pub fn iter(&self) -> impl Iterator<Item = &RpmPackage> {
        self.packages.iter()
    }

    /// The packages that are written so: [`RpmPackage::is_called`].
    pub fn called<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a RpmPackage> {
        self.packages.iter().filter(move |package| package.is_called(text))
    }

    /// The versions in which a package is there: null if it is not, several with commas between them.
    pub fn versions(&self, name: &str) -> Value {
        let mut versions: Vec<String> = self
            .packages
            .iter()
            .filter(|package| package.name == name)
            .map(RpmPackage::full_version)
            .collect();
        versions.sort();
        if versions.is_empty() { Value::Null } else { versions.join(", ").into() }
    }

    /// Those of the packages that are not on the host, but would be if this were no dry run.
    pub fn predicted(&self) -> &[RpmPackage] {
        &self.predicted
    }

    /// Adds a package.
    pub fn add(&mut self, package: RpmPackage) {
        self.packages.push(package);
    }

    /// Takes a package out.
    pub fn remove(&mut self, package: &RpmPackage) {
        self.packages.retain(|found| found != package);
    }

    /// What a dry run has predicted: [`RpmDatabase::versions`], or null.
    fn predict(&mut self, name: &str, state: &Value) {
        let (before, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.packages).into_iter().partition(|package| package.name == name);
        self.packages = others;
        let versions = state.get("version").and_then(Value::as_str).unwrap_or_default();
        let packages = versions.split(", ").filter_map(|version| {
            let (version, architecture) = version.rsplit_once('.')?;
            RpmPackage::from_parts(name, architecture, version)
        });
        for package in packages {
            if !before.contains(&package) {
                self.predicted.push(package.clone());
            }
            self.packages.push(package);
        }
    }
}

impl System {
    /// Whether lists of packages may be fetched to know what would be installed: outside of a dry run, and in one that
    /// looks as far ahead as it can.
    pub fn may_fetch_lists(&self) -> bool {
        self.overlay().is_none() || self.foresight() == Foresight::Exact
    }

    /// The folder of rpm's database in a root folder, if there is one. Asked for anything, rpm would make it.
    ///
    /// # Errors
    /// rpm can't be started.
    pub fn rpm_database_folder(&mut self, root: &Path) -> Result<Option<PathBuf>> {
        let told = self
            .query(&Command::new(["rpm", "--eval", "%{_dbpath}"]))?
            .checked("rpm does not tell where its database is")?;
        let folder = root.join(told.stdout().trim().trim_start_matches('/'));
        Ok(self.follow(&folder)?.is_some_and(|found| found.is_directory()).then_some(folder))
    }

    /// What rpm knows of the packages in a root folder, `/` being that of the host itself; in a dry run as earlier tasks
    /// would have left them. Where no rpm has been at work there are no packages.
    pub fn rpm_database(&mut self, root: &Path) -> Result<RpmDatabase> {
        let mut database = RpmDatabase::default();
        if self.rpm_database_folder(root)?.is_some() {
            let mut command = Command::new(["rpm", "-qa", "--queryformat", RpmPackage::FORMAT]);
            if root != Path::new("/") {
                command = command.arg("--root").arg(root.to_string_lossy());
            }
            let output = self.query(&command.env("LC_ALL", "C.UTF-8"))?;
            let output = output.checked("rpm does not tell what is installed")?;
            database.packages.extend(output.stdout().lines().filter_map(RpmPackage::parse));
        }
        for (name, state) in self.predicted(Packages::PACKAGE) {
            match name.split_once(IN_ROOT) {
                None if root == Path::new("/") => database.predict(&name, &state),
                Some((name, place)) if Path::new(place) == root => database.predict(name, &state),
                _ => {}
            }
        }
        Ok(database)
    }
}

/// What stands between a package's name and the root folder that it is in.
const IN_ROOT: &str = " in ";

/// The name by which a package in a root folder is known: that of the package, and the folder unless it is `/`.
pub fn name_in_root(name: &str, root: &Path) -> String {
    match root == Path::new("/") {
        true => name.to_owned(),
        false => format!("{name}{IN_ROOT}{}", root.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBackend, NoCourier};

    #[test]
    fn versions_are_compared_as_rpm_does() {
        // From older to newer in each line.
        for line in [
            "1.0~rc1 1.0 1.0^git1 1.0.1",
            "1.0~~ 1.0~ 1.0",
            "1.0^ 1.0a",
            "a 1 2 10 010a 11",
            "2.0 2.0.a 2.0.1",
            "5.5p1 5.5p2 5.5p10",
            "1.0^20160101 1.0^20160102 1.01",
            "1.0~rc1 1.0~rc1^git1 1.0~rc2",
        ] {
            let versions: Vec<&str> = line.split(' ').collect();
            for (at, left) in versions.iter().enumerate() {
                for (other, right) in versions.iter().enumerate() {
                    assert_eq!(compare_versions(left, right), at.cmp(&other), "{left} {right}");
                }
            }
        }
        for (left, right) in
            [("1.0", "1.00"), ("1_0", "1.0"), ("2.0.1a", "2.0.1a"), ("fc4", "fc.4"), ("1.0^", "1.0^")]
        {
            assert_eq!(compare_versions(left, right), Ordering::Equal, "{left} {right}");
        }
    }

    #[test]
    fn packages_have_many_names() {
        let package = RpmPackage::from_parts("sos", "noarch", "1:4.7-2.fc39").unwrap();
        assert_eq!(package.full_name(), "sos-1:4.7-2.fc39.noarch");
        for name in [
            "sos",
            "sos.noarch",
            "sos-4.7",
            "sos-1:4.7-2.fc39.noarch",
            "1:sos-4.7-2.fc39.noarch",
            "sos-*-2.fc39",
            "sos-4*",
            "s[o]s",
        ] {
            assert!(package.is_called(name), "{name}");
        }
        for name in ["so", "sos-4", "sos.x86_64", "sos-2:4.7"] {
            assert!(!package.is_called(name), "{name}");
        }
        for (version, order) in
            [("4.7", Ordering::Greater), ("1:4.7", Ordering::Equal), ("1:4.7-3", Ordering::Less)]
        {
            assert_eq!(package.compare_version(version), order, "{version}");
        }
    }

    #[test]
    fn the_database_of_a_root_folder_is_its_own() {
        let backend = MemoryBackend::new();
        backend.add_directory("/usr/lib/sysimage/rpm");
        backend.add_directory("/srv/root/usr/lib/sysimage/rpm");
        backend.answer("rpm --eval %{_dbpath}", 0, "/usr/lib/sysimage/rpm\n");
        let format = RpmPackage::FORMAT;
        backend.answer(
            &format!("rpm -qa --queryformat {format}"),
            0,
            "bash\t0\t5\t1\tx86_64\ngpg-pubkey\t0\ta\tb\t(none)\n",
        );
        backend.answer(
            &format!("rpm -qa --queryformat {format} --root /srv/root"),
            0,
            "zsh\t0\t5\t1\tnoarch\n",
        );
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        let mut versions = |root, name| host.rpm_database(Path::new(root)).unwrap().versions(name);
        assert_eq!(versions("/", "bash"), Value::from("5-1.x86_64"));
        assert_eq!(versions("/", "gpg-pubkey"), Value::from("a-b.(none)"));
        assert_eq!(versions("/srv/root", "bash"), Value::Null);
        assert_eq!(versions("/srv/root", "zsh"), Value::from("5-1.noarch"));
        assert_eq!(versions("/srv/none", "zsh"), Value::Null);
    }
}
