use crate::facts::Facts;
use crate::reader::Reader;

/// The public keys of the host's SSH server.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let mut facts = Facts::new();
    for directory in ["/etc/ssh", "/etc/openssh", "/etc"] {
        let mut found = false;
        for algorithm in ["dsa", "rsa", "ecdsa", "ed25519"] {
            let Some(text) = reader.text(format!("{directory}/ssh_host_{algorithm}_key.pub")) else {
                continue;
            };
            let mut words = text.split_whitespace();
            if let (Some(kind), Some(key)) = (words.next(), words.next()) {
                facts.set(&format!("ssh_host_key_{algorithm}_public"), key);
                facts.set(&format!("ssh_host_key_{algorithm}_public_keytype"), kind);
                found = true;
            }
        }
        if found {
            break;
        }
    }
    facts
}
