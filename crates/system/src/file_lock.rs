use std::path::Path;
use std::time::Duration;

use crate::{Error, Result, System};

impl System {
    /// Waits until no other process has a file locked (fcntl(2)); whoever changes it waits so as well.
    ///
    /// # Errors
    /// It still has at the end of that time; the message says which one.
    pub fn await_lock(&mut self, path: &Path, longest: Duration) -> Result<()> {
        let step = Duration::from_millis(500);
        let mut waited = Duration::ZERO;
        loop {
            // Who may not look at it will not get it either, and hear it from the program that he calls.
            let Ok(Some(process)) = self.backend_mut().lock_holder(path) else { return Ok(()) };
            if waited >= longest {
                let comm = Path::new("/proc").join(process.to_string()).join("comm");
                let name = self.read_text_if_any(&comm).ok().flatten().unwrap_or_default();
                let name = match name.trim() {
                    "" => String::new(),
                    name => format!(" ({name})"),
                };
                return Err(Error::failed(format!(
                    "Could not get lock {}. It is held by process {process}{name}",
                    path.display()
                )));
            }
            self.backend_mut().pause(step);
            waited += step;
        }
    }
}
