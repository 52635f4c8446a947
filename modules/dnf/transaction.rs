use system::{Error, Output, RpmPackage};
use value::Value;

use super::program::Generation;

/// What dnf would do to one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It would be there: new, or in the place of another version.
    Install(RpmPackage),
    /// It would be gone; another version may come in its place.
    Remove(RpmPackage),
}

/// What dnf says that it would do.
///
/// # Errors
/// It would do nothing, for something is wrong.
pub(super) fn steps(output: &Output, generation: Generation) -> Result<Vec<Step>, Error> {
    let text = output.stdout();
    // To be answered "no" is a failure to dnf, but not what is meant by one here.
    let is_answered = format!("{text}{}", output.stderr()).contains("Operation aborted");
    if !output.success() && !is_answered {
        return Err(explain(output));
    }
    Ok(match generation {
        Generation::Four => text.lines().filter_map(told).collect(),
        Generation::Five => table(&text),
    })
}

/// `---> Package NAME.ARCHITECTURE VERSION will be WHAT`, as dnf 4 writes when it is asked to say more than usually.
fn told(line: &str) -> Option<Step> {
    let (package, what) = line.strip_prefix("---> Package ")?.split_once(" will be ")?;
    let (name, version) = package.split_once(' ')?;
    let (name, architecture) = name.rsplit_once('.')?;
    let package = RpmPackage::from_parts(name, architecture, version)?;
    match what.trim() {
        "installed" | "an upgrade" | "reinstalled" | "a downgrade" | "obsoleting" => {
            Some(Step::Install(package))
        }
        "erased" | "upgraded" | "downgraded" | "obsoleted" => Some(Step::Remove(package)),
        _ => None,
    }
}

/// The table of dnf 5: headings that end in a colon, below them lines with name, architecture, version, repository and
/// size, and below these again lines with the packages that they replace.
fn table(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut heading = "";
    for line in text.lines().skip_while(|line| !line.starts_with("Package ")) {
        if !line.starts_with(' ') {
            heading = line.trim_end();
            if heading.starts_with("Transaction Summary") {
                break;
            }
            continue;
        }
        let mut words = line.split_whitespace().peekable();
        let replaces = words.next_if_eq(&"replacing").is_some();
        let (Some(name), Some(architecture), Some(version)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let Some(package) = RpmPackage::from_parts(name, architecture, version) else { continue };
        if replaces || heading.starts_with("Removing") {
            steps.push(Step::Remove(package));
        } else if ["Installing", "Upgrading", "Reinstalling", "Downgrading"]
            .iter()
            .any(|verb| heading.starts_with(verb))
        {
            steps.push(Step::Install(package));
        }
    }
    steps
}

const MISSING: &str = "Failed to install some of the specified packages";
const CONFLICT: &str = "Depsolve Error occurred";

/// dnf's failure, in the words for which playbooks look.
pub(super) fn explain(output: &Output) -> Error {
    let text = format!("{}\n{}", output.stdout(), output.stderr());
    let lines = || text.lines().map(str::trim);
    let behind =
        |mark: &str| lines().filter_map(|line| line.strip_prefix(mark)).map(str::trim).collect::<Vec<_>>();
    let excluded =
        lines().filter(|line| line.ends_with("matches only excluded packages.")).map(str::to_owned);
    let missing = behind("No match for argument:")
        .into_iter()
        .map(|name| format!("No package {name} available."))
        .chain(behind("No package matches").into_iter().map(|name| format!("No package {name} available.")))
        .chain(excluded);
    let mut failures: Vec<String> = Vec::new();
    for failure in missing {
        if !failures.contains(&failure) {
            failures.push(failure);
        }
    }
    let group =
        lines().find_map(|line| line.strip_prefix("Module or Group '")?.strip_suffix("' is not available."));
    let problem = text.find("Problem").filter(|_| text.contains("Problem:") || text.contains("Problem 1:"));
    let download = lines().find(|line| line.contains("Curl error"));
    let message = if let Some(group) = group {
        format!("No group {group} available.")
    } else if !failures.is_empty() {
        MISSING.to_owned()
    } else if let Some(start) = problem {
        // The advice below is for people at a terminal.
        let told: Vec<&str> = text[start..]
            .lines()
            .take_while(|line| !line.starts_with(['(', 'Y']) && !line.trim().is_empty())
            .collect();
        format!("{CONFLICT}: \n {}", told.join("\n"))
    } else if let Some(error) = download {
        format!("Failure downloading: {}", error.trim_start_matches(['[', '>', ' ']))
    } else if let Some(line) =
        lines().find(|line| line.starts_with("Could not open:") || line.starts_with("Failed to access RPM"))
    {
        format!("Error occurred attempting remote rpm operation: {line}")
    } else if is_locked(output) {
        let holder = lines().find(|line| line.contains("PID") || line.contains("pid"));
        let holder = holder.map(|line| format!(": {line}")).unwrap_or_default();
        format!("dnf is locked by another program, and 'lock_timeout' says how long to wait for it{holder}")
    } else {
        let errors =
            behind("Error:").into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        match (errors.is_empty(), output.stderr().trim()) {
            (false, _) => format!("dnf: {errors}"),
            (true, "") => format!("dnf failed with exit code {}", output.code),
            (true, stderr) => format!("dnf: {stderr}"),
        }
    };
    let error = Error::failed(message).with("rc", 1).with("results", Value::list(Vec::<Value>::new()));
    match failures.is_empty() {
        true => error,
        false => error.with("failures", Value::list(failures)),
    }
}

/// Whether a failure is one of packages that do not exist or do not fit together.
pub(super) fn is_about_packages(error: &Error) -> bool {
    let message = error.to_string();
    [MISSING, CONFLICT, "No group "].iter().any(|words| message.starts_with(words))
}

/// Whether another program was changing packages.
pub(super) fn is_locked(output: &Output) -> bool {
    output.code == 200
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32, stdout: &str, stderr: &str) -> Output {
        Output { code, stdout: stdout.into(), stderr: stderr.into() }
    }

    fn names(output: &Output, generation: Generation) -> Vec<String> {
        let name = |step| match step {
            Step::Install(package) => format!("+{}", package.full_name()),
            Step::Remove(package) => format!("-{}", package.full_name()),
        };
        steps(output, generation).unwrap().into_iter().map(name).collect()
    }

    #[test]
    fn what_dnf_4_would_do_is_understood() {
        let text = "---> Package lab-horn.noarch 1:3.0-1 will be installed\n\
                    ---> Package lab-clock.x86_64 1.1-1 will be a downgrade\n\
                    ---> Package lab-clock.x86_64 1.2-1 will be downgraded\n\
                    ---> Package lab-bell.noarch 2.0-1 will be erased\n\
                    Operation aborted.\n";
        assert_eq!(
            names(&said(1, text, ""), Generation::Four),
            [
                "+lab-horn-1:3.0-1.noarch",
                "+lab-clock-1.1-1.x86_64",
                "-lab-clock-1.2-1.x86_64",
                "-lab-bell-2.0-1.noarch"
            ]
        );
    }

    #[test]
    fn what_dnf_5_would_do_is_understood() {
        let text = "Repositories loaded.\nPackage                Arch   Version Repository      Size\nRemoving dependent packages:\n \
                    lab-bell noarch 0:2.0-1 lab        151.0   B\nUpgrading:\n lab-clock             noarch 0:1.1-1 lab        152.0   B\n   \
                    replacing lab-clock noarch 0:1.0-1 lab        152.0   B\n\
                    Skipping packages with broken dependencies:\n lab-torn noarch 1.0-1   lab        151.0   B\n\nTransaction Summary:\n \
                    Upgrading:          1 package\n";
        assert_eq!(
            names(&said(1, text, "Operation aborted by the user.\n"), Generation::Five),
            ["-lab-bell-2.0-1.noarch", "+lab-clock-1.1-1.noarch", "-lab-clock-1.0-1.noarch"]
        );
    }

    #[test]
    fn failures_are_told_in_words_that_playbooks_look_for() {
        for (stdout, stderr, message) in [
            (
                "No match for argument: nope\n",
                "Error: Unable to find a match: nope\n",
                "Failed to install some of the specified packages",
            ),
            ("Module or Group 'x' is not available.\n", "Error: Nothing to do.\n", "No group x available."),
            (
                "",
                "Error: \n Problem: conflicting requests\n  - nothing provides b needed by a\n(try to add '--skip-broken')\n",
                "Depsolve Error occurred: \n Problem: conflicting requests\n  - nothing provides b needed by a",
            ),
            (
                "Failed to resolve the transaction:\nProblem: conflicting requests\n  - nothing provides b needed by a\nYou can try to add:\n",
                "",
                "Depsolve Error occurred: \n Problem: conflicting requests\n  - nothing provides b needed by a",
            ),
            (
                "",
                "Error: Failed to download metadata for repo 'lab'\n",
                "dnf: Failed to download metadata for repo 'lab'",
            ),
            ("", "", "dnf failed with exit code 1"),
        ] {
            assert_eq!(explain(&said(1, stdout, stderr)).to_string(), message);
        }
    }
}
