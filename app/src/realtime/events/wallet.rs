//! Payloads of the events of money. Each bears the balance that it left.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::wallet::{Balance, Transaction};

/// Money was paid in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct DepositCompleted {
    /// Whose wallet.
    pub user_id: UserId,
    /// The deposit.
    pub transaction: Transaction,
    /// What it left.
    pub balance: Balance,
}

/// A withdrawal went through or failed; its status tells which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct WithdrawalProcessed {
    /// Whose wallet.
    pub user_id: UserId,
    /// The withdrawal.
    pub transaction: Transaction,
    /// What it left.
    pub balance: Balance,
}

/// What somebody has changed, by whatever entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct BalanceUpdated {
    /// Whose wallet.
    pub user_id: UserId,
    /// The entry that changed it, if it is one that the owner sees.
    pub transaction: Option<Transaction>,
    /// What it left.
    pub balance: Balance,
}
