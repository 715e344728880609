//! What every provider that ships sends and understands.

mod ccai;
mod common;
mod knovvu;
mod livecall;
mod mylibby;
mod pattern;
mod ready;
mod setups;
mod signatures;
mod spec;
mod support;
mod uhlive;
