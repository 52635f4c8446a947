use std::collections::BTreeMap;

/// How many values a word may have before it counts as one that nobody knows.
const MOST_VALUES: usize = 16;

/// What stands in installation scripts of a Debian package, as far as it can be read without running them: simple
/// commands with their words, where variables that the script itself sets to plain text are filled in. Conditions are
/// taken to hold: the scripts are read for what they do when the package is installed for the first time.
pub(crate) struct MaintainerScripts {
    commands: Vec<Vec<Word>>,
}

/// All that a word may be; empty if it can't be known.
type Word = Vec<String>;

impl MaintainerScripts {
    pub(crate) fn read(text: &str) -> MaintainerScripts {
        let mut variables = Variables::default();
        let mut commands = Vec::new();
        for words in split(text) {
            let begin = words.iter().position(|word| !variables.follow(word)).unwrap_or(words.len());
            let words = &words[begin..];
            if let [each, name, among, values @ ..] = words
                && each == "for"
                && among == "in"
            {
                let known = values.iter().flat_map(|value| expand(value, &variables.known)).collect();
                variables.known.insert(name.clone(), known);
                continue;
            }
            let first = words.iter().position(|word| assignment(word).is_none()).unwrap_or(words.len());
            for (name, value) in words[..first].iter().filter_map(|word| assignment(word)) {
                let values = expand(value, &variables.known);
                variables.known.insert(name.to_owned(), values);
            }
            if first < words.len() {
                commands.push(words[first..].iter().map(|word| expand(word, &variables.known)).collect());
            }
        }
        MaintainerScripts { commands }
    }

    /// The commands that call one of these programs, by its plain name. Of a word that may be several things, each
    /// makes a command of its own; a word that nobody knows is `None`.
    pub(crate) fn calls(&self, programs: &[&str]) -> Vec<Vec<Option<String>>> {
        let calls = |command: &&Vec<Word>| {
            command.first().is_some_and(|program| match program.as_slice() {
                [program] => programs.contains(&program.rsplit('/').next().unwrap_or(program)),
                _ => false,
            })
        };
        self.commands.iter().filter(calls).flat_map(|command| combinations(command)).collect()
    }
}

/// What variables may be at a place in a script.
#[derive(Default)]
struct Variables {
    known: Values,
    /// For each condition around the place: what they were before it, and what they are after its earlier branches.
    outside: Vec<Condition>,
}

type Values = BTreeMap<String, Word>;

struct Condition {
    before: Values,
    branches: Vec<Values>,
}

impl Variables {
    /// Follows a word that says when commands are run; `false` for any other word.
    fn follow(&mut self, word: &str) -> bool {
        match word {
            "if" | "case" => {
                self.outside.push(Condition { before: self.known.clone(), branches: Vec::new() });
            }
            "else" | "elif" => {
                if let Some(Condition { before, branches }) = self.outside.last_mut() {
                    branches.push(std::mem::replace(&mut self.known, before.clone()));
                }
            }
            "fi" | "esac" => {
                if let Some(Condition { before, branches }) = self.outside.pop() {
                    // Without an `else`, all may be as it was.
                    for branch in branches.into_iter().chain([before]) {
                        for (name, values) in branch {
                            let known = self.known.entry(name).or_default();
                            let new: Word =
                                values.into_iter().filter(|value| !known.contains(value)).collect();
                            known.extend(new);
                        }
                    }
                }
            }
            "then" | "do" | "while" | "until" | "!" | "{" | "}" | "done" | "eval" => {}
            _ => return false,
        }
        true
    }
}

/// One command for each combination of what its words may be. Words with the same number of values go together: they
/// come from the same loop.
fn combinations(command: &[Word]) -> Vec<Vec<Option<String>>> {
    let rounds = command.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let pick = |word: &Word, round: usize| match word.len() {
        0 => None,
        1 => word.first().cloned(),
        several if several == rounds => word.get(round).cloned(),
        _ => None,
    };
    (0..rounds).map(|round| command.iter().map(|word| pick(word, round)).collect()).collect()
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some((name, value))
}

/// The simple commands of a shell script, each as its words with their quotes.
fn split(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    let mut quote: Option<char> = None;
    // How many `$(` and `${` are open: what stands between belongs to the word.
    let mut depth = 0_usize;
    let end_word = |word: &mut String, words: &mut Vec<String>| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', open) if open != Some('\'') => match letters.next() {
                Some('\n') => {}
                Some(next) => word.extend(['\\', next]),
                None => {}
            },
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.push(letter);
            }
            (letter, Some(open)) => {
                if letter == open {
                    quote = None;
                }
                word.push(letter);
            }
            ('$', None) if matches!(letters.peek(), Some('(' | '{')) => {
                depth += 1;
                word.push('$');
                word.extend(letters.next());
            }
            (')' | '}', None) if depth > 0 => {
                depth -= 1;
                word.push(letter);
            }
            (letter, None) if depth > 0 => word.push(letter),
            ('#', None) if word.is_empty() => {
                while letters.peek().is_some_and(|next| *next != '\n') {
                    letters.next();
                }
            }
            (' ' | '\t' | '\r', None) => end_word(&mut word, &mut words),
            ('\n' | ';' | '&' | '|' | '(' | ')' | '`', None) => {
                end_word(&mut word, &mut words);
                commands.push(std::mem::take(&mut words));
            }
            (letter, None) => word.push(letter),
        }
    }
    end_word(&mut word, &mut words);
    commands.push(words);
    commands.retain(|words: &Vec<String>| !words.is_empty());
    commands
}

/// What a word may be once its quotes are gone and its variables filled in; empty if that can't be known.
fn expand(word: &str, variables: &BTreeMap<String, Word>) -> Word {
    let mut values: Word = vec![String::new()];
    let mut letters = word.chars().peekable();
    let mut in_single = false;
    let add = |values: &mut Word, text: &str| values.iter_mut().for_each(|value| value.push_str(text));
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => in_single = !in_single,
            _ if in_single => add(&mut values, letter.encode_utf8(&mut [0; 4])),
            '"' => {}
            '\\' => {
                if let Some(next) = letters.next() {
                    add(&mut values, next.encode_utf8(&mut [0; 4]));
                }
            }
            '`' => return Word::new(),
            '$' => {
                let Some((name, otherwise)) = parameter(&mut letters) else { return Word::new() };
                let known = variables.get(&name).cloned().unwrap_or_default();
                let known = if known.is_empty() {
                    otherwise.map_or(known, |text| expand(&text, variables))
                } else {
                    known
                };
                if known.is_empty() {
                    return Word::new();
                }
                if values.len() * known.len() > MOST_VALUES {
                    return Word::new();
                }
                values = values
                    .iter()
                    .flat_map(|value| known.iter().map(move |text| format!("{value}{text}")))
                    .collect();
            }
            letter => add(&mut values, letter.encode_utf8(&mut [0; 4])),
        }
    }
    values
}

/// A variable's name after its `$`, and what stands for it if it is not set: `NAME`, `{NAME}`, `{NAME:-text}`. `None`
/// for anything else.
fn parameter(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<(String, Option<String>)> {
    let is_part = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    if letters.next_if_eq(&'{').is_none() {
        let name: String = std::iter::from_fn(|| letters.next_if(is_part)).collect();
        return (!name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit()))
            .then_some((name, None));
    }
    let name: String = std::iter::from_fn(|| letters.next_if(is_part)).collect();
    let rest: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
    if rest.is_empty() {
        return Some((name, None));
    }
    let otherwise = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'))?;
    Some((name, Some(otherwise.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str, program: &str) -> Vec<String> {
        let shown = |words: Vec<Option<String>>| {
            words.into_iter().map(|word| word.unwrap_or_else(|| "?".into())).collect::<Vec<_>>().join("|")
        };
        MaintainerScripts::read(text).calls(&[program]).into_iter().map(shown).collect()
    }

    #[test]
    fn commands_are_found_wherever_they_stand() {
        let text = "#!/bin/sh\n# adduser no\nif ! getent passwd x >/dev/null; then\n  adduser --system \\\n    --home '/a b' x || true\nfi\n\
                    id y || /usr/sbin/adduser y z # why\n";
        assert_eq!(calls(text, "adduser"), ["adduser|--system|--home|/a b|x", "/usr/sbin/adduser|y|z"]);
    }

    #[test]
    fn variables_are_filled_in_where_the_script_sets_them() {
        let text = "USER=\"redis\"\nHOME_DIR=${HOME_DIR:-/var/lib/$USER}\nadduser --home $HOME_DIR \"${USER}\"\n\
                    adduser \"$1\" $(id -un) ${USER%x}";
        assert_eq!(calls(text, "adduser"), ["adduser|--home|/var/lib/redis|redis", "adduser|?|?|?"]);
    }

    #[test]
    fn loops_make_one_command_a_round() {
        let text =
            "for file in a.conf b.conf; do\n ucf --three-way /usr/share/x/$file \"/etc/x/$file\"\ndone";
        assert_eq!(
            calls(text, "ucf"),
            [
                "ucf|--three-way|/usr/share/x/a.conf|/etc/x/a.conf",
                "ucf|--three-way|/usr/share/x/b.conf|/etc/x/b.conf"
            ]
        );
    }

    #[test]
    fn a_variable_is_what_it_was_set_to_last() {
        let text = "case \"$1\" in\n configure)\n F=/a\n if x; then F=/b; ucf $F; else F=/c; ucf $F; fi\n G=/d\n G=/e\n ucf $G\n ;;\nesac";
        assert_eq!(calls(text, "ucf"), ["ucf|/b", "ucf|/c", "ucf|/e"]);
        assert_eq!(calls("I=/one\nif x; then I=/two; fi\nucf $I", "ucf"), ["ucf|/two", "ucf|/one"]);
    }

    #[test]
    fn nothing_makes_it_fall() {
        for text in ["'", "\\", "$", "${", "$(", "for", "for x in", "x=$x$x", "\"`a`\"", ")}"] {
            MaintainerScripts::read(text);
        }
    }
}
