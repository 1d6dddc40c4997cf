//! Pages of a list, newest first.

use super::error::{ApiError, ErrorCode};

/// One page, and the token of the next page if there is one.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// The token that gives the items after these.
    pub next_token: Option<String>,
}

/// The prefix of each list's tokens, so that one list does not accept a token of another.
#[derive(Debug, Clone, Copy)]
pub(super) enum List {
    Pipelines,
    Executions,
    Actions,
}

impl List {
    fn prefix(self) -> &'static str {
        match self {
            Self::Pipelines => "p-",
            Self::Executions => "e-",
            Self::Actions => "a-",
        }
    }
}

/// The page after `token` of items with their sequence numbers.
///
/// The token has the last sequence number, not an offset. So items that arrive between two pages
/// neither repeat nor hide another.
pub(super) fn page<T>(
    list: List,
    items: impl Iterator<Item = (u64, T)>,
    size: usize,
    token: Option<&str>,
) -> Result<Page<T>, ApiError> {
    let before = token.map_or(Ok(u64::MAX), |token| last_seen(list, token))?;
    let mut rest: Vec<(u64, T)> = items.filter(|(sequence, _)| *sequence < before).collect();
    rest.sort_by_key(|(sequence, _)| std::cmp::Reverse(*sequence));
    let more = rest.len() > size;
    rest.truncate(size);
    let last = rest.last().map(|(sequence, _)| *sequence);
    Ok(Page {
        next_token: last
            .filter(|_| more)
            .map(|sequence| format!("{}{sequence:016x}", list.prefix())),
        items: rest.into_iter().map(|(_, item)| item).collect(),
    })
}

fn token_after(list: List, sequence: u64) -> String {
    format!("{}{sequence:016x}", list.prefix())
}

fn last_seen(list: List, token: &str) -> Result<u64, ApiError> {
    let digits = token.strip_prefix(list.prefix()).unwrap_or_default();
    let sequence = u64::from_str_radix(digits, 16).ok();
    // Accepts only the exact token: a number can be written in other ways.
    let given = sequence.filter(|sequence| token_after(list, *sequence) == token);
    given.ok_or_else(|| {
        ErrorCode::InvalidNextToken.because("The next token was specified in an invalid format")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(upto: u64) -> impl Iterator<Item = (u64, u64)> {
        (1..=upto).map(|n| (n, n))
    }

    #[test]
    fn pages_stay_stable_while_items_arrive() {
        let first = page(List::Actions, numbers(5), 2, None).unwrap();
        assert_eq!(first.items, [5, 4]);
        let second = page(List::Actions, numbers(9), 2, first.next_token.as_deref()).unwrap();
        assert_eq!(second.items, [3, 2]);
        let third = page(List::Actions, numbers(9), 2, second.next_token.as_deref()).unwrap();
        assert_eq!((third.items, third.next_token), (vec![1], None));
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        assert_eq!(page(List::Actions, numbers(2), 2, None).unwrap().next_token, None);
    }

    #[test]
    fn nonsense_and_tokens_of_other_lists_are_refused() {
        let other = page(List::Executions, numbers(5), 2, None).unwrap().next_token.unwrap();
        for token in ["", "x", "a-", "a-+000000000000001", "a-zzzzzzzzzzzzzzzz", &other] {
            let error = page(List::Actions, numbers(5), 2, Some(token)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidNextToken, "{token:?}");
        }
    }
}
