//! The binary: everything is in the library, so that the tests can call it.

/// Gives memory back to the system soon after a crowd has left, which glibc's allocator does late or never.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::cli::main()
}
