use std::path::PathBuf;

use diag::Result;
use value::Value;

use crate::role::InstalledRole;
use crate::server::RoleRecord;
use crate::servers::Servers;

/// What there is to know about a role: from where it is installed, and from a server if it is on one and one may be asked.
///
/// # Errors
/// What is installed can't be read.
pub fn info(name: &str, paths: &[PathBuf], servers: Option<&Servers>) -> Result<String> {
    let mut lines: Vec<(String, Value)> = Vec::new();
    let found = paths.iter().find_map(|path| InstalledRole::read(name, &path.join(name)));
    if let Some(role) = &found {
        if let Some(metadata) = role.metadata()?
            && let Some(map) = metadata.to_value().as_map()
        {
            lines.extend(map.iter().map(|(key, value)| (shown(key), value.clone())));
        }
        lines.push(("install_date".into(), Value::from(role.date.clone().unwrap_or_default().as_str())));
        lines.push((
            "installed_version".into(),
            Value::from(role.version.clone().unwrap_or_default().as_str()),
        ));
    }
    let mut known = found.is_some();
    if let (Some(servers), Some((user, short))) = (servers, name.split_once('.')) {
        for server in servers.iter() {
            let Ok(Some(RoleRecord { data, .. })) = server.role(user, short) else { continue };
            known = true;
            for (key, value) in data.as_object().into_iter().flatten() {
                if let Ok(value) = serde_json::from_value::<Value>(value.clone()) {
                    lines.push((key.clone(), value));
                }
            }
            break;
        }
    }
    if !known {
        return Ok(format!("- the role {name} was not found\n"));
    }
    // What stands outside counts more than what stands in `galaxy_info`.
    if !lines.iter().any(|(key, _)| key == "description") {
        let inner = lines.iter().find(|(key, _)| key == "galaxy_info");
        let inner = inner.and_then(|(_, value)| value.get("description").cloned());
        lines.push(("description".into(), inner.unwrap_or_else(|| Value::from(""))));
    }
    let quoted: Vec<String> = paths.iter().map(|path| format!("'{}'", path.display())).collect();
    lines.push(("path".into(), Value::from(format!("({})", quoted.join(", ")).as_str())));
    lines.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut text = format!("\nRole: {name}\n");
    if let Some((_, description)) = lines.iter().find(|(key, _)| key == "description") {
        text.push_str(&format!("\tdescription: {}\n", shown(description)));
    }
    for (key, value) in lines.iter().filter(|(key, _)| key != "description") {
        match value.as_map() {
            Some(map) => {
                text.push_str(&format!("\t{key}:\n"));
                let mut inner: Vec<(String, String)> =
                    map.iter().map(|(key, value)| (shown(key), shown(value))).collect();
                inner.sort();
                for (key, value) in inner.iter().filter(|(key, _)| key != "description") {
                    text.push_str(&format!("\t\t{key}: {value}\n"));
                }
            }
            None => text.push_str(&format!("\t{key}: {}\n", shown(value))),
        }
    }
    Ok(text)
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.repr(), str::to_owned)
}
