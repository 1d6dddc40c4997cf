//! The rules of the branch, who bypassed them, and who may write.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::{Permission, Rule, RuleSuite};
use super::{Source, each, escape, unless_denied};
use crate::consensus::Author;
use crate::forge::ForgeError;
use crate::history::{Answer, History};

impl Source<'_> {
    /// Whether the rules of a branch take reviews of an older head: some rule is about reviews, and
    /// every such rule says so. The older branch protection, which only an administrator's token
    /// could read, is not asked.
    pub(super) async fn takes_stale_reviews(&self, branch: &str) -> Result<bool, ForgeError> {
        let path = format!("{}/rules/branches/{}?per_page=100", self.path, escape(branch));
        let read = self.client.list(&path, 10, |_: &[Rule]| false).await;
        let (rules, is_complete) = unless_denied(read)?.unwrap_or_default();
        let mut takes = rules.iter().filter_map(Rule::takes_stale_reviews).peekable();
        Ok(is_complete && takes.peek().is_some() && takes.all(|takes| takes))
    }

    /// Says who bypassed the rules of the branch in this range.
    ///
    /// A token needs administration rights to read that, which it should not have, and GitHub keeps
    /// a month. So nothing depends on it: a commit that came past the rules is told by the activity
    /// and the reviews alone.
    pub(super) async fn bypasses(&self, history: &History) -> Result<Vec<String>, ForgeError> {
        let reference = escape(&format!("refs/heads/{}", history.branch));
        let path = format!(
            "{}/rulesets/rule-suites?ref={reference}&time_period=month&rule_suite_result=bypass\
             &per_page=100",
            self.path
        );
        let read = unless_denied(self.client.list(&path, 10, |_: &[RuleSuite]| false).await)?;
        let objection = |suite: RuleSuite| {
            let after = suite.after_sha.filter(|after| history.commits.contains_key(after))?;
            let is_bypass = suite.result.as_deref() == Some("bypass");
            let actor = suite.actor_name.unwrap_or_else(|| "an unknown user".to_owned());
            let id = suite.actor_id.map_or_else(String::new, |id| format!("/{id}"));
            let branch = &history.branch;
            let after = after.get(..7).unwrap_or(&after);
            is_bypass
                .then(|| format!("github:{actor}{id} bypassed the rules of {branch} with {after}"))
        };
        Ok(read.unwrap_or_default().0.into_iter().filter_map(objection).collect())
    }

    /// Marks the approvals of users who may not write. GitHub does not count them either ("About
    /// protected branches").
    pub(super) async fn void_reviews(&self, history: &mut History) -> Result<(), ForgeError> {
        let reviews = history.changes.iter().flat_map(|change| &change.reviews);
        let approvers: BTreeSet<Author> = reviews
            .filter(|review| review.answer == Answer::Approved && review.is_void_because.is_none())
            .filter_map(|review| review.by.clone())
            .collect();
        let approvers: Vec<Author> = approvers.into_iter().collect();
        let asked = each(approvers.clone(), |user| async move { self.void(&user).await }).await?;
        let void: BTreeMap<Author, Option<String>> = approvers.into_iter().zip(asked).collect();
        for review in history.changes.iter_mut().flat_map(|change| &mut change.reviews) {
            if let Some(Some(why)) = review.by.as_ref().and_then(|user| void.get(user)) {
                review.is_void_because = Some(why.clone());
            }
        }
        Ok(())
    }

    /// Why a user's reviews do not count.
    async fn void(&self, user: &Author) -> Result<Option<String>, ForgeError> {
        let Author::User(user) = user else { return Ok(None) };
        let path = format!("{}/collaborators/{}/permission", self.path, escape(user.login()));
        let permission = unless_denied(self.client.get::<Permission>(&path).await)?;
        let may_write = permission.is_some_and(|found| found.lets_write(user.id()));
        Ok((!may_write).then(|| format!("may not write to {}, as far as we can read", self.name)))
    }
}
