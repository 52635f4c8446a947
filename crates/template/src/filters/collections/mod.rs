//! Filters of collections that playbooks use most: ansible.utils, ansible.netcommon, community.general.

mod dicts;
mod hwaddr;
mod ip_address;
mod ipaddr;
mod json_query;

use super::{Filter, items, kept, made};

/// The collections, with the dot behind their names.
const COLLECTIONS: &[&str] = &["ansible.utils.", "ansible.netcommon.", "community.general."];

/// All filters of collections, by their names in them.
pub(super) const FILTERS: &[Filter] = &[
    made("cidr_merge", ipaddr::cidr_merge),
    kept("counter", dicts::counter),
    items("dict", dicts::dict),
    items("dict_kv", dicts::dict_kv),
    kept("groupby_as_dict", dicts::groupby_as_dict),
    made("hwaddr", hwaddr::hwaddr),
    made("ipaddr", ipaddr::ipaddr),
    made("ipmath", ipaddr::ipmath),
    made("ipsubnet", ipaddr::ipsubnet),
    made("ipv4", ipaddr::ipv4),
    made("ipv6", ipaddr::ipv6),
    made("ipwrap", ipaddr::ipwrap),
    made("json_query", json_query::json_query),
    made("macaddr", hwaddr::hwaddr),
    made("network_in_network", ipaddr::network_in_network),
    made("network_in_usable", ipaddr::network_in_usable),
    made("next_nth_usable", ipaddr::next_nth_usable),
    made("nthhost", ipaddr::nthhost),
    made("previous_nth_usable", ipaddr::previous_nth_usable),
    made("reduce_on_network", ipaddr::reduce_on_network),
];

/// The filter of a name, with its collection or, as it was once used, without.
pub(super) fn find(name: &str) -> Option<&'static Filter> {
    let short = COLLECTIONS.iter().find_map(|collection| name.strip_prefix(collection)).unwrap_or(name);
    FILTERS.iter().find(|filter| filter.name == short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_has_cases() {
        let cases = include_str!("../../../tests/cases/collections.txt");
        for filter in FILTERS {
            assert!(cases.contains(&format!(".{}", filter.name)), "{}", filter.name);
            assert!(find(filter.name).is_some());
        }
    }
}
