//! What an audit finds, by its code.

/// The code of a finding about a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// In the groups of two slots.
    MemberOfBothGroups,
    /// Reaches two slots of one pipeline.
    CanApproveBoth,
    /// The same, when something holds that is known only at the request.
    CanApproveBothIf,
    /// The same, as a role that it may assume.
    CanApproveBothThroughRole,
    /// One IAM write away from two slots.
    CanGrantItself,
    /// Gets past the gate without approving.
    CanBypassGate,
    /// A trusted role whose session name the caller chooses.
    SessionNameNotPinned,
    /// A role that approves and that several people can assume.
    SharedApproverRole,
    /// A role that approves and that no human needs to assume.
    MachineCanApprove,
    /// A user who approves without a second factor.
    ApproverWithoutMfa,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::MemberOfBothGroups,
        Self::CanApproveBoth,
        Self::CanApproveBothIf,
        Self::CanApproveBothThroughRole,
        Self::CanGrantItself,
        Self::CanBypassGate,
        Self::SessionNameNotPinned,
        Self::SharedApproverRole,
        Self::MachineCanApprove,
        Self::ApproverWithoutMfa,
    ];

    /// As a finding has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MemberOfBothGroups => "member-of-both-groups",
            Self::CanApproveBoth => "can-approve-both",
            Self::CanApproveBothIf => "can-approve-both-if",
            Self::CanApproveBothThroughRole => "can-approve-both-through-role",
            Self::CanGrantItself => "can-grant-itself",
            Self::CanBypassGate => "can-bypass-gate",
            Self::SessionNameNotPinned => "session-name-not-pinned",
            Self::SharedApproverRole => "shared-approver-role",
            Self::MachineCanApprove => "machine-can-approve",
            Self::ApproverWithoutMfa => "approver-without-mfa",
        }
    }
}
