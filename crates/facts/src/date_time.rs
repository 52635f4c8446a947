use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::facts::Facts;
use crate::reader::Reader;

/// The host's clock, in its time zone.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let zone = reader.host.time_zone().unwrap_or(TimeZone::UTC);
    let Ok(now) = Timestamp::try_from(reader.host.now()) else { return Facts::new() };
    let (local, universal) = (now.to_zoned(zone.clone()), now.to_zoned(TimeZone::UTC));
    let local_text = |format: &str| local.strftime(format).to_string();
    let mut facts = Facts::new();
    for (name, format) in [
        ("year", "%Y"),
        ("month", "%m"),
        ("weekday", "%A"),
        ("weekday_number", "%w"),
        ("weeknumber", "%W"),
        ("day", "%d"),
        ("hour", "%H"),
        ("minute", "%M"),
        ("second", "%S"),
        ("epoch", "%s"),
        ("epoch_int", "%s"),
        ("date", "%Y-%m-%d"),
        ("time", "%H:%M:%S"),
        ("iso8601_basic", "%Y%m%dT%H%M%S%6f"),
        ("iso8601_basic_short", "%Y%m%dT%H%M%S"),
        ("tz", "%Z"),
        ("tz_offset", "%z"),
    ] {
        facts.set(name, local_text(format));
    }
    facts.set("iso8601", universal.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    facts.set("iso8601_micro", universal.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
    facts.set("tz_dst", summer_name(&zone, now));
    Facts::new().with("date_time", facts)
}

/// The zone's name in summer time, or its only name.
fn summer_name(zone: &TimeZone, now: Timestamp) -> String {
    let half_a_year = jiff::SignedDuration::from_hours(24 * 182);
    let other = now.checked_add(half_a_year).unwrap_or(now);
    let (first, second) = (zone.to_offset_info(now), zone.to_offset_info(other));
    let summer = if second.dst().is_dst() { &second } else { &first };
    summer.abbreviation().to_owned()
}
