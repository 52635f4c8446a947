use std::fs;
use std::path::Path;

/// A place that packages come from: one `URI SUITE` pair of apt's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageSource {
    pub(crate) uri: String,
    pub(crate) suite: String,
    pub(crate) components: Vec<String>,
}

/// What apt has in `folder` (`/etc/apt`), in both of its formats (sources.list(5)).
pub(crate) fn read(folder: &Path) -> Vec<PackageSource> {
    let mut files = vec![folder.join("sources.list")];
    let more = fs::read_dir(folder.join("sources.list.d"));
    files.extend(more.into_iter().flatten().flatten().map(|entry| entry.path()));
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => sources.extend(one_line_style(&text)),
            Some("sources") => sources.extend(deb822_style(&text)),
            _ => {}
        }
    }
    sources
}

/// `deb [option=value ...] URI SUITE COMPONENT ...`
fn one_line_style(text: &str) -> Vec<PackageSource> {
    let source = |line: &str| {
        let rest = line.split('#').next()?.trim().strip_prefix("deb")?;
        let rest = rest.starts_with([' ', '\t']).then(|| rest.trim_start())?;
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        let mut words = rest.split_whitespace().map(str::to_owned);
        Some(PackageSource { uri: words.next()?, suite: words.next()?, components: words.collect() })
    };
    text.lines().filter_map(source).collect()
}

/// Paragraphs of `Field: value`, in which a line that begins with a blank goes on with the value before.
fn deb822_style(text: &str) -> Vec<PackageSource> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let paragraphs = lines.split(|line| line.trim().is_empty());
    paragraphs.flat_map(paragraph_sources).collect()
}

fn paragraph_sources(paragraph: &[&str]) -> Vec<PackageSource> {
    let field = |wanted: &str| -> Vec<String> {
        let mut words = Vec::new();
        let mut inside = false;
        for line in paragraph {
            let value = match line.split_once(':') {
                Some((name, value)) if !line.starts_with([' ', '\t']) => {
                    inside = name.trim().eq_ignore_ascii_case(wanted);
                    value
                }
                _ => line,
            };
            if inside {
                words.extend(value.split_whitespace().map(str::to_owned));
            }
        }
        words
    };
    let enabled = field("Enabled").first().is_none_or(|value| !value.eq_ignore_ascii_case("no"));
    if !enabled || !field("Types").iter().any(|kind| kind == "deb") {
        return Vec::new();
    }
    let (suites, components) = (field("Suites"), field("Components"));
    field("URIs")
        .into_iter()
        .flat_map(|uri| {
            let of = |suite: &String| PackageSource {
                uri: uri.clone(),
                suite: suite.clone(),
                components: components.clone(),
            };
            suites.iter().map(of).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(uri: &str, suite: &str, components: &[&str]) -> PackageSource {
        let components = components.iter().map(|&component| component.to_owned()).collect();
        PackageSource { uri: uri.to_owned(), suite: suite.to_owned(), components }
    }

    #[test]
    fn both_formats_are_read_and_what_is_switched_off_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let more = folder.path().join("sources.list.d");
        fs::create_dir(&more).unwrap();
        let list = "# deb http://old/ bookworm main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://one/debian bookworm main contrib # why\n\
                    deb-src http://one/debian bookworm main\n";
        fs::write(folder.path().join("sources.list"), list).unwrap();
        let deb822 = "Types: deb deb-src\nURIs: http://two/debian\n# a remark\nSuites: bookworm\n bookworm-updates\n\
                      Components: main\nSigned-By:\n -----BEGIN: x\n\n\
                      Types: deb\nEnabled: no\nURIs: http://off/\nSuites: bookworm\nComponents: main\n\n\
                      Types: deb-src\nURIs: http://sources/\nSuites: bookworm\nComponents: main\n";
        fs::write(more.join("two.sources"), deb822).unwrap();
        fs::write(more.join("three.list.disabled"), "deb http://three/ bookworm main\n").unwrap();
        assert_eq!(
            read(folder.path()),
            [
                source("http://one/debian", "bookworm", &["main", "contrib"]),
                source("http://two/debian", "bookworm", &["main"]),
                source("http://two/debian", "bookworm-updates", &["main"]),
            ]
        );
    }
}
