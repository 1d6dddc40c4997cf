//! Three values: what is known before a request is made does not always decide.

use std::ops::Not;

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It is, in every request that agrees with what is known.
    Yes,
    /// It is not, in any request that agrees with what is known.
    No,
    /// Decided only when the request is made.
    Unknown,
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            (Self::Unknown, Self::Yes | Self::Unknown) | (Self::Yes, Self::Unknown) => {
                Self::Unknown
            }
        }
    }

    /// One of the two, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// All; `Yes` of none.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut truths = truths.into_iter();
        let unless_no = |all: Self, next| Some(all.and(next)).filter(|all| *all != Self::No);
        truths.try_fold(Self::Yes, unless_no).unwrap_or(Self::No)
    }

    /// At least one; `No` of none.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut truths = truths.into_iter();
        let unless_yes = |any: Self, next| Some(any.or(next)).filter(|any| *any != Self::Yes);
        truths.try_fold(Self::No, unless_yes).unwrap_or(Self::Yes)
    }

    /// What holds when one of the two is the case, and it is not known which.
    #[must_use]
    pub fn either(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a truth may turn out to be.
    fn outcomes(truth: Truth) -> &'static [bool] {
        match truth {
            Truth::Yes => &[true],
            Truth::No => &[false],
            Truth::Unknown => &[true, false],
        }
    }

    fn is_exact(result: Truth, possible: &[bool]) {
        assert_eq!(outcomes(result).contains(&true), possible.contains(&true));
        assert_eq!(outcomes(result).contains(&false), possible.contains(&false));
    }

    #[test]
    fn what_is_unknown_may_turn_out_either_way() {
        let all = [Truth::Yes, Truth::No, Truth::Unknown];
        for a in all {
            for b in all {
                let of = |f: fn(bool, bool) -> bool| -> Vec<bool> {
                    let pairs =
                        outcomes(a).iter().flat_map(|a| outcomes(b).iter().map(move |b| (*a, *b)));
                    pairs.map(|(a, b)| f(a, b)).collect()
                };
                is_exact(a.and(b), &of(|a, b| a && b));
                is_exact(a.or(b), &of(|a, b| a || b));
                is_exact(a.either(b), &[outcomes(a), outcomes(b)].concat());
            }
        }
        assert_eq!((Truth::all([]), Truth::any([])), (Truth::Yes, Truth::No));
    }
}
