//! What goes wrong in production, done on purpose: processes are killed, frozen and stopped, Redis is killed, the provider
//! fails. Each time every contact ends where its campaign's policy says, and the simulator's ledger agrees call by call.

mod campaign;
mod night;
mod provider;
mod recordings;
mod redis;
mod stops;
mod workers;
