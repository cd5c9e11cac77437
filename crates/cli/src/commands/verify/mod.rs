//! `sever verify`: of files of evidence, and of one case.

pub(crate) mod case;
pub(crate) mod evidence;
pub(crate) mod files;
