//! Starts the function; what it is composed of stands in the library beside this file.

use severance_runtime::start::{StartError, run_with};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    run_with(secret_rotation::compose).await
}
