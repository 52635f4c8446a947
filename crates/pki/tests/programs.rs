//! What is made here is what other programs read, and the other way round: openssl(1) and ssh-keygen(1).

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use pki::{
    Curve, Digest, DistinguishedName, DistributionPoint, Issue, Issuer, KeyFormat, KeyKind, KeyText,
    PrivateKey, Request, SshKeyPair, SshPublicKey, WantedExtensions, WantedRequest,
};

const DAY: Duration = Duration::from_secs(86_400);

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

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn openssl_takes_our_requests_and_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let subject = DistinguishedName::of([("C", "CH"), ("O", "Müller"), ("CN", "www.example.com")]).unwrap();
    let wanted = WantedExtensions {
        alternative_names: (texts(&["DNS:www.example.com", "IP:192.0.2.1", "email:a@example.com"]), true),
        key_usage: (texts(&["digitalSignature", "keyCertSign"]), true),
        extended_key_usage: (texts(&["serverAuth", "1.2.3.4"]), false),
        basic_constraints: (texts(&["CA:TRUE", "pathlen:1"]), true),
        must_staple: (true, false),
        permitted: texts(&["DNS:example.com", "IP:192.0.2.0/24"]),
        distribution_points: vec![DistributionPoint {
            full_name: texts(&["URI:https://example.com/crl"]),
            reasons: texts(&["key_compromise"]),
            ..DistributionPoint::default()
        }],
        ..WantedExtensions::default()
    };
    let extensions = wanted.build().unwrap();
    let request = WantedRequest { subject, ordered: false, extensions };
    for kind in KINDS {
        let key = PrivateKey::generate(kind).unwrap();
        for digest in [Digest::Sha256, Digest::Sha512] {
            let signed = request.signed(&key, digest).unwrap();
            let text = signed.text().unwrap();
            write(folder, "request", text.as_bytes());
            let told = run(folder, &["openssl", "req", "-in", "request", "-noout", "-verify", "-text"]);
            let told = String::from_utf8_lossy(&told).into_owned();
            for part in [
                "DNS:www.example.com, IP Address:192.0.2.1, email:a@example.com",
                "Digital Signature, Certificate Sign",
                "TLS Web Server Authentication, 1.2.3.4",
                "CA:TRUE, pathlen:1",
                "status_request",
                "DNS:example.com",
                "IP:192.0.2.0/255.255.255.0",
                "URI:https://example.com/crl",
                "Key Compromise",
                "CN = www.example.com",
            ] {
                assert!(told.contains(part), "{part}: {told}");
            }
            let again = Request::parse(text.as_bytes()).unwrap();
            assert!(request.is_asked_by(&again, &key).unwrap());
            let other = PrivateKey::generate(KeyKind::Ed25519).unwrap();
            assert!(!request.is_asked_by(&again, &other).unwrap());

            let (from, until) = (SystemTime::now() - DAY, SystemTime::now() + DAY * 60_000);
            let issuer = Issuer { key: &key, certificate: None };
            let mut issue = Issue {
                request: Some(&signed),
                issuer,
                digest,
                subject_key: Some(false),
                authority_key: true,
            };
            let authority = issue.signed(from, until).unwrap();
            write(folder, "authority", authority.text().unwrap().as_bytes());
            run(folder, &["openssl", "verify", "-CAfile", "authority", "authority"]);

            let end = WantedRequest {
                subject: DistinguishedName::of([("CN", "db.example.com")]).unwrap(),
                ordered: true,
                extensions: WantedExtensions {
                    alternative_names: (texts(&["DNS:db.example.com"]), false),
                    ..WantedExtensions::default()
                }
                .build()
                .unwrap(),
            };
            let asked = end.signed(&other, digest).unwrap();
            issue.request = Some(&asked);
            issue.issuer.certificate = Some(&authority);
            let certificate = issue.signed(from, until).unwrap();
            write(folder, "certificate", certificate.text().unwrap().as_bytes());
            run(folder, &["openssl", "verify", "-CAfile", "authority", "-x509_strict", "certificate"]);
            assert!(issue.is_done_by(&certificate).unwrap());
            assert!(!issue.is_done_by(&authority).unwrap());
            assert!(certificate.is_signed_by(&authority.public_key()));
            assert!(!authority.is_signed_by(&certificate.public_key()));
        }
    }
}

#[test]
fn what_openssl_has_asked_for_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let key = PrivateKey::generate(KeyKind::Elliptic(Curve::P256)).unwrap();
    write(folder, "key", &key.written(KeyFormat::Pkcs8, None).unwrap());
    let words = [
        "openssl",
        "req",
        "-new",
        "-key",
        "key",
        "-out",
        "request",
        "-subj",
        "/O=We/CN=www.example.com",
        "-addext",
        "extendedKeyUsage=serverAuth",
        "-addext",
        "subjectAltName=DNS:b,DNS:a",
    ];
    run(folder, &words);
    let wanted = |names: &[&str]| WantedRequest {
        subject: DistinguishedName::of([("commonName", "www.example.com"), ("O", "We")]).unwrap(),
        ordered: false,
        extensions: WantedExtensions {
            alternative_names: (texts(names), false),
            extended_key_usage: (texts(&["serverAuth"]), false),
            ..WantedExtensions::default()
        }
        .build()
        .unwrap(),
    };
    let request = Request::parse(&std::fs::read(folder.join("request")).unwrap()).unwrap();
    assert!(wanted(&["DNS:a", "DNS:b"]).is_asked_by(&request, &key).unwrap());
    assert!(!wanted(&["DNS:a"]).is_asked_by(&request, &key).unwrap());
    let ordered = WantedRequest { ordered: true, ..wanted(&["DNS:a", "DNS:b"]) };
    assert!(!ordered.is_asked_by(&request, &key).unwrap());
}
