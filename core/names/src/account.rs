//! Account ids.

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

crate::checked_text!(
    /// The id of an AWS account: 12 digits (Organizations API model, `AccountId`).
    pub AccountId,
    "an account: 12 digits",
    is_account_id
);

crate::checked_text!(
    /// An account, or `*` for any.
    pub AccountGlob,
    "an account: 12 digits, or `*` for any",
    |text| text == "*" || is_account_id(text)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_twelve_digits() {
        assert!(AccountId::is_valid("000000000000"));
        for text in ["", "1", "1111222233334", "11112222333x", "1111222233３3", "*", " 11112222333"]
        {
            assert!(!AccountId::is_valid(text), "{text:?}");
        }
        assert!(AccountGlob::is_valid("*"));
        for text in ["", "**", "1111*"] {
            assert!(!AccountGlob::is_valid(text), "{text:?}");
        }
    }
}
