//! The HTTP faces: pages, forms, the REST API, channel authorization, health and metrics.
//!
//! Handlers are thin: they extract, call the domain and answer. What all of them share stands in this folder.

pub mod api;
pub mod broadcasting;
pub mod forms;
pub mod health;
pub mod metrics;
pub mod page_forms;
pub mod pages;
pub mod plain_page;
pub mod pusher;
pub mod theme;

pub mod body_timeout;
pub mod cookies;
pub mod cors;
pub mod csrf;
pub mod extract;
pub mod flash;
pub mod identity;
pub mod operator;
pub mod origin;
pub mod page_owner;
pub mod problem;
pub mod security_headers;
pub mod session_renewal;
pub mod signer;
pub mod static_files;
