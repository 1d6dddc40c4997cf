//! The program `desk`.

fn main() -> desk::Exit {
    desk::run()
}
