//! `smartlink migrate`: the schema, brought up to date; also done at each start.

use super::{Console, Failure};
use crate::config::Config;
use crate::store::Store;

/// Says which steps were taken.
pub(super) async fn run(config: Config, console: &mut Console) -> Result<(), Failure> {
    let store = Store::connect(&config.database_target).await?;
    let steps = store.migrate().await;
    store.close().await;
    let steps = steps?;
    for step in &steps {
        console.line(&format!("{:04} {}", step.version, step.description))?;
    }
    console.line(&match steps.len() {
        0 => format!("{}: the schema is up to date, nothing was done", config.database_target),
        count => format!("{}: {count} steps done, the schema is up to date", config.database_target),
    })
}
