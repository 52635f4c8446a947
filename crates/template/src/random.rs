use rand_mt::Mt;
use sha2::{Digest, Sha512};
use value::Value;

use crate::outcome::{Outcome, Stop};

/// Random numbers; from the same seed the same ones that Python gives, so that `random(seed=inventory_hostname)` chooses
/// what it has chosen before.
pub(crate) struct Random(Mt);

impl Random {
    /// Seeded by a value, or by the system.
    pub(crate) fn new(seed: Option<&Value>) -> Outcome<Random> {
        let mut key: Vec<u32> = match seed {
            None => {
                let mut bytes = [0; 64];
                getrandom::fill(&mut bytes)
                    .map_err(|error| Stop::new(format!("cannot get random bytes: {error}")))?;
                bytes.chunks(4).map(number).collect()
            }
            Some(Value::String(text)) => {
                let mut bytes = text.as_bytes().to_vec();
                bytes.extend(Sha512::digest(text.as_bytes()));
                digits(&bytes)
            }
            Some(Value::Float(number)) => digits(&Value::Float(*number).to_string().into_bytes()),
            Some(seed) => match seed.to_big_int() {
                Some(number) => digits(&number.magnitude().to_bytes_be()),
                None => {
                    return Err(Stop::new(format!("a seed can't be a value of type '{}'", seed.type_name())));
                }
            },
        };
        if key.is_empty() {
            key.push(0);
        }
        Ok(Random(Mt::new_with_key(key)))
    }

    /// A number below `bound`, all equally likely.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let bits = u64::BITS - bound.leading_zeros();
        loop {
            let number = self.bits(bits);
            if number < bound {
                return number;
            }
        }
    }

    fn bits(&mut self, bits: u32) -> u64 {
        if bits <= 32 {
            return u64::from(self.0.next_u32() >> (32 - bits));
        }
        let low = u64::from(self.0.next_u32());
        low | (u64::from(self.0.next_u32() >> (64 - bits)) << 32)
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

/// The number that the bytes are, most significant first, in digits of 32 bits, least significant first.
fn digits(bytes: &[u8]) -> Vec<u32> {
    let mut digits: Vec<u32> = bytes
        .rchunks(4)
        .map(|digit| digit.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
        .collect();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_chooses_what_python_chooses() {
        let chosen = |seed: Value, bound| Random::new(Some(&seed)).unwrap().below(bound);
        // random.Random('host1').randrange(59) and so on.
        assert_eq!(chosen(Value::from("host1"), 59), 31);
        assert_eq!(chosen(Value::from(5), 100), 79);
    }
}
