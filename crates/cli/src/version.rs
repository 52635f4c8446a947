use crate::config::{self, Config};

/// What `--version` says under Ansible's names, without the program's name: the version of the language that is
/// understood in brackets, as scripts look for it there, then where things are looked for.
pub(crate) fn text() -> String {
    let config = Config::load().unwrap_or_default();
    let (major, minor, revision) = engine::LANGUAGE_VERSION;
    let file = config.file.as_ref().map_or_else(|| "None".into(), |file| file.display().to_string());
    let collections = config.search_path(&config::COLLECTIONS_PATH);
    let collections: Vec<String> = collections.iter().map(|path| path.display().to_string()).collect();
    let program = std::env::args().next().unwrap_or_default();
    let modules: Vec<String> =
        config.search_path(&config::LIBRARY).iter().map(|path| format!("'{}'", path.display())).collect();
    format!(
        "[core {major}.{minor}.{revision}]\n  config file = {file}\n  configured module search path = [{}]\n  ansible collection location = {}\n  \
         executable location = {program}\n  capstan version = {}",
        modules.join(", "),
        collections.join(":"),
        env!("CARGO_PKG_VERSION"),
    )
}
