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
    /// Several IAM writes away from being two persons.
    CanMakeSecondPerson,
    /// Gets past the gate without approving.
    CanBypassGate,
    /// Calls the gate itself.
    CanInvokeGate,
    /// A role named like those of IAM Identity Center.
    LookAlikeRole,
    /// One human who has a slot under each of two names.
    OnePersonOnTwoSlots,
    /// A trusted role whose session name the caller chooses.
    SessionNameNotPinned,
    /// A trusted role whose session name an identity provider of the account chooses.
    SessionNamesFromProvider,
    /// A role that approves and that several people can assume.
    SharedApproverRole,
    /// A role that approves and that no human needs to assume.
    MachineCanApprove,
    /// A user who approves without a second factor.
    ApproverWithoutMfa,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::MemberOfBothGroups,
        Self::CanApproveBoth,
        Self::CanApproveBothIf,
        Self::CanApproveBothThroughRole,
        Self::CanGrantItself,
        Self::CanMakeSecondPerson,
        Self::CanBypassGate,
        Self::CanInvokeGate,
        Self::LookAlikeRole,
        Self::OnePersonOnTwoSlots,
        Self::SessionNameNotPinned,
        Self::SessionNamesFromProvider,
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
            Self::CanMakeSecondPerson => "can-make-second-person",
            Self::CanBypassGate => "can-bypass-gate",
            Self::CanInvokeGate => "can-invoke-gate",
            Self::LookAlikeRole => "look-alike-role",
            Self::OnePersonOnTwoSlots => "one-person-on-two-slots",
            Self::SessionNameNotPinned => "session-name-not-pinned",
            Self::SessionNamesFromProvider => "session-names-from-provider",
            Self::SharedApproverRole => "shared-approver-role",
            Self::MachineCanApprove => "machine-can-approve",
            Self::ApproverWithoutMfa => "approver-without-mfa",
        }
    }
}
