//! Known differences from the simulator: shapes of statements, each with the reason and the source
//! in AWS's documentation.

use serde_json::Value;

use crate::request::Request;

/// A shape that we leave open in a complete request, because AWS does not document its effect.
pub(crate) fn open(request: &Request) -> Option<&'static str> {
    statements(request).find_map(|statement| statement.open())
}

/// A shape with a difference between the simulator and AWS's documentation.
pub(crate) fn quirk(request: &Request) -> Option<&'static str> {
    statements(request).find_map(|statement| statement.quirk())
}

/// The request without the statements of such shapes.
pub(crate) fn without(request: &Request) -> Request {
    let mut stripped = request.clone();
    for policy in stripped.policies_mut() {
        let variables = has_variables(policy);
        policy["Statement"].as_array_mut().unwrap().retain(|json| {
            let statement = Statement { request, variables, json };
            statement.open().or_else(|| statement.quirk()).is_none()
        });
    }
    stripped
}

/// A statement of one of a request's policies.
struct Statement<'a> {
    request: &'a Request,
    /// Whether its policy has variables.
    variables: bool,
    json: &'a Value,
}

impl<'a> Statement<'a> {
    fn open(&self) -> Option<&'static str> {
        let mut left_out = self.resources("NotResource");
        if self.variables && left_out.any(|text| has_no_value(self.request, text)) {
            return Some("left open: a variable without a value in NotResource");
        }
        self.conditions().find_map(|condition| condition.open())
    }

    fn quirk(&self) -> Option<&'static str> {
        let of_resource = |text| {
            let product = text_of_resource(text).and_then(|resource| resource.split_once('/'));
            if !self.variables && text.contains("${") {
                Some(OLD_VERSION)
            } else if product.is_some_and(|(product, _)| product.contains(['*', '?', '$'])) {
                // The first part of a pipeline's ARN is not a resource type but the pipeline's
                // name: CodePipeline User Guide, "CodePipeline permissions reference".
                Some("it has no wildcards before the first slash of a resource")
            } else if is_empty(self.request, text) {
                Some(EMPTY_VARIABLE)
            } else {
                None
            }
        };
        let incomplete = |text: &str| text != "*" && text_of_resource(text).is_none();
        self.conditions()
            .find_map(|condition| condition.quirk())
            .or_else(|| self.resources("Resource").find_map(of_resource))
            .or_else(|| self.resources("NotResource").find_map(of_resource))
            .or_else(|| {
                // IAM User Guide, "NotResource": all resources except the given ones, in any
                // notation.
                let any = self.resources("NotResource").any(incomplete);
                any.then_some("it ignores statements with an incomplete ARN in NotResource")
            })
    }

    fn resources(&self, element: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.json.get(element).into_iter().flat_map(texts)
    }

    fn conditions(&self) -> impl Iterator<Item = Condition<'a>> {
        let (request, variables) = (self.request, self.variables);
        let block = self.json.get("Condition").and_then(Value::as_object);
        block.into_iter().flatten().flat_map(move |(operator, keys)| {
            keys.as_object().unwrap().iter().map(move |(key, wanted)| Condition {
                request,
                variables,
                operator,
                values: request.values(key),
                wanted: texts(wanted).collect(),
            })
        })
    }
}

const OLD_VERSION: &str = "it replaces variables in policies of the old version";
const EMPTY_VARIABLE: &str = "it treats an empty value of a variable as no value";

/// A condition of a statement.
struct Condition<'a> {
    request: &'a Request,
    variables: bool,
    operator: &'a str,
    /// The values of its key in the request.
    values: &'a [String],
    wanted: Vec<&'a str>,
}

impl Condition<'_> {
    fn open(&self) -> Option<&'static str> {
        if self.values.len() > 1 && !self.operator.contains(':') && self.operator != "Null" {
            Some("left open: no set operator on a key with several values")
        } else if self.operator.contains("Not") && self.values.iter().any(|value| !self.fits(value))
        {
            Some("left open: a negated operator on a value of another type")
        } else if self.operator.contains("Arn") && self.wanted.contains(&"*") {
            Some("left open: an ARN pattern of fewer than six components")
        } else {
            None
        }
    }

    fn quirk(&self) -> Option<&'static str> {
        let negated = self.operator.contains("Not");
        let set = self.operator.contains(':');
        let any = |shape: &dyn Fn(&str) -> bool| self.wanted.iter().any(|wanted| shape(wanted));
        if !self.variables && any(&|wanted| wanted.contains("${")) {
            // IAM User Guide, "Version": variables are plain text in 2008-10-17.
            Some(OLD_VERSION)
        } else if negated && any(&|wanted| has_no_value(self.request, wanted)) {
            // IAM User Guide, "Policy variables with no value": inverted operators do match.
            Some("it never matches a negated operator with a variable that has no value")
        } else if set && !self.values.is_empty() && self.values.iter().all(String::is_empty) {
            // IAM User Guide, "Set operators for multivalued context keys": an empty string is an
            // empty data set.
            Some("it treats an empty string as a value under a set operator")
        } else if self.operator.contains("Date")
            && (any(&is_epoch) || self.values.iter().any(|value| is_epoch(value)))
        {
            // IAM User Guide, "Date condition operators": epoch time is in seconds.
            Some("it treats epoch time as milliseconds if the other side is a date")
        } else if ["Numeric", "Date"].iter().any(|kind| self.operator.contains(kind))
            && self.values.iter().any(|value| !self.fits(value))
        {
            // IAM User Guide, "Numeric condition operators": "an integer or decimal value".
            Some("it treats a text that begins with a number as a number or a date")
        } else if self.operator.contains("Arn") && any(&|wanted| wanted.starts_with("${")) {
            // IAM User Guide, "ARN condition operators": "You can use a policy variable with the
            // ARN condition operator."
            Some("it splits an ARN before it replaces variables")
        } else if self.operator.contains("NotIpAddress")
            && any(&|wanted| self.is_one_of_the_other_family(wanted))
        {
            // IAM User Guide, "IP address condition operators": "All IP addresses except the
            // specified IP address or range".
            Some("it never matches NotIpAddress with one address of the other family")
        } else if !self.operator.contains("Like") && any(&|wanted| wanted.contains("${*}")) {
            // IAM User Guide, "Variables and tags": "can be used in any string where you can use
            // regular policy variables".
            Some("it treats `${*}` as plain text if there are no wildcards")
        } else if any(&|wanted| is_empty(self.request, wanted)) {
            Some(EMPTY_VARIABLE)
        } else {
            None
        }
    }

    /// Whether a value in the request is of the operator's type.
    fn fits(&self, value: &str) -> bool {
        if self.operator.contains("Numeric") {
            value.parse::<f64>().is_ok()
        } else if self.operator.contains("Date") {
            value.starts_with("20") || is_epoch(value)
        } else if self.operator.contains("Ip") {
            value.parse::<std::net::IpAddr>().is_ok()
        } else if self.operator.contains("Arn") {
            value.starts_with("arn:")
        } else {
            true
        }
    }

    fn is_one_of_the_other_family(&self, wanted: &str) -> bool {
        let is_v6 = |address: &str| address.contains(':');
        !wanted.contains('/') && self.values.iter().any(|value| is_v6(value) != is_v6(wanted))
    }
}

/// The last of the six fields of an ARN.
fn text_of_resource(arn: &str) -> Option<&str> {
    arn.splitn(6, ':').nth(5)
}

fn is_epoch(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The content of each `${...}` in a text.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let variables = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    variables.filter(|variable| *variable != "*")
}

fn has_no_value(request: &Request, text: &str) -> bool {
    variables(text).any(|variable| !variable.contains('\'') && request.values(variable).is_empty())
}

fn is_empty(request: &Request, text: &str) -> bool {
    variables(text)
        .filter_map(|variable| variable.split(',').next())
        .any(|key| request.values(key) == [""])
}

/// The texts of a list, or of one text without brackets.
pub(crate) fn texts(one_or_many: &Value) -> impl Iterator<Item = &str> {
    let many = one_or_many.as_array().into_iter().flatten().filter_map(Value::as_str);
    one_or_many.as_str().into_iter().chain(many)
}

fn has_variables(policy: &Value) -> bool {
    policy["Version"] == "2012-10-17"
}

fn statements(request: &Request) -> impl Iterator<Item = Statement<'_>> {
    request.policies().flat_map(move |policy| {
        let statements = policy["Statement"].as_array().unwrap().iter();
        statements.map(move |json| Statement { request, variables: has_variables(policy), json })
    })
}
