//! A host in memory that writes down what it is asked for.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use actions::{Answer, BlobSource, Failure, Question, Reply, Site, Terminal};
use async_trait::async_trait;
use diag::Error;
use protocol::{BlobId, Foresight, Report, Request, ToRunner, frame};
use system::{Courier, MemoryBackend, Options, System};
use transport::{Exit, Output};
use value::{Map, Value};

/// A host called `web1`.
pub(crate) struct Host {
    pub(crate) machine: MemoryBackend,
    pub(crate) dry_run: bool,
    /// So many calls fail to reach it.
    pub(crate) unreachable: Mutex<u32>,
    /// The modules that were called, with their arguments.
    pub(crate) calls: Mutex<Vec<(String, Map)>>,
    /// What its shell answers: exit code, output, errors.
    pub(crate) shell: Mutex<VecDeque<(i32, &'static str, &'static str)>>,
    /// What its shell ran.
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) resets: Mutex<u32>,
    pub(crate) person: Person,
    system: Mutex<System>,
    mail: Mail,
}

impl Host {
    pub(crate) fn new() -> Host {
        let machine = MemoryBackend::new();
        let mail = Mail::default();
        let system = System::new(Box::new(machine.clone()), Box::new(mail.clone()));
        Host {
            machine,
            dry_run: false,
            unreachable: Mutex::default(),
            calls: Mutex::default(),
            shell: Mutex::default(),
            lines: Mutex::default(),
            resets: Mutex::default(),
            person: Person::default(),
            system: Mutex::new(system),
            mail,
        }
    }

    /// The blobs that were asked for.
    pub(crate) fn asked_for(&self) -> usize {
        self.mail.0.lock().unwrap().asked
    }

    /// The content of a file, if it is there.
    pub(crate) fn file(&self, path: &str) -> Option<String> {
        let line = self.machine.listing().into_iter().find(|line| line.contains(&format!(" {path} ")))?;
        let (_, content) = line.split_once(&format!(" {path} "))?;
        serde_json::from_str(content).ok()
    }
}

#[async_trait]
impl Site for Host {
    fn host(&self) -> &str {
        "web1"
    }

    async fn run_program(
        &self,
        program: protocol::Program,
        _: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer, Failure> {
        Err(Error::new(format!("this host runs no programs such as {}", program.name)).into())
    }

    async fn call(
        &self,
        module: &str,
        arguments: Map,
        blobs: Vec<(BlobId, BlobSource)>,
    ) -> Result<Answer, Failure> {
        {
            let mut unreachable = self.unreachable.lock().unwrap();
            if *unreachable > 0 {
                *unreachable -= 1;
                return Err(Failure::Unreachable(Error::new("no route to host")));
            }
        }
        self.calls.lock().unwrap().push((module.to_owned(), arguments.clone()));
        self.mail.0.lock().unwrap().blobs = blobs.into_iter().collect();
        let mut system = self.system.lock().unwrap();
        system.begin(Options { dry_run: self.dry_run, diff: true, ..Options::default() });
        let outcome = modules::call(module, sent(arguments), &mut system).expect("there is no such module");
        let (journal, warnings) = system.finish();
        let bytes = std::mem::take(&mut self.mail.0.lock().unwrap().sent);
        Ok(Answer { report: Report { outcome, changes: journal.changes, warnings }, bytes })
    }

    async fn shell(&self, command: &str) -> Result<Output, Failure> {
        self.lines.lock().unwrap().push(command.to_owned());
        let (code, stdout, stderr) = self.shell.lock().unwrap().pop_front().unwrap_or_default();
        Ok(Output { exit: Exit::Code(code), stdout: stdout.into(), stderr: stderr.into() })
    }

    async fn reset(&self) {
        *self.resets.lock().unwrap() += 1;
    }

    fn terminal(&self) -> &dyn Terminal {
        &self.person
    }
}

/// The arguments as they come out at the other end of a connection.
fn sent(arguments: Map) -> Value {
    let request = Request {
        id: 1,
        module: String::new(),
        arguments: arguments.into(),
        dry_run: false,
        diff: false,
        environment: Vec::new(),
        timeout: None,
        program: None,
        job: None,
        rehearsal: None,
        foresight: Foresight::default(),
        predicted: Vec::new(),
        acts_for: None,
        task: String::new(),
        place: String::new(),
    };
    let mut decoder = frame::Decoder::default();
    decoder.push(&frame::encode(&ToRunner::Request(Box::new(request))).unwrap());
    match decoder.message().unwrap() {
        Some(ToRunner::Request(request)) => request.arguments,
        other => panic!("no request but {other:?}"),
    }
}

/// Who sits at the terminal.
#[derive(Default)]
pub(crate) struct Person {
    /// What they type; nobody is there if it is empty.
    pub(crate) types: Mutex<VecDeque<&'static str>>,
    /// What they were asked, and whether they saw what they typed.
    pub(crate) asked: Mutex<Vec<(String, bool)>>,
    /// How long they were to wait.
    pub(crate) waited: Mutex<Vec<f64>>,
    pub(crate) aborts: bool,
}

#[async_trait]
impl Terminal for Person {
    async fn ask(&self, question: &Question<'_>) -> Reply {
        self.asked.lock().unwrap().push((question.text.to_owned(), question.echo));
        let line = self.types.lock().unwrap().pop_front();
        line.map_or(Reply::Nobody, |line| Reply::Line(line.to_owned()))
    }

    async fn wait(&self, seconds: f64, _: &str, _: Option<&str>) -> bool {
        self.waited.lock().unwrap().push(seconds);
        !self.aborts
    }

    fn say(&self, _: &str) {}
}

/// Brings blobs to the module and files back.
#[derive(Clone, Default)]
struct Mail(Arc<Mutex<Bags>>);

#[derive(Default)]
struct Bags {
    blobs: HashMap<BlobId, BlobSource>,
    asked: usize,
    sent: Vec<u8>,
}

impl Courier for Mail {
    fn fetch(&mut self, id: BlobId) -> Result<Vec<u8>, String> {
        let mut bags = self.0.lock().unwrap();
        bags.asked += 1;
        match bags.blobs.get(&id) {
            Some(BlobSource::Bytes(bytes)) => Ok(bytes.to_vec()),
            Some(BlobSource::File(path)) => read(path),
            None => Err(format!("nobody offered {id}")),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.lock().unwrap().sent.extend_from_slice(bytes);
        Ok(())
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| error.to_string())
}
