//! The keys: the node's own actor and every organisation of this node has an
//! RSA and an Ed25519 key, each with its private half.

use url::Url;

use super::Finding;
use crate::{
    app::App,
    domain::organisation::OrganisationState,
    federation::signatures::{PrivateKey, keys::Kind},
    storage::{
        self,
        keys::{self, StoredKey},
        organisations,
    },
};

const CHECK: &str = "keys";

pub(super) async fn examine(app: &App) -> Finding {
    let node = app.forum.urls.node_actor();
    let found = app.forum.db.read(move |conn| {
        let mut owners = vec![node];
        let local = organisations::all_local(conn)?;
        owners.extend(
            local
                .into_iter()
                .filter(|one| one.state != OrganisationState::Deleted)
                .map(|one| one.uri),
        );
        owners
            .into_iter()
            .map(|owner| Ok((keys::of_owner(conn, &owner)?, owner)))
            .collect::<Result<Vec<(Vec<StoredKey>, Url)>, storage::Error>>()
    });
    match found.await {
        Ok(owners) => judge(&owners),
        Err(error) => Finding::failed(CHECK, error.to_string()),
    }
}

fn judge(owners: &[(Vec<StoredKey>, Url)]) -> Finding {
    if let [(keys, _node)] = owners
        && keys.is_empty()
    {
        return Finding::warning(CHECK, "none yet; the first start makes the node's own");
    }
    let mut faults = Vec::new();
    for (keys, owner) in owners {
        let kinds: Vec<Kind> = keys.iter().filter_map(usable).collect();
        for (kind, name) in [(Kind::Rsa, "RSA"), (Kind::Ed25519, "Ed25519")] {
            if !kinds.contains(&kind) {
                faults.push(format!("{owner} has no usable {name} key"));
            }
        }
    }
    if faults.is_empty() {
        Finding::ok(CHECK, format!("usable, of {} actors", owners.len()))
    } else {
        Finding::failed(CHECK, faults.join("; "))
    }
}

/// The kind of a key whose private half can be read and fits the public one.
fn usable(key: &StoredKey) -> Option<Kind> {
    let private = PrivateKey::from_pem(key.private_key.as_deref()?).ok()?;
    let public = private.public().ok()?;
    let text = public.to_multibase().unwrap_or_else(|| public.to_pem());
    (text == key.public_key).then(|| private.kind())
}
