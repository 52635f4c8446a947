//! The pages of the book that are made from the code are up to date. Stale ones are written anew, and the test then fails, so
//! that running it again is all there is to do. Links lead somewhere, and examples are YAML.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use module::{Argument, Manual};
use playbook::{KEYWORDS, Place};

const NOTE: &str = "<!-- Made from the code by `cargo xtask docs`. -->\n\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn docs() -> PathBuf {
    root().join("docs")
}

/// The pages below `docs/` that are made from the code.
fn generated() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    for manual in actions::manuals() {
        pages.insert(format!("modules/{}.md", manual.name).into(), page(manual));
    }
    pages.insert("modules.md".into(), overview());
    pages.insert("keywords.md".into(), keywords());
    pages.insert("SUMMARY.md".into(), summary());
    pages
}

fn page(manual: &Manual) -> String {
    let mut page = format!("{NOTE}# {}\n\n{}\n", manual.name, manual.description.trim());
    let arguments = manual.arguments();
    if !arguments.is_empty() {
        page += "\n## Arguments\n\n| argument | is | meaning |\n|---|---|---|\n";
        for argument in &arguments {
            let name = if argument.required {
                format!("**`{}`**", argument.name)
            } else {
                format!("`{}`", argument.name)
            };
            writeln!(page, "| {name} | {} | {} |", cell(&kind(argument)), cell(&meaning(argument))).unwrap();
        }
        if arguments.iter().any(|argument| argument.required) {
            page += "\nArguments in bold must be given.\n";
        }
    }
    if manual.schema.is_open() {
        page += "\nFurther arguments may have any name.\n";
    }
    let examples = manual.examples.trim();
    if !examples.is_empty() {
        write!(page, "\n## Examples\n\n```yaml\n{examples}\n```\n").unwrap();
    }
    page
}

fn kind(argument: &Argument) -> String {
    match argument.choices.as_slice() {
        [] => argument.kind.clone(),
        choices => format!("`{}`", choices.join("`, `")),
    }
}

fn meaning(argument: &Argument) -> String {
    let mut meaning = argument.description.clone();
    if let Some(default) = &argument.default {
        write!(meaning, " Default: `{default}`.").unwrap();
    }
    if !argument.aliases.is_empty() {
        write!(meaning, " Also written as `{}`.", argument.aliases.join("`, `")).unwrap();
    }
    meaning
}

/// Text for one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn overview() -> String {
    let mut page = format!(
        "{NOTE}# Modules\n\nWhat a task can do. Names may be written in full, as in `ansible.builtin.copy`.\n\n"
    );
    page += "| module | |\n|---|---|\n";
    for manual in actions::manuals() {
        let summary = cell(manual.description.split("\n\n").next().unwrap_or_default());
        writeln!(page, "| [{0}](modules/{0}.md) | {summary} |", manual.name).unwrap();
    }
    page + "\n`meta`, `import_tasks`, `include_tasks`, `import_role`, `include_role` and `import_playbook` belong to the language and \
            are carried out by the controller itself.\n"
}

/// The keywords, and where they may be written.
fn keywords() -> String {
    const COLUMNS: [(&str, Place); 6] = [
        ("play", Place::Play),
        ("role", Place::RoleEntry),
        ("block", Place::Block),
        ("task", Place::Task),
        ("handler", Place::Handler),
        ("include", Place::Include),
    ];
    let mut page = format!(
        "{NOTE}# Keywords\n\nWhat may be written where. They mean what they mean in Ansible.\n\n| keyword |"
    );
    COLUMNS.iter().for_each(|(name, _)| write!(page, " {name} |").unwrap());
    write!(page, "\n|---|{}\n", "---|".repeat(COLUMNS.len())).unwrap();
    for keyword in KEYWORDS {
        write!(page, "| `{}` |", keyword.name).unwrap();
        for (_, place) in COLUMNS {
            let word = if keyword.places.contains(&place) { "yes" } else { "" };
            write!(page, " {word} |").unwrap();
        }
        page.push('\n');
    }
    page + "\nTasks have `with_NAME` for each lookup besides, and the module's name. Keywords of an include that are not in the last column go \
            under its `apply`.\n"
}

/// The table of contents: written by hand, but for the list of modules.
fn summary() -> String {
    let text = std::fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let mut summary = String::new();
    for line in text.lines().filter(|line| !line.contains("](modules/")) {
        writeln!(summary, "{line}").unwrap();
        if line.ends_with("](modules.md)") {
            for manual in actions::manuals() {
                writeln!(summary, "  - [{0}](modules/{0}.md)", manual.name).unwrap();
            }
        }
    }
    summary
}

/// All pages of the book that there are, as they are.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut folders = vec![docs()];
    let mut pages = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                pages.insert(path.strip_prefix(docs()).unwrap().to_owned(), text);
            }
        }
    }
    pages
}

#[test]
fn generated_pages_are_up_to_date() {
    let generated = generated();
    let there = pages();
    let mut stale = Vec::new();
    for (path, text) in &generated {
        if there.get(path) != Some(text) {
            let file = docs().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
            stale.push(path);
        }
    }
    for path in there.keys().filter(|path| path.starts_with("modules") && !generated.contains_key(*path)) {
        std::fs::remove_file(docs().join(path)).unwrap();
        stale.push(path);
    }
    assert!(stale.is_empty(), "these pages were stale, and have been written anew: {stale:?}");
}

/// What stands in `](...)` of a page, without anchors.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(|target| target.split('#').next().unwrap_or_default()).filter(|target| !target.is_empty())
}

/// All that people read, by file.
fn texts() -> Vec<(PathBuf, String)> {
    let pages = pages().into_iter().map(|(path, text)| (docs().join(path), text));
    let others = ["README.md", "CHANGELOG.md"].map(|name| root().join(name));
    pages.chain(others.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for (path, text) in &texts() {
        for link in links(&prose(text)).filter(|link| !link.contains("://")) {
            if !path.parent().unwrap().join(link).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert_eq!(broken, [] as [String; 0]);
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let pages = pages();
    let listed: BTreeSet<PathBuf> = links(&pages[Path::new("SUMMARY.md")]).map(PathBuf::from).collect();
    let mut there: BTreeSet<PathBuf> = pages.into_keys().collect();
    there.remove(Path::new("SUMMARY.md"));
    assert_eq!(listed, there);
}

/// A text without its code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The blocks of code in a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let code = text.split("```").skip(1).step_by(2);
    code.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn examples_are_yaml() {
    let mut count = 0;
    for (path, text) in texts() {
        for block in blocks(&text, "yaml") {
            count += 1;
            let source = diag::Source::new(path.display().to_string(), block);
            if let Err(error) = yaml::parse(&source) {
                panic!("{}: {}\n{block}", path.display(), error.render(diag::Style::Plain));
            }
        }
    }
    assert!(count > 30, "there are only {count} examples");
}

/// What a command says about itself.
fn help(words: &[&str]) -> String {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("capstan");
    assert!(program.is_file(), "{} is missing; build it first: cargo xtask test", program.display());
    let output = Command::new(program).args(words).arg("--help").output().unwrap();
    assert!(output.status.success(), "capstan {words:?} --help: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn commands_and_their_options_exist() {
    let tasks = std::fs::read_to_string(root().join("xtask/src/main.rs")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in texts() {
        for line in blocks(&text, "console")
            .iter()
            .flat_map(|block| block.lines())
            .flat_map(|line| line.split(" && "))
        {
            let words: Vec<&str> = line.trim_start_matches("$ ").split_whitespace().collect();
            let missing: Vec<&str> = match words.as_slice() {
                ["cargo", "xtask", task, ..] => {
                    let listed = tasks.contains(&format!("(\"{task}\", "));
                    if listed { vec![] } else { vec![*task] }
                }
                ["capstan", "galaxy", kind @ ("collection" | "role"), command, rest @ ..] => {
                    missing_options(&help(&["galaxy", kind, command]), rest)
                }
                ["capstan", group @ ("lab" | "vault" | "config" | "galaxy"), command, rest @ ..] => {
                    missing_options(&help(&[group, command]), rest)
                }
                ["capstan", command, rest @ ..] => missing_options(&help(&[command]), rest),
                _ => continue,
            };
            count += 1;
            wrong.extend(missing.iter().map(|word| format!("{}: '{word}' in: {line}", path.display())));
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    assert!(count > 10, "there are only {count} commands");
}

/// The options among these words that a help text does not have.
fn missing_options<'a>(help: &str, words: &[&'a str]) -> Vec<&'a str> {
    let known: BTreeSet<&str> =
        help.split(|letter: char| letter.is_whitespace() || ",[]<>".contains(letter)).collect();
    words.iter().copied().filter(|word| word.starts_with('-') && !known.contains(word)).collect()
}
