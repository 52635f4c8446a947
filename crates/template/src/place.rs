use diag::Span;

use crate::syntax::Place;

/// The place in a YAML file of a place in the text of one of its scalars. Quotes, escapes, folding and indentation make
/// the two differ, so where the text does not stand in the file as it is, what is marked is searched for; where it is
/// not found the whole scalar is the place.
pub(crate) fn locate(scalar: &Span, text: &str, place: Place) -> Span {
    let written = scalar.text();
    if let Some(offset) = written.find(text.trim_end()) {
        return scalar.part(offset + place.start, offset + place.end);
    }
    let Some(mut wanted) = text.get(place.start..place.end.min(text.len())) else { return scalar.clone() };
    if !written.contains(wanted) {
        // A long expression may be broken over lines; its first word is still a good place.
        wanted = wanted.split_whitespace().next().unwrap_or_default();
    }
    if wanted.is_empty() {
        return scalar.clone();
    }
    let earlier = text.get(..place.start).map_or(0, |before| before.matches(wanted).count());
    match written.match_indices(wanted).nth(earlier) {
        Some((offset, _)) => scalar.part(offset, offset + wanted.len()),
        None => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diag::Source;

    #[test]
    fn places_are_found_in_plain_quoted_and_folded_scalars() {
        let cases = [
            ("a: {{ x.y }}\n", 3..12, "{{ x.y }}", 3..6, 6..9),
            ("a: \"{{ x.y }}\"\n", 3..14, "{{ x.y }}", 3..6, 7..10),
            ("a: \"\\t{{ x.y }}\"\n", 3..16, "\t{{ x.y }}", 4..7, 9..12),
            ("a: >\n  {{ x }}\n  {{ x }}\n", 3..24, "{{ x }} {{ x }}\n", 11..12, 20..21),
            ("a: '{{ ''q'' }}'\n", 3..16, "{{ 'q' }}", 3..6, 8..11),
        ];
        for (file, scalar, text, place, expected) in cases {
            let source = Source::new("a.yml", file);
            let scalar = Span::new(&source, scalar.start, scalar.end);
            let found = locate(&scalar, text, Place { start: place.start, end: place.end });
            assert_eq!((found.start(), found.end()), (expected.start, expected.end), "{file}");
        }
    }
}
