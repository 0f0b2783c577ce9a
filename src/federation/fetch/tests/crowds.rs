//! Servers that keep us waiting, and who else waits then.

use tower::Service;

use super::*;
use crate::federation::fetch::{
    connector::{ConnectError, Connector, Places},
    policy::Policy,
};

async fn answering() -> Server {
    Server::start(|request| {
        let host = header(request, "host").unwrap_or_default();
        vec![document(&format!(r#"{{"id":"http://{host}/x"}}"#))]
    })
    .await
}

#[tokio::test]
async fn servers_named_by_anybody_keep_no_delivery_and_no_other_fetch_waiting() {
    let tarpit = Server::start(|_| vec![Step::Hang]).await;
    let well = answering().await;
    let client = client_of(&FetchSettings {
        allowed_addresses: vec![tarpit.authority(), well.authority()],
        max_connections: 2,
        max_unverified: 2,
        ..settings()
    });
    let fetch = |url: Url, budget: Budget| {
        let client = client.clone();
        async move {
            let read = client.get_json(&url, Accept::ActivityPub, None, &budget);
            read.await.map(drop)
        }
    };
    let waiting: Vec<_> = (0..2)
        .map(|_| tokio::spawn(fetch(tarpit.url("/k"), Budget::default().unverified())))
        .collect();
    while tarpit.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let another = fetch(well.url("/x"), Budget::default().unverified()).await;
    assert_eq!(another, Err(FetchError::Busy));
    assert!(!waiting.iter().any(JoinHandle::is_finished));
    assert_eq!(fetch(well.url("/x"), Budget::default()).await, Ok(()));
    let inbox = well.url("/inbox");
    let posted = client.post(&inbox, Default::default(), "{}".into());
    assert!(posted.await.is_ok());
    waiting.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn names_that_are_not_answered_for_hold_up_their_own_kind_only() {
    let server = answering().await;
    let authority = format!("localhost:{}", server.address.port());
    let settings = FetchSettings {
        allowed_addresses: vec![authority.clone()],
        ..settings()
    };
    let policy = Arc::new(Policy::new(&settings));
    let uri: http::Uri = format!("http://{authority}/x").parse().expect("a URI");
    let connect = |places: &Places| {
        let mut connector = Connector::new(policy.clone(), places.clone(), Duration::from_secs(1));
        connector.call(uri.clone())
    };
    let brief = Duration::from_millis(50);
    let (strangers, others) = (Places::new(1, 1, brief), Places::new(1, 1, brief));
    // As while a nameserver leaves the system's resolver waiting.
    let asking = strangers.lookups.clone().acquire_owned().await;
    let stranger = connect(&strangers).await;
    assert_eq!(stranger.map(drop).err(), Some(ConnectError::Busy));
    assert!(connect(&others).await.is_ok());
    drop(asking);
    assert!(connect(&strangers).await.is_ok());
}
