use std::path::Path;

use system::{Backend, Error, Output, Result};

use super::{Git, Program, Target, WorkingCopy, signature, submodules};

/// Playbooks look for these words.
pub(crate) const FETCHING: &str = "Failed to download remote objects and refs";

/// How a copy gets from one state to another.
pub(crate) struct Update<'a> {
    pub(crate) git: &'a Git,
    pub(crate) program: &'a Program,
    pub(crate) target: &'a Target,
    pub(crate) dest: &'a Path,
}

impl Update<'_> {
    /// Does it.
    ///
    /// # Errors
    /// git fails, or the version is not signed as it should be.
    pub(crate) fn carry_out(
        &self,
        host: &mut dyn Backend,
        now: &WorkingCopy,
        want: &WorkingCopy,
    ) -> Result<()> {
        if now.git_dir.is_none() {
            self.clone(host, want)?;
        } else {
            self.bring_up_to_date(host, now, want)?;
        }
        if now.commit == want.commit {
            return Ok(());
        }
        self.fetch_commit(host)?;
        if self.git.verify_commit {
            signature::verify(self.git, self.target, &mut |words| self.ask(host, words))?;
        }
        if self.git.bare {
            return Ok(());
        }
        self.switch(host)?;
        if self.git.recursive {
            submodules::update(host, self.program, self.dest, self.git)?;
        }
        Ok(())
    }

    fn clone(&self, host: &mut dyn Backend, want: &WorkingCopy) -> Result<()> {
        let dest = self.dest.to_string_lossy();
        let mut words = vec!["clone".to_owned(), "--origin".to_owned(), self.git.remote.clone()];
        words.push(if self.git.bare { "--bare".into() } else { "--no-checkout".into() });
        words.extend(self.git.reference.as_ref().map(|place| format!("--reference={place}")));
        let name = self.target.branch().map(str::to_owned);
        let name = name.or_else(|| Some(self.target.tag()?.trim_start_matches("refs/tags/").to_owned()));
        if let Some(name) = name {
            words.extend(self.git.depth().map(|depth| format!("--depth={depth}")));
            words.extend(self.git.single_branch.then(|| "--single-branch".to_owned()));
            if self.git.depth().is_some() || self.git.single_branch {
                words.push(format!("--branch={name}"));
            }
        }
        let separate = want.git_dir.as_ref().filter(|_| self.git.separate_git_dir.is_some());
        words.extend(separate.map(|place| format!("--separate-git-dir={place}")));
        words.extend(["--".to_owned(), self.program.address.clone(), dest.into_owned()]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = self.program.command(&words);
        host.carry_out(&command, "the repository can't be copied")?;
        match self.git.refspec.as_deref() {
            Some(refspec) => {
                let words: Vec<&str> =
                    ["fetch", &self.git.remote].into_iter().chain(refspec.split_whitespace()).collect();
                self.run(host, &words, FETCHING).map(drop)
            }
            None => Ok(()),
        }
    }

    fn bring_up_to_date(&self, host: &mut dyn Backend, now: &WorkingCopy, want: &WorkingCopy) -> Result<()> {
        if let Some(place) = want.git_dir.as_deref().filter(|_| want.git_dir != now.git_dir) {
            let words = ["init", "--quiet", &format!("--separate-git-dir={place}")];
            self.run(host, &words, "the repository can't be moved")?;
        }
        let remote = self.git.remote.as_str();
        if now.address != want.address {
            let verb: &[&str] = if now.address.is_some() { &["set-url"] } else { &["add"] };
            let words = [&["remote"], verb, &[remote, &self.program.address]].concat();
            self.run(host, &words, "the address can't be set")?;
        }
        if now.modified {
            self.run(host, &["reset", "--hard", "HEAD"], "changes can't be thrown away")?;
        }
        if now.commit != want.commit || now.address != want.address {
            self.fetch(host)?;
        }
        // Which branch is the usual one, another repository sees in its own way.
        if let Some(branch) = self.target.branch().filter(|_| self.git.version == "HEAD" && !self.git.bare)
            && now.address != want.address
        {
            self.run(host, &["remote", "set-head", remote, branch], "the usual branch can't be set")?;
        }
        Ok(())
    }

    fn fetch(&self, host: &mut dyn Backend) -> Result<()> {
        let remote = self.git.remote.as_str();
        let mut words = vec!["fetch".to_owned()];
        words.extend(self.git.forced().iter().map(|word| (*word).to_owned()));
        let one = self.local_name().filter(|_| self.git.depth().is_some() || self.git.single_branch);
        let reference = self.target.reference.as_deref().unwrap_or_default();
        let mut specs: Vec<String> = match one {
            Some(local) => {
                words.extend(self.git.depth().map(|depth| format!("--depth={depth}")));
                vec![format!("+{reference}:{local}")]
            }
            None if self.git.bare => {
                vec!["+refs/heads/*:refs/heads/*".to_owned(), "refs/tags/*:refs/tags/*".to_owned()]
            }
            None => {
                words.push("--tags".into());
                vec![format!("+refs/heads/*:refs/remotes/{remote}/*")]
            }
        };
        specs.extend(self.git.refspec.iter().flat_map(|spec| spec.split_whitespace().map(str::to_owned)));
        words.push(remote.to_owned());
        let words: Vec<&str> = words.iter().chain(&specs).map(String::as_str).collect();
        self.run(host, &words, FETCHING).map(drop)
    }

    /// What the copy calls what the repository has under the version's name.
    fn local_name(&self) -> Option<String> {
        match self.target.branch() {
            Some(branch) if self.git.bare => Some(format!("refs/heads/{branch}")),
            Some(branch) => Some(format!("refs/remotes/{}/{branch}", self.git.remote)),
            None => self.target.tag(),
        }
    }

    /// A commit that no branch leads to has to be asked for.
    fn fetch_commit(&self, host: &mut dyn Backend) -> Result<()> {
        let Some(commit) = self.target.commit.as_deref().filter(|commit| super::target::is_commit(commit))
        else {
            return Ok(());
        };
        let there = self.ask(host, &["cat-file", "-e", &format!("{commit}^{{commit}}")])?.success();
        if there {
            return Ok(());
        }
        self.run(host, &["fetch", &self.git.remote, commit], FETCHING).map(drop)
    }

    fn switch(&self, host: &mut dyn Backend) -> Result<()> {
        let doing = format!("Failed to checkout {}", self.git.version);
        let local = self.local_name();
        let commit = self.target.commit.as_deref();
        let words = match (self.target.branch(), local.as_deref().or(commit)) {
            (Some(branch), Some(local)) => vec!["checkout", "--force", "-B", branch, local],
            (None, Some(place)) => vec!["checkout", "--force", "--detach", place],
            (_, None) => return Err(Error::failed(doing)),
        };
        self.run(host, &words, &doing).map(drop)
    }

    fn run(&self, host: &mut dyn Backend, words: &[&str], doing: &str) -> Result<Output> {
        host.carry_out(&self.program.command(words).directory(self.dest), doing)
    }

    fn ask(&self, host: &mut dyn Backend, words: &[&str]) -> Result<Output> {
        let command = self.program.command(words).directory(self.dest);
        host.run(&command).map_err(|error| Error::failed(format!("can't run {}: {error}", command.program())))
    }
}
