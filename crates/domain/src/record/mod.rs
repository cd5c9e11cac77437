//! What is written down of one reaction, and what follows from it alone: the case and all that it holds, its verdict, its
//! evidence.

pub mod case;
mod course;
pub mod cutover;
pub mod evidence;
pub mod exemption;
mod look;
pub mod plan;
pub mod restoration;
mod returns;
pub mod review;
mod step;
pub mod trail;
pub mod verdict;
