//! What the code's own layout promises: who may know whom, which documents hold, what must not be in the tree.

mod dependencies;
mod documents;
mod modules;
mod scripts;
mod telemetry;
mod tree;
