//! Foreign text, made safe to show.

/// Foreign text without the characters that could make it look like our own: control characters,
/// and those that change the direction of writing (Unicode Standard Annex 9).
pub fn shown(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}
