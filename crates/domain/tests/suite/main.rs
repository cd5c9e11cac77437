//! Intake, plans, cases, messages and evidence, as tables and as properties. One binary: linking takes longer than running.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod acts;
mod bounds;
mod case;
mod commands;
mod common;
mod contain;
mod contain_properties;
mod cutover;
mod exposure;
mod intake_events;
mod lifted;
mod managed;
mod message;
mod message_contained;
mod message_cutover;
mod message_guardrails;
mod message_notices;
mod playbook;
mod playbook_properties;
mod profile;
mod radius;
mod respond;
mod restoration;
mod review;
mod role;
mod rotation;
mod standing;
mod stored;
mod stored_evidence;
mod whereabouts;
mod written;
