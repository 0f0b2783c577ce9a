//! Every audience × every reader × every route that the program lists, in each
//! media type, on the author's node and on one that received the entries:
//! nothing is seen that is not for the reader, and all that is, is.

use std::collections::BTreeSet;

use federation_tests::{
    accredited::Place,
    database::Store,
    on_both_databases,
    sweep::{Answer, As, routes, sweep},
};

use super::{
    readers::{Reader, readers},
    stage::{Secret, Stage},
};

/// Where somebody with a browser or a program finds an entry.
const SHOWN: [&str; 11] = [
    "/",
    "/entries/{id}",
    "/tags/{tag}",
    "/api/forum/v1/entries",
    "/api/forum/v1/entries/{id}",
    "/api/v1/statuses",
    "/api/v1/statuses/{id}",
    "/api/v1/accounts/{id}/statuses",
    "/api/v1/timelines/public",
    "/api/v1/timelines/tag/{tag}",
    "/api/v2/search",
];

/// The same for a reply.
const REPLY_SHOWN: [&str; 7] = [
    "/entries/{id}",
    "/api/forum/v1/entries",
    "/api/forum/v1/entries/{id}",
    "/api/v1/statuses/{id}",
    "/api/v1/statuses/{id}/context",
    "/api/v1/timelines/tag/{tag}",
    "/api/v2/search",
];

/// Where another server finds an entry.
const SERVED: [&str; 3] = [
    "/entries/{id}",
    "/entries/{id}/proposal",
    "/orgs/{handle}/outbox",
];

impl Reader {
    fn may_read(&self, secret: &Secret) -> bool {
        self.part.contains(&secret.audience)
    }

    /// What the answers show of entries that are not for this reader: their
    /// words, and their ids and addresses where it did not bring them itself.
    fn leaks(&self, answers: &[Answer], secrets: &[Secret]) -> Vec<String> {
        let mut leaks = Vec::new();
        for secret in secrets.iter().filter(|one| !self.may_read(one)) {
            for answer in answers {
                let brought = secret.ids.iter().any(|id| answer.address.contains(id));
                // Administrators see which deliveries wait, by their entries.
                let is_named = !brought && !answer.pattern.contains("/admin");
                let names = [&secret.ids[self.at()], &secret.uri];
                let names = names.into_iter().filter(|_| is_named);
                for word in [&secret.word].into_iter().chain(names) {
                    if let Some(at) = answer.text.find(word.as_str()) {
                        let excerpt = excerpt(&answer.text, at);
                        leaks.push(format!("{}: {excerpt}", self.describe(answer, secret)));
                    }
                }
            }
        }
        leaks
    }

    /// Which of two nodes it reads on.
    fn at(&self) -> usize {
        usize::from(self.place == Place::Third)
    }

    /// Where an entry that is for this reader is not shown.
    fn misses(&self, answers: &[Answer], secrets: &[Secret]) -> Vec<String> {
        let mut misses = Vec::new();
        for secret in secrets.iter().filter(|one| self.may_read(one)) {
            let shows = |answer: &&Answer| answer.text.contains(&secret.word);
            let seen: BTreeSet<&str> = answers
                .iter()
                .filter(shows)
                .map(|answer| answer.pattern.as_str())
                .collect();
            let mut expected: Vec<&str> = match (&self.reads_as, secret.is_reply) {
                (As::Server { .. }, true) => vec![],
                // Another server is told by the node of its author.
                (As::Server { .. }, false) if self.place == Place::Third => vec![],
                (As::Server { .. }, false) => SERVED.to_vec(),
                (As::Nobody | As::Person { .. }, true) => REPLY_SHOWN.to_vec(),
                (As::Nobody | As::Person { .. }, false) => SHOWN.to_vec(),
            };
            if expected == SHOWN {
                // Where its author's page is.
                expected.push(["/orgs/{handle}", "/organisations/{id}"][self.at()]);
            }
            for route in expected.iter().filter(|route| !seen.contains(*route)) {
                misses.push(format!(
                    "{} on {:?}: {route} does not show {}",
                    self.who, self.place, secret.word
                ));
            }
        }
        misses
    }

    /// The author has published one entry for each audience: what counts them
    /// counts those that are for this reader.
    fn miscounts(&self, answers: &[Answer], author: &str) -> Vec<String> {
        let account = format!("/api/v1/accounts/{author}");
        let expected = self.part.len().to_string();
        let mut wrong = Vec::new();
        for (address, key) in [
            (account.as_str(), "\"statuses_count\":"),
            ("/orgs/author/outbox", "\"totalitems\":"),
        ] {
            let answers = answers.iter().filter(|answer| answer.address == address);
            let counts: BTreeSet<String> = answers
                .filter_map(|answer| answer.text.split(key).nth(1))
                .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect())
                .collect();
            let is_counted = address == account || self.place == Place::Hub;
            let right = match (is_counted, &self.reads_as) {
                (false, _) => counts.is_empty(),
                // The outbox is for servers, and counts for others what is public.
                (true, As::Person { .. }) if address != account => counts.contains("1"),
                // A program knows no other servers.
                (true, As::Server { .. }) if address == account => counts.contains("1"),
                (true, As::Nobody | As::Person { .. } | As::Server { .. }) => {
                    counts.contains(&expected)
                }
            };
            if !right || counts.len() > 1 {
                wrong.push(format!(
                    "{} on {:?}: {address} counts {counts:?}",
                    self.who, self.place
                ));
            }
        }
        wrong
    }

    fn describe(&self, answer: &Answer, secret: &Secret) -> String {
        let Answer {
            address,
            accept,
            status,
            ..
        } = answer;
        format!(
            "{} on {:?} sees {} at {address} as {accept} ({status})",
            self.who, self.place, secret.word
        )
    }
}

fn excerpt(text: &str, at: usize) -> String {
    let around = text.char_indices().map(|(place, _)| place);
    let from = around.clone().find(|place| place + 80 >= at).unwrap_or(0);
    let to = around
        .clone()
        .find(|place| *place >= at + 80)
        .unwrap_or(text.len());
    text[from..to].replace('\n', " ")
}

async fn each_reader_sees_its_part_on_every_route_and_nothing_else(store: Store) {
    let stage = Stage::set(store).await;
    let patterns = routes(stage.network.at(Place::Hub));
    assert!(patterns.len() > 100, "{patterns:?}");
    let (mut faults, mut asked) = (Vec::new(), 0);
    for reader in readers(&stage).await {
        let house = match reader.place {
            Place::Third => &stage.third,
            Place::Hub | Place::Second => &stage.hub,
        };
        let origin = stage.network.origin(reader.place);
        let lures = stage.lures(house);
        let answers = sweep(&origin, &patterns, &lures, &reader.reads_as).await;
        let answered: BTreeSet<&String> = answers.iter().map(|answer| &answer.pattern).collect();
        assert_eq!(answered.len(), patterns.len(), "every route was asked");
        asked += answers.len();
        faults.extend(reader.leaks(&answers, &stage.secrets));
        faults.extend(reader.misses(&answers, &stage.secrets));
        faults.extend(reader.miscounts(&answers, &lures.organisations[0]));
    }
    assert!(asked > 10_000, "{asked}");
    let shown: Vec<&String> = faults.iter().take(40).collect();
    assert!(faults.is_empty(), "{} faults: {shown:#?}", faults.len());
}

on_both_databases! {
    each_reader_sees_its_part_on_every_route_and_nothing_else,
}
