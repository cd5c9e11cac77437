//! Starts the function; what it is composed of stands in the library beside this file.

use severance_runtime::start::{StartError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    run(key_creation::CARD.sources, key_creation::compose).await
}
