use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use value::{DateTime, Value};

/// The variables that a template file sees about itself.
pub fn file_variables(path: &Path, metadata: &Metadata) -> BTreeMap<&'static str, Value> {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut variables = BTreeMap::from([
        ("template_host", rustix::system::uname().nodename().to_string_lossy().into_owned().into()),
        ("template_path", path.to_string_lossy().into_owned().into()),
        ("template_fullpath", full.to_string_lossy().into_owned().into()),
        ("template_uid", owner(metadata.uid())),
        ("template_run_date", time(&Zoned::now())),
    ]);
    if let Some(modified) = metadata.modified().ok().and_then(|modified| Timestamp::try_from(modified).ok()) {
        variables.insert("template_mtime", time(&modified.to_zoned(TimeZone::system())));
    }
    variables
}

fn time(time: &Zoned) -> Value {
    Value::DateTime(DateTime { civil: time.datetime(), offset: None }.into())
}

/// A user of the controller by name, else by number.
fn owner(uid: u32) -> Value {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| Value::from(name))
    });
    name.unwrap_or(Value::Int(uid.into()))
}
