//! The `meshc` command.

fn main() {}
