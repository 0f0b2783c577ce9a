//! Accreditation: whom this node trusts, what its own anchor needs, and up to
//! which audience it may store what others write.

use super::Finding;
use crate::{
    app::App,
    domain::audience::Tier,
    federation::signatures::PrivateKey,
    operations::accreditations::may_store,
    storage::{
        self,
        accreditations::{self, StoredAnchor},
    },
};

const CHECK: &str = "accreditation";

pub(super) async fn examine(app: &App) -> Finding {
    let forum = app.forum.clone();
    let found = app.forum.db.read(move |conn| -> Result<_, storage::Error> {
        let anchor = accreditations::anchor(conn)?;
        let stores = may_store(conn, &forum, &forum.urls.node_actor())?;
        Ok((anchor, stores))
    });
    match found.await {
        Ok((anchor, stores)) => judge(app, anchor.as_ref(), stores),
        Err(error) => Finding::failed(CHECK, error.to_string()),
    }
}

fn judge(app: &App, anchor: Option<&StoredAnchor>, stores: Tier) -> Finding {
    let trust = &app.forum.trust;
    if let Some(anchor) = anchor
        && !signs(anchor)
    {
        let detail = "the key of this node's anchor cannot be read, or is not the key of its did: \
                      restore the database from a backup";
        return Finding::failed(CHECK, detail);
    }
    let own = match anchor {
        Some(anchor) if !trust.knows(&anchor.did) => Some(anchor),
        Some(_) | None => None,
    };
    match (trust.stands_alone(), own, stores) {
        (true, None, _) => Finding::ok(
            CHECK,
            "no anchor is trusted: this node's own word counts, and nothing that is not public \
             leaves it",
        ),
        (_, Some(anchor), _) => Finding::warning(
            CHECK,
            format!(
                "this node does not trust its own anchor: list {} under trust.anchors",
                anchor.did
            ),
        ),
        (false, None, Tier::Public) => Finding::warning(
            CHECK,
            format!(
                "this node has no membership: other nodes send it only what is public. Ask an \
                 anchor to accredit {}",
                app.forum.urls.node_actor()
            ),
        ),
        (false, None, tier @ (Tier::Members | Tier::Preferential)) => Finding::ok(
            CHECK,
            format!(
                "{} trusted; this node may store what is for {tier}",
                match trust.anchors().len() {
                    1 => "1 anchor is".to_owned(),
                    count => format!("{count} anchors are"),
                }
            ),
        ),
    }
}

/// Is its private key there, and the one that its did names?
fn signs(anchor: &StoredAnchor) -> bool {
    let Ok(private) = PrivateKey::from_pem(&anchor.private_key) else {
        return false;
    };
    let public = private.public().ok().and_then(|key| key.to_multibase());
    public.is_some_and(|public| public == anchor.did.multikey())
}
