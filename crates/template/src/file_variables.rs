use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use value::{DateTime, Value};

use crate::account_names::{USERS, account_name};

/// The variables that a template file sees about itself.
pub fn file_variables(path: &Path, metadata: &Metadata) -> BTreeMap<&'static str, Value> {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut variables = BTreeMap::from([
        ("template_host", rustix::system::uname().nodename().to_string_lossy().into_owned().into()),
        ("template_path", path.to_string_lossy().into_owned().into()),
        ("template_fullpath", full.to_string_lossy().into_owned().into()),
        ("template_uid", account_name(USERS, metadata.uid())),
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
