//! For whom an object is that arrived, as far as this node may keep it. What is
//! not for everybody is looked at in this order: does its author bring it, is
//! the author accredited for it, may this node store it; and only then who is
//! named. Whatever is not understood is for nobody, and is acknowledged.

use std::collections::BTreeSet;

use activitypub_federation::config::Data;
use url::Url;

use super::Inbound;
use crate::{
    domain::{
        audience::{Audience, AudienceKind},
        entry::MAX_NAMED,
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
    },
    federation::{
        Federation, WireError, addressed::Addressed, credentials::ask_about_with_node,
        dereference::organisation,
    },
    operations::entries::reach::may_keep,
    storage::{self, Conn, organisations},
};

/// `None`: nobody here.
pub(super) async fn of(
    inbound: &Inbound,
    data: &Data<Federation>,
    addressed: Addressed,
) -> Result<Option<Audience>, WireError> {
    let kind = match &addressed {
        Addressed::Public => return Ok(Some(Audience::Public)),
        Addressed::Members => AudienceKind::Members,
        Addressed::Preferential => AudienceKind::Preferential,
        Addressed::Parties(_) => AudienceKind::Named,
        Addressed::Nobody => return Ok(None),
    };
    if !inbound.direct || data.forum.trust.stands_alone() {
        return Ok(None);
    }
    ask_about_with_node(data.app_data(), &inbound.sender.uri, &inbound.budget).await?;
    let (forum, author) = (data.forum.clone(), inbound.sender.id);
    let kept = data
        .forum
        .db
        .read(move |conn| -> Result<_, storage::Error> {
            match organisations::find(conn, author)? {
                Some(author) => may_keep(conn, &forum, &author, kind),
                None => Ok(false),
            }
        });
    if !kept.await? {
        tracing::info!(by = %inbound.sender.uri, audience = %kind, "not kept: who may read it here cannot be verified");
        return Ok(None);
    }
    match addressed {
        Addressed::Members => Ok(Some(Audience::Members)),
        Addressed::Preferential => Ok(Some(Audience::Preferential)),
        Addressed::Parties(parties) => named(inbound, data, parties).await,
        Addressed::Public | Addressed::Nobody => Ok(None),
    }
}

/// For whom an object says that it is, where this node may not keep it: of the
/// parties named, ours alone.
pub(super) async fn as_said(
    data: &Data<Federation>,
    addressed: Addressed,
) -> Result<Audience, WireError> {
    let parties = match addressed {
        Addressed::Public => return Ok(Audience::Public),
        Addressed::Members => return Ok(Audience::Members),
        Addressed::Preferential => return Ok(Audience::Preferential),
        Addressed::Nobody => BTreeSet::new(),
        Addressed::Parties(parties) => parties,
    };
    let mut ours = Vec::new();
    for uri in parties.iter().filter(|uri| data.origin.is_claimed_by(uri)) {
        ours.extend(known(data, uri).await?.map(|party| party.id));
    }
    Ok(Audience::Named(ours))
}

/// The parties named, at least one of them ours. Organisations that cannot be
/// reached are left out: fewer read it then, not more. With a collection among
/// them, it is for nobody.
async fn named(
    inbound: &Inbound,
    data: &Data<Federation>,
    parties: BTreeSet<Url>,
) -> Result<Option<Audience>, WireError> {
    if parties.len() > MAX_NAMED {
        return Ok(None);
    }
    let (mut ids, mut ours): (Vec<OrganisationId>, usize) = (Vec::new(), 0);
    for uri in parties {
        if data.origin.is_claimed_by(&uri) {
            let Some(party) = known(data, &uri).await? else {
                return Ok(None);
            };
            ours += 1;
            ids.push(party.id);
            continue;
        }
        if is_collection(&inbound.sender, &uri) {
            return Ok(None);
        }
        match organisation(data, &uri, &inbound.budget).await {
            Ok(party) => ids.push(party.0.id),
            Err(WireError::Storage(error)) => return Err(error.into()),
            Err(error) => tracing::debug!(%uri, %error, "a party that is not known is left out"),
        }
    }
    Ok((ours > 0).then_some(Audience::Named(ids)))
}

/// An organisation of ours at this very address.
async fn known(data: &Data<Federation>, uri: &Url) -> Result<Option<Organisation>, WireError> {
    let uri = uri.clone();
    let read = data
        .forum
        .db
        .read(move |conn: &mut Conn| organisations::find_by_uri(conn, &uri));
    let is_there = |one: &Organisation| one.is_local() && one.state == OrganisationState::Active;
    Ok(read.await?.filter(is_there))
}

/// Does this address look like a list of organisations rather than one?
fn is_collection(author: &Organisation, uri: &Url) -> bool {
    const LISTS: [&str; 4] = ["followers", "following", "outbox", "inbox"];
    let last = uri.path_segments().and_then(|mut path| path.next_back());
    author.endpoints.followers.as_ref() == Some(uri) || last.is_some_and(|it| LISTS.contains(&it))
}
