//! Why we may differ from the simulator: each shape with the reason, and where AWS documents it.
//!
//! A shape explains a difference only where the request has it, and every difference that no shape explains fails the test.

use serde_json::Value;

use crate::request::Request;

/// What we leave open in a request of which all is known, for AWS does not say what comes.
pub(crate) fn open(request: &Request) -> Option<&'static str> {
    let no_value = |resource: Resource<'_>| {
        resource.element == "NotResource" && resource.variables && has_no_value(request, resource.text)
    };
    if resources(request).any(no_value) {
        return Some("a variable without a value in NotResource");
    }
    conditions(request).find_map(|condition| {
        let values = condition.of(request);
        if values.len() > 1 && !condition.operator.contains(':') && condition.operator != "Null" {
            Some("a condition without a set operator on a key with several values")
        } else if condition.operator.contains("Not") && values.iter().any(|value| !condition.fits(value)) {
            Some("a negated operator on a value that is not of its type")
        } else if condition.operator.contains("Arn") && condition.wanted().any(|wanted| wanted == "*") {
            Some("an ARN pattern of fewer than six components")
        } else {
            None
        }
    })
}

/// Where the simulator does otherwise than AWS documents.
pub(crate) fn quirk(request: &Request) -> Option<&'static str> {
    conditions(request)
        .find_map(|condition| of_condition(request, &condition))
        .or_else(|| resources(request).find_map(|resource| of_resource(request, &resource)))
}

fn of_condition(request: &Request, condition: &Condition<'_>) -> Option<&'static str> {
    let operator = condition.operator;
    let values = condition.of(request);
    let mut variables = condition.wanted().filter(|wanted| wanted.contains("${"));
    if !condition.variables && variables.next().is_some() {
        // IAM User Guide, "Version": "`${aws:username}` [is] treated as [a] literal string" in 2008-10-17.
        Some("it replaces variables in policies of the old version")
    } else if operator.contains("Not") && variables.any(|wanted| has_no_value(request, wanted)) {
        // IAM User Guide, "Policy variables with no value": inverted operators do match.
        Some("it never matches a negated operator with a variable that has no value")
    } else if operator.starts_with("ForAnyValue:") && operator.ends_with("IfExists") && values.is_empty() {
        // IAM User Guide, "...IfExists condition operators": without the key, the condition is true.
        Some("it ignores IfExists after ForAnyValue")
    } else if operator.contains(':') && !values.is_empty() && values.iter().all(String::is_empty) {
        // IAM User Guide, "Set operators": an empty string is an empty data set.
        Some("it takes an empty string for a value under a set operator")
    } else if operator.contains("Date") && (condition.wanted().chain(values.iter().map(String::as_str))).any(is_epoch) {
        // IAM User Guide, "Date condition operators": epoch time is in seconds.
        Some("it takes epoch time for milliseconds where the other side is a date")
    } else if operator.contains("Arn") && condition.wanted().any(|wanted| wanted.starts_with("${")) {
        // IAM User Guide, "ARN condition operators": "You can use a policy variable with the ARN condition operator."
        Some("it splits an ARN before it replaces variables")
    } else if operator.contains("NotIpAddress")
        && condition.wanted().any(|wanted| {
            values
                .iter()
                .any(|value| !wanted.contains('/') && is_v6(wanted) != is_v6(value))
        })
    {
        // IAM User Guide, "IP address condition operators": "All IP addresses except the specified IP address or range".
        Some("it never matches NotIpAddress with one address of the other family")
    } else if condition.wanted().any(|wanted| is_empty(request, wanted)) {
        Some("it takes an empty value of a variable for none")
    } else {
        None
    }
}

fn of_resource(request: &Request, resource: &Resource<'_>) -> Option<&'static str> {
    let Resource {
        variables,
        element,
        text: resource,
    } = *resource;
    let product = resource
        .splitn(6, ':')
        .nth(5)
        .and_then(|resource| resource.split_once('/'));
    if !variables && resource.contains("${") {
        Some("it replaces variables in policies of the old version")
    } else if product.is_some_and(|(product, _)| product.contains(['*', '?', '$'])) {
        // The first part of a pipeline's ARN is no type of resource but the pipeline's name: CodePipeline User Guide,
        // "Resource ARNs in CodePipeline".
        Some("it has no wildcards before the first slash of a resource")
    } else if element == "NotResource" && resource != "*" && resource.split(':').count() < 6 {
        // IAM User Guide, "NotResource": all resources but the given ones, however they are written.
        Some("it applies no statement with an incomplete ARN in NotResource")
    } else if is_empty(request, resource) {
        Some("it takes an empty value of a variable for none")
    } else {
        None
    }
}

fn is_epoch(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn is_v6(address: &str) -> bool {
    address.contains(':')
}

/// The keys of the variables without a default in a text.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .filter(|key| !key.contains('\''))
}

fn has_no_value(request: &Request, text: &str) -> bool {
    keys(text).any(|key| key != "*" && request.values(key).is_empty())
}

fn is_empty(request: &Request, text: &str) -> bool {
    let mut all = text
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split([',', '}']).next());
    all.any(|key| request.values(key) == [""])
}

/// A condition as written in a policy.
struct Condition<'a> {
    /// Whether its policy has variables.
    variables: bool,
    operator: &'a str,
    key: &'a str,
    values: &'a Value,
}

impl Condition<'_> {
    fn wanted(&self) -> impl Iterator<Item = &str> {
        texts(self.values)
    }

    fn of<'r>(&self, request: &'r Request) -> &'r [String] {
        request.values(self.key)
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
}

fn texts(one_or_many: &Value) -> impl Iterator<Item = &str> {
    let one = one_or_many.as_str();
    let many = one_or_many.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(many)
}

fn has_variables(policy: &Value) -> bool {
    policy["Version"] == "2012-10-17"
}

fn statements(request: &Request) -> impl Iterator<Item = (bool, &Value)> {
    request.policies().flat_map(|policy| {
        let statements = policy["Statement"].as_array().unwrap().iter();
        statements.map(move |statement| (has_variables(policy), statement))
    })
}

fn conditions(request: &Request) -> impl Iterator<Item = Condition<'_>> {
    statements(request).flat_map(|(variables, statement)| {
        let block = statement.get("Condition").and_then(Value::as_object);
        block.into_iter().flatten().flat_map(move |(operator, keys)| {
            keys.as_object().unwrap().iter().map(move |(key, values)| Condition {
                variables,
                operator,
                key,
                values,
            })
        })
    })
}

/// A resource as written in a policy.
#[derive(Clone, Copy)]
struct Resource<'a> {
    /// Whether its policy has variables.
    variables: bool,
    element: &'static str,
    text: &'a str,
}

fn resources(request: &Request) -> impl Iterator<Item = Resource<'_>> {
    statements(request).flat_map(|(variables, statement)| {
        let elements = ["Resource", "NotResource"].into_iter();
        let written = elements.filter_map(|element| Some((element, statement.get(element)?)));
        written.flat_map(move |(element, values)| {
            texts(values).map(move |text| Resource {
                variables,
                element,
                text,
            })
        })
    })
}
