use value::{Map, Value};

use crate::facts::Facts;
use crate::reader::Reader;

/// How names are looked up, by `/etc/resolv.conf`.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let mut dns = Facts::new();
    let mut servers: Vec<String> = Vec::new();
    for line in reader.lines("/etc/resolv.conf") {
        let mut words = line.split_whitespace().map(str::to_owned);
        match words.next().as_deref() {
            Some("nameserver") => servers.extend(words),
            Some("domain") => dns.set_some("domain", words.next()),
            Some("search") => dns.set("search", words.collect::<Vec<_>>()),
            Some("sortlist") => dns.set("sortlist", words.collect::<Vec<_>>()),
            Some("options") => {
                let option = |word: String| match word.split_once(':') {
                    Some((name, value)) if !value.is_empty() => (Value::from(name), Value::from(value)),
                    _ => (Value::from(word.trim_end_matches(':')), Value::Bool(true)),
                };
                dns.set("options", words.map(option).collect::<Map>());
            }
            _ => {}
        }
    }
    if !servers.is_empty() {
        dns.set("nameservers", servers);
    }
    Facts::new().with("dns", dns)
}
