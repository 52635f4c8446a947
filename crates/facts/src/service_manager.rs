use crate::distribution::Distribution;
use crate::facts::Facts;
use crate::reader::Reader;

/// What starts and stops services.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let manager = first_process(reader).unwrap_or_else(|| by_traces(reader).to_owned());
    Facts::new().with("service_mgr", manager)
}

/// The first process, unless it has a name that tells nothing: any `init` may be called so, and a container may have a
/// shell in its place.
fn first_process(reader: &mut Reader) -> Option<String> {
    let name = reader.text("/proc/1/comm").or_else(|| reader.link_name("/sbin/init"))?;
    let name = name.rsplit('/').next()?.to_owned();
    if name == "init" || name.ends_with("sh") {
        return None;
    }
    let known =
        [("procd", "openwrt_init"), ("runit-init", "runit"), ("svscan", "svc"), ("openrc-init", "openrc")];
    let found = known.iter().find(|(process, _)| *process == name);
    Some(found.map_or(name, |(_, manager)| (*manager).to_owned()))
}

fn by_traces(reader: &mut Reader) -> &'static str {
    match Distribution::find(reader).name.as_str() {
        "OpenWrt" => return "openwrt_init",
        "SMGL" => return "simpleinit_msb",
        _ => {}
    }
    if is_systemd(reader) {
        "systemd"
    } else if reader.has_program("initctl") && reader.exists("/etc/init") {
        "upstart"
    } else if reader.exists("/sbin/openrc") {
        "openrc"
    } else if reader.has_program("systemctl")
        && reader.link_name("/sbin/init").is_some_and(|name| name == "systemd")
    {
        "systemd"
    } else if reader.exists("/etc/init.d") {
        "sysvinit"
    } else if reader.exists("/etc/dinit.d") {
        "dinit"
    } else {
        "service"
    }
}

/// Whether systemd runs, as sd_booted(3) finds out.
pub(crate) fn is_systemd(reader: &mut Reader) -> bool {
    let running =
        ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"].iter().any(|path| reader.exists(path));
    running && reader.has_program("systemctl")
}
