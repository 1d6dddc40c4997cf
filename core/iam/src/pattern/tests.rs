use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern).matches(text)
}

fn witness(a: &str, b: &str) -> Option<String> {
    Pattern::new(a).witness(&Pattern::new(b))
}

#[test]
fn a_pattern_matches_the_whole_text() {
    assert!(matches(
        "arn:aws:codepipeline:*:*:*/*/ApprovalA",
        "arn:aws:codepipeline:us-east-1:1:p/s/ApprovalA"
    ));
    assert!(!matches(
        "arn:aws:codepipeline:*:*:*/*/ApprovalA",
        "arn:aws:codepipeline:us-east-1:1:p/s/ApprovalB"
    ));
    assert!(matches("a*b?", "axbxbc"));
    assert!(!matches("a*b?", "ab"));
    assert!(!matches("a", "A"));
    assert!(matches("", ""));
    assert!(matches("**", ""));
}

#[test]
fn a_witness_is_a_shortest_common_text() {
    assert_eq!(witness("a*", "*b").as_deref(), Some("ab"));
    assert_eq!(witness("p/*/ApprovalA", "p/*/ApprovalB"), None);
    assert_eq!(witness("Approval*", "*A").as_deref(), Some("ApprovalA"));
    assert_eq!(witness("*", "*").as_deref(), Some(""));
    assert_eq!(witness("?*", "*?").as_deref(), Some("x"));
    assert_eq!(witness("", "?"), None);
}

#[test]
fn classes_without_the_filler_meet_if_they_share_a_character() {
    const AB: Class = Class::Of(&Alphabet::new(b"ab"));
    const BC: Class = Class::Of(&Alphabet::new(b"bc"));
    const C: Class = Class::Of(&Alphabet::new(b"c"));
    let one = |class| Pattern::from_tokens([Token::One(class)]);
    assert_eq!(one(AB).witness(&one(BC)).as_deref(), Some("b"));
    assert_eq!(one(AB).witness(&one(Class::Segment)).as_deref(), Some("a"));
    assert_eq!(one(Class::Any).witness(&one(C)).as_deref(), Some("c"));
    assert_eq!(one(AB).witness(&one(C)), None);
    assert!(!one(AB).meets(&one(C)));
    assert_eq!(Alphabet::from_fn(|c| "böa".contains(c)), Alphabet::new(b"ab"));
}

#[test]
fn a_long_pattern_does_not_overflow_the_stack() {
    let long = "a*".repeat(300);
    assert_eq!(witness(&long, &long).map(|text| text.len()), Some(300));
    assert!(matches(&long, &"ab".repeat(300)));
}

/// The textbook definition, which is recursive.
fn by_definition(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((&'*', rest)), _) => {
            (0..=text.len()).any(|taken| by_definition(rest, &text[taken..]))
        }
        (Some((&p, rest)), Some((&t, text))) => (p == '?' || p == t) && by_definition(rest, text),
        (Some(_), None) => false,
    }
}

/// Every text over `a`, `b` and the filler, up to the length of the shortest common text of two
/// patterns with three tokens each.
fn texts() -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..6 {
        let to = texts.len();
        for at in from..to {
            for c in ['a', 'b', FILLER] {
                texts.push(format!("{}{c}", texts[at]));
            }
        }
        from = to;
    }
    texts
}

#[test]
fn every_pair_of_small_patterns_has_the_witness_that_brute_force_finds() {
    let texts = texts();
    let mut patterns = vec![String::new()];
    let mut from = 0;
    for _ in 0..3 {
        let to = patterns.len();
        for at in from..to {
            for c in ['a', 'b', '*', '?'] {
                patterns.push(format!("{}{c}", patterns[at]));
            }
        }
        from = to;
    }
    let matched: Vec<Vec<bool>> = patterns
        .iter()
        .map(|pattern| texts.iter().map(|text| matches(pattern, text)).collect())
        .collect();
    for (a, matched_a) in patterns.iter().zip(&matched) {
        for (b, matched_b) in patterns.iter().zip(&matched) {
            // Shortest first.
            let brute = (0..texts.len()).find(|&at| matched_a[at] && matched_b[at]);
            let found = witness(a, b);
            assert_eq!(Pattern::new(a).meets(&Pattern::new(b)), found.is_some(), "{a} and {b}");
            assert_eq!(
                found.as_ref().map(String::len),
                brute.map(|at| texts[at].len()),
                "{a} and {b}: {found:?}"
            );
            if let Some(text) = found {
                assert!(matches(a, &text) && matches(b, &text), "{a} and {b}: {text}");
            }
        }
    }
}

/// The textbook definition of a match, for tokens.
fn tokens_match(tokens: &[Token], text: &[char]) -> bool {
    match (tokens.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((&Token::Run(class), rest)), _) => {
            let taken = text.iter().take_while(|c| class.has(**c)).count();
            (0..=taken).any(|taken| tokens_match(rest, &text[taken..]))
        }
        (Some((token, rest)), Some((&c, text))) => token.takes(c) && tokens_match(rest, text),
        (Some(_), None) => false,
    }
}

/// Tokens whose wildcards for one character are of a class.
fn token(one: Class) -> impl Strategy<Value = Token> {
    prop_oneof![
        3 => prop::sample::select(vec!['a', 'b', ':']).prop_map(Token::Exactly),
        1 => Just(Token::One(one)),
        2 => prop::sample::select(vec![Class::Any, one]).prop_map(Token::Run),
    ]
}

/// As in the resources of a policy: narrow wildcards in the first fields, wide ones in the
/// last.
fn tokens() -> impl Strategy<Value = Vec<Token>> {
    let fields = prop::collection::vec(token(Class::Segment), 0..8);
    let resource = prop::collection::vec(token(Class::Any), 0..4);
    (fields, resource).prop_map(|(fields, resource)| [fields, resource].concat())
}

/// Runs of two kinds in a row: to leave the first one costs nothing, to leave it by a character
/// costs one.
#[test]
fn a_witness_is_a_shortest_one_if_runs_of_two_kinds_meet() {
    let chars = [Token::Exactly('a'), Token::Exactly(':')];
    let runs = [Class::Any, Class::Segment].map(Token::Run);
    let all: Vec<Token> = chars.into_iter().chain(runs).collect();
    let mut lists: Vec<Vec<Token>> = vec![Vec::new()];
    for length in 1..=3 {
        let shorter: Vec<Vec<Token>> =
            lists.iter().filter(|list| list.len() == length - 1).cloned().collect();
        for list in shorter {
            lists.extend(all.iter().map(|token| [list.clone(), vec![*token]].concat()));
        }
    }
    let patterns: Vec<Pattern> = lists.into_iter().map(Pattern::from_tokens).collect();
    let letters = ["", "a", ":", "x"];
    let texts: BTreeSet<(usize, String)> = letters
        .iter()
        .flat_map(|a| letters.iter().map(move |b| [*a, *b].concat()))
        .flat_map(|ab| letters.iter().map(move |c| format!("{ab}{c}")))
        .flat_map(|abc| letters.iter().map(move |d| format!("{abc}{d}")))
        .map(|text| (text.len(), text))
        .collect();
    for (a, b) in patterns.iter().flat_map(|a| patterns.iter().map(move |b| (a, b))) {
        let shortest = texts.iter().find(|(_, text)| a.matches(text) && b.matches(text));
        let found = a.witness(b);
        if let Some((length, _)) = shortest {
            assert_eq!(found.map(|text| text.len()), Some(*length), "{a:?} {b:?}");
        }
    }
}

#[test]
fn what_a_pattern_names() {
    let pattern = Pattern::new;
    assert_eq!(pattern("ab").literal(), Some("ab"));
    assert_eq!(pattern("").literal(), Some(""));
    for wild in ["ab*", "*ab", "?", "a*b"] {
        assert_eq!(pattern(wild).literal(), None, "{wild}");
    }
    for (text, runs, least, colons) in
        [("aa*b?*cc", 2, 6, 0), ("a:b", 0, 3, 1), ("a:*:?", 1, 4, 2), ("*", 1, 0, 0), ("", 0, 0, 0)]
    {
        let read = pattern(text);
        assert_eq!((read.runs(), read.least(), read.colons()), (runs, least, colons), "{text}");
    }
    for (text, is_everything) in
        [("*", true), ("**", true), ("a*", false), ("*a", false), ("?", false), ("", false)]
    {
        assert_eq!(pattern(text).is_everything(), is_everything, "{text}");
    }
    for (text, colons, literal) in [
        ("a:b:cd*e", 2, Some(("cd", false))),
        ("a:b:cd", 2, Some(("cd", true))),
        ("a*b:?c", 1, Some(("", false))),
        ("ab", 0, Some(("ab", true))),
        ("a:b", 2, None),
        ("a:b:c", 1, None),
        ("*", 1, None),
    ] {
        let literal = literal.map(|(named, all)| (named.to_owned(), all));
        assert_eq!(pattern(text).literal_after(colons), literal, "{text}");
    }
    for (a, b, may) in [
        ("*a", "*b", false),
        ("*xa", "*a", true),
        ("*a", "*xa", true),
        ("*xa", "*ca", false),
        ("a", "*a", true),
        ("b", "*a", false),
        ("a*", "*b", true),
    ] {
        assert_eq!(pattern(a).may_end_alike(&pattern(b)), may, "{a} {b}");
    }
}

#[test]
fn a_pattern_names_its_colons_if_no_wildcard_takes_one() {
    for (tokens, names_them) in [
        (vec![Token::Exactly(':')], true),
        (vec![Token::Run(Class::Segment), Token::Exactly(':'), Token::One(Class::Segment)], true),
        (vec![Token::Run(Class::Any)], false),
        (vec![Token::One(Class::Any)], false),
        (vec![Token::Run(Class::Segment), Token::Exactly(':'), Token::Run(Class::Any)], false),
    ] {
        let pattern = Pattern::from_tokens(tokens);
        assert_eq!(pattern.names_its_colons(), names_them, "{pattern:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Here the narrow runs stop at colons, as in the resources of a policy.
    #[test]
    fn runs_that_stop_at_colons_match_as_defined(tokens in tokens(), text in "[ab:]{0,10}") {
        let pattern = Pattern::from_tokens(tokens);
        let chars: Vec<char> = text.chars().collect();
        let tokens: Vec<Token> = pattern.tokens().collect();
        prop_assert_eq!(pattern.matches(&text), tokens_match(&tokens, &chars), "{:?}", pattern);
    }

    #[test]
    fn matching_is_as_defined(pattern in "[ab*?]{0,8}", text in "[abc]{0,10}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(matches(&pattern, &text), by_definition(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn a_common_text_has_a_witness_no_longer_than_itself(a in "[ab*?/]{0,12}", b in "[ab*?/]{0,12}", text in "[ab/]{0,12}") {
        let found = witness(&a, &b);
        if let Some(found) = &found {
            prop_assert!(matches(&a, found) && matches(&b, found));
        }
        if matches(&a, &text) && matches(&b, &text) {
            prop_assert!(found.is_some_and(|found| found.len() <= text.len()));
        }
    }

    /// What a pattern says about itself is true of each text that it matches.
    #[test]
    fn what_a_pattern_names_is_in_its_texts(tokens in tokens(), text in "[ab:]{0,10}") {
        let pattern = Pattern::from_tokens(tokens);
        if pattern.matches(&text) {
            let colons = text.matches(':').count();
            prop_assert!(pattern.least() <= text.len());
            prop_assert!(pattern.colons() <= colons);
            prop_assert!(pattern.literal().is_none_or(|literal| literal == text));
            if pattern.names_its_colons() {
                prop_assert_eq!(pattern.colons(), colons);
            }
            if pattern.colons() == colons {
                prop_assert!(pattern.without_colons().matches(&text));
                let (named, all) = pattern.literal_after(colons).unwrap();
                let last = text.rsplit(':').next().unwrap();
                let fits = if all { last == named } else { last.starts_with(&named) };
                prop_assert!(fits);
            }
        }
    }

    #[test]
    fn the_texts_among_sorted_ones_are_those_that_it_matches(
        pattern in "[ab*?]{0,4}",
        texts in prop::collection::btree_set("[ab]{0,4}", 0..12),
    ) {
        let sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
        let pattern = Pattern::new(&pattern);
        let found: Vec<usize> = pattern.among(&sorted).collect();
        let matching = (0..sorted.len()).filter(|at| pattern.matches(sorted[*at]));
        prop_assert_eq!(found, matching.collect::<Vec<_>>());
    }
}
