//! The matching blocks of two sequences by the algorithm of Ratcliff and Obershelp as Python's difflib runs it: the
//! longest matching block first, then the same to its left and right; lines that make up more than a hundredth of a
//! long text are not used as anchors.

use std::collections::HashMap;

use similar::DiffOp;

/// From this number of lines on, popular lines are no anchors.
const POPULAR_FROM: usize = 200;

/// What turns `old` into `new`.
pub(super) fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut operations = Vec::new();
    let (mut at_old, mut at_new) = (0, 0);
    for (old_start, new_start, length) in matching_blocks(old, new) {
        let (old_len, new_len) = (old_start - at_old, new_start - at_new);
        match (old_len, new_len) {
            (0, 0) => {}
            (0, _) => operations.push(DiffOp::Insert { old_index: at_old, new_index: at_new, new_len }),
            (_, 0) => operations.push(DiffOp::Delete { old_index: at_old, old_len, new_index: at_new }),
            _ => operations.push(DiffOp::Replace { old_index: at_old, old_len, new_index: at_new, new_len }),
        }
        if length > 0 {
            operations.push(DiffOp::Equal { old_index: old_start, new_index: new_start, len: length });
        }
        (at_old, at_new) = (old_start + length, new_start + length);
    }
    operations
}

/// Where lines stand in the new text, popular ones left out.
fn positions<'a>(new: &[&'a str]) -> HashMap<&'a str, Vec<usize>> {
    let mut positions: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, line) in new.iter().enumerate() {
        positions.entry(line).or_default().push(index);
    }
    if new.len() >= POPULAR_FROM {
        let limit = new.len() / 100 + 1;
        positions.retain(|_, found| found.len() <= limit);
    }
    positions
}

/// Blocks `(start in old, start in new, length)` in order, neighbours joined, with an empty one at the end.
fn matching_blocks(old: &[&str], new: &[&str]) -> Vec<(usize, usize, usize)> {
    let positions = positions(new);
    let mut waiting = vec![(0, old.len(), 0, new.len())];
    let mut found = Vec::new();
    while let Some((old_low, old_high, new_low, new_high)) = waiting.pop() {
        let (i, j, length) = longest(old, new, &positions, (old_low, old_high), (new_low, new_high));
        if length > 0 {
            found.push((i, j, length));
            if old_low < i && new_low < j {
                waiting.push((old_low, i, new_low, j));
            }
            if i + length < old_high && j + length < new_high {
                waiting.push((i + length, old_high, j + length, new_high));
            }
        }
    }
    found.sort_unstable();
    let mut blocks: Vec<(usize, usize, usize)> = Vec::new();
    for (i, j, length) in found {
        match blocks.last_mut() {
            Some(last) if last.0 + last.2 == i && last.1 + last.2 == j => last.2 += length,
            _ => blocks.push((i, j, length)),
        }
    }
    blocks.push((old.len(), new.len(), 0));
    blocks
}

fn longest(
    old: &[&str],
    new: &[&str],
    positions: &HashMap<&str, Vec<usize>>,
    (old_low, old_high): (usize, usize),
    (new_low, new_high): (usize, usize),
) -> (usize, usize, usize) {
    let (mut best_i, mut best_j, mut best) = (old_low, new_low, 0);
    // The length of the match that ends at (i - 1, j), by j.
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for (i, line) in old.iter().enumerate().take(old_high).skip(old_low) {
        let mut next = HashMap::new();
        for &j in positions.get(line).map_or(&[][..], Vec::as_slice) {
            if j < new_low {
                continue;
            }
            if j >= new_high {
                break;
            }
            let length = j.checked_sub(1).and_then(|before| lengths.get(&before)).copied().unwrap_or(0) + 1;
            next.insert(j, length);
            if length > best {
                (best_i, best_j, best) = (i + 1 - length, j + 1 - length, length);
            }
        }
        lengths = next;
    }
    // Popular lines could not start a match, but belong to one that is beside them.
    while best_i > old_low && best_j > new_low && old[best_i - 1] == new[best_j - 1] {
        (best_i, best_j, best) = (best_i - 1, best_j - 1, best + 1);
    }
    while best_i + best < old_high && best_j + best < new_high && old[best_i + best] == new[best_j + best] {
        best += 1;
    }
    (best_i, best_j, best)
}
