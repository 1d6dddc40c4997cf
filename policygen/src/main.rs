//! The program `policygen`.

fn main() -> policygen::Exit {
    policygen::run()
}
