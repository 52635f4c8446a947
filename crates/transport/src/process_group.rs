use std::io;
use std::process::ExitStatus;

use tokio::process::Child;

/// A child process that leads a process group (`process_group(0)`). Dropping it kills the whole group, also when the
/// runtime goes away; but not what is left of the group once the child has ended by itself.
pub(crate) struct ProcessGroup(Option<Child>);

impl ProcessGroup {
    /// Takes charge of a child.
    pub(crate) fn led_by(child: Child) -> ProcessGroup {
        ProcessGroup(Some(child))
    }

    /// Waits until the child has ended.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        let Some(child) = &mut self.0 else { return Err(io::Error::other("it has ended before")) };
        let status = child.wait().await;
        // What it left running on purpose is none of our business.
        self.0 = None;
        status
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let id = self
            .0
            .as_ref()
            .and_then(Child::id)
            .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}
