use system::{Inode, Kind, Result, System};

use crate::{Mode, Outcome};

/// The keys that results of file modules carry: `uid`, `gid`, `owner`, `group`, `mode`, `state`, `size`.
pub fn inode_result(host: &mut System, outcome: Outcome, inode: &Inode) -> Result<Outcome> {
    let outcome = outcome.with("state", inode.state());
    if inode.is_absent() {
        return Ok(outcome);
    }
    let umask = host.identity().umask;
    let size = host.stat(&inode.path).ok().and_then(|stat| stat.metadata).map(|metadata| metadata.size);
    let size = match (&inode.kind, size) {
        (Kind::File(system::Content::Bytes(bytes)), _) => Some(bytes.len() as u64),
        (_, size) => size,
    };
    Ok(outcome
        .with("uid", inode.owner)
        .with("gid", inode.group)
        .with("owner", host.user_name(inode.owner))
        .with("group", host.group_name(inode.group))
        .with("mode", format!("{:04o}", inode.effective_permissions(umask)))
        .with_some("size", size))
}

/// The inode with owner, group and permissions as arguments say; what is not given stays as it is.
///
/// # Errors
/// There is no such user or group.
pub fn attributes(
    host: &mut System,
    mut inode: Inode,
    owner: Option<&str>,
    group: Option<&str>,
    mode: Option<&Mode>,
) -> Result<Inode> {
    if let Some(owner) = owner {
        inode.owner = host.uid_of(owner)?;
    }
    if let Some(group) = group {
        inode.group = host.gid_of(group)?;
    }
    if let Some(mode) = mode.filter(|mode| !mode.is_preserve()) {
        let umask = host.identity().umask;
        inode.permissions =
            Some(mode.apply(inode.effective_permissions(umask), inode.is_directory(), umask)?);
    }
    Ok(inode)
}
