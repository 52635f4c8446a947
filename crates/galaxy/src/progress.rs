use diag::Error;

/// Is told what happens, as it happens.
pub trait Progress {
    /// A line that everybody sees.
    fn say(&self, line: &str);
    /// A line for those who want to know more.
    fn detail(&self, line: &str);
    /// Something may not be what was meant.
    fn warn(&self, warning: Error);
}
