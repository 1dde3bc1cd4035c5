//! Campaigns: what an advertiser pays clicks for, between two dates and within a budget.

mod model;

pub use model::{ActivationReason, Campaign, CampaignField, CampaignStatus, DeactivationReason};
