/// What a `meta` task tells the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meta {
    /// Nothing.
    Noop,
    /// Run the notified handlers now.
    FlushHandlers,
    /// Read the inventory again.
    RefreshInventory,
    /// Forget the gathered facts of the play's hosts.
    ClearFacts,
    /// Take failed and unreachable hosts back.
    ClearHostErrors,
    /// End the play for this host, without failing it.
    EndHost,
    /// End the play.
    EndPlay,
    /// End the batch of hosts.
    EndBatch,
    /// End the role for this host.
    EndRole,
    /// Close the connection, so that the next task opens a new one.
    ResetConnection,
    /// The end of a role; never written, always [implicit](crate::Task::implicit).
    RoleComplete,
}

impl Meta {
    /// All that can be written.
    pub const WRITTEN: [Meta; 10] = [
        Meta::Noop,
        Meta::FlushHandlers,
        Meta::RefreshInventory,
        Meta::ClearFacts,
        Meta::ClearHostErrors,
        Meta::EndHost,
        Meta::EndPlay,
        Meta::EndBatch,
        Meta::EndRole,
        Meta::ResetConnection,
    ];

    /// The name in a playbook.
    pub fn name(self) -> &'static str {
        match self {
            Meta::Noop => "noop",
            Meta::FlushHandlers => "flush_handlers",
            Meta::RefreshInventory => "refresh_inventory",
            Meta::ClearFacts => "clear_facts",
            Meta::ClearHostErrors => "clear_host_errors",
            Meta::EndHost => "end_host",
            Meta::EndPlay => "end_play",
            Meta::EndBatch => "end_batch",
            Meta::EndRole => "end_role",
            Meta::ResetConnection => "reset_connection",
            Meta::RoleComplete => "role_complete",
        }
    }

    /// The one with this name, if it can be written.
    pub fn named(name: &str) -> Option<Meta> {
        Meta::WRITTEN.into_iter().find(|meta| meta.name() == name)
    }
}
