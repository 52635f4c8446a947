use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use module::Manual;

use crate::Action;
use crate::plain_module::PlainModule;
use crate::{
    add_host, assemble, assert, copy, debug, debug_expressions, fail, fetch, gather_facts, group_by,
    include_vars, package, pause, pip, raw, reboot, script, service, set_fact, set_stats, template,
    unarchive, uri, validate_argument_spec, wait_for_connection,
};

/// What is no module: one line each.
fn actions() -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(add_host::AddHostAction),
        Arc::new(assert::AssertAction),
        Arc::new(debug::DebugAction),
        Arc::new(debug_expressions::DebugExpressionsAction),
        Arc::new(fail::FailAction),
        Arc::new(gather_facts::GatherFactsAction),
        Arc::new(group_by::GroupByAction),
        Arc::new(include_vars::IncludeVarsAction),
        Arc::new(pause::PauseAction),
        Arc::new(raw::RawAction),
        Arc::new(reboot::RebootAction),
        Arc::new(set_fact::SetFactAction),
        Arc::new(set_stats::SetStatsAction),
        Arc::new(template::TemplateAction),
        Arc::new(validate_argument_spec::ValidateArgumentSpecAction),
        Arc::new(wait_for_connection::WaitForConnectionAction),
    ]
}

/// The controller's half of a module, if it has one: one line each. The manual is the module's.
fn half(manual: Manual) -> Arc<dyn Action> {
    match manual.name {
        "assemble" => Arc::new(assemble::AssembleAction(manual)),
        "copy" => Arc::new(copy::CopyAction(manual)),
        "fetch" => Arc::new(fetch::FetchAction(manual)),
        "package" => Arc::new(PlainModule::completed(manual, package::name_manager)),
        "pip" => Arc::new(PlainModule::completed(manual, pip::name_python)),
        "script" => Arc::new(script::ScriptAction(manual)),
        "service" => Arc::new(service::ServiceAction(manual)),
        "unarchive" => Arc::new(unarchive::UnarchiveAction(manual)),
        "uri" => Arc::new(uri::UriAction(manual)),
        _ => Arc::new(PlainModule::new(manual)),
    }
}

/// An action or module by its canonical name.
pub struct Kind {
    /// Its documentation and schema.
    pub manual: Manual,
    /// What carries it out.
    pub action: Arc<dyn Action>,
}

static KINDS: LazyLock<BTreeMap<&'static str, Kind>> = LazyLock::new(|| {
    let modules = modules::manuals().into_iter().map(half);
    modules
        .chain(actions())
        .map(|action| {
            let manual = action.manual();
            (manual.name, Kind { manual, action })
        })
        .collect()
});

/// What carries out the action or module of this canonical name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.get(name)
}

static PROGRAM: LazyLock<Kind> = LazyLock::new(|| {
    let action: Arc<dyn Action> = Arc::new(crate::program::ProgramAction);
    Kind { manual: action.manual(), action }
});

/// What carries out a module of the user's own.
pub fn program() -> &'static Kind {
    &PROGRAM
}

/// The manuals of everything that tasks can do, by name.
pub fn manuals() -> impl Iterator<Item = &'static Manual> {
    KINDS.values().map(|kind| &kind.manual)
}
