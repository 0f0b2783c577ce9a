//! Making, describing, suspending and deleting organisations of this node,
//! and keeping what other servers say of theirs.

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    ActorKeys, Forum,
    accreditations::watch_actor,
    announce::{announce, announce_profile},
    audit,
    people::Person,
};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audit::Decision,
        entry::FieldError,
        id::{OrganisationId, UserId},
        organisation::{
            Category, Endpoints, Expertise, Handle, MAX_NAME_CHARS, MAX_SUMMARY_CHARS,
            Organisation, OrganisationState,
        },
        taxonomy::{self, Scheme},
        text,
    },
    storage::{
        self, Conn, follows, hosts,
        keys::{self, Algorithm, StoredKey},
        organisations, reactions,
    },
};

/// Why an organisation was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    #[error("only focal points change the organisation's profile")]
    NotAllowed,
    #[error("there is no such organisation")]
    NotFound,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<FieldError>),
    #[error("the organisation is deleted; that cannot be undone")]
    Deleted,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// A local organisation to be made.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    pub handle: String,
    pub name: String,
    pub category: Category,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Markdown.
    pub summary: String,
}

/// Makes a local organisation with keys of its own. `by` is who decided it;
/// `None` for the command line.
///
/// # Errors
/// [`OrganisationError::Invalid`] with every field to mend; a handle that was
/// ever used is taken for ever.
pub async fn create(
    forum: &Forum,
    by: Option<UserId>,
    new: NewOrganisation,
) -> Result<Organisation, OrganisationError> {
    let keys = forum.make_keys().await;
    forum
        .write(move |conn, forum| create_in(conn, forum, by, new, &keys))
        .await
}

pub(super) fn create_in(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    new: NewOrganisation,
    keys: &ActorKeys,
) -> Result<Organisation, OrganisationError> {
    let mut errors = Vec::new();
    let handle = new.handle.trim().parse::<Handle>();
    if let Err(error) = &handle {
        errors.push(FieldError::new("handle", sentence(error)));
    }
    check_profile(&new.name, &new.summary, new.country.as_deref(), &mut errors);
    let Some(handle) = handle.ok().filter(|_| errors.is_empty()) else {
        return Err(OrganisationError::Invalid(errors));
    };
    if organisations::find_local(conn, handle.as_str())?.is_some() {
        return Err(OrganisationError::Invalid(vec![FieldError::new(
            "handle",
            format!("The handle {handle} is taken. Choose another."),
        )]));
    }
    let organisation = fresh(forum, &handle, new);
    organisations::insert(conn, &organisation)?;
    store_keys(conn, forum, &organisation.uri, keys)?;
    let subject = audit::organisation(&organisation.handle);
    let category = organisation.category.map_or("", Category::as_str);
    let made = Decision::OrganisationCreated;
    audit::record(conn, forum, by, made, &subject, category)?;
    Ok(organisation)
}

fn fresh(forum: &Forum, handle: &Handle, new: NewOrganisation) -> Organisation {
    let urls = &forum.urls;
    let part = |name: &str| urls.organisation_part(handle.as_str(), name);
    let now = forum.now();
    Organisation {
        id: OrganisationId(forum.ids.next(now)),
        uri: urls.organisation(handle.as_str()),
        handle: handle.to_string(),
        host: None,
        name: new.name.trim().to_owned(),
        summary_html: text::render_markdown(&new.summary),
        summary: new.summary,
        category: Some(new.category),
        country: new.country,
        expertise: Expertise::default(),
        url: urls.organisation(handle.as_str()),
        website: None,
        avatar: None,
        locked: false,
        state: OrganisationState::Active,
        actor_type: actor_type(new.category).to_owned(),
        endpoints: Endpoints {
            inbox: part("inbox"),
            shared_inbox: Some(urls.shared_inbox()),
            outbox: Some(part("outbox")),
            followers: Some(part("followers")),
            following: Some(part("following")),
            featured: Some(part("featured")),
        },
        created_at: now,
        updated_at: now,
        fetched_at: None,
    }
}

/// The ActivityStreams type that others see: individuals are no organisations
/// (DOMAIN.md 1.1, A8).
fn actor_type(category: Category) -> &'static str {
    match category {
        Category::Individual => "Person",
        Category::Government
        | Category::InternationalOrganisation
        | Category::CivilSociety
        | Category::PrivateSector
        | Category::Academia
        | Category::Media => "Organization",
    }
}

/// Stores the keys of one of our own actors under their usual ids.
pub(super) fn store_keys(
    conn: &mut Conn,
    forum: &Forum,
    owner: &Url,
    new: &ActorKeys,
) -> Result<(), storage::Error> {
    let key = |fragment: &str, algorithm, pair: &super::KeyPair| {
        let mut uri = owner.clone();
        uri.set_fragment(Some(fragment));
        StoredKey {
            uri,
            owner: owner.clone(),
            algorithm,
            public_key: pair.public.clone(),
            private_key: Some(pair.private.clone()),
            created_at: forum.now(),
            fetched_at: None,
        }
    };
    let pair = [
        key("main-key", Algorithm::Rsa, &new.rsa),
        key("ed25519-key", Algorithm::Ed25519, &new.ed25519),
    ];
    keys::replace(conn, owner, &pair)
}

fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => text,
    }
}

fn check_profile(name: &str, summary: &str, country: Option<&str>, errors: &mut Vec<FieldError>) {
    let chars = name.trim().chars().count();
    if chars == 0 {
        errors.push(FieldError::new("name", "Give the organisation's name."));
    } else if chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        errors.push(FieldError::new(
            "name",
            format!("The name must be one line of at most {MAX_NAME_CHARS} characters."),
        ));
    }
    if summary.chars().count() > MAX_SUMMARY_CHARS {
        errors.push(FieldError::new(
            "summary",
            format!("The summary has more than {MAX_SUMMARY_CHARS} characters."),
        ));
    }
    if let Some(country) = country
        && let Err(error) = taxonomy::check(Scheme::Country, country)
    {
        errors.push(FieldError::new("country", error.to_string()));
    }
}

/// What a focal point may change of the organisation. `None` leaves a field.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    pub name: Option<String>,
    pub summary: Option<String>,
    pub country: Option<Option<String>>,
    pub website: Option<Option<Url>>,
    pub locked: Option<bool>,
    pub expertise: Option<Expertise>,
}

/// Changes the profile of the person's organisation and tells its followers.
///
/// # Errors
/// [`OrganisationError`] states the rules.
pub async fn edit(
    forum: &Forum,
    person: &Person,
    change: ProfileChange,
) -> Result<Organisation, OrganisationError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            if !person.user.role.may_represent() {
                return Err(OrganisationError::NotAllowed);
            }
            let before = organisations::find(conn, person.organisation.id)?
                .ok_or(OrganisationError::NotFound)?;
            let after = changed(before, change)?;
            let after = Organisation {
                updated_at: forum.now(),
                ..after
            };
            organisations::update(conn, &after)?;
            announce_profile(conn, forum, &after)?;
            Ok(after)
        })
        .await
}

fn changed(
    mut organisation: Organisation,
    change: ProfileChange,
) -> Result<Organisation, OrganisationError> {
    if let Some(name) = change.name {
        organisation.name = name.trim().to_owned();
    }
    if let Some(summary) = change.summary {
        organisation.summary_html = text::render_markdown(&summary);
        organisation.summary = summary;
    }
    if let Some(country) = change.country {
        organisation.country = country;
    }
    if let Some(website) = change.website {
        organisation.website = website;
    }
    if let Some(locked) = change.locked {
        organisation.locked = locked;
    }
    let mut errors = Vec::new();
    if let Some(expertise) = change.expertise {
        check_expertise(&expertise, &mut errors);
        organisation.expertise = expertise;
    }
    if organisation
        .website
        .as_ref()
        .is_some_and(|url| !matches!(url.scheme(), "http" | "https"))
    {
        errors.push(FieldError::new(
            "website",
            "The website must be an http or https address.",
        ));
    }
    check_profile(
        &organisation.name,
        &organisation.summary,
        organisation.country.as_deref(),
        &mut errors,
    );
    if errors.is_empty() {
        Ok(organisation)
    } else {
        Err(OrganisationError::Invalid(errors))
    }
}

fn check_expertise(expertise: &Expertise, errors: &mut Vec<FieldError>) {
    let lists = [
        ("countries", Scheme::Country, &expertise.countries),
        ("regions", Scheme::Region, &expertise.regions),
        ("sectors", Scheme::Sector, &expertise.sectors),
    ];
    for (field, scheme, codes) in lists {
        for code in codes {
            if let Err(error) = taxonomy::check(scheme, code) {
                errors.push(FieldError::new(field, error.to_string()));
            }
        }
        check_list(field, codes, errors);
    }
    for language in &expertise.languages {
        if let Err(error) = taxonomy::check_language(language) {
            errors.push(FieldError::new("languages", error.to_string()));
        }
    }
    check_list("languages", &expertise.languages, errors);
}

fn check_list(field: &'static str, codes: &[String], errors: &mut Vec<FieldError>) {
    let mut seen = std::collections::HashSet::new();
    if let Some(twice) = codes.iter().find(|code| !seen.insert(*code)) {
        errors.push(FieldError::new(field, format!("{twice} is named twice.")));
    }
}

/// Changes whether a local organisation takes part. For administrators and
/// the command line, whose doors check who asks.
///
/// Deleting tells every server that ever heard of the organisation; a
/// suspended one can be restored, a deleted one never.
///
/// # Errors
/// [`OrganisationError::NotFound`], [`OrganisationError::Deleted`].
pub async fn set_state(
    forum: &Forum,
    by: Option<UserId>,
    handle: &str,
    state: OrganisationState,
) -> Result<Organisation, OrganisationError> {
    let handle = handle.to_owned();
    forum
        .write(move |conn, forum| {
            let before =
                organisations::find_local(conn, &handle)?.ok_or(OrganisationError::NotFound)?;
            if before.state == OrganisationState::Deleted {
                return match state {
                    OrganisationState::Deleted => Ok(before),
                    OrganisationState::Active | OrganisationState::Suspended => {
                        Err(OrganisationError::Deleted)
                    }
                };
            }
            if before.state == state {
                return Ok(before);
            }
            let after = Organisation {
                state,
                updated_at: forum.now(),
                ..before
            };
            organisations::update(conn, &after)?;
            if state == OrganisationState::Deleted {
                announce(
                    conn,
                    forum,
                    &after,
                    ActivityKind::Delete,
                    Subject::Myself,
                    Recipients::Everybody,
                )?;
            }
            let decision = match state {
                OrganisationState::Active => Decision::OrganisationRestored,
                OrganisationState::Suspended => Decision::OrganisationSuspended,
                OrganisationState::Deleted => Decision::OrganisationDeleted,
            };
            let subject = audit::organisation(&after.handle);
            audit::record(conn, forum, by, decision, &subject, "")?;
            Ok(after)
        })
        .await
}

/// What another server says of one of its organisations, checked by
/// `federation`: `id` and the dates are set here.
#[derive(Debug, Clone)]
pub struct Described {
    pub organisation: Organisation,
    pub keys: Vec<StoredKey>,
    /// Where it shows its accreditations.
    pub accreditations: Option<Url>,
    /// When it was last changed, as its server says.
    pub updated: Option<DateTime<Utc>>,
}

/// Does this say of itself that it is newer than what is stored?
///
/// # Errors
/// Storage only.
pub fn is_newer(conn: &mut Conn, described: &Described) -> Result<bool, storage::Error> {
    let Some(updated) = described.updated else {
        return Ok(false);
    };
    let known = organisations::find_by_uri(conn, &described.organisation.uri)?;
    Ok(known.is_none_or(|known| updated > known.updated_at))
}

/// [`save_remote`], unless something as new was stored meanwhile.
///
/// # Errors
/// Storage only.
pub fn update_remote(
    conn: &mut Conn,
    forum: &Forum,
    described: Described,
) -> Result<(), storage::Error> {
    if is_newer(conn, &described)? {
        save_remote(conn, forum, described)?;
    }
    Ok(())
}

/// Stores what another server says of its organisation, new or known.
///
/// # Errors
/// Storage only.
pub fn save_remote(
    conn: &mut Conn,
    forum: &Forum,
    described: Described,
) -> Result<Organisation, storage::Error> {
    let now = forum.now();
    let mut organisation = described.organisation;
    // What it says of itself counts for nothing.
    organisation.category = None;
    organisation.country = None;
    organisation.fetched_at = Some(now);
    organisation.updated_at = described.updated.unwrap_or(now);
    free_handle(conn, &organisation)?;
    match organisations::find_by_uri(conn, &organisation.uri)? {
        Some(known) => {
            organisation.id = known.id;
            organisation.created_at = known.created_at;
            organisation.category = known.category;
            organisation.country = known.country;
            // Its host was blocked while its document was on the way.
            if known.state == OrganisationState::Suspended {
                organisation.state = OrganisationState::Suspended;
            }
            organisations::update(conn, &organisation)?;
        }
        None => {
            organisation.id = OrganisationId(forum.ids.next(now));
            organisation.created_at = organisation.created_at.min(now);
            if !hosts::federates_with(conn, &organisation.uri, false)? {
                organisation.state = OrganisationState::Suspended;
            }
            organisations::insert(conn, &organisation)?;
        }
    }
    keys::replace(conn, &organisation.uri, &described.keys)?;
    let shown_at = described.accreditations.as_ref();
    watch_actor(conn, forum, &organisation.uri, shown_at)?;
    Ok(organisation)
}

/// A server may give a handle to a new actor after the old one was deleted:
/// the older row then steps aside.
fn free_handle(conn: &mut Conn, organisation: &Organisation) -> Result<(), storage::Error> {
    let host = organisation.host.as_deref();
    if let Some(mut other) = organisations::find_by_acct(conn, &organisation.handle, host)?
        && other.uri != organisation.uri
    {
        other.handle = format!("{}~{}", other.handle, other.id);
        organisations::update(conn, &other)?;
    }
    Ok(())
}

/// A remote organisation was deleted by its server: nobody follows it any
/// more, and its entries are no longer shown.
///
/// # Errors
/// Storage only.
pub fn delete_remote(
    conn: &mut Conn,
    forum: &Forum,
    organisation: &Organisation,
) -> Result<(), storage::Error> {
    follows::delete_all_of(conn, organisation.id)?;
    reactions::delete_all_of(conn, organisation.id)?;
    let gone = Organisation {
        state: OrganisationState::Deleted,
        updated_at: forum.now(),
        ..organisation.clone()
    };
    organisations::update(conn, &gone)
}
