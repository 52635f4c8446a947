use std::io::Cursor;
use std::time::Duration;

use diag::{Error, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use crate::{Become, BecomeMethod, Connection, Exit, Pipe};

/// How much may come before our script's first words; more is not a greeting but a shell that runs wild.
const MOST_NOISE: usize = 64 * 1024;
/// How long nothing at all may come before we give up.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// How long to wait for a prompt of `su`, which has no telling form, before the password is typed anyway.
const PROMPT_PATIENCE: Duration = Duration::from_secs(1);

/// A conversation with a script of ours on a host. What the script says to us are lines of standard output that begin
/// with a marker nobody else knows; whatever a login shell writes before the first of them is skipped.
pub(crate) struct Conversation {
    host: String,
    marker: String,
    pipe: Pipe,
    out: Vec<u8>,
    err: Vec<u8>,
    err_ended: bool,
    /// Whether the script has said anything yet.
    begun: bool,
    password: Password,
    become_user: Option<Become>,
}

enum Password {
    NotWanted,
    Expected,
    Sent,
}

/// A random word.
///
/// # Errors
/// When the operating system has no random numbers.
pub(crate) fn random_marker() -> Result<String> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Error::new("can't get random numbers").cause(error))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Conversation {
    /// Starts a script, as another user if asked. Lines for us begin with `marker` and a space; the script is one
    /// line of POSIX shell.
    pub(crate) async fn start(
        connection: &dyn Connection,
        become_user: Option<&Become>,
        marker: &str,
        script: &str,
    ) -> Result<Conversation> {
        let (command, password) = match become_user {
            None => (format!("/bin/sh -c {}", crate::quote::quote(script)), Password::NotWanted),
            Some(user) => {
                let password = user.password.as_ref().map_or(Password::NotWanted, |_| Password::Expected);
                let script = match user.method {
                    BecomeMethod::Su if user.password.is_some() => format!("{} {script}", handshake(marker)),
                    _ => script.to_owned(),
                };
                (user.command(&script, &prompt(marker))?, password)
            }
        };
        let mut conversation = Conversation {
            host: connection.name().to_owned(),
            marker: marker.to_owned(),
            pipe: connection.exec(&command).await?,
            out: Vec::new(),
            err: Vec::new(),
            err_ended: false,
            begun: false,
            password,
            become_user: become_user.cloned(),
        };
        if become_user.is_some_and(|user| user.method == BecomeMethod::Su && user.password.is_some()) {
            conversation.hear().await?;
            let answer = format!("{marker}\n");
            conversation.say(answer.as_bytes()).await?;
        }
        Ok(conversation)
    }

    /// The next line that the script says to us, without the marker.
    ///
    /// # Errors
    /// When the script ends, nothing comes for too long, or the other user can't be become.
    pub(crate) async fn hear(&mut self) -> Result<String> {
        loop {
            if let Some(line) = self.take_line() {
                self.begun = true;
                return Ok(line);
            }
            if !self.begun {
                self.mind_password().await?;
            }
            if self.out.len().max(self.err.len()) > MOST_NOISE {
                return Err(self
                    .error(format!(
                        "the login shell writes more than {MOST_NOISE} bytes before it runs a command"
                    ))
                    .hint("look for commands that write in the shell's start files, such as ~/.bashrc"));
            }
            self.read_more().await?;
        }
    }

    /// Sends bytes to the script.
    ///
    /// # Errors
    /// When the script ends before it has taken them.
    pub(crate) async fn say(&mut self, bytes: &[u8]) -> Result<()> {
        let Pipe { stdin, stdout, .. } = &mut self.pipe;
        let sent = async {
            stdin.write_all(bytes).await?;
            stdin.flush().await
        };
        tokio::select! {
            sent = sent => if sent.is_ok() { return Ok(()) },
            // The script owes us silence while it takes what we send, so this is its end.
            _ = stdout.read_buf(&mut self.out) => {}
        }
        Err(self.ended().await)
    }

    /// Hands over the pipe, with what was read too far put back.
    pub(crate) fn into_pipe(self) -> Pipe {
        let Pipe { stdin, stdout, stderr, exit } = self.pipe;
        match self.out.is_empty() {
            true => Pipe { stdin, stdout, stderr, exit },
            false => Pipe { stdin, stdout: Box::new(Cursor::new(self.out).chain(stdout)), stderr, exit },
        }
    }

    /// [`Conversation::into_pipe`] for a command that ends by itself when its input does, and is not to be killed when
    /// nobody looks at it any more.
    pub(crate) fn into_independent_pipe(self) -> Pipe {
        let pipe = self.into_pipe();
        let (sender, receiver) = oneshot::channel();
        let exit = pipe.exit;
        tokio::spawn(async move { sender.send(exit.await) });
        let lost = || Exit::Lost("the connection was closed".to_owned());
        Pipe { exit: Box::pin(async move { receiver.await.unwrap_or_else(|_| lost()) }), ..pipe }
    }

    /// An error that names the host.
    pub(crate) fn error(&self, message: impl Into<String>) -> Error {
        Error::new(message).host(&self.host)
    }

    async fn read_more(&mut self) -> Result<()> {
        let expecting =
            matches!(self.password, Password::Expected) && !self.begun && self.becomes(BecomeMethod::Su);
        let expecting = expecting && self.prompts().is_empty();
        let becoming = self.become_user.as_ref().filter(|_| !self.begun);
        let longest = becoming.and_then(|user| user.patience).unwrap_or(LONGEST_SILENCE);
        let patience = if expecting { PROMPT_PATIENCE } else { longest };
        let Pipe { stdout, stderr, .. } = &mut self.pipe;
        tokio::select! {
            read = stdout.read_buf(&mut self.out) => match read {
                Ok(0) | Err(_) => return Err(self.ended().await),
                Ok(_) => {}
            },
            read = stderr.read_buf(&mut self.err), if !self.err_ended => {
                self.err_ended = matches!(read, Ok(0) | Err(_));
            },
            () = tokio::time::sleep(patience) => {
                if expecting {
                    return self.send_password().await;
                }
                let message = match becoming {
                    // Playbooks look at these words.
                    Some(_) => {
                        "Timed out waiting for become success or become password prompt while waiting for privilege \
                         escalation prompt"
                            .to_owned()
                    }
                    None => format!("no answer for {} seconds while starting", longest.as_secs()),
                };
                let error = self.error(message);
                return Err(self.with_last_words(error));
            }
        }
        Ok(())
    }

    /// The text after the first marker that is followed by a whole line.
    fn take_line(&mut self) -> Option<String> {
        let marker = format!("{} ", self.marker);
        let start = find(&self.out, marker.as_bytes())? + marker.len();
        let length = self.out[start..].iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8_lossy(&self.out[start..start + length]).trim_end().to_owned();
        self.out.drain(..=start + length);
        Some(line)
    }

    /// What `su` asks with, if somebody knows.
    fn prompts(&self) -> &[String] {
        self.become_user.as_ref().map_or(&[], |user| &user.prompts)
    }

    fn becomes(&self, method: BecomeMethod) -> bool {
        self.become_user.as_ref().is_some_and(|user| user.method == method)
    }

    /// Types the password where it is asked for, and sees that it was wrong when it is asked for again.
    async fn mind_password(&mut self) -> Result<()> {
        if self.becomes(BecomeMethod::Sudo) {
            let prompt = prompt(&self.marker);
            while let Some(at) = find(&self.err, prompt.as_bytes()) {
                self.err.drain(..at + prompt.len());
                match self.password {
                    Password::Expected => self.send_password().await?,
                    Password::NotWanted | Password::Sent => return Err(self.wrong_password()),
                }
            }
        } else if self.becomes(BecomeMethod::Su) {
            let prompts = self.prompts();
            let asks = |text: &[u8]| match prompts {
                [] => text.last().is_some_and(|last| *last != b'\n'),
                prompts => {
                    let text = String::from_utf8_lossy(text).to_lowercase();
                    prompts.iter().any(|prompt| text.contains(&prompt.to_lowercase()))
                }
            };
            match self.password {
                Password::Expected if asks(&self.err) || asks(&self.out) => self.send_password().await?,
                // Standard error alone: what a login shell writes to standard output need not end in a line break.
                Password::NotWanted if asks(&self.err) => return Err(self.missing_password()),
                _ => {}
            }
        }
        Ok(())
    }

    async fn send_password(&mut self) -> Result<()> {
        self.password = Password::Sent;
        let Some(password) = self.become_user.as_ref().and_then(|user| user.password.as_ref()) else {
            return Err(self.missing_password());
        };
        let line = password.line();
        let sent = self.pipe.stdin.write_all(&line).await;
        let flushed = self.pipe.stdin.flush().await;
        match sent.and(flushed) {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended().await),
        }
    }

    fn program(&self) -> &'static str {
        self.become_user.as_ref().map_or("the shell", |user| user.method.name())
    }

    fn wrong_password(&self) -> Error {
        // Playbooks look at these words, and at those below.
        self.error(format!("Incorrect {} password", self.program()))
            .of_host()
            .hint("give the right one with --ask-become-pass (-K) or the variable ansible_become_password")
    }

    fn missing_password(&self) -> Error {
        self.error(format!("Missing {} password", self.program()))
            .of_host()
            .hint("give it with --ask-become-pass (-K) or the variable ansible_become_password")
    }

    /// Why the script has ended before it said what we waited for.
    async fn ended(&mut self) -> Error {
        let rest = async {
            while !self.err_ended && self.err.len() < MOST_NOISE {
                self.err_ended = matches!(self.pipe.stderr.read_buf(&mut self.err).await, Ok(0) | Err(_));
            }
            (&mut self.pipe.exit).await
        };
        // Something may have inherited the pipes; then the exit has to be told without it.
        let exit = tokio::time::timeout(Duration::from_secs(2), rest)
            .await
            .unwrap_or_else(|_| Exit::Lost("its output was closed".to_owned()));
        if let Exit::Lost(reason) = exit {
            return self.error("the connection was lost while starting").cause(reason);
        }
        let words = String::from_utf8_lossy(&self.err).into_owned();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| words.contains(phrase));
        let error = match &self.become_user {
            Some(user) if !self.begun => {
                let (method, name) = (user.method, &user.user);
                let program = method.name();
                let error = if exit == Exit::Code(127) && says(&[program]) {
                    self.error(format!("{program} is not installed"))
                        .hint("install it, choose another become_method, or log in as the user directly")
                } else if says(&["a password is required", "no password was provided"])
                    && matches!(self.password, Password::NotWanted)
                {
                    return self.missing_password();
                } else if says(&["you must have a tty"]) {
                    self.error(format!("{program} is set up to want a terminal"))
                        .hint("remove 'Defaults requiretty' from the host's sudoers file")
                } else if says(&[
                    "not in the sudoers file",
                    "may not run sudo",
                    "is not allowed to execute",
                    "not allowed to run",
                ]) {
                    self.error(format!("the login user may not become '{name}' with {program}"))
                        .hint("allow it in the host's sudoers file, or log in as another user")
                } else if says(&[
                    "unknown user",
                    "does not exist",
                    "No passwd entry",
                    "unknown id",
                    "user not found",
                ]) {
                    self.error(missing_user(name))
                } else if matches!(self.password, Password::Sent)
                    && says(&[
                        "incorrect password",
                        "Sorry, try again",
                        "Authentication failure",
                        "Authentication token",
                    ])
                {
                    return self.wrong_password();
                } else if method == BecomeMethod::Su {
                    // What su says is in the host's language.
                    let advice = match self.password {
                        Password::Sent => "if the password is wrong, give the right one",
                        _ => "if it wants a password, give it",
                    };
                    self.error(format!("{program} failed with {exit}")).hint(format!(
                        "{advice} with --ask-become-pass (-K) or the variable ansible_become_password"
                    ))
                } else {
                    self.error(format!("{program} failed with {exit}"))
                };
                error.of_host()
            }
            _ if !self.begun => self
                .error(format!("the login shell ended with {exit} before it ran a command"))
                .hint("the user's shell must be able to run '/bin/sh -c ...'"),
            _ => self.error(format!("the start of the command ended with {exit}")),
        };
        self.with_last_words(error)
    }

    fn with_last_words(&self, error: Error) -> Error {
        let words = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            lines[lines.len().saturating_sub(3)..].join("; ")
        };
        [words(&self.err), words(&self.out)]
            .into_iter()
            .filter(|text| !text.is_empty())
            .fold(error, Error::cause)
    }
}

/// What is said of a user who is not there.
fn missing_user(name: &str) -> String {
    format!("there is no user '{name}' to become")
}

/// Whether a runner could not be started because the user to become is not there.
pub fn is_missing_user(error: &Error, become_user: &Become) -> bool {
    error.message() == missing_user(&become_user.user)
}

/// What sudo writes when it wants the password; unlike its own prompt it is the same in every language.
fn prompt(marker: &str) -> String {
    format!("capstan-{marker}-password:")
}

/// The start of a script that is run by `su`: because nobody can tell whether `su` has asked for the password, the
/// line with it may come to the script instead, which therefore drops lines until it has been seen to be there.
fn handshake(marker: &str) -> String {
    format!(r#"echo "{marker} here"; while read -r l; do if [ "$l" = {marker} ]; then break; fi; done; l=;"#)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
