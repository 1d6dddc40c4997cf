//! What a role's name proves.

use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

pub(super) const RESERVED_NAMES: Fact = Fact {
    id: "reserved-names-prove-nothing",
    says: "anybody who may create roles can create `AWSReservedSSO_…` under another path",
    if_not: "nothing: the gate asks IAM for a path that it would not need",
};

pub(super) fn reserved_names(_: &Sight) -> (Verdict, Seen) {
    (
        Verdict::NotTested,
        Seen::words("only creating a role would show it, and this program changes nothing"),
    )
}
