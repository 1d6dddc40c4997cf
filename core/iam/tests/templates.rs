//! Policy variables.

#![cfg(test)]

use iam::{Context, Piece, Resolved, Template, TemplateError, Truth};
use proptest::prelude::*;

fn context(pairs: &[(&str, &str)]) -> Context {
    let mut context = Context::complete();
    for (key, value) in pairs {
        context.set(key, [(*value).to_owned()]);
    }
    context
}

fn pieces(text: &str) -> Vec<Piece> {
    text.chars().map(Piece::Char).collect()
}

fn resolve(text: &str, context: &Context) -> Resolved {
    Template::parse(text, true).unwrap().resolve(context)
}

#[test]
fn a_variable_is_replaced_by_its_literal_value() {
    let bob = context(&[("aws:username", "b*b"), ("aws:PrincipalTag/cost center", "7")]);
    let template = Template::parse("u/${AWS:UserName}/*?", true).unwrap();
    assert_eq!(template.source(), "u/${AWS:UserName}/*?");
    assert_eq!(template.keys().collect::<Vec<_>>(), ["AWS:UserName"]);
    let expected = [pieces("u/b*b/"), vec![Piece::AnyRun, Piece::AnyOne]].concat();
    assert_eq!(template.resolve(&bob), Resolved::Pieces(expected));
    assert_eq!(resolve("${aws:PrincipalTag/cost center}", &bob), Resolved::Pieces(pieces("7")));
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[test]
fn defaults_escapes_and_variables_without_a_value() {
    let nobody = Context::complete();
    let bucket = "arn:aws:s3:::amzn-s3-demo-bucket-${aws:PrincipalTag/team, 'company-wide'}";
    let company = Resolved::Pieces(pieces("arn:aws:s3:::amzn-s3-demo-bucket-company-wide"));
    assert_eq!(resolve(bucket, &nobody), company);
    let yellow = Resolved::Pieces(pieces("arn:aws:s3:::amzn-s3-demo-bucket-yellow"));
    assert_eq!(resolve(bucket, &context(&[("aws:PrincipalTag/Team", "yellow")])), yellow);
    assert_eq!(resolve("${a:b, 'x}*'}", &nobody), Resolved::Pieces(pieces("x}*")));
    assert_eq!(resolve("a${*}${?}${$}{b}$", &nobody), Resolved::Pieces(pieces("a*?${b}$")));
    assert_eq!(resolve("a${aws:username}*", &nobody), Resolved::NoValue);
    assert_eq!(Resolved::NoValue.matches(""), Truth::No);
    assert_eq!(resolve("${a:b}", &Context::new()), Resolved::Pieces(vec![Piece::Unknown]));
}

#[test]
fn the_old_version_has_no_variables() {
    let template = Template::parse("${aws:username}*${", false).unwrap();
    assert!(!template.has_variables());
    let expected = [pieces("${aws:username}"), vec![Piece::AnyRun], pieces("${")].concat();
    assert_eq!(template.resolve(&Context::new()), Resolved::Pieces(expected));
}

#[test]
fn a_malformed_variable_is_an_error() {
    let error = |text| Template::parse(text, true).unwrap_err();
    assert!(matches!(error("a${aws:username"), TemplateError::Open(..)));
    for text in ["${}", "${ aws:username}", "${aws:${a}", "${, 'x'}", "${**}"] {
        assert!(matches!(error(text), TemplateError::Key(..)), "{text}");
    }
    for text in ["${a:b, x}", "${a:b,}", "${a:b, 'x}", "${a:b, 'x'y}", "${a:b, 'x'"] {
        assert!(matches!(error(text), TemplateError::Default(..)), "{text}");
    }
    let message = error("u/${aws:username").to_string();
    assert!(message.contains("`${aws:username` in `u/${aws:username`"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_text_is_read_or_refused(text in "[${}*?,' a:]{0,16}|.*", variables: bool) {
        if let Ok(template) = Template::parse(&text, variables) {
            prop_assert_eq!(template.source(), text.as_str());
            let _ = template.resolve(&Context::new()).matches(&text);
            if !variables {
                prop_assert_eq!(template.resolve(&Context::complete()).matches(&text), Truth::Yes);
            }
        }
    }

    /// `No` means that no value of the variable gives a match. `Yes` does not depend on the value.
    #[test]
    fn what_is_unknown_may_become_anything(
        text in "[ab*?]{0,4}(\\$\\{k\\}[ab*?]{0,3}){0,2}",
        value in "[ab*]{0,3}",
        against in "[ab*]{0,8}",
    ) {
        let template = Template::parse(&text, true).unwrap();
        let before = template.resolve(&Context::new()).matches(&against);
        let after = template.resolve(&context(&[("k", &value)])).matches(&against);
        prop_assert!(after != Truth::Unknown);
        prop_assert!(before == Truth::Unknown || before == after);
        prop_assert!(before != Truth::Yes || !template.has_variables());
    }
}
