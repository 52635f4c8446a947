//! The `openssh` and `local` connections.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{PASSWORD, Sshd, key, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::{Become, BecomeMethod, Exit, Pipe, RunnerBinary, Target, connect, run_shell, start_runner};

fn openssh(sshd: &Sshd) -> Target {
    Target { connection: "openssh".to_owned(), ..sshd.target() }
}

/// A runner that says where it lies and gives everything back.
fn runner() -> RunnerBinary {
    let script = "#!/bin/sh\ncase $1 in --version) exit 0;; --remove-self) rm -f \"$0\";; esac\necho \"$0\"\nexec cat\n";
    RunnerBinary::new(script.as_bytes(), run("uname", &["-m"]).trim())
}

async fn echo(pipe: Pipe, bytes: &[u8]) -> String {
    let Pipe { mut stdin, mut stdout, exit, .. } = pipe;
    let mut all = Vec::new();
    let writing = async {
        stdin.write_all(bytes).await.unwrap();
        drop(stdin);
    };
    let (_, read) = tokio::join!(writing, stdout.read_to_end(&mut all));
    read.unwrap();
    assert_eq!(exit.await, Exit::Code(0));
    let end = all.iter().position(|byte| *byte == b'\n').unwrap();
    assert!(&all[end + 1..] == bytes, "{} of {} bytes came back", all.len() - end - 1, bytes.len());
    String::from_utf8(all[..end].to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ssh_program_carries_commands_and_runners() {
    let sshd = Sshd::with("SetEnv XDG_CACHE_HOME=ROOT/cache", "");
    let connection = connect(&openssh(&sshd)).await.unwrap();
    let output = run_shell(&*connection, None, "echo out; echo err >&2; exit 7").await.unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(output.exit, Exit::Code(7));
    for _ in 0..2 {
        let path = echo(start_runner(&*connection, &runner(), None).await.unwrap(), &[7; 1_000_000]).await;
        assert_eq!(
            path,
            sshd.path("cache/capstan").join(format!("runner-{}", runner().sha256())).display().to_string()
        );
    }
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1, "all commands share a connection");
    connection.close().await;

    let alice = connect(&Target { user: Some("alice".to_owned()), ..openssh(&sshd) }).await.unwrap();
    let root = Become { password: Some(PASSWORD.into()), ..Become::new(BecomeMethod::Sudo, "root") };
    let output = run_shell(&*alice, Some(&root), "id -u").await.unwrap();
    assert_eq!(output.stdout, b"0\n");
    alice.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ssh_program_says_why_it_fails() {
    let sshd = Sshd::start();
    let target = openssh(&sshd);
    key(&sshd.path("other"), "ed25519");
    let wrong = Target { private_key_file: Some(sshd.path("other")), ..target.clone() };
    let error = connect(&wrong).await.err().unwrap();
    assert!(error.summary().contains("Permission denied"), "{error:?}");
    std::fs::write(sshd.path("known_hosts"), "").unwrap();
    let error = connect(&target).await.err().unwrap();
    assert!(error.summary().contains("Host key verification failed"), "{error:?}");
    let missing = Target { ssh_executable: Some("/nonexistent/ssh".to_owned()), ..target };
    let error = connect(&missing).await.err().unwrap();
    assert_eq!(error.message(), "can't start '/nonexistent/ssh'");
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_start_locally() {
    let mut target = Target::new("localhost");
    target.connection = "local".to_owned();
    let connection = connect(&target).await.unwrap();
    // Not kept, because this is the user's own cache.
    let path = echo(start_runner(&*connection, &runner().not_kept(), None).await.unwrap(), b"frames").await;
    assert!(path.contains(&format!("capstan/runner-{}.", runner().sha256())), "{path}");
    assert!(!std::path::Path::new(&path).exists());
    let output =
        run_shell(&*connection, Some(&Become::new(BecomeMethod::Sudo, "nobody")), "id -un").await.unwrap();
    assert_eq!(output.stdout, b"nobody\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_start_in_a_changed_root() {
    let target = Target { connection: "chroot".to_owned(), host: "/".to_owned(), ..Target::new("image") };
    let connection = connect(&target).await.unwrap();
    let output = run_shell(&*connection, None, "echo $0; exit 9").await.unwrap();
    assert_eq!((output.stdout.as_slice(), output.exit), (&b"/bin/sh\n"[..], Exit::Code(9)));
    let path =
        echo(start_runner(&*connection, &runner().not_kept(), None).await.unwrap(), &[1; 300_000]).await;
    assert!(!std::path::Path::new(&path).exists());
}
