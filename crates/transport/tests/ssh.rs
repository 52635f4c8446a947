//! The `ssh` connection against a real server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{PASSWORD, Sshd, key, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::{Connection, Exit, Target, connect, run_shell};

async fn output(connection: &dyn Connection, command: &str) -> String {
    let output = run_shell(connection, None, command).await.unwrap();
    assert_eq!(output.exit, Exit::Code(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn refused(target: &Target) -> diag::Error {
    match connect(target).await {
        Ok(_) => panic!("the connection was made"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_run_and_tell_how_they_end() {
    let sshd = Sshd::start();
    let connection = connect(&sshd.target()).await.unwrap();
    let result = run_shell(&*connection, None, "echo out; echo err >&2; exit 7").await.unwrap();
    assert_eq!((result.stdout.as_slice(), result.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(result.exit, Exit::Code(7));
    let result = run_shell(&*connection, None, "kill -TERM $$").await.unwrap();
    assert_eq!(result.exit, Exit::Signal("TERM".to_owned()));
    let result = run_shell(&*connection, None, "cat").await.unwrap();
    assert_eq!((result.exit, result.stdout.len()), (Exit::Code(0), 0), "input is empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commands_share_a_connection() {
    let sshd = Sshd::start();
    let connection = connect(&sshd.target()).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..20 {
        let connection = connection.clone();
        tasks.spawn(async move {
            let text =
                output(&*connection, &format!("head -c 300000 /dev/zero | tr '\\0' x; echo {number}")).await;
            assert_eq!(text.trim_start_matches('x'), format!("{number}\n"));
            assert!(text.len() > 300_000);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unread_command_does_not_hold_up_another() {
    let sshd = Sshd::start();
    let connection = connect(&sshd.target()).await.unwrap();
    let unread = connection.exec("head -c 30000000 /dev/zero").await.unwrap();
    assert_eq!(output(&*connection, "echo free").await, "free\n");
    assert_eq!(unread.exit.await, Exit::Code(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn megabytes_go_both_ways() {
    let sshd = Sshd::start();
    let connection = connect(&sshd.target()).await.unwrap();
    let mut pipe = connection.exec("cat").await.unwrap();
    let sent: Vec<u8> = (0..5_000_000_u32).map(|number| (number % 251) as u8).collect();
    let mut received = Vec::new();
    let writing = async {
        pipe.stdin.write_all(&sent).await.unwrap();
        pipe.stdin.shutdown().await.unwrap();
    };
    let (_, read) = tokio::join!(writing, pipe.stdout.read_to_end(&mut received));
    read.unwrap();
    assert!(received == sent, "{} of {} bytes came back", received.len(), sent.len());
    assert_eq!(pipe.exit.await, Exit::Code(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_pipe_ends_the_command() {
    let sshd = Sshd::start();
    let connection = connect(&sshd.target()).await.unwrap();
    let mark = sshd.path("ended");
    let command = format!("cat; touch {}", mark.display());
    drop(connection.exec(&command).await.unwrap());
    support::eventually("the end of the command", || mark.exists()).await;
    assert_eq!(output(&*connection, "echo still here").await, "still here\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_command_is_terminated() {
    let sshd = Sshd::start();
    // Servers take signals for users other than root.
    let connection = connect(&Target { user: Some("alice".to_owned()), ..sshd.target() }).await.unwrap();
    let mark = sshd.path("home-alice/terminated");
    let command = format!("trap 'touch {}; exit' TERM; echo ready; sleep 1000 & wait", mark.display());
    let mut pipe = connection.exec(&command).await.unwrap();
    let mut line = [0; 6];
    pipe.stdout.read_exact(&mut line).await.unwrap();
    drop(pipe);
    support::eventually("the end of the command", || mark.exists()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_told() {
    let sshd = Sshd::start();
    let connection = connect(&sshd.target()).await.unwrap();
    let mut pipe = connection.exec("echo $PPID; cat").await.unwrap();
    let mut line = [0; 32];
    let length = pipe.stdout.read(&mut line).await.unwrap();
    run("kill", &["-9", std::str::from_utf8(&line[..length]).unwrap().trim()]);
    let Exit::Lost(reason) = pipe.exit.await else { panic!("it has ended well") };
    assert!(reason.contains("closed the connection"), "{reason}");
    let error = run_shell(&*connection, None, "true").await.unwrap_err();
    assert_eq!(error.message(), "the connection was lost");
    assert!(pipe.stdin.write_all(&[0; 10_000_000]).await.is_err(), "writing must not wait for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_with_what_to_do() {
    let sshd = Sshd::start();
    key(&sshd.path("other"), "ed25519");
    let mut target = sshd.target();
    target.private_key_file = Some(sshd.path("other"));
    let error = refused(&target).await;
    assert_eq!(error.message(), format!("root@127.0.0.1:{} does not let us in", sshd.port));
    assert!(error.summary().contains("tried 1 key"), "{error:?}");
    assert!(error.summary().contains("publickey"), "{error:?}");
    assert!(format!("{error:?}").contains("host: web1"), "{error:?}");

    target.private_key_file = Some(sshd.path("absent"));
    assert!(refused(&target).await.summary().contains("absent: there is no such private key file"));

    run("chmod", &["644", sshd.path("id").to_str().unwrap()]);
    let error = refused(&sshd.target()).await;
    assert!(error.hints()[0].starts_with("chmod 600"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_every_type_and_encrypted_ones_log_in() {
    let sshd = Sshd::start();
    let mut keys = String::new();
    for kind in ["rsa", "ecdsa", "ed25519"] {
        key(&sshd.path(kind), kind);
        keys += &std::fs::read_to_string(sshd.path(&format!("{kind}.pub"))).unwrap();
    }
    run(
        "ssh-keygen",
        &["-q", "-t", "ed25519", "-N", "open sesame", "-f", sshd.path("locked").to_str().unwrap()],
    );
    keys += &std::fs::read_to_string(sshd.path("locked.pub")).unwrap();
    std::fs::write(sshd.path("authorized_keys"), keys).unwrap();
    let mut target = sshd.target();
    for kind in ["rsa", "ecdsa", "ed25519"] {
        target.private_key_file = Some(sshd.path(kind));
        assert_eq!(output(&*connect(&target).await.unwrap(), "echo $USER").await, "root\n", "{kind}");
    }
    target.private_key_file = Some(sshd.path("locked"));
    let error = refused(&target).await;
    assert!(
        error.summary().contains("this private key is encrypted, and no passphrase is given"),
        "{error:?}"
    );
    target.key_passphrase = Some("wrong".into());
    assert!(refused(&target).await.summary().contains("the passphrase does not fit"));
    target.key_passphrase = Some("open sesame".into());
    connect(&target).await.unwrap();
}

/// An agent that holds the server's key, stopped when it is dropped.
struct Agent {
    process: std::process::Child,
    socket: std::path::PathBuf,
}

impl Agent {
    fn start(sshd: &Sshd) -> Agent {
        let socket = sshd.path("agent");
        let process = std::process::Command::new("ssh-agent")
            .args(["-D", "-a", socket.to_str().unwrap()])
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let agent = Agent { process, socket };
        // Its socket is there before it listens.
        while std::os::unix::net::UnixStream::connect(&agent.socket).is_err() {
            std::thread::yield_now();
        }
        let added = std::process::Command::new("ssh-add")
            .arg("-q")
            .arg(sshd.path("id"))
            .env("SSH_AUTH_SOCK", &agent.socket)
            .status();
        assert!(added.unwrap().success());
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_and_the_environment_go_along_when_asked() {
    let sshd = Sshd::with("AcceptEnv CAPSTAN_*", "");
    let agent = Agent::start(&sshd);
    let mut target = sshd.target();
    assert_eq!(output(&*connect(&target).await.unwrap(), "echo ${SSH_AUTH_SOCK-none}").await, "none\n");
    target.ssh_args.extend(["-o".to_owned(), format!("ForwardAgent={}", agent.socket.display())]);
    target.ssh_args.extend(["-o".to_owned(), "SetEnv=CAPSTAN_A=1 \"CAPSTAN_B=x y\" OTHER=2".to_owned()]);
    let connection = connect(&target).await.unwrap();
    let listed = output(&*connection, "ssh-add -L").await;
    let environment = output(&*connection, "echo $CAPSTAN_A, $CAPSTAN_B, $OTHER").await;
    assert_eq!(listed, std::fs::read_to_string(sshd.path("id.pub")).unwrap());
    assert_eq!(environment, "1, x y,\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_and_certificates_log_in() {
    let sshd = Sshd::start();
    key(&sshd.path("authority"), "ed25519");
    let authority = std::fs::read_to_string(sshd.path("authority.pub")).unwrap();
    std::fs::write(sshd.path("authorized_keys"), format!("cert-authority {authority}")).unwrap();
    assert!(refused(&sshd.target()).await.message().contains("does not let us in"), "without a certificate");

    let (authority, id) = (sshd.path("authority"), sshd.path("id"));
    let (authority, id) = (authority.to_str().unwrap(), id.to_str().unwrap());
    run("ssh-keygen", &["-q", "-s", authority, "-I", "test", "-n", "root", &format!("{id}.pub")]);
    connect(&sshd.target()).await.unwrap();

    let agent = Agent::start(&sshd);
    // The files are gone: the agent alone holds key and certificate.
    for file in [id.to_owned(), format!("{id}.pub"), format!("{id}-cert.pub")] {
        std::fs::remove_file(file).unwrap();
    }
    let mut target = sshd.target();
    target.private_key_file = None;
    // The first one wins.
    target.ssh_args.splice(0..0, ["-o".to_owned(), format!("IdentityAgent={}", agent.socket.display())]);
    connect(&target).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_log_in_by_both_methods_and_only_to_known_hosts() {
    let sshd = Sshd::with("KbdInteractiveAuthentication no", "");
    let mut target = sshd.target();
    target.private_key_file = None;
    target.user = Some("alice".to_owned());
    target.password = Some("wrong".into());
    let error = refused(&target).await;
    assert!(error.summary().contains("tried the password"), "{error:?}");
    target.password = Some(PASSWORD.into());
    assert_eq!(output(&*connect(&target).await.unwrap(), "id -un").await, "alice\n");

    key(&sshd.path("stranger"), "ed25519");
    let stranger = std::fs::read_to_string(sshd.path("stranger.pub")).unwrap();
    std::fs::write(sshd.path("known_hosts"), format!("[127.0.0.1]:{} {stranger}", sshd.port)).unwrap();
    target.host_key_checking = false;
    let error = refused(&target).await;
    assert!(error.summary().contains("the password was not sent"), "{error:?}");

    let sshd = Sshd::with("UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes", "");
    let mut target =
        Target { user: target.user, password: target.password, private_key_file: None, ..sshd.target() };
    assert_eq!(output(&*connect(&target).await.unwrap(), "id -un").await, "alice\n");
    target.password = Some("wrong".into());
    assert!(refused(&target).await.summary().contains("tried the password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn host_keys_are_checked() {
    let sshd = Sshd::start();
    let target = sshd.target();
    let file = sshd.path("known_hosts");
    let ed25519 = std::fs::read_to_string(sshd.path("host_ed25519.pub")).unwrap();
    let rsa = std::fs::read_to_string(sshd.path("host_rsa.pub")).unwrap();
    key(&sshd.path("stranger"), "ed25519");
    let stranger = std::fs::read_to_string(sshd.path("stranger.pub")).unwrap();
    let host = format!("[127.0.0.1]:{}", sshd.port);
    let write = |text: String| std::fs::write(&file, text).unwrap();

    write(String::new());
    let error = refused(&target).await;
    assert_eq!(error.message(), format!("the host key of '{host}' is not known"));
    let fingerprint = run("ssh-keygen", &["-l", "-f", sshd.path("host_ed25519.pub").to_str().unwrap()]);
    assert!(error.summary().contains(fingerprint.split(' ').nth(1).unwrap()), "{error:?}");
    assert!(error.hints()[0].contains("ssh-keyscan"), "{error:?}");

    write(format!("# a comment\n\n{host} {stranger}"));
    let error = refused(&target).await;
    assert_eq!(error.message(), format!("the host key of '{host}' has changed"));
    assert!(error.summary().contains(&format!("{}:3", file.display())), "{error:?}");

    write(format!("@revoked * {ed25519}{host} {ed25519}"));
    assert_eq!(refused(&target).await.message(), format!("the host key of '{host}' is revoked"));
    let lenient = Target { host_key_checking: false, ..target.clone() };
    assert!(refused(&lenient).await.message().contains("revoked"), "a revoked key is never accepted");

    // Only its RSA key is known: the server must be asked for that one.
    write(format!("garbage here\n{host} ssh-ed25519 notbase64\n{host} {rsa}"));
    connect(&target).await.unwrap();
    write(format!("127.0.0.1 {ed25519}"));
    connect(&target).await.unwrap();

    write("# no line break".to_owned());
    let accepting = Target { accept_new: true, ..target.clone() };
    connect(&accepting).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    connect(&target).await.unwrap();
    write(format!("{host} {stranger}"));
    assert!(refused(&accepting).await.message().contains("has changed"));
    connect(&lenient).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_certificate_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    key(&folder.path().join("authority"), "ed25519");
    let authority = std::fs::read_to_string(folder.path().join("authority.pub")).unwrap();
    let sign = |principal: &str, from_to: &str| {
        format!(
            "ssh-keygen -q -s {}/authority -I host -h -n {principal} -V {from_to} ROOT/host_ed25519.pub; \
             echo HostCertificate ROOT/host_ed25519-cert.pub >> ROOT/sshd_config",
            folder.path().display()
        )
    };
    for (principal, validity, line, expected) in [
        ("127.0.0.1", "-1h:+1h", "@cert-authority *", None),
        ("other", "-1h:+1h", "@cert-authority *", Some("it is for other")),
        ("127.0.0.1", "-2h:-1h", "@cert-authority *", Some("it is valid from")),
    ] {
        let sshd = Sshd::with("", &sign(principal, validity));
        let target = sshd.target();
        std::fs::write(sshd.path("known_hosts"), format!("{line} {authority}")).unwrap();
        match expected {
            None => drop(connect(&target).await.unwrap()),
            Some(reason) => {
                let error = refused(&target).await;
                assert!(error.summary().contains(reason), "{error:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jump_hosts_and_proxy_commands_lead_there() {
    let sshd = Sshd::start();
    let config = sshd.path("config");
    let known_hosts = sshd.write_known_hosts();
    std::fs::write(
        &config,
        format!(
            "Host hop*\n  HostName 127.0.0.1\n  Port {port}\n  User root\n\
             Host far\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  ProxyJump hop1,hop2\n\
             Host piped\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  ProxyCommand exec 3<>/dev/tcp/%h/%p\n\
             Host *\n  IdentityFile {id}\n  UserKnownHostsFile {known}\n  IdentityAgent none\n",
            port = sshd.port,
            id = sshd.path("id").display(),
            known = known_hosts.display(),
        ),
    )
    .unwrap();
    let mut target = Target::new("far");
    target.ssh_args = vec!["-F".to_owned(), config.display().to_string()];
    let connection = connect(&target).await.unwrap();
    assert_eq!(output(&*connection, "echo ${SSH_CONNECTION% *}").await.split(' ').next(), Some("127.0.0.1"));
    let pipe = connection.exec("head -c 3000000 /dev/zero | wc -c").await.unwrap();
    drop(connection);
    let mut text = String::new();
    let mut stdout = pipe.stdout;
    stdout.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "3000000\n", "a pipe outlives the handle of its connection");

    // The hosts behind a jump host share its connection: two hops, and three times the host itself.
    let before = sshd.log().matches("Accepted publickey").count();
    let (one, two, three) = tokio::join!(connect(&target), connect(&target), connect(&target));
    for connection in [one.unwrap(), two.unwrap(), three.unwrap()] {
        assert_eq!(output(&*connection, "echo hi").await, "hi\n");
    }
    assert_eq!(sshd.log().matches("Accepted publickey").count() - before, 5, "{}", sshd.log());

    let mut target = Target::new("piped");
    let bash = "ProxyCommand=bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & exec cat >&3'";
    target.ssh_args = vec!["-F".to_owned(), config.display().to_string(), "-o".to_owned(), bash.to_owned()];
    assert_eq!(output(&*connect(&target).await.unwrap(), "echo hi").await, "hi\n");

    let mut target = Target::new("far");
    target.ssh_args =
        vec!["-F".to_owned(), config.display().to_string(), "-J".to_owned(), "ghost@hop1".to_owned()];
    let error = refused(&target).await;
    assert!(error.message().starts_with("jump host 'hop1': ghost@127.0.0.1"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_hosts_say_why() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut target = Target::new("web1");
    target.ssh_args = vec!["-F".to_owned(), "none".to_owned()];
    target.host = "127.0.0.1".to_owned();
    target.port = Some(free);
    let error = refused(&target).await;
    assert_eq!(error.message(), format!("can't connect to 127.0.0.1:{free}"));
    assert!(error.hints()[0].contains("ansible_port"), "{error:?}");

    target.host = "name.invalid".to_owned();
    assert_eq!(refused(&target).await.message(), "can't find the address of 'name.invalid'");

    // It takes the connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    target.host = "127.0.0.1".to_owned();
    target.port = Some(silent.local_addr().unwrap().port());
    target.connect_timeout = std::time::Duration::from_millis(200);
    assert!(refused(&target).await.message().contains("took longer than 0.2 seconds"));

    target.connect_timeout = std::time::Duration::from_secs(10);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    target.port = Some(silent.local_addr().unwrap().port());
    let closing = tokio::task::spawn_blocking(move || drop(silent.accept().unwrap()));
    let error = refused(&target).await;
    closing.await.unwrap();
    assert!(error.message().contains("ended the connection before the login"), "{error:?}");
}

/// A door to a server that hangs up on the first who come, as one does that has too many to let in; how many came.
fn busy(port: u16, refused: usize) -> (u16, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let door = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let own = door.local_addr().unwrap().port();
    let came = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&came);
    std::thread::spawn(move || {
        for guest in door.incoming().map(Result::unwrap) {
            if counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < refused {
                continue;
            }
            let server = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            for (mut from, mut to) in
                [(guest.try_clone().unwrap(), server.try_clone().unwrap()), (server, guest)]
            {
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    });
    (own, came)
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_is_tried_again_as_often_as_is_said() {
    let sshd = Sshd::start();
    let mut target = sshd.target();
    target.host_key_checking = false;
    let real = target.port.unwrap();
    let (port, came) = busy(real, 1);
    target.port = Some(port);
    assert!(refused(&target).await.message().contains("ended the connection before the login"));
    let (port, came_again) = busy(real, 1);
    (target.port, target.retries) = (Some(port), 1);
    let connection = connect(&target).await.unwrap();
    assert_eq!(output(&*connection, "echo in").await, "in\n");
    let count = |came: &std::sync::atomic::AtomicUsize| came.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!((count(&came), count(&came_again)), (1, 2));

    // A login that was refused would be refused again.
    let (port, came) = busy(real, 0);
    (target.port, target.user) = (Some(port), Some("nobody-of-that-name".to_owned()));
    refused(&target).await;
    assert_eq!(count(&came), 1);
}
