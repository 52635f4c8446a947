//! What is made here is what other programs read, and the other way round: openssl(1) and ssh-keygen(1).

use std::path::Path;
use std::process::Command;

use pki::{Curve, KeyFormat, KeyKind, KeyText, PrivateKey, SshKeyPair, SshPublicKey};

const KINDS: [KeyKind; 5] = [
    KeyKind::Rsa(2048),
    KeyKind::Elliptic(Curve::P256),
    KeyKind::Elliptic(Curve::P384),
    KeyKind::Elliptic(Curve::P521),
    KeyKind::Ed25519,
];

/// What a program prints; it has to succeed.
fn run(folder: &Path, words: &[&str]) -> Vec<u8> {
    let output = Command::new(words[0]).args(&words[1..]).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{words:?}: {error}"));
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    use std::os::unix::fs::OpenOptionsExt as _;
    let _ = std::fs::remove_file(folder.join(name));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name));
    std::io::Write::write_all(&mut file.unwrap(), bytes).unwrap();
}

#[test]
fn openssl_reads_our_private_keys_and_we_read_its() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for kind in KINDS {
        let key = PrivateKey::generate(kind).unwrap();
        assert_eq!(key.kind(), kind);
        let public = key.public_key().unwrap().to_der().unwrap();
        for format in [KeyFormat::Traditional, KeyFormat::Pkcs8] {
            if kind == KeyKind::Ed25519 && format == KeyFormat::Traditional {
                continue;
            }
            for passphrase in [None, Some("a b'c")] {
                let text = key.written(format, passphrase).unwrap();
                write(folder, "ours", &text);
                let pass = format!("pass:{}", passphrase.unwrap_or("none"));
                let check = ["openssl", "pkey", "-in", "ours", "-passin", &pass, "-noout", "-check"];
                run(folder, &check);
                let read = ["openssl", "pkey", "-in", "ours", "-passin", &pass, "-pubout", "-outform", "DER"];
                assert_eq!(run(folder, &read), public, "{kind:?} {format:?}");
                let again = KeyText::parse(&text, passphrase).unwrap();
                assert_eq!((again.format, again.encrypted), (format, passphrase.is_some()));
                assert_eq!(again.key.public_key().unwrap().to_der().unwrap(), public);
                if passphrase.is_some() {
                    for wrong in [None, Some("other")] {
                        assert!(KeyText::parse(&text, wrong).unwrap_err().passphrase);
                    }
                }
                let mut theirs = vec!["openssl", "pkey", "-in", "ours", "-passin", &pass, "-out", "theirs"];
                if format == KeyFormat::Traditional {
                    theirs.push("-traditional");
                }
                if passphrase.is_some() {
                    theirs.extend(["-aes128", "-passout", &pass]);
                }
                run(folder, &theirs);
                let theirs = std::fs::read(folder.join("theirs")).unwrap();
                let theirs = KeyText::parse(&theirs, passphrase).unwrap();
                assert_eq!(theirs.format, format);
                assert_eq!(theirs.key.public_key().unwrap().to_der().unwrap(), public);
            }
        }
    }
}

#[test]
fn ssh_keygen_reads_our_keys_and_we_read_its() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for kind in KINDS {
        let pair = SshKeyPair::generate(kind, "me here").unwrap();
        let line = pair.public_line().unwrap();
        let fingerprint = SshPublicKey::parse(&line).unwrap().fingerprint();
        for (format, passphrase) in
            [(None, ""), (None, "a b'c"), (Some(KeyFormat::Pkcs8), ""), (Some(KeyFormat::Traditional), "")]
        {
            if kind == KeyKind::Ed25519 && format.is_some() {
                continue;
            }
            let text = pair.private_text(format, Some(passphrase)).unwrap();
            write(folder, "ours", &text);
            let told = run(folder, &["ssh-keygen", "-y", "-P", passphrase, "-f", "ours"]);
            let told = String::from_utf8(told).unwrap();
            assert!(SshPublicKey::parse(&told).unwrap().is_same(&SshPublicKey::parse(&line).unwrap()));
            write(folder, "ours.pub", line.as_bytes());
            let told = String::from_utf8(run(folder, &["ssh-keygen", "-l", "-f", "ours.pub"])).unwrap();
            assert!(told.contains(&fingerprint), "{told}");
            // With another passphrase, and so in OpenSSH's way.
            run(folder, &["ssh-keygen", "-q", "-p", "-P", passphrase, "-N", "theirs", "-f", "ours"]);
            let theirs = std::fs::read(folder.join("ours")).unwrap();
            let theirs = SshKeyPair::parse(&theirs, Some("theirs")).unwrap();
            assert!(theirs.encrypted);
            assert_eq!((theirs.kind(), theirs.format), (Some(kind), None));
        }
    }
}
