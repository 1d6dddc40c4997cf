//! The built program, as its users see it.

#![cfg(test)]

mod accept;
mod audit;
mod audit_account;
mod audit_causes;
mod audit_formats;
mod audit_gate_role;
mod audit_guardrails;
mod audit_pipeline_file;
mod checker;
mod credentials;
mod doctor;
mod doctor_live;
mod doctor_template;
mod evidence;
mod evidence_accept;
mod evidence_behind;
mod evidence_cloudtrail;
mod evidence_cover;
mod evidence_files;
mod evidence_lag;
mod evidence_live;
mod evidence_signed;
mod evidence_verdict;
mod explain;
mod explain_comment;
mod facts;
mod facts_report;
mod facts_saved;
mod generate;
mod generate_patch;
mod generate_patch_template;
mod history;
mod program;
mod rule_draft;
mod scp;
mod server;
mod whole;
