//! The lines of a template, and the lists of stages and actions in them. Nothing is parsed here:
//! the caller reads the result again.

/// The lines of a template.
pub(super) struct Sheet {
    lines: Vec<String>,
    /// The end of each line.
    end: &'static str,
    is_json: bool,
}

/// An item of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// The index of its first line.
    at: usize,
    /// The number of columns before it.
    indent: usize,
}

impl Sheet {
    pub(super) fn new(text: &str) -> Self {
        Self {
            lines: text.lines().map(str::to_owned).collect(),
            end: if text.contains("\r\n") { "\r\n" } else { "\n" },
            is_json: text.trim_start().starts_with('{'),
        }
    }

    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    pub(super) fn into_text(self) -> String {
        self.lines.join(self.end) + self.end
    }

    /// The item of the list under `key` that a line is in. `line` counts from 1. `None` if the list
    /// does not begin each item on a new line.
    pub(super) fn item(&self, line: usize, key: &str) -> Option<Item> {
        let at = line.checked_sub(1)?;
        let (json, yaml) = (format!("\"{key}\":"), format!("{key}:"));
        let opens = |line: &str| match self.is_json {
            true => line.starts_with(&json) && line.ends_with('['),
            // The key can be the first one of an item.
            false => line.trim_start_matches(['-', ' ']).starts_with(&yaml),
        };
        let list = (0..at).rev().find(|at| opens(self.trimmed(*at)))?;
        let first = (list + 1..=at).find(|at| !self.is_blank(*at))?;
        let indent = self.indent(first);
        let begins = |at: &usize| self.indent(*at) == indent && self.begins_item(*at);
        let at = (first..=at).rev().find(begins)?;
        Some(Item { at, indent })
    }

    /// Inserts items of the same list before an item, and before the comments right above it.
    pub(super) fn insert(&mut self, before: Item, items: &str) {
        let comments = (0..before.at).rev().take_while(|at| self.trimmed(*at).starts_with('#'));
        let at = before.at - if self.is_json { 0 } else { comments.count() };
        let items = padded(items, before.indent);
        self.lines.splice(at..at, items);
    }

    /// Inserts a stage before the one at this line under the same condition, if that one is in an
    /// `Fn::If` which has nothing else. Returns whether it is.
    pub(super) fn insert_alike(&mut self, before: Item, line: usize, stage: &str) -> bool {
        let Some((head, indent, tail)) = self.condition(before, line) else {
            return false;
        };
        let items: Vec<String> =
            head.into_iter().chain(padded(stage, indent)).chain(tail).collect();
        let comments = (0..before.at).rev().take_while(|at| self.trimmed(*at).starts_with('#'));
        let at = before.at - comments.count();
        self.lines.splice(at..at, items);
        true
    }

    /// What stands around a stage in an `Fn::If` of YAML, with the columns before the stage.
    fn condition(&self, item: Item, line: usize) -> Option<(Vec<String>, usize, Vec<String>)> {
        let begin = self.trimmed(item.at).trim_start_matches(['-', ' ']);
        let begin = begin.split_once(" #").map_or(begin, |(before, _)| before.trim_end());
        if !["!If", "Fn::If:"].contains(&begin) {
            return None;
        }
        let at = line.checked_sub(1)?;
        let inner = (item.at + 1..=at).rev().find(|at| self.begins_item(*at))?;
        let indent = self.indent(inner);
        let is_in = |at: &usize| self.is_blank(*at) || self.indent(*at) > item.indent;
        let end = (item.at + 1..self.lines.len()).find(|at| !is_in(at)).unwrap_or(self.lines.len());
        let branch = |at: &usize| self.indent(*at) == indent && self.begins_item(*at);
        let rest = (inner + 1..end).find(branch).unwrap_or(end);
        let is_nothing = |at: usize| self.is_blank(at) || self.trimmed(at).contains("AWS::NoValue");
        // The second line is the name of the condition.
        let has_others = (item.at + 2..inner).chain(rest..end).any(|at| !is_nothing(at));
        let lines = |from: usize, to: usize| {
            let lines = self.lines.iter().take(to).skip(from);
            lines.filter(|line| !line.trim().is_empty()).cloned().collect::<Vec<_>>()
        };
        (!has_others).then(|| (lines(item.at, inner), indent, lines(rest, end)))
    }

    /// Sets the `RunOrder` of an action. Returns whether the text of the action allows it.
    pub(super) fn set_run_order(&mut self, action: Item, order: u32) -> bool {
        let value = match self.is_json {
            true => format!("\"RunOrder\": {order},"),
            false => format!("RunOrder: {order}"),
        };
        // The first line holds the first key, or only begins the item.
        let begin = self.trimmed(action.at).trim_start_matches(['-', ' ']);
        let is_open = begin == if self.is_json { "{" } else { "" };
        let first = (action.at + usize::from(is_open)..self.lines.len())
            .find(|at| !self.is_blank(*at))
            .unwrap_or(action.at);
        let column = self.column(first, first);
        let is_in = |at: &usize| *at == first || self.is_blank(*at) || self.indent(*at) >= column;
        let mut inside = (first..self.lines.len()).take_while(is_in);
        let key = if self.is_json { "\"RunOrder\":" } else { "RunOrder:" };
        let of_action = |at: &usize| {
            self.column(*at, first) == column
                && self.trimmed(*at).trim_start_matches(['-', ' ']).starts_with(key)
        };
        let known = inside.find(of_action);
        match known.and_then(|at| self.lines.get_mut(at)) {
            Some(line) => {
                let Some((before, after)) = line.split_once(key) else { return false };
                let digits = after.trim_start().trim_start_matches(['"', '\'']);
                let rest = digits.trim_start_matches(|it: char| it.is_ascii_digit());
                if rest.len() == digits.len() {
                    return false;
                }
                let rest = rest.trim_start_matches(['"', '\'']);
                *line = format!("{before}{key} {order}{rest}");
            }
            None => {
                let Some(line) = self.lines.get_mut(first) else { return false };
                let (before, rest) = line.split_at(column);
                let rest = " ".repeat(column) + rest;
                *line = before.to_owned() + &value;
                self.lines.insert(first + 1, rest);
            }
        }
        true
    }

    fn trimmed(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", |line| line.trim())
    }

    fn indent(&self, at: usize) -> usize {
        self.lines.get(at).map_or(0, |line| line.len() - line.trim_start().len())
    }

    /// The column of the first key in a line. In the first line of an item, a dash is before it.
    fn column(&self, at: usize, first: usize) -> usize {
        let dashes: &[char] = if at == first { &['-', ' '] } else { &[' '] };
        self.lines.get(at).map_or(0, |line| line.len() - line.trim_start_matches(dashes).len())
    }

    fn is_blank(&self, at: usize) -> bool {
        self.trimmed(at).is_empty() || (!self.is_json && self.trimmed(at).starts_with('#'))
    }

    fn begins_item(&self, at: usize) -> bool {
        let line = self.trimmed(at);
        match self.is_json {
            true => line.starts_with('{'),
            false => line == "-" || line.starts_with("- "),
        }
    }
}

fn padded(text: &str, indent: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{pad}{line}") };
    text.lines().map(line).collect()
}
