//! The demonstration: three nodes in one command.

use std::{
    io::Read,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use federation_tests::{
    binary::{self, Environment},
    forum::Forum,
    http::{self, HTML},
    node, wait,
};
use tempfile::TempDir;

/// A running demonstration; stopped when dropped.
struct Demo {
    child: Child,
    output: Arc<Mutex<String>>,
}

impl Demo {
    fn start(directory: &TempDir, port: u16, fresh: bool) -> Self {
        let mut command = binary::command(&Environment::new());
        command
            .arg("demo")
            .arg("--dir")
            .arg(directory.path())
            .args(["--port", &port.to_string()]);
        if fresh {
            command.arg("--fresh");
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program can be started");
        let output = Arc::new(Mutex::new(String::new()));
        let copy = output.clone();
        let mut stdout = child.stdout.take().expect("stdout is piped");
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                copy.lock().expect("no holder panics").push_str(&text);
            }
        });
        Self { child, output }
    }

    fn output(&self) -> String {
        self.output.lock().expect("no holder panics").clone()
    }

    /// The addresses that were printed, once all three answer.
    async fn origins(&self) -> Vec<String> {
        wait::until("three nodes", || async {
            let mut origins = Vec::new();
            for word in self.output().split_whitespace() {
                let Ok(url) = url::Url::parse(word) else {
                    continue;
                };
                let origin = url.origin().ascii_serialization();
                if origin.contains(".localhost:") && !origins.contains(&origin) {
                    origins.push(origin);
                }
            }
            (origins.len() == 3).then_some(origins)
        })
        .await
    }

    fn stop(mut self) {
        node::terminate(self.child.id());
        let status = self.child.wait().expect("a child can be waited for");
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn titles(origin: &str) -> Vec<String> {
    let entries = Forum::anonymous(origin).all_entries().await;
    let mut titles: Vec<String> = entries
        .iter()
        .map(|entry| entry["title"].to_string())
        .collect();
    titles.sort();
    titles
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_shows_three_nodes_that_follow_each_other_and_keeps_its_state() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let ports: Vec<_> = (0..3)
        .map(|_| federation_tests::port::Port::reserve())
        .collect();
    let port = ports[0].number();
    let demo = Demo::start(&directory, port, false);
    let origins = demo.origins().await;
    for origin in &origins {
        wait::until("the node", || async {
            let reply = http::get(&format!("{origin}/readyz")).try_send().await?;
            (reply.status == 200).then_some(())
        })
        .await;
        let page = http::get(origin)
            .accept(HTML)
            .send()
            .await
            .expect(200)
            .text();
        assert!(page.contains("everything here is invented"), "{page}");
    }
    wait::until("entries of one node on another", || async {
        let mut remote = 0;
        for origin in &origins {
            for entry in Forum::anonymous(origin).all_entries().await {
                remote += usize::from(entry["author"]["local"] == false);
            }
        }
        (remote > 0).then_some(())
    })
    .await;
    let before = titles(&origins[0]).await;
    assert!(!before.is_empty());
    demo.stop();

    let again = Demo::start(&directory, port, false);
    let origins = again.origins().await;
    let after = wait::until("the same entries", || async {
        http::get(&format!("{}/readyz", origins[0]))
            .try_send()
            .await?;
        let titles = titles(&origins[0]).await;
        (titles.len() >= before.len()).then_some(titles)
    })
    .await;
    assert!(
        before.iter().all(|title| after.contains(title)),
        "{before:?}\n{after:?}"
    );
    again.stop();
}
