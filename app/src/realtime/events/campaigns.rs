//! Payloads of the campaigns' events. Each bears the campaign as it is after the change.

use serde::{Deserialize, Serialize};

use crate::accounts::UserSummary;
use crate::campaigns::{ActivationReason, Campaign, CampaignField, DeactivationReason};
use crate::wallet::Money;

/// Something of a campaign changed that has no event of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct CampaignUpdated {
    /// The campaign after the change.
    pub campaign: Campaign,
    /// What the change touched.
    pub changed: Vec<CampaignField>,
    /// Who changed it; `None` if it happened by itself.
    pub changed_by: Option<UserSummary>,
    /// The reason that they gave.
    pub reason: Option<String>,
}

/// A campaign may spend more or less than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct BudgetChanged {
    /// The campaign after the change.
    pub campaign: Campaign,
    /// The budget before.
    pub budget_before: Money,
    /// Who changed it; `None` if it happened by itself.
    pub changed_by: Option<UserSummary>,
    /// The reason that they gave.
    pub reason: Option<String>,
}

/// A campaign started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct CampaignActivated {
    /// The campaign after the change.
    pub campaign: Campaign,
    /// Who started it; `None` if it happened by itself.
    pub changed_by: Option<UserSummary>,
    /// Why.
    pub reason: ActivationReason,
}

/// A campaign stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct CampaignDeactivated {
    /// The campaign after the change.
    pub campaign: Campaign,
    /// Who stopped it; `None` if it happened by itself.
    pub changed_by: Option<UserSummary>,
    /// Why.
    pub reason: DeactivationReason,
}
