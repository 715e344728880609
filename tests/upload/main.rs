//! Uploads against a real Redis: each contact once, whoever uploads what at the same time, and whatever breaks off.

mod crowd;
mod lists;
mod sizes;
mod world;
