use std::{io, process::ExitCode};

use virtual_forum::cli::{Console, log_panics, run};

/// Short-lived buffers are most of what a node allocates.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    log_panics();
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        })
        .collect();
    let console = Console {
        environment,
        input: &mut io::stdin(),
        out: &mut io::stdout(),
        err: &mut io::stderr(),
    };
    ExitCode::from(run(std::env::args_os(), console))
}
