/// One line of a simulation: a package that would be installed or removed.
#[derive(Debug, PartialEq)]
pub(super) struct Step {
    pub(super) name: String,
    /// The version that would be there; `None` if the package would be gone.
    pub(super) after: Option<String>,
    /// Whether its configuration would go as well.
    pub(super) purges: bool,
}

impl Step {
    /// `Inst NAME [OLD] (NEW ORIGIN [ARCHITECTURE])`, `Remv NAME [OLD]` or `Purg NAME [OLD]`.
    pub(super) fn parse(line: &str) -> Option<Step> {
        let (verb, rest) = line.split_once(' ')?;
        let name = rest.split_whitespace().next()?.to_owned();
        match verb {
            "Inst" => {
                let (_, new) = rest.split_once(" (")?;
                let after = Some(new.split([' ', ')']).next()?.to_owned());
                Some(Step { name, after, purges: false })
            }
            "Remv" | "Purg" => Some(Step { name, after: None, purges: verb == "Purg" }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulations_are_understood() {
        let step = |line: &str| Step::parse(line).map(|step| (step.name, step.after));
        let inst = |name: &str, version: &str| Some((name.to_owned(), Some(version.to_owned())));
        assert_eq!(step("Inst nginx (1.22.1-9 Debian:12/stable [amd64])"), inst("nginx", "1.22.1-9"));
        assert_eq!(
            step("Inst libc6:i386 [2.36-8] (2.36-9 Debian:12 [i386]) []"),
            inst("libc6:i386", "2.36-9")
        );
        assert_eq!(step("Remv curl [7.88] [libc:amd64 ]"), Some(("curl".into(), None)));
        assert_eq!(step("Purg curl [7.88]"), Some(("curl".into(), None)));
        assert_eq!(step("Conf nginx (1.22.1-9 Debian:12/stable [amd64])"), None);
    }
}
