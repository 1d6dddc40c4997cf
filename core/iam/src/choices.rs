//! Questions about many patterns, split into questions about few.
//!
//! A walk through all patterns at once takes time that grows with the square of their number. But a
//! text is allowed if one resource of each part grants it, and most resources exclude each other by
//! the characters that they name. So it is enough to ask about those that can go together, one
//! choice after the other, and an index by these characters finds them.

use std::collections::{BTreeMap, HashMap};

use crate::arn::Resource;
use crate::part::Part;
use crate::pattern::Pattern;

/// The most resources that are asked about at once. Few are quicker in one walk, and only that
/// finds a shortest text.
const AT_ONCE: usize = 12;

/// The most `*` of the resources that are asked about at once. A text moves on at each of them or
/// not, in each resource independently, so the states of one walk grow with the product of all.
const RUNS_AT_ONCE: usize = 48;

/// The colons of a complete ARN.
const COLONS: usize = 5;

/// The choices of one granting resource for each part, those with the shortest texts first. `None`
/// if all resources should be asked about at once.
pub(crate) fn choices<'p, S: Copy>(
    parts: &'p [Part<'_, '_, S>],
    texts: &[Pattern],
    open: bool,
) -> Option<Vec<Vec<&'p Resource>>> {
    let granting = parts.iter().map(|part| part.clauses.granting(open));
    let granting: Vec<Vec<&Resource>> = granting.collect::<Option<_>>()?;
    if are_few(&granting) {
        return None;
    }
    let meeting = |(resources, texts): (Vec<&'p Resource>, &Pattern)| -> Vec<&'p Resource> {
        resources.into_iter().filter(|resource| resource.pattern.meets(texts)).collect()
    };
    let granting: Vec<Vec<&Resource>> = granting.into_iter().zip(texts).map(meeting).collect();
    if are_few(&granting) {
        return None;
    }
    let mut choices: Vec<Vec<&Resource>> = match (parts, granting.as_slice()) {
        ([_], [of_one]) => of_one.iter().map(|resource| vec![*resource]).collect(),
        ([first, second], [of_first, of_second]) if texts.iter().all(Pattern::names_its_colons) => {
            let index = Index::new(of_second, second.suffix);
            let pairs = of_first.iter().flat_map(|resource| {
                let others = index.that_may_meet(resource, first.suffix);
                others.into_iter().map(|other| vec![*resource, other])
            });
            pairs.collect()
        }
        _ => return None,
    };
    let least = |choice: &Vec<&Resource>| -> usize {
        choice.iter().map(|resource| resource.pattern.least()).sum()
    };
    choices.sort_by_cached_key(|choice| {
        let texts: Vec<String> = choice.iter().map(|resource| resource.pattern.example()).collect();
        (least(choice), texts)
    });
    Some(choices)
}

/// Whether one walk through all of these resources is quick.
fn are_few(granting: &[Vec<&Resource>]) -> bool {
    let all = || granting.iter().flatten();
    all().count() <= AT_ONCE
        && all().map(|resource| resource.pattern.runs()).sum::<usize>() <= RUNS_AT_ONCE
}

/// Resources by the characters that they name after the fifth colon. The texts have no further
/// colons, so a resource with five colons has them at the same places.
struct Index<'r> {
    named: BTreeMap<String, Vec<&'r Resource>>,
    others: Vec<&'r Resource>,
    /// The lengths of the keys.
    lengths: HashMap<usize, usize>,
}

/// The characters that a resource names of the common part of the texts, with a line feed at the
/// end if they are all. `None` if that is not known.
fn key(resource: &Resource, suffix: &str) -> Option<String> {
    let (mut named, all) = resource.pattern.literal_after(COLONS).filter(|_| resource.certain)?;
    if all {
        named.truncate(named.strip_suffix(suffix)?.len());
        named.push('\n');
        return Some(named);
    }
    // The last characters may belong to the suffix already.
    let beginnings = (0..=suffix.len()).rev().filter_map(|length| suffix.get(..length));
    let overlap = beginnings.filter(|beginning| named.ends_with(beginning)).map(str::len).next();
    named.truncate(named.len() - overlap.unwrap_or_default());
    Some(named)
}

impl<'r> Index<'r> {
    fn new(resources: &[&'r Resource], suffix: &str) -> Self {
        let mut index =
            Self { named: BTreeMap::new(), others: Vec::new(), lengths: HashMap::new() };
        for resource in resources {
            match key(resource, suffix) {
                None => index.others.push(resource),
                Some(key) => {
                    *index.lengths.entry(key.len()).or_default() += 1;
                    index.named.entry(key).or_default().push(resource);
                }
            }
        }
        index
    }

    /// The resources that may match the common part of a text that another one matches.
    fn that_may_meet(&self, other: &Resource, suffix: &str) -> Vec<&'r Resource> {
        let Some(key) = key(other, suffix) else {
            return self.named.values().flatten().chain(&self.others).copied().collect();
        };
        // Those that name the beginning of it, …
        let mut found: Vec<&Resource> = self.others.clone();
        for length in self.lengths.keys().filter(|length| **length < key.len()) {
            found.extend(
                key.get(..*length).and_then(|named| self.named.get(named)).into_iter().flatten(),
            );
        }
        // … and those that begin with it.
        let longer =
            self.named.range(key.clone()..).take_while(|(named, _)| named.starts_with(&key));
        found.extend(longer.flat_map(|(_, resources)| resources));
        found
    }
}
