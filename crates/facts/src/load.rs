use crate::facts::Facts;
use crate::reader::Reader;

/// How many programs wanted to run at the same time, on average of the last minutes.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let text = reader.text("/proc/loadavg").unwrap_or_default();
    let mut numbers = text.split_whitespace().map_while(|word| word.parse::<f64>().ok());
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(one), Some(five), Some(fifteen)) => {
            Facts::new().with("loadavg", Facts::new().with("1m", one).with("5m", five).with("15m", fifteen))
        }
        _ => Facts::new(),
    }
}
