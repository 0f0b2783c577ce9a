//! Real nodes, real foreign servers and real clients, from outside.

mod harness;
