mod cases;
mod schedules;
pub(in crate::realtime) mod server;
mod world;
