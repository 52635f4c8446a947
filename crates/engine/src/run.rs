use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use actions::Terminal;
use diag::{Error, Errors};
use inventory::{HostName, Inventory};
use playbook::{Loader, Play, Playbook};
use template::Templates;
use transport::RunnerBinary;
use value::Value;
use vault::Secrets;
use yaml::Node;

use crate::accounting::Stats;
use crate::connections::Connections;
use crate::play::{self, PlayEnding};
use crate::prompts;
use crate::world::World;
use crate::{Event, Events, Settings, UnmatchedPattern};

/// A run: playbooks on the hosts of an inventory.
pub struct Run {
    world: Arc<World>,
    stats: Mutex<Stats>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All hosts did what they should.
    Good,
    /// A host failed.
    Failed,
    /// A host could not be reached.
    Unreachable,
}

impl Run {
    /// A run that has not begun.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        settings: Settings,
        templates: Arc<Templates>,
        loader: Loader,
        inventory: Inventory,
        secrets: Arc<Secrets>,
        runner: Option<RunnerBinary>,
        events: Arc<dyn Events>,
        terminal: Arc<dyn Terminal>,
    ) -> Run {
        let connections = Connections::new(runner);
        let world =
            World::new(settings, templates, loader, inventory, secrets, connections, events, terminal);
        Run { world: Arc::new(world), stats: Mutex::default() }
    }

    /// The hosts of a play, within the limit and in the play's order.
    ///
    /// # Errors
    /// The play's pattern can't be rendered or understood.
    pub fn hosts_of(&self, play: &Play) -> diag::Result<Vec<HostName>> {
        let mut patterns = Vec::new();
        for node in &play.hosts {
            patterns.extend(self.patterns_in(play, node)?);
        }
        let span = play.hosts.first().map(|node| node.span.clone());
        let inventory = self.world.inventory();
        let limit = self.world.settings.limit.as_deref();
        let mut hosts = inventory
            .select_limited(&patterns.join(","), limit)
            .map_err(|error| error.at_some(span.as_ref()))?;
        drop(inventory);
        if let Some((order, node)) = play::keyword(&self.world, play, &play.order)? {
            match order.as_str() {
                Some("inventory") | None => {}
                Some("sorted") => hosts.sort(),
                Some("reverse_sorted") => {
                    hosts.sort();
                    hosts.reverse();
                }
                Some("reverse_inventory") => hosts.reverse(),
                Some("shuffle") => shuffle(&mut hosts),
                Some(other) => {
                    let orders = ["inventory", "sorted", "reverse_sorted", "reverse_inventory", "shuffle"];
                    return Err(Error::new(format!("'{other}' is no order of hosts"))
                        .at(&node.span)
                        .hint(format!("the orders are {}", orders.join(", "))));
                }
            }
        }
        Ok(hosts)
    }

    /// Runs playbooks one after another.
    ///
    /// # Errors
    /// Something is wrong with a play, not with a host.
    pub async fn playbooks(&self, playbooks: &[Playbook]) -> Result<Ending, Errors> {
        let mut failed_hosts: HashSet<HostName> = HashSet::new();
        let outcome = self.all(playbooks, &mut failed_hosts).await;
        self.world.connections.close().await;
        outcome.map_err(|errors| self.world.masks.hide_errors(errors))?;
        let stats = self.stats();
        let hosts = stats.hosts();
        // A failure that was cleared or rescued does not count any more.
        let mut failed = hosts.iter().filter(|(name, _)| failed_hosts.contains(*name)).peekable();
        Ok(if failed.peek().is_none() {
            Ending::Good
        } else if failed.any(|(_, tally)| tally.unreachable > 0) {
            Ending::Unreachable
        } else {
            Ending::Failed
        })
    }

    async fn all(&self, playbooks: &[Playbook], failed_hosts: &mut HashSet<HostName>) -> Result<(), Errors> {
        if let Some(cache) =
            self.world.settings.fact_cache.as_ref().filter(|_| self.world.settings.flush_cache)
        {
            self.world.inventory().hosts().for_each(|host| cache.forget(host.name()));
            // Which may be there without being in any inventory.
            cache.forget(&HostName::from("localhost"));
        }
        let mut started = self.world.settings.start_at_task.is_none();
        for playbook in playbooks {
            self.world.tell(Event::Playbook { path: playbook.path.clone(), plays: playbook.plays.len() });
            let stop = self.plays(&playbook.plays, failed_hosts, &mut started).await?;
            self.write_retry_file(playbook, failed_hosts);
            let custom = self.world.custom_stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let mut stats = self.stats();
            stats.custom = custom;
            self.world.tell(Event::Stats(stats));
            if stop {
                break;
            }
        }
        if let Some(wanted) = self.world.settings.start_at_task.as_deref().filter(|_| !started) {
            let warning = Error::warning(format!("there is no task '{wanted}' to start at, so nothing ran"))
                .hint("tasks that are included while the play runs can't be started at");
            self.world.tell(Event::Notice(warning));
        }
        Ok(())
    }

    /// Writes the hosts that failed to a file, if that is wanted.
    fn write_retry_file(&self, playbook: &Playbook, failed_hosts: &HashSet<HostName>) {
        let Some(retry) = self.world.settings.retry_files.as_ref().filter(|_| !failed_hosts.is_empty())
        else {
            return;
        };
        let beside = playbook.path.parent().unwrap_or(Path::new(""));
        let folder = retry.save_path.as_deref().unwrap_or(beside);
        let name = playbook.path.with_extension("retry");
        let path = folder.join(name.file_name().unwrap_or_default());
        let mut names: Vec<&str> = failed_hosts.iter().map(|host| &**host).collect();
        names.sort_unstable();
        let written = std::fs::create_dir_all(folder).and_then(|()| {
            std::fs::write(&path, names.iter().map(|name| format!("{name}\n")).collect::<String>())
        });
        self.world.tell(match written {
            Ok(()) => Event::RetryFile { path },
            Err(error) => Event::Notice(
                Error::warning(format!("can't write the file of hosts to retry, {}", path.display()))
                    .cause(error),
            ),
        });
    }

    async fn plays(
        &self,
        plays: &[Play],
        failed_hosts: &mut HashSet<HostName>,
        started: &mut bool,
    ) -> Result<bool, Errors> {
        for play in plays {
            let play = &prompts::ask(&self.world, play).await?;
            let hosts = self.hosts_of(play)?;
            self.check_patterns(play)?;
            // Counted beside what others may ask for in between.
            let mut stats = self.stats();
            let ending = play::run(&self.world, play, hosts, failed_hosts, &mut stats, started).await;
            *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
            if ending? == PlayEnding::Stop {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The patterns that stand in a play's `hosts`: one, or a list of them that a template gives.
    fn patterns_in(&self, play: &Play, node: &Node) -> diag::Result<Vec<String>> {
        let value = play::static_value(&self.world, play, node)?;
        let list = value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
        Ok(list.iter().map(ToString::to_string).collect())
    }

    /// Warns of patterns that match nothing, or refuses them.
    fn check_patterns(&self, play: &Play) -> diag::Result<()> {
        let refuses = match self.world.settings.unmatched_pattern {
            UnmatchedPattern::Ignore => return Ok(()),
            UnmatchedPattern::Warn => false,
            UnmatchedPattern::Refuse => true,
        };
        for node in &play.hosts {
            let pattern = self.patterns_in(play, node)?.join(",");
            let inventory = self.world.inventory();
            for part in inventory.unmatched(&pattern)? {
                let names = inventory.groups();
                let known =
                    names.keys().map(|name| &**name).chain(inventory.hosts().map(|host| &**host.name()));
                let message = format!("Could not match supplied host pattern, ignoring: {part}");
                let hint = diag::did_you_mean(&part, known);
                if refuses {
                    return Err(Error::new(message).at(&node.span).told_at(None).hint_some(hint));
                }
                let warning = Error::warning(message).at(&node.span).told_at(None).hint_some(hint);
                self.world.tell(Event::Notice(warning));
            }
        }
        Ok(())
    }

    /// What reads playbooks, for lists of tasks.
    pub fn loader(&self) -> &Loader {
        &self.world.loader
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The text with all secrets hidden that tasks have used so far.
    pub fn hide(&self, text: &str) -> String {
        self.world.masks.hide_text(text)
    }

    /// Closes all connections, which ends what still runs on hosts.
    pub async fn abort(&self) {
        self.world.connections.close().await;
    }
}

/// Any order will do, as long as it is another one each time.
fn shuffle(hosts: &mut [HostName]) {
    use std::hash::{BuildHasher, RandomState};
    let state = RandomState::new();
    hosts.sort_by_cached_key(|host| state.hash_one(host));
}
