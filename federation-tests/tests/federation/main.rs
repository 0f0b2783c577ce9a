//! Real nodes, real foreign servers and real clients, from outside.

mod accessibility;
mod accredited;
mod audiences;
mod broken_peers;
mod browser;
mod clients;
mod commands;
mod demo;
mod discovery;
mod foreign_server;
mod forum_api;
mod harness;
mod hostile;
mod killing;
mod operators;
mod pages;
mod passing_on;
mod setup;
mod starting;
mod streams;
mod three_nodes;
mod two_nodes;
mod unreachable;
