//! Starting the runner, with and without another user, against a real server. The runner is a small script here.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::os::unix::fs::MetadataExt;

use support::{PASSWORD, Sshd, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::{
    Become, BecomeMethod, Connection, Exit, Pipe, RunnerBinary, Target, connect, run_shell, start_runner,
};

fn runner() -> RunnerBinary {
    let script = r#"#!/bin/sh
case $1 in
    --version) echo 1.0; exit 0 ;;
    --remove-self) rm -f "$0" ;;
esac
echo "$(id -u) $0"
exec cat
"#;
    let padding = "#".repeat(300_000);
    RunnerBinary::new(format!("{script}{padding}").into_bytes(), run("uname", &["-m"]).trim())
}

/// Talks to a started runner: who it is, where it lies, and whether bytes come back whole.
async fn talk(pipe: Pipe) -> (u32, String) {
    let Pipe { mut stdin, mut stdout, exit, .. } = pipe;
    let sent: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    let mut all = Vec::new();
    let writing = async {
        stdin.write_all(&sent).await.unwrap();
        stdin.shutdown().await.unwrap();
    };
    let (_, read) = tokio::join!(writing, stdout.read_to_end(&mut all));
    read.unwrap();
    assert_eq!(exit.await, Exit::Code(0));
    let end = all.iter().position(|byte| *byte == b'\n').unwrap();
    assert!(all[end + 1..] == sent, "{} of {} bytes came back", all.len() - end - 1, sent.len());
    let line = String::from_utf8(all[..end].to_vec()).unwrap();
    let (id, path) = line.split_once(' ').unwrap();
    (id.parse().unwrap(), path.to_owned())
}

async fn started(connection: &dyn Connection, become_user: Option<&Become>) -> (u32, String) {
    talk(start_runner(connection, &runner(), become_user).await.unwrap()).await
}

async fn refused(connection: &dyn Connection, become_user: Option<&Become>) -> diag::Error {
    match start_runner(connection, &runner(), become_user).await {
        Ok(_) => panic!("the runner was started"),
        Err(error) => error,
    }
}

/// Alice may become anybody with her password, Bob without one, and Carol nobody.
fn user(sshd: &Sshd, name: &str) -> Target {
    Target { user: Some(name.to_owned()), ..sshd.target() }
}

fn caching(sshd: &Sshd) -> String {
    sshd.path("cache").join("capstan").join(format!("runner-{}", runner().sha256())).display().to_string()
}

/// The lines of sshd_config and the preparation that give root a cache folder below the server's own.
const CACHE: &str = "SetEnv XDG_CACHE_HOME=ROOT/cache";

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_is_uploaded_once_and_reused() {
    let sshd = Sshd::with(CACHE, "");
    let connection = connect(&sshd.target()).await.unwrap();
    let path = caching(&sshd);
    assert_eq!(started(&*connection, None).await, (0, path.clone()));
    let first = std::fs::metadata(&path).unwrap();
    assert_eq!(first.mode() & 0o7777, 0o700);
    assert_eq!(std::fs::metadata(sshd.path("cache/capstan")).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(started(&*connection, None).await, (0, path.clone()));
    assert_eq!(std::fs::metadata(&path).unwrap().ino(), first.ino(), "it was not written again");

    // Damaged in its size, it is replaced; one that others could have written is not run.
    std::fs::write(&path, "#!/bin/sh\necho 0 cut\n").unwrap();
    assert_eq!(started(&*connection, None).await, (0, path.clone()));
    run("chown", &["7001", &path]);
    assert_eq!(started(&*connection, None).await, (0, path.clone()));
    assert_eq!(std::fs::metadata(&path).unwrap().uid(), 0);
    assert_eq!(std::fs::read_dir(sshd.path("cache/capstan")).unwrap().count(), 1, "nothing is left over");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_starts_at_once_do_not_disturb_each_other() {
    let sshd = Sshd::with(CACHE, "");
    let connection = connect(&sshd.target()).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let connection = connection.clone();
        tasks.spawn(async move { started(&*connection, None).await });
    }
    while let Some(done) = tasks.join_next().await {
        assert_eq!(done.unwrap(), (0, caching(&sshd)));
    }
    assert_eq!(std::fs::read_dir(sshd.path("cache/capstan")).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_that_is_not_kept_leaves_nothing() {
    let sshd = Sshd::with(CACHE, "");
    let connection = connect(&sshd.target()).await.unwrap();
    for _ in 0..2 {
        let (_, path) = talk(start_runner(&*connection, &runner().not_kept(), None).await.unwrap()).await;
        assert!(path.starts_with(&caching(&sshd)), "{path}");
        assert_eq!(std::fs::read_dir(sshd.path("cache/capstan")).unwrap().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_are_not_ours_or_not_executable_are_passed_over() {
    let sshd = Sshd::with(CACHE, "mkdir ROOT/elsewhere; ln -s ROOT/elsewhere ROOT/cache/capstan");
    let connection = connect(&sshd.target()).await.unwrap();
    assert!(started(&*connection, None).await.1.starts_with("/var/tmp/capstan-0/runner-"));

    let sshd = Sshd::with(CACHE, "mkdir -m 777 ROOT/cache/capstan; chown 7001 ROOT/cache/capstan");
    let connection = connect(&sshd.target()).await.unwrap();
    assert!(started(&*connection, None).await.1.starts_with("/var/tmp/capstan-0/runner-"));

    let sshd = Sshd::with(CACHE, "mount -t tmpfs -o noexec none ROOT/cache");
    let connection = connect(&sshd.target()).await.unwrap();
    for _ in 0..2 {
        assert!(started(&*connection, None).await.1.starts_with("/var/tmp/capstan-0/runner-"));
    }

    // Too small for the runner.
    let sshd = Sshd::with(CACHE, "mount -t tmpfs -o size=64k none ROOT/cache");
    let connection = connect(&sshd.target()).await.unwrap();
    assert!(started(&*connection, None).await.1.starts_with("/var/tmp/capstan-0/runner-"));

    let nowhere = "mount -t tmpfs -o noexec none ROOT/cache; mount -t tmpfs -o noexec,mode=1777 none /var/tmp; \
                   mount -t tmpfs -o noexec,mode=1777 none /dev/shm; mkdir /run/keep; mount --bind ROOT /run/keep; \
                   mount -t tmpfs -o noexec,mode=1777 none /tmp; mkdir -p ROOT; mount --rbind /run/keep ROOT; \
                   mount -t tmpfs -o noexec none ROOT/cache";
    let sshd = Sshd::with(CACHE, nowhere);
    let connection = connect(&sshd.target()).await.unwrap();
    let error = refused(&*connection, None).await;
    assert_eq!(error.message(), "no folder on the host can hold and run the runner");
    for folder in [
        "/cache/capstan: can not be executed",
        "/var/tmp/capstan-0:",
        "/tmp/capstan-0:",
        "/dev/shm/capstan-0:",
    ] {
        assert!(error.summary().contains(folder), "{error:?}");
    }
    assert!(error.hints()[0].contains("'raw'"), "{error:?}");
    let output = run_shell(&*connection, None, "echo raw works").await.unwrap();
    assert_eq!(output.stdout, b"raw works\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_runner_may_clean_up() {
    let sshd = Sshd::with(CACHE, "");
    let mark = sshd.path("cleaned");
    let script =
        format!("#!/bin/sh\n[ \"$1\" = --version ] || {{ rm \"$0\"; cat; touch {}; }}\n", mark.display());
    let runner = RunnerBinary::new(script.into_bytes(), run("uname", &["-m"]).trim());
    for connection in [sshd.target(), Target { connection: "local".to_owned(), ..Target::new("localhost") }] {
        let connection = connect(&connection).await.unwrap();
        drop(start_runner(&*connection, &runner.clone().not_kept(), None).await.unwrap());
        support::eventually("the end of the runner", || mark.exists()).await;
        std::fs::remove_file(&mark).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_processor_is_told() {
    let sshd = Sshd::with(CACHE, "");
    let connection = connect(&sshd.target()).await.unwrap();
    let other = RunnerBinary::new(*b"x", "riscv64");
    let error = start_runner(&*connection, &other, None).await.err().unwrap();
    assert!(error.message().contains("only for 'riscv64'"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_that_talks_first_is_listened_to_in_patience() {
    let chatty =
        r#"ForceCommand printf 'welcome\nno line break '; echo grumble >&2; eval "$SSH_ORIGINAL_COMMAND""#;
    let sshd = Sshd::with(&format!("{CACHE}\n{chatty}"), "");
    let connection = connect(&sshd.target()).await.unwrap();
    assert_eq!(started(&*connection, None).await.0, 0);
    assert_eq!(started(&*connection, Some(&Become::new(BecomeMethod::Sudo, "alice"))).await.0, 7001);

    let sshd = Sshd::with("ForceCommand yes", "");
    let connection = connect(&sshd.target()).await.unwrap();
    assert!(refused(&*connection, None).await.message().contains("writes more than 65536 bytes"));

    let sshd = Sshd::with("ForceCommand echo This account is not for you; exit 1", "");
    let connection = connect(&sshd.target()).await.unwrap();
    let error = refused(&*connection, None).await;
    assert!(error.summary().contains("This account is not for you"), "{error:?}");
    assert!(error.message().contains("exit code 1"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sudo_becomes_other_users() {
    let sshd = Sshd::start();
    let bob = connect(&user(&sshd, "bob")).await.unwrap();
    // Bob has no home.
    let (id, path) = started(&*bob, None).await;
    assert_eq!((id, path.starts_with("/var/tmp/capstan-7002/")), (7002, true), "{path}");
    // Carol has one, which Bob can't read.
    let carol = Become::new(BecomeMethod::Sudo, "carol");
    let (id, path) = started(&*bob, Some(&carol)).await;
    assert_eq!(id, 7003);
    assert!(path.starts_with(&format!("{}/.cache/capstan/", sshd.path("home-carol").display())), "{path}");
    assert_eq!(started(&*bob, Some(&carol)).await, (7003, path));
    assert_eq!(started(&*bob, Some(&Become::new(BecomeMethod::Sudo, "root"))).await.0, 0);

    // A password that nobody asks for does no harm.
    let unneeded = Become { password: Some("unneeded".into()), ..Become::new(BecomeMethod::Sudo, "root") };
    assert_eq!(started(&*bob, Some(&unneeded)).await.0, 0);
    let output = run_shell(&*bob, Some(&unneeded), "id -u; cat; exit 5").await.unwrap();
    assert_eq!((output.stdout.as_slice(), output.exit), (&b"0\n"[..], Exit::Code(5)));

    let error = refused(&*bob, Some(&Become::new(BecomeMethod::Sudo, "ghost"))).await;
    assert_eq!(error.message(), "there is no user 'ghost' to become");
}

#[tokio::test(flavor = "multi_thread")]
async fn sudo_gets_its_password() {
    let sshd = Sshd::start();
    let alice = connect(&user(&sshd, "alice")).await.unwrap();
    let mut root = Become::new(BecomeMethod::Sudo, "root");
    let error = refused(&*alice, Some(&root)).await;
    assert_eq!(error.message(), "Missing sudo password");
    assert!(error.hints()[0].contains("-K"), "{error:?}");
    root.password = Some("wrong".into());
    let error = refused(&*alice, Some(&root)).await;
    assert_eq!(error.message(), "Incorrect sudo password");
    assert!(format!("{error:?}").contains("host: web1"), "{error:?}");
    root.password = Some(PASSWORD.into());
    assert_eq!(started(&*alice, Some(&root)).await.0, 0);
    let output = run_shell(&*alice, Some(&root), "id -u # a comment").await.unwrap();
    assert_eq!(output.stdout, b"0\n");

    let carol = connect(&user(&sshd, "carol")).await.unwrap();
    let error = refused(&*carol, Some(&root)).await;
    assert_eq!(error.message(), "the login user may not become 'root' with sudo", "{error:?}");
    root.executable = Some("/usr/bin/no-such-sudo".to_owned());
    assert_eq!(refused(&*carol, Some(&root)).await.message(), "sudo is not installed");
}

#[tokio::test(flavor = "multi_thread")]
async fn su_becomes_other_users() {
    let sshd = Sshd::start();
    let root = connect(&sshd.target()).await.unwrap();
    let mut alice = Become::new(BecomeMethod::Su, "alice");
    assert_eq!(started(&*root, Some(&alice)).await.0, 7001);
    alice.password = Some(PASSWORD.into());
    assert_eq!(started(&*root, Some(&alice)).await.0, 7001, "a password that nobody asks for does no harm");

    let bob = connect(&user(&sshd, "bob")).await.unwrap();
    let (id, path) = started(&*bob, Some(&alice)).await;
    assert_eq!(id, 7001);
    assert!(path.starts_with(&format!("{}/.cache/capstan/", sshd.path("home-alice").display())), "{path}");
    let output = run_shell(&*bob, Some(&alice), "id -u; cat; echo err >&2; exit 3").await.unwrap();
    assert_eq!((output.stdout.as_slice(), output.exit), (&b"7001\n"[..], Exit::Code(3)));
    alice.password = Some("wrong".into());
    assert_eq!(refused(&*bob, Some(&alice)).await.message(), "Incorrect su password");
    alice.password = None;
    assert_eq!(refused(&*bob, Some(&alice)).await.message(), "Missing su password");
}
