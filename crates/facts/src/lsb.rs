use crate::facts::Facts;
use crate::os_release;
use crate::reader::Reader;

/// What `lsb_release` tells, from the files that it reads where that is possible, for it is slow.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let has_program = reader.has_program("lsb_release");
    let own = os_release::parse(&reader.text("/etc/lsb-release").unwrap_or_default());
    let general = os_release::parse(&reader.text("/etc/os-release").unwrap_or_default());
    let mut lsb = Facts::new();
    let mut release = own.get("DISTRIB_RELEASE").cloned();
    if own.contains_key("DISTRIB_ID") {
        lsb.set_some("id", own.get("DISTRIB_ID"));
        lsb.set_some("release", own.get("DISTRIB_RELEASE"));
        lsb.set_some("description", own.get("DISTRIB_DESCRIPTION"));
        lsb.set_some("codename", own.get("DISTRIB_CODENAME"));
    } else if has_program && general.get("ID").is_some_and(|id| id == "debian") {
        release = general.get("VERSION_ID").cloned();
        lsb.set("id", "Debian");
        lsb.set_some("release", release.as_ref());
        lsb.set_some("description", general.get("PRETTY_NAME"));
        lsb.set_some("codename", general.get("VERSION_CODENAME"));
    } else if has_program {
        for line in reader.ask(&["lsb_release", "-a"]).unwrap_or_default().lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim().trim_matches(['"', '\'', '\\']);
            match name {
                "Distributor ID" => lsb.set("id", value),
                "Description" => lsb.set("description", value),
                "Codename" => lsb.set("codename", value),
                "Release" => {
                    release = Some(value.to_owned());
                    lsb.set("release", value);
                }
                _ => {}
            }
        }
    }
    lsb.set_some("major_release", release.as_deref().and_then(|release| release.split('.').next()));
    Facts::new().with("lsb", lsb)
}
