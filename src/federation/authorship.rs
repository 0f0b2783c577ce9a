//! Whose word is an activity, and is it believed? Its actor's own when the
//! actor signed the request; when somebody else hands it on (inbox forwarding,
//! relays), by its integrity proof, or because its origin says the same
//! (PROTOCOL.md 7.3.6, FEP-fe34).

use activitypub_federation::{config::Data, traits::Object};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

use super::{
    Federation, WireError,
    dereference::{self, is_known, organisation},
    fetch::{Budget, FetchError},
    objects::{Document, address, entry, organisation::ApOrganisation},
    origin::same_origin,
    proofs::{MAX_AHEAD, Proof},
};
use crate::{
    domain::organisation::{Organisation, OrganisationState},
    storage::{
        activities::{self, KEEP_RECEIVED},
        entries,
    },
    urls,
};

/// An activity as it came in the body of a signed request.
pub(super) struct Claim {
    /// Of the actor's origin.
    pub id: Url,
    pub actor: Url,
    /// Its proof, if it carries one that we can read.
    pub proof: Option<Proof>,
    /// Normalised.
    pub document: Value,
}

/// Who is answerable for an activity, and what it says.
pub(super) struct Believed {
    pub author: Organisation,
    pub document: Value,
    /// Did the author bring it itself?
    pub direct: bool,
    /// Is the activity's id the author's word, too? One that only whoever
    /// handed it on gave could be what the author will call something else.
    pub is_named: bool,
}

impl Believed {
    fn handed_on(author: Organisation, document: Value, is_named: bool) -> Self {
        Self {
            author,
            document,
            direct: false,
            is_named,
        }
    }
}

impl Claim {
    fn read(&self) -> Document<'_> {
        Document(&self.document)
    }

    /// The proof, if its key can be looked up by its address.
    fn proof(&self) -> Option<(&Proof, Url)> {
        let proof = self.proof.as_ref()?;
        Some((proof, proof.key_id()?))
    }

    /// The same, while a replay of what it proves would be known.
    fn fresh_proof(&self, now: DateTime<Utc>) -> Option<(&Proof, Url)> {
        let oldest = now - KEEP_RECEIVED + MAX_AHEAD;
        self.proof().filter(|(proof, _)| proof.created() >= oldest)
    }
}

/// `None`: nothing of it is believed. It is to be acknowledged all the same,
/// so that whoever handed it on does not try again, and cannot tell a blocked
/// author from one whose server is silent.
///
/// # Errors
/// [`WireError`] when its own actor sends it with a proof that does not fit.
pub(super) async fn establish(
    data: &Data<Federation>,
    sender: Organisation,
    claim: Claim,
    budget: &Budget,
) -> Result<Option<Believed>, WireError> {
    if claim.actor == sender.uri {
        if let Some((proof, key_id)) = claim.proof() {
            prover(data, &claim.actor, proof, &key_id, budget).await?;
        }
        let document = claim.document;
        return Ok(Some(Believed {
            author: sender,
            document,
            direct: true,
            is_named: true,
        }));
    }
    match handed_on(data, claim, budget).await {
        // Ours to mend: it may be sent again.
        Err(WireError::Storage(error)) => Err(error.into()),
        Err(error) => {
            tracing::info!(%error, by = %sender.uri, "what was handed on is not believed");
            Ok(None)
        }
        Ok(believed) => Ok(believed),
    }
}

async fn handed_on(
    data: &Data<Federation>,
    claim: Claim,
    budget: &Budget,
) -> Result<Option<Believed>, WireError> {
    let federation = data.app_data();
    let host = urls::authority(&claim.actor);
    // By whatever way it comes: a blocked host is not heard, and nobody tells
    // us what our own organisations did.
    if federation.origin.is_claimed_by(&claim.actor) || !federation.may_federate(&host).await? {
        return Ok(None);
    }
    let id = claim.id.clone();
    let known = data
        .forum
        .db
        .read(move |conn| activities::is_known(conn, &id));
    if known.await? {
        return Ok(None);
    }
    let public = entry::is_public(claim.read());
    // What is not for everybody comes from its author, or not at all.
    if matches!(claim.read().kind(), "Create" | "Update") && !public {
        return Ok(None);
    }
    if let Some((proof, key_id)) = claim.fresh_proof(data.forum.now()) {
        let author = prover(data, &claim.actor, proof, &key_id, budget).await?;
        return Ok(Some(Believed::handed_on(author, claim.document, true)));
    }
    match claim.read().kind() {
        "Create" | "Update" if public => refetched(data, &claim, budget).await,
        "Delete" => deleted(data, claim, budget).await,
        _ => Ok(None),
    }
}

/// The actor, whose proof this is: its document lists the key, and the key
/// fits. A key that does not is read again once, as it may be a new one.
async fn prover(
    data: &Data<Federation>,
    actor: &Url,
    proof: &Proof,
    key_id: &Url,
    budget: &Budget,
) -> Result<Organisation, WireError> {
    const NOT_THEIRS: WireError = WireError::NotTheirs("the integrity proof is not the actor's");
    if !same_origin(key_id, actor) {
        return Err(NOT_THEIRS);
    }
    let mut found = data.sender(data, key_id, budget).await?;
    if let Err(misfit) = proof.verify(&found.key) {
        found = match data.sender_anew(data, key_id, budget).await {
            Err(WireError::UnknownKey) => return Err(misfit.into()),
            other => other?,
        };
        proof.verify(&found.key)?;
    }
    if found.organisation.uri != *actor || !found.asserts {
        return Err(NOT_THEIRS);
    }
    active(found.organisation.clone())
}

fn active(organisation: Organisation) -> Result<Organisation, WireError> {
    match organisation.state {
        OrganisationState::Active => Ok(organisation),
        OrganisationState::Suspended | OrganisationState::Deleted => Err(WireError::UnknownKey),
    }
}

/// What the origin of an activity says that it is. Some servers do not serve
/// their activities, but the objects of these.
async fn refetched(
    data: &Data<Federation>,
    claim: &Claim,
    budget: &Budget,
) -> Result<Option<Believed>, WireError> {
    let object = claim.read().url("object");
    let object = object.filter(|object| same_origin(object, &claim.actor));
    // What is here already has nothing to gain by its Create.
    if claim.read().kind() == "Create"
        && let Some(object) = &object
        && is_known(data, object).await?
    {
        return Ok(None);
    }
    if !data.may_ask(&claim.actor) {
        return Ok(None);
    }
    for place in [Some(claim.id.clone()), object].into_iter().flatten() {
        let document = match dereference::document(data.app_data(), &place, budget).await {
            Ok(document) => document,
            Err(WireError::Storage(error)) => return Err(error.into()),
            Err(_) => continue,
        };
        if let Some((document, is_named)) = confirmed(claim, document) {
            let ApOrganisation(author) = organisation(data, &claim.actor, budget).await?;
            let author = active(author)?;
            return Ok(Some(Believed::handed_on(author, document, is_named)));
        }
    }
    Ok(None)
}

/// The claimed activity in the words of its origin, and whether these give its
/// id: `found` is the activity itself, or its object.
fn confirmed(claim: &Claim, found: Value) -> Option<(Value, bool)> {
    let read = Document(&found);
    let kind = claim.read().kind();
    if read.kind() == kind {
        let same = read.url("id").as_ref() == Some(&claim.id)
            && read.url("actor").as_ref() == Some(&claim.actor)
            && is_unambiguous(read, &claim.actor);
        return same.then_some((found, true));
    }
    let owned = entry::is_entry(read) && entry::owner(read).is_ok_and(|it| it == claim.actor);
    owned.then(|| {
        let activity = json!({
            "@context": found["@context"], "id": claim.id, "type": kind,
            "actor": claim.actor, "to": found["to"], "cc": found["cc"], "object": found,
        });
        (activity, false)
    })
}

/// Is an activity that nobody signed of its actor alone, and not an object that
/// somebody else on that server wrote (PROTOCOL.md 5.2.6)?
fn is_unambiguous(activity: Document<'_>, actor: &Url) -> bool {
    let owners = activity.list("attributedTo");
    owners
        .iter()
        .all(|one| address(one).as_ref() == Some(actor))
}

/// A Delete is believed when there is nothing left at its object's address.
/// That is asked only for what is stored here.
async fn deleted(
    data: &Data<Federation>,
    claim: Claim,
    budget: &Budget,
) -> Result<Option<Believed>, WireError> {
    let Some(object) = claim.read().url("object") else {
        return Ok(None);
    };
    let Some(author) = owner_of(data, &claim.actor, &object).await? else {
        return Ok(None);
    };
    let asked = same_origin(&object, &claim.actor) && data.may_ask(&object);
    if !asked || !is_gone(data, &claim.actor, &object, budget).await? {
        return Ok(None);
    }
    Ok(Some(Believed::handed_on(author, claim.document, false)))
}

/// The actor, if the object is itself or its entry, and stored here.
async fn owner_of(
    data: &Data<Federation>,
    actor: &Url,
    object: &Url,
) -> Result<Option<Organisation>, WireError> {
    let Some(ApOrganisation(owner)) = ApOrganisation::read_from_id(actor.clone(), data).await?
    else {
        return Ok(None);
    };
    if owner.state != OrganisationState::Active {
        return Ok(None);
    }
    if object == actor {
        return Ok(Some(owner));
    }
    let uri = object.clone();
    let known = data.forum.db.read(move |conn| entries::known(conn, &uri));
    let known = known.await?;
    let is_its = known.is_some_and(|entry| entry.author == owner.id && entry.public);
    Ok(is_its.then_some(owner))
}

async fn is_gone(
    data: &Data<Federation>,
    actor: &Url,
    object: &Url,
    budget: &Budget,
) -> Result<bool, WireError> {
    match dereference::document(data.app_data(), object, budget).await {
        Ok(found) => Ok(Document(&found).kind() == "Tombstone"),
        Err(WireError::Fetch(FetchError::Gone)) => Ok(true),
        // For a whole organisation that is too little: a server that is set up
        // wrongly for an hour answers so, too.
        Err(WireError::Fetch(FetchError::Status { status: 404, .. })) => Ok(object != actor),
        Err(WireError::Storage(error)) => Err(error.into()),
        Err(_) => Ok(false),
    }
}
