//! Mails, through a mail server that the test plays: one-time links, and the
//! news of applications.

mod applicants;

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use chrono::TimeDelta;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

use crate::{
    app,
    domain::{
        account::Role,
        organisation::Category,
        task::{Pace, Task},
    },
    operations::people,
    storage::{Db, tasks, testing::on_both},
    tests::{
        browser::{Browser, PASSWORD, location},
        test_app::TestApp,
    },
};

const EMAIL: &str = "focal@moj.example";

/// A mail server that keeps what it takes, and refuses the first `refuse`.
struct Server {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(refuse: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let taken: Arc<Mutex<Vec<String>>> = Arc::default();
        let mails = taken.clone();
        tokio::spawn(async move {
            let mut refuse = refuse;
            while let Ok((stream, _)) = listener.accept().await {
                let refused = refuse > 0;
                refuse = refuse.saturating_sub(1);
                if let Some(mail) = serve(stream, refused).await {
                    mails.lock().await.push(mail);
                }
            }
        });
        Self { port, taken }
    }

    async fn mails(&self) -> Vec<String> {
        self.taken.lock().await.clone()
    }

    /// Waits until there are so many.
    async fn wait_for(&self, count: usize) -> Vec<String> {
        for _ in 0..600 {
            if self.taken.lock().await.len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.mails().await
    }
}

/// One conversation (RFC 5321); the mail that was sent in it.
async fn serve(stream: TcpStream, refused: bool) -> Option<String> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 test\r\n").await.ok()?;
    while let Ok(Some(line)) = lines.next_line().await {
        let word = line.to_ascii_uppercase();
        let answer = match word.get(..4)? {
            "EHLO" => "250 test\r\n",
            "RCPT" if refused => "451 not now\r\n",
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await.ok()?;
                let mut mail = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                writing.write_all(b"250 taken\r\n").await.ok()?;
                return Some(mail);
            }
            _ => "250 ok\r\n",
        };
        writing.write_all(answer.as_bytes()).await.ok()?;
    }
    None
}

async fn node(db: Db, server: &Server) -> TestApp {
    let port = server.port.to_string();
    let settings = [
        ("VIRTUAL_FORUM_MAIL__HOST", "127.0.0.1"),
        ("VIRTUAL_FORUM_MAIL__PORT", port.as_str()),
        ("VIRTUAL_FORUM_MAIL__SECURITY", "none"),
        ("VIRTUAL_FORUM_MAIL__FROM", "Forum <forum@n.example>"),
        ("VIRTUAL_FORUM_DELIVERY__RETRY_AFTER", "[\"1s\"]"),
    ];
    let node = TestApp::with(db, &settings);
    node.organisation("moj", Category::CivilSociety).await;
    let forum = &node.app.forum;
    let password = Some(PASSWORD.into());
    let made = people::create(forum, None, EMAIL, "moj", Role::FocalPoint, password).await;
    made.expect("an account");
    node
}

/// The path of the link in a mail, which may be broken over lines.
fn link(mail: &str) -> String {
    let whole = mail.replace("=\n", "");
    let (_, rest) = whole.split_once("https://n.example").expect("a link");
    let (_, rest) = rest.split_once("https://n.example").unwrap_or(("", rest));
    let path = rest.split_whitespace().next().unwrap_or_default();
    path.to_owned()
}

#[test]
fn a_forgotten_password_is_chosen_anew_through_a_link_that_came_by_mail() {
    on_both(async |db| {
        let server = Server::start(0).await;
        let node = node(db, &server).await;
        let work = app::start_work(&node.app);
        let mut browser = Browser::new(&node);
        assert!(
            browser
                .open("/sign-in")
                .await
                .body
                .contains("href=\"/forgotten\"")
        );
        let page = "/forgotten";
        let known = browser
            .submit(page, page, &[("email", "Focal@moj.example ")])
            .await;
        assert_eq!(known.status, StatusCode::OK);
        let unknown = browser
            .submit(page, page, &[("email", "no@moj.example")])
            .await;
        assert_eq!(known.body, unknown.body);
        let mails = server.wait_for(1).await;
        let path = link(&mails[0]);
        assert!(path.starts_with("/links/"), "{}", mails[0]);
        assert!(mails[0].contains("To: focal@moj.example"), "{}", mails[0]);
        assert!(mails[0].contains("From: ") && mails[0].contains("forum@n.example"));
        let new = [
            ("password", "another long password"),
            ("repeat", "another long password"),
        ];
        let done = browser.submit(&path, &path, &new).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let again = Browser::new(&node).open(&path).await;
        assert_eq!(again.status, StatusCode::GONE);
        assert_eq!(server.mails().await.len(), 1, "nobody else got one");
        work.stop(Duration::from_secs(5)).await;
    });
}

#[test]
fn what_the_mail_server_refuses_is_sent_again_later_with_a_link_that_works() {
    on_both(async |db| {
        let server = Server::start(1).await;
        let node = node(db, &server).await;
        people::mails::ask_for_link(&node.app.forum, EMAIL)
            .await
            .expect("asked");
        let work = app::start_work(&node.app);
        for _ in 0..100 {
            if !server.mails().await.is_empty() {
                break;
            }
            node.pass(TimeDelta::seconds(2));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let mails = server.wait_for(1).await;
        let opened = Browser::new(&node).open(&link(&mails[0])).await;
        assert_eq!(opened.status, StatusCode::OK);
        work.stop(Duration::from_secs(5)).await;
    });
}

/// What waits to be mailed.
async fn waiting(node: &TestApp) -> Vec<Task> {
    let forum = &node.app.forum;
    let claimed = forum.write(|conn, forum| {
        tasks::claim(
            conn,
            Pace::Mailing,
            forum.now(),
            100,
            Duration::from_secs(60),
        )
    });
    let claimed = claimed.await.expect("claimed").into_iter();
    claimed.map(|one| one.task).collect()
}

#[test]
fn asking_often_queues_one_mail_and_stores_no_link() {
    on_both(async |db| {
        let server = Server::start(0).await;
        let node = node(db, &server).await;
        let forum = &node.app.forum;
        for email in [EMAIL, EMAIL, "FOCAL@moj.example", "nobody@moj.example"] {
            people::mails::ask_for_link(forum, email)
                .await
                .expect("asked");
        }
        let waiting = waiting(&node).await;
        assert_eq!(waiting.len(), 2, "one for each address, known or not");
        assert!(!format!("{waiting:?}").contains("/links/"));
    });
}

#[test]
fn an_account_that_may_not_sign_in_gets_no_mail_and_nobody_gets_many() {
    on_both(async |db| {
        use crate::{
            domain::mail::Occasion,
            operations::people::mails::{Worded, word},
        };
        let server = Server::start(0).await;
        let node = node(db, &server).await;
        let forum = &node.app.forum;
        let worded = async |email| {
            word(forum, email, Occasion::Forgotten)
                .await
                .expect("worded")
        };
        assert_eq!(worded("nobody@moj.example").await, Worded::Nothing);
        assert!(matches!(worded(EMAIL).await, Worded::Letter(_)));
        assert!(matches!(worded(EMAIL).await, Worded::NotBefore(_)));
        node.pass(TimeDelta::minutes(6));
        assert!(matches!(worded(EMAIL).await, Worded::Letter(_)));
        let token = node.token("moj", Role::Reader, "read").await;
        let reader = node.person(&token).await.user;
        people::set_disabled(forum, None, reader.id, true)
            .await
            .expect("disabled");
        assert_eq!(worded(reader.email.as_str()).await, Worded::Nothing);
    });
}

#[test]
fn with_a_mail_server_links_are_mailed_and_without_one_they_are_shown() {
    on_both(async |db| {
        let server = Server::start(0).await;
        let node = node(db, &server).await;
        let mut administrator = Browser::signed_in(&node, "moj", Role::Administrator).await;
        let page = "/admin/users";
        let new = [
            ("email", "new@moj.example"),
            ("organisation", "moj"),
            ("role", "reader"),
        ];
        let made = administrator.submit(page, page, &new).await;
        assert_eq!(location(&made), "/admin/users?done=link-mailed");
        assert_eq!(waiting(&node).await.len(), 1);
        let without = TestApp::new(node.app.forum.db.clone());
        let page = Browser::new(&without).open("/forgotten").await.body;
        assert!(page.contains("This node sends no mails"));
        assert!(!page.contains("<form method=\"post\" action=\"/forgotten\""));
    });
}
