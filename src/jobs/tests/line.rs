use super::*;
use crate::storage::{samples::prepare, testing::on_both};

/// Reads before it sends, as the courier does.
struct Reading {
    db: Db,
    sent: AtomicUsize,
}

impl Post for Reading {
    fn send<'a>(&'a self, _: &'a Delivery) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let read = self.db.read(|_| {
                std::thread::sleep(ms(2));
                Ok::<(), Error>(())
            });
            match read.await {
                Ok(()) => {
                    self.sent.fetch_add(1, Ordering::Relaxed);
                    Outcome::Delivered
                }
                Err(error) => failed(&error.to_string()),
            }
        })
    }
}

#[test]
fn many_hosts_that_wait_in_line_to_read_do_not_hold_up_one_another() {
    on_both(async |db| {
        prepare(&db, 120).await;
        for host in 0..40 {
            let ids = host * 3 + 1..=host * 3 + 3;
            queue(&db, to_host(&format!("h{host}.example"), ids)).await;
        }
        let post = Arc::new(Reading {
            db: db.clone(),
            sent: AtomicUsize::new(0),
        });
        // A host that fails is not tried again in the time of this test.
        let settings = Settings {
            lanes: 40,
            retry_after: vec![Duration::from_secs(3_600)],
            ..fast()
        };
        let context = Context {
            settings: Arc::new(settings),
            db: db.clone(),
            now: Arc::new(now),
            jitter: Arc::new(|| 0.0),
            work: Arc::new(Idle),
            post: Arc::clone(&post) as Arc<dyn Post>,
        };
        let runner = Runner::start(context, Arc::default());
        let all = async || post.sent.load(Ordering::Relaxed) == 120;
        until("all are sent", all).await;
        runner.stop(SOON).await;
    });
}
