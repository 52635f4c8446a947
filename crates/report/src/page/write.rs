use std::io::Write;
use std::path::Path;

use diag::{Error, Result};
use tempfile::NamedTempFile;

use super::{Collected, End, PageOptions};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// The parts of the script, in their order.
const SCRIPT: [&str; 8] = [
    include_str!("script/data.js"),
    include_str!("script/elements.js"),
    include_str!("script/state.js"),
    include_str!("script/result.js"),
    include_str!("script/grid.js"),
    include_str!("script/lists.js"),
    include_str!("script/time.js"),
    include_str!("script/page.js"),
];

/// Finds out before a run whether its report can be written.
///
/// # Errors
/// It can't: there is no such folder, or nobody may write there.
pub fn check_destination(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::new(format!(
            "the report can't be written to {}, which is a folder",
            path.display()
        )));
    }
    if !folder(path).is_dir() {
        return Err(failed(path, format!("there is no folder {}", folder(path).display())));
    }
    NamedTempFile::new_in(folder(path)).map(drop).map_err(|error| failed(path, error))
}

/// Writes the report in one step, for its owner alone.
///
/// # Errors
/// The file can't be written.
pub(crate) fn write(options: &PageOptions, collected: &mut Collected, end: &End<'_>) -> Result<()> {
    let path = &options.path;
    let json = collected.json(end).map_err(|error| failed(path, error))?;
    let graphs = options.graphs.iter().map(|(name, svg)| {
        format!("<template data-name=\"{}\">{}</template>\n", escaped(name), (end.hide)(svg))
    });
    let page = filled(&[
        ("style", STYLE),
        ("data", &for_script(&json)),
        ("graphs", &graphs.collect::<String>()),
        ("script", &SCRIPT.concat()),
    ]);
    let mut file = NamedTempFile::new_in(folder(path)).map_err(|error| failed(path, error))?;
    let written = file.write_all(page.as_bytes()).and_then(|()| file.as_file().sync_all());
    written.map_err(|error| failed(path, error))?;
    file.persist(path).map(drop).map_err(|error| failed(path, error.error))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::new(format!("can't write the report {}", path.display())).cause(cause)
}

/// The page with its parts, which stand in it in this order. What stands in a part is not looked at.
fn filled(parts: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = PAGE;
    for (name, part) in parts {
        if let Some((before, after)) = rest.split_once(&format!("<!--{name}-->")) {
            out.push_str(before);
            out.push_str(part);
            rest = after;
        }
    }
    out + rest
}

/// JSON as it may stand in an element `script`: nothing in it ends the element or begins a comment.
fn for_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_place_for_each_part() {
        let page =
            filled(&[("style", "S-T"), ("data", "D-T <!--script-->"), ("graphs", "G-S"), ("script", "S-C")]);
        for part in ["S-T", "D-T <!--script-->", "G-S", "S-C"] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn nothing_in_the_data_ends_the_script() {
        let json = for_script("\"</script><!-- \u{2028} &\"");
        assert_eq!(json, "\"\\u003c/script\\u003e\\u003c!-- \\u2028 \\u0026\"");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "</script><!-- \u{2028} &");
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let page = filled(&[("style", STYLE), ("data", ""), ("graphs", ""), ("script", &SCRIPT.concat())]);
        for word in ["http://", "https://", "@import", "url(", "fetch(", "XMLHttpRequest"] {
            assert!(!page.replace("http://www.w3.org/", "").contains(word), "{word}");
        }
    }

    #[test]
    fn a_report_needs_a_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_destination(&folder.path().join("report.html")).is_ok());
        assert!(check_destination(&folder.path().join("missing/report.html")).is_err());
        assert!(check_destination(folder.path()).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
