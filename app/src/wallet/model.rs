//! Movements of money and what they leave.

use serde::{Deserialize, Serialize};

use super::money::Money;
use crate::ids::{CampaignId, TransactionId};
use crate::time::Timestamp;

/// What moved the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransactionKind {
    /// Paid in by way of a payment provider.
    Deposit,
    /// To be paid out.
    Withdrawal,
    /// A withdrawal that failed and came back.
    WithdrawalReturned,
    /// Clicks that an advertiser paid for.
    CampaignSpend,
    /// Clicks that a publisher was paid for.
    Earning,
}

/// How far a movement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    /// Asked for, not begun.
    Pending,
    /// On its way.
    Processing,
    /// Done.
    Completed,
    /// Did not happen; the transaction says why.
    Failed,
    /// Called back before it was processed.
    Cancelled,
}

/// A movement of money as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Transaction {
    /// Rises in the order of creation.
    pub id: TransactionId,
    /// What moved the money.
    pub kind: TransactionKind,
    /// How far it has come.
    pub status: TransactionStatus,
    /// Positive for what comes in, negative for what goes out.
    pub amount: Money,
    /// What the account held right after this entry, as the ledger has it.
    pub balance_after: Money,
    /// Number within the account's ledger, from 1, without gaps.
    pub ledger_number: u64,
    /// From or to where, in words, e.g. `card ••1881`.
    pub description: String,
    /// The campaign that the money was spent on or earned by.
    pub campaign_id: Option<CampaignId>,
    /// Why it failed, in words.
    pub failure_reason: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// What somebody has. All amounts are of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Balance {
    /// What can be spent or withdrawn now.
    pub available: Money,
    /// What is being paid out.
    pub pending: Money,
    /// What active campaigns have set aside.
    pub reserved: Money,
    /// Number of the ledger's last entry that is counted in: of two balances the higher number is the newer.
    pub ledger_number: u64,
}
