//! What makes a Lambda function of the engine: how it starts, what it is composed of, and one invocation.
//!
//! A function gets only what its IAM statement allows: its card names the countermeasures it may take and the readers it may
//! use, and nothing else is constructed.

pub mod composition;
pub mod function;
mod function_url;
pub mod logs;
mod responder;
pub mod serve;
pub mod start;
