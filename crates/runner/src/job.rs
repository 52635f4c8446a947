//! Jobs: requests that go on in a process of their own, whatever becomes of the controller and the connection.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use protocol::{FromRunner, Job, Outcome, Report, Request, ToRunner, frame};
use system::{Leash, LocalBackend, NoCourier, System};
use value::{JsonStyle, Map, Value};

use crate::calls::carry_out;

/// How long a job runs before it is told that it has begun. Playbooks start servers as jobs and ask them at once; what
/// takes longer to be ready has to be waited for.
const HEAD_START: Duration = Duration::from_millis(100);

/// Starts a job and reports that it has begun.
pub(crate) fn start(request: Request) -> Report {
    launch(request)
        .unwrap_or_else(|error| failed(Value::map([("msg", format!("can't start the job: {error}"))])))
}

fn failed(result: Value) -> Report {
    Report { outcome: Outcome::Failed(result), changes: Vec::new(), warnings: Vec::new() }
}

fn launch(request: Request) -> io::Result<Report> {
    // Also there if the runner's file has been removed.
    let mut child = Command::new("/proc/self/exe")
        .arg("--job")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&frame::encode(&ToRunner::Request(Box::new(request))).map_err(io::Error::other)?)?;
    }
    let stdout = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
    let answer = receive::<FromRunner>(stdout);
    // Somebody has to take note of its end.
    std::thread::spawn(move || child.wait());
    match answer? {
        FromRunner::Report { report, .. } => Ok(*report),
        _ => Err(io::Error::other("it gave no report")),
    }
}

/// The first message that comes.
fn receive<M: serde::de::DeserializeOwned>(mut from: impl Read) -> io::Result<M> {
    let mut decoder = frame::Decoder::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        if let Some(message) = decoder.message().map_err(io::Error::other)? {
            return Ok(message);
        }
        match from.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => decoder.push(&buffer[..count]),
        }
    }
}

/// Is the job: takes its request, begins to carry it out, reports that, and in the end leaves the result in the job's file.
///
/// # Errors
/// There is no request, or the file can't be written.
pub fn serve_job(from: impl Read, mut to: impl Write) -> io::Result<()> {
    let ToRunner::Request(mut request) = receive(from)? else {
        return Err(io::Error::other("a job is started by a request"));
    };
    let Some(job) = request.job.take() else { return Err(io::Error::other("the request is no job")) };
    if let Some(program) = &mut request.program {
        program.tells_stderr = true;
    }
    // A session of its own: what ends the connection's processes does not reach it.
    let _ = rustix::process::setsid();
    let id = request.id;
    let mut tell = |report: Report| {
        let report = FromRunner::Report { id, report: Box::new(report) };
        to.write_all(&frame::encode(&report).map_err(io::Error::other)?)?;
        to.flush()
    };
    let file = match File::begin(&job, &request) {
        Ok(file) => file,
        Err(error) => {
            tell(failed(Value::map([("msg", format!("could not create async dir or job file: {error}"))])))?;
            return Err(error);
        }
    };
    let work = Work::begin(*request);
    let limit = Duration::from_secs(job.seconds);
    let early = work.end_within(HEAD_START.min(limit));
    tell(Report { outcome: Outcome::Done(file.started()), changes: Vec::new(), warnings: Vec::new() })?;
    let result = early.unwrap_or_else(|| work.result_within(limit.saturating_sub(HEAD_START)));
    file.end(&result)
}

/// A request that is being carried out.
struct Work {
    leash: Leash,
    report: Receiver<Report>,
}

impl Work {
    fn begin(request: Request) -> Work {
        let leash = Leash::default();
        let backend = LocalBackend::new(leash.clone());
        let (sender, report) = channel();
        std::thread::spawn(move || {
            let mut host = System::new(Box::new(backend), Box::new(NoCourier));
            // If nobody waits any more, it took too long.
            let _ = sender.send(carry_out(&mut host, request));
        });
        Work { leash, report }
    }

    /// The result, if it comes so soon.
    fn end_within(&self, time: Duration) -> Option<Value> {
        self.report.recv_timeout(time).ok().map(flat)
    }

    /// The result, or that it took too long.
    fn result_within(self, limit: Duration) -> Value {
        match self.report.recv_timeout(limit) {
            Ok(report) => flat(report),
            Err(RecvTimeoutError::Timeout) => {
                self.leash.cut();
                failure("Timeout exceeded")
            }
            Err(RecvTimeoutError::Disconnected) => failure("the module broke down"),
        }
    }
}

/// The result of a job whose module gave none.
fn failure(message: &str) -> Value {
    Value::map([
        ("msg", Value::from(message)),
        ("failed", true.into()),
        ("changed", false.into()),
        ("child_pid", std::process::id().into()),
    ])
}

/// A report as the one map that playbooks register.
fn flat(report: Report) -> Value {
    let (mut result, failed) = match report.outcome {
        Outcome::Done(result) => (as_map(result), false),
        Outcome::Failed(result) => (as_map(result), true),
        Outcome::Unknown(unknown) => (Map::from_iter([("msg".into(), unknown.to_string().into())]), true),
    };
    if !result.contains_key("changed") {
        result.insert("changed".into(), (!report.changes.is_empty()).into());
    }
    if failed {
        result.insert("failed".into(), true.into());
    }
    if !report.warnings.is_empty() {
        result.insert("warnings".into(), Value::list(report.warnings.iter().map(String::as_str)));
    }
    result.into()
}

fn as_map(value: Value) -> Map {
    value.as_map().cloned().unwrap_or_default()
}

/// The file that says how a job is doing.
struct File {
    path: PathBuf,
    job: String,
}

impl File {
    fn begin(job: &Job, request: &Request) -> io::Result<File> {
        let directory = directory(request);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let job = format!("{}.{}", job.name, std::process::id());
        let file = File { path: directory.join(&job), job };
        file.write(&Value::map([
            ("started", Value::from(1)),
            ("finished", 0.into()),
            ("ansible_job_id", file.job.as_str().into()),
        ]))?;
        Ok(file)
    }

    fn started(&self) -> Value {
        Value::map([
            ("ansible_job_id", Value::from(self.job.as_str())),
            ("results_file", self.path.to_string_lossy().as_ref().into()),
            ("started", true.into()),
            ("finished", false.into()),
            ("changed", true.into()),
        ])
    }

    fn end(&self, result: &Value) -> io::Result<()> {
        self.write(result)
    }

    /// Whoever reads it sees all of it or what was there before.
    fn write(&self, value: &Value) -> io::Result<()> {
        let new = PathBuf::from(format!("{}.tmp", self.path.display()));
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(value.to_json(JsonStyle::default()).as_bytes())?;
        fs::rename(&new, &self.path)
    }
}

/// The folder of jobs.
fn directory(request: &Request) -> PathBuf {
    let variable = |wanted: &str| {
        let own = request.environment.iter().rev().find(|(name, _)| name == wanted);
        own.map(|(_, value)| value.clone()).or_else(|| std::env::var(wanted).ok())
    };
    let directory = variable("ANSIBLE_ASYNC_DIR").unwrap_or_else(|| "~/.ansible_async".into());
    match (directory.strip_prefix("~/"), variable("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(directory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(directory: &Path, seconds: u64, line: &str) -> Request {
        let job = Job { name: "j1".into(), seconds };
        let directory = directory.to_string_lossy().into_owned();
        Request {
            id: 7,
            module: "shell".into(),
            arguments: Value::map([("cmd", line)]),
            dry_run: false,
            rehearsal: None,
            foresight: protocol::Foresight::default(),
            diff: false,
            environment: vec![("ANSIBLE_ASYNC_DIR".into(), directory)],
            timeout: None,
            program: None,
            job: Some(job),
            predicted: Vec::new(),
            acts_for: None,
            task: String::new(),
            place: String::new(),
        }
    }

    fn run(line: &str, seconds: u64) -> (Report, String) {
        let folder = tempfile::tempdir().unwrap();
        let frame =
            frame::encode(&ToRunner::Request(Box::new(request(folder.path(), seconds, line)))).unwrap();
        let mut answer = Vec::new();
        serve_job(frame.as_slice(), &mut answer).unwrap();
        let Ok(FromRunner::Report { id: 7, report }) = receive(answer.as_slice()) else { panic!() };
        let Outcome::Done(started) = &report.outcome else { panic!("{report:?}") };
        let path = started.get("results_file").unwrap().to_string();
        (*report, fs::read_to_string(path).unwrap())
    }

    #[test]
    fn a_job_says_that_it_has_begun_and_leaves_its_result_in_its_file() {
        let (report, result) = run("echo hi", 20);
        let Outcome::Done(started) = report.outcome else { panic!() };
        assert!(started.get("ansible_job_id").unwrap().to_string().starts_with("j1."));
        assert!(result.contains(r#""stdout": "hi""#) && result.contains(r#""changed": true"#), "{result}");
    }

    #[test]
    fn a_job_that_takes_too_long_is_ended() {
        let (_, result) = run("sleep 60", 0);
        assert!(result.contains("Timeout exceeded"), "{result}");
    }
}
