use std::net::Ipv6Addr;

/// More hosts than one line may stand for.
const MAX_HOSTS: usize = 1_000_000;

/// The hosts that one entry of an inventory stands for, and their port: `web[01:10].example.com:2222`,
/// `[2001:db8::1]:22`, `db1`.
///
/// # Errors
///
/// What is wrong with the entry, in words.
pub(crate) fn expand_entry(entry: &str) -> Result<(Vec<String>, Option<u16>), String> {
    if entry.ends_with(':') && entry.parse::<Ipv6Addr>().is_err() {
        return Err(format!("'{entry}' ends in ':', after which a port must stand"));
    }
    let (name, port) = split_port(entry);
    Ok((expand(name)?, port))
}

/// Takes the port off a host: `name:22` or `[address]:22`. An IPv6 address without brackets has no port.
pub(crate) fn split_port(entry: &str) -> (&str, Option<u16>) {
    let bracketed = |text: &str| {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().is_ok().then_some(inner.len())
    };
    if let Some(length) = bracketed(entry) {
        return (&entry[1..=length], None);
    }
    let Some((name, port)) = entry.rsplit_once(':') else { return (entry, None) };
    if port.is_empty() || !port.bytes().all(|digit| digit.is_ascii_digit()) || name.is_empty() {
        return (entry, None);
    }
    let Ok(number) = port.parse() else { return (entry, None) };
    if let Some(length) = bracketed(name) {
        return (&name[1..=length], Some(number));
    }
    let mut depth = 0;
    for character in name.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            ':' if depth == 0 => return (entry, None),
            _ => {}
        }
    }
    // A ':' within brackets, as in `web[1:3]`, is not the one before a port.
    if depth == 0 { (name, Some(number)) } else { (entry, None) }
}

/// The names of a name with ranges; one without stands for itself.
pub(crate) fn expand(name: &str) -> Result<Vec<String>, String> {
    let mut names = vec![String::new()];
    let mut rest = name;
    while let Some((head, range, tail)) = first_range(rest) {
        let members = members(range)?;
        if names.len().saturating_mul(members.len()) > MAX_HOSTS {
            return Err(format!("'{name}' stands for more than {MAX_HOSTS} hosts"));
        }
        names = names
            .iter()
            .flat_map(|name| members.iter().map(move |member| format!("{name}{head}{member}")))
            .collect();
        rest = tail;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// The first brackets with something in them, and what stands before and after.
fn first_range(name: &str) -> Option<(&str, &str, &str)> {
    let (head, rest) = name.split_once('[')?;
    let (range, tail) = rest.split_once(']')?;
    Some((head, range, tail))
}

fn members(range: &str) -> Result<Vec<String>, String> {
    let mut parts = range.split(':');
    let (Some(first), Some(last), step, None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(format!("the range '[{range}]' must be [FIRST:LAST] or [FIRST:LAST:STEP]"));
    };
    if last.is_empty() {
        return Err("host range must specify end value".into());
    }
    let step: i64 = match step {
        None | Some("") => 1,
        Some(step) => step.parse().map_err(|_| format!("the step '{step}' of a range is not a number"))?,
    };
    if step < 1 {
        return Err(format!("the step {step} of a range must be 1 or more"));
    }
    if let (Some(first), Some(last)) = (letter(first), letter(last)) {
        if first > last {
            return Err(format!("the range '[{range}]' must not count down"));
        }
        return Ok((first..=last)
            .step_by(step as usize)
            .map(|index| char::from(LETTERS[index]).to_string())
            .collect());
    }
    let first = if first.is_empty() { "0" } else { first };
    let number = |text: &str| {
        text.parse::<i64>().map_err(|_| format!("'{text}' in a range is neither number nor letter"))
    };
    let (start, end) = (number(first)?, number(last)?);
    let width = if first.len() > 1 && first.starts_with('0') { first.len() } else { 0 };
    if width > 0 && width != last.len() {
        return Err(format!("both ends of the range '[{range}]' must have the same number of digits"));
    }
    if end.saturating_sub(start) / step >= MAX_HOSTS as i64 {
        return Err(format!("the range '[{range}]' stands for more than {MAX_HOSTS} hosts"));
    }
    Ok((start..=end).step_by(step as usize).map(|number| format!("{number:0width$}")).collect())
}

/// Python's order of letters, in which ranges count.
const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn letter(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [letter] => LETTERS.iter().position(|other| other == letter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_expanded() {
        for (entry, names, port) in [
            ("db1", &["db1"][..], None),
            ("db1:5432", &["db1"], Some(5432)),
            ("w[1:3]", &["w1", "w2", "w3"], None),
            ("w[08:10].x:22", &["w08.x", "w09.x", "w10.x"], Some(22)),
            ("w[1:5:2]", &["w1", "w3", "w5"], None),
            ("w[:2]", &["w0", "w1", "w2"], None),
            ("[a:b]-[1:2]", &["a-1", "a-2", "b-1", "b-2"], None),
            ("h[y:B]", &["hy", "hz", "hA", "hB"], None),
            ("w[3:1]", &[], None),
            ("[::1]:22", &["::1"], Some(22)),
            ("[::1]", &["::1"], None),
            ("2001:db8::1:22", &["2001:db8::1:22"], None),
            ("fe80::", &["fe80::"], None),
            ("a%b", &["a%b"], None),
        ] {
            assert_eq!(
                expand_entry(entry),
                Ok((names.iter().map(|name| (*name).to_owned()).collect(), port)),
                "{entry}"
            );
        }
    }

    #[test]
    fn wrong_ranges_are_errors() {
        for (entry, message) in [
            ("w[1:]", "must specify end value"),
            ("w[01:3]", "same number of digits"),
            ("w[c:a]", "count down"),
            ("w[a:3]", "neither number nor letter"),
            ("w[1-3]", "[FIRST:LAST]"),
            ("w[1:3:0]", "1 or more"),
            ("w:", "a port must stand"),
            ("w[1:999999999]", "more than"),
            ("w[1:9999]x[1:9999]", "more than"),
        ] {
            let error = expand_entry(entry).unwrap_err();
            assert!(error.contains(message), "{entry}: {error}");
        }
    }
}
