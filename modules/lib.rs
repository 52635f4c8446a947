//! Capstan's modules: one file each, and this list.
//!
//! A module that is not in the list is not compiled, and the test `every_file_is_listed` says so.

use module::{Manual, Module};
use protocol::Outcome;
use system::System;
use value::Value;

/// Declares the files and what is done with each of their modules.
macro_rules! modules {
    ($($file:ident::$module:ident),* $(,)?) => {
        $(mod $file;)*

        /// Calls a module by name with normalised arguments; `None` if there is no such module.
        pub fn call(name: &str, arguments: Value, host: &mut System) -> Option<Outcome> {
            match name {
                $(<$file::$module as module::Arguments>::NAME => Some(module::call::<$file::$module>(arguments, host)),)*
                _ => None,
            }
        }

        /// The manuals of all modules, by name.
        pub fn manuals() -> Vec<Manual> {
            vec![$(manual::<$file::$module>()),*]
        }

        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($file)),*];
    };
}

modules! {
    acl::Acl,
    alternatives::Alternatives,
    apt::Apt,
    apt_key::AptKey,
    apt_repository::AptRepository,
    archive::Archive,
    assemble::Assemble,
    async_status::AsyncStatus,
    authorized_key::AuthorizedKey,
    blockinfile::BlockInFile,
    command::Command,
    copy::Copy,
    cron::Cron,
    deb822_repository::Deb822Repository,
    debconf::Debconf,
    dnf::Dnf,
    dpkg_selections::DpkgSelections,
    expect::Expect,
    fetch::Fetch,
    file::File,
    find::Find,
    get_url::GetUrl,
    getent::Getent,
    git::Git,
    group::Group,
    hostname::Hostname,
    ini_file::IniFile,
    iptables::Iptables,
    known_hosts::KnownHosts,
    lineinfile::LineInFile,
    locale_gen::LocaleGen,
    modprobe::Modprobe,
    mount::Mount,
    openssh_keypair::OpensshKeypair,
    openssl_csr::OpensslCsr,
    openssl_privatekey::OpensslPrivatekey,
    package::Package,
    package_facts::PackageFacts,
    ping::Ping,
    pip::Pip,
    replace::Replace,
    rpm_key::RpmKey,
    script::Script,
    service::Service,
    service_facts::ServiceFacts,
    setup::Setup,
    shell::Shell,
    slurp::Slurp,
    stat::Stat,
    subversion::Subversion,
    sysctl::Sysctl,
    systemd::Systemd,
    tempfile::Tempfile,
    timezone::Timezone,
    unarchive::Unarchive,
    uri::Uri,
    user::User,
    wait_for::WaitFor,
    x509_certificate::X509Certificate,
    yum_repository::YumRepository,
}

fn manual<M: Module>() -> Manual {
    Manual::of::<M>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed() {
        let mut files: Vec<String> = std::fs::read_dir(env!("CARGO_MANIFEST_DIR"))
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
            .filter(|name| name != "lib")
            .collect();
        files.sort();
        assert_eq!(files, FILES, "the list in lib.rs, in order, is not the list of files");
    }

    #[test]
    fn every_module_is_documented() {
        for manual in manuals() {
            let name = manual.name;
            assert!(manual.description.ends_with('.'), "{name}: the description is not a sentence");
            assert!(manual.examples.contains(&format!("{name}:")), "{name}: no example uses it");
            for argument in manual.arguments() {
                assert!(
                    argument.description.ends_with(['.', ')']),
                    "{name}.{}: no description",
                    argument.name
                );
            }
            assert!(
                !manual.schema.is_open(),
                "{name}: takes arguments that it does not know (deny_unknown_fields)"
            );
        }
    }
}
