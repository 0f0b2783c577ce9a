//! What the black-box tests are made of: real nodes as separate processes,
//! real and scripted foreign servers, and clients that speak HTTP to them.
//!
//! Nothing here imports the product: a test knows a node only by its commands
//! and its addresses, as an operator, a client or another server would.

pub mod accredited;
pub mod binary;
pub mod credential;
pub mod database;
pub mod foreign;
pub mod forum;
pub mod front;
pub mod http;
pub mod load;
pub mod mastodon;
pub mod message;
pub mod node;
pub mod outsider;
pub mod port;
pub mod remote;
pub mod rogue;
pub mod script;
pub mod second_factor;
pub mod signing;
pub mod stream;
pub mod sweep;
pub mod visitor;
pub mod wait;

/// Runs tests, each an `async fn name(store: Store)` above, on both databases:
/// as `name::on_sqlite` and `name::on_postgres`.
#[macro_export]
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            use $crate::database::Store;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(Store::Postgres).await;
            }
        })*
    };
}
