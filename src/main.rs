//! The `meshc` command.

/// The system's allocator spends a quarter of a run on small values. Version 2 asks for huge pages: most of what version 3
/// took was the kernel's time for one page of 4 KiB after the other. (It also takes a slower way for values whose size is
/// no power of two.)
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    meshc::cli::main()
}
