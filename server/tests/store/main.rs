//! What is stored and the rules over it, each on both databases: a fresh SQLite file, and a fresh database of a
//! PostgreSQL server that this program starts for itself and ends with itself.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect ends there")]

mod accounts;
mod bounds;
mod changing;
mod chat;
mod cluster;
mod connect;
mod direct_messages;
mod event_log;
mod grouping;
mod harness;
mod lease;
mod notifications;
mod people;
mod presence;
mod reading;
mod relay;
mod sessions;
mod tokens;
mod typing;
mod unread;
mod unread_check;
mod webhooks;
mod work;
