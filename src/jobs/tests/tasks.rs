use super::*;
use crate::{
    domain::id::{ActivityId, ApplicationEventId, ApplicationId, OrganisationId, TaskId},
    storage::{
        samples::prepare,
        tasks::{self, Backlog},
        testing::{TestDatabase, on_both, on_both_databases},
    },
};

/// Runs tasks by a script, which is given the number in the task and how
/// often that was run before.
struct Working {
    run: Box<dyn Fn(i64, usize) -> BoxFuture<'static, anyhow::Result<Next>> + Send + Sync>,
    ran: Mutex<Vec<i64>>,
}

impl Working {
    fn new(
        run: impl Fn(i64, usize) -> BoxFuture<'static, anyhow::Result<Next>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            run: Box::new(run),
            ran: Mutex::default(),
        })
    }

    fn ran(&self) -> Vec<i64> {
        self.ran.lock().expect("not poisoned").clone()
    }
}

impl Work for Working {
    fn run(&self, task: Task) -> BoxFuture<'_, anyhow::Result<Next>> {
        let number = match task {
            Task::Distribute { activity } => activity.0,
            Task::ReadHistory { organisation }
            | Task::ReadPins { organisation }
            | Task::CompareFollowers { organisation, .. } => organisation.0,
            Task::ReadConversation { entry } => entry.0,
            Task::TakeAgain { sender, .. } => sender.0,
            Task::MailApplicant { application, .. } => application.0,
            Task::MailLink { .. }
            | Task::Sweep
            | Task::KeepAccreditations
            | Task::AskForLists
            | Task::AskForAccreditations => return Idle.run(task),
        };
        let mut ran = self.ran.lock().expect("not poisoned");
        let before = ran.iter().filter(|one| **one == number).count();
        ran.push(number);
        (self.run)(number, before)
    }
}

/// Waits for another server.
fn asking(number: i64) -> Task {
    Task::ReadHistory {
        organisation: OrganisationId(number),
    }
}

fn mail(number: i64) -> Task {
    Task::MailApplicant {
        application: ApplicationId(number),
        event: ApplicationEventId(number),
    }
}

fn distribute(number: i64) -> Task {
    Task::Distribute {
        activity: ActivityId(number),
    }
}

async fn enqueue(db: &Db, number: i64, task: Task) {
    write(db, move |conn| {
        tasks::enqueue(conn, TaskId(number), &task, at(0))
    })
    .await;
}

async fn backlog(db: &Db) -> Backlog {
    write(db, tasks::count).await
}

/// Only the tasks that repeat for ever are left.
const DONE: Backlog = Backlog {
    waiting: 4,
    dead: 0,
};

fn no_hosts() -> Arc<Script> {
    Script::new(|_, _| taken())
}

#[test]
fn a_task_is_run_until_it_goes_well() {
    on_both(async |db| {
        let work = Working::new(|_, before| {
            Box::pin(async move {
                match before {
                    0 => anyhow::bail!("no luck"),
                    1 => panic!("a bug"),
                    _ => Ok(Next::Done),
                }
            })
        });
        enqueue(&db, 10, asking(10)).await;
        let rig = start_working(&db, fast(), &no_hosts(), work.clone());
        until("it ran three times", async || work.ran().len() >= 3).await;
        until("it is done", async || backlog(&db).await == DONE).await;
        rig.runner.stop(SOON).await;
        assert_eq!(work.ran(), [10, 10, 10]);
    });
}

#[test]
fn a_task_that_never_goes_well_is_given_up_and_kept() {
    on_both(async |db| {
        let work = Working::new(|_, _| Box::pin(async { anyhow::bail!("no luck") }));
        enqueue(&db, 10, asking(10)).await;
        let settings = Settings {
            retry_after: vec![ms(1)],
            ..fast()
        };
        let rig = start_working(&db, settings, &no_hosts(), work.clone());
        until("it is dead", async || backlog(&db).await.dead == 1).await;
        rig.runner.stop(SOON).await;
        assert_eq!(work.ran().len(), 20);
    });
}

#[test]
fn tasks_run_at_once_but_not_too_many() {
    on_both(async |db| {
        let now = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (counter, highest) = (Arc::clone(&now), Arc::clone(&most));
        let work = Working::new(move |_, _| {
            let (now, most) = (Arc::clone(&counter), Arc::clone(&highest));
            Box::pin(async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(ms(20)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(Next::Done)
            })
        });
        for number in 10..30 {
            enqueue(&db, number, asking(number)).await;
        }
        let rig = start_working(&db, fast(), &no_hosts(), work);
        until("all are done", async || backlog(&db).await == DONE).await;
        rig.runner.stop(SOON).await;
        assert_eq!(most.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn activities_are_distributed_one_after_the_other_in_their_order() {
    on_both(async |db| {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&ended);
        let work = Working::new(move |number, _| {
            let log = Arc::clone(&log);
            Box::pin(async move {
                // The first would take longest.
                sleep(ms(40 - u64::try_from(number).expect("positive"))).await;
                log.lock().expect("not poisoned").push(number);
                Ok(Next::Done)
            })
        });
        for number in 10..30 {
            enqueue(&db, number, distribute(number)).await;
        }
        let rig = start_working(&db, fast(), &no_hosts(), work);
        until("all are done", async || backlog(&db).await == DONE).await;
        rig.runner.stop(SOON).await;
        let ended = ended.lock().expect("not poisoned").clone();
        assert!(ended.is_sorted(), "{ended:?}");
    });
}

#[test]
fn what_a_task_queues_is_sent_without_waiting_for_the_next_look() {
    on_both(async |db| {
        prepare(&db, 1).await;
        let queueing = db.clone();
        let work = Working::new(move |_, _| {
            let db = queueing.clone();
            Box::pin(async move {
                queue(&db, to_host("a.example", 1..=1)).await;
                Ok(Next::Done)
            })
        });
        let settings = Settings {
            poll: Duration::from_secs(3_600),
            ..fast()
        };
        let script = no_hosts();
        let rig = start_working(&db, settings, &script, work);
        sleep(ms(100)).await;
        enqueue(&db, 10, distribute(10)).await;
        rig.wake.notify_one();
        until("it is taken", async || script.all_taken() == 1).await;
        rig.runner.stop(SOON).await;
    });
}

#[test]
fn a_stop_waits_for_the_tasks_that_run_and_begins_no_more() {
    on_both(async |db| {
        let work = Working::new(|_, _| {
            Box::pin(async {
                sleep(ms(200)).await;
                Ok(Next::Done)
            })
        });
        for number in 10..20 {
            enqueue(&db, number, asking(number)).await;
        }
        let rig = start_working(&db, fast(), &no_hosts(), work.clone());
        until("some run", async || !work.ran().is_empty()).await;
        rig.runner.stop(SOON).await;
        let ran = i64::try_from(work.ran().len()).expect("few");
        assert!(ran <= 8, "{ran}");
        assert_eq!(backlog(&db).await.waiting, 14 - ran);
    });
}

#[test]
fn a_process_that_slept_through_its_leases_does_not_begin_again_what_it_is_at() {
    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, to_host("a.example", 1..=1)).await;
        enqueue(&db, 10, asking(10)).await;
        let work = Working::new(|_, _| Box::pin(std::future::pending()));
        let script = Script::new(|_, _| (Duration::from_secs(3_600), Outcome::Delivered));
        let settings = Settings {
            lease: ms(30_000),
            ..fast()
        };
        let rig = start_working(&db, settings, &script, work.clone());
        let begun = || (script.sent("a.example"), work.ran().len());
        until("both are begun", async || begun() == (1, 1)).await;
        rig.ahead.store(60, Ordering::Relaxed);
        let before = rig.looks.load(Ordering::Relaxed);
        until("it looked for work", async || {
            rig.looks.load(Ordering::Relaxed) >= before + 3
        })
        .await;
        assert_eq!(begun(), (1, 1));
        drop(rig);
    });
}

#[test]
fn tasks_that_wait_for_a_slow_server_hold_up_no_others() {
    on_both(async |db| {
        let work = Working::new(|number, _| {
            Box::pin(async move {
                if number < 20 {
                    std::future::pending::<()>().await;
                }
                Ok(Next::Done)
            })
        });
        for number in 10..20 {
            enqueue(&db, number, asking(number)).await;
        }
        enqueue(&db, 20, distribute(20)).await;
        enqueue(&db, 21, mail(21)).await;
        let rig = start_working(&db, fast(), &no_hosts(), work.clone());
        let asking = || work.ran().iter().filter(|one| **one < 20).count();
        until("activity and mail go out beside them", async || {
            let ran = work.ran();
            ran.contains(&20) && ran.contains(&21) && asking() >= 2
        })
        .await;
        assert_eq!(asking(), 2);
        drop(rig);
    });
}

#[test]
fn a_server_that_asks_to_wait_is_asked_again_then_and_not_for_ever() {
    on_both(async |db| {
        let work = Working::new(|_, _| Box::pin(async { Ok(Next::Later(ms(1))) }));
        enqueue(&db, 10, asking(10)).await;
        let rig = start_working(&db, fast(), &no_hosts(), work.clone());
        until("it ran as often as tasks may", async || {
            work.ran().len() >= 20
        })
        .await;
        until("it is over", async || backlog(&db).await == DONE).await;
        rig.runner.stop(SOON).await;
        assert_eq!(work.ran().len(), 20);
    });
}

#[test]
fn of_one_line_the_second_waits_also_in_another_process_and_while_the_first_must_be_repeated() {
    on_both_databases(async |database: &TestDatabase| {
        let dbs = [database.db(), database.db()];
        let done = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&done);
        let work = Working::new(move |number, before| {
            let log = Arc::clone(&log);
            Box::pin(async move {
                if number == 10 && before == 0 {
                    sleep(ms(100)).await;
                    anyhow::bail!("the database is full");
                }
                log.lock().expect("not poisoned").push(number);
                Ok(Next::Done)
            })
        });
        write(&dbs[0], |conn| {
            for (number, line) in [(10, 1), (11, 1), (12, 2), (13, 1)] {
                let (id, task) = (TaskId(number), distribute(number));
                tasks::enqueue_in_line(conn, id, &task, line, at(0))?;
            }
            Ok(())
        })
        .await;
        let rigs = dbs.each_ref().map(|db| {
            // A busy machine may hold a process up for longer than a short time.
            let settings = Settings {
                lease: ms(30_000),
                retry_after: vec![ms(1_000)],
                ..fast()
            };
            let work: Arc<dyn Work> = work.clone();
            start_working(db, settings, &no_hosts(), work)
        });
        until("all are done", async || {
            done.lock().expect("not poisoned").len() >= 4
        })
        .await;
        for rig in rigs {
            rig.runner.stop(SOON).await;
        }
        let done = done.lock().expect("not poisoned").clone();
        let of_line: Vec<i64> = done.iter().copied().filter(|one| *one != 12).collect();
        assert_eq!(of_line, [10, 11, 13]);
        assert_eq!(done[0], 12, "another line does not wait");
    });
}
