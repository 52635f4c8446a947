use module::Outcome;
use system::{Error, Result, RpmPackage, System};
use value::Value;

use super::Dnf;
use super::program::Program;
use super::transaction::explain;

/// How dnf is to tell of a package in a repository: as rpm does, and the repository.
const FORMAT: &str = "%{name}\t%{epoch}\t%{version}\t%{release}\t%{arch}\t%{repoid}\n";

impl Dnf {
    /// Tells of packages or repositories; nothing is changed.
    pub(super) fn tell(&self, host: &mut System, program: &Program, what: &str) -> Result<Outcome> {
        let results = match what {
            "repos" | "repositories" => self.repositories(host, program)?,
            "installed" => installed(host, program, "*")?,
            "available" | "updates" | "upgrades" => {
                let which = if what == "available" { "--available" } else { "--upgrades" };
                self.query_repositories(host, program, &[which, "*"], what)?
            }
            name => {
                let mut found = installed(host, program, name)?;
                found.extend(self.query_repositories(host, program, &["--available", name], "available")?);
                found
            }
        };
        Ok(Outcome::new().with("msg", "").with("results", Value::list(results)))
    }

    fn repositories(&self, host: &mut System, program: &Program) -> Result<Vec<Value>> {
        let words = ["repolist", "--enabled"].map(str::to_owned);
        let output = program.ask(host, self, &["--quiet"], &words)?;
        if !output.success() {
            return Err(explain(&output));
        }
        let text = output.stdout();
        let names = text.lines().skip_while(|line| !line.starts_with("repo id")).skip(1);
        let names = names.filter_map(|line| line.split_whitespace().next());
        Ok(names.map(|name| Value::map([("repoid", name), ("state", "enabled")])).collect())
    }

    fn query_repositories(
        &self,
        host: &mut System,
        program: &Program,
        about: &[&str],
        state: &str,
    ) -> Result<Vec<Value>> {
        let mut words = vec!["repoquery".to_owned(), format!("--queryformat={FORMAT}")];
        words.extend(about.iter().map(|word| (*word).to_owned()));
        let output = program.ask(host, self, &["--quiet"], &words)?;
        if !output.success() {
            return Err(explain(&output));
        }
        let text = output.stdout();
        let package = |line: &str| {
            let (package, repository) = line.trim_start().rsplit_once('\t')?;
            Some(described(&RpmPackage::parse(package)?, repository, state))
        };
        Ok(text.lines().filter_map(package).collect())
    }
}

fn installed(host: &mut System, program: &Program, name: &str) -> Result<Vec<Value>> {
    if name.starts_with('-') {
        return Err(Error::failed(format!("'{name}' is no package")));
    }
    let database = host.rpm_database(&program.root)?;
    let mut found: Vec<&RpmPackage> =
        database.called(name).filter(|package| package.name != "gpg-pubkey").collect();
    found.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(found.into_iter().map(|package| described(package, "@System", "installed")).collect())
}

/// A package as playbooks look at it.
fn described(package: &RpmPackage, repository: &str, state: &str) -> Value {
    let RpmPackage { name, epoch, version, release, architecture } = package;
    let full = format!("{epoch}:{name}-{version}-{release}.{architecture}");
    Value::map([
        ("name", name.as_str()),
        ("epoch", epoch),
        ("version", version),
        ("release", release),
        ("arch", architecture),
        ("repo", repository),
        ("envra", &full),
        ("nevra", &full),
        ("yumstate", state),
    ])
}
