//! What is written down of one reaction, and what follows from it alone: the case and all that it holds, its verdict, its
//! evidence.

pub mod case;
pub mod cutover;
pub mod evidence;
pub mod exemption;
pub mod plan;
pub mod restoration;
pub mod review;
pub mod trail;
pub mod verdict;
