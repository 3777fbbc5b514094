//! The command line of the OpenClaw plugin: asks, diagnoses and demonstrates.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
