//! What a rotation reads and writes: the secret, its versions, and its user's access keys.

mod keys;
mod state;
mod trial;
mod vault;

pub use keys::{Keys, Listed};
pub use state::State;
pub use trial::Trial;
pub use vault::Vault;
