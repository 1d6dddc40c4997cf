//! The people of the rule behind users of a forge. One human may have two accounts, and a machine
//! may have one like a human's.

use rule::Rule;

use crate::consensus::Author;
use crate::history::History;

/// Writes down which users are which people of the rule, and marks the reviews of machines.
pub(super) fn name(rule: &Rule, history: &mut History) {
    let person = |author: &Author| match author {
        Author::User(user) => {
            let person = rule.person_of_forge_user(user)?;
            Some((author.clone(), person.to_owned()))
        }
        Author::Principal(_) => None,
    };
    history.people = history.users().filter_map(person).collect();
    for review in history.changes.iter_mut().flat_map(|change| &mut change.reviews) {
        if let Some(Author::User(user)) = &review.by
            && rule.is_machine_of_a_forge(user)
        {
            review.is_void_because = Some("is a machine by the rule".to_owned());
        }
    }
}
