//! What every provider that ships sends and understands.

mod knovvu;
mod support;
