//! Our reading of configuration files against that of the `ssh` program (`ssh -G`).

use std::path::Path;

use super::oracle;
use super::resolved::{Given, Proxy, Resolved, resolve, typed};
use crate::ssh::account::Account;

/// Runs both on every file and host, and compares all that we read.
async fn agree(cases: &[(&str, &[&str])]) {
    let account = Account::current();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("included"), "User included\nHost web*\n  Port 777\n").unwrap();
    std::fs::write(folder.path().join("included2"), "Match host db*\n  HostName two.%h\n").unwrap();
    let mut differences = String::new();
    for (number, (text, hosts)) in cases.iter().enumerate() {
        let file = folder.path().join(format!("config{number}"));
        std::fs::write(&file, text.replace("FOLDER", &folder.path().display().to_string())).unwrap();
        let arguments = ["-F".to_owned(), file.display().to_string()];
        for host in *hosts {
            let ours =
                resolve(&Given { host, arguments: &arguments, ..Given::default() }, &account).await.unwrap();
            let theirs = oracle::ask(&arguments, host).await.unwrap();
            let theirs = typed(host, &theirs, Some(file.clone()), &account).unwrap();
            let (ours, theirs) = (comparable(ours), comparable(theirs));
            if ours != theirs {
                differences += &format!("{host} in\n{text}\n  ours: {ours:?}\ntheirs: {theirs:?}\n\n");
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// The default keys differ in number and order, and the default of asking whether a host is there, on purpose.
fn comparable(mut resolved: Resolved) -> Resolved {
    resolved.keep_alive = resolved.keep_alive.filter(|(interval, _)| interval.as_secs() != 30);
    resolved.identities.retain(|identity| identity.named);
    resolved
}

#[tokio::test]
async fn files_mean_what_they_mean_to_openssh() {
    agree(&[
        ("", &["web1", "10.0.0.1"]),
        ("Host web*\n  User w\n  Port 2222\nHost *\n  User all\n  Port 22\n", &["web1", "db1"]),
        ("User first\nHost web1\nUser second\n", &["web1"]),
        ("Host a b !c d?\n  User x\nHost !a *\n  Port 99\n", &["a", "b", "c", "d1", "e"]),
        ("Host *.example.com !bad.example.com\n User u\n", &["www.example.com", "bad.example.com", "example.com"]),
        ("Host far\n HostName %h.example.com\n User \"jo e\"\n", &["far"]),
        ("Host=far\nHostName=1.2.3.4\nPort = 44\n\tUser\t=\tx   # comment\n", &["far"]),
        ("host FAR\n USER Upper\nhost far\n user lower\n", &["far", "FAR"]),
        ("Host far\n IdentityFile ~/k/%h-%r-%p-%n-%u-%d-%%\n IdentityFile \"/a b\"\n IdentitiesOnly yes\n", &["far"]),
        ("IdentityFile /one\nIdentityFile /two\nIdentityFile /one\nCertificateFile /c1\nCertificateFile ~/c2\n", &["x"]),
        ("Host x\n UserKnownHostsFile /a /b\n UserKnownHostsFile /c\n GlobalKnownHostsFile /g\n", &["x"]),
        ("Host x\n StrictHostKeyChecking accept-new\nHost y\n StrictHostKeyChecking off\nHost z\n StrictHostKeyChecking yes\n", &["x", "y", "z"]),
        ("ConnectTimeout 1m30s\nServerAliveInterval 2m\nServerAliveCountMax 7\nHashKnownHosts yes\n", &["x"]),
        ("HostKeyAlias alias\nAddressFamily inet6\nPubkeyAuthentication no\nPasswordAuthentication no\n", &["x"]),
        ("PreferredAuthentications password,publickey\nChallengeResponseAuthentication no\n", &["x"]),
        ("Host x\n ProxyJump a,b@c:22\nHost *\n ProxyCommand nc %h %p\n", &["x", "y"]),
        ("Host x\n ProxyCommand nc -X 5 \"%h\" %p # not a comment\nHost *\n ProxyJump a\n", &["x", "y"]),
        ("Host x\n ProxyJump none\nHost *\n ProxyJump a\n", &["x", "y"]),
        ("Host x\n ProxyCommand none\nHost *\n ProxyJump a\n", &["x", "y"]),
        ("Match all\n User m\nMatch host web*,db*\n Port 5\n", &["web1", "db1", "x"]),
        ("Match host web* user root\n Port 5\nMatch !host web*\n Port 6\n", &["web1", "db1"]),
        ("Host web1\n HostName real\nMatch host real\n User r\nMatch host web1\n User w\n", &["web1"]),
        ("Host web1\n HostName real\nMatch originalhost web1\n User o\n", &["web1"]),
        ("Match localuser root\n User l\nMatch user l\n Port 8\n", &["x"]),
        ("Match originalhost \"a,b\" !user nobody\n Port 8\n", &["a", "c"]),
        ("Host web1\n HostName real\nMatch final host real\n User final\nHost real\n Port 77\n", &["web1", "real", "x"]),
        ("Match final all\n User last\nHost *\n User normal\n", &["x"]),
        ("Match final all\n User last\n", &["x"]),
        ("Match canonical all\n User c\nHost *\n Port 9\n", &["x"]),
        ("Include FOLDER/included\nUser late\n", &["web1", "db1"]),
        ("Host web*\n Include FOLDER/included\nUser late\n", &["web1", "db1"]),
        ("Host db*\n Include FOLDER/incl*\nPort 1\n", &["web1", "db1"]),
        ("Include FOLDER/absent FOLDER/included\nUser late\n", &["web1"]),
        ("IdentityAgent none\n", &["x"]),
        ("IdentityAgent /run/agent-%u\n", &["x"]),
        ("IdentityAgent \"~/a b\"\n", &["x"]),
        ("Host far # with a comment\n User x#y\nHost \"quoted\" other\n User q\n", &["far", "quoted", "#", "other"]),
        ("Host w?b [x]\n User u\n", &["web", "wb", "[x]"]),
        ("IgnoreUnknown Foo*\nFooBar yes\nForwardAgent yes\nUser u\n", &["x"]),
        ("VerifyHostKeyDNS no\nSendEnv LANG LC_*\nGSSAPIAuthentication yes\nUser u\n", &["x"]),
        ("SendEnv HOM* PA*\nSendEnv -PA*\nSetEnv A=1 B=\"x y\"\nSetEnv C=3\nForwardAgent /run/x-%u\n", &["x"]),
        ("Host *\r\n User crlf\r\n", &["x"]),
    ])
    .await;
}

#[tokio::test]
async fn what_only_openssh_can_decide_is_asked_of_it() {
    agree(&[
        ("Match exec \"test %h = web1\"\n User yes\nHost *\n User no\n", &["web1", "db1"]),
        ("Match host web* exec true\n Port 44\n IdentityFile /k\n ProxyCommand nc %h %p\n", &["web1", "db1"]),
    ])
    .await;
}

#[tokio::test]
async fn what_the_caller_says_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, "User file\nPort 1\nIdentityFile /file\nConnectTimeout 99\nProxyJump hop\n")
        .unwrap();
    let arguments: Vec<String> = [
        "-F",
        file.to_str().unwrap(),
        "-o",
        "User=argument",
        "-o",
        "IdentityFile=/argument",
        "-oConnectTimeout=3",
    ]
    .map(str::to_owned)
    .to_vec();
    let account = Account::current();
    let given = Given {
        host: "web1",
        port: Some(2222),
        user: Some("o'\"brien"),
        private_key_file: Some(Path::new("/my \"key")),
        arguments: &arguments,
    };
    let resolved = resolve(&given, &account).await.unwrap();
    assert_eq!((resolved.user.as_str(), resolved.port), ("o'\"brien", 2222));
    let paths: Vec<_> =
        resolved.identities.iter().map(|identity| identity.path.display().to_string()).collect();
    assert_eq!(paths, ["/my \"key", "/argument", "/file"]);
    assert_eq!(resolved.connect_timeout.map(|limit| limit.as_secs()), Some(3), "and not the file's");
    assert_eq!(resolved.proxy, Proxy::Jump(vec!["hop".to_owned()]));
    let given = Given { port: None, user: None, ..given };
    let resolved = resolve(&given, &account).await.unwrap();
    assert_eq!((resolved.user.as_str(), resolved.port), ("argument", 1));
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reading(text in r#"(Host|Match|Port|User |ProxyJump=|Include|[ -~\n\t"'\\%$é]|\PC){0,40}"#) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, &text).unwrap();
        let arguments = ["-F".to_owned(), file.display().to_string()];
        let given = Given { host: "web1", arguments: &arguments, ..Given::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = runtime.block_on(resolve(&given, &Account::current()));
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let _ = super::arguments::Arguments::read(&words);
    }
}

#[tokio::test]
async fn a_line_that_makes_no_sense_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let account = Account::current();
    for (text, place, message) in [
        ("\nHost\n", "2:1", "'Host' needs a pattern"),
        ("User a\n  Port\n", "2:3", "'Port' has no value"),
        ("User \"a\n", "1:1", "a quote is not closed"),
        ("Match bogus x\n", "1:1", "unknown condition 'Match bogus'"),
        ("RevokedHostKeys /x\n", "1:1", "'RevokedHostKeys' is not supported by the built-in ssh client"),
    ] {
        std::fs::write(&file, text).unwrap();
        let arguments = ["-F".to_owned(), file.display().to_string()];
        let given = Given { host: "x", arguments: &arguments, ..Given::default() };
        let error = resolve(&given, &account).await.unwrap_err();
        assert_eq!(error.message(), message);
        assert_eq!(error.span().unwrap().to_string(), format!("{}:{place}", file.display()));
    }
    std::fs::write(&file, "Port http\n").unwrap();
    let arguments = ["-F".to_owned(), file.display().to_string()];
    let given = Given { host: "x", arguments: &arguments, ..Given::default() };
    assert!(resolve(&given, &account).await.unwrap_err().message().contains("'port' is 'http'"));
}
