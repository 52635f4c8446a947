use module::split_words;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Output, Result, State, System};

use super::{Iptables, Syn};

/// The words that tell iptables what a rule is.
pub(super) fn words(from: &Iptables, is_v6: bool) -> Vec<String> {
    let mut rule = Words(Vec::new());
    rule.option("-p", &from.protocol);
    rule.option("-s", &from.source);
    rule.option("-d", &from.destination);
    for extension in &from.extensions {
        rule.add(["-m", extension]);
    }
    if let Some(flags) = &from.tcp_flags {
        rule.add(["--tcp-flags", &flags.flags.join(","), &flags.flags_set.join(",")]);
    }
    rule.option("-j", &from.jump);
    if from.jump.as_deref() == Some("TEE") {
        rule.option("--gateway", &from.gateway);
    }
    rule.option("--log-prefix", &from.log_prefix);
    rule.option("--log-level", &from.log_level.map(|level| level.word().to_owned()));
    rule.option("--to-destination", &from.to_destination);
    if !from.destination_ports.is_empty() {
        rule.extension(from, "multiport");
        rule.add(["--dports", &from.destination_ports.join(",")]);
    }
    rule.option("--to-source", &from.to_source);
    rule.option("-g", &from.goto);
    rule.option("-i", &from.in_interface);
    rule.option("-o", &from.out_interface);
    match from.fragment.as_deref().map(str::trim) {
        None | Some("") => {}
        Some(fragment) if fragment.starts_with('!') => rule.add(["!", "-f"]),
        Some(_) => rule.add(["-f"]),
    }
    if let Some(counters) = &from.set_counters {
        rule.add(["-c"]);
        rule.0.extend(counters.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned));
    }
    rule.option("--source-port", &from.source_port);
    rule.option("--destination-port", &from.destination_port);
    rule.option("--to-ports", &from.to_ports);
    rule.option("--set-dscp", &from.set_dscp_mark);
    rule.option("--set-dscp-class", &from.set_dscp_mark_class);
    match from.syn {
        Syn::Ignore => {}
        Syn::Match => rule.add(["--syn"]),
        Syn::Negate => rule.add(["!", "--syn"]),
    }
    if !from.ctstate.is_empty() {
        let states = from.ctstate.join(",");
        let has = |name: &str| from.extensions.iter().any(|extension| extension == name);
        if has("state") && !has("conntrack") {
            rule.add(["--state", &states]);
        } else {
            rule.extension(from, "conntrack");
            rule.add(["--ctstate", &states]);
        }
    }
    if from.src_range.is_some() || from.dst_range.is_some() {
        rule.extension(from, "iprange");
        rule.option("--src-range", &from.src_range);
        rule.option("--dst-range", &from.dst_range);
    }
    if let (Some(_), Some(flags)) = (&from.match_set, from.match_set_flags) {
        rule.extension(from, "set");
        rule.option("--match-set", &from.match_set);
        rule.add([flags.word()]);
    }
    if from.limit.is_some() || from.limit_burst.is_some() {
        rule.extension(from, "limit");
        rule.option("--limit", &from.limit);
        rule.option("--limit-burst", &from.limit_burst);
    }
    if from.uid_owner.is_some() || from.gid_owner.is_some() {
        rule.extension(from, "owner");
        rule.option("--uid-owner", &from.uid_owner);
        rule.option("--gid-owner", &from.gid_owner);
    }
    if from.reject_with.is_some() && from.jump.is_none() {
        rule.add(["-j", "REJECT"]);
    }
    rule.option("--reject-with", &from.reject_with);
    rule.option(if is_v6 { "--icmpv6-type" } else { "--icmp-type" }, &from.icmp_type);
    if let Some(comment) = &from.comment {
        rule.extension(from, "comment");
        rule.add(["--comment", comment]);
    }
    rule.0
}

struct Words(Vec<String>);

impl Words {
    fn add<const N: usize>(&mut self, words: [&str; N]) {
        self.0.extend(words.map(str::to_owned));
    }

    /// An option and its value, which `!` turns round.
    fn option(&mut self, option: &str, value: &Option<String>) {
        let Some(value) = value else { return };
        match value.strip_prefix('!').filter(|_| option != "--log-prefix") {
            Some(value) => self.add(["!", option, value.trim_start()]),
            None => self.add([option, value]),
        }
    }

    /// An extension, unless the playbook names it itself.
    fn extension(&mut self, from: &Iptables, name: &str) {
        if !from.extensions.iter().any(|extension| extension == name) {
            self.add(["-m", name]);
        }
    }
}

/// How many seconds a look waits for a program that changes rules.
pub(super) const PATIENCE: &str = "10";

/// A rule of a chain, or that there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rule {
    /// Program, table, chain and the words of the rule, as a shell would take them.
    name: String,
    #[serde(rename = "present")]
    pub(super) is_there: bool,
}

impl Rule {
    /// Looks whether a rule is there; after one of the `flushes` of a dry run it is not.
    pub(super) fn look(
        host: &mut System,
        table: &str,
        chain: &str,
        rule: &[String],
        flushes: Vec<String>,
    ) -> Result<Rule> {
        let rule: Vec<String> = rule.iter().map(|word| quoted(word)).collect();
        let name = format!("{table} {chain} {}", rule.join(" "));
        let is_predicted = host.predicted(Rule::KIND).iter().any(|(found, _)| *found == name);
        match !is_predicted && flushes.iter().any(|flush| host.would_be_refreshed(flush)) {
            true => Ok(Rule::absent(&name)),
            false => unless_pending(host.observe::<Rule>(&name), || Rule::absent(&name)),
        }
    }

    /// The same rule, there or not.
    pub(super) fn wanted(&self, is_there: bool) -> Rule {
        Rule { is_there, ..self.clone() }
    }

    /// `iptables -t TABLE OPERATION CHAIN ...`.
    fn command(&self, operation: &str, number: Option<&str>, wait: Option<&str>) -> Result<Command> {
        let words = split_words(&self.name)?;
        let (Some(head), Some(chain), Some(rule)) = (words.get(..3), words.get(3), words.get(4..)) else {
            return Err(Error::failed(format!("'{}' is no rule", self.name)));
        };
        let command = Command::new(head).args([operation, chain]).args(number);
        let command = match wait {
            Some(wait) => command.args(["-w", wait]),
            None => command,
        };
        Ok(command.args(rule).env("LC_ALL", "C.UTF-8"))
    }

    /// Adds or removes it; `place` is the number of the rule to insert it before, if it is not to be the last one.
    pub(super) fn bring_to(
        &self,
        host: &mut dyn Backend,
        want: &Rule,
        place: Option<Option<&str>>,
        wait: Option<&str>,
    ) -> Result<()> {
        let command = match (want.is_there, place) {
            (true, None) => self.command("-A", None, wait)?,
            (true, Some(number)) => self.command("-I", number, wait)?,
            (false, _) => self.command("-D", None, wait)?,
        };
        host.carry_out(&command, "can't change the rules").map(drop)
    }
}

impl State for Rule {
    const KIND: &'static str = "packet filter rule";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<Rule> {
        let rule = Rule::absent(name);
        let found = host.query(&rule.command("-C", None, Some(PATIENCE))?)?;
        refuse_trouble(&found, "can't look for the rule")?;
        Ok(Rule { is_there: found.success(), ..rule })
    }

    fn absent(name: &str) -> Rule {
        Rule { name: name.to_owned(), is_there: false }
    }

    fn is_absent(&self) -> bool {
        !self.is_there
    }

    fn bring_about(host: &mut dyn Backend, now: &Rule, want: &Rule) -> Result<()> {
        now.bring_to(host, want, None, None)
    }
}

/// What was found; nothing if the program is still to come with a package, for then no rules are there either.
pub(super) fn unless_pending<T>(found: Result<T>, nothing: impl FnOnce() -> T) -> Result<T> {
    match found {
        Err(Error::Unknown(_)) => Ok(nothing()),
        found => found,
    }
}

/// Tells a refusal from the answer that there is no such thing: iptables(8) "DIAGNOSTICS".
pub(super) fn refuse_trouble(output: &Output, doing: &str) -> Result<()> {
    let is_answer = match output.code {
        0 | 1 => true,
        // Where a chain or a set is missing, the rule is too.
        2 => output.stderr().contains("exist") || output.stderr().is_empty(),
        _ => false,
    };
    if is_answer { Ok(()) } else { output.clone().checked(doing).map(drop) }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:,!+=@%".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_again() {
        for word in ["a b", "", "it's", "!", "\\x", "10.0.0.0/8"] {
            assert_eq!(split_words(&quoted(word)).unwrap(), [word], "{word}");
        }
    }
}
