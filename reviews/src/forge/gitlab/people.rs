//! The users behind the e-mails of commits, and those who may approve.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use super::wire::{Account, CommitItem, Member, MergeRequest, Signature, User, author};
use crate::consensus::Author;
use crate::forge::ForgeError;
use crate::forge::address::escape;
use crate::forge::http::{each, unless_denied};
use crate::history::{Commit, History};

/// The e-mails of commits, and the users that they belong to as far as GitLab says so.
#[derive(Default)]
pub(super) struct People {
    /// Author and committer of each commit, in lower case.
    emails: BTreeMap<String, (String, String)>,
    /// By the e-mail.
    users: BTreeMap<String, Author>,
    /// The commits that GitLab made when it squashed: the users who opened and merged the request.
    squashed: BTreeMap<String, (Option<Author>, Option<Author>)>,
}

impl People {
    pub(super) fn add_commits(&mut self, commits: &[CommitItem]) {
        let emails = |item: &CommitItem| {
            let author = item.author_email.to_ascii_lowercase();
            (item.id.clone(), (author, item.committer_email.to_ascii_lowercase()))
        };
        self.emails.extend(commits.iter().map(emails));
    }

    /// Adds the authors of commits, as GitLab knows them.
    pub(super) fn add_authors(&mut self, authors: &BTreeMap<String, Author>) {
        for (id, author) in authors {
            if let Some((email, _)) = self.emails.get(id) {
                self.users.insert(email.clone(), author.clone());
            }
        }
    }

    /// Adds the commit that GitLab made of a merge request. It names the users that GitLab itself
    /// wrote there: the one who opened the merge request, and the one who merged it.
    pub(super) fn add_squashed(&mut self, request: &MergeRequest) {
        if let Some(id) = &request.squash_commit_sha {
            let people = (request.opened_by(), request.merged_by());
            self.squashed.insert(id.clone(), people);
        }
    }

    fn user(&self, email: &str) -> Option<Author> {
        self.users.get(email).cloned().or_else(|| no_reply(email))
    }
}

impl Source<'_> {
    /// Fills in the people of all commits.
    pub(super) async fn name_people(
        &self,
        history: &mut History,
        mut people: People,
    ) -> Result<(), ForgeError> {
        let unknown: BTreeSet<&String> = people
            .emails
            .iter()
            .filter(|(id, _)| !people.squashed.contains_key(*id))
            .flat_map(|(_, (author, committer))| [author, committer])
            .filter(|email| people.user(email).is_none())
            .collect();
        let unknown: Vec<String> = unknown.into_iter().cloned().collect();
        let found =
            each(unknown.clone(), |email| async move { self.user_of(&email).await }).await?;
        let found = unknown.into_iter().zip(found);
        people.users.extend(found.filter_map(|(email, user)| Some((email, user?))));
        // GitLab itself is the committer of what people write in the browser.
        let odd = people.emails.iter().filter(|(id, (_, committer))| {
            !people.squashed.contains_key(*id) && people.user(committer).is_none()
        });
        let odd: Vec<String> = odd.map(|(id, _)| id.clone()).collect();
        let made = each(odd.clone(), |id| async move { self.is_made_by_gitlab(&id).await }).await?;
        let made = odd.into_iter().zip(made).filter(|(_, is_made)| *is_made);
        let made: BTreeSet<String> = made.map(|(id, _)| id).collect();
        let replaced = history.changes.iter_mut().flat_map(|change| &mut change.replaced);
        for (id, commit) in history.commits.iter_mut().chain(replaced) {
            people.name(id, commit);
            commit.is_made_by_forge |= made.contains(id);
        }
        Ok(())
    }

    /// The user who shows this e-mail, or has it if our token is an administrator's.
    async fn user_of(&self, email: &str) -> Result<Option<Author>, ForgeError> {
        let path = format!("/users?search={}&per_page=20", escape(email));
        let found = self.client.list(&path, 1, |_: &[User]| false).await;
        let (users, _) = unless_denied(found)?.unwrap_or_default();
        Ok(users.iter().find(|user| user.has_email(email)).and_then(User::author))
    }

    async fn is_made_by_gitlab(&self, id: &str) -> Result<bool, ForgeError> {
        let path = format!("{}/repository/commits/{id}/signature", self.path);
        let signature = unless_denied(self.client.get::<Signature>(&path).await)?;
        Ok(signature.is_some_and(|signature| signature.is_of_gitlab()))
    }

    /// Marks the approvals of bots, and of users who may not write: GitLab lets others approve too,
    /// if some rule names them.
    pub(super) async fn void_reviews(&self, history: &mut History) -> Result<(), ForgeError> {
        let reviews = history.changes.iter().flat_map(|change| &change.reviews);
        let approvers: BTreeSet<Author> = reviews.filter_map(|review| review.by.clone()).collect();
        let approvers: Vec<Author> = approvers.into_iter().collect();
        let void = each(approvers.clone(), |user| async move { self.void(&user).await }).await?;
        let void: BTreeMap<Author, Option<String>> = approvers.into_iter().zip(void).collect();
        for review in history.changes.iter_mut().flat_map(|change| &mut change.reviews) {
            if let Some(why) = review.by.as_ref().and_then(|user| void.get(user)) {
                review.is_void_because.clone_from(why);
            }
        }
        Ok(())
    }

    /// Why a user's approvals do not count.
    async fn void(&self, user: &Author) -> Result<Option<String>, ForgeError> {
        let Author::User(user) = user else { return Ok(None) };
        let id = user.id().unwrap_or_default();
        let (account, member) = (format!("/users/{id}"), format!("{}/members/all/{id}", self.path));
        let (account, member) =
            tokio::join!(self.client.get::<Account>(&account), self.client.get::<Member>(&member));
        let is_person = unless_denied(account)?.is_some_and(|account| !account.bot);
        let may_push = unless_denied(member)?.is_some_and(|member| member.may_push());
        Ok(match (is_person, may_push) {
            (false, _) => Some("is not a person".to_owned()),
            (true, false) => Some(format!("may not write to {}, as far as we can read", self.name)),
            (true, true) => None,
        })
    }
}

impl People {
    fn name(&self, id: &str, commit: &mut Commit) {
        if let Some((opened_by, merged_by)) = self.squashed.get(id) {
            commit.author.clone_from(opened_by);
            commit.committer.clone_from(merged_by);
            commit.is_made_by_forge = true;
        } else if let Some((author, committer)) = self.emails.get(id) {
            commit.author = self.user(author);
            commit.committer = self.user(committer);
        }
    }
}

/// The user in an address that GitLab makes: `583231-alice@users.noreply.gitlab.com`.
fn no_reply(email: &str) -> Option<Author> {
    let (local, domain) = email.split_once('@')?;
    let (id, username) = local.split_once('-')?;
    let id = id.parse().ok().filter(|_| domain.starts_with("users.noreply."))?;
    author(id, username)
}
