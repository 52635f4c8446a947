//! Each task on each host as a test case, in a JUnit file for each playbook. The arguments of tasks are not in it: they may
//! hold what nobody else should read.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diag::{Error, Span};
use engine::{Event, Ran, Status};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use value::{JsonStyle, Value};

use super::Callback;
use crate::screen::{Screen, Stream};

/// In a task's name: its failure is what is wanted.
const EXPECTED_FAILURE: &str = "EXPECTED FAILURE";

/// In a task's name: failure and success change places.
const TOGGLE_RESULT: &str = "TOGGLE RESULT";

/// Reads what the environment wants.
pub(super) fn begin(_: &mut Screen) -> Box<dyn Callback> {
    let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let yes =
        |name: &str, default: bool| text(name).map_or(default, |text| text.eq_ignore_ascii_case("true"));
    let home = || PathBuf::from(text("HOME").unwrap_or_default()).join(".ansible.log");
    Box::new(Junit {
        folder: text("JUNIT_OUTPUT_DIR").map_or_else(home, PathBuf::from),
        fail_on_change: yes("JUNIT_FAIL_ON_CHANGE", false),
        fail_on_ignore: yes("JUNIT_FAIL_ON_IGNORE", false),
        class_is_file: yes("JUNIT_TASK_CLASS", false),
        with_setup: yes("JUNIT_INCLUDE_SETUP_TASKS_IN_REPORT", true),
        prefix: text("JUNIT_TEST_CASE_PREFIX").unwrap_or_default(),
        relative_to: text("JUNIT_TASK_RELATIVE_PATH").map(PathBuf::from),
        outside: text("JUNIT_REPLACE_OUT_OF_TREE_PATH"),
        playbook: "playbook".into(),
        play: String::new(),
        task: String::new(),
        place: String::new(),
        since: Instant::now(),
        cases: Vec::new(),
    })
}

struct Junit {
    folder: PathBuf,
    fail_on_change: bool,
    fail_on_ignore: bool,
    class_is_file: bool,
    with_setup: bool,
    prefix: String,
    relative_to: Option<PathBuf>,
    outside: Option<String>,
    playbook: String,
    play: String,
    task: String,
    place: String,
    since: Instant,
    cases: Vec<TestCase>,
}

impl Callback for Junit {
    fn take(&mut self, event: &Event, screen: &mut Screen) {
        match event {
            Event::Playbook { path, .. } => {
                self.playbook = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                self.cases.clear();
            }
            Event::Play { name, .. } => name.clone_into(&mut self.play),
            Event::Task { title, span, .. } => {
                title.clone_into(&mut self.task);
                self.place = span.as_ref().map(|span| self.place(span)).unwrap_or_default();
                self.since = Instant::now();
            }
            Event::Ran(ran) => self.ran(ran),
            Event::Included { what, hosts, .. } if self.prefix.is_empty() => {
                let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
                let told = format!("{what}: {}", hosts.join(", "));
                self.add("include", TestCaseStatus::success(), Some(&told));
            }
            Event::Stats(_) => {
                if let Err(error) = self.write() {
                    screen.tell(Stream::Err, &error);
                }
            }
            _ => {}
        }
    }
}

impl Junit {
    /// Where a task stands, as far as the environment wants it told.
    fn place(&self, span: &Span) -> String {
        let path = span.source().path();
        let (line, root) = (span.position().line, self.relative_to.as_deref());
        let path = match root.map(|root| (path.strip_prefix(root), &self.outside)) {
            Some((Ok(inside), _)) => inside.display().to_string(),
            Some((Err(_), Some(outside))) => {
                format!("{outside}{}", path.file_name().unwrap_or_default().to_string_lossy())
            }
            _ => path.display().to_string(),
        };
        if self.class_is_file { path } else { format!("{path}:{line}") }
    }

    fn ran(&mut self, ran: &Ran) {
        if ran.action == "setup" && !self.with_setup {
            return;
        }
        let status = self.status(ran);
        let counts =
            self.task.starts_with(&self.prefix) || matches!(status, TestCaseStatus::NonSuccess { .. });
        if !counts {
            return;
        }
        let output = match status {
            TestCaseStatus::Success { .. } => Some(dump(ran)),
            _ => None,
        };
        self.add(&ran.host, status, output.as_deref());
    }

    fn status(&self, ran: &Ran) -> TestCaseStatus {
        let text = |key: &str| ran.result.get(key).map(ToString::to_string);
        let failure = |kind: NonSuccessKind, message: String| {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(if kind == NonSuccessKind::Error { "error" } else { "failure" });
            status.set_message(message).set_description(dump(ran));
            status
        };
        let toggled = self.task.contains(TOGGLE_RESULT);
        match &ran.status {
            Status::Ok | Status::Changed if toggled => {
                failure(NonSuccessKind::Failure, text("msg").unwrap_or_else(|| "it did not fail".into()))
            }
            Status::Changed if self.fail_on_change => {
                failure(NonSuccessKind::Failure, "the task changed something".into())
            }
            Status::Failed { ignored: true } if !self.fail_on_ignore => TestCaseStatus::success(),
            Status::Failed { .. } if toggled || self.task.contains(EXPECTED_FAILURE) => {
                TestCaseStatus::success()
            }
            Status::Failed { .. } | Status::Unreachable { .. } => {
                let message = ran.error.as_ref().map(Error::summary).or_else(|| text("msg"));
                failure(NonSuccessKind::Error, message.unwrap_or_else(|| "the task failed".into()))
            }
            Status::Skipped | Status::Unknown(_) => {
                let mut status = TestCaseStatus::skipped();
                let reason = text("skip_reason").or_else(|| text("skipped_reason")).or_else(|| text("msg"));
                status.set_description(reason.unwrap_or_else(|| "skipped".into()));
                status
            }
            Status::Ok | Status::Changed => TestCaseStatus::success(),
        }
    }

    fn add(&mut self, host: &str, status: TestCaseStatus, output: Option<&str>) {
        let mut case = TestCase::new(format!("[{host}] {}: {}", self.play, self.task), status);
        case.set_classname(self.place.as_str()).set_time(self.since.elapsed());
        if let Some(output) = output {
            case.set_system_out(output);
        }
        self.cases.push(case);
    }

    /// Writes the playbook's file.
    fn write(&mut self) -> Result<(), Error> {
        let mut suite = TestSuite::new(self.playbook.as_str());
        suite.set_time(self.cases.iter().filter_map(|case| case.time).sum::<Duration>());
        suite.add_test_cases(std::mem::take(&mut self.cases));
        let mut report = Report::new(self.playbook.as_str());
        report.add_test_suite(suite);
        let now = jiff::Timestamp::now().as_microsecond();
        let name = format!("{}-{}.{:06}.xml", self.playbook, now / 1_000_000, now % 1_000_000);
        let path: &Path = &self.folder.join(name);
        let failed = |cause: &dyn std::fmt::Display| {
            Error::warning(format!("can't write {}", path.display())).cause(cause)
        };
        let text = report.to_string().map_err(|error| failed(&error))?;
        std::fs::create_dir_all(&self.folder).map_err(|error| failed(&error))?;
        std::fs::write(path, text).map_err(|error| failed(&error))
    }
}

/// The result as JSON over several lines.
fn dump(ran: &Ran) -> String {
    Value::from(ran.result.clone()).to_json(JsonStyle::PRETTY)
}
