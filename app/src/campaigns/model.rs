//! A campaign, and what may happen to it.

use serde::{Deserialize, Serialize};

use crate::accounts::UserSummary;
use crate::ids::CampaignId;
use crate::time::Timestamp;
use crate::wallet::Money;

/// Where a campaign is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Not finished, spends nothing.
    Draft,
    /// Starts by itself at its first date.
    Scheduled,
    /// Its links redirect and its clicks are charged.
    Active,
    /// Stopped by a person.
    Paused,
    /// Stopped because the budget or the wallet is used up.
    OutOfBudget,
    /// Past its last date.
    Ended,
}

/// A campaign as its team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Campaign {
    /// The campaign's number.
    pub id: CampaignId,
    /// What its team calls it.
    pub name: String,
    /// Whose wallet pays.
    pub owner: UserSummary,
    /// Where it is in its life.
    pub status: CampaignStatus,
    /// The most that it may spend in all.
    pub budget: Money,
    /// What it has spent.
    pub spent: Money,
    /// What one click costs.
    pub cost_per_click: Money,
    /// When it starts by itself.
    pub starts_at: Option<Timestamp>,
    /// When it ends by itself.
    pub ends_at: Option<Timestamp>,
    /// When anything of this last changed.
    pub updated_at: Timestamp,
}

/// What of a campaign a change touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CampaignField {
    /// Its name.
    Name,
    /// Where it is in its life.
    Status,
    /// What it has spent.
    Spent,
    /// What one click costs.
    CostPerClick,
    /// Its first or last date.
    Dates,
    /// Who works on it.
    Team,
    /// Its smart links.
    Links,
}

/// Why a campaign started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActivationReason {
    /// A person switched it on.
    SwitchedOn,
    /// Its first date has come.
    Started,
    /// There is budget again.
    BudgetRaised,
    /// There is money in the wallet again.
    WalletFilled,
}

/// Why a campaign stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeactivationReason {
    /// A person switched it off.
    SwitchedOff,
    /// Its last date is over.
    Ended,
    /// Its budget is used up.
    BudgetExhausted,
    /// Its owner's wallet is empty.
    WalletEmpty,
}
