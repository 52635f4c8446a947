use std::path::Path;
use std::process::Output;

use regex_lite::Regex;

/// What differs from run to run, and what stands for it.
const CHANGING: [(&str, &str); 11] = [
    // The script that starts the runner, cut where it gets long: a mark, a hash and a size, each another one.
    (r"EXEC /bin/sh -c 'o=.*\.\.\.", "EXEC /bin/sh -c '[RUNNER]'"),
    (r#""(start|end)": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}""#, r#""$1": "[TIME]""#),
    (r#""delta": "\d+:\d\d:\d\d\.\d{6}""#, r#""delta": "[DURATION]""#),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d{4})?", "[TIME]"),
    (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:[PORT]"),
    (r"\[127\.0\.0\.1\]:\d{4,5}", "[127.0.0.1]:[PORT]"),
    (r" -p \d{4,5} ", " -p [PORT] "),
    (r"runner-[0-9a-f]{64}(\.\d+)?", "runner-[HASH]"),
    (r"\bport \d{4,5}\b", "port [PORT]"),
    (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:[FINGERPRINT]"),
    (r"/tmp/capstan-lab-\w+", "[LAB]"),
];

/// A command, what it printed, and how it ended.
pub(super) fn of(line: &str, output: &Output, folder: &Path) -> String {
    let mut text = format!("$ {line}\n{}", String::from_utf8_lossy(&output.stdout));
    if !output.stderr.is_empty() {
        text += &format!("[standard error]\n{}", String::from_utf8_lossy(&output.stderr));
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => text += &format!("[exit code {code}]\n"),
        None => text += &format!("[{}]\n", output.status),
    }
    let mut text = text.replace(&*folder.to_string_lossy(), "");
    for (pattern, replacement) in CHANGING {
        text = Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
    }
    text
}
