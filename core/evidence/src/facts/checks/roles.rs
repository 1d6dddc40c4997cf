//! What the names of roles prove.

use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

pub(super) const RESERVED_NAMES: Fact = Fact {
    id: "reserved-names-prove-nothing",
    says: "anybody who may create roles can create one that is called `AWSReservedSSO_…` under a path of their own",
    if_not: "nothing: the gate asks IAM for a path that it could then do without",
};

pub(super) fn reserved_names(_: &Sight) -> (Verdict, Seen) {
    (
        Verdict::NotTested,
        Seen::words("it takes creating a role to find out, and this program changes nothing"),
    )
}
