use value::Value;

/// The controller's file of users (passwd(5)).
pub(crate) const USERS: &str = "/etc/passwd";

/// The controller's file of groups (group(5)).
pub(crate) const GROUPS: &str = "/etc/group";

/// The name that a number has in such a file, else the number.
pub(crate) fn account_name(file: &str, number: u32) -> Value {
    let accounts = std::fs::read_to_string(file).unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number.to_string()).then(|| Value::from(name))
    });
    name.unwrap_or(Value::Int(number.into()))
}
