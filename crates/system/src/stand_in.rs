use crate::{Error, Identity, Result, System, User};

/// Acting for a user who is not there yet.
impl System {
    /// Lets the module call act for a user: what it makes belongs to that user, whose home its `~` is. For dry runs, in
    /// which an earlier task makes the account that a later one wants to become, and nobody can be that user yet.
    ///
    /// # Errors
    /// No such user is foreseen, or a dry run can't know.
    pub fn act_for(&mut self, name: &str) -> Result<()> {
        let account = self.observe::<User>(name)?;
        let Some(uid) = account.uid else {
            return Err(Error::failed(format!("there is no user '{name}' to become")));
        };
        let umask = self.identity().umask;
        self.acting = Some(Identity { uid, gid: account.gid, umask });
        let variables = [("HOME", account.home), ("USER", account.name.clone()), ("LOGNAME", account.name)];
        // What the task itself says comes later and counts.
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        self.options.environment.splice(0..0, variables);
        Ok(())
    }
}
