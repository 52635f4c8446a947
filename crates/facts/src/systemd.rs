use crate::facts::Facts;
use crate::reader::Reader;
use crate::service_manager::is_systemd;

/// Which systemd runs, and what it was built with.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    if !is_systemd(reader) {
        return Facts::new();
    }
    let answer = reader.ask(&["systemctl", "--version"]).unwrap_or_default();
    let mut lines = answer.lines();
    let version = lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse::<i64>().ok());
    match (version, lines.next()) {
        (Some(version), Some(features)) => {
            Facts::new().with("systemd", Facts::new().with("version", version).with("features", features))
        }
        _ => Facts::new(),
    }
}
