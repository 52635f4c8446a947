//! Addresses of network cards by chance.

use value::Value;

use crate::arguments::{Arguments, required};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::random::Random;

/// The least and the greatest number of ten hexadecimal digits.
const RANGE: (u64, u64) = (0x10_0000_0000, 0xff_ffff_ffff);

/// A prefix with the bytes that are missing; with a seed those that Python chooses.
pub(super) fn random_mac(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, seed] = arguments.bind(["value", "seed"])?;
    let value = required(value, "value")?;
    let Some(prefix) = value.as_str() else {
        return Err(Stop::new(format!(
            "Invalid value type (<class '{}'>) for random_mac ({value})",
            value.type_name()
        )));
    };
    let prefix = prefix.to_lowercase();
    let parts: Vec<&str> = prefix.split(':').collect();
    let wrong = |why: String| Err(Stop::new(format!("Invalid value ({prefix}) for random_mac: {why}")));
    if parts.len() > 5 {
        return wrong("5 colon(:) separated items max".into());
    }
    let bad: Vec<String> = parts
        .iter()
        .filter_map(|part| match part {
            &"" => Some("empty item".into()),
            part => {
                let is_byte = part.len() >= 2
                    && part.get(..2).is_some_and(|byte| byte.bytes().all(|digit| digit.is_ascii_hexdigit()));
                (!is_byte).then(|| format!("{part} not hexa byte"))
            }
        })
        .collect();
    if !bad.is_empty() {
        return wrong(bad.join(","));
    }
    let seed = seed.filter(|seed| !seed.is_null());
    let number = RANGE.0 + Random::new(seed.as_ref())?.below(RANGE.1 - RANGE.0 + 1);
    let digits = format!("{number:x}");
    let chosen: String = digits.chars().take((6 - parts.len()) * 2).collect();
    let mut address = prefix.clone();
    for (index, digit) in chosen.chars().enumerate() {
        if index % 2 == 0 {
            address.push(':');
        }
        address.push(digit);
    }
    Ok(Value::string(address))
}
