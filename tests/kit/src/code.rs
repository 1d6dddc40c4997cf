//! The codes of an audit's findings.

/// The code of a finding about a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A user in the groups of two slots.
    MemberOfBothGroups,
    /// Reaches two slots of one pipeline.
    CanApproveBoth,
    /// The same, under a condition that only the request decides.
    CanApproveBothIf,
    /// The same, through a role that it may assume.
    CanApproveBothThroughRole,
    /// One IAM write away from two slots.
    CanGrantItself,
    /// Several IAM writes away from a second person.
    CanMakeSecondPerson,
    /// Bypasses the gate without an approval.
    CanBypassGate,
    /// Invokes the gate directly.
    CanInvokeGate,
    /// A role whose name imitates those of IAM Identity Center.
    LookAlikeRole,
    /// One human with a slot under each of two names.
    OnePersonOnTwoSlots,
    /// A trusted role. The caller chooses its session name.
    SessionNameNotPinned,
    /// A trusted role. An identity provider of the account chooses its session name.
    SessionNamesFromProvider,
    /// A role that approves and that several people can assume.
    SharedApproverRole,
    /// A role that approves and that a machine can assume without a human.
    MachineCanApprove,
    /// May change code that may run with a role that approves.
    MayRunAsApprover,
    /// A user who approves without a second factor.
    ApproverWithoutMfa,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 16] = [
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
        Self::MayRunAsApprover,
        Self::ApproverWithoutMfa,
    ];

    /// The code as findings show it.
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
            Self::MayRunAsApprover => "may-run-as-approver",
            Self::ApproverWithoutMfa => "approver-without-mfa",
        }
    }
}
