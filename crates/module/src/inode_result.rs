use std::path::Path;

use system::{Error, Inode, Kind, Result, System};

use value::Value;

use crate::{Mode, Outcome};

/// The keys that results of file modules carry: `uid`, `gid`, `owner`, `group`, `mode`, `state`, `size`.
pub fn inode_result(host: &mut System, outcome: Outcome, inode: &Inode) -> Result<Outcome> {
    if inode.is_absent() {
        return Ok(outcome.with("state", inode.state()));
    }
    let umask = host.identity().umask;
    let metadata = host.stat(&inode.path).ok().and_then(|stat| stat.metadata);
    let several = inode.is_file() && metadata.as_ref().is_some_and(|metadata| metadata.links > 1);
    let outcome = outcome.with("state", if several { "hard" } else { inode.state() });
    let size = metadata.map(|metadata| metadata.size);
    let size = match (&inode.kind, size) {
        (Kind::File(system::Content::Bytes(bytes)), _) => Some(bytes.len() as u64),
        (_, size) => size,
    };
    Ok(outcome
        .with("uid", inode.owner)
        .with("gid", inode.group)
        .with("owner", host.user_name(inode.owner))
        .with("group", host.group_name(inode.group))
        .with("mode", format!("0{:03o}", inode.effective_permissions(umask)))
        .with_some("size", size))
}

/// A failure that tells of the path it is about, as results of file modules do.
pub fn inode_failure(host: &mut System, error: Error, path: &Path) -> Error {
    let error = error.with("path", path.to_string_lossy().as_ref());
    let Ok(inode) = host.inode(path) else { return error };
    if inode.is_absent() {
        return error;
    }
    match inode_result(host, Outcome::new(), &inode).map(Outcome::into_value) {
        Ok(Value::Map(map)) => map
            .iter()
            .fold(error, |error, (key, value)| error.with(key.as_str().unwrap_or_default(), value.clone())),
        _ => error,
    }
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
        // Playbooks look for these words.
        inode.owner = host.uid_of(owner).map_err(|error| error.context("chown failed"))?;
    }
    if let Some(group) = group {
        inode.group = host.gid_of(group).map_err(|error| error.context("chgrp failed"))?;
    }
    if let Some(mode) = mode.filter(|mode| !mode.is_preserve()) {
        let umask = host.identity().umask;
        inode.permissions =
            Some(mode.apply(inode.effective_permissions(umask), inode.is_directory(), umask)?);
    }
    Ok(inode)
}
