use module::{Arguments, Module, Outcome, Presence, mutually_exclusive, required_since};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Result, System};

mod chain;
mod rule;

use chain::{Chain, ChainPolicy};
use rule::{Rule, words};

/// Sets rules of the kernel's packet filter, its chains and what happens to packets that no rule is for: iptables(8).
///
/// What is set lasts until the host starts again. The host needs the program `iptables`, for IPv6 `ip6tables`. Arguments
/// that say what a packet must be like take a `!` before their value, which turns it round.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Iptables {
    /// The table.
    #[serde(default)]
    table: Table,
    /// The chain: one of the table's own, such as `INPUT`, or another.
    chain: Option<String>,
    /// Whether the rule shall be there.
    #[serde(default)]
    state: Presence,
    /// Where a rule goes that is not there yet.
    #[serde(default)]
    action: Action,
    /// With `action: insert`: the number that the rule gets.
    rule_num: Option<String>,
    /// For which protocol.
    #[serde(default)]
    ip_version: IpVersion,
    /// Make the chain if there is none; with `state: absent` and no rule, remove it.
    #[serde(default)]
    chain_management: bool,
    /// Remove all rules of the chain, or of the table if no chain is given. Other arguments do not count.
    #[serde(default)]
    flush: bool,
    /// What happens to packets that no rule of the chain is for. Other arguments do not count.
    policy: Option<Policy>,
    /// How many seconds to wait for another program that changes rules.
    wait: Option<String>,
    /// Look up no names of addresses when the rules are listed. They never are.
    #[serde(default, rename = "numeric")]
    _numeric: bool,
    /// The protocol: `tcp`, `udp`, `icmp`, a number.
    protocol: Option<String>,
    /// Where the packet comes from: an address or a network.
    source: Option<String>,
    /// Where it goes to: an address or a network.
    destination: Option<String>,
    /// Extensions that look at the packet. Those that other arguments need come by themselves.
    #[serde(rename = "match", default)]
    extensions: Vec<String>,
    /// Flags of TCP.
    tcp_flags: Option<TcpFlags>,
    /// What becomes of the packet: `ACCEPT`, `DROP`, a chain.
    jump: Option<String>,
    /// With `jump: TEE`: who gets a copy.
    gateway: Option<String>,
    /// What stands before the line in the log. Means `jump: LOG`.
    log_prefix: Option<String>,
    /// How important the line in the log is, as a name or a number. Means `jump: LOG`.
    log_level: Option<LogLevel>,
    /// The chain where it goes on, without coming back to this one.
    goto: Option<String>,
    /// The network interface that it came in by.
    in_interface: Option<String>,
    /// The network interface that it goes out by.
    out_interface: Option<String>,
    /// Only the second and further parts of a packet; with `!` the others only.
    fragment: Option<String>,
    /// What the counters of the rule start from: packets and bytes.
    set_counters: Option<String>,
    /// The port it comes from, or a range `FIRST:LAST`.
    source_port: Option<String>,
    /// The port it goes to, or a range `FIRST:LAST`.
    destination_port: Option<String>,
    /// Several ports or ranges that it may go to.
    #[serde(default)]
    destination_ports: Vec<String>,
    /// The port that it is sent on to.
    to_ports: Option<String>,
    /// The address that it is sent on to.
    to_destination: Option<String>,
    /// The address that it seems to come from.
    to_source: Option<String>,
    /// The mark for its importance, as a number.
    set_dscp_mark: Option<String>,
    /// The mark for its importance, as the name of a class.
    set_dscp_mark_class: Option<String>,
    /// Packets that begin a connection, or all others.
    #[serde(default)]
    syn: Syn,
    /// States of the connection: `NEW`, `ESTABLISHED`, `RELATED`, `INVALID`, `UNTRACKED`, `SNAT`, `DNAT`.
    #[serde(default)]
    ctstate: Vec<String>,
    /// Addresses that it comes from, `FIRST-LAST`.
    src_range: Option<String>,
    /// Addresses that it goes to, `FIRST-LAST`.
    dst_range: Option<String>,
    /// A set of addresses that ipset(8) has.
    match_set: Option<String>,
    /// Which of the packet's addresses are looked for in the set.
    match_set_flags: Option<SetFlags>,
    /// How often at most, such as `5/second`.
    limit: Option<String>,
    /// How many may come at once before the limit counts.
    limit_burst: Option<String>,
    /// The user whose program has sent it.
    uid_owner: Option<String>,
    /// The group whose program has sent it.
    gid_owner: Option<String>,
    /// What the sender is told. Means `jump: REJECT`.
    reject_with: Option<String>,
    /// The kind of ICMP message, by number or name.
    icmp_type: Option<String>,
    /// A comment on the rule.
    comment: Option<String>,
}

macro_rules! choices {
    ($(#[$about:meta])* $name:ident { $($(#[$default:meta])* $choice:ident = $word:literal),* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        enum $name {
            $($(#[$default])* #[serde(rename = $word)] $choice),*
        }

        impl $name {
            fn word(self) -> &'static str {
                match self {
                    $($name::$choice => $word),*
                }
            }
        }
    };
}

choices!(#[derive(Default)] Table {
    #[default] Filter = "filter", Nat = "nat", Mangle = "mangle", Raw = "raw", Security = "security"
});
choices!(Policy { Accept = "ACCEPT", Drop = "DROP", Queue = "QUEUE", Return = "RETURN" });
choices!(#[derive(Default)] IpVersion { #[default] Ipv4 = "ipv4", Ipv6 = "ipv6", Both = "both" });
choices!(LogLevel {
    Zero = "0", One = "1", Two = "2", Three = "3", Four = "4", Five = "5", Six = "6", Seven = "7",
    Emergency = "emerg", Alert = "alert", Critical = "crit", Error = "error", Warning = "warning",
    Notice = "notice", Info = "info", Debug = "debug"
});
choices!(SetFlags {
    Source = "src", Destination = "dst", SourceDestination = "src,dst", DestinationSource = "dst,src",
    Destinations = "dst,dst", Sources = "src,src"
});

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// After all others.
    #[default]
    Append,
    /// Before all others, or where `rule_num` says.
    Insert,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Syn {
    /// Either.
    #[default]
    Ignore,
    /// Those that begin one.
    Match,
    /// All others.
    Negate,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TcpFlags {
    /// The flags that are looked at.
    #[serde(default)]
    flags: Vec<String>,
    /// Those of them that are set.
    #[serde(default)]
    flags_set: Vec<String>,
}

impl Arguments for Iptables {
    const NAME: &'static str = "iptables";
    const EXAMPLES: &'static str = r#"
- name: What belongs to connections that are open comes in
  iptables:
    chain: INPUT
    ctstate: [ESTABLISHED, RELATED]
    jump: ACCEPT

- name: The web server can be reached
  iptables:
    chain: INPUT
    protocol: tcp
    destination_ports: ["80", "443"]
    jump: ACCEPT
    comment: web

- name: Nothing else comes in
  iptables:
    chain: INPUT
    policy: DROP
"#;
}

impl Module for Iptables {
    fn run(mut self, host: &mut System) -> Result<Outcome> {
        self.check()?;
        let rule = words(&self, false);
        // Playbooks find the rule as they have written it; a line in the log needs the target that writes it.
        if self.logs() && self.jump.is_none() {
            self.jump = Some("LOG".into());
        }
        let programs: &[&str] = match self.ip_version {
            IpVersion::Ipv4 => &["iptables"],
            IpVersion::Ipv6 => &["ip6tables"],
            IpVersion::Both => &["iptables", "ip6tables"],
        };
        for program in programs {
            match host.find_program(program) {
                Ok(None) => {
                    let message = format!("Failed to find required executable \"{program}\" in paths");
                    return Err(Error::failed(message));
                }
                // It is still to come, with a package: each look finds nothing until then.
                Ok(Some(_)) | Err(Error::Unknown(_)) => self.carry_out(host, program)?,
                Err(error) => return Err(error),
            }
        }
        Ok(Outcome::new()
            .with("ip_version", self.ip_version.word())
            .with("table", self.table.word())
            .with("chain", self.chain)
            .with("flush", self.flush)
            .with("rule", rule.join(" "))
            .with("state", if self.state == Presence::Present { "present" } else { "absent" })
            .with("chain_management", self.chain_management)
            .with("wait", self.wait))
    }
}

impl Iptables {
    /// What the arguments must be like, in the words that playbooks look for.
    fn check(&self) -> Result<()> {
        mutually_exclusive(&[
            ("set_dscp_mark", self.set_dscp_mark.is_some()),
            ("set_dscp_mark_class", self.set_dscp_mark_class.is_some()),
        ])?;
        mutually_exclusive(&[("flush", self.flush), ("policy", self.policy.is_some())])?;
        if !self.flush {
            required_since("flush is False", &[("chain", self.chain.is_some())])?;
        }
        let marks = [
            ("set_dscp_mark", self.set_dscp_mark.is_some()),
            ("set_dscp_mark_class", self.set_dscp_mark_class.is_some()),
        ];
        if let Some((name, _)) = marks.iter().find(|(_, given)| *given && self.jump.is_none()) {
            return Err(Error::failed(format!("missing parameter(s) required by '{name}': jump")));
        }
        if self.logs() && self.jump.as_deref().is_some_and(|jump| jump != "LOG") {
            return Err(Error::failed("Logging options can only be used with the LOG jump target."));
        }
        if self.match_set.is_some() != self.match_set_flags.is_some() {
            return Err(Error::failed("match_set and match_set_flags go together"));
        }
        Ok(())
    }

    fn logs(&self) -> bool {
        self.log_prefix.is_some() || self.log_level.is_some()
    }

    fn carry_out(&self, host: &mut System, program: &str) -> Result<()> {
        if self.flush {
            return self.flush(host, program);
        }
        let table = format!("{program} -t {}", self.table.word());
        let chain = self.chain.as_deref().unwrap_or_default();
        let wait = self.wait.as_deref();
        let name = format!("{table} {chain}");
        if let Some(policy) = self.policy {
            return ChainPolicy::settle(host, &name, policy.word(), wait);
        }
        let present = self.state == Presence::Present;
        let rule = words(self, program == "ip6tables");
        if rule.is_empty() {
            return Chain::settle(host, &name, present, wait);
        }
        let now = Rule::look(host, &table, chain, &rule, self.flush_names(program))?;
        if present && !now.is_there && self.chain_management {
            Chain::settle(host, &name, true, wait)?;
        }
        let place = match self.action {
            Action::Append => None,
            Action::Insert => Some(self.rule_num.as_deref()),
        };
        let want = now.wanted(present);
        host.settle_by(&now, want, |backend, now, want| now.bring_to(backend, want, place, wait)).map(drop)
    }

    /// The flushes after which no rule of the chain is there.
    fn flush_names(&self, program: &str) -> Vec<String> {
        let table = format!("{program} -t {} -F", self.table.word());
        let chain = self.chain.as_ref().map(|chain| format!("{table} {chain}"));
        chain.into_iter().chain([table]).collect()
    }

    fn flush(&self, host: &mut System, program: &str) -> Result<()> {
        let mut command = Command::new([program, "-t", self.table.word(), "-F"]);
        command = command.args(self.chain.clone());
        if let Some(wait) = &self.wait {
            command = command.args(["-w", wait]);
        }
        let names = self.flush_names(program);
        let Some(name) = names.first() else { return Ok(()) };
        let shown = name.replace(" -F", "");
        host.act("packet filter", &shown, "flush", |backend| {
            backend.carry_out(&command, "can't remove the rules").map(drop)
        })?;
        // Later tasks of a dry run must not find the rules that are there still.
        host.refresh(name, |_| Ok(()))
    }
}
