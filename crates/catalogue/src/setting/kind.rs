//! What there is to say of a setting.

/// A parameter of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The parameter's name.
    pub parameter: &'static str,
    /// The variable by which the functions hear it; none: it shapes the stack and says nothing to them.
    pub variable: Option<&'static str>,
    /// What it is unless somebody says otherwise, in the stack and in the code.
    pub default: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it is for, with its unit and where a figure is from.
    pub words: &'static str,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// One of these numbers.
    NumberOf(&'static [u32]),
    /// A whole number, from and to.
    Number(u32, u32),
    /// Text that this regular expression matches.
    Matching(&'static str),
    /// Any text.
    Text,
    /// Texts, comma separated.
    List,
}

impl Setting {
    /// What the functions know it by.
    pub fn name(&self) -> &'static str {
        self.variable.unwrap_or(self.parameter)
    }
}
