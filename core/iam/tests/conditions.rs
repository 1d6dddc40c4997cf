//! Conditions, as the IAM User Guide describes them. Its page "Condition operators":
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

#![cfg(test)]

use iam::{Condition, ConditionError, Context, Truth};

use Truth::{No, Unknown, Yes};

const KEY: &str = "aws:PrincipalTag/Key";

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn condition(operator: &str, values: &[&str]) -> Condition {
    Condition::parse(operator, KEY, &texts(values), true).unwrap()
}

/// The result with these values of the key, or without the key if there are no values.
fn holds(operator: &str, wanted: &[&str], values: &[&str]) -> Truth {
    let mut context = Context::complete();
    context.set(&KEY.to_uppercase(), texts(values));
    condition(operator, wanted).holds(&context)
}

fn table(rows: &[(&str, &[&str], &[&str], Truth)]) {
    for (operator, wanted, values, expected) in rows {
        assert_eq!(
            holds(operator, wanted, values),
            *expected,
            "{operator} {wanted:?} of {values:?}"
        );
    }
}

#[test]
fn strings() {
    table(&[
        ("StringEquals", &["iamuser-admin"], &["iamuser-admin"], Yes),
        ("StringEquals", &["iamuser-admin"], &["IAMUSER-admin"], No),
        ("StringEquals", &["a*"], &["ab"], No),
        ("StringEquals", &["a*"], &["a*"], Yes),
        ("StringEqualsIgnoreCase", &["JohnDoe"], &["johndoe"], Yes),
        ("StringEqualsIgnoreCase", &["ΟΔΟΣ"], &["οδος"], No),
        ("StringEqualsIgnoreCase", &["ΟΔΟΣ"], &["οδοσ"], Yes),
        ("StringNotEqualsIgnoreCase", &["JohnDoe"], &["johndoe"], No),
        ("StringLike", &["", "home/", "home/b?b/"], &["home/bob/"], Yes),
        ("StringLike", &["", "home/", "home/b?b/"], &[""], Yes),
        ("StringLike", &["home/B?b/"], &["home/bob/"], No),
        ("StringLike", &["t1.*", "t2.*"], &["t2.large"], Yes),
        ("StringNotLike", &["t1.*", "t2.*"], &["t2.large"], No),
        ("StringNotLike", &["t1.*", "t2.*"], &["m3.large"], Yes),
        ("StringEquals", &[], &["a"], No),
        ("StringNotEquals", &[], &["a"], Yes),
    ]);
}

#[test]
fn numbers_dates_and_the_like() {
    table(&[
        ("NumericEquals", &["10"], &["10.0"], Yes),
        ("NumericNotEquals", &["10"], &["10.0"], No),
        ("NumericLessThan", &["10"], &["9.99"], Yes),
        ("NumericLessThan", &["10"], &["10"], No),
        ("NumericLessThanEquals", &["10"], &["10"], Yes),
        ("NumericGreaterThan", &["10"], &["-11"], No),
        ("NumericGreaterThanEquals", &["3600", "10"], &["11"], Yes),
        ("NumericEquals", &["10"], &["ten"], No),
        ("NumericNotEquals", &["10"], &["ten"], Unknown),
        ("DateGreaterThan", &["2020-01-01T00:00:01Z"], &["2020-01-01T00:00:02Z"], Yes),
        ("DateGreaterThan", &["2020-01-01T00:00:01Z"], &["2020-01-01T02:00:01+02:00"], No),
        ("DateGreaterThanEquals", &["2020-01-01T00:00:01Z"], &["1577836801"], Yes),
        ("DateLessThan", &["2020-01-01"], &["2019-12-31T23:59:59Z"], Yes),
        ("DateLessThanEquals", &["2020-01-01"], &["2020-01-01T00:00:01Z"], No),
        ("DateEquals", &["2020"], &["2020-01-01T00:00:00Z"], Yes),
        // AWS does not document the effect of such a date.
        ("DateLessThan", &["01T"], &["2020-01-01T00:00:00Z"], Unknown),
        ("DateNotEquals", &["2026-*"], &["2020-01-01T00:00:00Z"], Unknown),
        ("DateLessThan", &["01T", "2021"], &["2020-01-01T00:00:00Z"], Yes),
        ("DateNotEquals", &["2020"], &["2020-01-01T00:00:00Z"], No),
        ("Bool", &["true"], &["True"], Yes),
        ("Bool", &["false"], &["true"], No),
        ("Bool", &["false"], &["0"], No),
        ("BinaryEquals", &["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], &["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], Yes),
        ("BinaryEquals", &["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], &["QmluYXJ5VmFsdWVJbkJhc2U2NB=="], No),
        ("IpAddress", &["203.0.113.0/24", "2001:DB8:1234:5678::/64"], &["203.0.113.255"], Yes),
        (
            "IpAddress",
            &["203.0.113.0/24", "2001:DB8:1234:5678::/64"],
            &["2001:db8:1234:5678::9"],
            Yes,
        ),
        ("IpAddress", &["203.0.113.0/24", "2001:DB8:1234:5678::/64"], &["203.0.114.0"], No),
        ("IpAddress", &["203.0.113.7"], &["203.0.113.8"], No),
        ("IpAddress", &["0.0.0.0/0"], &["::1"], No),
        ("NotIpAddress", &["203.0.113.0/24"], &["203.0.113.255"], No),
        ("NotIpAddress", &["203.0.113.0/24"], &["::1"], Yes),
    ]);
}

/// The guide's own example of the difference between strings and ARNs.
#[test]
fn arns_are_matched_between_colons() {
    let pattern = "arn:aws:someservice:*:111122223333:finance/*";
    let value =
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
    table(&[
        ("StringLike", &[pattern], &[value], Yes),
        ("ArnLike", &[pattern], &[value], No),
        ("ArnEquals", &[pattern], &["arn:aws:someservice:us-east-2:111122223333:finance/a:b"], Yes),
        ("ArnNotLike", &[pattern], &[value], Yes),
        (
            "ArnNotEquals",
            &[pattern],
            &["arn:aws:someservice:us-east-2:111122223333:finance/a:b"],
            No,
        ),
        ("ArnLike", &["arn:aws:iam::1:user/A"], &["arn:aws:iam::1:user/a"], No),
        // AWS does not document the effect of a pattern with fewer components.
        ("ArnLike", &["*"], &[value], Unknown),
        ("ArnLike", &["arn:aws:sqs:*"], &[value], No),
        ("ArnLike", &[pattern], &["not an ARN"], No),
    ]);
}

#[test]
fn what_a_missing_key_does() {
    table(&[
        ("StringEquals", &["a"], &[], No),
        ("StringNotEquals", &["a"], &[], Yes),
        ("NumericNotEquals", &["1"], &[], Yes),
        ("NotIpAddress", &["::/0"], &[], Yes),
        ("ArnNotLike", &["arn:aws:iam::*:user/*"], &[], Yes),
        ("Bool", &["false"], &[], No),
        ("BoolIfExists", &["false"], &[], Yes),
        ("BoolIfExists", &["false"], &["true"], No),
        ("StringNotEqualsIfExists", &["a"], &[], Yes),
        ("Null", &["true"], &[], Yes),
        ("Null", &["false"], &[], No),
        ("Null", &["true"], &["a"], No),
        ("Null", &["False"], &["a"], Yes),
        ("Null", &["true", "false"], &["a"], Yes),
    ]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[test]
fn set_operators() {
    let attributes: &[&str] = &["PostDateTime", "Message", "Tags"];
    table(&[
        ("ForAllValues:StringLike", attributes, &["PostDateTime", "Message"], Yes),
        ("ForAllValues:StringLike", attributes, &["PostDateTime", "UserName"], No),
        ("ForAllValues:StringLike", attributes, &[], Yes),
        ("ForAllValues:StringLike", attributes, &[""], Yes),
        ("ForAnyValue:StringLike", attributes, &["PostDateTime", "UserName"], Yes),
        ("ForAnyValue:StringLike", attributes, &["UserName"], No),
        ("ForAnyValue:StringLike", attributes, &[], No),
        ("ForAnyValue:StringLike", &["*"], &[""], No),
        // "The condition returns false" if no key matches: AWS has no exception for IfExists.
        ("ForAnyValue:StringLikeIfExists", attributes, &[], No),
        ("ForAnyValue:StringLikeIfExists", attributes, &["Tags"], Yes),
        ("ForAllValues:StringLikeIfExists", attributes, &[], Yes),
        ("ForAllValues:StringNotEquals", attributes, &["UserName", "Message"], No),
        ("ForAnyValue:StringNotEquals", attributes, &["UserName", "Message"], Yes),
        ("ForAnyValue:StringNotEquals", attributes, &[], No),
        ("ForAnyValue:NumericLessThan", &["3"], &["x", "2"], Yes),
        // AWS requires a set operator, and does not document the effect without.
        ("StringEquals", &["a"], &["a", "b"], Unknown),
        ("StringEquals", &["a"], &["c", "b"], No),
    ]);
}

#[test]
fn what_is_not_known_is_not_decided() {
    for (operator, wanted, present, unknown) in [
        ("StringEquals", "a", Unknown, Unknown),
        ("StringLike", "*", Yes, Unknown),
        ("StringLikeIfExists", "**", Yes, Yes),
        ("StringNotLike", "*", No, Unknown),
        ("StringNotLike", "a", Unknown, Unknown),
        ("Null", "true", No, Unknown),
        ("Null", "false", Yes, Unknown),
        ("Bool", "true", Unknown, Unknown),
        ("ForAllValues:StringLike", "*", Yes, Yes),
        ("ForAnyValue:StringLike", "*", Unknown, Unknown),
        ("ForAllValues:StringNotLike", "*", Unknown, Unknown),
        ("ForAnyValue:StringNotLike", "*", No, No),
        ("IpAddress", "0.0.0.0/0", Unknown, Unknown),
    ] {
        let mut context = Context::new();
        let condition = condition(operator, &[wanted]);
        assert_eq!(condition.holds(&context), unknown, "{condition} of who knows");
        context.present(KEY);
        assert_eq!(condition.holds(&context), present, "{condition} of something");
    }
}

/// IAM User Guide, "AWS global condition context keys": `aws:userid` of a role's session is
/// `ROLE-ID:SESSION`, and the session's name is not known.
#[test]
fn the_beginning_of_a_value_decides_what_it_can() {
    let mut context = Context::new();
    context.begins("aws:userid", "AROAX:".to_owned());
    for (operator, wanted, expected) in [
        ("StringLike", "AROAX*", Yes),
        ("StringLike", "AROAX:*", Yes),
        ("StringLike", "*", Yes),
        ("StringLike", "AROAX:a*", Unknown),
        ("StringLike", "*:ann", Unknown),
        ("StringLike", "AROAY*", No),
        ("StringEquals", "AROAX:*", Unknown),
        ("StringEquals", "AROAX", No),
        ("StringEqualsIgnoreCase", "aroax:ann", Unknown),
        ("StringEqualsIgnoreCase", "aroay:ann", No),
        ("StringNotLike", "AROAY*", Yes),
        ("StringNotLike", "AROAX*", No),
        ("ForAnyValue:StringLike", "AROAX*", Yes),
        ("Null", "true", No),
        ("NumericEquals", "1", Unknown),
    ] {
        let condition = Condition::parse(operator, "aws:userId", &texts(&[wanted]), true).unwrap();
        assert_eq!(condition.holds(&context), expected, "{condition}");
    }
    let mut other = context.clone();
    other.set("a:b", texts(&["AROAY:ann"]));
    let is_it = Condition::parse("StringEquals", "a:b", &texts(&["${aws:userid}"]), true).unwrap();
    assert_eq!(is_it.holds(&other), No);
}

#[test]
fn what_has_expired_never_holds_again() {
    let mut context = Context::new();
    for key in ["aws:CurrentTime", "aws:EpochTime"] {
        context.since(key, "2026-06-01T00:00:00Z".parse().unwrap());
    }
    let [past, then, later] =
        ["2024-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2027-01-01T00:00:00Z"];
    for (operator, wanted, expected) in [
        ("DateLessThan", past, No),
        ("DateLessThan", then, No),
        ("DateLessThan", later, Unknown),
        ("DateLessThanEquals", past, No),
        ("DateLessThanEquals", then, Unknown),
        ("DateGreaterThan", past, Yes),
        ("DateGreaterThan", then, Unknown),
        ("DateGreaterThan", later, Unknown),
        ("DateGreaterThanEquals", then, Yes),
        ("DateEquals", past, No),
        ("DateEquals", later, Unknown),
        ("DateNotEquals", past, Yes),
        ("DateLessThanIfExists", past, No),
        ("DateLessThan", "1704067200", No),
        ("DateLessThan", "01T", Unknown),
        ("NumericLessThan", "1704067200", Unknown),
        ("Null", "false", Yes),
    ] {
        let parse = |key| Condition::parse(operator, key, &texts(&[wanted]), true).unwrap();
        assert_eq!(parse("aws:CurrentTime").holds(&context), expected, "{operator} {wanted}");
    }
    let parse = |operator, wanted: &str| {
        Condition::parse(operator, "aws:EpochTime", &texts(&[wanted]), true).unwrap()
    };
    assert_eq!(parse("NumericLessThan", "1704067200").holds(&context), No);
    assert_eq!(parse("NumericLessThan", "1904067200").holds(&context), Unknown);
    assert_eq!(parse("DateLessThan", past).holds(&context), No);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
#[test]
fn policy_variables() {
    let parse = |operator: &str, wanted: &str, variables| {
        Condition::parse(operator, "s3:ExistingObjectTag/Team", &texts(&[wanted]), variables)
            .unwrap()
    };
    let team = "${aws:PrincipalTag/Team}";
    let mut context = Context::complete();
    context.set("s3:ExistingObjectTag/Team", texts(&["yellow"]));
    // "Access is explicitly denied when `aws:principaltag/Team` is not set."
    assert_eq!(parse("StringNotEquals", team, true).holds(&context), Yes);
    assert_eq!(parse("StringEquals", team, true).holds(&context), No);
    assert_eq!(
        parse("StringEquals", "${aws:PrincipalTag/Team, 'yellow'}", true).holds(&context),
        Yes
    );
    context.set("aws:principaltag/team", texts(&["yellow"]));
    assert_eq!(parse("StringNotEquals", team, true).holds(&context), No);
    assert_eq!(parse("StringEquals", team, true).holds(&context), Yes);
    assert_eq!(parse("StringEquals", team, false).holds(&context), No);
    context.set("aws:principaltag/team", texts(&["y*"]));
    assert_eq!(parse("StringLike", team, true).holds(&context), No);
    assert_eq!(parse("StringLike", &format!("{team}*"), true).holds(&context), No);
    context.present("aws:principaltag/team");
    assert_eq!(parse("StringLike", team, true).holds(&context), Unknown);
    assert_eq!(parse("StringLike", &format!("{team}-blue"), true).holds(&context), No);

    context.set("aws:SourceArn", texts(&["arn:aws:iam::1:user/bob"]));
    context.set("aws:username", texts(&["bob"]));
    context.set("aws:PrincipalArn", texts(&["arn:aws:iam::1:user/bob"]));
    context.present("aws:userid");
    for (operator, wanted, expected) in [
        ("ArnLike", "arn:aws:iam::*:user/${aws:username}", Yes),
        ("ArnEquals", "${aws:PrincipalArn}", Yes),
        ("ArnEquals", "arn:aws:iam::1:user/${aws:userid}", Unknown),
        ("ArnEquals", "${aws:userid}", Unknown),
        ("ArnEquals", "arn:aws:iam::2:user/${aws:userid}", No),
        ("ArnNotEquals", "arn:aws:iam::1:user/${aws:FederatedProvider}", Yes),
    ] {
        let condition =
            Condition::parse(operator, "aws:SourceArn", &texts(&[wanted]), true).unwrap();
        assert_eq!(condition.holds(&context), expected, "{condition}");
    }
    let condition =
        Condition::parse("Bool", "aws:SecureTransport", &texts(&["${a:b}", "false"]), true)
            .unwrap();
    assert_eq!(condition.keys().collect::<Vec<_>>(), ["aws:SecureTransport", "a:b"]);
    context.set("aws:SecureTransport", texts(&["true"]));
    assert_eq!(condition.holds(&context), No);
    context.set("a:b", texts(&["TRUE"]));
    assert_eq!(condition.holds(&context), Yes);
}

#[test]
fn what_is_no_condition_is_refused() {
    let error = |operator: &str, key: &str, value: &str| -> String {
        Condition::parse(operator, key, &texts(&[value]), true).unwrap_err().to_string()
    };
    for operator in [
        "",
        "stringEquals",
        "StringEqual",
        "StringLikeIgnoreCase",
        "NullIfExists",
        "ForAnyValue:Null",
        "ForSomeValues:StringEquals",
        "ForAnyValue:ForAllValues:StringEquals",
        "IfExists",
        "StringEqualsIfExistsIfExists",
        "Numeric",
        "DateLike",
    ] {
        let error = Condition::parse(operator, KEY, &[], true).unwrap_err();
        assert_eq!(error, ConditionError::Operator(operator.to_owned()));
    }
    assert!(error("StringEquals", " ", "a").contains("an empty key"));
    for (operator, value, expected) in [
        ("NumericEquals", "${aws:EpochTime}", "is not a number"),
        ("Bool", "yes", "is not `true` or `false`"),
        ("Null", "${aws:username}", "is not `true` or `false`"),
        ("BinaryEquals", "a", "is not base64"),
        ("BinaryEquals", "a===", "is not base64"),
        ("IpAddress", "203.0.113.0/33", "is not an IP address"),
        ("IpAddress", "203.0.113.0/+8", "is not an IP address"),
        ("IpAddress", "203.0.113.*", "is not an IP address"),
        ("ArnLike", "arn:aws:s3", "is not an ARN"),
        ("StringEquals", "${aws:username", "is not closed"),
    ] {
        let error = error(operator, KEY, value);
        for part in [operator, KEY, value, expected] {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
}

#[test]
fn a_condition_is_shown_to_people() {
    let one =
        Condition::parse("Bool", "aws:MultiFactorAuthPresent", &texts(&["true"]), true).unwrap();
    assert_eq!(one.to_string(), "Bool aws:MultiFactorAuthPresent = true");
    assert_eq!(
        condition("StringLike", &["a", "b*"]).to_string(),
        format!("StringLike {KEY} = a, b*")
    );
    assert_eq!(condition("StringLike", &[]).to_string(), format!("StringLike {KEY} = (no value)"));
}
