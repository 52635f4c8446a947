//! Filters of collections that playbooks use most: ansible.utils, ansible.netcommon, community.general.

mod dicts;
mod from_csv;
mod hwaddr;
mod ini;
mod ip_address;
mod ipaddr;
mod json_query;
mod keys;
mod lists;
mod lists_mergeby;
mod random_mac;
mod times;
mod unicode_normalize;
mod version_sort;

use super::{Filter, items, kept, made};

/// The collections, with the dot behind their names.
const COLLECTIONS: &[&str] = &["ansible.utils.", "ansible.netcommon.", "community.general."];

/// All filters of collections, by their names in them; by their whole names where other collections mean something else.
pub(super) const FILTERS: &[Filter] = &[
    made("cidr_merge", ipaddr::cidr_merge),
    kept("community.general.keep_keys", keys::keep_keys),
    kept("community.general.remove_keys", keys::remove_keys),
    kept("community.general.replace_keys", keys::replace_keys),
    kept("counter", dicts::counter),
    items("dict", dicts::dict),
    items("dict_kv", dicts::dict_kv),
    made("from_csv", from_csv::from_csv),
    made("from_ini", ini::from_ini),
    kept("groupby_as_dict", dicts::groupby_as_dict),
    made("hwaddr", hwaddr::hwaddr),
    made("ipaddr", ipaddr::ipaddr),
    made("ipmath", ipaddr::ipmath),
    made("ipsubnet", ipaddr::ipsubnet),
    made("ipv4", ipaddr::ipv4),
    made("ipv6", ipaddr::ipv6),
    made("ipwrap", ipaddr::ipwrap),
    made("json_query", json_query::json_query),
    kept("lists_difference", lists::difference),
    kept("lists_intersect", lists::intersect),
    kept("lists_mergeby", lists_mergeby::lists_mergeby),
    kept("lists_symmetric_difference", lists::symmetric_difference),
    kept("lists_union", lists::union),
    made("macaddr", hwaddr::hwaddr),
    made("network_in_network", ipaddr::network_in_network),
    made("network_in_usable", ipaddr::network_in_usable),
    made("next_nth_usable", ipaddr::next_nth_usable),
    made("nthhost", ipaddr::nthhost),
    made("previous_nth_usable", ipaddr::previous_nth_usable),
    made("random_mac", random_mac::random_mac),
    made("reduce_on_network", ipaddr::reduce_on_network),
    made("to_days", times::to_days),
    made("to_hours", times::to_hours),
    made("to_ini", ini::to_ini),
    made("to_milliseconds", times::to_milliseconds),
    made("to_minutes", times::to_minutes),
    made("to_months", times::to_months),
    made("to_seconds", times::to_seconds),
    made("to_time_unit", times::to_time_unit),
    made("to_weeks", times::to_weeks),
    made("to_years", times::to_years),
    made("unicode_normalize", unicode_normalize::unicode_normalize),
    kept("version_sort", version_sort::version_sort),
];

/// The filter of a name, with its collection or, as it was once used, without.
pub(super) fn find(name: &str) -> Option<&'static Filter> {
    let short = COLLECTIONS.iter().find_map(|collection| name.strip_prefix(collection)).unwrap_or(name);
    FILTERS.iter().find(|filter| filter.name == short || filter.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_has_cases() {
        let cases = include_str!("../../../tests/cases/collections.txt");
        for filter in FILTERS {
            let name = filter.name.rsplit('.').next().unwrap();
            assert!(cases.contains(&format!(".{name}")), "{name}");
            assert!(find(filter.name).is_some());
        }
    }
}
