//! Notices as Slack and Microsoft Teams take them. Text that others chose is in places where the
//! programs know no mark-up, so it can neither mention a channel nor hide where a link goes.

use serde_json::{Value, json};

use super::notice::Notice;

/// The longest text of a block of Slack (Slack, "Block Kit", "Section block").
const TEXT: usize = 3000;

/// A message for an incoming webhook of Slack. `plain_text` has no mark-up; outside of it `&`, `<`
/// and `>` begin some (Slack, "Formatting text for app surfaces").
pub(crate) fn slack(notice: &Notice) -> Value {
    let text = cut(&notice.lines().join("\n"));
    let link = format!("<{}|Open the desk>", escaped(&notice.link));
    json!({
        "text": escaped(&notice.subject()),
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "emoji": false, "text": text}},
            {"type": "section", "text": {"type": "mrkdwn", "text": link}},
        ],
        "unfurl_links": false,
    })
}

/// A message for a webhook of a Teams workflow: an Adaptive Card. A `TextRun` has no Markdown, a
/// `TextBlock` has (Adaptive Cards, "Text features").
pub(crate) fn teams(notice: &Notice) -> Value {
    let line = |text: &str| json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]});
    let body = Vec::from_iter(notice.lines().iter().map(|text| line(text)));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
                "actions": [
                    {"type": "Action.OpenUrl", "title": "Open the desk", "url": notice.link},
                ],
            },
        }],
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::super::notice::Why;
    use super::*;

    const ATTACKS: [&str; 4] = [
        "<!channel> <https://evil.example|the desk>",
        "[the desk](https://evil.example) **bold**",
        "&lt;!here&gt; <@U012AB3CD>",
        "\u{202e}:rotating_light:",
    ];

    fn notice(text: &str) -> Notice {
        Notice {
            why: Why::Stopped,
            pipeline: "payments".to_owned(),
            title: "the gate did not let the release pass".to_owned(),
            news: "The gate did not let it pass.".to_owned(),
            releases: Vec::new(),
            said: text.to_owned(),
            people: vec!["bob".to_owned()],
            problem: None,
            link: "https://approve.example.com/e/payments/1".to_owned(),
        }
    }

    /// The members of a document, by their path, that hold a text.
    fn places(at: &str, value: &Value, text: &str, found: &mut Vec<String>) {
        match value {
            Value::String(it) if it.contains(text) => found.push(at.to_owned()),
            Value::Array(items) => {
                items.iter().for_each(|item| places(&format!("{at}[]"), item, text, found));
            }
            Value::Object(members) => members
                .iter()
                .for_each(|(name, item)| places(&format!("{at}.{name}"), item, text, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn text_that_others_chose_is_where_there_is_no_mark_up() {
        for attack in ATTACKS {
            let message = slack(&notice(attack));
            let mut found = Vec::new();
            places("", &message, &names::shown(attack), &mut found);
            assert_eq!(found, [".blocks[].text.text"], "{message}");
            assert_eq!(message["blocks"][0]["text"]["type"], "plain_text");
            assert_eq!(message["blocks"][0]["text"]["emoji"], false);
            let card = teams(&notice(attack));
            let mut found = Vec::new();
            places("", &card, &names::shown(attack), &mut found);
            assert_eq!(found, [".attachments[].content.body[].inlines[].text"], "{card}");
        }
    }

    #[test]
    fn a_name_in_the_title_begins_no_mark_up() {
        let title = "<!here> & co asks you to approve a release".to_owned();
        let message = slack(&Notice { title, ..notice("") });
        let escaped = "payments: &lt;!here&gt; &amp; co asks you to approve a release";
        assert_eq!(message["text"], escaped);
    }

    #[test]
    fn the_only_link_is_the_desks() {
        let message = slack(&notice("https://evil.example"));
        let link = "<https://approve.example.com/e/payments/1|Open the desk>";
        assert_eq!(message["blocks"][1]["text"], json!({"type": "mrkdwn", "text": link}));
        let card = teams(&notice("https://evil.example"));
        let mut found = Vec::new();
        places("", &card, "https://approve.example.com", &mut found);
        assert_eq!(found, [".attachments[].content.actions[].url"]);
    }
}
