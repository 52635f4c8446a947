//! The tests, as in `x is defined`: those of Jinja and those of Ansible.

mod collections;
mod comparisons;
mod files;
mod protomatter;
mod results;
mod texts;
mod types;

use value::Value;

use crate::arguments::Arguments;
use crate::filters::{Reads, Run, short_name};
use crate::outcome::Outcome;

/// A test.
#[derive(Debug)]
pub(crate) struct JinjaTest {
    pub(crate) name: &'static str,
    pub(crate) reads: Reads,
    /// What it does; the first positional argument is the value. It gives true or false.
    pub(crate) run: Run,
}

const fn any(name: &'static str, run: Run) -> JinjaTest {
    JinjaTest { name, reads: Reads::Anything, run }
}

const fn items(name: &'static str, run: Run) -> JinjaTest {
    JinjaTest { name, reads: Reads::Items, run }
}

const fn made(name: &'static str, run: Run) -> JinjaTest {
    JinjaTest { name, reads: Reads::Everything, run }
}

const fn vaults(name: &'static str, run: Run) -> JinjaTest {
    JinjaTest { name, reads: Reads::Vaults, run }
}

/// All tests.
pub(crate) const TESTS: &[JinjaTest] = &[
    any("defined", types::defined),
    any("undefined", types::undefined),
    // What it is.
    items("boolean", types::boolean),
    items("callable", types::callable),
    items("escaped", types::escaped),
    items("false", types::is_false),
    items("falsy", types::falsy),
    made("filter", types::filter),
    items("float", types::float),
    items("integer", types::integer),
    made("isnan", types::nan),
    items("iterable", types::iterable),
    items("mapping", types::mapping),
    made("nan", types::nan),
    items("none", types::none),
    items("number", types::number),
    items("sequence", types::sequence),
    items("string", types::string),
    made("test", types::test),
    items("true", types::is_true),
    items("truthy", types::truthy),
    // How it compares.
    made("!=", comparisons::unequal),
    made("<", comparisons::less),
    made("<=", comparisons::less_or_equal),
    made("==", comparisons::equal),
    made(">", comparisons::greater),
    made(">=", comparisons::greater_or_equal),
    made("divisibleby", comparisons::divisibleby),
    made("eq", comparisons::equal),
    made("equalto", comparisons::equal),
    made("even", comparisons::even),
    made("ge", comparisons::greater_or_equal),
    made("greaterthan", comparisons::greater),
    made("gt", comparisons::greater),
    made("in", comparisons::is_in),
    made("le", comparisons::less_or_equal),
    made("lessthan", comparisons::less),
    made("lower", comparisons::lower),
    made("lt", comparisons::less),
    made("ne", comparisons::unequal),
    made("odd", comparisons::odd),
    made("sameas", comparisons::sameas),
    made("upper", comparisons::upper),
    // What is in it.
    made("all", collections::all),
    made("any", collections::any),
    made("contains", collections::contains),
    made("issubset", collections::subset),
    made("issuperset", collections::superset),
    made("subset", collections::subset),
    made("superset", collections::superset),
    // What it looks like.
    made("match", texts::matches),
    made("regex", texts::search),
    made("search", texts::search),
    made("uri", texts::uri),
    made("url", texts::url),
    made("urn", texts::urn),
    vaults("vault_encrypted", texts::vault_encrypted),
    made("version", texts::version),
    made("version_compare", texts::version),
    // What became of a task.
    items("change", results::changed),
    items("changed", results::changed),
    items("failed", results::failed),
    items("failure", results::failed),
    items("finished", results::finished),
    items("reachable", results::reachable),
    items("skip", results::skipped),
    items("skipped", results::skipped),
    items("started", results::started),
    items("succeeded", results::succeeded),
    items("success", results::succeeded),
    items("successful", results::succeeded),
    items("timedout", results::timedout),
    items("unreachable", results::unreachable),
    // What there is on the controller.
    made("abs", files::absolute),
    made("directory", files::directory),
    made("exists", files::exists),
    made("file", files::file),
    made("is_abs", files::absolute),
    made("is_dir", files::directory),
    made("is_file", files::file),
    made("is_link", files::link),
    made("is_mount", files::mount),
    made("is_same_file", files::same_file),
    made("link", files::link),
    made("link_exists", files::link_exists),
    made("mount", files::mount),
    made("same_file", files::same_file),
    made("vaulted_file", files::vaulted),
];

/// The test of a name, which may be a full one such as `ansible.builtin.version`.
pub(crate) fn find(name: &str) -> Option<&'static JinjaTest> {
    let short = short_name(name);
    let own = TESTS.iter().find(|test| test.name == short);
    own.or_else(|| protomatter::TESTS.iter().find(|test| test.name == name))
}

/// The answer of a test.
fn answer(bool: bool) -> Outcome {
    Ok(Value::Bool(bool))
}

/// The value of a test that takes nothing else.
fn only(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["value"])?;
    crate::arguments::required(value, "value")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Jinja 3.1 and ansible.builtin have.
    const WANTED: &str = "boolean callable defined divisibleby eq equalto == escaped even false filter float ge >= gt \
        greaterthan > in integer iterable le <= lower lt lessthan < mapping ne != none number odd sameas sequence string \
        test true undefined upper \
        abs is_abs all any change changed contains directory is_dir file is_file link is_link exists link_exists mount \
        is_mount same_file is_same_file failed failure succeeded success successful falsy truthy finished started isnan \
        nan issubset subset issuperset superset match search regex reachable unreachable skip skipped timedout uri url \
        urn vault_encrypted vaulted_file version version_compare";

    #[test]
    fn every_test_is_there_once() {
        for name in WANTED.split_whitespace() {
            assert!(find(name).is_some(), "{name}");
        }
        for test in TESTS {
            assert_eq!(TESTS.iter().filter(|other| other.name == test.name).count(), 1, "{}", test.name);
            assert!(WANTED.split_whitespace().any(|name| name == test.name), "{}", test.name);
        }
    }
    #[test]
    fn every_test_has_cases() {
        let cases = include_str!("../../tests/cases/tests.txt");
        let chosen = |rest: &str, name: &str| {
            rest.starts_with(&format!("'{name}'"))
                || rest.split_once(", ").is_some_and(|(_, rest)| rest.starts_with(&format!("'{name}'")))
        };
        for test in TESTS {
            let is_used = ["is ", "is not "].iter().any(|before| {
                [" ", "(", ")", "|", "}"]
                    .iter()
                    .any(|behind| cases.contains(&format!(" {before}{}{behind}", test.name)))
            });
            let is_chosen = ["select(", "reject(", "selectattr(", "rejectattr("]
                .iter()
                .flat_map(|filter| cases.split(filter).skip(1))
                .any(|rest| chosen(rest, test.name));
            assert!(is_used || is_chosen, "no case in tests/cases/tests.txt has the test '{}'", test.name);
        }
    }
}
