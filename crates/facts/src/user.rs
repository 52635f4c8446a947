use system::User;

use crate::facts::Facts;
use crate::reader::Reader;

/// The user that tasks run as.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let identity = reader.host.identity();
    let mut real = |key: &str, effective: u32| {
        let ids = reader.field("/proc/self/status", key);
        ids.and_then(|ids| ids.split_whitespace().next()?.parse().ok()).unwrap_or(effective)
    };
    let (uid, gid) = (real("Uid", identity.uid), real("Gid", identity.gid));
    let mut facts = Facts::new()
        .with("real_user_id", uid)
        .with("effective_user_id", identity.uid)
        .with("real_group_id", gid)
        .with("effective_group_id", identity.gid);
    let name = reader.host.user_name(identity.uid);
    if let Ok(user) = reader.host.observe::<User>(&name) {
        facts.set("user_uid", user.uid.unwrap_or(identity.uid));
        facts.set("user_gid", if user.uid.is_some() { user.gid } else { identity.gid });
        facts.set("user_gecos", user.comment);
        facts.set("user_dir", user.home);
        facts.set("user_shell", user.shell);
    }
    facts.with("user_id", name)
}
