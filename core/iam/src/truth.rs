//! Three-valued truth: what is known before a request is not always enough to decide.

use std::ops::Not;

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds in every request that agrees with what is known.
    Yes,
    /// It holds in no request that agrees with what is known.
    No,
    /// Only the request decides.
    Unknown,
}

impl Truth {
    /// Whether both hold.
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

    /// Whether at least one of the two holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// Whether all hold. `Yes` if there are none.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut truths = truths.into_iter();
        let unless_no = |all: Self, next| Some(all.and(next)).filter(|all| *all != Self::No);
        truths.try_fold(Self::Yes, unless_no).unwrap_or(Self::No)
    }

    /// Whether at least one holds. `No` if there are none.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut truths = truths.into_iter();
        let unless_yes = |any: Self, next| Some(any.or(next)).filter(|any| *any != Self::Yes);
        truths.try_fold(Self::No, unless_yes).unwrap_or(Self::Yes)
    }

    /// The truth of one of the two, if it is not known which.
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

    /// The possible outcomes of a truth.
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
    fn unknown_may_turn_out_either_way() {
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
