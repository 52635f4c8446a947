use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use system::{Error, Result};

/// Permissions as a playbook writes them: an octal number (`"0644"`, or `0644` without quotes, which YAML reads as the
/// number 420) or symbols as for chmod(1) (`u=rw,go=r`, `+x`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode(String);

impl Mode {
    /// Permissions in one of the spellings.
    pub fn new(text: impl Into<String>) -> Mode {
        Mode(text.into())
    }

    /// Whether it is the word `preserve`: the permissions of the source.
    pub fn is_preserve(&self) -> bool {
        self.0 == "preserve"
    }

    /// The permission bits that result for something that has `current` bits.
    ///
    /// # Errors
    /// It is neither an octal number nor symbols.
    pub fn apply(&self, current: u32, directory: bool, umask: u32) -> Result<u32> {
        if !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit()) {
            let bits = u32::from_str_radix(&self.0, 8).ok().filter(|bits| *bits <= 0o7777);
            return bits.ok_or_else(|| self.wrong());
        }
        self.0.split(',').try_fold(current, |bits, clause| self.apply_clause(clause, bits, directory, umask))
    }

    /// One clause of chmod(1), save that `a` stands alone and that what sets nothing may stand there, as in Ansible:
    /// `(a|[ugo]*)([-+=]([rwxXst]*|[ugo]))*`.
    fn apply_clause(&self, clause: &str, mut bits: u32, directory: bool, umask: u32) -> Result<u32> {
        let operators = ['+', '-', '='];
        let who_end = clause.find(operators).unwrap_or(clause.len());
        let (who, mut actions) = clause.split_at(who_end);
        let mut mask = 0;
        for class in who.chars() {
            mask |= match class {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' if who == "a" => 0o7777,
                _ => return Err(self.wrong()),
            };
        }
        if who.is_empty() {
            mask = 0o7777 & !umask;
        }
        while let Some(operator) = actions.chars().next() {
            let end = actions[1..].find(operators).map_or(actions.len(), |end| end + 1);
            let mut set = 0;
            for symbol in actions[1..end].chars() {
                set |= match symbol {
                    'r' => 0o444,
                    'w' => 0o222,
                    'x' => 0o111,
                    'X' if directory || bits & 0o111 != 0 => 0o111,
                    'X' => 0,
                    's' => 0o6000,
                    't' => 0o1000,
                    'u' => spread(bits >> 6),
                    'g' => spread(bits >> 3),
                    'o' => spread(bits),
                    _ => return Err(self.wrong()),
                };
            }
            // The sticky bit is nobody's in particular: `+t` and `u+t` set it alike.
            let sticky = set & 0o1000;
            let set = set & mask | sticky;
            bits = match operator {
                '+' => bits | set,
                '-' => bits & !set,
                _ => bits & !(mask & 0o0777) & !(mask & 0o6000) | set,
            };
            actions = &actions[end..];
        }
        Ok(bits)
    }

    fn wrong(&self) -> Error {
        // Playbooks look for these words.
        Error::failed("mode must be in octal or symbolic form")
            .with("details", format!("bad symbolic permission for mode: {}", self.0))
    }
}

fn spread(bits: u32) -> u32 {
    (bits & 7) * 0o111
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Mode, D::Error> {
        struct ModeVisitor;
        impl Visitor<'_> for ModeVisitor {
            type Value = Mode;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a mode such as \"0644\" or u=rw,go=r")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Mode, E> {
                Ok(Mode(text.trim().to_owned()))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> std::result::Result<Mode, E> {
                u32::try_from(number)
                    .map(|bits| Mode(format!("{bits:04o}")))
                    .map_err(|_| E::custom("a mode is not negative"))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> std::result::Result<Mode, E> {
                self.visit_i64(i64::try_from(number).map_err(E::custom)?)
            }
        }
        deserializer.deserialize_any(ModeVisitor)
    }
}

impl JsonSchema for Mode {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Mode".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use value::Value;

    #[test]
    fn modes_are_those_of_chmod() {
        for (mode, current, directory, result) in [
            ("0644", 0, false, 0o644),
            ("1777", 0, true, 0o1777),
            ("u=rw,go=r", 0o777, false, 0o644),
            ("u=rwX,g=rX,o=", 0o644, true, 0o750),
            ("a+X", 0o644, false, 0o644),
            ("a+X", 0o744, false, 0o755),
            ("go-w", 0o666, false, 0o644),
            ("g=u", 0o740, false, 0o770),
            ("u+s,+t", 0o755, false, 0o5755),
            ("+x", 0o644, false, 0o755),
            ("o=", 0o1777, true, 0o1770),
            ("u+r-w", 0o200, false, 0o400),
            ("", 0o600, false, 0o600),
            ("ug=r,a", 0o600, false, 0o440),
        ] {
            assert_eq!(Mode::new(mode).apply(current, directory, 0o022).unwrap(), result, "{mode}");
        }
        for wrong in ["ao=r", "oa=r", "rw-r--r--", "0999", "u~x", "77777"] {
            assert!(Mode::new(wrong).apply(0, false, 0).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_the_bits_themselves() {
        assert_eq!(Mode::deserialize(Value::Int(0o644)).unwrap(), Mode::new("0644"));
    }
}
