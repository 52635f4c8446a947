use std::collections::HashMap;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use diag::{Error, Severity, Span, Style};
use engine::{Ran, Status as RanStatus};
use inventory::HostName;

use super::document::{Cell, Detail, Document, Item, Message, Play, Status, Task, Unknown};
use super::texts::{Text, Texts};
use super::{End, Outcome};
use crate::diff::{Difference, Fate, Line, Look};
use crate::options::{Manner, ResultFormat};

/// What a run has told so far, without what is told twice.
pub(crate) struct Collected {
    since: Instant,
    began: SystemTime,
    dry: bool,
    /// Whether any task had to show its differences.
    diff: bool,
    diff_context: usize,
    playbook: Text,
    /// The names of the playbooks.
    names: Vec<String>,
    texts: Texts,
    hosts: Vec<String>,
    host_numbers: HashMap<HostName, usize>,
    plays: Vec<Play>,
    tasks: Vec<Task>,
    /// The task whose results are told now.
    current: Option<Key>,
    /// The tasks that are told under one heading: one that is included twice stands in the list twice.
    rows: HashMap<Key, Vec<usize>>,
    cells: Vec<Cell>,
    taken: HashMap<(usize, usize), usize>,
    details: Vec<Detail>,
    detail_numbers: HashMap<Detail, usize>,
    /// The items of loops whose end was not told yet.
    items: HashMap<usize, Vec<Item>>,
    messages: Vec<Message>,
    /// The hosts that are at work.
    working: Vec<HostName>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    play: usize,
    title: Text,
    place: Option<Text>,
    handler: bool,
}

impl Collected {
    pub(crate) fn new(dry: bool, diff_context: usize) -> Collected {
        let mut texts = Texts::default();
        Collected {
            since: Instant::now(),
            began: SystemTime::now(),
            dry,
            diff: false,
            diff_context,
            playbook: texts.number(""),
            names: Vec::new(),
            texts,
            hosts: Vec::new(),
            host_numbers: HashMap::new(),
            plays: Vec::new(),
            tasks: Vec::new(),
            current: None,
            rows: HashMap::new(),
            cells: Vec::new(),
            taken: HashMap::new(),
            details: Vec::new(),
            detail_numbers: HashMap::new(),
            items: HashMap::new(),
            messages: Vec::new(),
            working: Vec::new(),
        }
    }

    pub(crate) fn playbook(&mut self, path: &Path) {
        self.playbook = self.texts.number(&path.display().to_string());
        self.names.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        self.current = None;
    }

    /// A play begins, or its next batch of hosts.
    pub(crate) fn play(&mut self, name: &str) {
        let play = Play { name: self.texts.number(name), playbook: self.playbook };
        let same = |last: &Play| (last.name, last.playbook) == (play.name, play.playbook);
        if !self.plays.last().is_some_and(same) {
            self.plays.push(play);
        }
    }

    pub(crate) fn task(&mut self, title: &str, place: Option<&Span>, handler: bool) {
        self.current = Some(Key {
            play: self.plays.len().saturating_sub(1),
            title: self.texts.number(title),
            place: place.map(|place| self.texts.number(&place.to_string())),
            handler,
        });
    }

    pub(crate) fn working(&mut self, hosts: &[HostName]) {
        self.working = hosts.to_vec();
    }

    pub(crate) fn message(&mut self, message: &Error) {
        let text = self.texts.number(message.render(Style::Plain).trim_end());
        self.messages.push(Message { error: message.severity() == Severity::Error, text });
    }

    /// One item of a loop has ended.
    pub(crate) fn item(&mut self, ran: &Ran) {
        let host = self.host(&ran.host);
        let label = self.texts.number(ran.label.as_deref().unwrap_or_default());
        let (status, detail) = (status(&ran.status), self.detail(ran));
        self.items.entry(host).or_default().push(Item { label, status, detail });
    }

    /// A task has ended on a host.
    pub(crate) fn ran(&mut self, ran: &Ran) {
        let host = self.host(&ran.host);
        let mut detail = self.detail(ran);
        detail.items = self.items.remove(&host).unwrap_or_default();
        let action = self.texts.number(&ran.action);
        let since = |instant: Instant| milliseconds(instant.saturating_duration_since(self.since));
        let (began, ended) = (since(ran.began), since(ran.ended));
        self.put(host, status(&ran.status), (began, ended - began), detail, Some(action));
    }

    /// Something was included for hosts.
    pub(crate) fn included(&mut self, what: &str, hosts: &[HostName]) {
        let what = self.texts.number(what);
        let now = milliseconds(self.since.elapsed());
        for host in hosts {
            let host = self.host(host);
            // Each item of a loop may include something.
            let cell = self.current.as_ref().and_then(|key| self.rows.get(key)?.last());
            let cell = cell.and_then(|row| self.taken.get(&(*row, host))).copied();
            let earlier = cell.and_then(|cell| usize::try_from(self.cells[cell].5).ok());
            match (cell, earlier.map(|number| self.details[number].clone())) {
                (Some(cell), Some(mut detail)) if !detail.included.is_empty() => {
                    detail.included.push(what);
                    self.cells[cell].5 = self.detail_number(detail);
                }
                _ => {
                    let detail = Detail { included: vec![what], ..Detail::default() };
                    self.put(host, Status::Ok, (now, 0), detail, None);
                }
            }
        }
    }

    fn host(&mut self, name: &HostName) -> usize {
        if let Some(number) = self.host_numbers.get(name) {
            return *number;
        }
        let number = self.hosts.len();
        self.hosts.push(name.to_string());
        self.host_numbers.insert(name.clone(), number);
        number
    }

    /// Writes down what came of the current task on a host.
    fn put(
        &mut self,
        host: usize,
        status: Status,
        (began, took): (u64, u64),
        detail: Detail,
        action: Option<Text>,
    ) {
        let row = self.row(host);
        if self.tasks[row].action.is_none() {
            self.tasks[row].action = action;
        }
        let detail = if detail == Detail::default() { -1 } else { self.detail_number(detail) };
        self.taken.insert((row, host), self.cells.len());
        self.cells.push(Cell(row, host, status, began, took, detail));
    }

    /// The first task of the current heading that has no result for this host yet, or a new one.
    fn row(&mut self, host: usize) -> usize {
        let key = self.current.clone().unwrap_or_else(|| Key {
            play: self.plays.len().saturating_sub(1),
            title: self.texts.number(""),
            place: None,
            handler: false,
        });
        let rows = self.rows.entry(key.clone()).or_default();
        if let Some(row) = rows.iter().find(|row| !self.taken.contains_key(&(**row, host))) {
            return *row;
        }
        let row = self.tasks.len();
        rows.push(row);
        let Key { play, title, place, handler } = key;
        self.tasks.push(Task { title, place, play, handler, action: None });
        row
    }

    fn detail_number(&mut self, detail: Detail) -> i64 {
        let number = match self.detail_numbers.get(&detail) {
            Some(number) => *number,
            None => {
                let number = self.details.len();
                self.details.push(detail.clone());
                self.detail_numbers.insert(detail, number);
                number
            }
        };
        i64::try_from(number).unwrap_or(-1)
    }

    fn detail(&mut self, ran: &Ran) -> Detail {
        let unknown = match &ran.status {
            RanStatus::Unknown(unknown) => Some(Unknown {
                cause: self.texts.number(&unknown.cause),
                task: self.texts.number(&unknown.task),
                place: self.texts.number(&unknown.place),
            }),
            _ => None,
        };
        // Facts are many, and whoever wants to read them calls setup.
        let facts = ran.action == "setup" && matches!(ran.status, RanStatus::Ok);
        let result = (unknown.is_none() && !facts)
            .then(|| ResultFormat { invocation: false, ..ResultFormat::default() }.json(ran, true))
            .filter(|result| !TRIVIAL.contains(&result.as_str()));
        let shown = ran.diff && ran.result.get("changed").is_some_and(value::Value::is_true);
        self.diff |= ran.diff;
        let look = Look { manner: Manner::Capstan, context: self.diff_context, folded: false };
        let differences = if shown { Difference::of(&ran.changes, look) } else { Vec::new() };
        let delegate = ran.delegate.as_deref().filter(|delegate| **delegate != *ran.host);
        let error = ran.error.as_ref().map(|error| error.render(Style::Plain));
        Detail {
            result: result.map(|result| self.texts.number(&result)),
            differences: differences.iter().map(|difference| self.texts.number(&lines(difference))).collect(),
            error: error.map(|error| self.texts.number(error.trim_end())),
            warnings: ran.warnings.iter().map(|warning| self.texts.number(warning)).collect(),
            unknown,
            delegate: delegate.map(|delegate| self.texts.number(delegate)),
            included: Vec::new(),
            items: Vec::new(),
        }
    }

    /// All of it as JSON, with secrets hidden.
    ///
    /// # Errors
    /// It can't be written as JSON.
    pub(crate) fn json(&mut self, end: &End<'_>) -> serde_json::Result<String> {
        for error in end.errors.into_iter().flat_map(diag::Errors::iter) {
            self.message(error);
        }
        if end.outcome == Outcome::Interrupted {
            let now = milliseconds(self.since.elapsed());
            let last = self.current.as_ref().and_then(|key| self.rows.get(key)?.last().copied());
            for host in std::mem::take(&mut self.working) {
                let host = self.host(&host);
                if last.is_some_and(|row| self.taken.contains_key(&(row, host))) {
                    continue;
                }
                self.put(host, Status::Interrupted, (now, 0), Detail::default(), None);
            }
        }
        let began = self.began.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        serde_json::to_string(&Document {
            name: &self.names.join(", "),
            version: env!("CARGO_PKG_VERSION"),
            dry: self.dry,
            diff: self.diff,
            outcome: match end.outcome {
                Outcome::Good => "good",
                Outcome::Failed => "failed",
                Outcome::Unreachable => "unreachable",
                Outcome::Wrong => "wrong",
                Outcome::Interrupted => "interrupted",
            },
            began: i64::try_from(began).unwrap_or_default(),
            took: milliseconds(self.since.elapsed()),
            hosts: &self.hosts,
            plays: &self.plays,
            tasks: &self.tasks,
            cells: &self.cells,
            details: self.details.iter().collect(),
            messages: &self.messages,
            texts: self.texts.table(end.hide),
        })
    }
}

/// Results that say nothing.
const TRIVIAL: [&str; 3] =
    ["{}", "{\n    \"changed\": false\n}", "{\n    \"changed\": false,\n    \"skipped\": true\n}"];

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn status(status: &RanStatus) -> Status {
    match status {
        RanStatus::Ok => Status::Ok,
        RanStatus::Changed => Status::Changed,
        RanStatus::Skipped => Status::Skipped,
        RanStatus::Failed { ignored: true } | RanStatus::Unreachable { ignored: true } => Status::Ignored,
        RanStatus::Failed { .. } => Status::Failed,
        RanStatus::Unreachable { .. } => Status::Unreachable,
        RanStatus::Unknown(_) => Status::Unknown,
    }
}

/// The lines of a difference, each behind a character that says what it is.
fn lines(difference: &Difference) -> String {
    let lines = difference.lines.iter().map(|line| match line {
        Line::Subject(fate, text) => {
            let mark = match fate {
                Fate::New => 'N',
                Fate::Changed => 'C',
                Fate::Gone => 'G',
                Fate::Used => 'U',
            };
            format!("{mark}{text}")
        }
        Line::Note(text) => format!("n{text}"),
        Line::Header(text) => format!("h{text}"),
        Line::Hunk(text) => format!("@{text}"),
        Line::Same(text) => format!(" {text}"),
        Line::Added(text) => format!("+{text}"),
        Line::Removed(text) => format!("-{text}"),
        Line::NoNewline => format!("f{}", line.text()),
        Line::Folded(text) => format!("f{text}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(host: &str, status: RanStatus) -> Ran {
        let now = Instant::now();
        Ran {
            host: HostName::from(host.to_owned()),
            delegate: None,
            status,
            result: value::Map::new(),
            changes: Vec::new(),
            label: None,
            error: None,
            no_log: false,
            diff: false,
            shown: false,
            looped: false,
            action: "debug".into(),
            warnings: Vec::new(),
            deprecations: Vec::new(),
            began: now,
            ended: now,
        }
    }

    /// The page's data with `secret` hidden.
    fn data(collected: &mut Collected, outcome: Outcome) -> serde_json::Value {
        let end = End { outcome, errors: None, hide: &|text: &str| text.replace("secret", "***") };
        serde_json::from_str(&collected.json(&end).unwrap()).unwrap()
    }

    #[test]
    fn batches_of_a_play_share_their_rows_and_what_runs_twice_has_two() {
        let mut collected = Collected::new(false, 3);
        for batch in [["a"], ["b"]] {
            collected.play("play");
            collected.task("task", None, false);
            batch.iter().for_each(|host| collected.ran(&ran(host, RanStatus::Ok)));
        }
        collected.task("task", None, false);
        collected.ran(&ran("a", RanStatus::Changed));
        let data = data(&mut collected, Outcome::Good);
        assert_eq!(data["plays"].as_array().unwrap().len(), 1);
        assert_eq!(data["tasks"].as_array().unwrap().len(), 2);
        let cells: Vec<_> =
            data["cells"].as_array().unwrap().iter().map(|cell| (&cell[0], &cell[1])).collect();
        assert_eq!(
            format!("{cells:?}"),
            "[(Number(0), Number(0)), (Number(0), Number(1)), (Number(1), Number(0))]"
        );
    }

    #[test]
    fn secrets_that_became_known_late_are_hidden_everywhere() {
        let mut collected = Collected::new(false, 3);
        collected.play("a secret play");
        collected.task("a secret task", None, false);
        let mut one = ran("a", RanStatus::Changed);
        one.result.insert("msg".into(), "a secret message".into());
        one.warnings.push("a secret warning".into());
        collected.ran(&one);
        let data = data(&mut collected, Outcome::Good).to_string();
        assert!(data.contains("a *** message") && !data.contains("secret"), "{data}");
    }

    #[test]
    fn hosts_that_were_at_work_when_the_run_was_interrupted_are_told() {
        let mut collected = Collected::new(true, 3);
        collected.play("play");
        collected.task("task", None, false);
        collected.working(&["a", "b"].map(|host| HostName::from(host.to_owned())));
        let data = data(&mut collected, Outcome::Interrupted);
        let kinds: Vec<_> = data["cells"].as_array().unwrap().iter().map(|cell| cell[2].as_u64()).collect();
        assert_eq!(kinds, [Some(7), Some(7)]);
        assert_eq!(data["hosts"], serde_json::json!(["a", "b"]));
    }
}
