//! What is not ours, unchanged: wallets, Foundry's tools, Anvil, and contracts as strangers write them.

mod anvil;
mod contracts;
mod ethers;
mod forge;
mod howto;
mod page;
mod place;
mod state;
mod wallets;
