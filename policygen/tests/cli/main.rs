//! The built program, as its users see it.

#![cfg(test)]

mod accept;
mod audit;
mod audit_account;
mod audit_guardrails;
mod audit_pipeline_file;
mod break_glass;
mod checker;
mod doctor;
mod doctor_live;
mod doctor_template;
mod evidence;
mod evidence_accept;
mod evidence_behind;
mod evidence_cache;
mod evidence_cloudtrail;
mod evidence_cover;
mod evidence_files;
mod evidence_lag;
mod evidence_live;
mod evidence_places;
mod evidence_several;
mod evidence_signed;
mod evidence_verdict;
mod explain;
mod explain_comment;
mod facts;
mod facts_report;
mod facts_saved;
mod generate;
mod generate_files;
mod generate_limits;
mod generate_patch;
mod generate_patch_refused;
mod generate_patch_template;
mod generate_signed;
mod history;
mod program;
mod rule_draft;
mod scp;
mod server;
mod whole;
