use crate::distribution::Distribution;
use crate::facts::Facts;
use crate::reader::Reader;

/// Package managers by the program that shows that a host has them; of several the last one counts.
const PROGRAMS: [(&str, &str); 21] = [
    ("/usr/bin/rpm-ostree", "atomic_container"),
    ("/usr/bin/yum", "dnf"),
    ("/usr/bin/dnf-3", "dnf"),
    ("/usr/bin/dnf5", "dnf5"),
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/sbin/urpmi", "urpmi"),
    ("/usr/bin/pacman", "pacman"),
    ("/bin/opkg", "opkg"),
    ("/usr/pkg/bin/pkgin", "pkgin"),
    ("/usr/local/bin/brew", "homebrew"),
    ("/opt/homebrew/bin/brew", "homebrew"),
    ("/sbin/apk", "apk"),
    ("/usr/sbin/pkg", "pkgng"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/bin/pkg", "pkg5"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/usr/local/sbin/pkg", "pkgng"),
    ("/usr/bin/swupd", "swupd"),
    ("/usr/sbin/sorcery", "sorcery"),
    ("/usr/bin/installp", "installp"),
];

/// The package manager that the distribution means to be used.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let distribution = Distribution::find(reader);
    let found = PROGRAMS.iter().rev().find(|(path, _)| reader.exists(path)).map(|(_, name)| *name);
    let manager = match (distribution.family(), found) {
        ("RedHat", _) => red_hat(reader),
        ("Debian", _) => "apt",
        ("Altlinux", Some("apt" | "pkg5")) => "apt_rpm",
        (_, Some("apt")) if reader.exists("/usr/bin/rpm") && !reader.exists("/var/lib/dpkg/status") => {
            "apt_rpm"
        }
        (_, found) => found.unwrap_or("unknown"),
    };
    Facts::new().with("pkg_mgr", manager)
}

fn red_hat(reader: &mut Reader) -> &'static str {
    if reader.exists("/run/ostree-booted") {
        return "atomic_container";
    }
    // The same name leads to other programs from one release to the next.
    for path in ["/usr/bin/dnf", "/usr/bin/microdnf"] {
        if reader.exists(path) {
            return if reader.link_name(path).is_some_and(|name| name == "dnf5") { "dnf5" } else { "dnf" };
        }
    }
    "unknown"
}
