//! What there is to say of a field.

/// A field of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Where it stands: below `predicate`, unless it is one of the statement's own. `[]` is each element of a list, `*` each name.
    pub path: &'static str,
    /// What it holds, and whether it may be left out.
    pub is: &'static str,
    /// What it means; empty where the path says it.
    pub meaning: &'static str,
    /// Where it is from; empty where it could be nothing else.
    pub source: &'static str,
}

pub(super) const fn field(path: &'static str, is: &'static str, meaning: &'static str, source: &'static str) -> Field {
    Field { path, is, meaning, source }
}
