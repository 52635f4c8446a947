use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads `+3650d`, `-1w2d3h4m5s`, `20300131235959Z`; `None` for anything else.
pub(super) fn read(text: &str, now: SystemTime) -> Option<SystemTime> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix(['+', '-']) else {
        let digits = text.strip_suffix('Z').unwrap_or(text);
        let time = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
        return Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().into());
    };
    let (mut seconds, mut number) = (0_u64, String::new());
    for character in rest.chars() {
        if character.is_ascii_digit() {
            number.push(character);
            continue;
        }
        let unit = match character {
            'w' | 'W' => 604_800,
            'd' | 'D' => 86_400,
            'h' | 'H' => 3_600,
            'm' | 'M' => 60,
            's' | 'S' => 1,
            _ => return None,
        };
        seconds = number.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(seconds)?;
        number.clear();
    }
    if !number.is_empty() || rest.is_empty() {
        return None;
    }
    let duration = Duration::from_secs(seconds);
    if text.starts_with('+') { now.checked_add(duration) } else { now.checked_sub(duration) }
}

/// As certificates write it, with the year in four digits.
pub(super) fn write(time: SystemTime) -> String {
    Timestamp::try_from(time).map(|time| time.strftime("%Y%m%d%H%M%SZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_now_or_given() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000);
        let counted = |text: &str| read(text, now).map(write);
        assert_eq!(counted("+0s").as_deref(), Some("19700426174640Z"));
        assert_eq!(counted("+1w2d3h4m5s").as_deref(), Some("19700505205045Z"));
        assert_eq!(counted("-1d").as_deref(), Some("19700425174640Z"));
        assert_eq!(counted("20300131235959Z").as_deref(), Some("20300131235959Z"));
        for wrong in ["", "+", "+3", "+3x", "2030", "tomorrow"] {
            assert_eq!(counted(wrong), None, "{wrong}");
        }
    }
}
