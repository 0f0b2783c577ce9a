//! What a scripted server shows of accreditations, true or forged, and what it
//! reads in the name of its actors.

use serde_json::{Value, json};

use crate::{
    http::{self, ACTIVITY_JSON, Reply, Request},
    remote::{Answer, Remote},
    signing::sign_get,
};

impl Remote {
    /// The wire id of one of its actors.
    pub fn actor_of(&self, name: &str) -> String {
        self.at(&format!("/users/{name}"))
    }

    /// Makes an actor findable that lists an Ed25519 key and shows these
    /// credentials. It signs requests with the server's own RSA key.
    pub fn show(&self, name: &str, multikey: &str, credentials: &[Value]) {
        self.introduce(name, &self.key);
        let document = self.actor_document(name, &self.key);
        self.show_as(&format!("/users/{name}"), document, multikey, credentials);
    }

    /// The same for the actor of the server itself, at `/actor`.
    pub fn show_node(&self, multikey: &str, credentials: &[Value]) {
        let actor = self.at("/actor");
        let mut document = self.actor_document("actor", &self.key);
        document["id"] = json!(actor);
        document["type"] = json!("Application");
        document["inbox"] = json!(self.at("/inbox"));
        document["outbox"] = json!(format!("{actor}/outbox"));
        document["url"] = json!(actor);
        for unused in ["followers", "following"] {
            document.as_object_mut().expect("an actor").remove(unused);
        }
        document["publicKey"]["id"] = json!(format!("{actor}#main-key"));
        document["publicKey"]["owner"] = json!(actor);
        self.show_as("/actor", document, multikey, credentials);
    }

    fn show_as(&self, path: &str, mut document: Value, multikey: &str, credentials: &[Value]) {
        let actor = self.at(path);
        document["assertionMethod"] = json!([{
            "id": format!("{actor}#ed25519-key"),
            "type": "Multikey",
            "controller": actor,
            "publicKeyMultibase": multikey,
        }]);
        let shown = format!("{path}/accreditations");
        document["accreditations"] = json!(self.at(&shown));
        self.say(path, Answer::Document(document));
        let collection = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.at(&shown),
            "type": "Collection",
            "totalItems": credentials.len(),
            "items": credentials,
        });
        self.say(&shown, Answer::Document(collection));
    }

    /// A request in the name of one of its actors, for a path with its query.
    pub fn signed(&self, name: &str, origin: &str, path: &str) -> Request {
        let host = origin.trim_start_matches("http://");
        let key_id = format!("{}#main-key", self.actor_of(name));
        let mut request = http::get(&format!("{origin}{path}"));
        for (header, value) in sign_get(&self.key, &key_id, host, path) {
            request = request.header(header, &value);
        }
        request
    }

    /// Reads a document in the name of one of its actors.
    pub async fn read_as(&self, name: &str, origin: &str, path: &str) -> Reply {
        let request = self.signed(name, origin, path);
        request.accept(ACTIVITY_JSON).send().await
    }

    /// Signs as one of its actors and sends to an inbox of a server.
    pub async fn deliver_as(&self, name: &str, origin: &str, activity: &Value) -> Reply {
        let mut delivery = self.delivery(origin, activity.to_string().into_bytes());
        delivery.key_id = format!("{}#main-key", self.actor_of(name));
        let signature = delivery.signature(&self.key);
        crate::remote::send(&delivery, Some(&signature)).await
    }
}
