//! What a rotation reads and writes: the secret, its versions, and its user's access keys.

mod keys;
mod state;
mod vault;

pub use keys::{Keys, Listed};
pub use state::State;
pub use vault::Vault;
