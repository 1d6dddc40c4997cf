//! How the pages look. All text from outside is escaped: by `maud`, and by `shown` for characters
//! that one does not see.

mod execution;
mod history;
mod parts;
mod pending;
mod since;

use maud::{DOCTYPE, Markup, html};
use names::shown;
use signing::Desk;

pub(super) use execution::{Execution, StageView, execution};
pub(super) use history::{History, Starting, history};
pub(super) use pending::pending;
pub(super) use since::{Base, Change, Since, Step};

/// A page around its content.
fn frame(title: &str, person: Option<&str>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – desk" }
                link rel="icon" type="image/svg+xml" href="/icon.svg";
                link rel="stylesheet" href="/desk.css";
                script src="/desk.js" defer {}
            }
            body {
                a .skip href="#content" { "Skip to the content" }
                header {
                    nav aria-label="Desk" {
                        a .brand href="/" { "desk" }
                        a href="/" { "Pending" }
                        a href="/enrol" { "Enrol a passkey" }
                    }
                    @if let Some(person) = person {
                        form .visitor method="post" action="/sign-out" {
                            span { (shown(person)) }
                            button type="submit" { "Sign out" }
                        }
                    }
                }
                main #content tabindex="-1" { (content) }
            }
        }
    }
}

/// Asks for a passkey.
pub(super) fn sign_in(origin: &str) -> Markup {
    frame(
        "Sign in",
        None,
        &html! {
            h1 { "Sign in" }
            section #sign-in {
                p { "The desk shows which approvals await you, and takes your signed answers." }
                button .main type="button" data-sign-in disabled { "Sign in with your passkey" }
                (parts::status())
                (parts::needs_script())
                p .quiet {
                    "You have none for " (origin) " yet? " a href="/enrol" { "Enrol one" } "."
                }
            }
        },
    )
}

/// Makes a passkey, and says how it gets into the rule.
pub(super) fn enrol(person: Option<&str>, desk: &Desk) -> Markup {
    frame(
        "Enrol a passkey",
        person,
        &html! {
            h1 { "Enrol a passkey" }
            section {
                p {
                    "Your device makes a passkey for " code { (desk.origin()) } ". Its public half \
                     goes into the gate's rule by a reviewed change. The desk stores nothing."
                }
                form #enrol data-rp-id=(desk.rp_id()) {
                    label for="name" { "Your name in the rule" }
                    input #name name="name" required maxlength="64" autocomplete="username"
                        pattern="[A-Za-z0-9_+=,.@\\-]+" autocapitalize="none" spellcheck="false";
                    button .main type="submit" disabled { "Make a passkey" }
                    (parts::status())
                }
                (parts::needs_script())
            }
            section #enrolled hidden {
                h2 { "Put this line into the rule" }
                p { "In " code { "signingKeys" } " of the gate's rule:" }
                pre tabindex="0" { code #line {} }
                button type="button" data-copy="line" { "Copy the line" }
                (parts::status())
                p { "Key id: " code #key-id {} }
                p #synced hidden {
                    "This passkey may be synced to other devices. A rule with " code {
                        "\"requireSignature\": {\"deviceBound\": true}"
                    } " does not count it."
                }
                h2 { "Have two people review it" }
                ol {
                    li { "Open a pull request with the line." }
                    li {
                        "Show two reviewers this page, or read the key id to them in person. A \
                         message could come from somebody else."
                    }
                    li {
                        "They compare the key id with " code { "desk verify-key LINE" } ", and \
                         approve the change. A person who has the key answers in your name."
                    }
                    li { "As soon as the rule is deployed, sign in here." }
                }
            }
        },
    )
}

/// Says why there is no other page.
pub(super) fn problem(person: Option<&str>, text: &str) -> Markup {
    frame(
        "Problem",
        person,
        &html! {
            h1 { "That did not work" }
            section { p { (shown(text)) } p { a href="/" { "What awaits answers" } } }
        },
    )
}
