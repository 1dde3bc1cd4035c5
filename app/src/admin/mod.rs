//! Admin: the live figures, the state of each part, and the record of who did what.

mod model;

pub use model::{AuditEntry, HealthPart, HealthState, Metrics};
