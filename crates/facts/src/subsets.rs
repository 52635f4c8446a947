use std::collections::BTreeSet;
use std::fmt;

use crate::family::{FAMILIES, Family};

/// Which families of facts are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subsets(BTreeSet<&'static str>);

/// There is no family and no fact of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSubset(String);

impl fmt::Display for UnknownSubset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = all().collect();
        names.sort_unstable();
        // Playbooks compare the first words.
        let name = &self.0;
        write!(
            formatter,
            "Bad subset '{name}' given to Ansible's gather_subset, which knows: all, min, {}",
            names.join(", ")
        )
    }
}

impl std::error::Error for UnknownSubset {}

fn all() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(Family::names)
}

fn minimal() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().filter(|family| family.minimal).flat_map(Family::names)
}

impl Family {
    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.facts.iter().copied())
    }
}

impl Subsets {
    /// The families that a list of names asks for: `all`, `min`, a family, a fact of it, each with `!` to leave it out. The
    /// minimal families are always asked for, unless `!min` or the family itself is in the list.
    ///
    /// # Errors
    /// Something is asked for that there is not. Leaving out what there is not is allowed.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Subsets, UnknownSubset> {
        let mut wanted: BTreeSet<&'static str> = minimal().collect();
        let mut unwanted: BTreeSet<&'static str> = BTreeSet::new();
        let mut explicit: BTreeSet<&'static str> = BTreeSet::new();
        let mut nothing_named = true;
        for name in names.into_iter().map(str::trim).filter(|name| !name.is_empty()) {
            nothing_named = false;
            match name {
                "min" => {}
                "all" => wanted.extend(all()),
                "!min" => unwanted.extend(minimal()),
                "!all" => {
                    let minimal: BTreeSet<&str> = minimal().collect();
                    unwanted.extend(all().filter(|name| !minimal.contains(name)));
                }
                _ => match name.strip_prefix('!') {
                    Some(name) => {
                        let family = FAMILIES.iter().filter(|family| family.name == name);
                        unwanted.extend(family.flat_map(Family::names));
                        unwanted.extend(all().find(|known| *known == name));
                    }
                    None => {
                        let known = all()
                            .find(|known| *known == name)
                            .ok_or_else(|| UnknownSubset(name.to_owned()))?;
                        wanted.insert(known);
                        explicit.insert(known);
                    }
                },
            }
        }
        if nothing_named {
            wanted.extend(all());
        }
        wanted.retain(|name| !unwanted.contains(name) || explicit.contains(name));
        let needed = FAMILIES.iter().filter(|family| family.names().any(|name| wanted.contains(name)));
        let needed: Vec<&'static str> = needed.flat_map(|family| family.needs.iter().copied()).collect();
        wanted.extend(needed);
        Ok(Subsets(wanted))
    }

    pub(crate) fn includes(&self, family: &Family) -> bool {
        family.names().any(|name| self.0.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn families(names: &[&str]) -> Vec<&'static str> {
        let subsets = Subsets::parse(names.iter().copied()).unwrap();
        FAMILIES.iter().filter(|family| subsets.includes(family)).map(|family| family.name).collect()
    }

    #[test]
    fn names_add_and_take_away() {
        let everything: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
        let minimum: Vec<&str> =
            FAMILIES.iter().filter(|family| family.minimal).map(|family| family.name).collect();
        assert_eq!(families(&[]), everything);
        assert_eq!(families(&["all"]), everything);
        assert_eq!(families(&["min"]), minimum);
        assert_eq!(families(&["!all"]), minimum);
        assert_eq!(families(&["!all", "!min"]), Vec::<&str>::new());
        assert_eq!(families(&["!all", "!min", "default_ipv4"]), ["platform", "distribution", "network"]);
        assert_eq!(families(&["!all", "!min", "pkg_mgr"]), ["distribution", "pkg_mgr"]);
        assert!(!families(&["all", "!hardware"]).contains(&"hardware"));
        assert!(!families(&["!date_time", "!all"]).contains(&"date_time"));
        assert!(families(&["!all", "virtual"]).contains(&"virtual"));
        assert_eq!(families(&["!all", "!no-such-thing"]), minimum);
        assert!(
            Subsets::parse(["bad"]).unwrap_err().to_string().starts_with("Bad subset 'bad' given to Ansible")
        );
    }
}
