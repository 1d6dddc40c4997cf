//! The program `policygen`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> policygen::Exit {
    policygen::run(jiff::Timestamp::now())
}
