//! What is written down of one reaction, and what follows from it alone: the case and all that it holds, its verdict, its
//! evidence.
//!
//! Lowest first: what a case holds (`plan`, `review`, `step`, `recheck`, `returns`), the case itself, what follows from one
//! (`rechecking`, `renamed`, `verdict`, `restoration` with what `beside` it counts, `evidence`), and how one goes on (`course`).

mod answered;
mod beside;
mod bounds;
pub mod case;
mod course;
pub mod cutover;
pub mod evidence;
pub mod exemption;
mod left_out;
pub mod plan;
mod recheck;
mod rechecking;
mod renamed;
pub mod restoration;
mod returns;
pub mod review;
mod step;
pub mod trail;
pub mod verdict;
