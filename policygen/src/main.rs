//! The program `policygen`.

fn main() -> policygen::Exit {
    policygen::run(jiff::Timestamp::now())
}
