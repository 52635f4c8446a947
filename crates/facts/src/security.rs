use crate::facts::Facts;
use crate::os_release;
use crate::reader::Reader;

/// Whether SELinux is in force, by the kernel and by its configuration.
pub(crate) fn selinux(reader: &mut Reader) -> Facts {
    let mode = reader.number::<i32>("/sys/fs/selinux/enforce");
    let selinux = match mode {
        None => Facts::new().with("status", "disabled"),
        Some(mode) => {
            let configuration = os_release::parse(&reader.text("/etc/selinux/config").unwrap_or_default());
            let configured = |name: &str| configuration.get(name).map_or("unknown", String::as_str);
            Facts::new()
                .with("status", "enabled")
                .with(
                    "policyvers",
                    reader
                        .number::<i64>("/sys/fs/selinux/policyvers")
                        .map_or("unknown".into(), value::Value::from),
                )
                .with("config_mode", configured("SELINUX").to_lowercase())
                .with("mode", if mode == 1 { "enforcing" } else { "permissive" })
                .with("type", configured("SELINUXTYPE"))
        }
    };
    // Playbooks install Python's library where it is missing; nothing needs it here.
    Facts::new().with("selinux", selinux).with("selinux_python_present", true)
}

/// Whether the kernel has AppArmor.
pub(crate) fn apparmor(reader: &mut Reader) -> Facts {
    let status = if reader.exists("/sys/kernel/security/apparmor") { "enabled" } else { "disabled" };
    Facts::new().with("apparmor", Facts::new().with("status", status))
}

/// Whether the kernel keeps to the cryptography that FIPS 140 allows.
pub(crate) fn fips(reader: &mut Reader) -> Facts {
    let enabled = reader.text("/proc/sys/crypto/fips_enabled").is_some_and(|text| text == "1");
    Facts::new().with("fips", enabled)
}
