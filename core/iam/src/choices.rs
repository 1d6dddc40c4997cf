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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::context::Context;
    use crate::frame::{Frame, FramePart};
    use crate::grants::{Clauses, Grants, Limits};
    use crate::pattern::Alphabet;
    use crate::policy::Policy;

    const ACTION: &str = "codepipeline:putapprovalresult";
    const NAME: &Alphabet = &Alphabet::new(b"abcdefghijklmnopqrstuvwxyz0123456789-");

    fn policy(resources: &[String]) -> Policy {
        let resources = serde_json::to_string(resources).unwrap();
        let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":{resources}}}"#);
        let document = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        Policy::identity(&document).unwrap()
    }

    fn clauses(policy: &Policy) -> Clauses<'_, usize> {
        let grants = Grants { identity: vec![(0, policy)], limits: Limits::default() };
        grants.about(ACTION, &Context::new())
    }

    fn names(pattern: &str, number: usize) -> Vec<String> {
        (0..number)
            .map(|at| format!("arn:p:s:r:n:{}", pattern.replace('N', &at.to_string())))
            .collect()
    }

    /// How many choices there are for these parts, each with its resources.
    fn number(frame: &Frame, parts: &[(&str, &[String])]) -> Option<usize> {
        let policies: Vec<Policy> = parts.iter().map(|(_, resources)| policy(resources)).collect();
        let clauses: Vec<_> = policies.iter().map(clauses).collect();
        let parts: Vec<Part<'_, '_, usize>> = parts
            .iter()
            .zip(&clauses)
            .map(|((suffix, _), clauses)| Part { suffix, clauses })
            .collect();
        let texts: Vec<Pattern> = parts.iter().map(|part| frame.with(part.suffix)).collect();
        choices(&parts, &texts, false).map(|choices| choices.len())
    }

    #[test]
    fn many_resources_are_asked_about_one_by_one_and_few_at_once() {
        let name = Frame::new(&[FramePart::Text("arn:p:s:r:n:"), FramePart::Glob("*", NAME)]);
        let anything = Frame::new(&[FramePart::Text("arn:p:s:r:n:"), FramePart::Anything]);
        let many = names("own-N-*", 30);
        let few = names("own-N-*", 3);
        let wild = names("*a*b*c*d*N*", 11);
        assert_eq!(number(&name, &[("/A", &many)]), Some(30));
        assert_eq!(number(&name, &[("/A", &few)]), None);
        assert_eq!(number(&name, &[("/A", &wild)]), Some(11), "their wildcards are many");
        // Those of other names are not asked about at all.
        assert_eq!(number(&name, &[("/A", &names("own/N/B", 30))]), None);
        assert_eq!(number(&name, &[("/A", &many), ("/B", &many)]), Some(30), "each with itself");
        assert_eq!(number(&name, &[("/A", &many), ("/B", &few)]), Some(3));
        assert_eq!(number(&name, &[("/A", &many), ("/B", &many), ("/C", &many)]), None);
        // Where texts may have further colons, the index does not know what a resource names.
        assert_eq!(number(&anything, &[("/A", &many), ("/B", &many)]), None);
        assert_eq!(number(&anything, &[("/A", &many)]), Some(30));
    }

    #[test]
    fn a_key_is_what_a_resource_names_of_the_common_part() {
        let named = |resource: &str| {
            let resource = format!("arn:p:s:r:n:{resource}");
            let policy = policy(&[resource]);
            let clauses = clauses(&policy);
            let found = clauses.granting(true).unwrap();
            key(found[0], "/A")
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(named("own/*"), text("own"), "the slash may be that of the suffix");
        assert_eq!(named("own-*"), text("own-"));
        assert_eq!(named("own/A*"), text("own"));
        assert_eq!(named("own/Ab*"), text("own/Ab"));
        assert_eq!(named("own/A"), text("own\n"));
        assert_eq!(named("own/B"), None);
        assert_eq!(named("*"), text(""));
        assert_eq!(named("own-${aws:PrincipalTag/x}"), None, "a variable may be anything");
    }

    fn resource() -> impl Strategy<Value = String> {
        let end = prop::sample::select(vec!["", "*", "?", "/A", "/B", "/*", "*/A", "*/B"]);
        let begin = prop::sample::select(vec!["arn:p:s:r:n:", "arn:p:s:*:n:", "arn:*", "*"]);
        (begin, "[ab/]{0,3}", end).prop_map(|(begin, name, end)| format!("{begin}{name}{end}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        /// What the index leaves out has no text in common.
        #[test]
        fn resources_that_meet_are_found(
            first in resource(),
            others in prop::collection::vec(resource(), 1..8),
            name in "[ab/]{0,3}",
        ) {
            let [one, others] = [vec![first], others].map(|resources| policy(&resources));
            let [one, others] = [&one, &others].map(clauses);
            let [one, others] = [&one, &others].map(|it| it.granting(true).unwrap());
            let index = Index::new(&others, "/B");
            for resource in one {
                let found = index.that_may_meet(resource, "/A");
                let mut places: Vec<*const Resource> =
                    found.iter().map(|it| std::ptr::from_ref::<Resource>(it)).collect();
                places.sort_unstable();
                places.dedup();
                prop_assert_eq!(places.len(), found.len(), "each once");
                if resource.pattern.matches(&format!("arn:p:s:r:n:{name}/A")) {
                    for other in &others {
                        if other.pattern.matches(&format!("arn:p:s:r:n:{name}/B")) {
                            prop_assert!(found.iter().any(|it| std::ptr::eq(*it, *other)));
                        }
                    }
                }
            }
        }
    }
}
