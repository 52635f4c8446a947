use std::path::PathBuf;

use diag::{Error, Result};
use indexmap::IndexMap;

use crate::collection::candidate::Candidate;
use crate::collection::{Fetch, Kind, Name, Requirement, find};
use crate::version::Range;

/// What is asked for, and how.
pub(crate) struct Question<'a> {
    /// What is asked for directly.
    pub(crate) direct: &'a [Requirement],
    /// Where what is installed already counts.
    pub(crate) paths: &'a [PathBuf],
    /// What is installed is kept where it will do.
    pub(crate) keep_installed: bool,
    /// Also that of the collections that are asked for directly.
    pub(crate) keep_direct: bool,
    /// What collections need is asked for too.
    pub(crate) dependencies: bool,
    /// Pre-releases count.
    pub(crate) pre_releases: bool,
}

/// A requirement and who has it.
#[derive(Clone, Debug)]
struct Wanted {
    name: Name,
    range: Range,
    server: Option<String>,
    /// The collection that needs it.
    parent: Option<String>,
}

impl Wanted {
    fn shown(&self) -> String {
        match &self.parent {
            Some(parent) => format!("* {}:{} (dependency of {parent})", self.name, self.range),
            None => format!("* {}:{} (direct request)", self.name, self.range),
        }
    }
}

/// A choice of versions, and what is still wanted.
#[derive(Clone, Default)]
struct State {
    chosen: IndexMap<Name, Candidate>,
    wanted: Vec<Wanted>,
    /// The first of `wanted` that nothing was chosen for.
    next: usize,
}

struct Resolver<'q, 'f, 'a> {
    question: &'q Question<'q>,
    fetch: &'f mut Fetch<'a>,
    /// What could not be had together, of the attempt that came furthest.
    conflict: Option<(usize, Vec<Wanted>)>,
    steps: usize,
}

/// Finds versions that go together: the newest that will do, after what is locked and what is installed.
///
/// # Errors
/// There are none, or a server can't be asked.
pub(crate) fn resolve(question: &Question<'_>, fetch: &mut Fetch<'_>) -> Result<Vec<Candidate>> {
    let mut resolver = Resolver { question, fetch, conflict: None, steps: 0 };
    let mut state = State::default();
    for requirement in question.direct {
        resolver.want(&mut state, requirement, None)?;
    }
    if let Some(state) = resolver.solve(state)? {
        return Ok(state.chosen.into_values().collect());
    }
    let conflict = resolver.conflict.map(|(_, conflict)| conflict).unwrap_or_default();
    let lines: Vec<String> = conflict.iter().map(Wanted::shown).collect();
    Err(Error::new(format!(
        "Failed to resolve the requested dependencies map. Could not satisfy the following requirements:\n{}\nHint: \
         Pre-releases hosted on Galaxy or Automation Hub are not installed by default unless a specific version is \
         requested. To enable pre-releases globally, use --pre",
        lines.join("\n")
    )))
}

impl Resolver<'_, '_, '_> {
    /// Adds a requirement. What is at a place is chosen at once, for there is nothing to choose from.
    fn want(&mut self, state: &mut State, requirement: &Requirement, parent: Option<&str>) -> Result<bool> {
        let parent = parent.map(str::to_owned);
        if let Some(name) = requirement.collection() {
            let server = requirement.server.clone();
            state.wanted.push(Wanted { name, range: requirement.range(), server, parent });
            return Ok(true);
        }
        for candidate in self.fetch.at_place(requirement)? {
            let name = candidate.name.clone();
            let exact = candidate.version.as_ref().and_then(|version| Range::parse(&version.to_string()));
            let range = if requirement.kind == Kind::Git { exact } else { Some(requirement.range()) };
            let wanted = Wanted {
                name: name.clone(),
                range: range.unwrap_or_else(Range::any),
                server: None,
                parent: parent.clone(),
            };
            match state.chosen.get(&name) {
                Some(other) if other.version == candidate.version => continue,
                Some(_) => {
                    state.wanted.push(wanted);
                    self.note(state, &name);
                    return Ok(false);
                }
                None => {}
            }
            state.wanted.push(wanted);
            if !self.choose(state, candidate)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Chooses a candidate and adds what it needs; no, if that can't be.
    fn choose(&mut self, state: &mut State, candidate: Candidate) -> Result<bool> {
        let shown = candidate.to_string();
        let needed = candidate.dependencies.clone();
        state.chosen.insert(candidate.name.clone(), candidate);
        if self.question.dependencies {
            for (name, version) in needed {
                let requirement = Requirement::given(&name, Some(&version))
                    .map_err(|error| error.context(format!("a dependency of {shown} is wrong")))?;
                if !self.want(state, &requirement, Some(&shown))? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn solve(&mut self, mut state: State) -> Result<Option<State>> {
        self.steps += 1;
        if self.steps > 20_000 {
            return Err(Error::new(
                "the collections that are asked for need too many others to find versions that go together",
            )
            .hint("narrow the ranges of versions"));
        }
        loop {
            let Some(wanted) = state.wanted.get(state.next).cloned() else { return Ok(Some(state)) };
            match state.chosen.get(&wanted.name) {
                Some(chosen) if !fits(chosen, &wanted.range) => {
                    self.note(&state, &wanted.name);
                    return Ok(None);
                }
                Some(_) => state.next += 1,
                None => break,
            }
        }
        let wanted = state.wanted[state.next].clone();
        state.next += 1;
        // All that is known to be wanted of it narrows the choice.
        let ranges: Vec<Range> = state
            .wanted
            .iter()
            .filter(|other| other.name == wanted.name)
            .map(|other| other.range.clone())
            .collect();
        let tried = self.candidates(&wanted, &ranges, state.clone())?;
        if tried.is_none() {
            self.note(&state, &wanted.name);
        }
        Ok(tried)
    }

    fn candidates(&mut self, wanted: &Wanted, ranges: &[Range], state: State) -> Result<Option<State>> {
        let question = self.question;
        let keep = question.keep_installed && (wanted.parent.is_some() || question.keep_direct);
        let mut installed = None;
        for path in question.paths {
            let found = find(path, &wanted.name, &mut |_| {})?;
            installed = installed.or(found.map(|found| Candidate::of_installed(&found)));
        }
        let installed = installed.filter(|candidate| ranges.iter().all(|range| fits(candidate, range)));
        let locked = self.fetch.locked_version(&wanted.name);
        let keeps = |candidate: &Candidate| keep && (locked.is_none() || candidate.version == locked);
        if let Some(candidate) = installed.clone().filter(keeps)
            && let Some(solved) = self.attempt(&state, candidate)?
        {
            return Ok(Some(solved));
        }
        let exact = ranges.iter().any(Range::is_exact);
        let mut versions = self.fetch.versions(&wanted.name, wanted.server.as_deref())?;
        versions.retain(|(version, _)| {
            (question.pre_releases || exact || !version.is_pre_release() || Some(version) == locked.as_ref())
                && ranges.iter().all(|range| range.holds(version))
        });
        if let Some(at) =
            locked.and_then(|locked| versions.iter().position(|(version, _)| *version == locked))
        {
            versions[..=at].rotate_right(1);
        }
        for (version, server) in versions {
            let candidate = self.fetch.on_server(&wanted.name, &version, &server)?;
            if let Some(solved) = self.attempt(&state, candidate)? {
                return Ok(Some(solved));
            }
        }
        // Better what is there than nothing, as where no server is asked.
        match installed.filter(|_| wanted.parent.is_some() || question.keep_direct) {
            Some(candidate) => self.attempt(&state, candidate),
            None => Ok(None),
        }
    }

    fn attempt(&mut self, state: &State, candidate: Candidate) -> Result<Option<State>> {
        let mut state = state.clone();
        if !self.choose(&mut state, candidate)? {
            return Ok(None);
        }
        self.solve(state)
    }

    fn note(&mut self, state: &State, name: &Name) {
        let depth = state.chosen.len();
        if self.conflict.as_ref().is_none_or(|(known, _)| depth > *known) {
            let conflict = state.wanted.iter().filter(|wanted| wanted.name == *name).cloned().collect();
            self.conflict = Some((depth, conflict));
        }
    }
}

fn fits(candidate: &Candidate, range: &Range) -> bool {
    // What has no version is what it is.
    candidate.version.as_ref().is_none_or(|version| range.holds(version))
}
