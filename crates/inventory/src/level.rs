use std::fmt;

/// Where a variable of the inventory was set, lowest precedence first; the numbers are those of Ansible's documented
/// list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 3: a group's variables in an inventory source.
    InventoryGroup,
    /// 4: `group_vars/all` beside the inventory.
    InventoryGroupVarsAll,
    /// 5: `group_vars/all` beside the playbook.
    PlaybookGroupVarsAll,
    /// 6: `group_vars/NAME` beside the inventory.
    InventoryGroupVars,
    /// 7: `group_vars/NAME` beside the playbook.
    PlaybookGroupVars,
    /// 8: a host's variables in an inventory source.
    InventoryHost,
    /// 9: `host_vars/NAME` beside the inventory.
    InventoryHostVars,
    /// 10: `host_vars/NAME` beside the playbook.
    PlaybookHostVars,
}

impl Level {
    /// The number in Ansible's list of precedence.
    pub fn number(self) -> u8 {
        self as u8 + 3
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Level::InventoryGroup => "group variables of the inventory",
            Level::InventoryGroupVarsAll => "group_vars/all beside the inventory",
            Level::PlaybookGroupVarsAll => "group_vars/all beside the playbook",
            Level::InventoryGroupVars => "group_vars beside the inventory",
            Level::PlaybookGroupVars => "group_vars beside the playbook",
            Level::InventoryHost => "host variables of the inventory",
            Level::InventoryHostVars => "host_vars beside the inventory",
            Level::PlaybookHostVars => "host_vars beside the playbook",
        })
    }
}
