use value::Map;

/// What an action changes on the controller. The engine carries it out.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Sets variables of the host for the rest of the run.
    SetFacts {
        /// The variables.
        facts: Map,
        /// Whether they also become facts, which a fact cache keeps.
        cacheable: bool,
    },
    /// Sets variables of the host as `include_vars` does, below `set_fact` in precedence.
    IncludeVars(Map),
    /// Adds a host to the inventory.
    AddHost {
        /// Its name.
        name: String,
        /// The groups that it belongs to.
        groups: Vec<String>,
        /// Its variables.
        variables: Map,
    },
    /// Puts the host into a group.
    GroupBy {
        /// The group.
        group: String,
        /// The groups that the group belongs to.
        parents: Vec<String>,
    },
}
