//! What the stack is made of, each thing declared once: the functions with what starts them and what they may do, the settings,
//! how the commands of `sever` end, and what the fields of the evidence mean.
//!
//! The functions are composed by their cards, and `cargo xtask gen` writes template and documents by the same, so that a role holds
//! what its function calls. The cards of countermeasures and event sources are in `severance_domain`.

pub mod evidence;
pub mod exit;
pub mod function;
pub mod reader;
pub mod setting;
