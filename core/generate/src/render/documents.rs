//! Writes one JSON file per document.

use findings::pretty;

use super::file::File;
use crate::plan::Plan;

pub(super) fn render(plan: &Plan) -> Result<Vec<File>, serde_json::Error> {
    let mut files = Vec::new();
    for policy in &plan.policies {
        files.push(File::new(format!("{}.policy.json", policy.name), pretty(&policy.document)?));
    }
    for role in &plan.roles {
        files.push(File::new(format!("{}.trust.json", role.name), pretty(&role.trust)?));
    }
    for set in &plan.permission_sets {
        files.push(File::new(format!("{}.permission-set.json", set.name), pretty(&set.document)?));
    }
    for scp in &plan.scps {
        // White space counts towards the quota of a service control policy.
        let mut text = serde_json::to_string(&scp.document)?;
        text.push('\n');
        files.push(File::new(format!("{}.scp.json", scp.name), text));
    }
    Ok(files)
}
