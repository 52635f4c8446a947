//! A task that is a dry run in the middle of a real one, because its `check_mode` says so.

use actions::{Done, Verdict};
use value::{Map, Value};

/// What is registered of it. A real run goes on from here and must know what it does next, so nothing may stay unknown:
/// a task of which nobody can say what it would do counts as skipped. One that says when it need not run
/// (`is_conditional`) would have run.
pub(super) fn settled(done: Done, action: &str, is_conditional: bool) -> Done {
    // Playbooks look at these words, and at those of what can't be known.
    const WOULD_RUN: &str = "Command would have run if not in check mode";
    if matches!(done.verdict, Verdict::Unknown(_)) {
        let reason = format!("This action ({action}) does not support check mode.");
        let done = Done { verdict: Verdict::Skipped, changes: Vec::new(), ..done };
        return done.and("changed", false).and("msg", reason);
    }
    if !done.result.values().any(|value| value.find_unknown().is_some()) {
        return done;
    }
    let known = |key: &Value, value: Value| match key.as_str() {
        _ if value.find_unknown().is_none() => value,
        Some("msg") => WOULD_RUN.into(),
        Some("rc") => 0.into(),
        Some("stdout" | "stderr") => "".into(),
        Some("stdout_lines" | "stderr_lines") => Value::list(Vec::<Value>::new()),
        _ => Value::Null,
    };
    let result: Map = done.result.into_iter().map(|(key, value)| (key.clone(), known(&key, value))).collect();
    let verdict = if is_conditional { done.verdict } else { Verdict::Skipped };
    let changes = if is_conditional { done.changes } else { Vec::new() };
    Done { result, verdict, changes, ..Done::default() }.and("changed", is_conditional)
}

#[cfg(test)]
mod tests {
    use value::Unknown;

    use super::*;

    #[test]
    fn nothing_stays_unknown() {
        let unknown = || Value::from(Unknown::new("it was not run"));
        let done = || {
            Done::with([("cmd", "x".into()), ("stdout", unknown()), ("rc", unknown()), ("msg", unknown())])
        };
        let skipped = settled(done(), "command", false);
        assert_eq!((skipped.verdict.clone(), skipped.changed()), (Verdict::Skipped, false));
        assert_eq!(skipped.result.get("rc"), Some(&0.into()));
        assert_eq!(skipped.result.get("cmd"), Some(&"x".into()));
        assert_eq!(
            skipped.result.get("msg").unwrap().to_string(),
            "Command would have run if not in check mode"
        );
        let would_run = settled(done(), "command", true);
        assert_eq!((would_run.verdict.clone(), would_run.changed()), (Verdict::Done, true));
        let unknown = settled(Done::unknown(&Unknown::new("why")), "uri", true);
        assert_eq!(unknown.verdict, Verdict::Skipped);
        assert!(unknown.result.get("msg").unwrap().to_string().contains("(uri) does not support check mode"));
        assert_eq!(settled(Done::with([("rc", 1)]), "command", false).verdict, Verdict::Done);
    }
}
