//! Texts that ansible-vault wrote, and ours.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use vault::{Secret, Secrets, decrypt, encrypt, encrypt_with_salt, is_vaulted};

const DEFAULT: &str = include_str!("fixtures/default.vault");
const PROD: &str = include_str!("fixtures/prod.vault");

fn secrets(list: &[(&str, &str)]) -> Secrets {
    list.iter().map(|(label, password)| Secret::new(*label, *password)).collect()
}

fn both() -> Secrets {
    secrets(&[("default", "correct horse"), ("prod", "second")])
}

#[test]
fn what_ansible_vault_wrote_is_opened() {
    for (text, content, label) in [
        (DEFAULT, "hello vault\n", "default"),
        (PROD, "hello vault\n", "prod"),
        (include_str!("fixtures/empty.vault"), "", "default"),
        (include_str!("fixtures/block.vault"), "aaaaaaaaaaaaaaaa", "default"),
    ] {
        assert!(is_vaulted(text));
        assert_eq!(decrypt(text, &both()).unwrap(), (content.as_bytes().to_vec(), label.to_owned()));
    }
    let indented = DEFAULT.replace('\n', "\r\n    ");
    assert_eq!(decrypt(&indented, &both()).unwrap().0, b"hello vault\n");
}

#[test]
fn a_secret_of_another_label_opens_too_unless_labels_must_match() {
    let other = secrets(&[("default", "wrong"), ("staging", "second")]);
    assert_eq!(decrypt(PROD, &other).unwrap().1, "staging");
    let error = decrypt(PROD, &other.match_labels(true)).unwrap_err();
    assert!(error.hints()[0].contains("label 'prod'"), "{error:?}");
}

#[test]
fn what_was_encrypted_is_opened_and_differs_each_time() {
    let secret = Secret::new("prod", "second");
    for length in [0, 1, 15, 16, 17, 1000] {
        let content: Vec<u8> = (0..length).map(|byte: u32| byte as u8).collect();
        let text = encrypt(&content, &secret, Some("prod")).unwrap();
        assert!(text.starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n") && text.ends_with('\n'));
        assert!(text.lines().all(|line| line.len() <= 80));
        assert_eq!(decrypt(&text, &both()).unwrap().0, content);
        assert_ne!(text, encrypt(&content, &secret, Some("prod")).unwrap());
    }
    assert!(encrypt(b"", &secret, Some("default")).unwrap().starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    assert!(encrypt(b"", &secret, Some("a;b")).is_err());
}

#[test]
fn with_ansibles_salt_the_text_is_ansibles() {
    // The salt of the fixture: the first line of its body, twice hexadecimal.
    let body: String = DEFAULT.lines().skip(1).collect();
    let unhex = |text: &str| -> Vec<u8> {
        text.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    let inner = String::from_utf8(unhex(&body)).unwrap();
    let salt = unhex(inner.lines().next().unwrap());
    let text =
        encrypt_with_salt(b"hello vault\n", &Secret::new("default", "correct horse"), None, &salt).unwrap();
    assert_eq!(text, DEFAULT);
}

#[test]
fn errors_tell_apart_what_is_wrong() {
    for (text, message) in [
        ("plain: text\n", "not vault encrypted"),
        ("$ANSIBLE_VAULT;1.1;AES256\nzz\n", "hexadecimal"),
        ("$ANSIBLE_VAULT;1.1;AES256\n616\n", "Odd-length string"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6161\n", "missing"),
        ("$ANSIBLE_VAULT;1.1;AES256\n", "missing"),
        ("$ANSIBLE_VAULT", "format ''"),
        ("$ANSIBLE_VAULT;1.0;AES\n", "format '1.0'"),
        ("$ANSIBLE_VAULT;1.1;AES\n61\n", "cipher 'AES'"),
    ] {
        let error = decrypt(text, &both()).unwrap_err();
        assert!(error.message().contains(message), "{text:?}: {error:?}");
    }
    let wrong = decrypt(DEFAULT, &secrets(&[("a", "x"), ("b", "y")])).unwrap_err();
    assert!(wrong.message().contains("no vault secrets were found that could decrypt"), "{wrong:?}");
    assert_eq!(wrong.hints(), ["wrong password, or the text is damaged; tried: a, b"]);
    assert!(!format!("{wrong:?}").contains("hello"));
    let none = decrypt(PROD, &Secrets::new()).unwrap_err();
    assert!(none.message().contains("no vault secrets found"), "{none:?}");
    // One digit of the ciphertext changed.
    let mut damaged = DEFAULT.trim_end().to_owned();
    let last = if damaged.pop() == Some('8') { '9' } else { '8' };
    damaged.push(last);
    assert!(decrypt(&damaged, &both()).unwrap_err().hints()[0].contains("damaged"));
}

#[test]
fn a_text_cut_anywhere_is_refused() {
    let secrets = secrets(&[("default", "correct horse")]);
    for length in (0..DEFAULT.len() - 1).step_by(7) {
        assert!(decrypt(&DEFAULT[..length], &secrets).is_err(), "{length}");
    }
}

#[test]
fn passwords_are_not_shown() {
    assert_eq!(
        format!("{:?}", both()),
        "Secrets { list: [Secret(default), Secret(prod)], match_labels: false }"
    );
}
