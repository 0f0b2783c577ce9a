//! Making, describing, suspending and deleting organisations of this node;
//! `remote` keeps what other servers say of theirs.

mod remote;

pub use remote::{Described, delete_remote, is_newer, save_remote, update_remote};
use url::Url;

use super::{
    ActorKeys, Forum,
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
        self, Conn,
        keys::{self, Algorithm, StoredKey},
        organisations,
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
