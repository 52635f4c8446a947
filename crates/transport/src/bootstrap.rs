use diag::{Error, Result};

use crate::start::{Conversation, random_marker};
use crate::{Become, Connection, Pipe, RunnerBinary};

/// Starts the runner on a host, as another user if asked, and uploads it first if that user has it not yet. All of it
/// is one command on one channel; where the runner is there already, its start costs no extra round trip.
///
/// The runner lies in the first folder that will do of `$XDG_CACHE_HOME/capstan` (`~/.cache/capstan`),
/// `/var/tmp/capstan-UID`, `/tmp/capstan-UID` and `/dev/shm/capstan-UID`, under the name `runner-SHA256`. The folder must
/// be a real one, of mode 0700 and owned by the user.
///
/// The runner ends when its input does: drop the pipe's `stdin`, and wait for `exit` to know that it has.
///
/// # Errors
/// When the host can't run it: wrong processor, no folder that things can be executed from, no way to become the user.
pub async fn start_runner(
    connection: &dyn Connection,
    runner: &RunnerBinary,
    become_user: Option<&Become>,
) -> Result<Pipe> {
    let marker = random_marker()?;
    let mut talk = Conversation::start(connection, become_user, &marker, &script(&marker, runner)).await?;
    let mut bytes: Option<std::sync::Arc<[u8]>> = None;
    loop {
        let line = talk.hear().await?;
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "ready" => return Ok(talk.into_independent_pipe()),
            "need" => {
                let (architecture, unpacker) = rest.split_once(' ').unwrap_or((rest, ""));
                if architecture != runner.architecture() {
                    return Err(only_raw(talk.error(format!(
                        "there is no runner for the processor '{architecture}', only for '{}'",
                        runner.architecture()
                    ))));
                }
                let packed = (unpacker == "gzip").then(|| runner.gzip()).flatten();
                let header = if packed.is_some() { "gzip" } else { "plain" };
                let upload = packed.unwrap_or_else(|| runner.shared_bytes());
                talk.say(format!("{header} {}\n", upload.len()).as_bytes()).await?;
                bytes = Some(upload);
            }
            // The script waits for exactly these bytes and says something before it reads again, so that no tool on
            // the host can read too far.
            "send" => match &bytes {
                Some(bytes) => talk.say(bytes).await?,
                None => return Err(talk.error("the host asks for the runner before it says what it needs")),
            },
            "failed" => {
                let error = talk.error("no folder on the host can hold and run the runner");
                let reasons = rest.split(';').map(str::trim).filter(|reason| !reason.is_empty());
                return Err(only_raw(reasons.fold(error, Error::cause)));
            }
            _ => return Err(talk.error(format!("unexpected words while the runner starts: '{line}'"))),
        }
    }
}

fn only_raw(error: Error) -> Error {
    error.hint("'raw' and 'script' work on this host all the same; everything else needs the runner")
}

/// The script that finds or takes the runner and becomes it. As it passes through login shells of every kind, it is one
/// line without `'`, `\` or `!`; nothing in it comes from outside but the marker, the hash and the size.
fn script(marker: &str, runner: &RunnerBinary) -> String {
    let text = [
        "o=$(umask); umask 077; set -f;",
        "m=MARKER; h=HASH; n=SIZE;",
        "c=; r=;",
        // A home that is not the user's own (after `su`, or a service's `/`) is not for us.
        r#"if [ -n "$HOME" ] && [ -d "$HOME" ] && [ -O "$HOME" ]; then"#,
        r#"c=${XDG_CACHE_HOME:-$HOME/.cache}; [ -d "$c" ] || mkdir -p "$c" 2>/dev/null; [ -O "$c" ] || c=; fi;"#,
        r#"whole() { [ -f "$1" ] && [ -O "$1" ] && [ "$(wc -c < "$1")" -eq $n ]; };"#,
        r#"private() { if [ -L "$1" ]; then return 1; fi; [ -d "$1" ] && [ -O "$1" ] || return 1;"#,
        r#"case $(ls -ld "$1") in drwx------*) ;; *) chmod 700 "$1" 2>/dev/null;; esac; };"#,
        "LOOKUP",
        r#"u=${u:-$(id -u)}; set -- ${c:+"$c/capstan"} /var/tmp/capstan-$u /tmp/capstan-$u /dev/shm/capstan-$u;"#,
        "g=plain; if command -v gzip >/dev/null 2>&1; then g=gzip; fi;",
        r#"echo "$m need $(uname -m) $g"; read -r g l || exit 1;"#,
        r#"for d in "$@"; do"#,
        // Somebody else may make it at the same moment, so the folder counts and not who has made it.
        r#"[ -d "$d" ] || mkdir "$d" 2>/dev/null;"#,
        r#"if private "$d"; then :; else r="$r $d: can not be made or is not a private folder of this user;"; continue; fi;"#,
        r#"f=$d/runner-$h; t=$f.$$; echo "$m send";"#,
        // Whatever goes wrong, all that is sent has to be read.
        r#"head -c "$l" | { (if [ "$g" = gzip ]; then gzip -dc; else cat; fi > "$t") 2>/dev/null; cat >/dev/null; };"#,
        r#"e=; if whole "$t"; then"#,
        r#"if command -v sha256sum >/dev/null 2>&1; then case $(sha256sum < "$t") in $h*) ;; *) e="arrived damaged";; esac; fi;"#,
        r#"else e="can not be written whole"; fi;"#,
        r#"if [ -z "$e" ]; then chmod 700 "$t";"#,
        r#"if e=$("$t" --version 2>&1 </dev/null); then INSTALL fi; e="can not be executed: $e"; fi;"#,
        r#"rm -f "$t"; r="$r $d: $e;"; done;"#,
        // Unquoted, so that it stays one line.
        "echo $m failed $r; exit 1",
    ]
    .join(" ");
    // One process and no more on the usual path: `ls` tells the modes of folder and file, and the size.
    let lookup = [
        r#"try() { f=$1/runner-$h; [ -x "$f" ] && [ -f "$f" ] && [ -O "$f" ] && [ -O "$1" ] || return 0;"#,
        r#"if [ -L "$1" ] || [ -L "$f" ]; then return 0; fi;"#,
        r#"case $(ls -ldn "$1" "$f") in drwx------*-rwx------*" $n "*) echo "$m ready"; umask $o; exec "$f";; esac; };"#,
        r#"[ -z "$c" ] || try "$c/capstan"; u=$(id -u);"#,
        r#"for d in /var/tmp /tmp /dev/shm; do try "$d/capstan-$u"; done;"#,
    ]
    .join(" ");
    let (lookup, install) = match runner.is_kept() {
        true => (lookup.as_str(), r#"if mv -f "$t" "$f"; then echo "$m ready"; umask $o; exec "$f"; fi;"#),
        // Under a name of its own, so that nobody else starts what is about to be removed.
        false => ("", r#"echo "$m ready"; umask $o; exec "$t" --remove-self;"#),
    };
    text.replace("LOOKUP", lookup)
        .replace("INSTALL", install)
        .replace("MARKER", marker)
        .replace("HASH", runner.sha256())
        .replace("SIZE", &runner.bytes().len().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_passes_through_any_shell() {
        for runner in [RunnerBinary::new(*b"x", "x86_64"), RunnerBinary::new(*b"x", "x86_64").not_kept()] {
            let script = script("00ff", &runner);
            for forbidden in ['\'', '\\', '!', '\n'] {
                assert!(!script.contains(forbidden), "{forbidden:?} in {script}");
            }
            // What the runner makes must get the permissions that the user's own files get.
            assert_eq!(
                script.matches("exec \"").count(),
                script.matches("umask $o; exec \"").count(),
                "{script}"
            );
            let status = std::process::Command::new("/bin/sh").args(["-n", "-c", &script]).status().unwrap();
            assert!(status.success(), "{script}");
        }
    }
}
