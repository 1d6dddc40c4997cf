//! References `#{NAMESPACE.NAME}` in configurations of actions.

/// Replaces every `#{reference}` in a text by its value from `lookup`.
///
/// # Errors
/// The first reference without a value: AWS fails such an action, and does not run it with a gap.
pub(super) fn resolve(
    text: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("#{") {
        let Some((reference, tail)) = after.split_once('}') else {
            break;
        };
        resolved.push_str(before);
        resolved.push_str(&lookup(reference).ok_or(reference)?);
        rest = tail;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(reference: &str) -> Option<String> {
        (reference == "build.Version").then(|| "1.2".to_owned())
    }

    #[test]
    fn replaces_every_reference_and_leaves_the_rest() {
        let text = "v#{build.Version}, again #{build.Version}; # { #{open";
        assert_eq!(resolve(text, lookup).unwrap(), "v1.2, again 1.2; # { #{open");
    }

    #[test]
    fn names_the_reference_that_nothing_is_known_of() {
        assert_eq!(resolve("#{build.Version}#{build.Nope}", lookup).unwrap_err(), "build.Nope");
    }
}
