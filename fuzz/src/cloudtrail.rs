//! Exported events of CloudTrail.

use evidence::{Event, Trail, read_events};

/// What the events of a session's start have, and nobody may see.
const SECRETS: [[&str; 2]; 2] =
    [["secretAccessKey", "SECRETACCESSKEY"], ["sessionToken", "SESSIONTOKEN"]];

/// The same events are read from a list of a file as from the file, and twice from two copies of
/// it. No secret of a session is kept.
pub fn check(data: &[u8]) {
    let Ok(json) = str::from_utf8(data) else { return };
    let events = match read_events(data) {
        Ok(events) => events,
        Err(error) => return hides_secrets(&format!("{error:?}"), json),
    };
    hides_secrets(&format!("{events:?}"), json);
    let twice: Vec<Event> = events.iter().chain(&events).cloned().collect();
    let two = format!("{json}\n{json}");
    assert_eq!(read_events(two.as_bytes()).ok(), Some(twice), "two copies, one after the other");
    let _ = Trail::new("payments", events);
}

/// Checks that a text shows no secret that is nowhere in the file but in its own member.
fn hides_secrets(text: &str, json: &str) {
    for [key, secret] in SECRETS {
        let is_at_home = |(at, _): (usize, &str)| {
            let before = json.get(..at).unwrap_or_default();
            let before = before.trim_end_matches(['"', '\\', ':', ' ']);
            before.ends_with(key)
        };
        if json.match_indices(secret).all(is_at_home) {
            assert!(!text.contains(secret), "it shows {key}");
        }
    }
}
