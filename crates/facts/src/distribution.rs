use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::os_release;
use crate::reader::Reader;

/// What the distribution calls itself, under the names that playbooks know it by.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let distribution = Distribution::find(reader);
    let major = distribution
        .major
        .clone()
        .unwrap_or_else(|| not_empty(distribution.guessed_version.split('.').next()));
    let mut facts = Facts::new()
        .with("distribution", distribution.name.as_str())
        .with("distribution_version", distribution.version.as_str())
        .with("distribution_major_version", major)
        .with_some("distribution_minor_version", distribution.minor.as_deref())
        .with("distribution_release", distribution.release.as_str())
        .with("os_family", distribution.family());
    if let Some((path, variety)) = distribution.file {
        facts.set("distribution_file_path", path);
        facts.set("distribution_file_variety", variety);
        if distribution.parsed {
            facts.set("distribution_file_parsed", true);
        }
        facts.set_some("distribution_file_search_string", distribution.search_string);
    }
    facts
}

/// Playbooks test for this where nothing is known.
const UNKNOWN: &str = "NA";

fn not_empty(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or(UNKNOWN).to_owned()
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// What is known of a distribution.
#[derive(Debug, Default)]
pub(crate) struct Distribution {
    pub(crate) name: String,
    version: String,
    guessed_version: String,
    major: Option<String>,
    minor: Option<String>,
    release: String,
    /// The file that told, and what kind of file it is.
    file: Option<(&'static str, &'static str)>,
    parsed: bool,
    search_string: Option<&'static str>,
}

impl Distribution {
    pub(crate) fn find(reader: &mut Reader) -> Distribution {
        let text =
            reader.text("/etc/os-release").or_else(|| reader.text("/usr/lib/os-release")).unwrap_or_default();
        let release = os_release::parse(&text);
        let value = |name: &str| release.get(name).map_or("", String::as_str);
        let id = value("ID");
        let version = best_version(reader, id, value("VERSION_ID"));
        let code_name = release.get("VERSION_CODENAME").or_else(|| release.get("UBUNTU_CODENAME")).cloned();
        let code_name = code_name.or_else(|| code_name_of_release_file(reader));
        let mut found = Distribution {
            name: match id {
                "amzn" => "Amazon".into(),
                "rhel" => "Redhat".into(),
                "" => "OtherLinux".into(),
                id => capitalised(id),
            },
            guessed_version: version.clone(),
            version: not_empty(Some(&version)),
            release: code_name.unwrap_or_else(|| UNKNOWN.into()),
            ..Distribution::default()
        };
        let file = "/etc/os-release";
        if found.by_release_file(reader) {
            return found;
        }
        let name = value("NAME");
        if text.contains("Amazon") {
            found.amazon(value("VERSION_ID"));
            found.told_by(file, "Amazon");
        } else if let Some(text) = reader.text("/etc/system-release").filter(|text| text.contains("Amazon")) {
            found.name = "Amazon".into();
            found.version = not_empty(
                text.split_whitespace().find(|word| word.bytes().all(|byte| byte.is_ascii_digit())),
            );
            found.told_by("/etc/system-release", "Amazon");
        } else if let Some(version) = reader.text("/etc/alpine-release") {
            (found.name, found.version) = ("Alpine".into(), version);
            found.told_by("/etc/alpine-release", "Alpine");
        } else if reader.exists("/etc/arch-release") {
            found.name = "Archlinux".into();
            found.file = Some(("/etc/arch-release", "Archlinux"));
        } else if text.contains("Arch Linux") {
            found.name = "Archlinux".into();
            found.told_by(file, "Archlinux");
        } else if text.to_lowercase().contains("suse") {
            found.suse(reader, &text, &release);
            found.told_by(file, "SUSE");
        } else if found.debian(reader, &text, &release) {
            found.told_by(file, "Debian");
        } else if id == "flatcar" {
            found.name = "Flatcar".into();
            found.version = value("VERSION").into();
            found.major = found.version.split('.').next().map(str::to_owned);
            found.told_by(file, "Flatcar");
        } else if name.starts_with("Clear Linux") {
            found.name = name.into();
            found.release = id.into();
            found.told_by("/usr/lib/os-release", "ClearLinux");
        } else if !text.is_empty() {
            found.name = not_empty(Some(name));
            if found.version == UNKNOWN {
                found.version = not_empty(Some(value("VERSION")));
            }
            found.told_by(file, "NA");
        }
        found
    }

    fn told_by(&mut self, path: &'static str, variety: &'static str) {
        self.file = Some((path, variety));
        self.parsed = true;
    }

    /// Files that only one distribution, or one family, has.
    fn by_release_file(&mut self, reader: &mut Reader) -> bool {
        for (path, variety, search) in [
            ("/etc/altlinux-release", "Altlinux", "ALT"),
            ("/etc/oracle-release", "OracleLinux", "Oracle Linux"),
            ("/etc/slackware-version", "Slackware", ""),
            ("/etc/centos-release", "CentOS", ""),
            ("/etc/redhat-release", "RedHat", "Red Hat"),
            ("/etc/openwrt_release", "OpenWrt", ""),
        ] {
            let Some(text) = reader.text(path) else { continue };
            let first = text.split_whitespace().next().unwrap_or_default();
            match variety {
                "CentOS" if text.contains("CentOS Stream") => {
                    (self.name, self.release) = ("CentOS".into(), "Stream".into());
                }
                "CentOS" if text.contains("TencentOS Server") => self.name = "TencentOS".into(),
                "Slackware" if text.contains("Slackware") => {
                    self.name = variety.into();
                    let version = text.split_whitespace().find(|word| word.contains('.'));
                    self.version = version.map_or(std::mem::take(&mut self.version), str::to_owned);
                }
                "OpenWrt" if text.contains("OpenWrt") => {
                    let values = os_release::parse(&text);
                    self.name = variety.into();
                    let replace = |old: &mut String, name: &str| {
                        if let Some(value) = values.get(name) {
                            old.clone_from(value);
                        }
                    };
                    replace(&mut self.version, "DISTRIB_RELEASE");
                    replace(&mut self.release, "DISTRIB_CODENAME");
                }
                "CentOS" | "Slackware" | "OpenWrt" => continue,
                _ if text.contains(search) => {
                    self.name = variety.into();
                    self.search_string = Some(search);
                }
                _ => self.name = first.into(),
            }
            self.told_by(path, variety);
            return true;
        }
        false
    }

    fn amazon(&mut self, version: &str) {
        self.name = "Amazon".into();
        if !version.is_empty() {
            let (major, minor) = version.split_once('.').unwrap_or((version, UNKNOWN));
            self.version = version.into();
            self.major = Some(major.into());
            self.minor = Some(minor.into());
        }
    }

    fn suse(&mut self, reader: &mut Reader, text: &str, release: &BTreeMap<String, String>) {
        let value = |name: &str| release.get(name).map_or("", String::as_str);
        self.name = not_empty(Some(value("NAME")));
        let version = value("VERSION_ID");
        if version.starts_with(|first: char| first.is_ascii_digit()) {
            let (major, minor) = version.split_once('.').unwrap_or((version, ""));
            self.version = version.into();
            self.major = Some(major.into());
            if text.to_lowercase().contains("open") {
                self.release = minor.into();
            } else if text.to_lowercase().contains("enterprise") {
                self.release = if minor.is_empty() { "0".into() } else { minor.into() };
            }
        }
        let product = reader.link_name("/etc/products.d/baseproduct").unwrap_or_default();
        match (release.get("VARIANT_ID").map(String::as_str), product.as_str()) {
            (Some("server-sap" | "sles-sap"), _) | (None, "SLES_SAP.prod") => self.name = "SLES_SAP".into(),
            (Some("transactional"), _) | (None, "SL-Micro.prod") => self.name = "SL-Micro".into(),
            _ => {}
        }
    }

    /// Debian and what descends from it; false if it is none of them.
    fn debian(&mut self, reader: &mut Reader, text: &str, release: &BTreeMap<String, String>) -> bool {
        let value = |name: &str| release.get(name).map_or("", String::as_str);
        let in_brackets = value("PRETTY_NAME")
            .split_once('(')
            .and_then(|(_, rest)| Some(rest.split_once(')')?.0.to_owned()));
        let name = match text {
            _ if text.contains("Debian") || text.contains("Raspbian") => "Debian",
            _ if text.contains("Ubuntu") => "Ubuntu",
            _ if text.contains("SteamOS") => "SteamOS",
            _ if text.contains("Kali") => "Kali",
            _ if text.contains("Parrot") => "Parrot",
            _ if text.contains("Devuan") => "Devuan",
            _ if text.contains("Cumulus") => "Cumulus Linux",
            _ if text.contains("Mint") => "Linux Mint",
            _ if text.contains("UOS") || text.contains("Uos") || text.contains("uos") => "Uos",
            _ if text.contains("Deepin") || text.contains("deepin") => "Deepin",
            _ if text.contains("LMDE") => "Linux Mint Debian Edition",
            _ => return false,
        };
        self.name = name.into();
        if matches!(name, "Debian" | "Devuan")
            && let Some(code_name) = in_brackets
        {
            self.release = code_name;
        }
        if name == "Debian" {
            let version = reader.text("/etc/debian_version").unwrap_or_default();
            self.minor = version.split_once('.').and_then(|(major, minor)| {
                let is_number =
                    |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                (is_number(major) && is_number(minor)).then(|| minor.to_owned())
            });
        }
        if matches!(name, "Cumulus Linux" | "Linux Mint" | "Uos" | "Deepin" | "Devuan")
            && !value("VERSION_ID").is_empty()
        {
            self.version = value("VERSION_ID").into();
            self.major = self.version.split('.').next().map(str::to_owned);
        }
        true
    }

    pub(crate) fn family(&self) -> &str {
        let family = FAMILIES.iter().find(|(_, names)| names.contains(&self.name.as_str()));
        family.map_or(&self.name, |(family, _)| family)
    }
}

/// The version, with the minor one that Debian and CentOS leave out of their `os-release`.
fn best_version(reader: &mut Reader, id: &str, version: &str) -> String {
    let dots = |text: &str| text.matches('.').count();
    match id {
        "debian" => match reader.text("/etc/debian_version") {
            Some(longer) if version.is_empty() || dots(&longer) > dots(version) => longer,
            _ => version.to_owned(),
        },
        "centos" => {
            let text = reader.text("/etc/centos-release").unwrap_or_default();
            let longer =
                text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
            let best = longer.filter(|longer| dots(longer) > dots(version)).unwrap_or(version);
            best.split('.').take(2).collect::<Vec<_>>().join(".")
        }
        _ => version.to_owned(),
    }
}

/// `Blue Onyx` of `Rocky Linux release 9.4 (Blue Onyx)`.
fn code_name_of_release_file(reader: &mut Reader) -> Option<String> {
    let files = ["/etc/redhat-release", "/etc/centos-release", "/etc/oracle-release", "/etc/system-release"];
    let text = files.iter().find_map(|path| reader.text(path))?;
    Some(text.split_once('(')?.1.split_once(')')?.0.to_owned())
}

const FAMILIES: [(&str, &[&str]); 9] = [
    (
        "RedHat",
        &[
            "RedHat",
            "RHEL",
            "Fedora",
            "CentOS",
            "Scientific",
            "SLC",
            "Ascendos",
            "CloudLinux",
            "PSBM",
            "OracleLinux",
            "OVS",
            "OEL",
            "Amazon",
            "Amzn",
            "Virtuozzo",
            "XenServer",
            "Alibaba",
            "EulerOS",
            "openEuler",
            "AlmaLinux",
            "Rocky",
            "TencentOS",
            "EuroLinux",
            "Kylin Linux Advanced Server",
            "MIRACLE",
        ],
    ),
    (
        "Debian",
        &[
            "Debian",
            "Ubuntu",
            "Raspbian",
            "Neon",
            "KDE neon",
            "Linux Mint",
            "SteamOS",
            "Devuan",
            "Kali",
            "Cumulus Linux",
            "Pop!_OS",
            "Parrot",
            "Pardus GNU/Linux",
            "Uos",
            "Deepin",
            "OSMC",
            "Linux Mint Debian Edition",
        ],
    ),
    (
        "Suse",
        &[
            "SuSE",
            "SLES",
            "SLED",
            "openSUSE",
            "openSUSE Tumbleweed",
            "SLES_SAP",
            "SUSE_LINUX",
            "openSUSE Leap",
            "ALP-Dolomite",
            "SL-Micro",
            "openSUSE MicroOS",
        ],
    ),
    ("Archlinux", &["Archlinux", "Antergos", "Manjaro"]),
    ("Mandrake", &["Mandrake", "Mandriva"]),
    ("Slackware", &["Slackware"]),
    ("Gentoo", &["Gentoo", "Funtoo"]),
    ("Alpine", &["Alpine"]),
    ("ClearLinux", &["Clear Linux OS", "Clear Linux Mix"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::MemoryBackend;
    use value::Value;

    /// name, version, major, release, family, variety
    fn check(files: &[(&str, &str)], expected: [&str; 6]) {
        let backend = MemoryBackend::new();
        files.iter().for_each(|(path, text)| backend.add_file(path, text));
        let facts = with_reader(backend, gather);
        let names = [
            "distribution",
            "distribution_version",
            "distribution_major_version",
            "distribution_release",
            "os_family",
            "distribution_file_variety",
        ];
        let found = names.map(|name| facts.get(name).and_then(Value::as_str).unwrap_or_default());
        assert_eq!(found, expected, "{facts:?}");
    }

    #[test]
    fn distributions_have_the_names_that_playbooks_know() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n";
        check(
            &[("/etc/os-release", debian), ("/etc/debian_version", "12.11\n")],
            ["Debian", "12.11", "12", "bookworm", "Debian", "Debian"],
        );
        let sid = "PRETTY_NAME=\"Debian GNU/Linux forky/sid\"\nNAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=forky\nID=debian\n";
        check(
            &[("/etc/os-release", sid), ("/etc/debian_version", "forky/sid\n")],
            ["Debian", "forky/sid", "forky/sid", "forky", "Debian", "Debian"],
        );
        let ubuntu = "PRETTY_NAME=\"Ubuntu 22.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n";
        check(
            &[("/etc/os-release", ubuntu), ("/etc/debian_version", "bookworm/sid\n")],
            ["Ubuntu", "22.04", "22", "jammy", "Debian", "Debian"],
        );
        let rocky = "NAME=\"Rocky Linux\"\nVERSION=\"9.4 (Blue Onyx)\"\nID=\"rocky\"\nVERSION_ID=\"9.4\"\n";
        check(
            &[("/etc/os-release", rocky), ("/etc/redhat-release", "Rocky Linux release 9.4 (Blue Onyx)\n")],
            ["Rocky", "9.4", "9", "Blue Onyx", "RedHat", "RedHat"],
        );
        let rhel =
            "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.4 (Plow)\"\nID=\"rhel\"\nVERSION_ID=\"9.4\"\n";
        check(
            &[
                ("/etc/os-release", rhel),
                ("/etc/redhat-release", "Red Hat Enterprise Linux release 9.4 (Plow)\n"),
            ],
            ["RedHat", "9.4", "9", "Plow", "RedHat", "RedHat"],
        );
        let centos = "NAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\nVERSION_ID=\"7\"\n";
        let release = "CentOS Linux release 7.9.2009 (Core)\n";
        check(
            &[
                ("/etc/os-release", centos),
                ("/etc/centos-release", release),
                ("/etc/redhat-release", release),
            ],
            ["CentOS", "7.9", "7", "Core", "RedHat", "RedHat"],
        );
        let stream = "NAME=\"CentOS Stream\"\nVERSION=\"9\"\nID=\"centos\"\nVERSION_ID=\"9\"\n";
        check(
            &[("/etc/os-release", stream), ("/etc/centos-release", "CentOS Stream release 9\n")],
            ["CentOS", "9", "9", "Stream", "RedHat", "CentOS"],
        );
        let fedora = "NAME=\"Fedora Linux\"\nVERSION=\"40 (Server)\"\nID=fedora\nVERSION_ID=40\nVERSION_CODENAME=\"\"\n";
        check(
            &[("/etc/os-release", fedora), ("/etc/redhat-release", "Fedora release 40 (Forty)\n")],
            ["Fedora", "40", "40", "", "RedHat", "RedHat"],
        );
        let alpine = "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.19.1\n";
        check(
            &[("/etc/os-release", alpine), ("/etc/alpine-release", "3.19.1\n")],
            ["Alpine", "3.19.1", "3", "NA", "Alpine", "Alpine"],
        );
        check(
            &[
                ("/etc/os-release", "NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n"),
                ("/etc/arch-release", ""),
            ],
            ["Archlinux", "NA", "NA", "NA", "Archlinux", "Archlinux"],
        );
        let leap = "NAME=\"openSUSE Leap\"\nVERSION=\"15.5\"\nID=\"opensuse-leap\"\nVERSION_ID=\"15.5\"\n";
        check(&[("/etc/os-release", leap)], ["openSUSE Leap", "15.5", "15", "5", "Suse", "SUSE"]);
        let sles = "NAME=\"SLES\"\nVERSION=\"15-SP5\"\nID=\"sles\"\nVERSION_ID=\"15.5\"\nPRETTY_NAME=\"SUSE Linux Enterprise Server 15 SP5\"\n";
        check(&[("/etc/os-release", sles)], ["SLES", "15.5", "15", "5", "Suse", "SUSE"]);
        let amazon = "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nVERSION_ID=\"2023\"\n";
        check(&[("/etc/os-release", amazon)], ["Amazon", "2023", "2023", "NA", "RedHat", "Amazon"]);
        let mint = "NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"21.2\"\nVERSION_CODENAME=victoria\n";
        check(&[("/etc/os-release", mint)], ["Linux Mint", "21.2", "21", "victoria", "Debian", "Debian"]);
        check(&[("/etc/os-release", "NAME=\"Void\"\nID=void\n")], ["Void", "NA", "NA", "NA", "Void", "NA"]);
        check(&[], ["OtherLinux", "NA", "NA", "NA", "OtherLinux", ""]);
    }
}
