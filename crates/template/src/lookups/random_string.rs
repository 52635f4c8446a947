//! Texts by chance, with so many characters of each kind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use value::Value;

use super::option::yes_or_no;
use crate::arguments::{Arguments, integer, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::random::Random;

/// So many characters such a text may have.
const LONGEST: usize = 100_000;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBERS: &str = "0123456789";
const SPECIAL: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

pub(super) fn random_string(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut flag = |name: &str, default: bool| match arguments.take(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => yes_or_no(&value)
            .ok_or_else(|| Stop::new(format!("'{name}' must be yes or no, not {}", value.repr()))),
    };
    let (lower, upper) = (flag("lower", true)?, flag("upper", true)?);
    let (numbers, special) = (flag("numbers", true)?, flag("special", true)?);
    let (as_base64, avoids_similar) = (flag("base64", false)?, flag("ignore_similar_chars", false)?);
    let mut count = |name: &str, default: usize| match arguments.take(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => match usize::try_from(integer(&value, name)?.max(0)) {
            Ok(count) if count <= LONGEST => Ok(count),
            _ => Err(Stop::new(format!("'{name}' may be at most {LONGEST}"))),
        },
    };
    let length = count("length", 8)?;
    let wanted =
        [count("min_lower", 0)?, count("min_upper", 0)?, count("min_numeric", 0)?, count("min_special", 0)?];
    let similar = text_or(arguments.take("similar_chars"), "il1LoO0")?;
    let specials = text_or(arguments.take("override_special"), SPECIAL)?;
    let all = text_or(arguments.take("override_all"), "")?;
    let mut random = match arguments.take("seed").filter(|seed| !seed.is_null()) {
        Some(seed) => Random::new(Some(&Value::string(text(&seed)?)))?,
        None => Random::new(None)?,
    };
    let usable = |characters: &str| -> Vec<char> {
        characters.chars().filter(|character| !avoids_similar || !similar.contains(*character)).collect()
    };
    let kinds = [(LOWER, lower), (UPPER, upper), (NUMBERS, numbers), (specials.as_str(), special)];
    let mut chosen = Vec::with_capacity(length);
    let mut pool = Vec::new();
    if all.is_empty() {
        for ((characters, allowed), wanted) in kinds.into_iter().zip(wanted) {
            let characters = usable(characters);
            choose(&mut random, &characters, wanted, &mut chosen)?;
            if allowed {
                pool.extend(characters);
            }
        }
    } else {
        pool = all.chars().collect();
    }
    let rest = length.saturating_sub(chosen.len());
    choose(&mut random, &pool, rest, &mut chosen)?;
    // Those that had to be there do not come first.
    for last in (1..chosen.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap_or(last);
        chosen.swap(last, other);
    }
    let made: String = chosen.into_iter().collect();
    Ok(vec![Value::string(if as_base64 { STANDARD.encode(made) } else { made })])
}

fn choose(random: &mut Random, characters: &[char], count: usize, out: &mut Vec<char>) -> Outcome<()> {
    if count > 0 && characters.is_empty() {
        return Err(Stop::new("Available characters cannot be None, please change constraints"));
    }
    for _ in 0..count {
        let index = usize::try_from(random.below(characters.len() as u64)).unwrap_or(0);
        out.extend(characters.get(index));
    }
    Ok(())
}
