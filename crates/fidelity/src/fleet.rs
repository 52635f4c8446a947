use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Result};
use lab::{Kind, Lab, LabHost, Sudo};
use tempfile::TempDir;

use crate::archive::{Archive, Door, PORT};
use crate::options::Options;
use crate::play::Play;
use crate::program::Program;
use crate::results::Results;
use crate::state::State;
use crate::{ansible, base};
use tool::{cannot, command, run};

/// What all plays are measured with.
pub(crate) struct Bench {
    pub(crate) capstan: Program,
    /// Not there if Capstan is measured alone.
    pub(crate) ansible: Option<Program>,
    root: PathBuf,
    archive: Arc<Archive>,
    logs: PathBuf,
}

/// Fresh hosts for a play and one program.
pub(crate) struct Fleet<'a> {
    play: &'a Play,
    program: &'a Program,
    logs: &'a Path,
    root: &'a Path,
    /// A copy of the play's folder, the inventory, and a home.
    folder: TempDir,
    _doors: Vec<Door>,
    lab: Lab,
}

impl Bench {
    /// Gets and makes what there isn't yet.
    ///
    /// # Errors
    /// Something can't be fetched or made.
    pub(crate) fn new(options: &Options) -> Result<Bench> {
        let folder =
            std::path::absolute(&options.folder).map_err(|error| cannot("find", &options.folder, error))?;
        let logs = folder.join("logs");
        fs::create_dir_all(&logs).map_err(|error| cannot("make", &logs, error))?;
        let capstan = Program::capstan(&folder, options.capstan.as_deref())?;
        let ansible = match (&options.ansible, options.alone) {
            (_, true) => None,
            (Some(programs), false) => Some(programs.clone()),
            (None, false) => Some(ansible::fetch(&folder)?),
        };
        let archive = Archive::new(folder.join("archive"))?;
        let root = base::make(&folder)?;
        Ok(Bench { capstan, ansible: ansible.map(Program::ansible), root, archive, logs })
    }

    /// Boots fresh hosts for a play.
    ///
    /// # Errors
    /// They don't start, or the play's own preparation fails.
    pub(crate) fn boot<'a>(&'a self, play: &'a Play, program: &'a Program) -> Result<Fleet<'a>> {
        let mut builder = Lab::builder().kind(Kind::Machine).root(&self.root).names(&play.hosts);
        if let Some(user) = &play.user {
            builder = builder.user(user, None, Sudo::NoPassword);
        }
        let lab = builder.start()?;
        let doors =
            lab.hosts().iter().map(|host| self.archive.serve(host.listen(PORT)?)).collect::<Result<_>>()?;
        let folder = TempDir::with_prefix("fidelity-")
            .map_err(|error| Error::new("can't make a temporary folder").cause(error))?;
        let fleet = Fleet { play, program, logs: &self.logs, root: &self.root, folder, _doors: doors, lab };
        fleet.fill()?;
        fleet.lab.hosts().iter().try_for_each(|host| fleet.prepare(host))?;
        Ok(fleet)
    }
}

impl Fleet<'_> {
    fn fill(&self) -> Result<()> {
        let (site, home) = (self.site(), self.folder.path().join("home"));
        run(command("cp", &["-a".as_ref()]).arg(&self.play.folder).arg(&site))?;
        fs::create_dir(&home).map_err(|error| cannot("make", &home, error))?;
        let mut inventory = self.lab.inventory();
        if let Some(user) = &self.play.user {
            inventory = inventory.replace("ansible_user=root", &format!("ansible_user={user}"));
        }
        let file = site.join("lab.ini");
        fs::write(&file, inventory).map_err(|error| cannot("write", &file, error))
    }

    fn prepare(&self, host: &LabHost) -> Result<()> {
        let script = self.play.folder.join("prepare.sh");
        if !script.is_file() {
            return Ok(());
        }
        let text = fs::read_to_string(&script).map_err(|error| cannot("read", &script, error))?;
        let output = host.shell(&format!("set -- {}\n{text}", host.name))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(cannot("run", &script, said).host(&host.name))
    }

    /// The copy of the play's folder.
    fn site(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    /// Runs the play with further options. `step` is a word for the names of the logs.
    ///
    /// # Errors
    /// The program can't be run, or what it prints is not what was asked for.
    pub(crate) fn run(&self, step: &str, options: &[&str]) -> Result<Results> {
        let log = self.logs.join(format!("{}.{}.{step}", self.play.name, self.program.name));
        self.program.play(&self.site(), &self.folder.path().join("home"), options, &log)
    }

    /// How each of the hosts is.
    ///
    /// # Errors
    /// A host can't be looked at.
    pub(crate) fn states(&self) -> Result<Vec<State>> {
        self.lab.hosts().iter().map(|host| State::of(host, self.root)).collect()
    }
}
