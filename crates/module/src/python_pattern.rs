use std::iter::Peekable;
use std::str::Chars;

/// Python's syntax of regular expressions in the engine's words. What they have in common stays; what is left to the
/// engine of flags are `i` and `s`. Also says whether `^` and `$` match at every line.
///
/// # Errors
/// What is wrong with the pattern, where the engine would not see it.
pub(crate) fn translate(pattern: &str, multi_line: bool) -> Result<(String, bool), String> {
    let flags = Flags { multi_line, verbose: false };
    let mut translation =
        Translation { rest: pattern.chars().peekable(), out: String::new(), flags: vec![flags] };
    translation.run()?;
    let multi_line = translation.flags().multi_line;
    Ok((translation.out, multi_line))
}

struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
    /// Those of the whole pattern, then those of each open group.
    flags: Vec<Flags>,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    multi_line: bool,
    verbose: bool,
}

impl Translation<'_> {
    fn flags(&self) -> Flags {
        self.flags.last().copied().unwrap_or_default()
    }

    fn take(&mut self, expected: char) -> bool {
        self.rest.next_if_eq(&expected).is_some()
    }

    /// Everything up to `end`, which goes too.
    fn take_until(&mut self, end: char) -> Result<String, String> {
        let mut taken = String::new();
        for character in self.rest.by_ref() {
            if character == end {
                return Ok(taken);
            }
            taken.push(character);
        }
        Err(format!("'{end}' is missing"))
    }

    fn take_digits(&mut self, radix: u32, most: usize) -> String {
        let mut digits = String::new();
        while digits.len() < most
            && let Some(digit) = self.rest.next_if(|character| character.is_digit(radix))
        {
            digits.push(digit);
        }
        digits
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(character) = self.rest.next() {
            let flags = self.flags();
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' if self.flags.len() == 1 => return Err("')' closes nothing".into()),
                ')' => {
                    self.flags.pop();
                    self.out.push(')');
                }
                '^' => self.out.push_str(if flags.multi_line { "(?m:^)" } else { r"\A" }),
                '$' => self.out.push_str(if flags.multi_line { "(?m:$)" } else { r"(?=\n?\z)" }),
                '{' => self.repetition()?,
                '}' | ']' => self.literal(character),
                '#' if flags.verbose => while self.rest.next().is_some_and(|character| character != '\n') {},
                _ if flags.verbose && character.is_ascii_whitespace() => {}
                '.' | '|' | '*' | '+' | '?' => self.out.push(character),
                _ => self.literal(character),
            }
        }
        if self.flags.len() > 1 { Err("a group is not closed".into()) } else { Ok(()) }
    }

    fn literal(&mut self, character: char) {
        if r"\.+*?()|[]{}^$#".contains(character) {
            self.out.push('\\');
        }
        self.out.push(character);
    }

    /// `{2,3}`, or braces that mean themselves.
    fn repetition(&mut self) -> Result<(), String> {
        let mut ahead = self.rest.clone();
        let inside: String = ahead.by_ref().take_while(|character| *character != '}').collect();
        let closed = self.rest.clone().any(|character| character == '}');
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (least, most) = match inside.split_once(',') {
            Some((least, most)) => (least, Some(most)),
            None => (inside.as_str(), None),
        };
        if !closed || inside.is_empty() || !is_number(least) || !most.is_none_or(is_number) {
            self.literal('{');
            return Ok(());
        }
        let least = if least.is_empty() { "0" } else { least };
        let number = |text: &str| text.parse::<u32>().ok();
        if most.is_some_and(|most| !most.is_empty() && number(most) < number(least)) {
            return Err(format!("'{{{inside}}}' ends before it starts"));
        }
        match most {
            Some(most) => self.out.push_str(&format!("{{{least},{most}}}")),
            None => self.out.push_str(&format!("{{{least}}}")),
        }
        self.rest = ahead;
        Ok(())
    }

    /// What follows an opening parenthesis.
    fn open(&mut self) -> Result<(), String> {
        let flags = self.flags();
        if !self.take('?') {
            self.flags.push(flags);
            self.out.push('(');
            return Ok(());
        }
        let opening = match self.rest.next() {
            Some('#') => return self.take_until(')').map(drop),
            Some('P') if self.take('=') => {
                let name = self.take_until(')')?;
                self.out.push_str(&format!(r"\k<{name}>"));
                return Ok(());
            }
            Some('P') if self.take('<') => format!("(?P<{}>", self.take_until('>')?),
            Some('<') if self.take('=') => "(?<=".into(),
            Some('<') if self.take('!') => "(?<!".into(),
            Some('(') => match self.take_until(')')? {
                number if number.bytes().all(|byte| byte.is_ascii_digit()) => format!("(?({number})"),
                name => format!("(?(<{name}>)"),
            },
            Some(kind @ (':' | '=' | '!' | '>')) => format!("(?{kind}"),
            Some(first) => return self.flag_group(first),
            None => return Err("a group is not closed".into()),
        };
        self.flags.push(flags);
        self.out.push_str(&opening);
        Ok(())
    }

    /// `(?i)` for all that follows, or `(?i-s:...)`.
    fn flag_group(&mut self, first: char) -> Result<(), String> {
        let mut flags = self.flags();
        let (mut on, mut engine) = (true, String::new());
        let mut next = Some(first);
        loop {
            match next {
                Some('-') if on => {
                    on = false;
                    engine.push('-');
                }
                Some('m') => flags.multi_line = on,
                Some('x') => flags.verbose = on,
                Some(flag @ ('i' | 's')) => engine.push(flag),
                // Of text or bytes is decided elsewhere.
                Some('a' | 'u' | 'L') => {}
                Some(end @ (')' | ':')) => {
                    let engine = engine.strip_suffix('-').unwrap_or(&engine);
                    if end == ':' {
                        self.out.push_str(&format!("(?{engine}:"));
                        self.flags.push(flags);
                    } else {
                        if !engine.is_empty() {
                            self.out.push_str(&format!("(?{engine})"));
                        }
                        if let Some(last) = self.flags.last_mut() {
                            *last = flags;
                        }
                    }
                    return Ok(());
                }
                Some(other) => return Err(format!("there is no group that starts with '(?{other}'")),
                None => return Err("a group is not closed".into()),
            }
            next = self.rest.next();
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.rest.next() {
            None => Err("a backslash is at the end".into()),
            Some(same @ ('A' | 'b' | 'B' | 'd' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                self.out.push('\\');
                self.out.push(same);
                Ok(())
            }
            Some('Z' | 'z') => {
                self.out.push_str(r"\z");
                Ok(())
            }
            Some(digit @ '1'..='9') => {
                let ahead: Vec<char> = self.rest.clone().take(2).collect();
                let is_octal = |character: &char| character.is_digit(8);
                if is_octal(&digit) && ahead.len() == 2 && ahead.iter().all(is_octal) {
                    return self.coded(digit);
                }
                let second = self.take_digits(10, 1);
                self.out.push_str(&format!(r"\k<{digit}{second}>"));
                Ok(())
            }
            Some(other) => self.coded(other),
        }
    }

    /// An escape that means one character, inside of a class or not.
    fn coded(&mut self, escaped: char) -> Result<(), String> {
        let code = match escaped {
            'a' => 7,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            '0'..='7' => {
                let digits = format!("{escaped}{}", self.take_digits(8, 2));
                u32::from_str_radix(&digits, 8)
                    .ok()
                    .filter(|code| *code <= 0o377)
                    .ok_or(format!(r"'\{digits}' is no byte"))?
            }
            'x' | 'u' | 'U' => {
                let length = match escaped {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits = self.take_digits(16, length);
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length);
                code.ok_or(format!(r"'\{escaped}' needs {length} hexadecimal digits"))?
            }
            letter if letter.is_ascii_alphanumeric() => {
                return Err(format!(r"there is no escape '\{letter}'"));
            }
            other => {
                // The engine takes some escaped signs for more than themselves.
                if !matches!(other, '<' | '>') && other.is_ascii_punctuation() {
                    self.out.push('\\');
                }
                self.out.push(other);
                return Ok(());
            }
        };
        // Two digits may mean a byte, braces always mean a character.
        let written = if code <= 0xff { format!(r"\x{code:02X}") } else { format!(r"\x{{{code:X}}}") };
        self.out.push_str(&written);
        Ok(())
    }

    /// What follows an opening bracket.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.take('^') {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            match self.rest.next() {
                None => return Err("a set of characters is not closed".into()),
                Some(']') if !first => break,
                Some(character) => self.class_item(character)?,
            }
            first = false;
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('-') && ahead.next().is_some_and(|end| end != ']') {
                self.rest.next();
                self.out.push('-');
                if let Some(end) = self.rest.next() {
                    self.class_item(end)?;
                }
            }
        }
        self.out.push(']');
        Ok(())
    }

    fn class_item(&mut self, character: char) -> Result<(), String> {
        match character {
            '\\' => match self.rest.next() {
                None => Err("a backslash is at the end".into()),
                Some(set @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                    self.out.push('\\');
                    self.out.push(set);
                    Ok(())
                }
                Some('b') => {
                    self.out.push_str(r"\x08");
                    Ok(())
                }
                Some(other) => self.coded(other),
            },
            _ => {
                if character.is_ascii_punctuation() && character != '_' {
                    self.out.push('\\');
                }
                self.out.push(character);
                Ok(())
            }
        }
    }
}
