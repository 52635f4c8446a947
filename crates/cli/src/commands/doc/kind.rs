/// What a manual is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Become,
    Cache,
    Callback,
    Connection,
    Filter,
    Inventory,
    Keyword,
    Lookup,
    Module,
    Role,
    Shell,
    Strategy,
    Test,
    Vars,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Kind; 14] = [
        Kind::Become,
        Kind::Cache,
        Kind::Callback,
        Kind::Connection,
        Kind::Filter,
        Kind::Inventory,
        Kind::Keyword,
        Kind::Lookup,
        Kind::Module,
        Kind::Role,
        Kind::Shell,
        Kind::Strategy,
        Kind::Test,
        Kind::Vars,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Become => "become",
            Kind::Cache => "cache",
            Kind::Callback => "callback",
            Kind::Connection => "connection",
            Kind::Filter => "filter",
            Kind::Inventory => "inventory",
            Kind::Keyword => "keyword",
            Kind::Lookup => "lookup",
            Kind::Module => "module",
            Kind::Role => "role",
            Kind::Shell => "shell",
            Kind::Strategy => "strategy",
            Kind::Test => "test",
            Kind::Vars => "vars",
        }
    }

    /// The folder of such files in the `plugins` of a collection.
    pub(crate) fn folder(self) -> &'static str {
        if self == Kind::Module { "modules" } else { self.name() }
    }

    /// The folder of such files beside a playbook.
    pub(crate) fn folder_beside(self) -> String {
        if self == Kind::Module { "library".into() } else { format!("{}_plugins", self.name()) }
    }
}

impl clap::ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Kind] {
        &Kind::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}
