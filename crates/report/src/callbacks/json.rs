//! One JSON document at the end: plays, their tasks, each host's result, and the numbers.

use std::collections::HashMap;

use engine::{Event, Ran, Stats, Status};
use inventory::HostName;
use value::{JsonStyle, Map, Value};

use super::Callback;
use crate::paint::Tone;
use crate::screen::Screen;

/// Begins a run.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    Box::new(Json::default())
}

#[derive(Default)]
struct Json {
    plays: Vec<Play>,
    /// How many plays and tasks have begun, for names that are unique.
    count: usize,
    /// For each host, the items of the loop that it is in: those of which a dry run can't know have their cause.
    items: HashMap<HostName, Vec<Option<String>>>,
}

struct Play {
    about: About,
    tasks: Vec<Task>,
}

struct Task {
    about: About,
    hosts: Map,
}

/// What a play or task says of itself.
struct About {
    id: String,
    name: String,
    path: Option<String>,
    start: String,
    end: String,
}

impl Callback for Json {
    fn take(&mut self, event: &Event, screen: &mut Screen) {
        match event {
            Event::Playbook { .. } => *self = Json::default(),
            Event::Play { name, .. } => {
                let about = self.about(name, None);
                self.plays.push(Play { about, tasks: Vec::new() });
            }
            Event::Task { title, span, .. } => {
                let path = span
                    .as_ref()
                    .map(|span| format!("{}:{}", span.source().path().display(), span.position().line));
                let about = self.about(title, path);
                if let Some(play) = self.plays.last_mut() {
                    play.tasks.push(Task { about, hosts: Map::new() });
                }
            }
            Event::Item(ran) => self.item(ran),
            Event::Ran(ran) => self.ran(ran),
            Event::Stats(stats) => {
                let style = JsonStyle { ascii: true, ..JsonStyle::PRETTY };
                screen.say(Tone::Plain, &self.document(stats).to_json(style));
            }
            _ => {}
        }
    }
}

impl Json {
    fn about(&mut self, name: &str, path: Option<String>) -> About {
        self.count += 1;
        let id = format!("{:08x}-0000-0000-0000-{:012x}", std::process::id(), self.count);
        About { id, name: name.to_owned(), path, start: now(), end: now() }
    }

    fn item(&mut self, ran: &Ran) {
        self.items.entry(ran.host.clone()).or_default().push(unknown(ran));
    }

    fn ran(&mut self, ran: &Ran) {
        let items = self.items.remove(&ran.host).unwrap_or_default();
        let Some(play) = self.plays.last_mut() else { return };
        play.about.end = now();
        let Some(task) = play.tasks.last_mut() else { return };
        task.about.end = now();
        let mut result = ran.result.clone();
        result.insert("_ansible_no_log".into(), ran.no_log.into());
        result.insert("action".into(), ran.action.as_str().into());
        if matches!(ran.status, Status::Failed { .. }) {
            result.insert("failed".into(), true.into());
        }
        if let Some(cause) = unknown(ran) {
            result.insert("unknown".into(), cause.into());
        }
        if let Some(results) = result.get("results").and_then(Value::as_list)
            && results.len() == items.len()
        {
            let results = results.iter().zip(items).map(|(result, cause)| with_cause(result, cause));
            let results = Value::list(results.collect::<Vec<_>>());
            result.insert("results".into(), results);
        }
        task.hosts.insert(Value::from(&*ran.host), result.into());
    }

    fn document(&self, stats: &Stats) -> Value {
        let plays = self.plays.iter().map(|play| {
            let tasks = play.tasks.iter().map(|task| {
                Value::map([("task", task.about.value()), ("hosts", Value::from(task.hosts.clone()))])
            });
            Value::map([("play", play.about.value()), ("tasks", Value::list(tasks))])
        });
        Value::map([
            ("plays", Value::list(plays)),
            ("stats", numbers(stats)),
            ("custom_stats", Value::from(Map::new())),
            ("global_custom_stats", Value::from(Map::new())),
        ])
    }
}

impl About {
    fn value(&self) -> Value {
        let duration = Value::map([("start", self.start.as_str()), ("end", self.end.as_str())]);
        let mut entries = vec![("id", Value::from(self.id.as_str())), ("name", self.name.as_str().into())];
        entries.push(("duration", duration));
        entries.extend(self.path.as_ref().map(|path| ("path", Value::from(path.as_str()))));
        Value::map(entries)
    }
}

/// Why a dry run can't know what would come of it.
fn unknown(ran: &Ran) -> Option<String> {
    match &ran.status {
        Status::Unknown(unknown) => Some(unknown.to_string()),
        _ => None,
    }
}

fn with_cause(result: &Value, cause: Option<String>) -> Value {
    match (result, cause) {
        (Value::Map(map), Some(cause)) => {
            let mut map = Map::clone(map);
            map.insert("unknown".into(), cause.into());
            map.into()
        }
        (other, _) => other.clone(),
    }
}

fn numbers(stats: &Stats) -> Value {
    let hosts = stats.hosts().into_iter().map(|(host, tally)| {
        let numbers = Value::map([
            ("ok", tally.ok),
            ("changed", tally.changed),
            ("unreachable", tally.unreachable),
            ("failures", tally.failed),
            ("skipped", tally.skipped),
            ("rescued", tally.rescued),
            ("ignored", tally.ignored),
        ]);
        (Value::from(&**host), numbers)
    });
    Value::from(hosts.collect::<Map>())
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
