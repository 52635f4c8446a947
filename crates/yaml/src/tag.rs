/// The tags that playbooks may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Str,
    Binary,
    Timestamp,
    Merge,
    /// A plain `=`, which YAML 1.1 reserves.
    DefaultValue,
    Seq,
    Map,
    Set,
    OrderedMap,
    Pairs,
    Vault,
    Unsafe,
}

const CORE: &str = "tag:yaml.org,2002:";

/// What may be written, and what it means. `!!merge` and `!!value` are not among them: as in PyYAML they only come
/// from how a plain scalar looks.
const WRITTEN: &[(&str, Tag)] = &[
    ("!!null", Tag::Null),
    ("!!bool", Tag::Bool),
    ("!!int", Tag::Int),
    ("!!float", Tag::Float),
    ("!!str", Tag::Str),
    ("!!python/unicode", Tag::Str),
    ("!!binary", Tag::Binary),
    ("!!timestamp", Tag::Timestamp),
    ("!!seq", Tag::Seq),
    ("!!map", Tag::Map),
    ("!!set", Tag::Set),
    ("!!omap", Tag::OrderedMap),
    ("!!pairs", Tag::Pairs),
    ("!vault", Tag::Vault),
    ("!vault-encrypted", Tag::Vault),
    ("!unsafe", Tag::Unsafe),
];

impl Tag {
    /// The tag of this full name, such as `tag:yaml.org,2002:str`.
    pub(crate) fn parse(name: &str) -> Option<Tag> {
        let short = shorten(name);
        WRITTEN.iter().find(|(written, _)| *written == short).map(|(_, tag)| *tag)
    }

    /// Every tag as it may be written.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        WRITTEN.iter().map(|(name, _)| *name)
    }
}

/// A tag as people write it: `!!str` for `tag:yaml.org,2002:str`.
pub(crate) fn shorten(name: &str) -> String {
    name.strip_prefix(CORE).map_or_else(|| name.to_owned(), |name| format!("!!{name}"))
}
