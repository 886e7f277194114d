//! The `meshc` command.

/// The system's allocator spends a quarter of a run on small values. Without huge pages: to find one, the kernel may
/// have to move memory around for longer than the whole run takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    meshc::cli::main()
}
