//! Accreditation and audiences on three nodes with two anchors: who reads what
//! behind every door, what travels between the nodes, and what remains when the
//! hub does not.

mod elsewhere;
mod hub;
mod matrix;
mod outsider;
mod readers;
mod revoked;
mod stage;
mod streams;
mod tapped;
mod wire;
