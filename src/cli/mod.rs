//! The command line: one file per command (INTERFACE.md 1).
//!
//! A command takes its arguments and the node's [`Ground`], does one thing,
//! and answers with a [`Report`]: text for people, one object for scripts.

mod accreditation;
mod anchor;
mod application;
mod audit;
mod demo;
mod doctor;
mod ground;
mod log;
mod migrate;
mod node;
mod organisation;
mod report;
mod reports;
mod routes;
mod serve;
mod server;
#[cfg(test)]
mod tests;
mod token;
mod user;

use std::{
    ffi::OsString,
    io::{Read, Write},
    path::PathBuf,
};

use clap::{Parser, Subcommand};

use ground::Ground;
pub use log::log_panics;
use report::Report;

/// A federated node on which organisations that fight human trafficking
/// publish requests, projects and offers.
#[derive(Parser)]
#[command(name = "virtual-forum", version, max_term_width = 100)]
#[command(after_help = "\
Examples:
  virtual-forum                              run a node on http://localhost:8080
  virtual-forum --config /etc/forum.toml     run it with settings of your own
  virtual-forum organisation create --handle moj --name 'Ministry of Justice' --category government
  virtual-forum user create --email fp@moj.example --organisation moj --role focal-point

Every setting is also an environment variable: VIRTUAL_FORUM_ + section + __ + key, for example
VIRTUAL_FORUM_SERVER__LISTEN=127.0.0.1:9000. config/default.toml lists them all.")]
struct Cli {
    /// Settings (TOML) that override the defaults
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print exactly one JSON object on standard output
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate the database, then run the node (the default)
    Serve,
    /// Three federated nodes on this machine, with fictional content
    #[command(after_help = "\
Examples:
  virtual-forum demo                     http://hub.localhost:8080, gov…:8081 and cso…:8082
  virtual-forum demo --port 9000 --dir ~/forum-demo
  virtual-forum demo --fresh             start over

It prints addresses and sign-ins when it is ready. Ctrl-C stops all three nodes; their state is kept
in the folder.")]
    Demo(demo::Arguments),
    /// Bring the database to this version
    Migrate,
    /// Organisations of this node: the actors of the Forum
    #[command(subcommand)]
    Organisation(organisation::Command),
    /// Applications for membership
    #[command(subcommand)]
    Application(application::Command),
    /// People who sign in, each for one organisation
    #[command(subcommand)]
    User(user::Command),
    /// Access tokens for programs
    #[command(subcommand)]
    Token(token::Command),
    /// Moderation of other servers
    #[command(subcommand)]
    Node(node::Command),
    /// The key with which this node accredits others
    #[command(subcommand)]
    Anchor(anchor::Command),
    /// Accreditations: what anchors say of organisations and nodes
    #[command(subcommand)]
    Accreditation(accreditation::Command),
    /// What people here and other servers reported to the administrators
    #[command(subcommand)]
    Report(reports::Command),
    /// The log of decisions about people, organisations and servers
    #[command(subcommand)]
    Audit(audit::Command),
    /// List every HTTP route of this program
    Routes,
    /// Check configuration, database, disk, clock, keys and public address; changes nothing
    Doctor,
}

/// What a command sees of the world.
pub struct Console<'a> {
    pub environment: Vec<(String, String)>,
    pub input: &'a mut dyn Read,
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
}

/// Runs one command line, program name first. The exit status: 0 done, 1
/// refused or failed, 2 wrong usage.
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    console: Console<'_>,
) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            let stream = if usage.use_stderr() {
                console.err
            } else {
                console.out
            };
            report::write(stream, &usage.render().to_string());
            return u8::try_from(usage.exit_code()).unwrap_or(2);
        }
    };
    let Console {
        environment,
        input,
        out,
        err,
    } = console;
    let as_json = cli.json;
    let mut ground = Ground {
        file: cli.config,
        environment,
        as_json,
        input,
        out,
        err,
    };
    let command = cli.command.unwrap_or(Command::Serve);
    let report = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(dispatch(command, &mut ground)));
    match report {
        Ok(report) => report.print(as_json, out, err),
        Err(error) => report::print_failure(&error, as_json, out, err),
    }
}

async fn dispatch(command: Command, ground: &mut Ground<'_>) -> anyhow::Result<Report> {
    match command {
        Command::Serve => serve::run(ground).await,
        Command::Demo(arguments) => demo::run(arguments, ground).await,
        Command::Migrate => migrate::run(ground),
        Command::Organisation(command) => organisation::run(command, ground).await,
        Command::Application(command) => application::run(command, ground).await,
        Command::User(command) => user::run(command, ground).await,
        Command::Token(command) => token::run(command, ground).await,
        Command::Node(command) => node::run(command, ground).await,
        Command::Anchor(command) => anchor::run(command, ground).await,
        Command::Accreditation(command) => accreditation::run(command, ground).await,
        Command::Report(command) => reports::run(command, ground).await,
        Command::Audit(command) => audit::run(command, ground).await,
        Command::Routes => Ok(routes::run()),
        Command::Doctor => doctor::run(ground).await,
    }
}
