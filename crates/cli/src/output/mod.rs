//! How answers are written: as text for a reader, or as one JSON document.

pub(crate) mod answer;
pub(crate) mod course;
pub(crate) mod credentials;
pub(crate) mod report;
pub(crate) mod step;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod view;
