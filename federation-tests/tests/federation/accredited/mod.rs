//! Accreditation and audiences on three nodes with two anchors: who reads what
//! behind every door, what travels between the nodes, and what remains when the
//! hub does not.

mod elsewhere;
mod hub;
mod outsider;
mod revoked;
mod tapped;
mod wire;
