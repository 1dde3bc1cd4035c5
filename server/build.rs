//! Migrations are embedded when the server is compiled: a new one must make cargo compile it again.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
