//! What every provider that ships sends and understands.

mod ccai;
mod common;
mod knovvu;
mod livecall;
mod mylibby;
mod ready;
mod setups;
mod signatures;
mod support;
mod uhlive;
