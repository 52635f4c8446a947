use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::{Backend, Command, Kind, Result, State, System};

/// A systemd unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name, with its suffix: `ssh.service`.
    pub name: String,
    /// Whether systemd finds it.
    pub exists: bool,
    /// Whether it runs: systemd's active or activating.
    pub active: bool,
    /// Whether it starts by itself.
    pub enablement: Enablement,
    /// All that systemd tells of it; empty where a dry run only predicts it.
    #[serde(skip)]
    pub properties: BTreeMap<String, String>,
}

/// Whether a unit starts by itself; systemd's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enablement {
    /// It does.
    Enabled,
    /// It does not.
    Disabled,
    /// It can't; others may pull it in.
    Static,
    /// It can't be started at all.
    Masked,
    /// Something else: generated, indirect, transient, alias.
    Other,
}

/// The folders that hold units.
pub(crate) const UNIT_DIRECTORIES: [&str; 4] =
    ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

impl State for Unit {
    const KIND: &'static str = "unit";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<Unit> {
        let output = host.query(&Command::new(["systemctl", "show", "--no-pager", name]))?.checked("can't ask systemd")?;
        let mut properties: BTreeMap<String, String> = BTreeMap::new();
        for line in output.stdout().lines() {
            if let Some((key, value)) = line.split_once('=') {
                properties.insert(key.into(), value.into());
            }
        }
        let property = |key: &str| properties.get(key).map_or("", String::as_str);
        let masked = property("LoadState") == "masked";
        let unit = Unit {
            name: name.into(),
            exists: masked || !matches!(property("LoadState"), "not-found" | ""),
            active: matches!(property("ActiveState"), "active" | "activating" | "reloading"),
            enablement: match property("UnitFileState") {
                _ if masked => Enablement::Masked,
                "enabled" | "enabled-runtime" | "linked" | "linked-runtime" => Enablement::Enabled,
                "disabled" => Enablement::Disabled,
                "static" => Enablement::Static,
                "masked" | "masked-runtime" => Enablement::Masked,
                _ => Enablement::Other,
            },
            properties,
        };
        if unit.exists {
            return Ok(unit);
        }
        Ok(predicted(host, name)?.unwrap_or(unit))
    }

    fn absent(name: &str) -> Unit {
        Unit { name: name.into(), exists: false, active: false, enablement: Enablement::Disabled, properties: BTreeMap::new() }
    }

    fn is_absent(&self) -> bool {
        !self.exists
    }

    fn bring_about(host: &mut dyn Backend, now: &Unit, want: &Unit) -> Result<()> {
        let mut systemctl = |verb: &str| -> Result<()> {
            let command = Command::new(["systemctl", verb, &want.name]);
            let output = host.run(&command).map_err(|error| Error::failed(format!("can't run systemctl: {error}")))?;
            output.checked(&format!("can't {verb} {}", want.name)).map(drop)
        };
        if now.enablement == Enablement::Masked && want.enablement != Enablement::Masked {
            systemctl("unmask")?;
        }
        if now.active && !want.active {
            systemctl("stop")?;
        }
        if now.enablement != want.enablement {
            match want.enablement {
                Enablement::Enabled => systemctl("enable")?,
                Enablement::Disabled if now.enablement != Enablement::Masked => systemctl("disable")?,
                Enablement::Masked => systemctl("mask")?,
                _ => {}
            }
        }
        if !now.active && want.active {
            systemctl("start")?;
        }
        Ok(())
    }
}

/// A unit that systemd does not know yet: a file that an earlier task of a dry run puts there, or one that a predicted
/// package brings, which by Debian's policy is enabled and started when it is installed.
fn predicted(host: &mut System, name: &str) -> Result<Option<Unit>> {
    let brought = host.expected_packages().iter().any(|package| package.brings_named(&UNIT_DIRECTORIES, name));
    if brought {
        return Ok(Some(Unit { exists: true, active: true, enablement: Enablement::Enabled, ..Unit::absent(name) }));
    }
    for directory in UNIT_DIRECTORIES {
        let path = Path::new(directory).join(name);
        let Some(inode) = host.follow(&path)? else { continue };
        if matches!(inode.kind, Kind::File(_)) {
            let text = host.read_text_if_any(&path)?.unwrap_or_default();
            let enablement = if text.contains("[Install]") { Enablement::Disabled } else { Enablement::Static };
            return Ok(Some(Unit { exists: true, active: false, enablement, ..Unit::absent(name) }));
        }
    }
    Ok(None)
}
