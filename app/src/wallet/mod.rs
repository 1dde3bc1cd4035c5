//! Wallet: what somebody has, and each movement that led there.

mod model;
mod money;

pub use model::{Balance, Transaction, TransactionKind, TransactionStatus};
pub use money::{Currency, CurrencyError, Money};
