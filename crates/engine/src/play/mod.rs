//! One play: its batches, and in each the hosts that go through it together.

mod batch;
mod failed_task;
mod free;
mod handlers;
mod inclusion;
mod meta;
mod person;
mod settle;
mod step;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, RwLock};

use batch::{Batch, HostRun, State};
use diag::{Error, Errors, Result};
use inventory::HostName;
use playbook::{Item, Play, Task};
use value::{Convert, Value};
use yaml::Node;

use crate::accounting::Stats;
use crate::cursor::{Cursor, Position};
use crate::facts;
use crate::notifications::Notifications;
use crate::variables::{HostScope, PlayContext};
use crate::world::World;
use crate::{Event, Gathering};

/// How a play ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlayEnding {
    /// Go on with the next batch, then with the next play.
    GoOn,
    /// Go on with the next play.
    EndPlay,
    /// All hosts failed, or an error counts for all.
    Stop,
}

/// Runs a play on its hosts. `started` says whether the task to start at was met; until then nothing runs.
///
/// # Errors
/// Something about the play itself is wrong: its batch sizes, its order.
pub(crate) async fn run(
    world: &Arc<World>,
    play: &Play,
    hosts: Vec<HostName>,
    failed_hosts: &mut HashSet<HostName>,
    stats: &mut Stats,
    started: &mut bool,
) -> Result<PlayEnding, Errors> {
    let name = play_name(world, play);
    let check_mode = checks(world, play, play.keywords.check_mode.as_ref());
    let alive: Vec<HostName> = hosts.iter().filter(|host| !failed_hosts.contains(*host)).cloned().collect();
    if hosts.is_empty() {
        world.tell(Event::Play { name, check_mode });
        world.tell(Event::NoHosts);
        return Ok(PlayEnding::GoOn);
    }
    let batches = batches(world, play, &alive)?;
    let force_handlers = flag(world, play, &play.force_handlers)?.unwrap_or(world.settings.force_handlers);
    let mut items = play.items(force_handlers);
    let mut preparations = Vec::new();
    if gathers_facts(world, play)? {
        preparations.push(facts::gathering_task(play));
    }
    preparations.extend(validation(world, play)?);
    items.splice(0..0, preparations.iter().cloned().map(Item::Task));
    let wanted = world.settings.start_at_task.as_deref().filter(|_| !*started);
    let start = match wanted.map(|wanted| start_position(world, play, &items, wanted)) {
        Some(None) => {
            world.tell(Event::Play { name, check_mode });
            return Ok(PlayEnding::GoOn);
        }
        position => position.flatten(),
    };
    *started = true;
    let strategy = strategy(world, play)?;
    for batch in batches {
        world.tell(Event::Play { name: name.clone(), check_mode });
        let context = Arc::new(PlayContext {
            play: play.clone(),
            name: name.clone(),
            all_hosts: hosts.clone(),
            batch: RwLock::new(batch.clone()),
            active: RwLock::new(alive.iter().filter(|host| !failed_hosts.contains(*host)).cloned().collect()),
            included_roles: RwLock::default(),
            public_roles: RwLock::new(play.roles.iter().filter(|role| role.public).cloned().collect()),
        });
        let runs = batch.iter().map(|host| {
            let run = HostRun {
                cursor: Cursor::new(items.clone()),
                scope: HostScope::new(world, &context, host),
                notifications: Notifications::default(),
                doubt: None,
                state: State::Active,
                begun_roles: HashSet::new(),
                completed_roles: HashSet::new(),
            };
            (host.clone(), run)
        });
        let mut running = Batch {
            world,
            context: Arc::clone(&context),
            handlers: RwLock::new(play.handlers.clone()),
            hosts: runs.collect(),
            failed_hosts,
            stats,
            only_tags: &world.settings.tags,
            start: start.clone(),
            preparations: preparations.clone(),
            unusable: Mutex::default(),
            told: HashSet::new(),
            debugs: world.settings.debugger || strategy == "debug",
        };
        let ending = match strategy.as_str() {
            "free" => running.run_freely(false).await?,
            "host_pinned" => running.run_freely(true).await?,
            _ => running.run().await?,
        };
        let all_failed = !batch.is_empty() && batch.iter().all(|host| failed_hosts.contains(host));
        if ending == PlayEnding::Stop || all_failed {
            return Ok(PlayEnding::Stop);
        }
        if ending == PlayEnding::EndPlay {
            break;
        }
    }
    Ok(PlayEnding::GoOn)
}

fn play_name(world: &World, play: &Play) -> String {
    match &play.name {
        Some(name) if name.is_template() => world
            .loader
            .language
            .render(name, &play.static_vars)
            .map_or_else(|_| name.to_string(), |value| value.to_string()),
        Some(name) => name.trim().to_owned(),
        None => {
            let patterns = play.hosts.iter().filter_map(|node| static_value(world, play, node).ok());
            patterns.map(|value| value.to_string()).collect::<Vec<_>>().join(",")
        }
    }
}

/// Whether a `check_mode` keyword makes a dry run; without one the run's setting counts.
fn checks(world: &World, play: &Play, node: Option<&Node>) -> bool {
    let value = node.and_then(|node| static_value(world, play, node).ok());
    value.and_then(|value| value.to_bool().ok()).unwrap_or(world.settings.check)
}

/// A play's keyword, rendered with what is known before any host.
pub(crate) fn static_value(world: &World, play: &Play, node: &Node) -> Result<Value> {
    match node.to_value() {
        Value::String(text) if text.is_template() => {
            world.loader.language.render(&text, &play.static_vars).map_err(|error| error.at(&node.span))
        }
        value => Ok(value),
    }
}

/// A play's keyword, unless it is not written or omitted.
pub(crate) fn keyword<'a>(
    world: &World,
    play: &Play,
    node: &'a Option<Node>,
) -> Result<Option<(Value, &'a Node)>> {
    let Some(node) = node else { return Ok(None) };
    Ok(match static_value(world, play, node)? {
        Value::Omit | Value::Null => None,
        value => Some((value, node)),
    })
}

fn flag(world: &World, play: &Play, node: &Option<Node>) -> Result<Option<bool>> {
    let Some((value, node)) = keyword(world, play, node)? else { return Ok(None) };
    value.to_bool().map(Some).map_err(|error| Error::new(error.to_string()).at(&node.span))
}

/// The name of the play's strategy, without the collection.
fn strategy(world: &World, play: &Play) -> Result<String> {
    let Some((name, node)) = keyword(world, play, &play.strategy)? else {
        return Ok(world.settings.strategy.clone());
    };
    let name = name.to_string();
    let short = name.strip_prefix("ansible.builtin.").unwrap_or(&name);
    match playbook::STRATEGIES.contains(&short) {
        true => Ok(short.to_owned()),
        false => Err(Error::new(format!("Invalid play strategy specified: {name}")).at(&node.span)),
    }
}

fn gathers_facts(world: &World, play: &Play) -> Result<bool> {
    let gathers = flag(world, play, &play.gather_facts)?;
    Ok(gathers.unwrap_or(world.settings.gathering != Gathering::Explicit))
}

/// The task that checks variables against a specification beside the playbook, if the play wants that.
fn validation(world: &World, play: &Play) -> Result<Option<Arc<Task>>> {
    let in_keyword = |name: &str, error: Error| {
        let message = format!("Error processing keyword '{name}': {}", error.summary());
        Error::new(message).at_some(error.span())
    };
    let wanted = keyword(world, play, &play.validate_argspec)
        .map_err(|error| in_keyword("validate_argspec", error))?;
    let Some((wanted, node)) = wanted else { return Ok(None) };
    let name = match wanted {
        Value::Bool(false) => return Ok(None),
        Value::Bool(true) => match &play.name {
            Some(name) => match world.loader.language.render(name, &play.static_vars) {
                Ok(Value::Omit) => String::new(),
                Ok(name) => name.to_string(),
                Err(error) => return Err(in_keyword("name", error)),
            },
            None => String::new(),
        },
        name => name.to_string(),
    };
    world.loader.play_validation(play, &name).map(Some).map_err(|error| error.at(&node.span))
}

/// The hosts in batches, as `serial` says.
fn batches(world: &World, play: &Play, hosts: &[HostName]) -> Result<Vec<Vec<HostName>>> {
    let mut sizes = Vec::new();
    let mut listed: Vec<(Value, &Node)> = Vec::new();
    for node in &play.serial {
        match static_value(world, play, node)? {
            Value::Omit | Value::Null => {}
            Value::List(values) => listed.extend(values.iter().map(|value| (value.clone(), node))),
            value => listed.push((value, node)),
        }
    }
    for (value, node) in listed {
        let wrong = || {
            Error::new(format!("'serial' takes numbers and percentages, not {}", value.repr()))
                .at(&node.span)
                .advice("write such as '2', '30%' or a list of them")
        };
        let size = match value.as_str().and_then(|text| text.trim().strip_suffix('%')) {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                ((hosts.len() as f64 * percent / 100.0) as usize).max(1)
            }
            None => match value.to_i64().map_err(|_| wrong())? {
                size if size <= 0 => hosts.len(),
                size => size as usize,
            },
        };
        sizes.push(size.max(1));
    }
    let mut sizes = sizes.into_iter();
    let mut size = sizes.next().unwrap_or(hosts.len()).max(1);
    let mut rest = hosts;
    let mut batches = Vec::new();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(size.min(rest.len()));
        batches.push(batch.to_vec());
        rest = after;
        size = sizes.next().unwrap_or(size);
    }
    Ok(batches)
}

/// Where `--start-at-task` begins, if it is in this play.
fn start_position(world: &World, play: &Play, items: &[Item], wanted: &str) -> Option<Position> {
    let mut cursor = Cursor::new(items.to_vec());
    let mut failed = false;
    while let Some((position, task)) = cursor.peek(&mut failed) {
        let name = match &task.name {
            Some(name) => world
                .loader
                .language
                .render(name, &play.static_vars)
                .map_or_else(|_| name.to_string(), |value| value.to_string()),
            None => task.plain_name().to_owned(),
        };
        if playbook::matches_wildcard(wanted, &name) || playbook::matches_wildcard(wanted, &task.title(&name))
        {
            return Some(position);
        }
        cursor.advance();
    }
    None
}
