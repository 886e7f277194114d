//! The `meshc` command.

fn main() -> std::process::ExitCode {
    meshc::cli::main()
}
