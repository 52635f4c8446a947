use async_trait::async_trait;
use diag::Result;
use tokio::process::Command;

use crate::{Connection, Pipe, Target, child};

/// The machine that Capstan itself runs on.
pub(crate) struct Local {
    name: String,
}

impl Local {
    pub(crate) fn new(target: &Target) -> Local {
        Local { name: target.name.clone() }
    }
}

#[async_trait]
impl Connection for Local {
    async fn exec(&self, command: &str) -> Result<Pipe> {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(command);
        child::spawn(shell).map_err(|error| error.host(&self.name))
    }

    async fn close(&self) {}

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::Exit;

    fn local() -> Local {
        Local::new(&Target::new("localhost"))
    }

    #[tokio::test]
    async fn a_command_gets_its_input_and_gives_output_and_exit_code() {
        let mut pipe = local().exec("cat; echo oops >&2; exit 3").await.unwrap();
        pipe.stdin.write_all(b"hello").await.unwrap();
        drop(pipe.stdin);
        let (mut out, mut err) = (String::new(), String::new());
        pipe.stdout.read_to_string(&mut out).await.unwrap();
        pipe.stderr.read_to_string(&mut err).await.unwrap();
        assert_eq!((out.as_str(), err.as_str()), ("hello", "oops\n"));
        assert_eq!(pipe.exit.await, Exit::Code(3));
        assert_eq!(local().exec("kill -9 $$").await.unwrap().exit.await, Exit::Signal("KILL".to_owned()));
    }

    #[tokio::test]
    async fn errors_that_nobody_reads_do_not_stop_a_command() {
        let pipe = local().exec("head -c 1000000 /dev/zero >&2; exit 4").await.unwrap();
        assert_eq!(pipe.exit.await, Exit::Code(4));
    }

    #[tokio::test]
    async fn an_abandoned_command_is_killed_with_its_children() {
        let mut pipe = local().exec("sleep 1000 & echo $!; wait").await.unwrap();
        let mut line = [0; 32];
        let length = pipe.stdout.read(&mut line).await.unwrap();
        let sleeper = std::str::from_utf8(&line[..length]).unwrap().trim().to_owned();
        let status = std::path::PathBuf::from(format!("/proc/{sleeper}/stat"));
        assert!(status.exists());
        drop(pipe);
        // A killed process whose parent has not looked yet is a zombie: as good as gone.
        let gone = || std::fs::read_to_string(&status).map_or(true, |text| text.contains(") Z"));
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(5));
        for _ in 0..6000 {
            if gone() {
                return;
            }
            looks.tick().await;
        }
        panic!("the child lives on");
    }
}
