use std::fmt;

/// The colours by name, and their codes (ECMA-48, "Select Graphic Rendition").
const NAMED: [(&str, &str); 19] = [
    ("black", "0;30"),
    ("red", "0;31"),
    ("green", "0;32"),
    ("yellow", "0;33"),
    ("blue", "0;34"),
    ("purple", "0;35"),
    ("magenta", "0;35"),
    ("cyan", "0;36"),
    ("bright gray", "0;37"),
    ("dark gray", "1;30"),
    ("bright red", "1;31"),
    ("bright green", "1;32"),
    ("bright yellow", "1;33"),
    ("bright blue", "1;34"),
    ("bright purple", "1;35"),
    ("bright magenta", "1;35"),
    ("bright cyan", "1;36"),
    ("white", "1;37"),
    ("normal", "0"),
];

/// A colour of terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(Code);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Plain(&'static str),
    /// One of the 256 of xterm.
    Numbered(u8),
}

impl Colour {
    /// By its name, or as `colorN`, `rgbRGB` with digits from 0 to 5, or `grayN` from 0 to 23. `None` if it is none of
    /// these.
    pub fn parse(text: &str) -> Option<Colour> {
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Some(Colour(Code::Plain(code)));
        }
        let number = if let Some(number) = text.strip_prefix("color") {
            number.parse().ok()?
        } else if let Some(parts) = text.strip_prefix("rgb") {
            let parts: Vec<u8> = parts.bytes().map(|digit| digit.wrapping_sub(b'0')).collect();
            let &[red, green, blue] = parts.as_slice() else { return None };
            if [red, green, blue].iter().any(|part| *part > 5) {
                return None;
            }
            16 + 36 * red + 6 * green + blue
        } else {
            let shade: u8 = text.strip_prefix("gray")?.parse().ok()?;
            if shade > 23 {
                return None;
            }
            232 + shade
        };
        Some(Colour(Code::Numbered(number)))
    }

    const fn plain(code: &'static str) -> Colour {
        Colour(Code::Plain(code))
    }
}

/// The code that begins it.
impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Code::Plain(code) => formatter.write_str(code),
            Code::Numbered(number) => write!(formatter, "38;5;{number}"),
        }
    }
}

/// The colours of lines, in the engine's own terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// All is as it should be.
    pub ok: Colour,
    /// Something was changed.
    pub changed: Colour,
    /// A condition said no.
    pub skipped: Colour,
    /// It failed.
    pub failed: Colour,
    /// The host can't be reached.
    pub unreachable: Colour,
    /// A dry run can't know.
    pub unknown: Colour,
    /// Something was included.
    pub included: Colour,
    /// What a task does meanwhile, and where it stands.
    pub detail: Colour,
    /// What only those see who ask for more.
    pub remark: Colour,
    /// It may not be what was meant.
    pub warning: Colour,
    /// It will go away.
    pub deprecation: Colour,
    /// A line that is new.
    pub added: Colour,
    /// A line that is gone.
    pub removed: Colour,
    /// Where lines differ.
    pub hunk: Colour,
}

impl Default for Palette {
    fn default() -> Palette {
        let (green, yellow, cyan) = (Colour::plain("0;32"), Colour::plain("0;33"), Colour::plain("0;36"));
        let (red, purple) = (Colour::plain("0;31"), Colour::plain("0;35"));
        Palette {
            ok: green,
            changed: yellow,
            skipped: cyan,
            failed: red,
            unreachable: Colour::plain("1;31"),
            unknown: purple,
            included: cyan,
            detail: Colour::plain("1;30"),
            remark: Colour::plain("0;34"),
            warning: Colour::plain("1;35"),
            deprecation: purple,
            added: green,
            removed: red,
            hunk: cyan,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_names_and_numbers() {
        for (text, code) in [
            ("bright red", "1;31"),
            ("normal", "0"),
            ("color7", "38;5;7"),
            ("rgb505", "38;5;201"),
            ("gray0", "38;5;232"),
        ] {
            assert_eq!(Colour::parse(text).map(|colour| colour.to_string()).as_deref(), Some(code), "{text}");
        }
        for text in ["", "pink", "color256", "rgb600", "rgb55", "gray24", "colour7"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}
