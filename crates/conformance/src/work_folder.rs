use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use diag::Result;
use serde_json::json;

use crate::list::Host;
use crate::sandbox::Sandbox;
use crate::source::VERSION;
use crate::target::{FOLDER, Target};
use tool::{cannot, command, run};

/// The interpreter for the targets' own helpers. Capstan has no use for it.
const PYTHON: &str = "/opt/conformance/python/bin/python";

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// ansible-test gives its folders such a name on purpose: paths are not always ASCII.
const SUFFIX: &str = "conformance-ÅÑŚÌβŁÈ";

/// A folder in which a target is run: its private copy, those of the targets that it needs, an inventory, programs.
pub(crate) struct WorkFolder<'a> {
    sandbox: &'a Sandbox,
    folder: &'a Path,
    host: Host,
    environment: BTreeMap<String, String>,
}

impl<'a> WorkFolder<'a> {
    /// Fills `folder` with what `target` needs.
    ///
    /// # Errors
    /// A file can't be copied or written.
    pub(crate) fn fill(
        sandbox: &'a Sandbox,
        folder: &'a Path,
        name: &str,
        host: Host,
    ) -> Result<WorkFolder<'a>> {
        let mut work = WorkFolder { sandbox, folder, host, environment: BTreeMap::new() };
        let target = &sandbox.all[name];
        make(&work.targets())?;
        let mut names: Vec<&str> = vec![name];
        names.extend(sandbox.needed.get(name).into_iter().flatten().map(String::as_str));
        for name in &names {
            let copied = work.targets().join(name);
            run(command("cp", &["-a".as_ref()]).arg(&sandbox.all[*name].path).arg(copied))?;
            for file in sandbox.all[*name].files() {
                let (from, to) = (sandbox.source.join(file), work.root().join(file));
                if from.exists() {
                    to.parent().map_or(Ok(()), make)?;
                    fs::copy(&from, &to).map_err(|error| cannot("copy", &from, error))?;
                }
            }
        }
        write(&work.integration().join("integration.cfg"), "")?;
        write(&work.inventory(), &work.inventory_of(target))?;
        for folder in ["output", "junit", "programs"] {
            make(&folder_in(work.folder, folder))?;
        }
        work.link_programs()?;
        work.link_library()?;
        work.environment = work.environment_of(name, &names);
        Ok(work)
    }

    fn root(&self) -> PathBuf {
        self.folder.join(SUFFIX)
    }

    fn integration(&self) -> PathBuf {
        self.root().join("test/integration")
    }

    fn targets(&self) -> PathBuf {
        self.root().join(FOLDER)
    }

    fn inventory(&self) -> PathBuf {
        self.integration().join("inventory")
    }

    fn inventory_of(&self, target: &Target) -> String {
        let mut host = json!({
            "ansible_connection": "local",
            "ansible_pipelining": "yes",
            "ansible_python_interpreter": PYTHON,
        });
        if target.needs_ssh() && target.is_about_the_host() {
            host = json!({
                "ansible_connection": "ssh",
                "ansible_pipelining": "yes",
                "ansible_python_interpreter": PYTHON,
                "ansible_host": "localhost",
                "ansible_port": 22,
                "ansible_user": "root",
                "ansible_ssh_private_key_file": "/root/.ssh/id_ed25519",
                "ansible_ssh_extra_args":
                    "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            });
        }
        format!("{:#}\n", json!({ "testgroup": { "hosts": { "testhost": host } } }))
    }

    /// The programs under test, a `python`, and two helpers of ansible-test that targets call by name.
    fn link_programs(&self) -> Result<()> {
        let folder = folder_in(self.folder, "programs");
        let programs = &self.sandbox.programs;
        for entry in fs::read_dir(programs).map_err(|error| cannot("read", programs, error))?.flatten() {
            let link = folder.join(entry.file_name());
            symlink(entry.path(), &link).map_err(|error| cannot("make", &link, error))?;
        }
        program(&folder.join("python"), &format!("#!/bin/sh\nexec {PYTHON} \"$@\"\n"))?;
        for (name, first) in [("python.py", "#!/usr/bin/env python\n"), ("virtualenv.sh", "")] {
            let from = self.sandbox.source.join("test/lib/ansible_test/_util/target/injector").join(name);
            let text = fs::read_to_string(&from).map_err(|error| cannot("read", &from, error))?;
            let rest = match text.split_once('\n') {
                Some((line, rest)) if line.starts_with("#!") || line.starts_with("# auto-shebang") => rest,
                _ => &text,
            };
            program(&folder.join(name), &format!("{first}{rest}"))?;
        }
        Ok(())
    }

    /// What modules written in Python share, which the scripts of some targets import too. No more of Ansible is there.
    fn link_library(&self) -> Result<()> {
        let package = folder_in(self.folder, "python").join("ansible");
        make(&package)?;
        write(&package.join("__init__.py"), "")?;
        let (shared, link) =
            (self.sandbox.source.join("lib/ansible/module_utils"), package.join("module_utils"));
        symlink(shared, &link).map_err(|error| cannot("make", &link, error))
    }

    /// The environment, from scratch, as ansible-test makes it.
    fn environment_of(&self, name: &str, copied: &[&str]) -> BTreeMap<String, String> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let programs = text(folder_in(self.folder, "programs"));
        let integration = self.integration();
        let modules = self.sandbox.source.join("test/support/integration/plugins/modules");
        let mut environment: BTreeMap<String, String> = [
            ("LC_ALL", "en_US.UTF-8".to_owned()),
            ("PATH", format!("{programs}:{PATH}")),
            ("HOME", "/root".to_owned()),
            ("PAGER", "/bin/cat".to_owned()),
            ("PYTHONPATH", text(folder_in(self.folder, "python"))),
            ("ANSIBLE_CONFIG", text(integration.join("integration.cfg"))),
            ("ANSIBLE_DEPRECATION_WARNINGS", "false".to_owned()),
            ("ANSIBLE_DEVEL_WARNING", "false".to_owned()),
            ("ANSIBLE_DISPLAY_TRACEBACK", "never".to_owned()),
            ("ANSIBLE_FORCE_COLOR", "false".to_owned()),
            ("ANSIBLE_FORCE_HANDLERS", "true".to_owned()),
            ("ANSIBLE_HOST_KEY_CHECKING", "false".to_owned()),
            ("ANSIBLE_HOST_PATTERN_MISMATCH", "error".to_owned()),
            ("ANSIBLE_INVENTORY", "/dev/null".to_owned()),
            ("ANSIBLE_INVENTORY_PLUGIN_EXTS", ".yaml, .yml, .json, .winrm, .networking".to_owned()),
            ("ANSIBLE_LIBRARY", text(modules)),
            ("ANSIBLE_PYTHON_INTERPRETER", "/set/ansible_python_interpreter/in/inventory".to_owned()),
            ("ANSIBLE_PYTHON_MODULE_RLIMIT_NOFILE", "1024".to_owned()),
            ("ANSIBLE_RETRY_FILES_ENABLED", "false".to_owned()),
            ("ANSIBLE_TEST_ANSIBLE_VERSION", VERSION.to_owned()),
            ("ANSIBLE_TEST_CI", "local".to_owned()),
            ("ANSIBLE_TEST_COVERAGE", String::new()),
            ("ANSIBLE_TEST_PYTHON_INTERPRETER", PYTHON.to_owned()),
            ("ANSIBLE_TEST_PYTHON_VERSION", "3.11".to_owned()),
            ("ANSIBLE_WORKER_SHUTDOWN_POLL_COUNT", "100".to_owned()),
            ("ANSIBLE_WORKER_SHUTDOWN_POLL_DELAY", "0.1".to_owned()),
            ("INVENTORY_PATH", text(self.inventory())),
            ("JUNIT_OUTPUT_DIR", text(folder_in(self.folder, "junit"))),
            ("JUNIT_REPLACE_OUT_OF_TREE_PATH", "out-of-tree:".to_owned()),
            ("JUNIT_TASK_RELATIVE_PATH", text(self.root())),
            ("OUTPUT_DIR", text(folder_in(self.folder, "output"))),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let collections = copied.iter().map(|name| self.targets().join(name));
        let collections: Vec<String> = collections
            .filter(|folder| folder.join("ansible_collections/ansible_test").is_dir())
            .map(text)
            .collect();
        if !collections.is_empty() {
            environment.insert("ANSIBLE_COLLECTIONS_PATH".to_owned(), collections.join(":"));
        }
        if self.host == Host::Http && self.sandbox.all[name].needs_http() {
            environment.insert("HTTPTESTER".to_owned(), "1".to_owned());
            environment.insert("KRB5_PASSWORD".to_owned(), String::new());
        }
        environment
    }

    /// Writes the script that runs the target, after those that set it up.
    ///
    /// # Errors
    /// A file can't be written.
    pub(crate) fn script(&self, name: &str) -> Result<PathBuf> {
        let mut script = "umask 022\nulimit -n 1024\n".to_owned();
        for name in self.sandbox.all[name].setup().chain([name]) {
            let command = self.command(name)?;
            let output = quoted(&self.environment["OUTPUT_DIR"]);
            let _ = write!(
                script,
                "echo '>>> target {name}'\nrm -rf {output}; mkdir -p {output}\n({command}) </dev/null\n\
                 status=$?\n[ $status = 0 ] || {{ echo \">>> status $status of {name}\"; exit $status; }}\n"
            );
        }
        let path = self.folder.join("run.sh");
        write(&path, &script)?;
        Ok(path)
    }

    /// The shell command that runs one target.
    fn command(&self, name: &str) -> Result<String> {
        let target = &self.sandbox.all[name];
        let mut environment = self.environment.clone();
        environment.extend(target.environment().map(|(name, value)| (name.to_owned(), value.to_owned())));
        let (folder, command) = if target.is_script {
            (self.targets().join(name), "./runme.sh".to_owned())
        } else {
            environment
                .insert("ANSIBLE_ROLES_PATH".to_owned(), self.targets().to_string_lossy().into_owned());
            let file = format!("{name}-run.yml");
            write(&self.integration().join(&file), &self.play(name))?;
            (self.integration(), format!("ansible-playbook {} -i inventory", quoted(&file)))
        };
        let path = folder.to_string_lossy().into_owned();
        environment.insert("ANSIBLE_PLAYBOOK_DIR".to_owned(), path.clone());
        let pairs = environment.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
        Ok(format!("cd {}; env -i {} {command}", quoted(&path), pairs.collect::<Vec<_>>().join(" ")))
    }

    /// The play for a target that is a role.
    fn play(&self, name: &str) -> String {
        let mut play = json!({
            "hosts": "testhost",
            "gather_facts": self.sandbox.all[name].gathers_facts(),
            "vars_files": [],
            "vars": { "output_dir": self.environment["OUTPUT_DIR"] },
            "roles": [name],
        });
        if let Some(http) = self.environment.get("HTTPTESTER") {
            play["environment"] = json!({ "HTTPTESTER": http, "KRB5_PASSWORD": "" });
            play["module_defaults"] = json!({});
        }
        format!("{:#}\n", json!([play]))
    }
}

fn folder_in(folder: &Path, name: &str) -> PathBuf {
    folder.join(".results").join(name)
}

fn make(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| cannot("make", path, error))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| cannot("write", path, error))
}

fn program(path: &Path, text: &str) -> Result<()> {
    write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|error| cannot("change", path, error))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
