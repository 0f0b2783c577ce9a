//! Everything that one reader gets to see: every GET route that the program
//! lists, filled with whatever could lead to an entry, in each media type.
//!
//! A route that is new is asked as well. A parameter that nobody here knows
//! is filled with every value that there is.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, header::ACCEPT};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    http::{ACTIVITY_JSON, HTML},
    node::{Node, text},
    signing::{Key, sign_get},
};

/// Requests of one reader at a time.
const AT_ONCE: usize = 4;

/// Most addresses of a route with several parameters in which each value of
/// one meets each of the others.
const MOST_PAIRS: usize = 40;

const JSON: &str = "application/json";

/// The paths of all GET routes, as patterns.
pub fn routes(node: &Node) -> Vec<String> {
    let listed = node.command(&["routes"]);
    let routes = listed["routes"].as_array().cloned().unwrap_or_default();
    let gets = routes.iter().filter(|route| route["method"] == "GET");
    gets.map(|route| text(route, "path")).collect()
}

/// What could lead to an entry. None of it is a word that must not be seen.
#[derive(Debug, Clone, Default)]
pub struct Lures {
    /// Ids of entries on the node that is asked.
    pub entries: Vec<String>,
    /// Their wire ids.
    pub uris: Vec<String>,
    /// Ids of organisations on the node.
    pub organisations: Vec<String>,
    pub handles: Vec<String>,
    /// Ids of activities about the entries.
    pub activities: Vec<String>,
    /// A hashtag, and a word in each text.
    pub tag: String,
    pub word: String,
    /// `host:port` of the node, for WebFinger.
    pub authority: String,
}

impl Lures {
    /// For a parameter that nobody here knows: every entry, and one of each of
    /// the rest.
    fn everything(&self) -> Vec<String> {
        let mut all = self.entries.clone();
        for list in [&self.organisations, &self.handles, &self.activities] {
            all.extend(list.first().cloned());
        }
        all.extend([self.tag.clone(), self.word.clone(), "1".to_owned()]);
        all
    }

    /// What a parameter may stand for, by its name and by what stands before it.
    fn values(&self, parameter: &str, before: &str) -> Vec<String> {
        match (parameter, before) {
            ("handle", _) => self.handles.clone(),
            ("tag", _) => vec![self.tag.clone()],
            ("id", "entries" | "statuses") => self.entries.clone(),
            ("id", parameter) if parameter.starts_with("@{") => self.entries.clone(),
            ("id", "accounts" | "organisations") => self.organisations.clone(),
            ("id", "activities") => self.activities.clone(),
            _ => self.everything(),
        }
    }

    /// The addresses that a pattern stands for, each with these readings of its
    /// query.
    fn addresses(&self, pattern: &str) -> Vec<String> {
        let segments: Vec<&str> = pattern.split('/').skip(1).collect();
        let mut paths = vec![String::new()];
        for (place, segment) in segments.iter().enumerate() {
            let Some((head, rest)) = segment.split_once('{') else {
                paths
                    .iter_mut()
                    .for_each(|path| *path += &format!("/{segment}"));
                continue;
            };
            let before = place.checked_sub(1).map_or("", |place| segments[place]);
            let name = rest.trim_end_matches('}').trim_start_matches('*');
            let values = self.values(name, before);
            paths = join(&paths, &values, head);
        }
        if pattern.contains('{') {
            // Collections of the wire have their items on pages.
            let is_list = !pattern.ends_with('}') && !pattern.starts_with("/api/");
            let pages = paths.iter().map(|path| format!("{path}?page=true"));
            let pages: Vec<String> = pages.filter(|_| is_list).collect();
            return [paths, pages].concat();
        }
        let mut queries = vec![String::new(), format!("?q={}", self.word), self.all_keys()];
        if ["search", "find"].iter().any(|word| pattern.contains(word)) {
            let resolving = |uri: &String| format!("?q={}&resolve=true", encode(uri));
            queries.extend(self.uris.iter().map(resolving));
        }
        let path = &paths[0];
        queries
            .iter()
            .map(|query| format!("{path}{query}"))
            .collect()
    }

    /// Every key that asks for something anywhere.
    fn all_keys(&self) -> String {
        let handle = self.handles.first().map_or("", String::as_str);
        let mut query = format!(
            "?q={}&resource=acct:{handle}@{}&acct={handle}&page=true&limit=40",
            self.word, self.authority
        );
        for id in &self.entries {
            query += &format!("&id[]={id}&id={id}&reply_to={id}&in_reply_to={id}&status_id={id}");
        }
        for uri in &self.uris {
            query += &format!("&uri={0}&url={0}&of={0}", encode(uri));
        }
        query
    }
}

/// Each path with each value, or, where that would be too many, each with one.
fn join(paths: &[String], values: &[String], head: &str) -> Vec<String> {
    let of = |path: &String, value: &String| format!("{path}/{head}{}", encode(value));
    if paths.len() * values.len() <= MOST_PAIRS || paths.len() == 1 {
        let all = paths
            .iter()
            .flat_map(|path| values.iter().map(move |value| of(path, value)));
        return all.collect();
    }
    let most = paths.len().max(values.len());
    let pairs = (0..most).map(|turn| of(&paths[turn % paths.len()], &values[turn % values.len()]));
    pairs.collect()
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// As what a route is asked. Programs' addresses answer in one way only.
fn media(pattern: &str) -> &'static [&'static str] {
    let leads_to_entries = ["/entries/{", "/activities/{", "/@{"];
    if pattern.starts_with("/api/") {
        &[JSON]
    } else if leads_to_entries
        .iter()
        .any(|start| pattern.starts_with(start))
    {
        &[HTML, ACTIVITY_JSON, JSON]
    } else {
        &[HTML, ACTIVITY_JSON]
    }
}

/// As whom a node is asked.
#[derive(Clone)]
pub enum As {
    Nobody,
    /// A person with a token for programs and the cookies of a browser.
    Person {
        token: String,
        cookie: String,
    },
    /// Another server, by signatures with a key of this name.
    Server {
        key: Arc<Key>,
        key_id: String,
    },
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The route.
    pub pattern: String,
    /// Path and query.
    pub address: String,
    pub accept: &'static str,
    pub status: u16,
    /// Headers and body, in lower case.
    pub text: String,
}

/// Asks a node for everything, as one reader.
///
/// # Panics
/// When a route does not answer, or fails.
pub async fn sweep(origin: &str, patterns: &[String], lures: &Lures, reader: &As) -> Vec<Answer> {
    let client = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30));
    let client = client.build().expect("a plain client can be built");
    let (places, mut tasks) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for pattern in patterns {
        for address in lures.addresses(pattern) {
            for &accept in media(pattern) {
                let (client, places) = (client.clone(), places.clone());
                let (origin, reader) = (origin.to_owned(), reader.clone());
                let (pattern, address) = (pattern.clone(), address.clone());
                tasks.spawn(async move {
                    let _place = places.acquire().await.expect("nobody closes it");
                    let request = client
                        .get(format!("{origin}{address}"))
                        .header(ACCEPT, accept);
                    let (status, text) = ask(request, &origin, &address, &reader).await;
                    Answer {
                        pattern,
                        address,
                        accept,
                        status,
                        text,
                    }
                });
            }
        }
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by(|one, other| one.address.cmp(&other.address));
    for answer in &answers {
        let Answer {
            address, status, ..
        } = answer;
        assert!(*status < 500 && *status > 0, "{address} answered {status}");
    }
    answers
}

async fn ask(
    mut request: reqwest::RequestBuilder,
    origin: &str,
    address: &str,
    reader: &As,
) -> (u16, String) {
    match reader {
        As::Nobody => {}
        As::Person { token, cookie } => {
            request = request.bearer_auth(token).header("cookie", cookie);
        }
        As::Server { key, key_id } => {
            let host = origin.trim_start_matches("http://");
            for (name, value) in sign_get(key, key_id, host, address) {
                request = request.header(name, value);
            }
        }
    }
    let Ok(response) = request.send().await else {
        return (0, String::new());
    };
    let status = response.status().as_u16();
    let mut text = String::new();
    for (name, value) in response.headers() {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    // A stream tells what happens from now on, and never ends by itself.
    if text.contains("content-type: text/event-stream") {
        return (status, text.to_lowercase());
    }
    let packed = ["application/gzip", "image/"];
    let is_packed = packed
        .iter()
        .any(|kind| text.contains(&format!("content-type: {kind}")));
    match response.bytes().await {
        // No text of a reader's is in there, and it is long.
        Ok(_) if is_packed => {}
        Ok(body) => text += &String::from_utf8_lossy(&body),
        // Whatever came before it broke off or took too long is no answer.
        Err(_) => return (0, text.to_lowercase()),
    }
    (status, text.to_lowercase())
}
