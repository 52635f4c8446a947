//! The filters: those of Jinja and those of Ansible.

mod collections;
mod data;
pub(crate) mod dates;
mod defaults;
pub(crate) mod encodings;
mod hashes;
mod json_text;
pub(crate) mod lists;
mod maps;
mod numbers;
pub(crate) mod passwords;
pub(crate) mod paths;
mod patterns;
pub(crate) mod protomatter;
mod selection;
mod strings;
mod vaults;

use crate::arguments::Arguments;
use crate::evaluate::Evaluator;
use crate::outcome::Outcome;

/// What a filter or test wants of the values that it is given, and whether what it makes is made from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Also what is undefined or unknown: the filter deals with it.
    Anything,
    /// Lists and dicts as they are: items may be templates, undefined or unknown. They are only moved about.
    Items,
    /// Everything, rendered and known; but strings are only moved about, and are as secret as they were.
    Kept,
    /// Everything, rendered and known; what is made from something secret is secret.
    Everything,
    /// As everything, but a vault that nothing opens is given as it is.
    Vaults,
}

/// A filter.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) name: &'static str,
    pub(crate) reads: Reads,
    /// What it does; the first positional argument is the value.
    pub(crate) run: Run,
}

/// What a filter or test does.
pub(crate) type Run = fn(&mut Evaluator<'_>, Arguments) -> Outcome;

const fn any(name: &'static str, run: Run) -> Filter {
    Filter { name, reads: Reads::Anything, run }
}

const fn items(name: &'static str, run: Run) -> Filter {
    Filter { name, reads: Reads::Items, run }
}

const fn kept(name: &'static str, run: Run) -> Filter {
    Filter { name, reads: Reads::Kept, run }
}

const fn made(name: &'static str, run: Run) -> Filter {
    Filter { name, reads: Reads::Everything, run }
}

const fn vaults(name: &'static str, run: Run) -> Filter {
    Filter { name, reads: Reads::Vaults, run }
}

/// All filters.
pub(crate) const FILTERS: &[Filter] = &[
    // Whatever is there or not.
    any("d", defaults::default),
    any("default", defaults::default),
    any("mandatory", defaults::mandatory),
    any("ternary", defaults::ternary),
    any("type_debug", defaults::type_debug),
    // Lists.
    items("batch", lists::batch),
    kept("combinations", lists::combinations),
    items("count", lists::length),
    kept("difference", lists::difference),
    items("first", lists::first),
    items("flatten", lists::flatten),
    kept("intersect", lists::intersect),
    items("items", lists::items),
    made("join", lists::join),
    items("last", lists::last),
    items("length", lists::length),
    items("list", lists::list),
    kept("max", lists::max),
    kept("min", lists::min),
    kept("permutations", lists::permutations),
    kept("product", lists::product),
    kept("random", lists::random),
    items("reverse", lists::reverse),
    kept("shuffle", lists::shuffle),
    items("slice", lists::slice),
    kept("sort", lists::sort),
    items("subelements", lists::subelements),
    made("sum", lists::sum),
    kept("symmetric_difference", lists::symmetric_difference),
    kept("union", lists::union),
    kept("unique", lists::unique),
    items("zip", lists::zip),
    items("zip_longest", lists::zip_longest),
    // Choosing.
    items("attr", selection::attr),
    items("extract", selection::extract),
    kept("groupby", selection::groupby),
    items("map", selection::map),
    items("reject", selection::reject),
    items("rejectattr", selection::rejectattr),
    items("select", selection::select),
    items("selectattr", selection::selectattr),
    // Text.
    made("bool", strings::bool),
    made("capitalize", strings::capitalize),
    made("center", strings::center),
    made("comment", strings::comment),
    made("e", strings::escape),
    made("escape", strings::escape),
    made("forceescape", strings::escape),
    made("format", strings::format),
    made("indent", strings::indent),
    made("lower", strings::lower),
    made("pprint", strings::pprint),
    made("quote", strings::quote),
    made("replace", strings::replace),
    made("safe", strings::string),
    made("split", strings::split),
    made("string", strings::string),
    made("striptags", strings::striptags),
    made("title", strings::title),
    made("trim", strings::trim),
    made("truncate", strings::truncate),
    made("upper", strings::upper),
    made("urlize", strings::urlize),
    made("wordcount", strings::wordcount),
    made("wordwrap", strings::wordwrap),
    made("xmlattr", strings::xmlattr),
    // Dicts.
    items("combine", maps::combine),
    items("dict2items", maps::dict2items),
    kept("dictsort", maps::dictsort),
    items("items2dict", maps::items2dict),
    items("rekey_on_member", maps::rekey_on_member),
    // Numbers.
    made("abs", numbers::abs),
    made("filesizeformat", numbers::filesizeformat),
    made("float", numbers::float),
    made("human_readable", numbers::human_readable),
    made("human_to_bytes", numbers::human_to_bytes),
    made("int", numbers::int),
    made("log", numbers::log),
    made("pow", numbers::pow),
    made("root", numbers::root),
    made("round", numbers::round),
    // Paths.
    made("basename", paths::basename),
    made("commonpath", paths::commonpath),
    made("dirname", paths::dirname),
    made("expanduser", paths::expanduser),
    made("expandvars", paths::expandvars),
    made("fileglob", paths::fileglob),
    made("normpath", paths::normpath),
    made("path_join", paths::path_join),
    made("realpath", paths::realpath),
    made("relpath", paths::relpath),
    made("splitext", paths::splitext),
    made("win_basename", paths::win_basename),
    made("win_dirname", paths::win_dirname),
    made("win_splitdrive", paths::win_splitdrive),
    // Regular expressions.
    made("regex_escape", patterns::regex_escape),
    made("regex_findall", patterns::regex_findall),
    made("regex_replace", patterns::regex_replace),
    made("regex_search", patterns::regex_search),
    // Data.
    made("from_json", data::from_json),
    made("from_yaml", data::from_yaml),
    made("from_yaml_all", data::from_yaml_all),
    made("to_json", data::to_json),
    made("to_nice_json", data::to_nice_json),
    made("to_nice_yaml", data::to_nice_yaml),
    made("to_yaml", data::to_yaml),
    made("tojson", data::tojson),
    // Encodings and hashes.
    made("b64decode", encodings::b64decode),
    made("b64encode", encodings::b64encode),
    made("checksum", hashes::sha1),
    made("hash", hashes::hash),
    made("md5", hashes::md5),
    made("password_hash", passwords::password_hash),
    made("sha1", hashes::sha1),
    made("to_uuid", hashes::to_uuid),
    vaults("unvault", vaults::unvault),
    made("urldecode", encodings::urldecode),
    made("urlencode", encodings::urlencode),
    made("urlsplit", encodings::urlsplit),
    made("vault", vaults::vault),
    // Dates.
    made("strftime", dates::strftime),
    made("to_datetime", dates::to_datetime),
];

/// The filter of a name, which may be a full one such as `ansible.builtin.combine`.
pub(crate) fn find(name: &str) -> Option<&'static Filter> {
    let short = short_name(name);
    let own = FILTERS.iter().find(|filter| filter.name == short);
    own.or_else(|| protomatter::FILTERS.iter().find(|filter| filter.name == name))
        .or_else(|| collections::find(name))
}

/// The name without the collection that Ansible's own things belong to.
pub(crate) fn short_name(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy.")).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Jinja 3.1 and ansible.builtin have.
    const WANTED: &str = "abs attr batch capitalize center count d default dictsort e escape filesizeformat first float \
        forceescape format groupby indent int items join last length list lower map max min pprint random reject \
        rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson trim \
        truncate unique upper urlencode urlize wordcount wordwrap xmlattr \
        b64decode b64encode basename bool checksum combinations combine comment commonpath dict2items difference \
        dirname expanduser expandvars extract fileglob flatten from_json from_yaml from_yaml_all hash human_readable \
        human_to_bytes intersect items2dict log mandatory md5 normpath password_hash path_join permutations pow product \
        quote realpath regex_escape regex_findall regex_replace regex_search rekey_on_member relpath root sha1 shuffle \
        split splitext strftime subelements symmetric_difference ternary to_datetime to_json to_nice_json to_nice_yaml \
        to_uuid to_yaml type_debug union unvault urldecode urlsplit vault win_basename win_dirname win_splitdrive zip \
        zip_longest";

    #[test]
    fn every_filter_has_cases() {
        let cases = concat!(
            include_str!("../../tests/cases/filters.txt"),
            include_str!("../../tests/cases/collections.txt"),
            include_str!("../../tests/cases/language.txt")
        );
        for filter in FILTERS {
            let named = |behind: &str| cases.contains(&format!("| {}{behind}", filter.name));
            assert!(named(" ") || named("(") || named("|"), "{}", filter.name);
        }
    }

    #[test]
    fn every_filter_is_there_once() {
        for name in WANTED.split_whitespace() {
            assert!(find(name).is_some(), "{name}");
        }
        for filter in FILTERS {
            let same = FILTERS.iter().filter(|other| other.name == filter.name).count();
            assert_eq!(same, 1, "{}", filter.name);
            assert!(WANTED.split_whitespace().any(|name| name == filter.name), "{}", filter.name);
            assert!(find(&format!("ansible.builtin.{}", filter.name)).is_some());
        }
    }
}
