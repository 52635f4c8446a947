//! The settings of `ansible.cfg` and the `ANSIBLE_*` environment.
//!
//! Every setting of Ansible's is one row of one table: in [`used`] if Capstan follows it, with a constant to ask for it
//! by, else in the list of those that are known by name only. One more setting is one row there.

mod config;
mod galaxy_servers;
mod place;
mod setting;
mod unused;
pub mod used;

pub use config::Config;
pub use galaxy_servers::{GalaxyOption, GalaxyServer};
pub use place::expand_home;
pub use setting::{Kind, Setting};
pub use used::*;

/// All settings: those of the program, then those of plugins, by name.
pub fn settings() -> Vec<&'static Setting> {
    let mut all: Vec<&Setting> = used::USED.iter().chain(unused::UNUSED).collect();
    all.sort_by_key(|setting| (setting.plugin, setting.name));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_stands_once() {
        let settings = settings();
        for pair in settings.windows(2) {
            assert_ne!((pair[0].plugin, pair[0].name), (pair[1].plugin, pair[1].name), "a name stands twice");
        }
        let mut names: Vec<&str> =
            used::USED.iter().flat_map(|setting| setting.environment.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "an environment variable is in two settings that are followed");
    }

    #[test]
    fn what_is_followed_is_described_and_nothing_else() {
        for setting in settings() {
            assert_eq!(setting.is_followed(), used::USED.contains(setting), "{}", setting.name);
        }
        assert!(used::USED.iter().all(|setting| setting.description.ends_with('.')));
    }

    #[test]
    fn defaults_are_of_the_right_kind() {
        let config = Config::default();
        for setting in settings().iter().filter(|setting| setting.environment.is_empty()) {
            config.value(setting).unwrap();
        }
    }
}
