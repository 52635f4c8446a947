use std::collections::HashMap;

use serde::Serialize;

/// The longest text that is kept whole, in bytes.
const LONGEST: usize = 64 * 1024;

/// All texts together, in bytes; what comes later is left out.
const ALL: usize = 48 * 1024 * 1024;

/// A text's number in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Text(usize);

/// Every text once: hosts mostly say the same.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    numbers: HashMap<String, Text>,
    bytes: usize,
}

impl Texts {
    /// The number of a text; long ones lose their middle.
    pub(crate) fn number(&mut self, text: &str) -> Text {
        let text = shortened(text);
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        let text = if self.bytes + text.len() > ALL {
            "(left out: this report is large enough)".into()
        } else {
            text
        };
        let next = Text(self.numbers.len());
        let bytes = text.len();
        let number = *self.numbers.entry(text).or_insert(next);
        self.bytes += if number == next { bytes } else { 0 };
        number
    }

    /// All texts by their numbers, with secrets hidden.
    pub(crate) fn table(&self, hide: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut table = vec![String::new(); self.numbers.len()];
        for (text, number) in &self.numbers {
            table[number.0] = hide(text);
        }
        table
    }
}

fn shortened(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let start = text.floor_char_boundary(LONGEST * 3 / 4);
    let end = text.ceil_char_boundary(text.len() - LONGEST / 4);
    format!("{}\n ... {} bytes are left out here ...\n{}", &text[..start], end - start, &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_kept_once_and_hidden_at_the_end() {
        let mut texts = Texts::default();
        let numbers = ["a", "b", "a"].map(|text| texts.number(text));
        assert_eq!(numbers, [Text(0), Text(1), Text(0)]);
        assert_eq!(texts.table(&|text| text.replace('b', "*")), ["a", "*"]);
    }

    #[test]
    fn long_texts_lose_their_middle() {
        let long = "ä".repeat(LONGEST);
        let short = shortened(&long);
        assert!(short.len() < LONGEST + 100 && short.contains("bytes are left out here"));
        assert_eq!(shortened("short"), "short");
    }

    #[test]
    fn all_texts_together_are_bounded() {
        let mut texts = Texts::default();
        for number in 0..1000 {
            texts.number(&format!("{number}{}", "x".repeat(LONGEST - 10)));
        }
        assert!(texts.bytes <= ALL);
        assert!(texts.table(&str::to_owned).last().is_some_and(|text| text.starts_with("(left out")));
    }
}
