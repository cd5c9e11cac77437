//! How answers are written: as text for a reader, or as one JSON document.

pub(crate) mod answer;
pub(crate) mod breakers;
pub(crate) mod copies;
pub(crate) mod course;
mod credentials;
pub(crate) mod cutovers;
pub(crate) mod exemptions;
pub(crate) mod plan;
pub(crate) mod policies;
pub(crate) mod registry;
pub(crate) mod report;
pub(crate) mod reviews;
pub(crate) mod rotation;
mod step;
mod table;
pub(crate) mod text;
pub(crate) mod verdicts;
pub(crate) mod view;
