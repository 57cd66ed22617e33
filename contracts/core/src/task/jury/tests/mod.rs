//! The choice of miners: its times, its rosters, its secrets, a keeper's life, the draw, and what an attacker can have of it.

mod book;
mod draws;
mod evidence;
mod keepers;
mod rosters;
mod shares;
