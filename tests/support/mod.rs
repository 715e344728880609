//! Helpers of all test targets.

mod redis_server;

pub use redis_server::RedisServer;
